//! What the daemon says of itself: whether it is ready, how far behind it is, what was restarted.

use super::family::Family;
use crate::metrics::names::{self, Metric};

/// Totals of the daemon itself, asked for at each scrape. Times of day are nanoseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonTotals {
    /// Whether it does its work.
    pub ready: bool,
    /// When it started.
    pub start_ns: u64,
    /// Whether the last reading of the configuration found nothing wrong.
    pub reload_successful: bool,
    /// When one last did.
    pub reload_success_ns: u64,
    /// How far the pipeline is behind the kernel.
    pub lag_ns: u64,
    /// Used bytes of the ring of samples, and all of it.
    pub ring_bytes: Option<(usize, usize)>,
    /// When the last sample was read.
    pub last_sample_ns: Option<u64>,
    /// How often each task that may be was restarted.
    pub task_restarts: Vec<(&'static str, u64)>,
    /// Panics, those included that were caught.
    pub panics: u64,
    /// Records that could not be decoded because that panicked.
    pub decode_panics: u64,
    /// Log lines left out, by kind.
    pub log_suppressed: Vec<(&'static str, u64)>,
    /// Records for the file of records by outcome; none without a file.
    pub file_records: Option<[(&'static str, u64); 4]>,
    /// Whether that file can be written.
    pub file_writable: Option<bool>,
    /// How many findings are open, by kind and severity; of each kind at least one.
    pub findings: Vec<(&'static str, &'static str, u64)>,
    /// The ledger, if one is kept.
    pub ledger: Option<LedgerTotals>,
}

/// Totals of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerTotals {
    /// Objects that are there, by kind.
    pub objects: Vec<(String, u64)>,
    /// Memory, by estimate.
    pub bytes: u64,
    /// Changes.
    pub changes: u64,
    /// Messages that were none, by reason.
    pub unchanged: [(&'static str, u64); 2],
    /// What had no room, by what it is.
    pub evicted: [(&'static str, u64); 3],
    /// Lists after the first of a namespace.
    pub resyncs: u64,
    /// Records that were overwritten unread.
    pub missed: u64,
}

/// A family of one value.
fn one(metric: &'static Metric, value: u64) -> Family {
    let mut family = Family::new(metric);
    family.add(&[], value);
    family
}

/// A family with a value for each label.
fn each(metric: &'static Metric, counts: &[(&str, u64)]) -> Family {
    let mut family = Family::new(metric);
    for (label, count) in counts {
        family.add(&[label], *count);
    }
    family
}

fn ledger_families(totals: &LedgerTotals, families: &mut Vec<Family>) {
    let objects: Vec<_> = totals.objects.iter().map(|(kind, count)| (&**kind, *count)).collect();
    families.extend([
        each(&names::LEDGER_OBJECTS, &objects),
        one(&names::LEDGER_BYTES, totals.bytes),
        one(&names::LEDGER_CHANGES, totals.changes),
        each(&names::LEDGER_UNCHANGED, &totals.unchanged),
        each(&names::LEDGER_EVICTED, &totals.evicted),
        one(&names::LEDGER_RESYNCS, totals.resyncs),
        one(&names::LEDGER_MISSED, totals.missed),
    ]);
}

/// Adds their families.
pub(crate) fn families(totals: &DaemonTotals, families: &mut Vec<Family>) {
    let time = |metric, ns: Option<u64>| {
        let mut family = Family::new(metric);
        if let Some(ns) = ns {
            family.add_seconds(&[], ns);
        }
        family
    };
    families.extend([
        one(&names::READY, u64::from(totals.ready)),
        time(&names::START_TIME, Some(totals.start_ns)),
        one(&names::RELOAD_SUCCESSFUL, u64::from(totals.reload_successful)),
        time(&names::RELOAD_SUCCESS_TIME, Some(totals.reload_success_ns)),
        time(&names::PIPELINE_LAG, Some(totals.lag_ns)),
        time(&names::LAST_SAMPLE, totals.last_sample_ns),
        each(&names::TASK_RESTARTS, &totals.task_restarts),
        one(&names::PANICS, totals.panics),
        one(&names::DECODE_PANICS, totals.decode_panics),
        each(&names::LOG_SUPPRESSED, &totals.log_suppressed),
    ]);
    let mut findings = Family::new(&names::FINDINGS);
    for (kind, severity, count) in &totals.findings {
        findings.add(&[kind, severity], *count);
    }
    families.push(findings);
    families.extend(totals.file_records.map(|counts| each(&names::FILE_RECORDS, &counts)));
    let is_writable = totals.file_writable.map(u64::from);
    families.extend(is_writable.map(|value| one(&names::FILE_WRITABLE, value)));
    if let Some(ledger) = &totals.ledger {
        ledger_families(ledger, families);
    }
    if let Some((used, all)) = totals.ring_bytes {
        families.extend([one(&names::RING_USED, used as u64), one(&names::RING_SIZE, all as u64)]);
    }
}
