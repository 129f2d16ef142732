//! What operators load beside the package, as the tools see it that read it: alert rules and the
//! dashboard's queries by promtool, manifests by the schemas of Kubernetes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::apt::{self, Suite};
use crate::{cache, host, layout, process, progress};

/// It brings the schemas of the Kubernetes that has its version.
const VALIDATOR: &str = "kubernetes-validate";
const VALIDATOR_VERSION: &str = "1.37.0";

/// What Debian's Python needs for a place of its own.
const PYTHON_PACKAGES: &[&str] = &["python3-venv"];
const PYTHON: &str = "/usr/bin/python3";

/// Those that Kubernetes has a schema for: kustomize's own files and those of the Prometheus operator
/// are none of its kinds. nlmon/tests/kubernetes.rs reads them.
const MANIFESTS: [&str; 2] = ["namespace.yaml", "daemonset.yaml"];

/// Asks all of them.
pub(super) fn check() -> Result<()> {
    let promtool = prometheus()?.join("promtool");
    alerts(&promtool)?;
    dashboard(&promtool)?;
    manifests()
}

/// Prometheus and its tools. Its package would start a server, so that it is only unpacked.
pub(super) fn prometheus() -> Result<PathBuf> {
    let directory = layout::tools().join("prometheus");
    let suite = apt::codename()?;
    cache::ensure(&directory, |partial| Suite::open(&suite)?.unpack("prometheus", partial))?;
    Ok(directory.join("usr/bin"))
}

/// The rules and their own tests.
fn alerts(promtool: &Path) -> Result<()> {
    let rules = layout::root().join("deploy/prometheus");
    for (kind, file) in [
        ("check", "nlmon.rules.yml"),
        ("test", "nlmon.rules.test.yml"),
        ("check", "nlmon.fleet.rules.yml"),
        ("test", "nlmon.fleet.rules.test.yml"),
    ] {
        let mut command = Command::new(promtool);
        command.args([kind, "rules"]).arg(rules.join(file));
        process::run(&mut command, "promtool")?;
    }
    Ok(())
}

/// Every query of the dashboard, as a recording rule.
fn dashboard(promtool: &Path) -> Result<()> {
    let text = read(&layout::root().join("deploy/grafana/nlmon.json"))?;
    let queries = queries(&text);
    if queries.is_empty() {
        bail!("no query was found in the dashboard");
    }
    let rules = layout::target().join("dashboard.rules.yml");
    fs::write(&rules, as_rules(&queries))
        .with_context(|| format!("cannot write {}", rules.display()))?;
    let mut command = Command::new(promtool);
    process::run(command.args(["check", "rules"]).arg(&rules), "promtool")?;
    progress::line(&format!("promtool reads {} queries of the dashboard", queries.len()));
    cache::remove(&rules)
}

/// The values of `"expr"` in JSON, as they stand there, quotes included: YAML reads the same strings.
fn queries(json: &str) -> Vec<&str> {
    json.split(r#""expr": "#).skip(1).filter_map(string).collect()
}

/// The string that the text begins with.
fn string(text: &str) -> Option<&str> {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    text.get(..=end?.0)
}

/// With a duration in the place of the one that Grafana fills in.
fn as_rules(queries: &[&str]) -> String {
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, query) in queries.iter().enumerate() {
        let query = query.replace("$__rate_interval", "5m");
        // Writing to a String cannot fail.
        let _ok = writeln!(rules, "      - record: dashboard:{number}\n        expr: {query}");
    }
    rules
}

fn manifests() -> Result<()> {
    host::install(PYTHON_PACKAGES)?;
    let directory = layout::tools().join(format!("{VALIDATOR}-{VALIDATOR_VERSION}"));
    cache::ensure(&directory, install_validator)?;
    let manifests = layout::root().join("deploy/kubernetes");
    // Not by its own script, which has the path where it was installed.
    let mut validate = Command::new(directory.join("bin/python"));
    validate.args(["-m", "kubernetes_validate", "--strict"]);
    validate.args(MANIFESTS.iter().map(|name| manifests.join(name)));
    process::run(&mut validate, VALIDATOR).map(drop)
}

fn install_validator(directory: &Path) -> Result<()> {
    let wanted = format!("{VALIDATOR}=={VALIDATOR_VERSION}");
    let mut make = Command::new(PYTHON);
    let mut install = Command::new(directory.join("bin/pip"));
    make.args(["-m", "venv"]).arg(directory);
    install.args(["install", "--quiet", "--disable-pip-version-check", &wanted]);
    process::run(&mut make, "a place for Python's packages")?;
    process::run(&mut install, VALIDATOR).map(drop).with_context(|| {
        let place = directory.with_extension("").display().to_string();
        format!("cannot install {VALIDATOR}; please run\n    {PYTHON} -m venv {place}\n    {place}/bin/pip install {wanted}")
    })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_strings_with_their_quotes() {
        let json = r#"{"expr": "a{b=\"c\\\\\"}", "x": 1, "expr": "d[$__rate_interval]"}"#;
        let queries = queries(json);
        assert_eq!(queries, [r#""a{b=\"c\\\\\"}""#, r#""d[$__rate_interval]""#]);
        let rules = as_rules(&queries);
        assert!(rules.ends_with("- record: dashboard:1\n        expr: \"d[5m]\"\n"), "{rules}");
    }
}
