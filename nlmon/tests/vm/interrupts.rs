//! What the kernel sends from a timer is counted under `interrupt`, and never under the process that
//! the timer happened to interrupt.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use crate::support::{Daemon, Metrics, run, wait_for};

const NEIGHBOURS: u32 = 61;

/// Neighbours that answer no probe, each of which fails in a timer.
const NEIGHBOURS_FAIL: &str = r"
ip link add vmnb0 type dummy
ip link set vmnb0 arp on up
ip addr add 192.0.2.1/24 dev vmnb0
for setting in retrans_time_ms=100 ucast_solicit=1 mcast_solicit=1 app_solicit=0; do
    echo ${setting#*=} > /proc/sys/net/ipv4/neigh/vmnb0/${setting%=*}
done
for i in $(seq $NEIGHBOURS); do
    echo neigh replace 192.0.2.$((i + 1)) lladdr 02:00:00:00:00:07 dev vmnb0 nud probe
done | ip -batch -
";

/// Makes the link `vmnb0` with so many neighbours that answer no probe.
pub(crate) fn probe_neighbours(count: u32) {
    let mut script = Command::new("sh");
    script.args(["-euc", NEIGHBOURS_FAIL]).env("NEIGHBOURS", count.to_string());
    assert!(script.status().unwrap().success());
}

/// Waits until all of them have failed.
pub(crate) fn wait_for_failures(count: u32) {
    wait_for("all neighbours have failed", || {
        let failed = run("ip", &["neigh", "show", "dev", "vmnb0", "nud", "failed"]);
        failed.lines().count() == count as usize
    });
}

/// Processes that keep every processor busy, two in user mode and two with system calls; ended when
/// this is.
struct Busy(Vec<Child>);

impl Busy {
    const NAMES: [&'static str; 2] = ["vmspinner", "vmreader"];

    fn start() -> Self {
        let start = |program: &str, name: &str, args: &[&str]| {
            let path = format!("/root/{name}");
            fs::copy(program, &path).unwrap();
            let command = || {
                let mut command = Command::new(&path);
                command.args(args).stderr(Stdio::null()).spawn().unwrap()
            };
            [command(), command()]
        };
        let spinners = start("/bin/dash", Self::NAMES[0], &["-c", "while :; do :; done"]);
        let readers = start("/bin/dd", Self::NAMES[1], &["if=/dev/zero", "of=/dev/null", "bs=1"]);
        Self(spinners.into_iter().chain(readers).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

#[test]
fn kprobes_count_what_timers_send_under_no_process() {
    what_timers_send("kprobe");
}

#[test]
fn fentry_counts_what_timers_send_under_no_process() {
    what_timers_send("fentry");
}

fn what_timers_send(attach: &str) {
    let daemon = Daemon::start(&["--require-probes", "--attach", attach]);
    let busy = Busy::start();
    let before = daemon.quiet();
    probe_neighbours(NEIGHBOURS);
    let sent = |metrics: &Metrics, process: &str| {
        let labels = [("protocol", "route"), ("path", "multicast"), ("process", process)];
        metrics.grown(&before, "nlmon_process_messages_total", &labels)
    };
    // A thread of the kernel's takes over where there is much to do.
    let by_timers = |metrics: &Metrics| {
        let threads = ["interrupt", "ksoftirqd/0", "ksoftirqd/1"];
        threads.iter().map(|process| sent(metrics, process)).sum::<u64>()
    };
    wait_for_failures(NEIGHBOURS);
    let after = daemon.quiet();
    let told = by_timers(&after);
    println!("{told} of {NEIGHBOURS} by {attach}");
    assert!(told <= u64::from(NEIGHBOURS), "{told} by {attach}");
    // No kprobe's program runs in an interrupt of somebody's bpf() call, and before Linux 6.7 the
    // kernel does not say how often (kernel/trace/bpf_trace.c, trace_call_bpf).
    assert!(told >= u64::from(NEIGHBOURS * 9 / 10), "{told} by {attach}");
    for name in Busy::NAMES {
        assert_eq!(sent(&after, name), 0, "{name} by {attach}");
    }
    assert!(sent(&after, "interrupt") > 0, "by {attach}");
    drop(busy);
    run("ip", &["link", "del", "vmnb0"]);
}
