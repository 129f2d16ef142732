//! Whose a socket is: of processes that have ended before anybody could look, of those that the
//! service has no right to look into, and of a user who does all he can to be in the way.

use std::{
    fs,
    os::fd::{AsRawFd as _, OwnedFd},
    panic,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        socket::{MsgFlags, NetlinkAddr, sendto},
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, pipe, read, write},
};
use nlmon::subscribe::{
    Socket,
    test_module::{self, LOAD_MULTICAST},
};

use crate::support::{Daemon, Metrics, Module, assert_within, message, run, test_socket, wait_for};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Processes that are there at the same time.
const BATCH: usize = 50;

/// Such batches, after as many as make the daemon's tables as large as they get.
const BATCHES: usize = 200;
const WARM_UP: usize = 40;

/// What the processes call themselves, one batch after another.
const NAMES: [&str; 3] = ["vmshort0", "vmshort1", "vmshort2"];

/// Datagrams that each is sent, of which its buffer holds a few.
const DATAGRAMS: u32 = 11;

/// What the daemon may have grown by in the end.
const GROWTH_MAX_KIB: u64 = 2048;

/// A process that listens until its gate is opened, and ends with the number of datagrams it lost.
fn listener(name: &str, ready: &OwnedFd, gate: &OwnedFd) -> Pid {
    // SAFETY: the child makes system calls and allocates, which the C library allows it, and ends.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let lost = panic::catch_unwind(|| listen(name, ready, gate)).unwrap_or(i32::MAX);
            // SAFETY: nothing of the parent's is touched any more.
            unsafe { libc::_exit(lost) }
        }
    }
}

fn listen(name: &str, ready: &OwnedFd, gate: &OwnedFd) -> i32 {
    let name = std::ffi::CString::new(name).unwrap();
    prctl::set_name(&name).unwrap();
    let socket = test_socket(1);
    socket.join(test_module::GROUP).unwrap();
    write(ready, b"+").unwrap();
    read(gate, &mut [0]).unwrap();
    socket.drops().unwrap().try_into().unwrap()
}

/// Makes a batch of listeners lose datagrams; how many they lost.
fn batch(name: &str) -> u64 {
    let (is_ready, ready) = pipe().unwrap();
    let (gate, opens_gate) = pipe().unwrap();
    let children: Vec<_> = (0..BATCH).map(|_| listener(name, &ready, &gate)).collect();
    for _ in 0..BATCH {
        assert_eq!(read(&is_ready, &mut [0]).unwrap(), 1);
    }
    let sender = test_socket(1 << 16);
    test_module::load(&sender, DATAGRAMS, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    sleep(Duration::from_millis(10));
    assert_eq!(write(&opens_gate, &[0; BATCH]).unwrap(), BATCH);
    let lost = |child| match waitpid(child, None).unwrap() {
        WaitStatus::Exited(_, lost) => u64::try_from(lost).unwrap(),
        other => panic!("{other:?}"),
    };
    children.into_iter().map(lost).sum()
}

/// Resident memory of a process in KiB, and how many descriptors it has.
fn footprint(pid: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = line.trim().trim_end_matches(" kB").parse().unwrap();
    (resident, fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count())
}

#[test]
fn what_ten_thousand_short_processes_lose_is_theirs_and_leaves_nothing_behind() {
    // The history is bounded, and would grow up to that.
    let arguments = ["--require-probes", "--sockets-interval", "2", "--history", "64"];
    let daemon = Daemon::start(&arguments);
    let module = Module::load();
    let mut lost = [0; NAMES.len()];
    let start = daemon.quiet();
    let mut make = |batches: usize| {
        for number in 0..batches {
            lost[number % NAMES.len()] += batch(NAMES[number % NAMES.len()]);
        }
    };
    make(WARM_UP);
    // What is kept of them goes when it was seen to have ended twice, 5 s apart.
    sleep(Duration::from_secs(12));
    daemon.quiet();
    let before = footprint(daemon.pid());
    make(BATCHES);
    sleep(Duration::from_secs(12));
    let after = daemon.quiet();
    let (resident, _) = footprint(daemon.pid());
    let grown = |labels: &[(&str, &str)]| {
        let labels = [&[("protocol", "test")], labels].concat();
        after.grown(&start, "nlmon_overruns_total", &labels)
    };
    // What the kernel itself says no program was run for, may be missing: a datagram, or a socket's
    // name and with it the process of all that it lost. Kernels that do not preempt skip none.
    let skipped = after.sum("nlmon_bpf_missed_runs_total", &[]);
    for (name, lost) in NAMES.iter().zip(lost) {
        assert!(lost > 1000, "{name}: {lost}");
        assert_within(name, grown(&[("process", name)]), lost, skipped * u64::from(DATAGRAMS));
    }
    assert_within("all", grown(&[]), lost.iter().sum(), skipped);
    for fault in ["overrun_overflow", "overrun_folded", "owner_overflow"] {
        assert_eq!(after.sum("nlmon_probe_faults_total", &[("fault", fault)]), 0, "{fault}");
    }
    println!("{} KiB, then {resident}", before.0);
    assert!(resident <= before.0 + GROWTH_MAX_KIB, "{} KiB and then {resident}", before.0);
    // One that is open for a moment is none that stays.
    wait_for("descriptors are given back", || footprint(daemon.pid()).1 <= before.1);
    drop((module, daemon));
}

/// `ip monitor` in a namespace of its own and of another user.
fn stranger() -> Child {
    Command::new("unshare")
        .args(["--net", "setpriv", "--reuid=65534", "--clear-groups", "ip", "monitor", "link"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the installed unit allows, as arguments of `systemd-run`.
fn rights() -> Vec<String> {
    let unit = fs::read_to_string("/lib/systemd/system/nlmon.service")
        .or_else(|_| fs::read_to_string("/etc/systemd/system/nlmon.service"))
        .unwrap();
    let confines = |line: &&str| {
        [
            "Capability",
            "NoNew",
            "Private",
            "Protect",
            "Restrict",
            "Lock",
            "MemoryDeny",
            "SystemCall",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    };
    let lines = unit.lines().filter(confines);
    let properties: Vec<_> = lines.map(|line| format!("--property={line}")).collect();
    assert!(properties.len() > 5, "{properties:?}");
    properties
}

#[test]
fn the_services_rights_suffice_to_name_the_owner_of_every_socket() {
    let unit = run("systemctl", &["cat", "nlmon"]);
    assert!(!unit.contains("CAP_SYS_PTRACE") && !unit.contains("CAP_DAC_READ_SEARCH"), "{unit}");
    let mut stranger = stranger();
    let pid = stranger.id();
    let (comm, table) = (format!("/proc/{pid}/comm"), format!("/proc/{pid}/net/netlink"));
    wait_for("it listens", || {
        let listens = |row: &str| row.split_ascii_whitespace().nth(3) == Some("00000001");
        fs::read_to_string(&comm).is_ok_and(|comm| comm == "ip\n")
            && fs::read_to_string(&table).is_ok_and(|table| table.lines().any(listens))
    });
    let rights = rights();
    let rights: Vec<_> = rights.iter().map(String::as_str).collect();
    let command = ["nlmon", "sockets", "--output", "json"];
    let text =
        run("systemd-run", &[&["--pipe", "--wait", "--quiet"], &rights[..], &command].concat());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_processes: Vec<_> = lines.filter(|line| line["kernel"] == false).collect();
    assert!(of_processes.len() > 4, "{text}");
    for line in &of_processes {
        assert!(line["owners"][0]["comm"].is_string(), "{line}");
        assert!(line["owners"][0]["guessed"].is_null(), "{line}");
    }
    let mut strangers = of_processes.iter().filter(|line| line["owners"][0]["pid"] == pid);
    let listener = strangers.find(|line| line["groups"].to_string().contains("link"));
    let listener = listener.expect("a socket of another user in another namespace is named");
    assert_eq!(listener["source"], "iteration");
}

#[test]
fn a_listener_has_a_series_before_it_loses_anything() {
    let daemon = Daemon::start(&["--require-probes", "--sockets-interval", "1"]);
    let mut monitor =
        Command::new("ip").args(["monitor", "link"]).stdout(Stdio::null()).spawn().unwrap();
    let labels = [("protocol", "route"), ("process", "ip")];
    wait_for("it is there, at 0", || daemon.metrics().has("nlmon_overruns_total", &labels));
    assert_eq!(daemon.metrics().sum("nlmon_overruns_total", &labels), 0);
    monitor.kill().unwrap();
    monitor.wait().unwrap();
}

/// A program of the next test: as a user in namespaces of his own, it loses datagrams of as many
/// types as there are counters.
#[test]
#[ignore = "run by another test"]
fn loses_datagrams_of_every_type() {
    // NETLINK_USERSOCK: anybody may send there.
    let (listener, sender) = (Socket::open(2).unwrap(), Socket::open(2).unwrap());
    listener.set_receive_buffer(1).unwrap();
    listener.join(1).unwrap();
    let address = NetlinkAddr::new(0, 1);
    for message_type in 16..16 + 2 * 4096 {
        let datagram = message(message_type, 0, &[0; 64]);
        match sendto(sender.as_raw_fd(), &datagram, &address, MsgFlags::MSG_DONTWAIT) {
            // The second leg, to the kernel's socket, has nobody to go to.
            Ok(_) | Err(Errno::ECONNREFUSED) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(listener.drops().unwrap() > 8000);
}

/// Runs a program of this file as a user, in a namespace of his own.
fn run_as_user(test: &str) {
    let path = "/tmp/vmuser";
    fs::copy("/proc/self/exe", path).unwrap();
    run("chmod", &["755", path]);
    let user = ["--reuid=1000", "--regid=1000", "--clear-groups", "unshare", "-Urn", path];
    run("setpriv", &[&user[..], &["--exact", "--ignored", test]].concat());
    fs::remove_file(path).unwrap();
}

#[test]
fn a_user_who_uses_up_all_counters_of_overruns_is_in_nobodys_way() {
    let daemon = Daemon::start(&["--require-probes", "--sockets-interval", "1"]);
    let module = Module::load();
    let faults =
        |metrics: &Metrics, fault| metrics.sum("nlmon_probe_faults_total", &[("fault", fault)]);
    run_as_user("owners::loses_datagrams_of_every_type");
    let folded = faults(&daemon.metrics(), "overrun_folded");
    let before = daemon.quiet();
    let lost = batch(NAMES[0]);
    let after = daemon.quiet();
    let labels = [("protocol", "test"), ("process", NAMES[0])];
    assert_eq!(after.grown(&before, "nlmon_overruns_total", &labels), lost);
    let labels = [("protocol", "test"), ("type", "NLTEST_MSG_DATA")];
    assert_eq!(after.grown(&before, "nlmon_overrun_types_total", &labels), lost);
    assert_eq!(faults(&after, "overrun_overflow"), 0);
    assert!(folded > 4096, "{folded}: the user has not done what he should");
    drop((module, daemon));
}
