//! Adds up snapshots of the kernel's counters into series that never go backwards, within fixed
//! budgets of label values. A series that loses its budget folds its count into `other`.
//!
//! The model is pure. It adds each growth of a counter to the series that fits the counter now. A
//! process may take another name, and a namespace may lose its own. Earlier counts stay where they
//! were.

use std::{collections::BTreeMap, sync::Arc};

use nlmon_common::counter::{MessageCount, MessageKey, TYPE_RAW};

use nlmon_core::{
    decode::{Context, Families},
    record::Path,
};

use super::budget::{Admission, Shares, fold};
pub(crate) use super::budget::{Budget, OTHER};
use crate::probe::{CounterSnapshot, MessageTotal};

/// Names of processes that get series of their own.
pub(crate) const PROCESSES_MAX: usize = 256;

/// Message types without a kernel name that get series of their own.
pub(crate) const UNNAMED_TYPES_MAX: usize = 128;

/// Network namespaces that get series of their own.
pub(crate) const NAMESPACES_MAX: usize = 64;

/// What the ledger counts by: the labels of a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LedgerKey {
    pub(crate) protocol: u8,
    pub(crate) path: Path,
    /// Type or process.
    pub(crate) value: String,
    /// Network namespace, where they are told apart.
    pub(crate) netns: Option<String>,
}

/// Everything counted so far, and which label values are in use.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) types: BTreeMap<LedgerKey, MessageCount>,
    pub(crate) processes: BTreeMap<LedgerKey, u64>,
    /// The generic families of the running kernel.
    pub(crate) families: Arc<Families>,
    /// What of each of the kernel's counters is in the series.
    counted: BTreeMap<MessageKey, MessageCount>,
    /// The same of those messages that found no counter.
    overflowed: BTreeMap<(u8, Path), MessageCount>,
    known_processes: Shares<String>,
    known_types: Shares<(u8, u16)>,
    known_namespaces: Shares<String>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            types: BTreeMap::new(),
            processes: BTreeMap::new(),
            families: Arc::default(),
            counted: BTreeMap::new(),
            overflowed: BTreeMap::new(),
            known_processes: Shares::new(PROCESSES_MAX),
            known_types: Shares::new(UNNAMED_TYPES_MAX),
            known_namespaces: Shares::new(NAMESPACES_MAX),
        }
    }
}

impl Ledger {
    /// Takes a snapshot in. `namespaces` are the names that network namespaces have now, by inode
    /// number; `None` where they are not told apart.
    pub(crate) fn add(
        &mut self,
        snapshot: &CounterSnapshot,
        namespaces: Option<&BTreeMap<u32, String>>,
    ) {
        for total in &snapshot.messages {
            let Some(path) = Path::from_abi(total.key.path()) else { continue };
            let before = if total.ended {
                self.counted.remove(&total.key)
            } else {
                self.counted.insert(total.key, total.count)
            };
            let grown = growth(before, total.count);
            if grown == MessageCount::default() {
                continue;
            }
            let weight = grown.messages;
            let netns = namespaces.map(|names| self.namespace_name(total, names, weight));
            let by_type = self.type_name(total, weight);
            let by_process = self.process_name(total, weight);
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
        let series = LedgerKey { protocol, path, value: by_type, netns };
        *self.types.entry(series.clone()).or_default() += grown;
        *self.processes.entry(LedgerKey { value: by_process, ..series }).or_default() +=
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

    /// Lets time pass: what is quiet makes room.
    pub(crate) fn age(&mut self) {
        self.known_processes.age();
        self.known_types.age();
        self.known_namespaces.age();
    }

    fn type_name(&mut self, total: &MessageTotal, weight: u64) -> String {
        let (protocol, value) = (total.key.protocol, total.key.kind());
        let Ok(message_type) = u16::try_from(value) else {
            return if value == TYPE_RAW { "raw" } else { OTHER }.to_owned();
        };
        let name = Context::new(&self.families).type_name(protocol, message_type);
        if name.parse::<u16>().is_err() {
            // The kernel's names are so many and no more.
            return name.into_owned();
        }
        match self.known_types.admit(&(protocol, message_type), total.user, weight) {
            Admission::Own => {}
            Admission::Other => return OTHER.to_owned(),
            Admission::InsteadOf((protocol, folded)) => {
                let folded = folded.to_string();
                fold(&mut self.types, |series| {
                    let is_folded = series.protocol == protocol && series.value == folded;
                    is_folded.then(|| LedgerKey { value: OTHER.to_owned(), ..series.clone() })
                });
            }
        }
        name.into_owned()
    }

    fn process_name(&mut self, total: &MessageTotal, weight: u64) -> String {
        let name = series_name(&total.process).to_owned();
        self.known_processes.label(name, total.user, weight, |folded| {
            fold(&mut self.processes, |series| {
                let other = || LedgerKey { value: OTHER.to_owned(), ..series.clone() };
                (series.value == *folded).then(other)
            });
        })
    }

    fn namespace_name(
        &mut self,
        total: &MessageTotal,
        names: &BTreeMap<u32, String>,
        weight: u64,
    ) -> String {
        let inode = total.key.netns;
        let name = names.get(&inode).cloned().unwrap_or_else(|| inode.to_string());
        self.known_namespaces.label(name, total.user, weight, |folded| {
            let into = |series: &LedgerKey| {
                let other = || LedgerKey { netns: Some(OTHER.to_owned()), ..series.clone() };
                (series.netns.as_ref() == Some(folded)).then(other)
            };
            fold(&mut self.types, into);
            fold(&mut self.processes, into);
        })
    }
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
            user: 1000,
            ended,
        }
    }

    fn snapshot(messages: Vec<MessageTotal>) -> CounterSnapshot {
        CounterSnapshot { messages, ..Default::default() }
    }

    fn series(value: &str, netns: Option<&str>) -> LedgerKey {
        let (value, netns) = (value.to_owned(), netns.map(str::to_owned));
        LedgerKey { protocol: 0, path: Path::Request, value, netns }
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
        let count = |name| ledger.types[&LedgerKey { protocol: 16, ..series(name, None) }].messages;
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
        let last = u32::try_from(NAMESPACES_MAX * 3 / 4).unwrap() + 3;
        let messages = (0..last).map(of_namespace).collect();
        ledger.add(&snapshot(messages), Some(&BTreeMap::new()));
        assert_eq!((ledger.refused_types(), ledger.refused_processes()), (3, 3));
        assert_eq!(ledger.processes[&series("ip", Some(OTHER))], 3);
    }

    #[test]
    fn names_beyond_the_budget_are_counted_as_other_and_said() {
        let mut ledger = Ledger::default();
        let most = PROCESSES_MAX * 3 / 4;
        let tgids = 0..u32::try_from(most).unwrap() + 3;
        let messages = tgids.map(|tgid| total(tgid, &format!("p{tgid}"), 1, false)).collect();
        ledger.add(&snapshot(messages), None);
        assert_eq!(ledger.refused_processes(), 3);
        assert_eq!(of_process(&ledger, OTHER), Some(3));
        assert_eq!(ledger.processes.values().sum::<u64>(), most as u64 + 3);
    }

    #[test]
    fn messages_without_a_counter_of_their_own_are_in_the_totals() {
        let overflow = MessageCount { messages: 4, bytes: 64 };
        let datagrams = [((0, Path::Request), DatagramCount { overflow, ..Default::default() })];
        let snapshot = CounterSnapshot { datagrams: datagrams.into(), ..Default::default() };
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

    #[test]
    fn a_user_who_makes_up_names_and_types_blinds_nobody_else() {
        let mut ledger = Ledger::default();
        let of_root = |tgid, process: &str, message_type, messages| {
            let mut total = total(tgid, process, messages, false);
            (total.user, total.key.message_type) = (0, message_type);
            total
        };
        ledger.add(&snapshot(vec![of_root(1, "networkd", 5000, 2)]), None);
        let mut sent = 2;
        for round in 0..10u32 {
            let made_up = |number: u32| {
                let mut total = total(100 + round * 1000 + number, &format!("x{number}"), 50, true);
                total.key.message_type = u16::try_from(1000 + number).unwrap();
                total
            };
            ledger.add(&snapshot((0..600).map(made_up).collect()), None);
            ledger.age();
            sent += 600 * 50;
        }
        // One that was there, and one that comes now.
        let roots = vec![of_root(1, "networkd", 5000, 3), of_root(2, "ip", 5001, 1)];
        ledger.add(&snapshot(roots), None);
        assert_eq!(of_process(&ledger, "networkd"), Some(3));
        assert_eq!(of_process(&ledger, "ip"), Some(1));
        assert_eq!(ledger.types[&series("5000", None)].messages, 3);
        assert_eq!(ledger.types[&series("5001", None)].messages, 1);
        // What was folded is in other.
        assert_eq!(ledger.processes.values().sum::<u64>(), sent + 2);
        assert_eq!(ledger.types.values().map(|count| count.messages).sum::<u64>(), sent + 2);
        assert!(ledger.processes.len() <= PROCESSES_MAX + 1);
    }
}
