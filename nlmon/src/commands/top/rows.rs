//! Two snapshots of the metrics to the rows of a table. Pure.

use std::collections::BTreeMap;

use super::views::{Figure, TableView};
use crate::metrics::names::Metric;
use crate::metrics::{Series, Snapshot};
use nlmon_core::decode::printable;

const NS_PER_SECOND: f64 = 1e9;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// What names it.
    pub(super) keys: Vec<String>,
    /// Its figures; `None` where there are none.
    pub(super) figures: Vec<Option<f64>>,
}

/// Series that share a row, added up.
#[derive(Clone, Debug, Default)]
struct Sum {
    value: f64,
    count: Option<u64>,
    buckets: Vec<(f64, u64)>,
}

/// A metric's series by row.
type Sums = BTreeMap<Vec<String>, Sum>;

/// The rows of a view, in the order of their names. Rates are what grew since `before`.
pub(super) fn rows(view: &TableView, now: &Snapshot, before: Option<&Snapshot>) -> Vec<Row> {
    let mut rows: BTreeMap<Vec<String>, Vec<Option<f64>>> = BTreeMap::new();
    for (index, column) in view.columns.iter().enumerate() {
        for (keys, figure) in figures(view, &column.figure, now, before) {
            let row = rows.entry(keys).or_insert_with(|| vec![None; view.columns.len()]);
            if let Some(cell) = row.get_mut(index) {
                *cell = figure;
            }
        }
    }
    rows.into_iter().map(|(keys, figures)| Row { keys, figures }).collect()
}

fn figures(
    view: &TableView,
    figure: &Figure,
    now: &Snapshot,
    before: Option<&Snapshot>,
) -> BTreeMap<Vec<String>, Option<f64>> {
    let sums = |snapshot, metric| sums(view, snapshot, metric, |_| true);
    let each = |sums: Sums, figure: &dyn Fn(&[String], &Sum) -> Option<f64>| {
        sums.into_iter().map(|(keys, sum)| (figure(&keys, &sum), keys)).map(swap).collect()
    };
    match figure {
        Figure::Value(metric) => each(sums(now, metric), &|_, sum| Some(sum.amount())),
        Figure::Where(metric, label, value) => {
            let wanted = |series: &Series| series.labels.get(*label).is_some_and(|v| v == value);
            each(self::sums(view, now, metric, wanted), &|_, sum| Some(sum.amount()))
        }
        Figure::Rate(metric) => {
            let old = before.map(|before| sums(before, metric));
            let seconds = before.map_or(0.0, |before| seconds_between(before, now));
            each(sums(now, metric), &|keys, sum| {
                let old = old.as_ref()?.get(keys).map_or(0.0, Sum::amount);
                (seconds > 0.0).then(|| (sum.amount() - old).max(0.0) / seconds)
            })
        }
        Figure::Mean(metric, number) => {
            let numbers = sums(now, number);
            each(sums(now, metric), &|keys, sum| {
                let number = numbers.get(keys).map(Sum::amount).filter(|number| *number > 0.0)?;
                Some(sum.value / number)
            })
        }
        Figure::Told => BTreeMap::new(),
        Figure::Quantile(part, metric) => each(sums(now, metric), &|_, sum| sum.quantile(*part)),
    }
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
fn seconds_between(before: &Snapshot, now: &Snapshot) -> f64 {
    now.time_ns.saturating_sub(before.time_ns) as f64 / NS_PER_SECOND
}

/// A metric's series by the labels that name a row. A metric that lacks such a label has no rows
/// of its own.
fn sums(
    view: &TableView,
    snapshot: &Snapshot,
    metric: &Metric,
    wanted: impl Fn(&Series) -> bool,
) -> Sums {
    let mut sums = Sums::new();
    for series in snapshot.of(metric).iter().filter(|series| wanted(series)) {
        let label = |label: &str| {
            let value = series.labels.get(label)?;
            Some(printable::escape(value.as_bytes()))
        };
        let keys: Option<Vec<_>> = view.keys.iter().map(|(_, name)| label(name)).collect();
        if let Some(keys) = keys {
            sums.entry(keys).or_default().add(series);
        }
    }
    sums
}

impl Sum {
    fn add(&mut self, series: &Series) {
        self.value += series.value;
        if let Some(count) = series.count {
            *self.count.get_or_insert_default() += count;
        }
        if self.buckets.is_empty() {
            self.buckets.clone_from(&series.buckets);
            return;
        }
        // All histograms have the same bounds.
        for (bucket, (_, count)) in self.buckets.iter_mut().zip(&series.buckets) {
            bucket.1 += count;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
    fn amount(&self) -> f64 {
        self.count.map_or(self.value, |count| count as f64)
    }

    /// The bound of the first bucket that holds so many; infinite where none does.
    #[expect(clippy::cast_precision_loss, reason = "a bucket's bound is no finer")]
    fn quantile(&self, part: f64) -> Option<f64> {
        let count = self.count.filter(|count| *count > 0)?;
        let enough = |(_, below): &&(f64, u64)| *below as f64 >= part * count as f64;
        Some(self.buckets.iter().find(enough).map_or(f64::INFINITY, |(bound, _)| *bound))
    }
}
