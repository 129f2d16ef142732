//! Who did it, and did it arrive: the log's records against what the scenario did.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use nlmon::subscribe::test_module;
use serde_json::Value;

use crate::support::{Daemon, Module, receive, run, test_socket, try_run, wait_for};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Greets `count` times while somebody listens, and checks that the daemon received each.
fn greet_and_compare(daemon: &Daemon, count: u32) {
    let member = test_socket(1 << 20);
    member.join(test_module::GROUP).unwrap();
    let listens = || {
        let table = std::fs::read_to_string("/proc/net/netlink").unwrap();
        table.lines().filter(|line| line.split_whitespace().nth(1) == Some("17")).count() >= 3
    };
    // The kernel's socket, the member's, and the daemon's.
    wait_for("the daemon listens too", listens);
    // Joining and knowing of it are two things.
    std::thread::sleep(Duration::from_millis(300));
    let delivered = [("protocol", "test"), ("group", "greeting"), ("outcome", "delivered")];
    let before = daemon.quiet();
    let tail =
        daemon.tail(&["--protocol", "test", "--path", "multicast", "--count", &count.to_string()]);
    let socket = test_socket(1 << 20);
    (0..count).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    receive(&member, count as usize);
    for record in tail.records() {
        assert_eq!(record["outcome"], "delivered", "{record}");
        assert_eq!(record["process"]["pid"], std::process::id(), "{record}");
        assert_eq!(record["parent"]["type"], "NLTEST_MSG_GREET", "{record}");
        assert_eq!(record["messages"][0]["type"], "NLTEST_MSG_GREETING", "{record}");
        assert!(record["delivery_latency_ns"].as_u64().unwrap() > 0, "{record}");
    }
    let after = daemon.quiet();
    let name = "nlmon_multicast_deliveries_total";
    assert_eq!(after.grown(&before, name, &delivered), u64::from(count));
    assert_eq!(after.grown(&before, name, &[("protocol", "test")]), u64::from(count));
    let latencies = [("protocol", "test"), ("group", "greeting")];
    let observed = after.grown(&before, "nlmon_multicast_delivery_seconds_count", &latencies);
    assert_eq!(observed, u64::from(count));
}

#[test]
fn follows_the_protocol_as_it_comes_goes_and_comes_back() {
    let daemon = Daemon::start(&["--require-probes"]);
    for count in [31, 37] {
        let module = Module::load();
        greet_and_compare(&daemon, count);
        // With the daemon running, the module can be removed: this waits until it is.
        drop(module);
        let modules = std::fs::read_to_string("/proc/modules").unwrap();
        assert!(!modules.contains("netlink_test"), "{modules}");
    }
}

#[test]
fn names_the_process_that_made_and_deleted_a_link() {
    let daemon = Daemon::start(&["--require-probes"]);
    for (args, message) in [
        (&["link", "add", "vmjoin0", "type", "dummy"][..], "RTM_NEWLINK"),
        (&["link", "del", "vmjoin0"][..], "RTM_DELLINK"),
    ] {
        let tail = daemon.tail(&["--path", "multicast", "--type", message, "--count", "1"]);
        let mut child = Command::new("ip").args(args).stdin(Stdio::null()).spawn().unwrap();
        let pid = child.id();
        assert!(child.wait().unwrap().success());
        let record = &tail.records()[0];
        assert_eq!(record["process"]["pid"], pid, "{record}");
        assert_eq!(record["process"]["comm"], "ip", "{record}");
        assert_eq!(record["cause"], "request", "{record}");
        assert_eq!(record["parent"]["type"], message, "{record}");
        assert_eq!(record["outcome"], "delivered", "{record}");
        assert!(record["messages"][0]["summary"].as_str().unwrap().contains("vmjoin0"), "{record}");
    }
    daemon.quiet();
}

#[test]
fn a_request_has_its_answer_with_errno_and_latency() {
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let tail = daemon.tail(&["--path", "request", "--type", "RTM_DELROUTE", "--count", "3"]);
    for _ in 0..3 {
        let (code, text) = try_run("ip", &["route", "del", "203.0.113.0/24"]);
        assert!(code != 0 && text.contains("No such process"), "{code} {text}");
    }
    for record in tail.records() {
        assert_eq!(record["answer"]["errno"], "ESRCH", "{record}");
        let (latency, duration) = (&record["answer"]["latency_ns"], &record["duration_ns"]);
        assert!(latency.as_u64().unwrap() > 0, "{record}");
        // The error is sent inside the call.
        assert!(latency.as_u64().unwrap() < duration.as_u64().unwrap(), "{record}");
    }
    let after = daemon.quiet();
    let labels = [("protocol", "route"), ("type", "RTM_DELROUTE"), ("errno", "ESRCH")];
    assert_eq!(after.grown(&before, "nlmon_request_errors_total", &labels), 3);
}

#[test]
fn leaves_its_own_traffic_out() {
    let daemon = Daemon::start(&["--require-probes"]);
    let own = i64::from(daemon.pid());
    let tail = daemon.tail(&["--protocol", "route", "--count", "23"]);
    (0..23).for_each(|_| drop(run("ip", &["link", "show", "lo"])));
    let is_own = |record: &Value| record["process"]["pid"] == own;
    assert_eq!(tail.records().iter().find(|record| is_own(record)), None);
    daemon.quiet();
}
