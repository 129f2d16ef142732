//! Did it arrive: listeners that read and one that does not, nlmon's own socket when it runs over
//! and when it is not let run, and where and to what it listens.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use nlmon::subscribe::{
    Socket,
    test_module::{self, LOAD_MULTICAST},
};

use crate::{
    recorder::{Recorder, message_type, summary},
    support::{Daemon, Module, receive, run, test_socket, wait_for},
};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Receive buffer of the listener that does not read, of all kernels': its own dump fits, and a
/// part of the changes.
const NARROW: &str = "131072";
/// And of the others: as much as the kernel lets it have.
const WIDE: &str = "8388608";

/// `ip monitor link` under a name of its own, ended with this.
struct Listener {
    name: String,
    child: Child,
}

impl Listener {
    fn start(number: u32) -> Self {
        let buffer = if number == 0 { NARROW } else { WIDE };
        let name = format!("vmlisten{number}");
        let path = format!("/root/{name}");
        fs::copy("/usr/bin/ip", &path).or_else(|_| fs::copy("/sbin/ip", &path)).unwrap();
        let mut command = Command::new(&path);
        let child = command
            .args(["-rcvbuf", buffer, "monitor", "link"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let listener = Self { name, child };
        wait_for("it listens", || listener.drops().is_some());
        listener
    }

    /// Drops of the socket that listens to links, from the kernel's table.
    fn drops(&self) -> Option<u64> {
        let pid = self.child.id().to_string();
        row(|row| row[1] == "0" && row[2] == pid && row[3].ends_with('1'))
            .map(|row| row[8].parse().unwrap())
    }

    fn signal(&self, signal: &str) {
        run("kill", &[signal, &self.child.id().to_string()]);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop((self.child.kill(), self.child.wait()));
        drop(fs::remove_file(format!("/root/{}", self.name)));
    }
}

/// A row of the table of sockets of this namespace.
fn row(wanted: impl Fn(&[&str]) -> bool) -> Option<Vec<String>> {
    let table = fs::read_to_string("/proc/net/netlink").unwrap();
    let mut rows = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let found = rows.find(|row| wanted(row))?;
    Some(found.into_iter().map(str::to_owned).collect())
}

#[test]
fn a_listener_that_never_reads_loses_alone_whatever_their_number() {
    const CHANGES: u64 = 599;
    let daemon = Daemon::start(&["--require-probes", "--sockets-interval", "1"]);
    run("ip", &["link", "add", "vmfan0", "type", "dummy"]);
    let change = |number| format!("link set vmfan0 mtu {}\n", 1300 + number % 3);
    fs::write("/root/changes", (0..CHANGES).map(change).collect::<String>()).unwrap();
    let members = [("protocol", "route"), ("group", "link")];
    for count in [1, 3, 20] {
        // It is a look that tells.
        sleep(Duration::from_secs(3));
        let others = daemon.metrics().sum("nlmon_group_members", &members);
        let listeners: Vec<_> = (0..count).map(Listener::start).collect();
        wait_for("all are seen", || {
            daemon.metrics().sum("nlmon_group_members", &members) == others + u64::from(count)
        });
        listeners[0].signal("-STOP");
        let before = daemon.quiet();
        run("ip", &["-batch", "/root/changes"]);
        let after = daemon.quiet();
        for listener in &listeners {
            let labels = [("protocol", "route"), ("process", &*listener.name)];
            let lost = after.grown(&before, "nlmon_overruns_total", &labels);
            assert_eq!(Some(lost), listener.drops(), "{}", listener.name);
            assert_eq!(lost > 100, listener.name == "vmlisten0", "{}: {lost}", listener.name);
        }
        // Of a broadcast that no program was run for, nlmon has the delivery alone: the kernel says
        // how many those may be. Kernels that do not preempt skip none.
        let skipped = after.sum("nlmon_bpf_missed_runs_total", &[]);
        let delivered = [&members[..], &[("outcome", "delivered")]].concat();
        wait_for("every change is delivered to nlmon", || {
            let name = "nlmon_multicast_deliveries_total";
            let delivered = daemon.quiet().grown(&before, name, &delivered);
            (CHANGES.saturating_sub(skipped)..=CHANGES).contains(&delivered)
        });
        listeners[0].signal("-CONT");
    }
    run("ip", &["link", "del", "vmfan0"]);
}

/// A member with room for everything, so that the module's messages have a listener.
fn witness() -> Socket {
    let witness = test_socket(64 << 20);
    witness.join(test_module::GROUP).unwrap();
    witness
}

fn wait_for_own_socket(witness: &Socket) -> String {
    let own = |row: &[&str]| {
        row[1] == "17" && row[3].ends_with('1') && row[2] != witness.portid().to_string()
    };
    let mut portid = String::new();
    wait_for("the daemon listens too", || {
        row(own).is_some_and(|row| {
            portid.clone_from(&row[2]);
            true
        })
    });
    // Joining and knowing of it are two things.
    sleep(Duration::from_millis(500));
    portid
}

#[test]
fn its_own_overrun_is_reported_to_the_last_datagram() {
    const COUNT: u32 = 1009;
    let daemon = Daemon::start(&["--require-probes", "--receive-buffer", "1"]);
    let module = Module::load();
    let witness = witness();
    let portid = wait_for_own_socket(&witness);
    let before = daemon.quiet();
    let recorder = Recorder::start(&daemon, &["--protocol", "test", "--path", "multicast"]);
    let sender = test_socket(1 << 20);
    test_module::load(&sender, COUNT, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    receive(&witness, COUNT as usize);
    let name = "nlmon_multicast_deliveries_total";
    wait_for("what became of all is known", || {
        daemon.quiet().grown(&before, name, &[("protocol", "test")]) == u64::from(COUNT)
    });
    let records = recorder.finish(&daemon);
    let after = daemon.quiet();
    let dropped = row(|row| row[1] == "17" && row[2] == portid).unwrap()[8].parse::<u64>().unwrap();
    assert!(dropped > 0 && dropped < u64::from(COUNT), "{dropped}");
    let protocol = [("protocol", "test")];
    assert_eq!(after.grown(&before, "nlmon_own_overruns_total", &protocol), dropped);
    let grown = |outcome| {
        let labels = [("protocol", "test"), ("outcome", outcome)];
        after.grown(&before, name, &labels)
    };
    assert_eq!((grown("lost"), grown("unobserved")), (dropped, 0));
    assert_eq!(grown("delivered"), u64::from(COUNT) - dropped);
    // Which: every message of the load once, the lost ones among them.
    let mut numbers: Vec<_> = records.iter().map(|record| &record["messages"][0]["seq"]).collect();
    let lost = records.iter().filter(|record| record["outcome"] == "lost").count() as u64;
    numbers.sort_by_key(|number| number.as_u64());
    numbers.dedup();
    assert_eq!((numbers.len() as u64, lost), (u64::from(COUNT), dropped));
    drop((witness, sender, module));
}

#[test]
fn a_daemon_that_was_not_let_run_takes_nothing_for_lost() {
    const COUNT: u32 = 211;
    let daemon = Daemon::start(&["--require-probes"]);
    let module = Module::load();
    let witness = witness();
    wait_for_own_socket(&witness);
    let before = daemon.quiet();
    let sender = test_socket(1 << 20);
    let pid = daemon.pid().to_string();
    run("kill", &["-STOP", &pid]);
    test_module::load(&sender, COUNT, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    sleep(Duration::from_secs(5));
    run("kill", &["-CONT", &pid]);
    receive(&witness, COUNT as usize);
    let delivered = [("protocol", "test"), ("outcome", "delivered")];
    let name = "nlmon_multicast_deliveries_total";
    wait_for("all are delivered", || {
        daemon.quiet().grown(&before, name, &delivered) == u64::from(COUNT)
    });
    assert_eq!(daemon.quiet().grown(&before, name, &[("protocol", "test")]), u64::from(COUNT));
    drop((witness, sender, module));
}

#[test]
fn times_of_deliveries_are_within_what_the_sender_measures() {
    const COUNT: u64 = 23;
    let daemon = Daemon::start(&["--require-probes"]);
    let module = Module::load();
    let witness = witness();
    wait_for_own_socket(&witness);
    let before = daemon.quiet();
    let labels = [("protocol", "test"), ("group", "greeting")];
    let name = "nlmon_multicast_delivery_seconds";
    let sender = test_socket(1 << 20);
    let start = Instant::now();
    for number in 1..=COUNT {
        test_module::greet(&sender, TIMEOUT).unwrap();
        // One after the other, so that their times do not overlap.
        wait_for("it is counted", || {
            daemon.metrics().grown(&before, &format!("{name}_count"), &labels) == number
        });
    }
    let (measured, after) = (start.elapsed().as_secs_f64(), daemon.quiet());
    let sum = format!("{name}_sum");
    let told = after.seconds(&sum, &labels) - before.seconds(&sum, &labels);
    assert!(told > 0.0 && told < measured, "{told} s of {measured} s");
    drop((witness, sender, module));
}

#[test]
fn namespaces_are_followed_as_they_come_and_go() {
    let daemon = Daemon::start(&["--require-probes", "--netns", "all"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--type", "RTM_NEWLINK"]);
    run("ip", &["netns", "add", "vmgreen"]);
    run("ip", &["link", "add", "vmout0", "type", "veth", "peer", "vmin0", "netns", "vmgreen"]);
    let mut number = 0;
    // A look for namespaces comes every other second.
    wait_for("what happens there is delivered", || {
        number += 1;
        let mtu = (1300 + number).to_string();
        run("ip", &["-netns", "vmgreen", "link", "set", "vmin0", "mtu", &mtu]);
        sleep(Duration::from_millis(500));
        recorder.records().iter().any(|record| {
            record["netns_name"] == "vmgreen"
                && record["outcome"] == "delivered"
                && summary(record).starts_with("vmin0")
        })
    });
    run("ip", &["netns", "del", "vmgreen"]);
    // Its end takes the veth pair with it.
    wait_for("the namespace is gone", || !Path::new("/sys/class/net/vmout0").exists());
    recorder.finish(&daemon);
}

#[test]
fn groups_are_joined_by_name_and_beyond_the_thirty_second() {
    let subscribe = |groups| ["--subscribe", groups];
    let arguments = [
        subscribe("route:link,brvlan"),
        subscribe("generic:nlctrl/notify,nosuch/group"),
        subscribe("kobject_uevent:kernel"),
        subscribe("audit:readlog"),
    ];
    let daemon = Daemon::start(&[&["--require-probes"], arguments.as_flattened()].concat());
    let recorder = Recorder::start(&daemon, &["--path", "multicast"]);
    let delivered = |protocol, group| {
        recorder.wait_for(group, |record| {
            record["protocol"] == protocol
                && record["group"] == group
                && record["outcome"] == "delivered"
        })
    };
    run("ip", &["link", "add", "vmbr0", "type", "bridge"]);
    delivered("kobject_uevent", "kernel");
    run("bridge", &["vlan", "add", "dev", "vmbr0", "vid", "7", "self"]);
    let vlan = delivered("route", "brvlan");
    assert_eq!(vlan["cause"], "request", "{vlan}");
    run("modprobe", &["wireguard"]);
    let family = delivered("generic", "nlctrl/notify");
    // Loading a module is no request.
    assert_eq!(family["cause"], "syscall", "{family}");
    assert_eq!(family["syscall"], "finit_module", "{family}");
    assert_eq!(message_type(&family), "nlctrl", "{family}");
    run("ip", &["link", "del", "vmbr0"]);
    recorder.finish(&daemon);
}
