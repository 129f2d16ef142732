//! A family of the running kernel that nlmon has no table for, by a spec.

use std::fs;

use crate::support::{Daemon, run};

const SPEC: &str = include_str!("../../core/tests/specs/tipc.yaml");

#[test]
fn a_family_is_decoded_as_its_spec_describes_it() {
    fs::write("/root/tipc.yaml", SPEC).unwrap();
    fs::write("/root/specs.toml", "capture_secrets = true\n[log]\nspecs = [\"/root/tipc.yaml\"]\n")
        .unwrap();
    run("modprobe", &["tipc"]);
    run("ip", &["link", "add", "vmtipc0", "type", "dummy"]);
    run("ip", &["link", "set", "vmtipc0", "up"]);
    let daemon = Daemon::start(&["--require-probes", "--config", "/root/specs.toml"]);
    let wanted = ["--type", "TIPC_NL_BEARER_*", "--path", "request", "--path", "dump"];
    let tail = daemon.tail(&[&["--verbose", "--count", "4"], &wanted[..]].concat());
    let device = ["media", "eth", "device", "vmtipc0"];
    run("tipc", &[&["bearer", "enable", "priority", "7"], &device[..]].concat());
    let listed = run("tipc", &["bearer", "list"]);
    assert_eq!(listed.trim(), "eth:vmtipc0");
    run("tipc", &[&["bearer", "disable"], &device[..]].concat());
    let records = tail.records();
    let message = |index: usize| &records[index]["messages"][0];
    let commands: Vec<_> = (0..4).map(|index| &message(index)["command"]).collect();
    let [enable, get, disable] =
        ["ENABLE", "GET", "DISABLE"].map(|c| format!("TIPC_NL_BEARER_{c}"));
    assert_eq!(commands, [&enable, &get, &get, &disable]);
    assert_eq!(message(0)["type"], "TIPCv2");
    assert_eq!(records[0]["process"]["comm"], "tipc");
    assert_eq!(records[0]["answer"]["errno"], "ok");
    // What tipc was told, and what it listed.
    for (index, priority) in [(0, 7), (2, 7)] {
        let attributes = message(index)["attributes"].to_string();
        for shown in [
            r#"{"name":"TIPC_NLA_BEARER_NAME","value":"eth:vmtipc0"}"#,
            &format!(r#"{{"name":"TIPC_NLA_PROP_PRIO","value":{priority}}}"#),
        ] {
            assert!(attributes.contains(shown), "no {shown} in {attributes}");
        }
    }
    daemon.quiet();
    drop(daemon);
    run("ip", &["link", "del", "vmtipc0"]);
    run("rmmod", &["tipc"]);
}
