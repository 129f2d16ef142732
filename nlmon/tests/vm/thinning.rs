//! Sampling one call tree in some: a request, its acknowledgement and its notification are all
//! sampled, or none of them is.

use std::{fs, time::Duration};

use nlmon::subscribe::test_module;

use crate::support::{Daemon, Metrics, Module, attach_by, run, test_socket};

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
