//! Builds metric families of totals that are known already, where the library's own counters, which
//! only add, do not fit.

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric as Sample, MetricFamily, MetricType,
};

use super::latency;
use crate::metrics::names::{Kind, Metric};

/// A family under construction.
pub(crate) struct Family {
    metric: &'static Metric,
    samples: Vec<Sample>,
}

impl Family {
    pub(crate) fn new(metric: &'static Metric) -> Self {
        Self { metric, samples: Vec::new() }
    }

    /// Adds a series; `labels` in the order of the metric's, with or without the optional ones.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, as all of Prometheus")]
    pub(crate) fn add(&mut self, labels: &[&str], value: u64) {
        self.add_value(labels, value as f64);
    }

    /// Adds a series of nanoseconds, in seconds.
    pub(crate) fn add_seconds(&mut self, labels: &[&str], ns: u64) {
        self.add_value(labels, seconds(ns));
    }

    /// A series without its value.
    fn sample(&self, labels: &[&str]) -> Sample {
        let Metric { name, labels: always, optional, .. } = self.metric;
        let fits = [always.len(), always.len() + optional.len()].contains(&labels.len());
        debug_assert!(fits, "{name}: {labels:?}");
        let mut sample = Sample::default();
        let pairs = always.iter().chain(*optional).zip(labels).map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        sample.set_label(pairs.collect());
        sample
    }

    fn add_value(&mut self, labels: &[&str], value: f64) {
        let mut sample = self.sample(labels);
        if self.metric.kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            sample.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            sample.set_gauge(gauge);
        }
        self.samples.push(sample);
    }

    /// Adds a series of a histogram.
    pub(crate) fn add_histogram(&mut self, labels: &[&str], histogram: &latency::Histogram) {
        let bucket = |(bound, count)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            bucket
        };
        let mut value = Histogram::default();
        value.set_bucket(histogram.cumulative().map(bucket).collect());
        value.set_sample_count(histogram.count);
        value.set_sample_sum(seconds(histogram.sum_ns));
        let mut sample = self.sample(labels);
        sample.set_histogram(value);
        self.samples.push(sample);
    }

    /// The family; `None` without series, because the text format has no empty families.
    pub(crate) fn finish(self) -> Option<MetricFamily> {
        if self.samples.is_empty() {
            return None;
        }
        let mut family = MetricFamily::default();
        family.set_name(self.metric.name.to_owned());
        family.set_help(self.metric.help.to_owned());
        family.set_field_type(match self.metric.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        family.set_metric(self.samples);
        Some(family)
    }
}

const NS_PER_SECOND: f64 = 1e9;

/// Nanoseconds as Prometheus has times.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 ns, a hundred days")]
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_SECOND
}
