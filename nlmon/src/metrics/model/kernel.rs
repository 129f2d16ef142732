//! The families that come from the kernel's counters, read at each scrape.

use std::sync::Arc;

use nlmon_common::counter::{DatagramCount, stat};
use prometheus::proto::MetricFamily;

use super::{
    family::Family,
    ledger::{Ledger, LedgerKey},
    overruns::OverrunMetrics,
};
use crate::metrics::names;
use nlmon_core::{
    answers::LossState,
    decode::{
        Families,
        names::{errno_name, protocol_name},
    },
    findings::Look,
    record::Path,
};

use crate::{
    metrics::collect::Collected,
    probe::{Attached, CounterSnapshot, Probe},
    sockets::Scan,
};

/// What the daemon has taken out of the ring. The rest of the samples' fate is the kernel's to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RingTotals {
    /// Samples.
    pub(crate) read: u64,
    /// Records that were no samples of this version.
    pub(crate) malformed: u64,
}

/// What was added up from the kernel's counters.
#[derive(Debug, Default)]
pub(crate) struct Kernel {
    attached: Vec<Attached>,
    /// Those that the configuration asks for.
    wanted: Vec<Probe>,
    ledger: Ledger,
    overruns: OverrunMetrics,
    /// Samples that found the ring full, by the last collection.
    ring_full: u64,
}

impl Kernel {
    pub(crate) fn new(attached: Vec<Attached>, wanted: Vec<Probe>) -> Self {
        Self { attached, wanted, ..Self::default() }
    }

    /// Names the types of generic netlink by these families from now on.
    pub(crate) fn name_families(&mut self, families: Arc<Families>) {
        self.ledger.families = families;
    }

    /// Lets time pass for the budgets of label values.
    pub(crate) fn age(&mut self) {
        self.ledger.age();
        self.overruns.age();
    }

    /// Takes a collection in.
    pub(crate) fn add(&mut self, collected: &Collected) {
        self.overruns.add(&collected.snapshot, &self.ledger.families);
        self.ledger.add(&collected.snapshot, collected.namespaces.as_ref());
        self.ring_full = collected.snapshot.stat(stat::RING_FULL);
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut Look) {
        self.overruns.tell(look);
        look.own.samples_lost = self.ring_full;
        let name = |key: &LedgerKey| (protocol_name(key.protocol).into_owned(), key.value.clone());
        let is_told = |key: &LedgerKey| key.path == Path::Multicast;
        for (key, count) in self.ledger.types.iter().filter(|(key, _)| is_told(key)) {
            *look.notifications.entry(name(key)).or_default() += count.messages;
        }
        for (key, count) in self.ledger.processes.iter().filter(|(key, _)| is_told(key)) {
            *look.causes.entry(name(key)).or_default() += count;
        }
    }

    /// Adds what answers about losses are made of.
    pub(crate) fn tell_losses(&self, state: &mut LossState) {
        state.types = self.overruns.types_lost(&self.ledger.families);
        state.samples_lost = self.ring_full;
    }

    /// Makes series for the processes of a scan that can lose multicasts.
    pub(crate) fn expect_overruns(&mut self, scan: &Scan) {
        self.overruns.expect(scan);
    }

    /// All families, of a snapshot that was added. Without probes just the one that says so.
    pub(crate) fn families(
        &self,
        snapshot: Option<&CounterSnapshot>,
        ring: RingTotals,
    ) -> Vec<Family> {
        let mut families = vec![self.attached()];
        if let Some(snapshot) = snapshot {
            families.extend(datagrams(snapshot));
            families.extend(self.overruns.families());
            families.extend(messages(&self.ledger));
            families.extend(samples(snapshot, ring));
            families.extend(runs(snapshot));
            families.push(overflow(&self.ledger));
        }
        families
    }

    fn attached(&self) -> Family {
        let mut family = Family::new(&names::PROBE_ATTACHED);
        for &probe in &self.wanted {
            match self.attached.iter().find(|attached| attached.probe == probe) {
                Some(attached) => family.add(&[probe.name(), attached.hook.name()], 1),
                None => family.add(&[probe.name(), "none"], 0),
            }
        }
        family
    }
}

fn samples(snapshot: &CounterSnapshot, ring: RingTotals) -> [Family; 4] {
    let mut samples = Family::new(&names::SAMPLES);
    samples.add(&["read"], ring.read);
    samples.add(&["malformed"], ring.malformed);
    samples.add(&["read_earlier"], snapshot.read_earlier);
    for (outcome, index) in [
        ("rate_limited", stat::RATE_LIMITED),
        ("too_deep", stat::TOO_DEEP),
        ("no_context", stat::NO_CONTEXT),
        ("unseen", stat::UNSEEN),
        ("ring_full", stat::RING_FULL),
    ] {
        samples.add(&[outcome], snapshot.stat(index));
    }
    let sum = |field: fn(&DatagramCount) -> u64| snapshot.datagrams.values().map(field).sum();
    let (taken, thinned): (u64, u64) = (sum(|count| count.sampled), sum(|count| count.thinned));
    samples.add(&["thinned"], thinned);
    let mut pending = Family::new(&names::SAMPLES_PENDING);
    let read = ring.read + ring.malformed + snapshot.read_earlier;
    let ended = read + snapshot.stat(stat::RING_FULL);
    pending.add(&[], taken.saturating_sub(ended));
    let mut faults = Family::new(&names::PROBE_FAULTS);
    for (fault, index) in [
        ("no_entry", stat::NO_ENTRY),
        ("read_failed", stat::READ_FAILED),
        ("walk_cut", stat::WALK_CUT),
        ("walk_malformed", stat::WALK_MALFORMED),
        ("error_overflow", stat::ERROR_OVERFLOW),
        ("message_folded", stat::MESSAGE_FOLDED),
        ("overrun_overflow", stat::OVERRUN_OVERFLOW),
        ("overrun_folded", stat::OVERRUN_FOLDED),
        ("owner_overflow", stat::OWNER_OVERFLOW),
        ("unframed_delivery", stat::UNFRAMED_DELIVERY),
    ] {
        faults.add(&[fault], snapshot.stat(index));
    }
    let mut silent = Family::new(&names::SILENT_SAMPLES);
    silent.add(&["lost"], snapshot.stat(stat::SILENT_LOST));
    silent.add(&["unseen"], snapshot.stat(stat::SILENT_UNSEEN));
    [samples, pending, silent, faults]
}

fn datagrams(snapshot: &CounterSnapshot) -> [Family; 5] {
    let mut results = Family::new(&names::DATAGRAMS);
    let mut open = Family::new(&names::DATAGRAMS_OPEN);
    let mut second_sends = Family::new(&names::SECOND_LEGS);
    let mut own = Family::new(&names::OWN_DATAGRAMS);
    let mut deliveries = Family::new(&names::DELIVERIES);
    for ((protocol, path), count) in &snapshot.datagrams {
        let (name, path_name) = (protocol_name(*protocol), path.name());
        let errors: u64 = snapshot.failures(*protocol, *path).map(|(_, count)| count).sum();
        if count.ok > 0 {
            results.add(&[&name, path_name, "ok"], count.ok);
        }
        for (errno, count) in snapshot.failures(*protocol, *path) {
            results.add(&[&name, path_name, &errno_name(errno)], count);
        }
        if count.unreported > 0 {
            results.add(&[&name, path_name, "unknown"], count.unreported);
        }
        let ended = count.ok + errors + count.unreported;
        open.add(&[&name, path_name], count.entered.saturating_sub(ended));
        if count.deliveries > 0 {
            deliveries.add(&[&name, path_name], count.deliveries);
        }
        if count.own > 0 {
            own.add(&[&name, path_name], count.own);
        }
    }
    for (protocol, count) in snapshot.second_sends() {
        second_sends.add(&[&protocol_name(protocol)], count);
    }
    [results, open, second_sends, own, deliveries]
}

fn messages(ledger: &Ledger) -> [Family; 3] {
    let mut messages = Family::new(&names::MESSAGES);
    let mut bytes = Family::new(&names::MESSAGE_BYTES);
    let mut processes = Family::new(&names::PROCESS_MESSAGES);
    for (LedgerKey { protocol, path, value, netns }, count) in &ledger.types {
        let protocol = protocol_name(*protocol);
        let mut labels = vec![&*protocol, path.name(), value];
        labels.extend(netns.as_deref());
        messages.add(&labels, count.messages);
        bytes.add(&labels, count.bytes);
    }
    for (LedgerKey { protocol, path, value, netns }, count) in &ledger.processes {
        let protocol = protocol_name(*protocol);
        let mut labels = vec![value, &*protocol, path.name()];
        labels.extend(netns.as_deref());
        processes.add(&labels, *count);
    }
    [messages, bytes, processes]
}

fn runs(snapshot: &CounterSnapshot) -> [Family; 4] {
    let mut count = Family::new(&names::BPF_RUNS);
    let mut time = Family::new(&names::BPF_RUN_SECONDS);
    let mut missed = Family::new(&names::BPF_MISSED);
    for runs in &snapshot.runs {
        let program = [&*runs.program];
        runs.count.inspect(|value| count.add(&program, *value));
        runs.time_ns.inspect(|value| time.add_seconds(&program, *value));
        runs.missed.inspect(|value| missed.add(&program, *value));
    }
    let mut all = Family::new(&names::BPF_SECONDS);
    if snapshot.stat(stat::METERED_RUNS) > 0 {
        all.add_seconds(&[], stat::metered_ns(snapshot.stat(stat::METERED_NS)));
    }
    [count, time, missed, all]
}

fn overflow(ledger: &Ledger) -> Family {
    let mut family = Family::new(&names::SERIES_OVERFLOW);
    family.add(&[names::MESSAGES.name], ledger.refused_types());
    family.add(&[names::PROCESS_MESSAGES.name], ledger.refused_processes());
    family
}

/// The families that have series.
pub(crate) fn finish(families: Vec<Family>) -> Vec<MetricFamily> {
    families.into_iter().filter_map(Family::finish).collect()
}
