//! Routes that go with a device or an address, and of which the kernel tells nobody: what nlmon says of
//! them is compared with the routes that were added, and with those that are left.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

use crate::{
    recorder::{Recorder, message_type},
    support::{Daemon, attach_by, run},
};

/// Routes in the main table, through a gateway on the link; prime with the one in table 77 and those
/// that the kernel adds for the address.
const ROUTES: u32 = 208;

fn add_link() {
    run("ip", &["link", "add", "vmsil0", "type", "dummy"]);
    run("ip", &["link", "set", "vmsil0", "up"]);
    run("ip", &["addr", "add", "10.50.0.1/24", "dev", "vmsil0"]);
    let mut batch: String = (0..ROUTES)
        .map(|number| format!("route add 10.60.{number}.0/24 via 10.50.0.2 metric 7\n"))
        .collect();
    batch += "route add 10.61.0.0/16 dev vmsil0 table 77\n";
    fs::write("/root/silent.batch", batch).unwrap();
    run("ip", &["-batch", "/root/silent.batch"]);
}

/// The routes of the link, table by table, as `ip` lists them.
fn routes() -> BTreeSet<(String, String)> {
    let json = run("ip", &["-json", "route", "show", "table", "all", "dev", "vmsil0"]);
    let list: Vec<Value> = serde_json::from_str(&json).unwrap();
    let text = |value: &Value, or: &str| value.as_str().unwrap_or(or).to_owned();
    let of_ipv4 = list.iter().filter(|route| {
        let dst = route["dst"].as_str().unwrap();
        !dst.contains(':')
    });
    of_ipv4.map(|route| (text(&route["table"], "main"), text(&route["dst"], ""))).collect()
}

/// The routes that records name, likewise.
fn named(records: &[&Value]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for record in records {
        let table = record["silent"]["table"].as_str().unwrap();
        for route in record["silent"]["routes"].as_array().unwrap() {
            let dst = route["dst"].as_str().unwrap();
            let dst = dst.strip_suffix("/32").unwrap_or(dst);
            assert!(found.insert((table.to_owned(), dst.to_owned())), "twice: {dst}");
            assert_eq!(route["ifname"], "vmsil0", "{route}");
        }
    }
    found
}

/// The routes that the kernel says are gone, to this group.
fn told(records: &[Value], group: &str) -> usize {
    let is_told =
        |record: &&Value| message_type(record) == "RTM_DELROUTE" && record["group"] == group;
    records.iter().filter(is_told).count()
}

fn removed(records: &[&Value]) -> u64 {
    records.iter().map(|record| record["silent"]["removed"].as_u64().unwrap()).sum()
}

fn of_family<'r>(records: &'r [Value], family: &str) -> Vec<&'r Value> {
    let silent = records.iter().filter(|record| record["path"] == "silent");
    silent.filter(|record| record["silent"]["family"] == family).collect()
}

#[test]
fn fentry_names_all_routes_that_go_with_a_link() {
    names_the_routes_of_a_link("fentry");
}

#[test]
fn kprobes_name_all_routes_that_go_with_a_link() {
    names_the_routes_of_a_link("kprobe");
}

fn names_the_routes_of_a_link(attach: &str) {
    let daemon = Daemon::start(&attach_by(attach));
    add_link();
    let before = routes();
    let metrics = daemon.metrics();
    let recorder = Recorder::start(&daemon, &["--path", "silent,multicast", "--protocol", "route"]);
    let mut child = Command::new("ip").args(["link", "set", "vmsil0", "down"]).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    let gone: BTreeSet<_> = before.difference(&routes()).cloned().collect();
    let records = recorder.finish(&daemon);
    assert_eq!(told(&records, "ipv4-route"), 0, "nobody is told");
    let silent = of_family(&records, "inet");
    assert_eq!(named(&silent), gone, "by {attach}");
    assert_eq!(removed(&silent), gone.len() as u64, "by {attach}");
    assert!(gone.len() as u32 > ROUTES + 2, "{}", gone.len());
    for record in &silent {
        assert_eq!((&record["cause"], &record["process"]["pid"]), (&"request".into(), &pid.into()));
        assert_eq!(record["parent"]["type"], "RTM_NEWLINK", "{record}");
        assert_eq!(record["process"]["comm"], "ip", "{record}");
        assert!(record["silent"].get("unnamed").is_none(), "{record}");
    }
    let first = &silent.iter().find(|record| record["silent"]["table"] == "main").unwrap();
    let route = first["silent"]["routes"].as_array().unwrap();
    assert!(route.iter().filter(|route| route["priority"] == 7).count() as u32 == ROUTES);
    let after = daemon.quiet();
    for (table, expected) in [("main", u64::from(ROUTES) + 1), ("77", 1)] {
        let grown = after.grown(&metrics, "nlmon_silent_changes_total", &[("table", table)]);
        assert_eq!(grown, expected, "{table}");
    }
    run("ip", &["link", "del", "vmsil0"]);
}

#[test]
fn routes_that_go_with_an_address_are_named_and_those_that_are_told_are_not() {
    let daemon = Daemon::start(&["--require-probes"]);
    add_link();
    let before = routes();
    let recorder = Recorder::start(&daemon, &["--path", "silent,multicast", "--protocol", "route"]);
    run("ip", &["addr", "del", "10.50.0.1/24", "dev", "vmsil0"]);
    let gone: BTreeSet<_> = before.difference(&routes()).cloned().collect();
    let records = recorder.finish(&daemon);
    let silent = of_family(&records, "inet");
    let told = told(&records, "ipv4-route");
    assert_eq!(removed(&silent) as usize + told, gone.len());
    // Those through the gateway, and the one in table 77.
    assert_eq!(removed(&silent), u64::from(ROUTES) + 1);
    let named = named(&silent);
    assert!(named.is_subset(&gone) && named.len() as u32 == ROUTES + 1, "{named:?}");
    for record in &silent {
        assert_eq!(record["parent"]["type"], "RTM_DELADDR", "{record}");
    }
    run("ip", &["link", "del", "vmsil0"]);
}

#[test]
fn an_ioctl_that_takes_a_link_down_is_the_cause() {
    let daemon = Daemon::start(&["--require-probes"]);
    add_link();
    let recorder = Recorder::start(&daemon, &["--path", "silent"]);
    let program = r#"
import fcntl, os, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("=16sH22x", b"vmsil0", 0))
print(os.getpid())
"#;
    fs::write("/root/down.py", program).unwrap();
    let pid: u64 = run("python3", &["/root/down.py"]).trim().parse().unwrap();
    let records = recorder.finish(&daemon);
    let silent = of_family(&records, "inet");
    assert!(removed(&silent) > u64::from(ROUTES), "{silent:#?}");
    for record in &silent {
        assert_eq!(
            (&record["cause"], &record["ioctl"]),
            (&"syscall".into(), &"SIOCSIFFLAGS".into())
        );
        assert_eq!(record["process"]["pid"], pid, "{record}");
    }
    run("ip", &["link", "del", "vmsil0"]);
}

#[test]
fn ipv6_routes_that_nobody_is_told_of_are_named() {
    const SETTING: &str = "/proc/sys/net/ipv6/route/skip_notify_on_dev_down";
    let daemon = Daemon::start(&["--require-probes"]);
    for (skip, hook) in [("0", "told"), ("1", "silent")] {
        fs::write(SETTING, skip).unwrap();
        run("ip", &["link", "add", "vmsil6", "type", "dummy"]);
        run("ip", &["link", "set", "vmsil6", "up"]);
        let batch: String = (0..103)
            .map(|number| format!("route add 2001:db8:{number:x}::/48 dev vmsil6\n"))
            .collect();
        fs::write("/root/silent6.batch", batch).unwrap();
        run("ip", &["-6", "-batch", "/root/silent6.batch"]);
        let filter = ["--path", "silent,multicast", "--protocol", "route"];
        let recorder = Recorder::start(&daemon, &filter);
        run("ip", &["link", "set", "vmsil6", "down"]);
        let records = recorder.finish(&daemon);
        let told = told(&records, "ipv6-route");
        let silent = of_family(&records, "inet6");
        let names = silent.iter().flat_map(|record| {
            let routes = record["silent"]["routes"].as_array().unwrap();
            routes.iter().map(|route| route["dst"].as_str().unwrap().to_owned())
        });
        let names: BTreeSet<String> = names.filter(|name| name.starts_with("2001:db8:")).collect();
        if skip == "0" {
            assert!(told >= 103 && silent.is_empty(), "{hook}: {told} {silent:#?}");
        } else {
            let expected: BTreeSet<String> =
                (0..103).map(|number| format!("2001:db8:{number:x}::/48")).collect();
            let expected: BTreeSet<String> =
                expected.into_iter().map(|name| name.replace("db8:0::", "db8::")).collect();
            assert_eq!(names, expected, "{hook}");
            assert!(told <= 2 && removed(&silent) >= 103, "{hook}: {told}");
        }
        run("ip", &["link", "del", "vmsil6"]);
    }
    fs::write(SETTING, "0").unwrap();
}
