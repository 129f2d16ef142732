//! Adds up snapshots of the kernel's counters into series that never go backwards, within a fixed
//! budget of label values.
//!
//! Pure. A snapshot has live totals of running processes, and once the final ones of ended
//! processes: those are kept here, folded by name.

use std::collections::{BTreeMap, BTreeSet};

use nlmon_common::counter::{MessageCount, TYPE_RAW};

use crate::{
    decode::names::message_type_name,
    probe::{MessageTotal, Snapshot},
    record::Path,
};

/// Names of processes that get series of their own.
pub(super) const PROCESSES_MAX: usize = 256;

/// Message types without a kernel name that get series of their own.
pub(super) const UNNAMED_TYPES_MAX: usize = 128;

/// The label value that stands for those beyond a budget.
pub(super) const OTHER: &str = "other";

/// Protocol, path, and a third label: type or process.
type Key = (u8, Path, String);

/// What ended processes have counted, and which label values are in use.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    ended_types: BTreeMap<Key, MessageCount>,
    ended_processes: BTreeMap<Key, u64>,
    processes: Budget<String>,
    types: Budget<(u8, u32)>,
}

/// Totals of one scrape.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) types: BTreeMap<Key, MessageCount>,
    pub(super) processes: BTreeMap<Key, u64>,
    pub(super) overflow_processes: u64,
    pub(super) overflow_types: u64,
}

impl Ledger {
    /// Takes a snapshot in; the totals are those of everything seen so far.
    pub(super) fn add(&mut self, snapshot: &Snapshot) -> Totals {
        let mut types = BTreeMap::new();
        let mut processes = BTreeMap::new();
        for total in &snapshot.messages {
            let Some(path) = Path::from_abi(total.key.path()) else { continue };
            let by_type = (total.key.protocol, path, self.type_name(total));
            let by_process = (total.key.protocol, path, self.process_name(&total.process));
            if total.ended {
                add_count(&mut self.ended_types, by_type, total.count);
                *self.ended_processes.entry(by_process).or_default() += total.count.messages;
            } else {
                add_count(&mut types, by_type, total.count);
                *processes.entry(by_process).or_default() += total.count.messages;
            }
        }
        for ((protocol, path), datagrams) in &snapshot.datagrams {
            let overflow = datagrams.overflow;
            if overflow.messages > 0 {
                let key = (*protocol, *path, OTHER.to_owned());
                add_count(&mut types, key.clone(), overflow);
                *processes.entry(key).or_default() += overflow.messages;
            }
        }
        for (key, count) in &self.ended_types {
            add_count(&mut types, key.clone(), *count);
        }
        for (key, count) in &self.ended_processes {
            *processes.entry(key.clone()).or_default() += count;
        }
        let (overflow_processes, overflow_types) = (self.processes.refused, self.types.refused);
        Totals { types, processes, overflow_processes, overflow_types }
    }

    fn type_name(&mut self, total: &MessageTotal) -> String {
        let (protocol, value) = (total.key.protocol, total.key.kind());
        let Ok(message_type) = u16::try_from(value) else {
            return if value == TYPE_RAW { "raw" } else { OTHER }.to_owned();
        };
        let name = message_type_name(protocol, message_type);
        let unnamed = name.parse::<u16>().is_ok();
        if unnamed && !self.types.admits((protocol, value), UNNAMED_TYPES_MAX) {
            return OTHER.to_owned();
        }
        name.into_owned()
    }

    fn process_name(&mut self, comm: &str) -> String {
        let name = series_name(comm);
        if self.processes.admits(name.to_owned(), PROCESSES_MAX) { name } else { OTHER }.to_owned()
    }
}

/// Workers of the kernel are many and come and go; which one ran does not matter here.
fn series_name(comm: &str) -> &str {
    if comm.starts_with("kworker/") { "kworker" } else { comm }
}

fn add_count(counts: &mut BTreeMap<Key, MessageCount>, key: Key, count: MessageCount) {
    let sum = counts.entry(key).or_default();
    sum.messages += count.messages;
    sum.bytes += count.bytes;
}

/// A set of label values that stops growing: a value that was admitted once stays so, because a
/// counter must not move between series.
#[derive(Debug)]
pub(super) struct Budget<T> {
    admitted: BTreeSet<T>,
    refused_values: BTreeSet<T>,
    pub(super) refused: u64,
}

impl<T> Default for Budget<T> {
    fn default() -> Self {
        Self { admitted: BTreeSet::new(), refused_values: BTreeSet::new(), refused: 0 }
    }
}

impl<T: Ord> Budget<T> {
    pub(super) fn admits(&mut self, value: T, max: usize) -> bool {
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
    use nlmon_common::counter::{DatagramCount, MessageKey, path};

    use super::*;

    fn total(tgid: u32, process: &str, messages: u64, ended: bool) -> MessageTotal {
        MessageTotal {
            key: MessageKey { tgid, netns: 0, message_type: 16, protocol: 0, way: path::REQUEST },
            count: MessageCount { messages, bytes: messages * 32 },
            process: process.to_owned(),
            ended,
        }
    }

    fn of_process(totals: &Totals, process: &str) -> Option<u64> {
        totals.processes.get(&(0, Path::Request, process.to_owned())).copied()
    }

    #[test]
    fn an_ended_process_is_folded_into_its_name() {
        let mut ledger = Ledger::default();
        let first =
            ledger.add(&Snapshot { messages: vec![total(7, "ip", 5, true)], ..Default::default() });
        let second = ledger
            .add(&Snapshot { messages: vec![total(8, "ip", 3, false)], ..Default::default() });
        assert_eq!(of_process(&first, "ip"), Some(5));
        assert_eq!(of_process(&second, "ip"), Some(8));
        let key = (0, Path::Request, "RTM_NEWLINK".to_owned());
        assert_eq!(second.types[&key], MessageCount { messages: 8, bytes: 256 });
    }

    #[test]
    fn names_beyond_the_budget_are_counted_as_other_and_said() {
        let mut ledger = Ledger::default();
        let tgids = 0..u32::try_from(PROCESSES_MAX).unwrap() + 3;
        let messages = tgids.map(|tgid| total(tgid, &format!("p{tgid}"), 1, false)).collect();
        let totals = ledger.add(&Snapshot { messages, ..Default::default() });
        assert_eq!(totals.overflow_processes, 3);
        assert_eq!(of_process(&totals, OTHER), Some(3));
        assert_eq!(totals.processes.values().sum::<u64>(), PROCESSES_MAX as u64 + 3);
    }

    #[test]
    fn messages_without_a_counter_of_their_own_are_in_the_totals() {
        let overflow = MessageCount { messages: 4, bytes: 64 };
        let datagrams = [((0, Path::Request), DatagramCount { overflow, ..Default::default() })];
        let snapshot = Snapshot { datagrams: datagrams.into(), ..Default::default() };
        let totals = Ledger::default().add(&snapshot);
        assert_eq!(totals.types[&(0, Path::Request, OTHER.to_owned())], overflow);
        assert_eq!(of_process(&totals, OTHER), Some(4));
    }

    #[test]
    fn workers_of_the_kernel_share_one_name() {
        assert_eq!(series_name("kworker/0:1"), "kworker");
        assert_eq!(series_name("ip"), "ip");
    }
}
