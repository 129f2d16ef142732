//! Programs in network namespaces of their own are counted as all others are, and apart from them
//! where that is configured.

use std::fs;

use crate::{
    programs::compare,
    strace::{Trace, Traced},
    support::{Daemon, Metrics, run},
};

/// Shows the links so many times in a new process each.
fn show_links(count: u32) -> String {
    format!("i=0; while [ $i -lt {count} ]; do ip link show; i=$((i + 1)); done")
}

fn trace(command: &[&str], script: &str) -> Trace {
    Traced::start(command[0], &[&command[1..], &["sh", "-euc", script]].concat()).wait()
}

const NAMED: [&str; 4] = ["ip", "netns", "exec", "vmblue"];
const UNNAMED: [&str; 2] = ["unshare", "--net"];
const OWN: [&str; 1] = ["env"];

#[test]
fn programs_in_other_namespaces_are_counted_as_strace_sees_them() {
    run("ip", &["netns", "add", "vmblue"]);
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let named = trace(&NAMED, &show_links(7));
    let unnamed = trace(&UNNAMED, &show_links(11));
    let after = daemon.quiet();
    assert_eq!(named.of("route", "dump").by_type()["RTM_NEWLINK"].0, 7);
    compare(&Trace::merged([named, unnamed]), "route", "ip", (&before, &after));
    assert!(!after.has_label("netns"));
    run("ip", &["netns", "del", "vmblue"]);
}

/// What was sent in a namespace, by its label and by strace.
fn compare_in(netns: &str, trace: &Trace, (before, after): (&Metrics, &Metrics)) {
    for path in ["request", "reply", "dump"] {
        let labels = [("protocol", "route"), ("path", path), ("netns", netns)];
        let seen = trace.of("route", path);
        assert!(seen.datagrams() > 0);
        assert_eq!(after.messages(before, &labels), seen.by_type(), "{netns} {path}");
        let labels = [&labels[..], &[("process", "ip")]].concat();
        let of_process = after.grown(before, "nlmon_process_messages_total", &labels);
        assert_eq!(of_process, seen.messages(), "{netns} {path}");
    }
}

/// The number in `net:[4026531840]`.
fn inode(link: &str) -> String {
    link.trim_end().trim_start_matches("net:[").trim_end_matches(']').to_owned()
}

#[test]
fn namespaces_are_told_apart_where_that_is_configured() {
    run("ip", &["netns", "add", "vmblue"]);
    let daemon = Daemon::start(&["--require-probes", "--metrics-netns"]);
    let before = daemon.quiet();
    let named = trace(&NAMED, &show_links(7));
    let script = format!("readlink /proc/self/ns/net >/root/netns; {}", show_links(11));
    let unnamed = trace(&UNNAMED, &script);
    let own = trace(&OWN, &show_links(13));
    let after = daemon.quiet();
    compare_in("vmblue", &named, (&before, &after));
    let number = inode(&fs::read_to_string("/root/netns").unwrap());
    compare_in(&number, &unnamed, (&before, &after));
    let number = inode(fs::read_link("/proc/self/ns/net").unwrap().to_str().unwrap());
    compare_in(&number, &own, (&before, &after));
    compare(&Trace::merged([named.clone(), unnamed, own]), "route", "ip", (&before, &after));

    // Whatever gets the number of one that is gone, its counts keep their name.
    run("ip", &["netns", "del", "vmblue"]);
    run("ip", &["netns", "add", "vmgreen"]);
    let green = ["ip", "netns", "exec", "vmgreen"];
    let green = trace(&green, &show_links(17));
    let last = daemon.quiet();
    compare_in("vmgreen", &green, (&after, &last));
    compare_in("vmblue", &named, (&before, &last));
    run("ip", &["netns", "del", "vmgreen"]);
}

/// Requests that `ip link add` sends: at first it asks whether the kernel knows the message.
const REQUESTS: usize = 2;

#[test]
fn a_name_is_not_passed_on_with_the_number() {
    const ROUNDS: usize = 11;
    let daemon = Daemon::start(&["--require-probes"]);
    let count = (2 * REQUESTS * ROUNDS).to_string();
    let tail =
        daemon.tail(&["--path", "request", "--type", "RTM_NEWLINK", "--count", count.as_str()]);
    let mut reused = 0;
    let numbers: Vec<(u64, u64)> = (0..ROUNDS)
        .map(|round| {
            // Clearing a namespace away takes the kernel a moment, after which its number is free.
            let script = format!(
                "ip netns add vmblue; stat -Lc %i /run/netns/vmblue; \
                 ip -n vmblue link add vmb0 type dummy; ip netns del vmblue; sleep 0.{round}; \
                 exec unshare -n sh -c \
                 'stat -Lc %i /proc/self/ns/net; exec ip link add vmw0 type dummy'"
            );
            let text = run("sh", &["-euc", &script]);
            let mut numbers = text.lines().map(|line| line.parse().unwrap());
            (numbers.next().unwrap(), numbers.next().unwrap())
        })
        .collect();
    let records = tail.records();
    for (records, (blue, other)) in records.chunks(2 * REQUESTS).zip(numbers) {
        let (named, unnamed) = records.split_at(REQUESTS);
        for record in named {
            assert_eq!((&record["netns"], &record["netns_name"]), (&blue.into(), &"vmblue".into()));
        }
        for record in unnamed {
            assert_eq!(record["netns"], other, "{record}");
            assert_eq!(record["netns_name"], serde_json::Value::Null, "{record}");
        }
        let last = |records: &[serde_json::Value]| records.last().unwrap().to_string();
        assert!(last(named).contains("vmb0") && last(unnamed).contains("vmw0"), "{records:?}");
        reused += u32::from(blue == other);
    }
    assert!(reused > 0, "no number was given twice");
    daemon.quiet();
}
