//! The daemon on a kernel that refuses probes (`lockdown=confidentiality`): it says so, and does what
//! it can.

use std::fs;

use crate::support::{Daemon, run, try_run, wait_for};

#[test]
fn runs_on_and_says_once_what_is_missing() {
    let state = fs::read_to_string("/sys/kernel/security/lockdown").unwrap();
    assert!(state.contains("[confidentiality]"), "{state}");
    run("systemctl", &["restart", "nlmon"]);
    let run_id = run("systemctl", &["show", "--value", "-p", "InvocationID", "nlmon"]);
    let entries = format!("_SYSTEMD_INVOCATION_ID={}", run_id.trim_end());
    let journal = || run("journalctl", &["-o", "cat", &entries]);
    wait_for("the journal has it", || journal().contains("ready: "));
    let text = journal();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("without probes")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("this kernel is locked down"), "{text}");
    assert_eq!(run("systemctl", &["is-active", "nlmon"]).trim_end(), "active");
}

#[test]
fn the_metrics_say_so_and_the_subscriptions_work() {
    let daemon = Daemon::start(&["--sockets-interval", "1"]);
    let metrics = daemon.metrics();
    assert!(metrics.has_label("hook"));
    assert_eq!(metrics.sum("nlmon_probe_attached", &[]), 0);
    assert_eq!(metrics.sum("nlmon_datagrams_total", &[]), 0);
    wait_for("its own sockets are seen", || {
        daemon.metrics().sum("nlmon_sockets", &[("process", "nlmon")]) > 0
    });
    let tail = daemon.tail(&["--type", "RTM_NEWLINK", "--count", "1"]);
    run("ip", &["link", "add", "vmlocked0", "type", "dummy"]);
    let record = &tail.records()[0];
    assert_eq!(record["outcome"], "unobserved", "{record}");
    assert!(record["messages"][0]["summary"].as_str().unwrap().contains("vmlocked0"), "{record}");
    run("ip", &["link", "del", "vmlocked0"]);
}

#[test]
fn exits_with_2_where_probes_are_required() {
    let arguments = ["--socket", "/run/nlmon-required.sock", "--listen", "127.0.0.1:18999"];
    let (code, text) = try_run("nlmon", &[&["run", "--require-probes"], &arguments[..]].concat());
    assert_eq!((code, text.lines().count()), (2, 1), "{text}");
    assert!(text.contains("this kernel is locked down"), "{text}");
    let (code, text) = try_run("nlmon", &["check"]);
    assert_eq!((code, text.lines().count()), (2, 1), "{text}");
}
