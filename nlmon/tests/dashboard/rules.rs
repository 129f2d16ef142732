//! The rules that the dashboard keeps: Grafana's dashboard-linter's, and nlmon's own.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

use nlmon::metrics::names::{ALL, Kind};
use serde_json::{Value, json};

use super::promql::{Expression, Selector};

/// What of a dashboard breaks a rule.
pub(crate) type Rule = fn(&Value) -> Vec<String>;

const DATA_SOURCE: &str = "${datasource}";
const COLUMNS: u64 = 24;

/// Units of Grafana that nlmon's metrics have. `mps` is messages a second, `Bps` bytes a second, and
/// `percentunit` a share of 1.
const UNITS: [&str; 9] =
    ["none", "short", "s", "bytes", "Bps", "cps", "mps", "reqps", "percentunit"];
/// Units of states.
const STATE_UNITS: [&str; 1] = ["bool_yes_no"];

/// What Prometheus makes itself of each target, and what the alert rules make.
const OF_PROMETHEUS: [(&str, &[&str]); 2] = [("up", &[]), ("ALERTS", &["alertname", "alertstate"])];

/// What the daemon says of its process, on Linux.
const OF_PROCESS: [&str; 7] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

/// Labels whose values are closed sets, which docs/metrics.md lists.
const CLOSED: [&str; 6] = ["outcome", "path", "fault", "kind", "reason", "task"];

/// Every panel, rows and what is in collapsed ones too.
pub(crate) fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let outer = list(&dashboard["panels"]);
    outer.flat_map(|panel| std::iter::once(panel).chain(list(&panel["panels"])))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Panels that show something.
fn shown(dashboard: &Value) -> impl Iterator<Item = &Value> {
    panels(dashboard).filter(|panel| panel["type"] != "row")
}

fn variables(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(&dashboard["templating"]["list"])
}

fn is_empty(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}

/// A panel as a failure names it.
fn name(panel: &Value) -> String {
    format!("panel {} ({})", panel["id"], panel["title"].as_str().unwrap_or_default())
}

/// Every query with the place where it is: of panels, and of annotations.
fn queries(dashboard: &Value) -> impl Iterator<Item = (String, &Value)> {
    let of_panels = shown(dashboard)
        .flat_map(|panel| list(&panel["targets"]).map(move |target| (name(panel), target)));
    let annotations = list(&dashboard["annotations"]["list"]);
    let annotations = annotations.filter(|annotation| annotation["builtIn"] != 1);
    of_panels.chain(
        annotations.map(|annotation| (format!("annotation {}", annotation["name"]), annotation)),
    )
}

/// The expressions of all queries that can be read; `expressions_can_be_read` tells of the others.
fn expressions(dashboard: &Value) -> impl Iterator<Item = (String, &Value, Expression<'_>)> {
    queries(dashboard).filter_map(|(place, query)| {
        let expression = Expression::read(query["expr"].as_str()?).ok()?;
        Some((place, query, expression))
    })
}

/// What `fault` says of the metrics in queries.
fn of_selectors(dashboard: &Value, fault: impl Fn(&Selector<'_>) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, _, expression) in expressions(dashboard) {
        let found = expression.selectors.iter().filter_map(&fault);
        faults.extend(found.map(|fault| format!("{place}: {fault}")));
    }
    faults
}

/// What `fault` says of the panels that show something.
fn of_panels(dashboard: &Value, fault: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let told = |panel| fault(panel).map(|fault| format!("{}: {fault}", name(panel)));
    shown(dashboard).filter_map(told).collect()
}

pub(crate) fn it_is_known_by_uid_title_description_and_tags(dashboard: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if dashboard["uid"] != "nlmon-netlink" {
        faults.push("the uid is in links and bookmarks: it stays nlmon-netlink".to_owned());
    }
    for key in ["title", "description"] {
        if is_empty(&dashboard[key]) {
            faults.push(format!("the dashboard has no {key}"));
        }
    }
    if !list(&dashboard["tags"]).any(|tag| tag == "nlmon") {
        faults.push("the tags lack nlmon".to_owned());
    }
    if !dashboard["schemaVersion"].as_u64().is_some_and(|version| (38..=40).contains(&version)) {
        faults.push("the schemaVersion is not one of Grafana 10 and 11".to_owned());
    }
    let ids: Vec<_> = panels(dashboard).map(|panel| panel["id"].as_u64()).collect();
    if ids.iter().collect::<BTreeSet<_>>().len() != ids.len() || ids.contains(&None) {
        faults.push("two panels have one id, or one has none".to_owned());
    }
    faults
}

pub(crate) fn it_is_not_editable(dashboard: &Value) -> Vec<String> {
    let fault = "editable is not false: a change in place would be lost at the next import";
    (dashboard["editable"] != false).then(|| fault.to_owned()).into_iter().collect()
}

pub(crate) fn the_data_source_is_a_variable(dashboard: &Value) -> Vec<String> {
    let found: Vec<_> =
        variables(dashboard).filter(|variable| variable["type"] == "datasource").collect();
    let [variable] = found[..] else {
        return vec![format!("{} variables are data sources, and one has to be", found.len())];
    };
    let expected = [("name", "datasource"), ("label", "Data source"), ("query", "prometheus")];
    let wrong = expected.iter().filter(|(key, value)| variable[*key] != *value);
    wrong.map(|(key, value)| format!("the data source's {key} is not {value}")).collect()
}

pub(crate) fn job_and_instance_are_variables(dashboard: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, label) in [("job", "Job"), ("instance", "Instance")] {
        let Some(variable) = variables(dashboard).find(|variable| variable["name"] == name) else {
            faults.push(format!("there is no variable {name}"));
            continue;
        };
        let expected = [
            ("type", json!("query")),
            ("label", json!(label)),
            ("multi", json!(true)),
            ("includeAll", json!(true)),
            ("allValue", json!(".+")),
        ];
        for (key, value) in expected {
            if variable[key] != value {
                faults.push(format!("the variable {name} has another {key} than {value}"));
            }
        }
        if variable["datasource"]["uid"] != DATA_SOURCE {
            faults.push(format!("the variable {name} is not of {DATA_SOURCE}"));
        }
    }
    faults
}

pub(crate) fn variables_are_read_again_when_the_time_changes(dashboard: &Value) -> Vec<String> {
    let queried = variables(dashboard).filter(|variable| variable["type"] == "query");
    let stale = queried.filter(|variable| variable["refresh"] != 2);
    stale.map(|variable| format!("the variable {} has no refresh 2", variable["name"])).collect()
}

pub(crate) fn panels_use_the_chosen_data_source(dashboard: &Value) -> Vec<String> {
    let is_other = |value: &Value| value["datasource"]["uid"] != DATA_SOURCE;
    let mut faults = of_panels(dashboard, |panel| {
        is_other(panel).then(|| format!("its data source is not {DATA_SOURCE}"))
    });
    let wrong = queries(dashboard).filter(|(_, query)| is_other(query));
    faults.extend(wrong.map(|(place, _)| format!("{place}: a query is not of {DATA_SOURCE}")));
    faults
}

pub(crate) fn panels_have_a_title_and_a_description(dashboard: &Value) -> Vec<String> {
    let mut faults = of_panels(dashboard, |panel| {
        let missing = ["title", "description"].into_iter().find(|key| is_empty(&panel[*key]))?;
        Some(format!("it has no {missing}"))
    });
    let mut known = BTreeSet::new();
    let again = panels(dashboard).filter(|panel| !known.insert(panel["title"].as_str()));
    faults.extend(again.map(|panel| format!("{}: another one has this title", name(panel))));
    faults
}

pub(crate) fn panels_have_a_unit(dashboard: &Value) -> Vec<String> {
    of_panels(dashboard, |panel| {
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default();
        let is_known = UNITS.contains(&unit) || STATE_UNITS.contains(&unit);
        (!is_known).then(|| format!("its unit is {unit:?}, which is none of nlmon's metrics"))
    })
}

pub(crate) fn panels_have_targets(dashboard: &Value) -> Vec<String> {
    of_panels(dashboard, |panel| {
        let ids: Vec<_> = list(&panel["targets"]).map(|target| target["refId"].as_str()).collect();
        if ids.is_empty() {
            return Some("it has no target".to_owned());
        }
        let is_unique = ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
        (!is_unique || ids.contains(&None)).then(|| "two targets have one refId".to_owned())
    })
}

/// What a panel covers, as columns and lines, from the first to behind the last.
fn area(panel: &Value) -> Option<[u64; 4]> {
    let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64());
    Some([x?, x? + w?, y?, y? + h?])
}

pub(crate) fn panels_do_not_overlap(dashboard: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut placed: Vec<(&Value, [u64; 4])> = Vec::new();
    for panel in list(&dashboard["panels"]) {
        let Some(own @ [left, right, top, bottom]) = area(panel) else {
            faults.push(format!("{}: it has no place", name(panel)));
            continue;
        };
        if left >= right || top >= bottom || right > COLUMNS {
            faults.push(format!("{}: it does not fit into {COLUMNS} columns", name(panel)));
        }
        let over = placed.iter().filter(|(_, other)| {
            left < other[1] && other[0] < right && top < other[3] && other[2] < bottom
        });
        faults.extend(over.map(|(other, _)| format!("{} overlaps {}", name(panel), name(other))));
        placed.push((panel, own));
    }
    faults
}

pub(crate) fn expressions_can_be_read(dashboard: &Value) -> Vec<String> {
    let read = |(place, query): (String, &Value)| {
        let text = query["expr"].as_str().unwrap_or_default();
        Expression::read(text).err().map(|wrong| format!("{place}: {wrong}: {text}"))
    };
    queries(dashboard).filter_map(read).collect()
}

pub(crate) fn queries_are_of_job_and_instance(dashboard: &Value) -> Vec<String> {
    of_selectors(dashboard, |selector| {
        let has = |label: &str, value: &str| {
            selector
                .matchers
                .iter()
                .any(|(l, operator, v)| (*l, &**operator, *v) == (label, "=~", value))
        };
        let missing = [("job", "$job"), ("instance", "$instance")];
        let (label, value) = missing.into_iter().find(|(label, value)| !has(label, value))?;
        Some(format!("{} lacks {label}=~\"{value}\"", selector.metric))
    })
}

pub(crate) fn ranges_are_the_rate_interval(dashboard: &Value) -> Vec<String> {
    of_selectors(dashboard, |selector| {
        let range = selector.range.filter(|range| *range != "$__rate_interval")?;
        Some(format!("{}[{range}] has to be over $__rate_interval", selector.metric))
    })
}

pub(crate) fn counters_are_under_rate_or_increase(dashboard: &Value) -> Vec<String> {
    of_selectors(dashboard, |selector| {
        let metric = selector.metric;
        let ends = ["_total", "_bucket", "_sum", "_count"];
        let is_counter = ends.iter().any(|end| metric.ends_with(end));
        let is_rate = matches!(selector.function, Some("rate" | "irate" | "increase"));
        match (is_counter, is_rate) {
            (true, false) => Some(format!("the counter {metric} is not under rate or increase")),
            (false, true) => Some(format!("{metric} is no counter, and is under rate or increase")),
            _ => None,
        }
    })
}

/// The labels of a series that there is, without `job` and `instance`.
fn labels(series: &str) -> Option<BTreeSet<&'static str>> {
    if let Some((_, labels)) = OF_PROMETHEUS.iter().find(|(name, _)| *name == series) {
        return Some(labels.iter().copied().collect());
    }
    if OF_PROCESS.contains(&series) {
        return Some(BTreeSet::new());
    }
    let ends = ["_bucket", "_sum", "_count"];
    ALL.iter().find_map(|metric| {
        let end = series.strip_prefix(metric.name)?;
        let is_series = match metric.kind {
            Kind::Histogram => ends.contains(&end),
            Kind::Counter | Kind::Gauge => end.is_empty(),
        };
        let bound = (end == "_bucket").then_some("le");
        is_series.then(|| metric.labels.iter().copied().chain(bound).collect())
    })
}

/// Whether every series of this name has the label. Optional labels are not relied on.
fn has_label(series: &str, label: &str) -> bool {
    let of_target = ["job", "instance"].contains(&label);
    of_target || labels(series).is_none_or(|labels| labels.contains(label))
}

pub(crate) fn metrics_are_there(dashboard: &Value) -> Vec<String> {
    of_selectors(dashboard, |selector| {
        let is_there = labels(selector.metric).is_some();
        (!is_there).then(|| format!("there is no series {}", selector.metric))
    })
}

pub(crate) fn variables_list_labels_that_are_there(dashboard: &Value) -> Vec<String> {
    let queried = variables(dashboard).filter(|variable| variable["type"] == "query");
    let fault = |variable: &Value| {
        let query = variable["query"]["query"].as_str().unwrap_or_default();
        let listed = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
        let Some((selected, label)) = listed.and_then(|listed| listed.rsplit_once(", ")) else {
            return Some(format!("{query} lists no label of a metric"));
        };
        let expression = match Expression::read(selected) {
            Ok(expression) => expression,
            Err(wrong) => return Some(format!("{query}: {wrong}")),
        };
        let is_there = |selector: &Selector<'_>| {
            labels(selector.metric).is_some() && has_label(selector.metric, label)
        };
        (!expression.selectors.iter().all(is_there)).then(|| format!("{query} lists nothing"))
    };
    queried.filter_map(fault).collect()
}

pub(crate) fn labels_are_there(dashboard: &Value) -> Vec<String> {
    let mut faults = of_selectors(dashboard, |selector| {
        let mut labels = selector.matchers.iter().map(|(label, ..)| *label);
        let wrong = labels.find(|label| !has_label(selector.metric, label))?;
        Some(format!("{} has no label {wrong}", selector.metric))
    });
    for (place, _, expression) in expressions(dashboard) {
        for grouping in &expression.groupings {
            let pairs = grouping
                .metrics
                .iter()
                .flat_map(|metric| grouping.labels.iter().map(move |label| (*metric, *label)));
            let wrong = pairs.filter(|(metric, label)| !has_label(metric, label));
            faults.extend(wrong.map(|(metric, label)| {
                format!("{place}: {} ({label}) of {metric}, which has no such label", grouping.word)
            }));
        }
    }
    faults
}

pub(crate) fn values_of_labels_are_documented(dashboard: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = read_to_string(path).unwrap();
    let mut quoted: BTreeSet<_> = page.split('`').skip(1).step_by(2).collect();
    quoted.extend(["ok"]);
    of_selectors(dashboard, |selector| {
        let closed = selector.matchers.iter().filter(|(label, ..)| CLOSED.contains(label));
        let mut values = closed.flat_map(|(_, _, value)| value.split('|'));
        let wrong = values.find(|value| !quoted.contains(value))?;
        Some(format!("docs/metrics.md does not explain {wrong} of {}", selector.metric))
    })
}

/// The labels in `{{label}}`.
fn named(legend: &str) -> impl Iterator<Item = &str> {
    let parts = legend.split("{{").skip(1);
    parts.filter_map(|part| part.split_once("}}")).map(|(label, _)| label.trim())
}

pub(crate) fn legends_name_labels_of_the_result(dashboard: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, query, expression) in expressions(dashboard) {
        let kept = expression.kept();
        let is_kept = |label: &str| match &kept {
            Some(kept) => kept.contains(label),
            None => expression.selectors.iter().all(|selector| has_label(selector.metric, label)),
        };
        for key in ["legendFormat", "textFormat"] {
            let wrong = named(query[key].as_str().unwrap_or_default()).filter(|l| !is_kept(l));
            faults.extend(wrong.map(|label| format!("{place}: the result has no label {label}")));
        }
    }
    faults
}
