//! Histograms of how long something took. All have the same buckets, so that they can be compared.

use std::collections::BTreeMap;

use super::family::Family;
use crate::metrics::names::Metric;

/// Upper bounds of latency buckets in seconds: a reply takes microseconds, a dump milliseconds, a
/// request that waits for a lock up to seconds.
const BUCKETS: [f64; 10] =
    [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1, 1.0, 10.0];

/// The same in nanoseconds.
const BUCKETS_NS: [u64; BUCKETS.len()] = [
    10_000,
    30_000,
    100_000,
    300_000,
    1_000_000,
    3_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
];

/// How often it took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// Up to each bound and above the one before.
    buckets: [u64; BUCKETS.len()],
    pub(crate) count: u64,
    pub(crate) sum_ns: u64,
}

impl Histogram {
    pub(crate) fn observe(&mut self, ns: u64) {
        if let Some(index) = BUCKETS_NS.iter().position(|bound| ns <= *bound) {
            self.buckets[index] += 1;
        }
        self.count += 1;
        self.sum_ns = self.sum_ns.saturating_add(ns);
    }

    /// Upper bounds, and how many there are up to each.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut sum = 0;
        BUCKETS.into_iter().zip(self.buckets).map(move |(bound, count)| {
            sum += count;
            (bound, sum)
        })
    }
}

impl std::ops::AddAssign for Histogram {
    fn add_assign(&mut self, other: Self) {
        for (bucket, count) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += count;
        }
        self.count += other.count;
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
    }
}

/// The histograms of a metric with two labels.
#[derive(Debug)]
pub(crate) struct Histograms {
    metric: &'static Metric,
    series: BTreeMap<[String; 2], Histogram>,
}

impl Histograms {
    pub(crate) fn new(metric: &'static Metric) -> Self {
        Self { metric, series: BTreeMap::new() }
    }

    /// Adds what was observed of a series, if anything was.
    pub(crate) fn add(&mut self, labels: [&str; 2], observed: Histogram) {
        if observed.count > 0 {
            *self.series.entry(labels.map(str::to_owned)).or_default() += observed;
        }
    }

    /// Moves what a series has counted to another one.
    pub(crate) fn fold(&mut self, from: [&str; 2], to: [&str; 2]) {
        if let Some(histogram) = self.series.remove(&from.map(str::to_owned)) {
            *self.series.entry(to.map(str::to_owned)).or_default() += histogram;
        }
    }

    pub(crate) fn family(&self) -> Family {
        let mut family = Family::new(self.metric);
        for ([first, second], histogram) in &self.series {
            family.add_histogram(&[first, second], histogram);
        }
        family
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_is_added() {
        let mut histograms = Histograms::new(&crate::metrics::names::REQUEST_DURATION);
        for (label, ns) in [("a", 5_000), ("b", 20_000), ("b", 20_000_000_000)] {
            let mut observed = Histogram::default();
            observed.observe(ns);
            histograms.add(["route", label], observed);
        }
        histograms.fold(["route", "b"], ["route", "other"]);
        histograms.fold(["route", "a"], ["route", "other"]);
        let [other] = *histograms.series.values().collect::<Vec<_>>() else { panic!("one series") };
        let counts: Vec<_> = other.cumulative().map(|(_, count)| count).collect();
        assert_eq!((other.count, &counts[..3], counts[9]), (3, &[1, 2, 2][..], 2));
    }
}
