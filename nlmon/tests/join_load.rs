//! What the join does in a storm: how long a broadcast takes it, and how much memory it holds.
//! Prints the figures of `docs/overhead.md`:
//! `cargo test --package nlmon --release --test join_load -- --ignored --nocapture`
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::{fs, time::Duration};

use nix::time::{ClockId, clock_gettime};
use nlmon_core::{
    join::{JoinSettings, Joiner},
    message::Header,
    record::{Contents, Delivery, Observation, Path, Task},
};

const COUNT: u64 = 300_000;
/// A hundred thousand broadcasts a second.
const STEP_NS: u64 = 10_000;
/// Between two advances.
const TICK: u64 = 2000;
/// Broadcasts by which the socket is behind the ring.
const BEHIND: u64 = 2000;

fn message(seq: u32) -> Vec<u8> {
    let header = Header { len: 256, message_type: 16, flags: 0, seq, portid: 0 };
    [&header.to_bytes()[..], &[7; 240]].concat()
}

fn broadcast(start_ns: u64, seq: u32) -> Observation {
    Observation {
        start_ns,
        duration_ns: 1000,
        protocol: 0,
        path: Path::Multicast,
        netns: 1,
        task: Task { comm: "ip".into(), ..Task::default() },
        portid: 0,
        src_portid: 0,
        group: 1,
        len: 256,
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data: message(seq),
    }
}

fn delivery(received_ns: u64, seq: u32) -> Delivery {
    let (netns, protocol, group, src_portid) = (1, 0, 1, 0);
    Delivery { received_ns, protocol, netns, group, src_portid, len: 256, data: message(seq) }
}

/// Processor time of this process: the machine may have other work.
fn busy() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("there is such a clock").into()
}

/// Resident memory of this process.
fn resident_kib() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc is there");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("a number") * 4
}

/// Feeds `COUNT` broadcasts whose numbers repeat after `distinct`, each delivered later or never.
fn storm(name: &str, distinct: u32, delivered: bool) {
    let mut joiner = Joiner::new(&JoinSettings::default());
    joiner.subscribed(1, 0, 1, 99, 1);
    let (before_kib, start) = (resident_kib(), busy());
    let (mut records, mut peak_kib, mut made): (Vec<_>, _, u64) = (Vec::new(), 0, 0);
    let number = |at: u64| u32::try_from(at % u64::from(distinct)).expect("it is less");
    for at in 0..COUNT + BEHIND {
        let now_ns = 1_000_000 + at * STEP_NS;
        if at < COUNT {
            joiner.observe(broadcast(now_ns, number(at)), now_ns);
        }
        if delivered && at >= BEHIND {
            joiner.deliver(delivery(now_ns, number(at - BEHIND)), now_ns);
        }
        if at % TICK == 0 {
            joiner.advance(now_ns, &mut records);
            made += records.len() as u64;
            records.clear();
            peak_kib = peak_kib.max(resident_kib());
        }
    }
    joiner.advance(u64::MAX, &mut records);
    made += records.len() as u64;
    let ns = busy().saturating_sub(start).as_nanos() / u128::from(COUNT);
    let counts = joiner.counts().multicast;
    println!(
        "{name}: {ns} ns each, {} KiB, matched {} lost {} evicted {}",
        peak_kib.saturating_sub(before_kib),
        counts.matched,
        counts.lost,
        counts.observations_evicted
    );
    assert_eq!(made, COUNT);
    assert_eq!(counts.matched, if delivered { COUNT } else { 0 });
}

#[test]
#[ignore = "prints figures"]
fn storms() {
    storm("distinct, delivered", u32::MAX, true);
    storm("identical, delivered", 1, true);
    storm("distinct, never delivered", u32::MAX, false);
    storm("identical, never delivered", 1, false);
}
