//! Metrics as plain values, for who reads them by program and on this host: the same series as the
//! text of `/metrics`, at one instant.

use std::collections::BTreeMap;

use prometheus::proto::{Metric as Sample, MetricFamily, MetricType};
use serde::{Deserialize, Serialize};

use crate::metrics::names::Metric;

/// Values at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When, `CLOCK_MONOTONIC` nanoseconds.
    pub time_ns: u64,
    /// Series by name of their metric.
    pub metrics: BTreeMap<String, Vec<Series>>,
}

/// One series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value; of a histogram the sum.
    pub value: f64,
    /// Of a histogram: how many there are up to each bound, the bounds ascending, without the
    /// infinite one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<(f64, u64)>,
    /// Of a histogram: how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Snapshot {
    /// Those of `families` that are wanted by name.
    pub(crate) fn new(time_ns: u64, families: &[MetricFamily], wanted: &[String]) -> Self {
        let wanted = |family: &&MetricFamily| wanted.iter().any(|name| name == family.name());
        let series = |family: &MetricFamily| {
            let kind = family.get_field_type();
            let series = family.get_metric().iter().map(|sample| Series::new(kind, sample));
            (family.name().to_owned(), series.collect())
        };
        Self { time_ns, metrics: families.iter().filter(wanted).map(series).collect() }
    }

    /// The series of a metric.
    pub fn of(&self, metric: &Metric) -> &[Series] {
        self.metrics.get(metric.name).map_or(&[], Vec::as_slice)
    }
}

impl Series {
    fn new(kind: MetricType, sample: &Sample) -> Self {
        let labels = sample.get_label().iter();
        let labels = labels.map(|pair| (pair.name().to_owned(), pair.value().to_owned())).collect();
        match kind {
            MetricType::HISTOGRAM => {
                let histogram = sample.get_histogram();
                let buckets = histogram.get_bucket().iter();
                let buckets = buckets.map(|b| (b.upper_bound(), b.cumulative_count()));
                Self {
                    labels,
                    value: histogram.get_sample_sum(),
                    buckets: buckets.filter(|(bound, _)| bound.is_finite()).collect(),
                    count: Some(histogram.get_sample_count()),
                }
            }
            MetricType::COUNTER => {
                Self { labels, value: sample.get_counter().get_value(), ..Self::default() }
            }
            _ => Self { labels, value: sample.get_gauge().get_value(), ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{LogTotals, Metrics, names};

    #[test]
    fn it_has_the_wanted_metrics_as_the_text_has_them() {
        let totals = LogTotals { clients: 3, dropped: 5, sample_every: None };
        let metrics = Metrics::new(None, Vec::new(), Vec::new(), false, move || totals).unwrap();
        let wanted = [names::LOG_DROPPED.name.to_owned(), "nlmon_nothing".to_owned()];
        let snapshot = metrics.snapshot(7, &wanted);
        assert_eq!((snapshot.time_ns, snapshot.metrics.len()), (7, 1));
        assert!((snapshot.of(&names::LOG_DROPPED)[0].value - 5.0).abs() < 1e-9);
        assert!(snapshot.of(&names::LOG_CLIENTS).is_empty());
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
    }
}
