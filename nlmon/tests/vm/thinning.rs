//! Sampling one call tree in some: a request, its acknowledgement and its notification are all
//! sampled, or none of them is, also while that changes. And doing without deliveries.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nlmon::subscribe::test_module;

use crate::support::{Daemon, Metrics, Module, attach_by, run, say, test_socket, wait_for};

const TIMEOUT: Duration = Duration::from_secs(30);

fn start(name: &str, config: &str, attach: &str) -> Daemon {
    let path = format!("/root/{name}.toml");
    fs::write(&path, config).unwrap();
    Daemon::start(&[&attach_by(attach)[..], &["--config", &path]].concat())
}

fn samples(after: &Metrics, before: &Metrics, outcome: &str) -> u64 {
    after.grown(before, "nlmon_samples_total", &[("outcome", outcome)])
}

#[test]
fn kprobes_sample_whole_call_trees() {
    sample_whole_call_trees("kprobe");
}

#[test]
fn fentry_samples_whole_call_trees() {
    sample_whole_call_trees("fentry");
}

fn sample_whole_call_trees(attach: &str) {
    let _module = Module::load();
    let config = "[probe]\nsample_every = 3\nsample_protocols = [\"test\"]\n";
    let daemon = start("thinned", config, attach);
    let socket = test_socket(1 << 20);
    let before = daemon.quiet();
    // A request, a greeting to the group, an acknowledgement.
    (0..307).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    let after = daemon.quiet();
    let labels = [("protocol", "test")];
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &labels), 3 * 307);
    let read = samples(&after, &before, "read");
    // Each processor counts for itself.
    assert!(read.is_multiple_of(3) && (300..=312).contains(&read), "{read} by {attach}");
    assert_eq!(
        samples(&after, &before, "thinned"),
        after.grown(&before, "nlmon_datagrams_total", &[]) - read
    );
    for outcome in ["unanswered", "orphaned", "undecided"] {
        let labels = [("outcome", outcome)];
        assert_eq!(after.grown(&before, "nlmon_join_total", &labels), 0, "{outcome} by {attach}");
    }
    for kind in ["request", "answer"] {
        let labels = [("kind", kind), ("outcome", "not_sampled")];
        assert_eq!(after.grown(&before, "nlmon_join_total", &labels), 0, "{kind} by {attach}");
    }
    drop(socket);
}

/// The cap holds for outermost calls, and what they cause goes with them.
#[test]
fn the_rate_cap_takes_whole_call_trees() {
    let _module = Module::load();
    let config = "[probe]\nsample_rate = 10\nsample_protocols = [\"test\"]\n";
    let daemon = start("capped", config, "auto");
    let socket = test_socket(1 << 20);
    let before = daemon.quiet();
    (0..401).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    let after = daemon.quiet();
    let (read, limited) =
        (samples(&after, &before, "read"), samples(&after, &before, "rate_limited"));
    assert_eq!((read + limited, read % 3, limited % 3), (3 * 401, 0, 0));
    assert!(limited > 0, "{read}");
    drop(socket);
}

/// The later parts of a dump are sent from reads, outside the request, and go with it all the same.
#[test]
fn a_dump_is_sampled_with_its_request() {
    let daemon = start("dumps", "[probe]\nsample_every = 3\n", "auto");
    run("sh", &["-c", "for i in $(seq 101); do ip link add vmd$i type dummy; done"]);
    let before = daemon.quiet();
    (0..31).for_each(|_| drop(run("ip", &["link", "show"])));
    let after = daemon.quiet();
    let dumps = |outcome: &[_]| {
        let labels = [&[("protocol", "route"), ("type", "RTM_GETLINK")], outcome].concat();
        after.grown(&before, "nlmon_dumps_total", &labels)
    };
    assert!((1..31).contains(&dumps(&[])), "{}", dumps(&[]));
    assert_eq!(dumps(&[("outcome", "complete")]), dumps(&[]));
    run("sh", &["-c", "for i in $(seq 101); do ip link del vmd$i; done"]);
}

/// Each call is drawn by one of the two samplings, and what misses its other half because of that is
/// neither lost nor unanswered.
#[test]
fn other_samples_by_a_reload() {
    let _module = Module::load();
    let path = "/root/reloaded.toml";
    let config =
        |every| format!("[probe]\nsample_every = {every}\nsample_protocols = [\"test\"]\n");
    let daemon = start("reloaded", &config(1), "auto");
    let socket = test_socket(1 << 20);
    let before = daemon.quiet();
    for every in [3_u64, 0, 1, 5, 1] {
        fs::write(path, config(every)).unwrap();
        run("kill", &["-HUP", &daemon.pid().to_string()]);
        let reached = || daemon.metrics().sum("nlmon_sample_every", &[]) == every;
        // Messages go on meanwhile.
        wait_for("the daemon samples so many", || {
            test_module::greet(&socket, TIMEOUT).unwrap();
            reached()
        });
        let before = daemon.quiet();
        (0..151).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
        let after = daemon.quiet();
        let read = samples(&after, &before, "read");
        match every {
            0 => assert_eq!(read, 0),
            1 => assert_eq!(read, 3 * 151),
            _ => {
                assert_eq!(read % 3, 0, "one in {every}");
                // Each processor counts for itself.
                assert!((read / 3).abs_diff(151 / every) <= 4, "one in {every}: {read}");
            }
        }
    }
    let after = daemon.quiet();
    for outcome in ["lost", "unobserved", "unanswered", "orphaned", "undecided"] {
        let labels = [("outcome", outcome)];
        assert_eq!(after.grown(&before, "nlmon_join_total", &labels), 0, "{outcome}");
    }
    drop(socket);
}

#[test]
fn a_storm_is_held_to_the_budget_by_fewer_samples() {
    // In an emulated guest, counting alone takes half of that.
    const BUDGET: f64 = 0.3;
    let _module = Module::load();
    let daemon = start("budget", "[probe]\ncpu_budget = \"30%\"\n", "auto");
    let at_rest = daemon.quiet();
    assert_eq!(at_rest.sum("nlmon_sample_every", &[]), 1);
    let is_over = AtomicBool::new(false);
    let share = thread::scope(|scope| {
        scope.spawn(|| {
            let socket = test_socket(1 << 20);
            while !is_over.load(Ordering::Relaxed) {
                test_module::greet(&socket, TIMEOUT).unwrap();
            }
        });
        thread::sleep(Duration::from_secs(5));
        let (before, began) = (daemon.metrics(), Instant::now());
        thread::sleep(Duration::from_secs(15));
        let after = daemon.metrics();
        is_over.store(true, Ordering::Relaxed);
        assert!(after.sum("nlmon_sample_every", &[]) > 1);
        let parts = ["process_cpu_seconds_total", "nlmon_bpf_seconds_total"];
        parts.map(|name| {
            let taken = after.seconds(name, &[]) - before.seconds(name, &[]);
            taken / began.elapsed().as_secs_f64()
        })
    });
    say(&format!("daemon and programs take {share:?} of a processor"));
    // What it takes changes from look to look, and a scrape is in it.
    assert!(share.iter().sum::<f64>() <= BUDGET * 1.3, "{share:?}");
    let after = daemon.quiet();
    assert!(samples(&after, &at_rest, "thinned") > 0);
    for outcome in ["lost", "unobserved", "unanswered", "orphaned", "undecided"] {
        let labels = [("outcome", outcome)];
        assert_eq!(after.grown(&at_rest, "nlmon_join_total", &labels), 0, "{outcome}");
    }
    wait_for("everything is sampled again", || {
        // Scrapes are part of what the daemon takes.
        thread::sleep(Duration::from_secs(3));
        daemon.metrics().sum("nlmon_sample_every", &[]) == 1
    });
}

#[test]
fn without_deliveries_the_rest_is_counted_all_the_same() {
    let _module = Module::load();
    let daemon = start("undelivered", "[probe]\ndeliveries = false\n", "auto");
    let hooks = daemon.hooks();
    assert!(!hooks.contains_key("delivery") && !hooks.contains_key("dump"), "{hooks:?}");
    let socket = test_socket(1 << 20);
    let before = daemon.quiet();
    for probe in ["delivery", "dump"] {
        // Not even one that says that it is missing: it is not wanted.
        assert!(!before.has("nlmon_probe_attached", &[("probe", probe)]), "{probe}");
    }
    (0..307).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    run("sh", &["-c", "for i in $(seq 31); do ip link add vmu$i type dummy; done"]);
    run("ip", &["link", "show"]);
    let after = daemon.quiet();
    run("sh", &["-c", "for i in $(seq 31); do ip link del vmu$i; done"]);
    let labels = [("protocol", "test")];
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &labels), 3 * 307);
    assert_eq!(after.grown(&before, "nlmon_deliveries_total", &[]), 0);
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &[("path", "dump")]), 0);
    let delivered = [("protocol", "route"), ("group", "link"), ("outcome", "delivered")];
    let own = after.grown(&before, "nlmon_multicast_deliveries_total", &delivered);
    assert!(own >= 31, "{own}");
    drop(socket);
}
