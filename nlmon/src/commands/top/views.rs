//! What `nlmon top` can show: tables, as data. Each row stands for the series that share some
//! labels, and each column is worked out of one or two metrics.

use crate::metrics::names::{self, Metric};

/// A table.
#[derive(Debug)]
pub(super) struct TableView {
    pub(super) name: &'static str,
    /// Headings of the columns that name a row, and the label in each.
    pub(super) keys: &'static [(&'static str, &'static str)],
    pub(super) columns: &'static [Column],
    pub(super) source: Source,
}

/// What a table is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Metrics.
    Metrics,
    /// What is wrong now.
    Findings,
    /// The last changes.
    Changes,
    /// The objects and processes with the most notifications.
    Talkers,
}

/// A column of figures.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) figure: Figure,
    pub(super) unit: Unit,
}

/// How a figure is worked out.
#[derive(Debug)]
pub(super) enum Figure {
    /// The metric's value; of a histogram, how many there are.
    Value(&'static Metric),
    /// The metric's value where this label has this value.
    Where(&'static Metric, &'static str, &'static str),
    /// By how much it grew in the last interval, a second.
    Rate(&'static Metric),
    /// The sum of one over the number of another, or of itself.
    Mean(&'static Metric, &'static Metric),
    /// The bound of the histogram's bucket that this part of all is in.
    Quantile(f64, &'static Metric),
    /// It is told, and worked out of no metric.
    Told,
}

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Number,
    PerSecond,
    Bytes,
    Seconds,
    /// Seconds of a bucket's bound: no more than that.
    UpTo,
}

const fn column(heading: &'static str, figure: Figure, unit: Unit) -> Column {
    Column { heading, figure, unit }
}

/// The view that needs no probes.
pub(super) const GROUPS: &str = "Groups";

pub(super) const VIEWS: &[TableView] = &[
    TableView {
        name: "Processes",
        keys: &[("PROCESS", "process")],
        columns: &[
            column("MSG/S", Figure::Rate(&names::PROCESS_MESSAGES), Unit::PerSecond),
            column("MESSAGES", Figure::Value(&names::PROCESS_MESSAGES), Unit::Number),
            column("REQUESTS", Figure::Value(&names::PROCESS_REQUESTS), Unit::Number),
            column("ERRORS", Figure::Value(&names::PROCESS_REQUEST_ERRORS), Unit::Number),
            column(
                "MEAN",
                Figure::Mean(&names::PROCESS_REQUEST_SECONDS, &names::PROCESS_REQUESTS),
                Unit::Seconds,
            ),
            column("SOCKETS", Figure::Value(&names::SOCKETS), Unit::Number),
            column("DROPS", Figure::Value(&names::SOCKET_DROPS), Unit::Number),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: "Types",
        keys: &[("PROTOCOL", "protocol"), ("TYPE", "type")],
        columns: &[
            column("MSG/S", Figure::Rate(&names::MESSAGES), Unit::PerSecond),
            column("MESSAGES", Figure::Value(&names::MESSAGES), Unit::Number),
            column("BYTES", Figure::Value(&names::MESSAGE_BYTES), Unit::Bytes),
            column("LOST", Figure::Value(&names::OVERRUN_TYPES), Unit::Number),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: "Errors",
        keys: &[
            ("PROCESS", "process"),
            ("PROTOCOL", "protocol"),
            ("TYPE", "type"),
            ("ERRNO", "errno"),
        ],
        columns: &[
            column("ERR/S", Figure::Rate(&names::PROCESS_REQUEST_ERRORS), Unit::PerSecond),
            column("ERRORS", Figure::Value(&names::PROCESS_REQUEST_ERRORS), Unit::Number),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: "Latency",
        keys: &[("PROTOCOL", "protocol"), ("REQUEST", "type")],
        columns: &[
            column("REQ/S", Figure::Rate(&names::REQUEST_DURATION), Unit::PerSecond),
            column("ANSWERED", Figure::Value(&names::REQUEST_DURATION), Unit::Number),
            column(
                "MEAN",
                Figure::Mean(&names::REQUEST_DURATION, &names::REQUEST_DURATION),
                Unit::Seconds,
            ),
            column("P50", Figure::Quantile(0.5, &names::REQUEST_DURATION), Unit::UpTo),
            column("P99", Figure::Quantile(0.99, &names::REQUEST_DURATION), Unit::UpTo),
            column("DONE P99", Figure::Quantile(0.99, &names::REQUEST_COMPLETION), Unit::UpTo),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: "Sockets",
        keys: &[("PROTOCOL", "protocol"), ("PROCESS", "process")],
        columns: &[
            column("DROPS", Figure::Value(&names::SOCKET_DROPS), Unit::Number),
            column("DROPS/S", Figure::Rate(&names::SOCKET_DROPS), Unit::PerSecond),
            column("QUEUE", Figure::Value(&names::SOCKET_QUEUE), Unit::Bytes),
            column("HIGH", Figure::Value(&names::SOCKET_QUEUE_HIGH), Unit::Bytes),
            column("BUFFER", Figure::Value(&names::SOCKET_BUFFER), Unit::Bytes),
            column("SOCKETS", Figure::Value(&names::SOCKETS), Unit::Number),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: GROUPS,
        keys: &[("PROTOCOL", "protocol"), ("GROUP", "group")],
        columns: &[
            column("MSG/S", Figure::Rate(&names::MULTICAST_DELIVERIES), Unit::PerSecond),
            column(
                "DELIVERED",
                Figure::Where(&names::MULTICAST_DELIVERIES, "outcome", "delivered"),
                Unit::Number,
            ),
            column(
                "LOST",
                Figure::Where(&names::MULTICAST_DELIVERIES, "outcome", "lost"),
                Unit::Number,
            ),
            column(
                "UNOBSERVED",
                Figure::Where(&names::MULTICAST_DELIVERIES, "outcome", "unobserved"),
                Unit::Number,
            ),
            column("MEMBERS", Figure::Value(&names::GROUP_MEMBERS), Unit::Number),
            column("P99", Figure::Quantile(0.99, &names::MULTICAST_DELIVERY), Unit::UpTo),
        ],
        source: Source::Metrics,
    },
    TableView {
        name: "Findings",
        keys: &[("SINCE", ""), ("SEVERITY", ""), ("KIND", ""), ("FINDING", "")],
        columns: &[],
        source: Source::Findings,
    },
    TableView {
        name: "Changes",
        keys: &[("TIME", ""), ("CHANGE", "")],
        columns: &[],
        source: Source::Changes,
    },
    TableView {
        name: "Talkers",
        keys: &[("OF", ""), ("PROTOCOL", ""), ("TYPE", ""), ("NAME", "")],
        columns: &[column("A MINUTE", Figure::Told, Unit::Number)],
        source: Source::Talkers,
    },
];

impl Figure {
    /// What it is worked out of.
    pub(super) fn metrics(&self) -> Vec<&'static Metric> {
        match self {
            Self::Value(metric)
            | Self::Where(metric, ..)
            | Self::Rate(metric)
            | Self::Quantile(_, metric) => vec![metric],
            Self::Mean(sum, number) => vec![sum, number],
            Self::Told => Vec::new(),
        }
    }
}

/// The names of all metrics that are shown, and of the one that says whether there are probes.
pub(super) fn metrics() -> Vec<String> {
    let figures = VIEWS.iter().flat_map(|view| view.columns).map(|column| &column.figure);
    let shown = figures.flat_map(Figure::metrics).map(|metric| metric.name.to_owned());
    let mut names: Vec<_> = shown.chain([names::PROBE_ATTACHED.name.to_owned()]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_the_labels_of_its_rows() {
        for view in VIEWS {
            assert!(view.name.len() <= 9, "{}", view.name);
            for column in view.columns {
                for metric in column.figure.metrics() {
                    let has = |label: &str| metric.labels.contains(&label);
                    assert!(
                        view.keys.iter().any(|(_, label)| has(label)),
                        "{}: {}",
                        view.name,
                        metric.name
                    );
                    if let Figure::Where(_, label, _) = column.figure {
                        assert!(has(label), "{}: {label}", metric.name);
                    }
                }
            }
        }
    }
}
