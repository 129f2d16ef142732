//! Where a sender belongs, beyond what a probe tells: its executable, its systemd unit or
//! container, and the name of the namespace. Looked up as soon as a sample is read, because most
//! programs that configure a network live for milliseconds, and kept until the record is shown.
//!
//! Invariant: nothing is guessed. What was gone when it was looked for is absent; a program that was
//! executed is believed of a process with the id and the name that it had then.

mod cgroups;
mod executables;
mod namespaces;

use std::{collections::HashMap, hash::Hash, sync::Arc};

use self::{cgroups::Cgroups, executables::Executables, namespaces::Names};
pub use executables::Executed;

use crate::clock::Offsets;
use nlmon_core::{
    interfaces::tells_of_new_namespace,
    record::{Observation, Record, Task},
};

/// Entries of each table.
const ENTRIES_MAX: usize = 8192;

/// How long an answer is good for, where it can change.
const FRESH_NS: u64 = 1_000_000_000;

/// Where a sender belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path of the program that the process runs.
    pub executable: Option<Arc<str>>,
    /// The innermost systemd unit that it is in.
    pub unit: Option<Arc<str>>,
    /// Id of the container that it is in.
    pub container: Option<Arc<str>>,
    /// Name of the record's network namespace in `/run/netns`.
    pub namespace: Option<Arc<str>>,
}

/// What has been looked up.
#[derive(Default)]
pub struct Origins {
    cgroups: Cgroups,
    executables: Executables,
    namespaces: Names,
    /// Who was looked up last, and when.
    noted: Option<(Task, u64)>,
    /// What was told last, of whom, and when. Most records come in runs of one sender.
    told: Option<Told>,
}

struct Told {
    task: Option<Task>,
    now_ns: u64,
    origin: Arc<Origin>,
}

impl Origins {
    /// With somebody who has seen what processes executed.
    pub fn new(executed: Box<Executed>) -> Self {
        Self { executables: Executables::new(executed), ..Self::default() }
    }

    /// Looks up what is not known yet of who sent what has just been seen.
    /// `offsets` tell the time of day.
    pub(crate) fn note(&mut self, observation: &Observation, now_ns: u64, offsets: &Offsets) {
        let Observation { task, netns, start_ns, .. } = observation;
        self.namespaces.note(*netns, now_ns, offsets);
        if tells_of_new_namespace(observation) {
            self.namespaces.note_new(*netns, *start_ns, now_ns);
        }
        if is_sender(task) {
            self.namespaces.note_process(*netns, *start_ns);
            // Most come in runs of one sender. What is read at one time is looked at once.
            if self.noted.as_ref().is_some_and(|(known, at)| *at == now_ns && known == task) {
                return;
            }
            self.executables.note(task, now_ns);
            self.cgroups.note(task, now_ns);
            self.noted = Some((task.clone(), now_ns));
        }
    }

    /// Looks again for the name of a finished record's namespace, if it had none yet.
    pub(crate) fn finish(&mut self, record: &Record, now_ns: u64, offsets: &Offsets) {
        self.namespaces.note(record.netns(), now_ns, offsets);
    }

    /// What is known of a record's sender.
    pub(crate) fn of(&mut self, record: &Record, now_ns: u64) -> Arc<Origin> {
        let namespace = self.namespaces.get(record.netns(), record.time_ns());
        let task = record.observation().map(|observation| &observation.task);
        let task = task.filter(|task| is_sender(task));
        if let Some(told) = &self.told
            && told.now_ns == now_ns
            && told.task.as_ref() == task
            && told.origin.namespace == namespace
        {
            return Arc::clone(&told.origin);
        }
        let origin = Arc::new(self.look_up(task, namespace));
        self.told = Some(Told { task: task.cloned(), now_ns, origin: Arc::clone(&origin) });
        origin
    }

    fn look_up(&self, task: Option<&Task>, namespace: Option<Arc<str>>) -> Origin {
        let Some(task) = task else { return Origin { namespace, ..Origin::default() } };
        let (unit, container) = self.cgroups.get(task);
        Origin { executable: self.executables.get(task), unit, container, namespace }
    }
}

/// Whether what was looked up at `looked_ns` is still good.
fn is_fresh(looked_ns: u64, now_ns: u64) -> bool {
    now_ns.saturating_sub(looked_ns) < FRESH_NS
}

/// What is known by number. Looked into for each record, so its hash is a quick one.
type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Keeps what was looked up. A full table starts anew.
fn keep<K: Eq + Hash, V>(table: &mut Table<K, V>, key: K, value: V) {
    if table.len() >= ENTRIES_MAX {
        table.clear();
    }
    table.insert(key, value);
}

/// Whether the task is a process, and no bystander.
fn is_sender(task: &Task) -> bool {
    !task.kernel_thread && !task.interrupt
}
