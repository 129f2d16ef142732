//! Adds up snapshots of the kernel's counters into series that never go backwards, within a fixed
//! budget of label values.
//!
//! Pure. What a counter has grown by since the last snapshot is added to the series that fits it now:
//! a process may take another name, and a namespace lose its own, and what was counted before stays
//! where it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nlmon_common::counter::{MessageCount, MessageKey, TYPE_RAW};

use nlmon_core::{
    decode::{Context, Families},
    record::Path,
};

use crate::probe::{MessageTotal, Snapshot};

/// Names of processes that get series of their own.
pub(crate) const PROCESSES_MAX: usize = 256;

/// Message types without a kernel name that get series of their own.
pub(crate) const UNNAMED_TYPES_MAX: usize = 128;

/// The label value that stands for those beyond a budget.
pub(crate) const OTHER: &str = "other";

/// Network namespaces that get series of their own.
pub(crate) const NAMESPACES_MAX: usize = 64;

/// The labels of a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) protocol: u8,
    pub(crate) path: Path,
    /// Type or process.
    pub(crate) value: String,
    /// Network namespace, where they are told apart.
    pub(crate) netns: Option<String>,
}

/// Everything counted so far, and which label values are in use.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) types: BTreeMap<Series, MessageCount>,
    pub(crate) processes: BTreeMap<Series, u64>,
    /// The generic families of the running kernel.
    pub(crate) families: Arc<Families>,
    /// What of each of the kernel's counters is in the series.
    counted: BTreeMap<MessageKey, MessageCount>,
    /// The same of those messages that found no counter.
    overflowed: BTreeMap<(u8, Path), MessageCount>,
    known_processes: Budget<String>,
    known_types: Budget<(u8, u32)>,
    known_namespaces: Budget<String>,
}

impl Ledger {
    /// Takes a snapshot in. `namespaces` are the names that network namespaces have now, by inode
    /// number; `None` where they are not told apart.
    pub(crate) fn add(&mut self, snapshot: &Snapshot, namespaces: Option<&BTreeMap<u32, String>>) {
        for total in &snapshot.messages {
            let Some(path) = Path::from_abi(total.key.path()) else { continue };
            let before = if total.ended {
                self.counted.remove(&total.key)
            } else {
                self.counted.insert(total.key, total.count)
            };
            let netns = namespaces.map(|names| self.namespace_name(total.key.netns, names));
            let (by_type, by_process) = (self.type_name(total), self.process_name(&total.process));
            let grown = growth(before, total.count);
            self.count((total.key.protocol, path), by_type, by_process, netns, grown);
        }
        for ((protocol, path), datagrams) in &snapshot.datagrams {
            let before = self.overflowed.insert((*protocol, *path), datagrams.overflow);
            let grown = growth(before, datagrams.overflow);
            let (other, netns) = (OTHER.to_owned(), namespaces.map(|_| OTHER.to_owned()));
            self.count((*protocol, *path), other.clone(), other, netns, grown);
        }
    }

    fn count(
        &mut self,
        (protocol, path): (u8, Path),
        by_type: String,
        by_process: String,
        netns: Option<String>,
        grown: MessageCount,
    ) {
        if grown == MessageCount::default() {
            return;
        }
        let series = Series { protocol, path, value: by_type, netns };
        *self.types.entry(series.clone()).or_default() += grown;
        *self.processes.entry(Series { value: by_process, ..series }).or_default() +=
            grown.messages;
    }

    /// Label values of the types' families that were counted as other.
    pub(crate) fn refused_types(&self) -> u64 {
        self.known_types.refused + self.known_namespaces.refused
    }

    /// The same of the processes' family.
    pub(crate) fn refused_processes(&self) -> u64 {
        self.known_processes.refused + self.known_namespaces.refused
    }

    fn type_name(&mut self, total: &MessageTotal) -> String {
        let (protocol, value) = (total.key.protocol, total.key.kind());
        let Ok(message_type) = u16::try_from(value) else {
            return if value == TYPE_RAW { "raw" } else { OTHER }.to_owned();
        };
        let name = Context::new(&self.families).type_name(protocol, message_type);
        let unnamed = name.parse::<u16>().is_ok();
        if unnamed && !self.known_types.admits((protocol, value), UNNAMED_TYPES_MAX) {
            return OTHER.to_owned();
        }
        name.into_owned()
    }

    fn process_name(&mut self, comm: &str) -> String {
        let name = series_name(comm).to_owned();
        admitted(&mut self.known_processes, name, PROCESSES_MAX)
    }

    fn namespace_name(&mut self, inode: u32, names: &BTreeMap<u32, String>) -> String {
        let name = names.get(&inode).cloned().unwrap_or_else(|| inode.to_string());
        admitted(&mut self.known_namespaces, name, NAMESPACES_MAX)
    }
}

/// The name, or what stands for those beyond the budget.
fn admitted(budget: &mut Budget<String>, name: String, max: usize) -> String {
    if budget.admits(name.clone(), max) { name } else { OTHER.to_owned() }
}

/// How much a counter has grown. One that is lower than before is another.
fn growth(before: Option<MessageCount>, now: MessageCount) -> MessageCount {
    let before = before.filter(|before| before.messages <= now.messages).unwrap_or_default();
    MessageCount {
        messages: now.messages - before.messages,
        bytes: now.bytes.saturating_sub(before.bytes),
    }
}

/// Workers of the kernel are many and come and go; which one ran does not matter here.
pub(crate) fn series_name(comm: &str) -> &str {
    if comm.starts_with("kworker/") { "kworker" } else { comm }
}

/// A set of label values that stops growing: a value that was admitted once stays so, because a
/// counter must not move between series.
#[derive(Debug)]
pub(crate) struct Budget<T> {
    admitted: BTreeSet<T>,
    refused_values: BTreeSet<T>,
    pub(crate) refused: u64,
}

impl<T> Default for Budget<T> {
    fn default() -> Self {
        Self { admitted: BTreeSet::new(), refused_values: BTreeSet::new(), refused: 0 }
    }
}

impl<T: Ord> Budget<T> {
    pub(crate) fn admits(&mut self, value: T, max: usize) -> bool {
        if self.admitted.contains(&value) {
            return true;
        }
        if self.admitted.len() < max {
            self.admitted.insert(value);
            return true;
        }
        // Each refused value counts once, as long as there is room to remember them.
        if self.refused_values.len() < max {
            self.refused += u64::from(self.refused_values.insert(value));
        } else if !self.refused_values.contains(&value) {
            self.refused += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use nlmon_common::counter::{DatagramCount, path};

    use super::*;

    const NETNS: u32 = 4_026_532_000;

    fn total(tgid: u32, process: &str, messages: u64, ended: bool) -> MessageTotal {
        MessageTotal {
            key: MessageKey {
                tgid,
                netns: NETNS,
                message_type: 16,
                protocol: 0,
                direction: path::REQUEST,
            },
            count: MessageCount { messages, bytes: messages * 32 },
            process: process.to_owned(),
            ended,
        }
    }

    fn snapshot(messages: Vec<MessageTotal>) -> Snapshot {
        Snapshot { messages, ..Default::default() }
    }

    fn series(value: &str, netns: Option<&str>) -> Series {
        let (value, netns) = (value.to_owned(), netns.map(str::to_owned));
        Series { protocol: 0, path: Path::Request, value, netns }
    }

    fn of_process(ledger: &Ledger, process: &str) -> Option<u64> {
        ledger.processes.get(&series(process, None)).copied()
    }

    #[test]
    fn an_ended_process_is_folded_into_its_name() {
        let mut ledger = Ledger::default();
        ledger.add(&snapshot(vec![total(7, "ip", 5, true)]), None);
        assert_eq!(of_process(&ledger, "ip"), Some(5));
        ledger.add(&snapshot(vec![total(8, "ip", 3, false)]), None);
        // Another process with the number of the ended one.
        ledger.add(&snapshot(vec![total(7, "ip", 2, false), total(8, "ip", 4, false)]), None);
        assert_eq!(of_process(&ledger, "ip"), Some(5 + 2 + 4));
        let sum = MessageCount { messages: 11, bytes: 11 * 32 };
        assert_eq!(ledger.types[&series("RTM_NEWLINK", None)], sum);
    }

    #[test]
    fn a_process_that_takes_another_name_goes_on_under_that() {
        let mut ledger = Ledger::default();
        ledger.add(&snapshot(vec![total(7, "sh", 5, false)]), None);
        ledger.add(&snapshot(vec![total(7, "ip", 8, false)]), None);
        assert_eq!((of_process(&ledger, "sh"), of_process(&ledger, "ip")), (Some(5), Some(3)));
    }

    #[test]
    fn a_generic_family_is_counted_by_its_name_as_soon_as_it_has_one() {
        let mut ledger = Ledger::default();
        let of_family = |messages| {
            let mut total = total(7, "iw", messages, false);
            (total.key.protocol, total.key.message_type) = (16, 35);
            snapshot(vec![total])
        };
        ledger.add(&of_family(2), None);
        ledger.families = Families::named(&BTreeMap::from([(35, "nl80211".to_owned())])).into();
        ledger.add(&of_family(5), None);
        let count = |name| ledger.types[&Series { protocol: 16, ..series(name, None) }].messages;
        assert_eq!((count("35"), count("nl80211")), (2, 3));
    }

    #[test]
    fn a_namespace_has_its_name_as_long_as_it_has_one() {
        let mut ledger = Ledger::default();
        let named = BTreeMap::from([(NETNS, "blue".to_owned())]);
        ledger.add(&snapshot(vec![total(7, "ip", 5, false)]), Some(&named));
        ledger.add(&snapshot(vec![total(7, "ip", 8, true)]), Some(&BTreeMap::new()));
        assert_eq!(ledger.processes[&series("ip", Some("blue"))], 5);
        assert_eq!(ledger.processes[&series("ip", Some("4026532000"))], 3);
        assert_eq!(ledger.types[&series("RTM_NEWLINK", Some("blue"))].bytes, 5 * 32);
    }

    #[test]
    fn namespaces_beyond_the_budget_are_counted_as_other_and_said() {
        let mut ledger = Ledger::default();
        let of_namespace = |number: u32| {
            let mut total = total(7, "ip", 1, false);
            total.key.netns = number;
            total
        };
        let last = u32::try_from(NAMESPACES_MAX).unwrap() + 3;
        let messages = (0..last).map(of_namespace).collect();
        ledger.add(&snapshot(messages), Some(&BTreeMap::new()));
        assert_eq!((ledger.refused_types(), ledger.refused_processes()), (3, 3));
        assert_eq!(ledger.processes[&series("ip", Some(OTHER))], 3);
    }

    #[test]
    fn names_beyond_the_budget_are_counted_as_other_and_said() {
        let mut ledger = Ledger::default();
        let tgids = 0..u32::try_from(PROCESSES_MAX).unwrap() + 3;
        let messages = tgids.map(|tgid| total(tgid, &format!("p{tgid}"), 1, false)).collect();
        ledger.add(&snapshot(messages), None);
        assert_eq!(ledger.refused_processes(), 3);
        assert_eq!(of_process(&ledger, OTHER), Some(3));
        assert_eq!(ledger.processes.values().sum::<u64>(), PROCESSES_MAX as u64 + 3);
    }

    #[test]
    fn messages_without_a_counter_of_their_own_are_in_the_totals() {
        let overflow = MessageCount { messages: 4, bytes: 64 };
        let datagrams = [((0, Path::Request), DatagramCount { overflow, ..Default::default() })];
        let snapshot = Snapshot { datagrams: datagrams.into(), ..Default::default() };
        let mut ledger = Ledger::default();
        ledger.add(&snapshot, None);
        ledger.add(&snapshot, None);
        assert_eq!(ledger.types[&series(OTHER, None)], overflow);
        assert_eq!(of_process(&ledger, OTHER), Some(4));
    }

    #[test]
    fn workers_of_the_kernel_share_one_name() {
        assert_eq!(series_name("kworker/0:1"), "kworker");
        assert_eq!(series_name("ip"), "ip");
    }
}
