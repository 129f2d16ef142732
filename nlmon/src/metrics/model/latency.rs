//! Histograms of how long something took. All have the same buckets, so that they can be compared.

use prometheus::{HistogramOpts, HistogramVec, Registry};

use crate::metrics::names::Metric;

/// Upper bounds of latency buckets in seconds: a reply takes microseconds, a dump milliseconds, a
/// request that waits for a lock up to seconds.
const BUCKETS: [f64; 10] =
    [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1, 1.0, 10.0];

/// A histogram in the registry.
pub(crate) fn histogram(
    registry: &Registry,
    metric: &Metric,
) -> Result<HistogramVec, prometheus::Error> {
    let options = HistogramOpts::new(metric.name, metric.help).buckets(BUCKETS.to_vec());
    let histogram = HistogramVec::new(options, metric.labels)?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}
