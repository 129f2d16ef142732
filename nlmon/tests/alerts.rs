//! The alert rules: they name metrics that there are, and each has its place in the runbook and a test
//! of its own. `cargo xtask test --step dist` has promtool run those.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

use nlmon::metrics::names::ALL;
use nlmon_core::findings::Kind;

fn text(path: &str) -> String {
    read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.trim_start().strip_prefix(key)).map(str::trim)
}

#[test]
fn rules_name_metrics_that_there_are() {
    let known: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    for file in ["nlmon.rules.yml", "nlmon.fleet.rules.yml"] {
        let rules = text(&format!("deploy/prometheus/{file}"));
        // The names of recorded series have those of metrics in them.
        let lines = rules.lines().filter(|line| !line.contains("- record: "));
        let words =
            lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        let named: BTreeSet<_> = words
            .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
            .filter(|word| word.starts_with("nlmon_"))
            .collect();
        assert!(named.len() > 5, "{file}: {named:?}");
        assert_eq!(named.difference(&known).collect::<Vec<_>>(), [&""; 0], "{file}");
    }
}

#[test]
fn each_kind_of_finding_has_a_heading_in_the_runbook() {
    let runbook = text("docs/runbook.md");
    let headings: BTreeSet<_> = values(&runbook, "### Finding ").map(str::to_owned).collect();
    let kinds: BTreeSet<_> = Kind::ALL.map(|kind| kind.name().to_owned()).into();
    assert_eq!(headings, kinds);
    assert_eq!(Kind::Own.runbook(), "docs/runbook.md#finding-self");
}

#[test]
fn each_alert_has_a_heading_in_the_runbook_and_a_test() {
    let rules = text("deploy/prometheus/nlmon.rules.yml");
    let alerts: Vec<_> = values(&rules, "- alert: ").collect();
    let runbook = text("docs/runbook.md");
    let headings: Vec<_> = values(&runbook, "## ").collect();
    assert_eq!(alerts, headings);
    let urls = values(&rules, "runbook_url: ").map(|url| url.trim_matches('"').to_owned());
    let expected = alerts.iter().map(|name| format!("docs/runbook.md#{}", name.to_lowercase()));
    assert!(urls.eq(expected), "each alert names its own heading");
    let tests = text("deploy/prometheus/nlmon.rules.test.yml");
    let tested: Vec<_> = values(&tests, "alertname: ").collect();
    assert_eq!(alerts.iter().collect::<BTreeSet<_>>(), tested.iter().collect::<BTreeSet<_>>());
}
