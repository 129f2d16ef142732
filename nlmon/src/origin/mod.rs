//! Where a sender belongs, beyond what a probe tells: its executable, its systemd unit, container or
//! pod, and the name of the namespace. Looked up as soon as a sample is read, because most
//! programs that configure a network live for milliseconds, and kept until the record is shown.
//!
//! Invariant: nothing is guessed. What was gone when it was looked for is absent; a program that was
//! executed is believed of a process with the id and the name that it had then.

mod cgroups;
mod executables;
mod namespaces;
mod pods;

use std::{collections::HashMap, hash::Hash, sync::Arc};

use self::{cgroups::Cgroups, executables::Executables, namespaces::Names, pods::Pods};
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
    /// UID of the Kubernetes pod that it is in.
    pub pod_uid: Option<Arc<str>>,
    /// Name of that pod.
    pub pod: Option<Arc<str>>,
    /// Kubernetes namespace of that pod.
    pub pod_namespace: Option<Arc<str>>,
    /// Name of the record's network namespace in `/run/netns`.
    pub namespace: Option<Arc<str>>,
}

/// What has been looked up.
#[derive(Default)]
pub struct Origins {
    cgroups: Cgroups,
    executables: Executables,
    namespaces: Names,
    pods: Pods,
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
            if let Some(uid) = self.cgroups.get(task).and_then(|place| place.pod.as_ref()) {
                self.pods.note(uid, now_ns);
            }
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
        let place = self.cgroups.get(task).cloned().unwrap_or_default();
        let pod = place.pod.as_ref().and_then(|uid| self.pods.get(uid));
        Origin {
            executable: self.executables.get(task),
            unit: place.unit,
            container: place.container,
            pod: pod.map(|pod| Arc::clone(&pod.name)),
            pod_namespace: pod.map(|pod| Arc::clone(&pod.namespace)),
            pod_uid: place.pod,
            namespace,
        }
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

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

    use super::*;
    use nlmon_core::record::{Contents, Path as Way};

    const UID: &str = "01234567-89ab-cdef-0123-456789abcdef";
    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// A record of a sender in this cgroup who has gone.
    fn sent_from(cgroup: &Path) -> Record {
        let cgroup_id = fs::metadata(cgroup).unwrap().ino();
        let task = Task { pid: u32::MAX, cgroup_id, comm: "cni".into(), ..Task::default() };
        let observation = Observation {
            start_ns: 1,
            duration_ns: 1,
            protocol: 0,
            path: Way::Request,
            netns: 1,
            task,
            portid: 0,
            src_portid: 7,
            group: 0,
            len: 0,
            result: Some(0),
            parent: None,
            redacted: false,
            contents: Contents::default(),
            data: Vec::new(),
        };
        Record::Sent { observation, delivery: None, outcome: None, answer: None }
    }

    /// What is known of a sender in a cgroup of this path, on a node with one pod.
    fn origin(name: &str, path: &str) -> Origin {
        let node = std::env::temp_dir().join(format!("nlmon-node-{name}-{}", std::process::id()));
        let (mount, logs) = (node.join("cgroup"), node.join("pods"));
        let cgroup = mount.join(path);
        fs::create_dir_all(&cgroup).unwrap();
        fs::create_dir_all(logs.join(format!("default_web-5d4_{UID}/nginx"))).unwrap();
        let mut origins =
            Origins { cgroups: Cgroups::at(&mount), pods: Pods::at(&logs), ..Origins::default() };
        let record = sent_from(&cgroup);
        origins.note(record.observation().unwrap(), 1, &Offsets::default());
        fs::remove_dir_all(node).unwrap();
        Origin::clone(&origins.of(&record, 1))
    }

    #[track_caller]
    fn is_of_the_pod(name: &str, path: &str) {
        let origin = origin(name, path);
        assert_eq!(origin.pod_uid.as_deref(), Some(UID), "{path}");
        assert_eq!(origin.pod.as_deref(), Some("web-5d4"), "{path}");
        assert_eq!(origin.pod_namespace.as_deref(), Some("default"), "{path}");
        assert_eq!(origin.container.as_deref(), Some(ID), "{path}");
    }

    #[test]
    fn a_sender_is_of_its_pod_by_each_runtime_under_systemd() {
        let uid = UID.replace('-', "_");
        for class in ["besteffort", "burstable"] {
            for runtime in ["cri-containerd", "crio", "docker"] {
                let slice = format!("kubepods.slice/kubepods-{class}.slice");
                let pod = format!("{slice}/kubepods-{class}-pod{uid}.slice");
                is_of_the_pod(
                    &format!("{class}-{runtime}"),
                    &format!("{pod}/{runtime}-{ID}.scope"),
                );
            }
        }
        let pod = format!("kubepods.slice/kubepods-pod{uid}.slice");
        is_of_the_pod("guaranteed", &format!("{pod}/cri-containerd-{ID}.scope"));
    }

    #[test]
    fn a_sender_is_of_its_pod_by_each_runtime_without_systemd() {
        for (name, id) in [("plain", ID.to_owned()), ("crio", format!("crio-{ID}"))] {
            is_of_the_pod(name, &format!("kubepods/burstable/pod{UID}/{id}"));
        }
    }

    #[test]
    fn a_pod_without_a_directory_has_no_name() {
        let other = "fedcba98-7654-3210-fedc-ba9876543210";
        let origin = origin("other", &format!("kubepods/besteffort/pod{other}/{ID}"));
        assert_eq!(origin.pod_uid.as_deref(), Some(other));
        assert_eq!((origin.pod, origin.pod_namespace), (None, None));
    }

    #[test]
    fn who_is_in_no_pod_is_given_none() {
        let origin = origin("none", "system.slice/ssh.service");
        assert_eq!(origin.unit.as_deref(), Some("ssh.service"));
        assert_eq!((origin.pod_uid, origin.pod, origin.pod_namespace), (None, None, None));
    }
}
