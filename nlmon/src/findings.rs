//! What is wrong now, for whoever asks: the findings of the core, with the time of day, and an entry
//! in the log when one begins and when it ends.
//!
//! Invariant: each look is given whole, so that no two parts of a finding are of two times.

use std::{
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use nlmon_core::findings::{
    Board, Change, Condition, Detectors, Finding, Kind, Look, Severity, Thresholds,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::{monotonic_ns, realtime_offset_ns},
    events,
};

/// Where the kernel tells how often its tables of neighbours were full, and what it calls them.
const TABLES: [&str; 2] = ["arp_cache", "ndisc_cache"];

/// A finding with its times of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it began: RFC 3339, UTC.
    pub since: String,
    /// When it was last seen.
    pub seen: String,
    /// What it is.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What is wrong now.
#[derive(Debug)]
pub struct Findings {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    detectors: Detectors,
    board: Board,
}

impl Findings {
    /// Nothing was looked at yet.
    pub fn new(thresholds: Thresholds) -> Self {
        let (detectors, board) = (Detectors::new(thresholds), Board::default());
        Self { state: Mutex::new(State { detectors, board }) }
    }

    /// Other thresholds from now on.
    pub fn configure(&self, thresholds: Thresholds) {
        self.state().detectors.configure(thresholds);
    }

    /// Takes a look in, and says in the log what has begun and what has ended.
    pub fn look(&self, look: &Look) {
        let mut state = self.state();
        let conditions: Vec<Condition> = state.detectors.look(look);
        let changes = state.board.look(look.at_ns, conditions);
        drop(state);
        changes.iter().for_each(say);
    }

    /// What is open, the worst first.
    pub fn told(&self) -> Vec<Told> {
        let open = self.state().board.open();
        let offset_ns = realtime_offset_ns();
        open.into_iter().map(|finding| told(finding, offset_ns)).collect()
    }

    /// How many are open, by kind and severity; of a kind without any, no warning.
    pub fn counts(&self) -> Vec<(&'static str, &'static str, u64)> {
        let open = self.state().board.counts();
        let none = Kind::ALL.into_iter().filter(|kind| !open.keys().any(|(of, _)| of == kind));
        let none = none.map(|kind| (kind.name(), Severity::Warning.name(), 0));
        let some = open.iter().map(|((kind, by), count)| (kind.name(), by.name(), *count));
        some.chain(none).collect()
    }

    /// It stays usable after a panic elsewhere: a look that was cut short is made good by the next.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often each table of neighbours was full since the host started. A table that the kernel does
/// not tell of is not there.
pub fn full_tables() -> impl Iterator<Item = (String, u64)> {
    TABLES.into_iter().filter_map(|table| {
        // Of the thread: of the process it would be the same, but may be hidden from it.
        let text = fs::read_to_string(format!("/proc/thread-self/net/stat/{table}")).ok()?;
        Some((table.to_owned(), column(&text, "table_fulls")?))
    })
}

/// The sum of a column of hexadecimal numbers, which have a row for each processor.
fn column(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines();
    let index = lines.next()?.split_whitespace().position(|heading| heading == name)?;
    let number = |line: &str| u64::from_str_radix(line.split_whitespace().nth(index)?, 16).ok();
    lines.map(number).sum()
}

fn told(finding: Finding, offset_ns: i64) -> Told {
    let time = |ns: u64| {
        let wall_ns = i128::from(ns) + i128::from(offset_ns);
        let time = Timestamp::from_nanosecond(wall_ns).unwrap_or(Timestamp::UNIX_EPOCH);
        format!("{time:.3}")
    };
    Told { since: time(finding.first_ns), seen: time(finding.last_ns), finding }
}

fn say(change: &Change) {
    match change {
        Change::Began(Finding { kind, subject, severity, text, .. }) => {
            let (id, kind) = (events::FINDING_BEGAN, kind.name());
            if *severity == Severity::Info {
                tracing::info!(
                    message_id = id,
                    nlmon_finding = kind,
                    nlmon_subject = subject,
                    "finding {kind}: {text}"
                );
            } else {
                tracing::warn!(
                    message_id = id,
                    nlmon_finding = kind,
                    nlmon_subject = subject,
                    "finding {kind}: {text}"
                );
            }
        }
        Change::Ended(finding) => {
            let Finding { kind, subject, first_ns, .. } = finding;
            let seconds = monotonic_ns().saturating_sub(*first_ns) / 1_000_000_000;
            tracing::info!(
                message_id = events::FINDING_ENDED,
                nlmon_finding = kind.name(),
                nlmon_subject = subject,
                "no longer so: {kind} of {subject}, after {seconds} s"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_without_any_has_a_zero() {
        let findings = Findings::new(Thresholds::default());
        findings.look(&Look { at_ns: 1, ..Look::default() });
        let mut own = Look { at_ns: 2, ..Look::default() };
        own.own.reasons = vec!["the pipeline is 6.0 s behind the kernel".to_owned()];
        findings.look(&own);
        let counts = findings.counts();
        assert_eq!(counts.len(), Kind::ALL.len());
        assert!(counts.contains(&("self", "critical", 1)), "{counts:?}");
        assert!(counts.contains(&("lost", "warning", 0)), "{counts:?}");
        let told = findings.told();
        assert_eq!(told[0].finding.subject, "ready");
        let json = serde_json::to_string(&told).unwrap();
        assert!(
            json.contains(r#""kind":"self","subject":"ready","severity":"critical""#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Vec<Told>>(&json).unwrap(), told);
    }

    /// As Linux 6.18 writes it, of two processors.
    #[test]
    fn the_column_is_found_by_its_name() {
        const STATS: &str = "\
            entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast \
            rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls\n\
            00000002 00000002 00000000 00000000   00000007 00000005 00000000   00000000         \
            00000000         00000001         00000000       00000000            0000000a\n\
            00000002 00000001 00000000 00000000   00000007 00000005 00000000   00000000         \
            00000000         00000001         00000000       00000000            00000001\n";
        assert_eq!(column(STATS, "table_fulls"), Some(11));
        assert_eq!(column("entries\n00000002\n", "table_fulls"), None);
    }
}
