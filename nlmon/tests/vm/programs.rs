//! Real programs, and what strace saw of them: sends by message type, receives by datagram.

use std::{fmt::Write as _, fs};

use crate::support::{Daemon, Metrics, run, wait_for};

/// Runs a program under strace; the lines of its system calls on sockets.
fn trace(program: &str, args: &[&str]) -> Vec<String> {
    let calls = "trace=sendto,sendmsg,sendmmsg,recvfrom,recvmsg,recvmmsg";
    let mut all = vec!["-f", "-e", calls, "-o", "/root/trace", program];
    all.extend(args);
    run("strace", &all);
    fs::read_to_string("/root/trace").unwrap().lines().map(str::to_owned).collect()
}

/// System calls that sent something.
fn sends(trace: &[String]) -> u64 {
    trace.iter().filter(|line| line.contains("send") && succeeded(line)).count() as u64
}

/// System calls that took a datagram off the queue; a look ahead leaves it there.
fn receives(trace: &[String]) -> u64 {
    let takes = |line: &&String| {
        line.contains("recv") && !flags(line).contains("MSG_PEEK") && succeeded(line)
    };
    trace.iter().filter(takes).count() as u64
}

/// The last argument of `recvmsg`, or the fourth of `recvfrom`: strace writes it behind the data.
fn flags(line: &str) -> &str {
    line.rsplit_once("}, ").or_else(|| line.rsplit_once("], ")).map_or(line, |(_, end)| end)
}

fn succeeded(line: &str) -> bool {
    let result = line.rsplit_once(" = ").map(|(_, result)| result.split(' ').next());
    result.flatten().and_then(|result| result.parse::<i64>().ok()).is_some_and(|bytes| bytes > 0)
}

/// How much the datagrams of a protocol grew on some paths.
fn datagrams(after: &Metrics, before: &Metrics, protocol: &str, paths: &[&str]) -> u64 {
    let grown = |path: &&str| {
        let labels = [("protocol", protocol), ("path", *path), ("result", "ok")];
        after.grown(before, "nlmon_datagrams_total", &labels)
    };
    paths.iter().map(grown).sum()
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
    let labels = [("protocol", "netfilter"), ("path", "request"), ("type", "NFT_MSG_NEWRULE")];
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 500);
    assert_eq!(datagrams(&after, &before, "netfilter", &["request"]), sends(&calls), "{calls:#?}");
    let received = datagrams(&after, &before, "netfilter", &["reply", "dump"]);
    assert_eq!(received, receives(&calls), "{calls:#?}");
    assert_eq!(after.grown(&before, "nlmon_probe_faults_total", &[("fault", "walk_cut")]), 0);
    run("nft", &["delete", "table", "inet", "vm"]);
}

#[test]
fn dumps_and_replies_of_ip_are_counted_as_strace_sees_them() {
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let mut sent = 0;
    for _ in 0..11 {
        let calls = trace("ip", &["link", "show"]);
        sent += sends(&calls);
    }
    let after = daemon.quiet();
    let by_ip = |path| {
        let labels = [("process", "ip"), ("protocol", "route"), ("path", path)];
        after.grown(&before, "nlmon_process_messages_total", &labels)
    };
    assert_eq!(by_ip("request"), sent);
    let links = run("ip", &["-oneline", "link", "show"]).lines().count() as u64;
    let labels = [("protocol", "route"), ("path", "dump"), ("type", "RTM_NEWLINK")];
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 11 * links);
    assert!(by_ip("dump") >= 11 * links);
}

#[test]
fn a_batch_of_routes_is_counted_by_type() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmbatch0", "type", "dummy"]);
    run("ip", &["link", "set", "vmbatch0", "up"]);
    let route = |verb: &str, number: u32| {
        format!("route {verb} 10.{}.{}.0/24 dev vmbatch0\n", number / 256, number % 256)
    };
    let batch: String = (0..1009).map(|number| route("add", number)).collect();
    let undo: String = (0..1009).map(|number| route("del", number)).collect();
    fs::write("/root/batch", batch + &undo).unwrap();
    let before = daemon.quiet();
    run("ip", &["-batch", "/root/batch"]);
    let after = daemon.quiet();
    for name in ["RTM_NEWROUTE", "RTM_DELROUTE"] {
        for path in ["request", "multicast"] {
            let labels = [("protocol", "route"), ("path", path), ("type", name)];
            assert_eq!(
                after.grown(&before, "nlmon_messages_total", &labels),
                1009,
                "{path} {name}"
            );
        }
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
