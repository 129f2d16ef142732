//! What the daemon counts of the records that pass it.

use std::collections::BTreeMap;

use prometheus::{HistogramOpts, HistogramVec, Registry};

use super::{
    family::Family,
    ledger::{Budget, OTHER},
    names::{self, Metric},
};
use crate::{
    decode::names::{errno_name, group_name, message_type_name, protocol_name},
    join::Counts,
    record::{Path, Record},
};

/// Upper bounds of latency buckets in seconds: a reply takes microseconds, a dump milliseconds, a
/// request that waits for a lock up to seconds.
const LATENCY_BUCKETS: [f64; 10] =
    [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1, 1.0, 10.0];

/// Label pairs of one metric that get series of their own.
const SERIES_MAX: usize = 512;

const NS_PER_SECOND: f64 = 1e9;

/// Counters and histograms of the records.
pub(super) struct Pipeline {
    durations: HistogramVec,
    deliveries: HistogramVec,
    errors: BTreeMap<(String, String, String), u64>,
    outcomes: BTreeMap<(String, String, &'static str), u64>,
    overruns: BTreeMap<u8, u64>,
    pub(super) join: Counts,
    types: Budget<(u8, u16)>,
    groups: Budget<(u8, u32)>,
}

impl Pipeline {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            durations: histogram(registry, &names::REQUEST_DURATION)?,
            deliveries: histogram(registry, &names::MULTICAST_DELIVERY)?,
            errors: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            overruns: BTreeMap::new(),
            join: Counts::default(),
            types: Budget::default(),
            groups: Budget::default(),
        })
    }

    pub(super) fn record(&mut self, record: &Record) {
        let protocol = record.protocol();
        self.multicast(record, protocol);
        if record.path() == Path::Request {
            self.request(record, protocol);
        }
    }

    pub(super) fn overrun(&mut self, protocol: u8, lost: u64) {
        *self.overruns.entry(protocol).or_default() += lost;
    }

    fn multicast(&mut self, record: &Record, protocol: u8) {
        let Some(outcome) = record.outcome else { return };
        let group = match (&record.observation, &record.delivery) {
            (Some(observation), _) => observation.group,
            (None, Some(delivery)) => delivery.group,
            (None, None) => return,
        };
        let group = self.group_label(protocol, group);
        let protocol = protocol_name(protocol);
        if let (Some(sent), Some(received)) = (&record.observation, &record.delivery) {
            let ns = received.received_ns.saturating_sub(sent.start_ns);
            self.deliveries.with_label_values(&[&*protocol, &group]).observe(seconds(ns));
        }
        *self.outcomes.entry((protocol.into_owned(), group, outcome.name())).or_default() += 1;
    }

    fn request(&mut self, record: &Record, protocol: u8) {
        let Some(answer) = record.answer else { return };
        let message_type = self.type_label(protocol, answer.request_type);
        let protocol = protocol_name(protocol);
        self.durations
            .with_label_values(&[&*protocol, &message_type])
            .observe(seconds(answer.latency_ns));
        if let Some(errno @ 1..) = answer.errno {
            let key = (protocol.into_owned(), message_type, errno_name(errno).into_owned());
            *self.errors.entry(key).or_default() += 1;
        }
    }

    fn type_label(&mut self, protocol: u8, message_type: u16) -> String {
        if self.types.admits((protocol, message_type), SERIES_MAX) {
            message_type_name(protocol, message_type).into_owned()
        } else {
            OTHER.to_owned()
        }
    }

    fn group_label(&mut self, protocol: u8, group: u32) -> String {
        if self.groups.admits((protocol, group), SERIES_MAX) {
            group_name(protocol, group).into_owned()
        } else {
            OTHER.to_owned()
        }
    }

    /// Adds the families that the registry does not hold.
    pub(super) fn families(&self, families: &mut Vec<Family>) {
        let mut errors = Family::new(&names::REQUEST_ERRORS);
        for ((protocol, message_type, errno), count) in &self.errors {
            errors.add(&[protocol, message_type, errno], *count);
        }
        let mut outcomes = Family::new(&names::MULTICAST_DELIVERIES);
        for ((protocol, group, outcome), count) in &self.outcomes {
            outcomes.add(&[protocol, group, outcome], *count);
        }
        let mut overruns = Family::new(&names::OWN_OVERRUNS);
        for (protocol, count) in &self.overruns {
            overruns.add(&[&protocol_name(*protocol)], *count);
        }
        let mut join = Family::new(&names::JOIN);
        for (kind, outcome, count) in self.join.rows() {
            join.add(&[kind, outcome], count);
        }
        let mut pending = Family::new(&names::JOIN_PENDING);
        for (kind, count) in self.join.pending() {
            pending.add(&[kind], count);
        }
        families.extend([errors, outcomes, overruns, join, pending]);
    }
}

fn histogram(registry: &Registry, metric: &Metric) -> Result<HistogramVec, prometheus::Error> {
    let options = HistogramOpts::new(metric.name, metric.help).buckets(LATENCY_BUCKETS.to_vec());
    let histogram = HistogramVec::new(options, metric.labels)?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}

#[expect(clippy::cast_precision_loss, reason = "a latency of 2^53 ns is a hundred days")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_SECOND
}
