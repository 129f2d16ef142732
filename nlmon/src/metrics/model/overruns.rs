//! Datagrams that receiving sockets had no room for, by the process that holds the socket and by
//! the type that did not fit.
//!
//! The model is pure. It adds each growth of a kernel counter to a series, so the series stays when
//! the process and its counters are gone. Processes with a socket in a group have a series before
//! they lose anything: `increase()` does not see a series that begins above 0.

use std::{borrow::Cow, collections::BTreeMap};

use nlmon_common::counter::{OverrunKey, TYPE_OTHER, TYPE_RAW};
use nlmon_core::{
    answers::TypeLost,
    decode::{Context, Families, names::protocol_name},
    findings::Look,
    message::c_string,
};

use super::{
    budget::{OTHER, Shares, fold},
    family::Family,
    ledger::{PROCESSES_MAX, series_name},
    members::listeners,
};
use crate::{metrics::names, probe::CounterSnapshot, sockets::Scan};

/// The owner is not known: the socket is older than the probes and was passed on, or there were too
/// many.
const UNKNOWN: &str = "unknown";
/// Name of the process of a counter that is nobody's.
const NOBODY: [u8; 16] = [0; 16];

/// Everything that was lost so far.
#[derive(Debug)]
pub(crate) struct OverrunMetrics {
    processes: BTreeMap<(u8, String), u64>,
    /// By name: a generic family that came twice has had two numbers.
    types: BTreeMap<(u8, Cow<'static, str>), u64>,
    /// What of each of the kernel's counters is in the series.
    counted: BTreeMap<OverrunKey, u64>,
    known: Shares<String>,
}

impl Default for OverrunMetrics {
    fn default() -> Self {
        Self {
            processes: BTreeMap::new(),
            types: BTreeMap::new(),
            counted: BTreeMap::new(),
            known: Shares::new(PROCESSES_MAX),
        }
    }
}

impl OverrunMetrics {
    /// Takes a snapshot in.
    pub(crate) fn add(&mut self, snapshot: &CounterSnapshot, families: &Families) {
        for total in &snapshot.overruns {
            let before = if total.ended {
                self.counted.remove(&total.key)
            } else {
                self.counted.insert(total.key, total.count)
            };
            // One that is lower than before is another, of a process that took the same number.
            let before = before.filter(|before| *before <= total.count).unwrap_or_default();
            let grown = total.count - before;
            if grown > 0 {
                let process = self.process(&total.key, grown);
                *self.processes.entry((total.key.protocol, process)).or_default() += grown;
                let name = type_name(&total.key, families);
                *self.types.entry((total.key.protocol, name)).or_default() += grown;
            }
        }
    }

    /// Makes series for processes that can lose multicasts.
    pub(crate) fn expect(&mut self, scan: &Scan) {
        for (protocol, process, user) in listeners(scan) {
            let process = self.admitted(process.to_owned(), user, 0);
            self.processes.entry((protocol, process)).or_default();
        }
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut Look) {
        let named = self.processes.iter();
        look.overruns = named
            .map(|((protocol, process), count)| {
                ((protocol_name(*protocol).into_owned(), process.clone()), *count)
            })
            .collect();
    }

    /// What found no room, of processes that are there and of what is counted of others still.
    pub(crate) fn types_lost(&self, families: &Families) -> Vec<TypeLost> {
        let known = self.counted.iter().filter(|(key, _)| key.tgid != 0);
        let lost = |(key, count): (&OverrunKey, &u64)| TypeLost {
            pid: key.tgid,
            protocol: key.protocol,
            message_type: type_name(key, families).into_owned(),
            count: *count,
        };
        known.map(lost).collect()
    }

    /// Both families.
    pub(crate) fn families(&self) -> [Family; 2] {
        let mut processes = Family::new(&names::OVERRUNS);
        for ((protocol, process), count) in &self.processes {
            processes.add(&[&protocol_name(*protocol), process], *count);
        }
        let mut types = Family::new(&names::OVERRUN_TYPES);
        for ((protocol, message_type), count) in &self.types {
            types.add(&[&protocol_name(*protocol), message_type], *count);
        }
        [processes, types]
    }

    fn process(&mut self, key: &OverrunKey, grown: u64) -> String {
        match (key.comm, key.message_type) {
            (NOBODY, TYPE_OTHER) => OTHER.to_owned(),
            (NOBODY, _) => UNKNOWN.to_owned(),
            _ => self.admitted(series_name(&c_string(&key.comm)).to_owned(), key.uid, grown),
        }
    }

    fn admitted(&mut self, name: String, user: u32, weight: u64) -> String {
        self.known.label(name, user, weight, |folded| {
            fold(&mut self.processes, |(protocol, process)| {
                (process == folded).then(|| (*protocol, OTHER.to_owned()))
            });
        })
    }

    /// Lets time pass: what is quiet makes room.
    pub(crate) fn age(&mut self) {
        self.known.age();
    }
}

fn type_name(key: &OverrunKey, families: &Families) -> Cow<'static, str> {
    match u16::try_from(key.message_type) {
        Ok(message_type) => Context::new(families).type_name(key.protocol, message_type),
        Err(_) if key.message_type == TYPE_RAW => Cow::Borrowed("raw"),
        Err(_) => Cow::Borrowed(OTHER),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        probe::OverrunTotal,
        sockets::{Endpoint, Gaps, Namespace, Owner, Seen},
    };

    fn key(tgid: u32, process: &str, message_type: u32) -> OverrunKey {
        let mut comm = [0; 16];
        comm[..process.len()].copy_from_slice(process.as_bytes());
        OverrunKey { tgid, uid: 0, message_type, protocol: 16, pad: [0; 3], comm }
    }

    fn snapshot(counts: &[(OverrunKey, u64, bool)]) -> CounterSnapshot {
        let total =
            |(key, count, ended): &_| OverrunTotal { key: *key, count: *count, ended: *ended };
        CounterSnapshot {
            overruns: counts.iter().map(total).collect(),
            ..CounterSnapshot::default()
        }
    }

    fn of(overruns: &OverrunMetrics, process: &str) -> Option<u64> {
        overruns.processes.get(&(16, process.to_owned())).copied()
    }

    #[test]
    fn what_a_process_lost_stays_when_it_has_ended() {
        let mut overruns = OverrunMetrics::default();
        let (a, b) = (key(7, "a", 35), key(7, "b", 35));
        overruns.add(&snapshot(&[(a, 5, false)]), &Families::default());
        overruns.add(&snapshot(&[(a, 6, true)]), &Families::default());
        assert!(overruns.counted.is_empty());
        // Others with the number of the ended one, of another name and of the same.
        overruns.add(&snapshot(&[(b, 2, false), (a, 3, false)]), &Families::default());
        assert_eq!((of(&overruns, "a"), of(&overruns, "b")), (Some(9), Some(2)));
    }

    #[test]
    fn who_is_not_known_and_who_has_used_up_his_share_are_told_apart() {
        let mut overruns = OverrunMetrics::default();
        let counts = [
            (key(0, "", 35), 1, false),
            (key(0, "", TYPE_OTHER), 2, false),
            (key(7, "a", TYPE_OTHER), 3, false),
            (key(7, "a", TYPE_RAW), 4, false),
            (key(0, "a", 35), 5, false),
        ];
        overruns.add(&snapshot(&counts), &Families::default());
        let processes = [UNKNOWN, OTHER, "a"].map(|name| of(&overruns, name));
        assert_eq!(processes, [Some(1), Some(2), Some(12)]);
        let types = ["35", OTHER, "raw"].map(|name| overruns.types[&(16, name.into())]);
        assert_eq!(types, [6, 5, 4]);
    }

    #[test]
    fn a_listener_has_a_series_before_it_loses_anything() {
        let socket = |comm: &str, groups: &[u32]| {
            let owner = Owner { pid: 7, comm: comm.to_owned(), ..Owner::default() };
            Endpoint {
                protocol: 16,
                portid: 7,
                groups: groups.to_vec(),
                owners: vec![Arc::new(owner)],
                ..Endpoint::default()
            }
        };
        let sockets = vec![socket("a", &[1]), socket("b", &[])];
        let seen = vec![Seen { namespace: Namespace::fake(1, "self"), sockets }];
        let mut overruns = OverrunMetrics::default();
        overruns.add(&snapshot(&[(key(7, "a", 35), 5, false)]), &Families::default());
        overruns.expect(&Scan { seen, gaps: Gaps::default() });
        assert_eq!((of(&overruns, "a"), of(&overruns, "b")), (Some(5), None));
        let mut fresh = OverrunMetrics::default();
        let sockets = vec![socket("a", &[1])];
        let seen = vec![Seen { namespace: Namespace::fake(1, "self"), sockets }];
        fresh.expect(&Scan { seen, gaps: Gaps::default() });
        assert_eq!(of(&fresh, "a"), Some(0));
    }

    #[test]
    fn a_family_that_came_twice_is_one_series() {
        let mut overruns = OverrunMetrics::default();
        for (number, count) in [(35, 2), (40, 3)] {
            let named = BTreeMap::from([(number, "nl80211".to_owned())]);
            let key = key(7, "iw", number.into());
            overruns.add(&snapshot(&[(key, count, false)]), &Families::named(&named));
        }
        let families: Vec<_> = overruns.families().into_iter().filter_map(Family::finish).collect();
        let text = prometheus::TextEncoder::new().encode_to_string(&families).unwrap();
        let by_type = text.lines().filter(|line| line.starts_with("nlmon_overrun_types_total"));
        let by_type: Vec<_> = by_type.collect();
        assert_eq!(by_type, [r#"nlmon_overrun_types_total{protocol="generic",type="nl80211"} 5"#]);
    }
}
