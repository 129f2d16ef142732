//! The ledger of a daemon without probes, in namespaces of its own: what it says is compared with what
//! `ip` was told to do, and with what `ip` lists. Who made a change, no socket tells.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;
mod unshared;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    process::Command,
};

use serde_json::Value;
use unshared::{Daemon, NLMON, wait_for};

/// Without addresses that the kernel makes, whose state changes a second later.
const PREPARE: &str = "ip link add f0 type veth peer name f1
    ip link set f0 addrgenmode none; ip link set f1 addrgenmode none
    ip link set f1 up; ip link set f0 up; ip address add 10.50.0.1/24 dev f0
    for i in 1 2 3; do ip route add 10.60.$i.0/24 via 10.50.0.2; done";

/// `RTNLGRP_IPV4_ROUTE`, as a bit.
const ROUTES: u32 = 1 << 6;

/// One whose ledger has its first state.
fn start(file: &str) -> Daemon {
    let daemon = Daemon::start(PREPARE, file, &[]);
    wait_for("the groups are joined", || daemon.route_groups() & ROUTES != 0);
    wait_for("the first list is taken in", || {
        daemon.metric(r#"nlmon_ledger_objects{kind="route"}"#).is_some_and(|routes| routes > 3.0)
    });
    daemon
}

/// What `nlmon` prints, asking this daemon.
fn nlmon(daemon: &Daemon, command: &str) -> String {
    let mut program = Command::new("timeout");
    program.args(["60", NLMON]).args(command.split(' '));
    let output = program.arg("--socket").arg(daemon.directory.join("log")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The answer about the routes to a prefix.
fn explain(daemon: &Daemon, prefix: &str) -> Value {
    let mut stream = UnixStream::connect(daemon.directory.join("log")).unwrap();
    let query = format!(r#"{{"route":{{"dst":"{prefix}","table":"main"}}}}"#);
    writeln!(stream, r#"{{"version":1,"explain":{{"query":{query}}}}}"#).unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.next().unwrap().unwrap().contains("hello"));
    serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
}

/// Whether the ledger has such a route, and over which hop.
fn hop(daemon: &Daemon, prefix: &str) -> Option<String> {
    let answer = explain(daemon, prefix);
    let known =
        answer["objects"].as_array().unwrap().iter().find(|known| known["is_there"] == true)?;
    let facts = known["facts"].as_array().unwrap();
    let hop = facts.iter().find(|fact| fact[0] == "nexthop").unwrap();
    Some(hop[1].as_str().unwrap().to_owned())
}

/// The changes in a line each, without their time.
fn lines(daemon: &Daemon, count: usize) -> Vec<String> {
    let text =
        nlmon(daemon, &format!("changes --last {count} --count {count} --netns {}", netns(daemon)));
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

fn netns(daemon: &Daemon) -> String {
    daemon.inside("stat --dereference --format %i /proc/self/ns/net").trim().to_owned()
}

#[test]
fn each_change_is_one_line_and_an_object_has_its_history() {
    let daemon = start("");
    daemon.inside(
        "ip route add default via 10.50.0.9
         ip route replace default via 10.50.0.10
         ip rule add from 10.9.0.0/16 lookup 77 priority 500
         ip neighbour add 10.50.0.7 lladdr 02:00:00:00:00:07 dev f0
         ip link set f1 mtu 1400
         ip address add 10.51.0.1/32 dev f0
         ip route del default",
    );
    let expected = [
        "route default via 10.50.0.9 dev f0 added",
        "route default via 10.50.0.10 dev f0 changed: \
         nexthop via 10.50.0.9 dev f0 -> via 10.50.0.10 dev f0",
        "rule 500: from 10.9.0.0/16 lookup 77 added",
        "neighbour 10.50.0.7 lladdr 02:00:00:00:00:07 dev f0 added",
        "link f1 changed: mtu 1500 -> 1400",
        "address 10.51.0.1/32 dev f0 added",
        "route default via 10.50.0.10 dev f0 deleted",
    ];
    wait_for("the changes are there", || {
        daemon.metric("nlmon_ledger_changes_total").is_some_and(|changes| changes >= 7.0)
    });
    // The routes of the table local are changes too, and are left out.
    let mut found = lines(&daemon, expected.len());
    let mut wanted = expected.map(str::to_owned).to_vec();
    // Each protocol's messages come in order, all in one socket.
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);

    let text = nlmon(&daemon, "explain route default");
    let sentences: Vec<_> = text.lines().map(str::trim).collect();
    assert_eq!(sentences[0], "route default via 10.50.0.10 dev f0");
    assert!(sentences[1].contains(" route default via 10.50.0.9 dev f0 added "), "{text}");
    assert!(sentences[3].contains(" route default via 10.50.0.10 dev f0 deleted "), "{text}");
    let verdict = "Now: it is gone: deleted by somebody unknown at ";
    assert!(sentences[4].starts_with(verdict), "{text}");
    assert!(sentences[4].ends_with(", and nothing has added it since."), "{text}");

    let text = nlmon(&daemon, "explain link f1");
    assert!(text.contains("It was there before nlmon listened, at "), "{text}");
    assert!(text.contains("link f1 changed: mtu 1500 -> 1400"), "{text}");
    let json: Value =
        serde_json::from_str(&nlmon(&daemon, "explain rule 500 --output json")).unwrap();
    assert_eq!(json["objects"][0]["changes"][0]["verb"], "added", "{json}");
}

#[test]
fn routes_that_a_link_takes_with_it_are_gone_though_nobody_was_told() {
    let daemon = start("");
    assert!(hop(&daemon, "10.60.2.0/24").is_some());
    daemon.inside("ip link set f0 down");
    wait_for("the routes are gone", || hop(&daemon, "10.60.2.0/24").is_none());
    let text = nlmon(&daemon, "explain route 10.60.2.0/24");
    assert!(text.contains("told to nobody, probably because link f0 went down"), "{text}");
    assert!(text.contains("when it changed is not known"), "{text}");
}

#[test]
fn after_a_loss_the_ledger_equals_a_fresh_list() {
    let daemon = start("[subscribe]\nreceive_buffer = 8192\n");
    let lost = r#"nlmon_own_overruns_total{protocol="route"}"#;
    assert_eq!(daemon.metric(lost), None);
    // It sees nothing of this while it happens.
    daemon.signal("-STOP");
    daemon.inside(
        "for i in $(seq 400); do
             echo route add 10.70.$((i / 250)).$((i % 250))/32 via 10.50.0.2
             [ $((i % 2)) = 1 ] && echo route del 10.70.$((i / 250)).$((i % 250))/32
             [ $((i % 10)) = 4 ] && echo route replace 10.70.$((i / 250)).$((i % 250))/32 via 10.50.0.3
             true
         done | ip -batch -; ip route del 10.60.1.0/24",
    );
    daemon.signal("-CONT");
    wait_for("the loss is noticed", || daemon.metric(lost).is_some_and(|lost| lost > 0.0));
    wait_for("the list is taken in", || hop(&daemon, "10.60.1.0/24").is_none());
    wait_for("all of it", || hop(&daemon, "10.70.1.150").is_some());
    let listed: Value = serde_json::from_str(&daemon.inside("ip -json route show")).unwrap();
    let listed = listed.as_array().unwrap();
    let prefixes: BTreeSet<String> =
        (1..=400).map(|i| format!("10.70.{}.{}", i / 250, i % 250)).collect();
    let mut there = 0;
    for prefix in &prefixes {
        let route = listed.iter().find(|route| route["dst"] == **prefix);
        let expected =
            route.map(|route| format!("via {} dev f0", route["gateway"].as_str().unwrap()));
        there += u32::from(expected.is_some());
        assert_eq!(hop(&daemon, prefix), expected, "{prefix}");
    }
    assert_eq!(there, 200);
    // What nobody told of is not said to be anybody's.
    let gone = nlmon(&daemon, "explain route 10.60.1.0/24");
    assert!(gone.contains("nlmon's own socket lost messages"), "{gone}");
    assert!(daemon.metric("nlmon_ledger_resyncs_total").unwrap() >= 1.0);
}

#[test]
fn without_a_ledger_nothing_is_listed_and_who_asks_is_told() {
    let daemon = Daemon::start(PREPARE, "[ledger]\nenabled = false\n", &[]);
    let mut program = Command::new(NLMON);
    program.args(["explain", "route", "default", "--socket"]).arg(daemon.directory.join("log"));
    let output = program.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("ledger.enabled = false"), "{error}");
    assert_eq!(daemon.metric("nlmon_ledger_bytes"), None);
}
