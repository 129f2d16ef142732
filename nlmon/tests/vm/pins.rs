//! Probes that outlive their daemon: restarts of the service under load lose no count.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use nlmon::subscribe::test_module;

use crate::{
    goings::OnDrop,
    stress::BUFFER,
    support::{
        Daemon, Metrics, Module, PerfEvents, assert_within, has_fentry, has_kprobe_multi,
        is_preemptible, kernel, run, test_socket, wait_for,
    },
};

const DIRECTORY: &str = "/sys/fs/bpf/nlmon";

/// Senders of the load.
const SENDERS: usize = 3;

#[test]
fn an_upgrade_under_load_loses_no_count_by_fentry() {
    // Where the kernel preempts, fentry misses calls with or without an upgrade.
    if has_fentry() && !has_kprobe_multi() && !is_preemptible() {
        upgrade_under_load("fentry");
    }
}

#[test]
fn an_upgrade_under_load_loses_no_count_by_kprobe_multi() {
    if has_kprobe_multi() {
        upgrade_under_load("kprobe_multi");
    }
}

#[test]
fn an_upgrade_under_load_loses_no_count_by_kprobe() {
    if kernel() >= (5, 16) {
        let _allowed = PerfEvents::allow();
        upgrade_under_load("kprobe");
    }
}

/// Three daemons, one after the other, of which the second is killed: what the last one shows is
/// what the module has counted since before the first.
fn upgrade_under_load(attach: &str) {
    let args = ["--require-probes", "--pin", "--attach", attach];
    forget();
    let module = Module::load();
    let before = Module::counters();
    let first = Daemon::start_unit(&args);
    let ended = AtomicBool::new(false);
    let last = thread::scope(|scope| {
        let _end = OnDrop(|| ended.store(true, Ordering::Relaxed));
        (0..SENDERS).for_each(|_| drop(scope.spawn(|| echo_until(&ended))));
        // Processes that end, so that their counters are taken out of the programs' table.
        scope.spawn(|| send_until(&ended));
        wait_for("it counts", || requests(&first.metrics()) > 101);
        thread::sleep(Duration::from_secs(12));
        let seen = requests(&first.metrics());
        drop(first);
        let unwatched = Module::counters()["received_datagrams"];
        wait_for("more is sent, and nobody is there", || {
            Module::counters()["received_datagrams"] > unwatched + 101
        });
        let second = Daemon::start_unit(&args);
        assert!(requests(&second.metrics()) > seen + 101);
        second.kill();
        Daemon::start_unit(&args)
    });
    let (after, counted) = (last.quiet(), Module::counters());
    let sent = counted["received_datagrams"] - before["received_datagrams"];
    // What the kernel itself says no program was run for, may be missing.
    let skipped = after.sum("nlmon_bpf_missed_runs_total", &[]);
    assert_within("requests", requests(&after), sent, skipped);
    let labels = [("protocol", "test"), ("path", "request"), ("type", "NLTEST_MSG_ECHO")];
    assert_within("by type", after.sum("nlmon_messages_total", &labels), sent, skipped);
    let labels = [("protocol", "test"), ("path", "request")];
    let by_process = after.sum("nlmon_process_messages_total", &labels);
    assert_within("by process", by_process, sent, skipped);
    let of_nlmon = [("protocol", "test"), ("path", "request"), ("process", "nlmon")];
    assert!(after.sum("nlmon_process_messages_total", &of_nlmon) > 0, "{attach}");
    assert!(after.sum("nlmon_samples_total", &[("outcome", "read_earlier")]) > 0);
    drop((last, module));
    forget();
}

/// What is pinned fits no other configuration, and nobody without one.
#[test]
fn pinned_probes_that_do_not_fit_are_removed() {
    if kernel() < (5, 16) {
        return;
    }
    forget();
    let module = Module::load();
    let echo = || drop(test_module::echo(&test_socket(BUFFER), b"1", Duration::from_secs(20)));
    let first = Daemon::start_unit(&["--require-probes", "--pin"]);
    echo();
    assert_eq!(requests(&first.quiet()), 1);
    drop(first);
    assert!(has_pins());
    let other = Daemon::start_unit(&["--require-probes", "--pin", "--snap-length", "128"]);
    assert_eq!(requests(&other.quiet()), 0);
    echo();
    drop(other);
    let without = Daemon::start_unit(&["--require-probes"]);
    assert_eq!(requests(&without.quiet()), 0);
    assert!(!has_pins());
    drop((without, module));
}

/// Whether anything is pinned. The service's empty directory is nothing.
fn has_pins() -> bool {
    fs::read_dir(DIRECTORY).is_ok_and(|mut entries| entries.next().is_some())
}

/// Ends what earlier tests have pinned.
fn forget() {
    if Path::new(DIRECTORY).exists() {
        fs::remove_dir_all(DIRECTORY).unwrap();
    }
}

/// Requests of the test protocol, whatever became of them.
fn requests(metrics: &Metrics) -> u64 {
    let labels = [("protocol", "test"), ("path", "request")];
    metrics.sum("nlmon_datagrams_total", &labels) + metrics.sum("nlmon_datagrams_open", &labels)
}

fn echo_until(ended: &AtomicBool) {
    let socket = test_socket(BUFFER);
    while !ended.load(Ordering::Relaxed) {
        test_module::echo(&socket, b"under load", Duration::from_mins(1)).unwrap();
        // A daemon has to get as far as its probes.
        thread::sleep(Duration::from_millis(10));
    }
}

fn send_until(ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        run("nlmon", &["send", "from a process that ends"]);
        thread::sleep(Duration::from_secs(1));
    }
}
