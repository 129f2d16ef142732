//! `nlmon links` as a person runs it: this host's devices, in both forms.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::process::{Command, Output};

fn links(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nlmon"));
    command.arg("links").args(arguments).output().expect("nlmon runs")
}

#[test]
fn prints_a_table_with_headings() {
    let output = links(&[]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(lines.next().unwrap(), ["INDEX", "NAME", "STATE", "MTU", "ADDRESS", "KIND"]);
    assert_eq!(lines.next().unwrap()[..2], ["1", "lo"]);
    let known = std::fs::read_dir("/sys/class/net").unwrap().count();
    // A file of that folder, `bonding_masters`, is no device.
    assert!(lines.count() < known);
}

#[test]
fn prints_one_json_object_a_line() {
    let output = links(&["--output", "json"]);
    assert!(output.status.success(), "{output:?}");
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let link: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(link["index"].is_u64() && link["name"].is_string() && link["mtu"].is_u64());
    }
}

#[test]
fn refuses_another_form_in_one_line() {
    let output = links(&["--output", "xml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}
