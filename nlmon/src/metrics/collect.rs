//! Reads what the metrics are made of: the kernel's counters, and the names of network namespaces. Owns
//! every system call of a scrape.
//!
//! Invariant: scrapes and folding alone take its lock. Whatever a collection waits for, the pipeline
//! does not wait for it.

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Mutex, PoisonError},
};

use crate::{
    events, namespaces,
    probe::{CounterSnapshot, Counters},
    throttle,
};

/// Where the kernel's counters come from.
pub(super) trait CounterSource: Send {
    /// All of them now; `None` if they cannot be read, which is said.
    fn snapshot(&mut self) -> Option<CounterSnapshot>;

    /// The same of processes alone, which is less work by far.
    fn processes(&mut self) -> Option<CounterSnapshot>;
}

impl CounterSource for Counters {
    fn snapshot(&mut self) -> Option<CounterSnapshot> {
        told(Self::snapshot(self))
    }

    fn processes(&mut self) -> Option<CounterSnapshot> {
        told(Self::processes(self))
    }
}

fn told<E: Display>(read: Result<CounterSnapshot, E>) -> Option<CounterSnapshot> {
    read.inspect_err(|error| {
        tracing::error!(
            message_id = events::COUNTERS_UNREADABLE,
            "cannot read the kernel's counters: {error}"
        );
    })
    .ok()
}

/// What a collection found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) snapshot: CounterSnapshot,
    /// The names that network namespaces have now, by inode number; `None` where they are not told
    /// apart.
    pub(super) namespaces: Option<BTreeMap<u32, String>>,
}

/// Collects, one at a time.
pub(super) struct Collector {
    source: Mutex<Option<Box<dyn CounterSource>>>,
    by_netns: bool,
}

impl Collector {
    pub(super) fn new(source: Option<Box<dyn CounterSource>>, by_netns: bool) -> Self {
        Self { source: Mutex::new(source), by_netns }
    }

    /// Collects, and hands over what it found before the next collection begins: the model must see
    /// snapshots in the order in which they were taken.
    pub(super) fn collect<T>(&self, take: impl FnOnce(Option<&Collected>) -> T) -> T {
        self.collect_of(|source| source.snapshot(), take)
    }

    /// The same of what processes have counted.
    pub(super) fn collect_processes(&self, take: impl FnOnce(Option<&Collected>)) {
        self.collect_of(|source| source.processes(), take);
    }

    fn collect_of<T>(
        &self,
        read: impl FnOnce(&mut dyn CounterSource) -> Option<CounterSnapshot>,
        take: impl FnOnce(Option<&Collected>) -> T,
    ) -> T {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let collected = source.as_mut().and_then(|source| {
            // Without names that are wanted, what was counted would get other labels. At first: a
            // snapshot has what ended processes counted, which is told once.
            let namespaces = if self.by_netns { Some(names()?) } else { None };
            Some(Collected { snapshot: read(&mut **source)?, namespaces })
        });
        take(collected.as_ref())
    }
}

/// The names that network namespaces have now; `None` if they cannot be read.
fn names() -> Option<BTreeMap<u32, String>> {
    match namespaces::names() {
        Ok(names) => {
            let name = |(inode, named): (u32, namespaces::Named)| (inode, named.name);
            Some(names.by_inode.into_iter().map(name).collect())
        }
        Err(error) => {
            throttle::UNREADABLE.warn(format_args!("cannot read the names of namespaces: {error}"));
            None
        }
    }
}
