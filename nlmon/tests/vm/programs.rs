//! Real programs, and what strace saw of them: what they sent and got, by type and in bytes.

use std::{fmt::Write as _, fs};

use crate::{
    strace::{Trace, Traced},
    support::{Daemon, Metrics, run, wait_for},
};

/// Runs a program under strace to its end.
fn trace(program: &str, args: &[&str]) -> Trace {
    Traced::start(program, args).wait()
}

/// What processes of this name asked and were answered, by nlmon and by strace. The protocol has to
/// be theirs alone.
pub(crate) fn compare(
    trace: &Trace,
    protocol: &str,
    process: &str,
    (before, after): (&Metrics, &Metrics),
) {
    for path in ["request", "reply", "dump"] {
        let seen = trace.of(protocol, path);
        let labels = [("protocol", protocol), ("path", path)];
        assert_eq!(after.messages(before, &labels), seen.by_type(), "{path}");
        let grown = |name: &str| after.grown(before, name, &labels);
        assert_eq!(grown("nlmon_datagrams_total"), seen.datagrams(), "{path}");
        let delivered = if path == "request" { 0 } else { seen.datagrams() };
        assert_eq!(grown("nlmon_deliveries_total"), delivered, "{path}");
        let labels = [("protocol", protocol), ("path", path), ("process", process)];
        let of_process = after.grown(before, "nlmon_process_messages_total", &labels);
        assert_eq!(of_process, seen.messages(), "{path}");
    }
    assert_eq!(after.grown(before, "nlmon_probe_faults_total", &[]), 0);
}

#[test]
fn a_transaction_of_nft_is_counted_as_strace_sees_it() {
    let daemon = Daemon::start(&["--require-probes"]);
    let mut rules = String::from("table inet vm {\n chain c {\n");
    (0..500).for_each(|port| writeln!(rules, "  tcp dport {} accept", port + 1000).unwrap());
    rules.push_str(" }\n}\n");
    fs::write("/root/rules.nft", rules).unwrap();
    // Modules and caches are set up by a first run.
    run("nft", &["list", "ruleset"]);
    let before = daemon.quiet();
    let calls = trace("nft", &["-f", "/root/rules.nft"]);
    let after = daemon.quiet();
    assert_eq!(calls.of("netfilter", "request").by_type()["NFT_MSG_NEWRULE"].0, 500);
    compare(&calls, "netfilter", "nft", (&before, &after));
    run("nft", &["delete", "table", "inet", "vm"]);
}

#[test]
fn dumps_and_replies_of_ip_are_counted_as_strace_sees_them() {
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let all = "i=0; while [ $i -lt 101 ]; do ip link show; i=$((i + 1)); done";
    let calls = trace("sh", &["-euc", all]);
    let after = daemon.quiet();
    let links = run("ip", &["-oneline", "link", "show"]).lines().count() as u64;
    assert_eq!(calls.of("route", "dump").by_type()["RTM_NEWLINK"].0, 101 * links);
    compare(&calls, "route", "ip", (&before, &after));
}

#[test]
fn a_batch_of_routes_is_counted_as_strace_sees_it() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmbatch0", "type", "dummy"]);
    run("ip", &["link", "set", "vmbatch0", "up"]);
    let route = |verb: &str, number: u32| {
        format!("route {verb} 10.{}.{}.0/24 dev vmbatch0\n", number / 256, number % 256)
    };
    let batch: String = (0..1009).map(|number| route("add", number)).collect();
    let undo: String = (0..1009).map(|number| route("del", number)).collect();
    fs::write("/root/batch", batch + &undo).unwrap();
    run("udevadm", &["settle"]);
    let before = daemon.quiet();
    let calls = trace("ip", &["-batch", "/root/batch"]);
    let after = daemon.quiet();
    let asked = calls.of("route", "request").by_type();
    assert_eq!((asked["RTM_NEWROUTE"].0, asked["RTM_DELROUTE"].0), (1009, 1009));
    compare(&calls, "route", "ip", (&before, &after));
    for name in ["RTM_NEWROUTE", "RTM_DELROUTE"] {
        let labels = [("protocol", "route"), ("path", "multicast"), ("type", name)];
        assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 1009, "{name}");
    }
    // Records settle before they count: a moment later than what the kernel counts.
    let name = "nlmon_multicast_deliveries_total";
    let labels = [("protocol", "route"), ("group", "ipv4-route"), ("outcome", "delivered")];
    wait_for("every broadcast is delivered", || {
        daemon.metrics().grown(&before, name, &labels) == 2 * 1009
    });
    run("ip", &["link", "del", "vmbatch0"]);
    daemon.quiet();
}
