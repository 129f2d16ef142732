//! The dashboard, `deploy/grafana/nlmon.json`: it keeps the rules of Grafana's dashboard-linter, shows
//! metrics and labels that there are, and no two of its panels overlap. No Grafana is asked.
//!
//! Each rule is a function from a dashboard to its faults. `each_rule_finds_a_fault` breaks the
//! dashboard in memory, so that a rule that finds nothing is noticed.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

#[path = "dashboard/promql.rs"]
mod promql;
#[path = "dashboard/rules.rs"]
mod rules;

use std::fs::read_to_string;
use std::path::Path;

use serde_json::{Value, json};

use rules::{Rule, panels};

fn dashboard() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/grafana/nlmon.json");
    serde_json::from_str(&read_to_string(path).unwrap()).expect("the dashboard is JSON")
}

#[track_caller]
fn assert_kept(rule: Rule) {
    let faults = rule(&dashboard());
    assert!(faults.is_empty(), "the dashboard breaks this rule:\n{}", faults.join("\n"));
}

macro_rules! kept {
    ($($rule:ident)+) => {$(
        #[test]
        fn $rule() {
            assert_kept(rules::$rule);
        }
    )+};
}

kept! {
    it_is_known_by_uid_title_description_and_tags
    it_is_not_editable
    the_data_source_is_a_variable
    job_and_instance_are_variables
    variables_are_read_again_when_the_time_changes
    panels_use_the_chosen_data_source
    panels_have_a_title_and_a_description
    panels_have_a_unit
    panels_have_targets
    panels_do_not_overlap
    expressions_can_be_read
    queries_are_of_job_and_instance
    ranges_are_the_rate_interval
    counters_are_under_rate_or_increase
    metrics_are_there
    labels_are_there
    variables_list_labels_that_are_there
    values_of_labels_are_documented
    legends_name_labels_of_the_result
}

#[test]
fn it_has_a_row_for_each_subject() {
    let dashboard = dashboard();
    let rows: Vec<_> = panels(&dashboard)
        .filter(|panel| panel["type"] == "row")
        .map(|row| row["title"].as_str().unwrap())
        .collect();
    assert_eq!(rows, ["Overview", "Traffic", "Requests", "Listeners", "Sockets", "nlmon itself"]);
}

/// A rule, a place in the dashboard, and what breaks the rule when it is put there.
type Fault = (Rule, &'static str, Value);

/// The first panel is a row; the second shows one number; the variables are the data source, the job,
/// the instance and the protocol.
fn faults_around_queries() -> Vec<Fault> {
    vec![
        (rules::it_is_known_by_uid_title_description_and_tags, "/uid", json!("")),
        (rules::it_is_known_by_uid_title_description_and_tags, "/description", json!("")),
        (rules::it_is_known_by_uid_title_description_and_tags, "/tags", json!([])),
        (rules::it_is_not_editable, "/editable", json!(true)),
        (rules::the_data_source_is_a_variable, "/templating/list/0/query", json!("loki")),
        (rules::job_and_instance_are_variables, "/templating/list/1/name", json!("jobs")),
        (rules::job_and_instance_are_variables, "/templating/list/2/multi", json!(false)),
        (rules::job_and_instance_are_variables, "/templating/list/2/allValue", json!("")),
        (
            rules::variables_are_read_again_when_the_time_changes,
            "/templating/list/3/refresh",
            json!(1),
        ),
        (
            rules::variables_list_labels_that_are_there,
            "/templating/list/3/query/query",
            json!("label_values(nlmon_ready, protocol)"),
        ),
        (rules::panels_use_the_chosen_data_source, "/panels/1/datasource/uid", json!("abc")),
        (
            rules::panels_use_the_chosen_data_source,
            "/panels/1/targets/0/datasource/uid",
            json!("abc"),
        ),
        (rules::panels_have_a_title_and_a_description, "/panels/1/title", json!("")),
        (rules::panels_have_a_title_and_a_description, "/panels/1/description", json!(null)),
        (rules::panels_have_a_unit, "/panels/1/fieldConfig/defaults/unit", json!("furlongs")),
        (rules::panels_have_targets, "/panels/1/targets", json!([])),
        (rules::panels_do_not_overlap, "/panels/1/gridPos/x", json!(1)),
        (rules::panels_do_not_overlap, "/panels/1/gridPos/w", json!(25)),
        (
            rules::legends_name_labels_of_the_result,
            "/panels/1/targets/0/legendFormat",
            json!("{{path}}"),
        ),
    ]
}

/// `@` stands for the matchers that every query has.
fn faults_of_queries() -> Vec<Fault> {
    let with = |rule: Rule, text: &str| -> Fault {
        let query = text.replace('@', r#"job=~"$job",instance=~"$instance""#);
        (rule, "/panels/1/targets/0/expr", json!(query))
    };
    vec![
        with(rules::expressions_can_be_read, "sum(nlmon_ready{@}"),
        with(rules::expressions_can_be_read, ""),
        with(rules::queries_are_of_job_and_instance, r#"nlmon_ready{job=~"$job"}"#),
        with(rules::queries_are_of_job_and_instance, r#"nlmon_ready{job="a",instance="b"}"#),
        with(rules::queries_are_of_job_and_instance, "nlmon_ready"),
        with(rules::ranges_are_the_rate_interval, "rate(nlmon_panics_total{@}[5m])"),
        with(rules::counters_are_under_rate_or_increase, "sum(nlmon_panics_total{@})"),
        with(
            rules::counters_are_under_rate_or_increase,
            "max_over_time(nlmon_panics_total{@}[$__rate_interval])",
        ),
        with(
            rules::counters_are_under_rate_or_increase,
            "nlmon_request_duration_seconds_bucket{@}",
        ),
        with(rules::counters_are_under_rate_or_increase, "rate(nlmon_ready{@}[$__rate_interval])"),
        with(rules::metrics_are_there, "nlmon_redy{@}"),
        with(rules::metrics_are_there, "nlmon_ready_bucket{@}"),
        with(rules::metrics_are_there, "nlmon_request_duration_seconds{@}"),
        with(rules::labels_are_there, r#"nlmon_sockets{@,group="link"}"#),
        with(rules::labels_are_there, r#"nlmon_sockets{@,le="1"}"#),
        with(rules::labels_are_there, "sum by (process, group) (nlmon_sockets{@})"),
        with(rules::labels_are_there, "sum(nlmon_sockets{@}) by (group)"),
        with(
            rules::values_of_labels_are_documented,
            r#"rate(nlmon_samples_total{@,outcome=~"read|eaten"}[$__rate_interval])"#,
        ),
    ]
}

#[test]
fn each_rule_finds_a_fault() {
    for (rule, place, wrong) in faults_around_queries().into_iter().chain(faults_of_queries()) {
        let mut dashboard = dashboard();
        if let Some(value) = dashboard.pointer_mut(place) {
            *value = wrong.clone();
        } else {
            let (parent, key) = place.rsplit_once('/').unwrap();
            dashboard.pointer_mut(parent).unwrap()[key] = wrong.clone();
        }
        assert!(!rule(&dashboard).is_empty(), "{wrong} at {place} is not found");
    }
}
