//! Who did it: notifications, and what an independent log of the actors, or the way they were made
//! to happen, says of their cause.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::MetadataExt as _,
    process::{Command, Stdio},
    time::Duration,
};

use nlmon::subscribe::{Socket, monotonic_ns};
use nlmon_core::message::{Header, flag};
use serde_json::Value;

use crate::{
    recorder::{Recorder, message_type, summary},
    support::{Daemon, is_preemptible, run, wait_for},
};

/// A namespace, gone when this is.
struct Namespace(&'static str);

impl Namespace {
    fn add(name: &'static str) -> Self {
        run("ip", &["netns", "add", name]);
        Self(name)
    }

    fn inode(&self) -> u64 {
        fs::metadata(format!("/run/netns/{}", self.0)).unwrap().ino()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", self.0]).status());
    }
}

fn own_namespace() -> u64 {
    fs::metadata("/proc/self/ns/net").unwrap().ino()
}

/// A change that an actor logged itself.
struct Change {
    pid: u64,
    unit: Option<String>,
    netns: u64,
    message_type: &'static str,
}

/// Changes of its own device at random, each by a process of its own, and logs those that worked.
/// The actor `b` deletes the default route on its way.
const ACTOR: &str = r#"
name=$1; number=$2; rounds=$3; log=/root/actor-$name.log; seed=$number
do_ip() { ip "$@" & pid=$!; wait $pid && echo "$pid $1 $2" >> $log; }
do_ip link add d$name type dummy
do_ip link set d$name up
i=0
while [ $i -lt $rounds ]; do
    i=$((i + 1)); seed=$(((seed * 1103515245 + 12345) % 2147483648))
    case $((seed / 65536 % 4)) in
    0) do_ip link set d$name mtu $((1280 + i)) ;;
    1) do_ip addr add 10.$number.$((i / 250)).$((i % 250 + 1))/32 dev d$name
       do_ip addr del 10.$number.$((i / 250)).$((i % 250 + 1))/32 dev d$name ;;
    2) do_ip route add 172.$number.$((i % 250)).0/24 dev d$name
       do_ip route del 172.$number.$((i % 250)).0/24 dev d$name ;;
    3) do_ip link add x$name type dummy
       do_ip link del x$name ;;
    esac
    [ $name = b ] && [ $i = 40 ] && do_ip route del default
done
echo done > /root/actor-$name.done
"#;

/// The message that a change by `ip` is notified with.
fn notified_by(object: &str, verb: &str) -> &'static str {
    match (object, verb) {
        ("link", "add" | "set") => "RTM_NEWLINK",
        ("link", _) => "RTM_DELLINK",
        ("addr", "add") => "RTM_NEWADDR",
        ("addr", _) => "RTM_DELADDR",
        ("route", "add") => "RTM_NEWROUTE",
        _ => "RTM_DELROUTE",
    }
}

fn changes(name: &str, unit: Option<&str>, netns: u64) -> Vec<Change> {
    let log = fs::read_to_string(format!("/root/actor-{name}.log")).unwrap();
    let change = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        Change {
            pid: words[0].parse().unwrap(),
            unit: unit.map(str::to_owned),
            netns,
            message_type: notified_by(words[1], words[2]),
        }
    };
    log.lines().map(change).collect()
}

fn is_of(record: &Value, change: &Change) -> bool {
    record["process"]["pid"] == change.pid && message_type(record) == change.message_type
}

#[test]
fn tells_who_deleted_the_default_route_and_made_every_other_change() {
    // Before the daemon: a record comes out a moment after what it is of, and these are nobody's.
    let blue = Namespace::add("vmblue");
    run("ip", &["link", "add", "vmdef0", "type", "dummy"]);
    run("ip", &["link", "set", "vmdef0", "up"]);
    run("ip", &["route", "add", "default", "dev", "vmdef0"]);
    let daemon = Daemon::start(&["--require-probes", "--queue", "65536"]);
    let before = daemon.metrics();
    fs::write("/root/actor.sh", ACTOR).unwrap();
    let tail = Command::new("/usr/bin/nlmon")
        .args(["tail", "--type", "RTM_DELROUTE", "--path", "multicast", "--text", "default"])
        .args(["--count", "1", "--socket"])
        .arg(&daemon.socket)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--protocol", "route"]);
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        let (unit, number) = (format!("--unit=vm-{name}"), (number + 20).to_string());
        run("systemd-run", &[&unit, "--collect", "sh", "/root/actor.sh", name, &number, "150"]);
    }
    let inside = ["netns", "exec", blue.0, "sh", "/root/actor.sh", "n", "29", "150"];
    run("ip", &inside);
    wait_for("the actors are done", || {
        ["a", "b", "c"].iter().all(|name| fs::exists(format!("/root/actor-{name}.done")).unwrap())
    });
    let records = recorder.finish(&daemon);
    let mut all = changes("n", None, blue.inode());
    for name in ["a", "b", "c"] {
        all.extend(changes(name, Some(&format!("vm-{name}.service")), own_namespace()));
    }
    assert!(all.len() >= 1000, "only {} changes", all.len());
    compare(&records, &all, daemon.metrics().skipped(&before));
    name_the_program(&records);
    let line = String::from_utf8(tail.wait_with_output().unwrap().stdout).unwrap();
    let culprit = records.iter().find(|record| {
        message_type(record) == "RTM_DELROUTE" && summary(record).starts_with("default")
    });
    let pid = &culprit.unwrap()["process"]["pid"];
    assert!(line.contains(&format!(" ip[{pid}] ")), "{line}");
    assert!(line.contains("vm-b.service"), "{line}");
    run("ip", &["link", "del", "vmdef0"]);
}

/// Every change has a record that names it, and every record that names a request names a change.
/// Where the kernel preempts, as many may be missing or `unknown` as it has `skipped` runs of programs;
/// none names another.
fn compare(records: &[Value], changes: &[Change], skipped: u64) {
    let mut wrong = String::new();
    let mut excused = if is_preemptible() { skipped } else { 0 };
    for change in changes {
        let mut found = records.iter().filter(|record| is_of(record, change));
        let right = |record: &Value| {
            record["cause"] == "request"
                && record["process"]["comm"] == "ip"
                && record["process"]["unit"].as_str() == change.unit.as_deref().or(own_unit())
                && record["netns"] == change.netns
        };
        if found.clone().any(right) {
            continue;
        }
        if excused > 0 && found.clone().all(|record| record["cause"] == "unknown") {
            excused -= 1;
            continue;
        }
        let (pid, message_type) = (change.pid, change.message_type);
        writeln!(wrong, "{pid} {message_type}: {:?}", found.next()).unwrap();
    }
    for record in records.iter().filter(|record| record["cause"] == "request") {
        let pid = &record["process"]["pid"];
        if record["process"]["comm"] == "ip" && !changes.iter().any(|change| *pid == change.pid) {
            writeln!(wrong, "nobody's: {record}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// They all have ended before anybody can ask what they run. Where the kernel preempts, some are not
/// seen to execute it.
fn name_the_program(records: &[Value]) {
    let processes: Vec<_> = records.iter().map(|record| &record["process"]).collect();
    let of_ip = processes.iter().filter(|process| process["comm"] == "ip");
    let paths: Vec<_> = of_ip.map(|process| process.get("executable")).collect();
    let named = paths.iter().flatten().filter_map(|path| path.as_str());
    assert!(named.clone().all(|path| path.ends_with("/ip")), "{paths:?}");
    let missing = paths.len() - named.count();
    let excused = if is_preemptible() { paths.len() / 100 } else { 0 };
    assert!(missing <= excused, "{missing} of {}", paths.len());
}

/// The unit that the tests themselves, and so what they start without one, run in.
fn own_unit() -> Option<&'static str> {
    static UNIT: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| {
        let text = fs::read_to_string("/proc/self/cgroup").unwrap();
        let last = text.trim_end().rsplit('/').next()?;
        let is_unit = matches!(last.rsplit_once('.'), Some((_, "service" | "scope")));
        is_unit.then(|| last.to_owned())
    });
    UNIT.as_deref()
}

#[test]
fn a_change_by_a_generic_command_is_a_request() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmeth0", "type", "dummy"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--process", "ethtool"]);
    run("ethtool", &["-K", "vmeth0", "gro", "off"]);
    let records = recorder.finish(&daemon);
    for name in ["ethtool", "RTM_NEWLINK"] {
        let told = records.iter().find(|record| message_type(record) == name).unwrap();
        assert_eq!(told["cause"], "request", "{told:#?}");
        assert_eq!(told["parent"]["type"], "ethtool", "{told:#?}");
        assert_eq!(told["parent"]["command"], "ETHTOOL_MSG_FEATURES_SET", "{told:#?}");
    }
    run("ip", &["link", "del", "vmeth0"]);
}

#[test]
fn a_change_by_ip_is_a_request_whatever_it_changes() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--process", "ip"]);
    for (arguments, expected) in [
        ("link add vmc0 type dummy", "RTM_NEWLINK"),
        ("link set vmc0 up", "RTM_NEWLINK"),
        ("addr add 192.0.2.1/24 dev vmc0", "RTM_NEWADDR"),
        ("route add 198.51.100.0/24 dev vmc0", "RTM_NEWROUTE"),
        ("neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev vmc0", "RTM_NEWNEIGH"),
        ("rule add from 192.0.2.1 table 77", "RTM_NEWRULE"),
        ("rule del from 192.0.2.1 table 77", "RTM_DELRULE"),
        ("neigh del 192.0.2.7 dev vmc0", "RTM_DELNEIGH"),
        ("route del 198.51.100.0/24 dev vmc0", "RTM_DELROUTE"),
        ("addr del 192.0.2.1/24 dev vmc0", "RTM_DELADDR"),
        ("link del vmc0", "RTM_DELLINK"),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let mut child = Command::new("ip").args(&words).spawn().unwrap();
        let pid = u64::from(child.id());
        assert!(child.wait().unwrap().success(), "{arguments}");
        let record = recorder.wait_for(arguments, |record| {
            record["process"]["pid"] == pid
                && message_type(record) == expected
                && record["cause"] == "request"
        });
        assert_eq!(record["process"]["uid"], 0, "{record}");
        assert_eq!(record["netns"], own_namespace(), "{record}");
    }
    recorder.finish(&daemon);
}

#[test]
fn a_change_by_a_daemon_names_its_unit_and_program() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--type", "RTM_NEWADDR"]);
    fs::create_dir_all("/run/systemd/network").unwrap();
    let network = "[Match]\nName=vmnetd0\n[Network]\nAddress=192.0.2.33/24\n";
    fs::write("/run/systemd/network/10-vm.network", network).unwrap();
    run("ip", &["link", "add", "vmnetd0", "type", "dummy"]);
    run("systemctl", &["start", "systemd-networkd"]);
    let record = recorder.wait_for("the address", |record| summary(record).contains("192.0.2.33"));
    assert_eq!(record["cause"], "request", "{record}");
    assert_eq!(record["process"]["unit"], "systemd-networkd.service", "{record}");
    let program = record["process"]["executable"].as_str().unwrap();
    assert!(program.ends_with("/systemd/systemd-networkd"), "{record}");
    assert_ne!(record["process"]["uid"], 0, "{record}");
    run("systemctl", &["stop", "systemd-networkd.socket", "systemd-networkd"]);
    fs::remove_file("/run/systemd/network/10-vm.network").unwrap();
    run("ip", &["link", "del", "vmnetd0"]);
    recorder.finish(&daemon);
}

#[test]
fn a_change_in_another_namespace_is_told_from_one_here() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--type", "RTM_NEWLINK"]);
    let red = Namespace::add("vmred");
    run("ip", &["netns", "exec", red.0, "ip", "link", "add", "vmin0", "type", "dummy"]);
    run("unshare", &["--net", "--mount", "--pid", "--fork", "sh", "-c", UNSHARED]);
    let named = recorder.wait_for("vmin0", |record| summary(record).contains("vmin0"));
    assert_eq!(named["netns"], red.inode(), "{named}");
    assert_eq!(named["netns_name"], red.0, "{named}");
    assert_eq!((&named["cause"], &named["process"]["comm"]), (&"request".into(), &"ip".into()));
    let contained = recorder.wait_for("vmun0", |record| summary(record).contains("vmun0"));
    let inode: u64 = fs::read_to_string("/root/unshared").unwrap().trim().parse().unwrap();
    assert_eq!(contained["netns"], inode, "{contained}");
    assert_ne!(inode, own_namespace());
    assert_eq!(contained["cause"], "request", "{contained}");
    // As the initial namespace has it, where it was not the first.
    assert!(contained["process"]["pid"].as_u64().unwrap() > 10, "{contained}");
    recorder.finish(&daemon);
}

const UNSHARED: &str =
    "stat -L -c %i /proc/thread-self/ns/net > /root/unshared; ip link add vmun0 type dummy";

#[test]
fn what_the_kernel_does_by_itself_is_nobodys() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--protocol", "route"]);
    run("ip", &["link", "add", "vmk0", "type", "veth", "peer", "name", "vmk1"]);
    run("ip", &["link", "set", "vmk0", "up"]);
    run("ip", &["link", "set", "vmk1", "up"]);
    for (setting, value) in [("base_reachable_time_ms", "1000"), ("delay_first_probe_time", "1")] {
        fs::write(format!("/proc/sys/net/ipv4/neigh/vmk0/{setting}"), value).unwrap();
    }
    // With the last address, all neighbours would go.
    run("ip", &["addr", "add", "192.0.2.43/24", "dev", "vmk0"]);
    let lifetime = ["valid_lft", "3", "preferred_lft", "3"];
    run("ip", &[&["addr", "add", "192.0.2.41/24", "dev", "vmk0"][..], &lifetime].concat());
    let neighbour = ["neigh", "replace", "192.0.2.42", "lladdr", "02:00:00:00:00:42"];
    run("ip", &[&neighbour[..], &["dev", "vmk0", "nud", "reachable"]].concat());
    let is_kernels = |record: &Value| record["cause"] == "kernel";
    recorder.wait_for("the neighbour ages", |record| {
        is_kernels(record)
            && message_type(record) == "RTM_NEWNEIGH"
            && summary(record).contains("192.0.2.42")
    });
    let expiry = recorder.wait_for("the address expires", |record| {
        message_type(record) == "RTM_DELADDR" && summary(record).contains("192.0.2.41")
    });
    assert_eq!(expiry["cause"], "kernel", "{expiry}");
    assert_eq!(expiry["process"]["kernel_thread"], true, "{expiry}");
    let before_ns = monotonic_ns();
    run("ip", &["link", "set", "vmk1", "down"]);
    let carrier = recorder.wait_for("the carrier is lost", |record| {
        record["time_ns"].as_u64() > Some(before_ns)
            && message_type(record) == "RTM_NEWLINK"
            && summary(record).starts_with("vmk0")
            && summary(record).contains("DOWN ")
    });
    assert!(is_kernels(&carrier), "{carrier}");
    run("ip", &["link", "del", "vmk0"]);
    recorder.finish(&daemon);
}

/// `RTM_GETQDISC`, which a kernel before 6.8 answers to the group too (`qdisc_notify` in
/// `net/sched/sch_api.c`).
const GETQDISC: u16 = 38;

#[test]
fn what_a_request_that_reads_has_sent_is_flushed() {
    if !run("uname", &["-r"]).starts_with("6.1.") {
        return;
    }
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmq0", "type", "dummy"]);
    run("tc", &["qdisc", "add", "dev", "vmq0", "root", "pfifo"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--group", "tc"]);
    let index: u32 =
        fs::read_to_string("/sys/class/net/vmq0/ifindex").unwrap().trim().parse().unwrap();
    // `struct tcmsg`: the qdisc whose parent is the root.
    let payload = [0, index, 0, u32::MAX, 0].map(u32::to_ne_bytes).concat();
    let header =
        Header { len: 36, message_type: GETQDISC, flags: flag::REQUEST, seq: 1, portid: 0 };
    let socket = Socket::open(0).unwrap();
    socket.set_timeout(Duration::from_secs(20)).unwrap();
    socket.send(&[&header.to_bytes()[..], &payload].concat()).unwrap();
    let record = recorder.wait_for("the answer to the group", |record| {
        record["process"]["pid"] == std::process::id()
    });
    assert_eq!(record["cause"], "flushed", "{record}");
    assert_eq!(record["parent"]["type"], "RTM_GETQDISC", "{record}");
    run("ip", &["link", "del", "vmq0"]);
    recorder.finish(&daemon);
}
