//! What `nlmon findings` says of faults that are made here, and that it ceases to say so after them.

use std::{
    fs,
    process::{Child, Command},
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

use crate::support::{Daemon, narrow_listener, run, say, try_run, wait_for};

/// How long the first look takes to come, whose totals are no growth.
const LOOKED: Duration = Duration::from_secs(6);

/// The shortest window, so that the end of a fault is seen soon.
const QUICK: [&str; 5] =
    ["--require-probes", "--findings-window", "10", "--findings-storm-per-second", "30"];

fn findings(daemon: &Daemon) -> Vec<Value> {
    let mut command = Command::new("/usr/bin/nlmon");
    command.args(["findings", "--output", "json", "--socket"]).arg(&daemon.socket);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn find(daemon: &Daemon, kind: &str) -> Option<Value> {
    findings(daemon).into_iter().find(|finding| finding["kind"] == kind)
}

/// It begins, and then ends. What it was.
fn begins_and_ends(daemon: &Daemon, kind: &str) -> Value {
    let found = begins(daemon, kind);
    ends(daemon, kind);
    found
}

/// It begins. What it is.
fn begins(daemon: &Daemon, kind: &str) -> Value {
    let mut found = None;
    wait_for(&format!("{kind} is found"), || {
        found = find(daemon, kind);
        found.is_some()
    });
    assert!(daemon.metrics().sum("nlmon_findings", &[("kind", kind)]) > 0);
    say(&run("/usr/bin/nlmon", &["findings", "--socket", daemon.socket.to_str().unwrap()]));
    found.unwrap()
}

fn ends(daemon: &Daemon, kind: &str) {
    wait_for(&format!("{kind} is so no longer"), || find(daemon, kind).is_none());
    assert_eq!(daemon.metrics().sum("nlmon_findings", &[("kind", kind)]), 0);
}

#[test]
fn nothing_is_wrong_on_a_quiet_host() {
    let daemon = Daemon::start(&QUICK);
    // Three looks.
    sleep(Duration::from_secs(16));
    let mut wrong = findings(&daemon);
    // What a kernel does not offer is no fault of the host.
    wrong.retain(|finding| finding["severity"] != "info");
    assert_eq!(wrong, Vec::<Value>::new());
}

#[test]
fn a_listener_that_loses_messages_is_found() {
    let daemon = Daemon::start(&QUICK);
    sleep(LOOKED);
    let mut deaf = narrow_listener();
    let pid = deaf.id().to_string();
    run("kill", &["-STOP", &pid]);
    let before = daemon.metrics();
    for _ in 0..31 {
        run("ip", &["link", "add", "vmfound0", "type", "dummy"]);
        run("ip", &["link", "del", "vmfound0"]);
    }
    let ip = [("process", "ip")];
    let lost = daemon.quiet().grown(&before, "nlmon_overruns_total", &ip);
    run("kill", &["-KILL", &pid]);
    deaf.wait().unwrap();
    assert!(lost > 0);
    let finding = begins_and_ends(&daemon, "lost");
    assert_eq!(finding["subject"], "ip route");
    let text = finding["text"].as_str().unwrap();
    assert!(text.starts_with("ip lost ") && text.contains(" of route in the last 10 seconds"));
    let evidence = finding["evidence"][0].as_str().unwrap();
    assert!(evidence.starts_with("Most notifications of route meanwhile: "), "{evidence}");
}

#[test]
fn requests_that_mostly_fail_are_found() {
    let daemon = Daemon::start(&QUICK);
    sleep(LOOKED);
    for _ in 0..23 {
        let (code, _) = try_run("ip", &["link", "del", "nosuchlink"]);
        let (refused, _) = try_run("ip", &["route", "del", "203.0.113.77/32"]);
        assert!(code != 0 && refused != 0);
    }
    let finding = begins_and_ends(&daemon, "errors");
    assert_eq!(finding["subject"], "ip route");
    let evidence = finding["evidence"][0].as_str().unwrap();
    assert!(evidence.contains("RTM_DELROUTE with ESRCH"), "{evidence}");
}

#[test]
fn a_transaction_of_nftables_that_fails_is_found() {
    let daemon = Daemon::start(&QUICK);
    sleep(LOOKED);
    // The kernel alone knows that there is no such chain to jump to.
    let rules = "table inet vmfound {\n chain a {\n jump vmnone\n }\n}\n";
    fs::write("/run/vmfound.nft", rules).unwrap();
    let (code, text) = try_run("nft", &["-f", "/run/vmfound.nft"]);
    assert_ne!(code, 0, "{text}");
    let finding = begins_and_ends(&daemon, "nft");
    assert_eq!(finding["subject"], "nft");
    let evidence = finding["evidence"][0].as_str().unwrap();
    assert!(evidence.contains("NFT_MSG_NEWRULE with ENOENT"), "{evidence}");
}

/// Sets the MTU of the link again and again, as a unit.
fn contender(unit: &str, mtu: &str, delay: &str) -> Child {
    let set = format!("ip link set vmfight0 mtu {mtu}; sleep 2");
    let script = format!("sleep {delay}; for i in 1 2 3 4 5 6; do {set}; done");
    Command::new("systemd-run")
        .args(["--wait", "--collect", "--quiet", "--unit", unit, "sh", "-euc", &script])
        .spawn()
        .unwrap()
}

#[test]
fn two_units_that_undo_each_other_are_found() {
    let daemon = Daemon::start(&[&QUICK[..], &["--findings-fight-minutes", "1"]].concat());
    run("ip", &["link", "add", "vmfight0", "type", "dummy"]);
    sleep(LOOKED);
    let contenders = [contender("vmfighta", "1400", "0"), contender("vmfightb", "1450", "1")];
    for mut contender in contenders {
        assert!(contender.wait().unwrap().success());
    }
    let finding = begins_and_ends(&daemon, "fight");
    assert!(finding["subject"].as_str().unwrap().starts_with("link vmfight0 in netns "));
    let text = finding["text"].as_str().unwrap();
    assert!(text.contains("vmfighta.service") && text.contains("vmfightb.service"), "{text}");
    run("ip", &["link", "del", "vmfight0"]);
}

/// Three routes over a gateway, as a daemon that keeps them adds them.
fn add_routes() {
    for n in 1..=3 {
        let prefix = format!("10.78.{n}.0/24");
        run("ip", &["route", "add", &prefix, "via", "10.77.0.2"]);
    }
}

#[test]
fn routes_that_went_unsaid_are_found_until_they_are_back() {
    let arguments = ["--require-probes", "--findings-window", "600"];
    let daemon = Daemon::start(&arguments);
    run("ip", &["link", "add", "vmquiet0", "type", "dummy"]);
    run("ip", &["address", "add", "10.77.0.1/24", "dev", "vmquiet0"]);
    run("ip", &["link", "set", "vmquiet0", "up"]);
    add_routes();
    sleep(LOOKED);
    assert_eq!(find(&daemon, "silent"), None);
    run("ip", &["link", "set", "vmquiet0", "down"]);
    let finding = begins(&daemon, "silent");
    run("ip", &["link", "set", "vmquiet0", "up"]);
    add_routes();
    // Its time is not over: it ends because they are back.
    ends(&daemon, "silent");
    let text = finding["text"].as_str().unwrap();
    assert!(text.starts_with("The kernel removed 3 routes without a message"), "{text}");
    let evidence = finding["evidence"].to_string();
    assert!(evidence.contains("10.78.1.0/24 via 10.77.0.2 dev vmquiet0"), "{evidence}");
    assert!(evidence.contains("by ip["), "{evidence}");
    run("ip", &["link", "del", "vmquiet0"]);
}

#[test]
fn a_listener_that_does_not_read_is_found_until_it_reads() {
    let quick = ["--sockets-interval", "1", "--findings-stall-seconds", "4"];
    let daemon = Daemon::start(&[&QUICK[..], &quick].concat());
    sleep(LOOKED);
    let mut stuck = narrow_listener();
    let pid = stuck.id().to_string();
    run("kill", &["-STOP", &pid]);
    for _ in 0..31 {
        run("ip", &["link", "add", "vmstuck0", "type", "dummy"]);
        run("ip", &["link", "del", "vmstuck0"]);
    }
    let finding = begins(&daemon, "stall");
    run("kill", &["-CONT", &pid]);
    ends(&daemon, "stall");
    assert_eq!(finding["subject"], format!("ip[{pid}] route"));
    run("kill", &["-KILL", &pid]);
    stuck.wait().unwrap();
}
