//! Many senders at once, and a daemon that sleeps or dies meanwhile: the counts are the kernel's.

use std::{fs, thread, time::Duration};

use nlmon::subscribe::test_module;

use crate::support::{
    Daemon, Module, assert_within, attach_by, has_kprobe_multi, is_preemptible, kernel, message,
    receive, run, test_socket, wait_for,
};

pub(crate) const SENDERS: u64 = 8;
pub(crate) const BUFFER: usize = 8 << 20;

/// Messages of all senders together. A prime number; `NLMON_STRESS` asks for another:
/// `NLMON_STRESS=1000003 cargo xtask test --step guest --kernels 6.1 --filter stress --cpus 4`
fn total() -> u64 {
    std::env::var("NLMON_STRESS").map_or(20_011, |count| count.parse().unwrap())
}

/// Messages of each sender: no two send the same number.
fn shares() -> Vec<u64> {
    let mut shares: Vec<_> = (0..SENDERS).map(|sender| total() / SENDERS + sender).collect();
    // The last one makes up for it.
    shares[SENDERS as usize - 1] -= shares.iter().sum::<u64>() - total();
    shares
}

#[test]
fn senders_are_counted_by_kprobes_while_the_daemon_sleeps() {
    senders_are_counted_while_the_daemon_sleeps("kprobe");
}

#[test]
fn senders_are_counted_by_kprobe_multi_while_the_daemon_sleeps() {
    if has_kprobe_multi() {
        senders_are_counted_while_the_daemon_sleeps("kprobe_multi");
    }
}

#[test]
fn senders_are_counted_by_fentry_while_the_daemon_sleeps() {
    senders_are_counted_while_the_daemon_sleeps("fentry");
}

fn senders_are_counted_while_the_daemon_sleeps(attach: &str) {
    let daemon = Daemon::start(&attach_by(attach));
    let module = Module::load();
    let (before, counted) = (daemon.quiet(), Module::counters());
    let pid = daemon.pid().to_string();
    run("kill", &["-STOP", &pid]);
    let shares = shares().into_iter();
    let senders: Vec<_> = shares.map(|count| thread::spawn(move || echo(count))).collect();
    thread::sleep(Duration::from_millis(500));
    run("kill", &["-CONT", &pid]);
    for sender in senders {
        sender.join().unwrap();
    }
    let (after, now) = (daemon.quiet(), Module::counters());
    let total = total();
    assert_eq!(now["received_datagrams"] - counted["received_datagrams"], total);
    let unseen = after.unseen(&before, attach, SENDERS);
    // Where kretprobes have room for one call a processor, or senders are preempted in theirs, many
    // returns are missed.
    let has_room = attach == "fentry" || kernel() > (6, 0);
    assert!(!has_room || is_preemptible() || unseen < total / 100, "{unseen} of {total}");
    // A missed return is known when its thread ends at the latest.
    assert_eq!(after.sum("nlmon_datagrams_open", &[("protocol", "test")]), 0);
    let skipped = after.skipped(&before);
    for path in ["request", "reply"] {
        let calls = after.calls(&before, path);
        assert_within(path, calls, total, skipped);
        let labels = [("protocol", "test"), ("path", path), ("result", "ok")];
        let ok = after.grown(&before, "nlmon_datagrams_total", &labels);
        assert_within(path, ok, total, unseen);
        let labels = [("protocol", "test"), ("path", path)];
        let messages = after.messages(&before, &labels);
        assert_eq!(
            messages.values().map(|(count, _)| count).sum::<u64>(),
            calls,
            "{path}: {messages:?}"
        );
        let (typed, _) = messages["NLTEST_MSG_ECHO"];
        assert_within(path, typed, total, unseen);
    }
    for fault in ["no_entry", "read_failed", "error_overflow"] {
        let labels = [("fault", fault)];
        assert_eq!(after.grown(&before, "nlmon_probe_faults_total", &labels), 0, "{fault}");
    }
    drop((module, daemon));
}

pub(crate) fn echo(count: u64) {
    let socket = test_socket(BUFFER);
    for number in 0..count {
        socket.send(&message(test_module::ECHO, number as u32, &[7; 48])).unwrap();
        receive(&socket, 1);
    }
}

#[test]
fn a_killed_daemon_leaves_nothing_attached_and_claims_nothing_afterwards() {
    let module = Module::load();
    let daemon = Daemon::start(&["--require-probes", "--attach", "kprobe"]);
    let probes = || fs::read_to_string("/sys/kernel/debug/kprobes/list").unwrap();
    assert!(probes().contains("netlink_unicast"), "{}", probes());
    daemon.kill();
    wait_for("the kernel has let the probes go", || !probes().contains("netlink_"));
    let socket = test_socket(BUFFER);
    for _ in 0..101 {
        test_module::echo(&socket, b"unseen", Duration::from_secs(20)).unwrap();
    }
    let daemon = Daemon::start(&["--require-probes"]);
    let labels = [("protocol", "test")];
    assert_eq!(daemon.quiet().sum("nlmon_datagrams_total", &labels), 0);
    test_module::echo(&socket, b"seen", Duration::from_secs(20)).unwrap();
    assert_eq!(daemon.quiet().sum("nlmon_datagrams_total", &labels), 2);
    drop((socket, module));
}
