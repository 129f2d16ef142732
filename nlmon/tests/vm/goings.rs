//! Daemons that come and go while eight senders send. In a guest of their own, whose processors take
//! turns: probes patch the kernel's code, and an emulator that lets another processor run the old
//! code for a while after that makes the kernel crash.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use nlmon::subscribe::test_module;

use crate::{
    stress::{BUFFER, SENDERS, echo},
    support::{Daemon, Module, attach_by, has_kprobe_multi, test_socket, wait_for},
};

/// Does something when it goes out of scope, in a panic too.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn kprobes_count_what_is_sent_meanwhile() {
    come_and_go("kprobe");
}

#[test]
fn kprobe_multi_counts_what_is_sent_meanwhile() {
    if has_kprobe_multi() {
        come_and_go("kprobe_multi");
    }
}

#[test]
fn fentry_counts_what_is_sent_meanwhile() {
    come_and_go("fentry");
}

fn come_and_go(attach: &str) {
    let module = Module::load();
    let received = || Module::counters()["received_datagrams"];
    let labels = [("protocol", "test"), ("path", "request"), ("type", "NLTEST_MSG_ECHO")];
    let start = || Daemon::start(&attach_by(attach));
    let ended = AtomicBool::new(false);
    let (second, begun, ready) = thread::scope(|scope| {
        // The senders end with this block, however it ends.
        let _end = OnDrop(|| ended.store(true, Ordering::Relaxed));
        (0..SENDERS).for_each(|_| drop(scope.spawn(|| echo_until(&ended))));
        let first = start();
        wait_for("it counts", || first.metrics().sum("nlmon_messages_total", &labels) > 101);
        // With calls open, all of which its probes have to let go.
        drop(first);
        let begun = received();
        let second = start();
        let ready = received();
        thread::sleep(Duration::from_millis(500));
        (second, begun, ready)
    });
    let (before, total) = (second.quiet(), received());
    // A call that was not seen to begin has no type.
    let other = [("protocol", "test"), ("path", "request"), ("type", "other")];
    let counted = [labels, other].map(|labels| before.sum("nlmon_messages_total", &labels));
    let counted = counted.iter().sum();
    // Where the kernel preempts, fentry may miss some of them.
    let skipped = before.sum("nlmon_bpf_missed_runs_total", &[]);
    let possible = (total - ready).saturating_sub(skipped)..=total - begun;
    assert!(possible.contains(&counted), "{counted} of {possible:?} by {attach}");
    // Returns are seen before calls are, so that none waits for its return: those of requests
    // in that time, and of the replies inside them.
    let no_entry = before.sum("nlmon_probe_faults_total", &[("fault", "no_entry")]);
    assert!(no_entry <= 2 * (ready - begun + SENDERS), "{no_entry} by {attach}");
    echo(1009);
    let after = second.quiet();
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 1009);
    assert_eq!(received() - total, 1009);
    drop(module);
}

fn echo_until(ended: &AtomicBool) {
    let socket = test_socket(BUFFER);
    while !ended.load(Ordering::Relaxed) {
        test_module::echo(&socket, b"under load", Duration::from_secs(20)).unwrap();
        // A daemon has to get as far as its probes.
        thread::sleep(Duration::from_millis(5));
    }
}
