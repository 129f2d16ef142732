//! What nlmon says of sockets against `/proc/net/netlink` and what the scenario itself opened.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use nlmon::subscribe::test_module::{self, LOAD_MULTICAST};

use crate::support::{Daemon, Metrics, Module, run, test_socket, wait_for};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Two such looks are waited for where one has to have begun after what it is to see.
const INTERVAL: [&str; 2] = ["--sockets-interval", "1"];

#[test]
fn a_listener_that_never_reads_has_the_drops_that_proc_has() {
    let daemon = Daemon::start(&INTERVAL);
    let module = Module::load();
    let labels = [("protocol", "test"), ("process", &*own_comm())];
    let before = daemon.metrics();
    let listener = test_socket(1);
    listener.join(test_module::GROUP).unwrap();
    let sender = test_socket(1 << 20);
    test_module::load(&sender, 1009, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    let drops = drops_in_proc(listener.portid());
    assert!(drops > 900 && drops < 1009, "{drops}");
    let grown = |metrics: &Metrics| metrics.grown(&before, "nlmon_socket_drops_total", &labels);
    wait_for("the drops are seen", || grown(&daemon.metrics()) > 0);
    assert_eq!(grown(&daemon.metrics()), drops);
    let after = daemon.metrics();
    let (queue, high) = ("nlmon_socket_queue_bytes", "nlmon_socket_queue_high_bytes");
    assert!(after.sum(queue, &labels) > 0);
    assert!(after.sum(queue, &labels) < after.sum("nlmon_socket_buffer_bytes", &labels));
    drop((listener, sender));
    wait_for("they are gone", || daemon.metrics().sum("nlmon_sockets", &labels) == 0);
    let after = daemon.metrics();
    assert_eq!(grown(&after), drops);
    assert_eq!(after.sum(queue, &labels), 0);
    assert!(after.sum(high, &labels) > 0);
    drop((module, daemon));
}

#[test]
fn a_process_with_many_sockets_has_as_many_until_it_ends() {
    let daemon = Daemon::start(&INTERVAL);
    let module = Module::load();
    let sockets: Vec<_> = (0..53).map(|_| test_socket(1 << 16)).collect();
    let comm = own_comm();
    let shown =
        || daemon.metrics().sum("nlmon_sockets", &[("protocol", "test"), ("process", &*comm)]);
    wait_for("all are seen", || shown() == 53);
    let table = run("/usr/bin/nlmon", &["sockets", "--protocol", "test"]);
    let row = table.lines().find(|row| row.contains(&format!("({})", std::process::id())));
    assert_eq!(row.unwrap().split_ascii_whitespace().nth(3), Some("53"), "{table}");
    drop(sockets);
    wait_for("none is left", || shown() == 0);
    drop((module, daemon));
}

#[test]
fn the_sockets_of_another_namespace_are_listed() {
    run("ip", &["netns", "add", "nlmon-other"]);
    let mut monitor = monitor_in("nlmon-other");
    let text = run("/usr/bin/nlmon", &["sockets", "--output", "json"]);
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    run("ip", &["netns", "delete", "nlmon-other"]);
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let found: Vec<_> = lines.filter(|line| line["netns_name"] == "nlmon-other").collect();
    assert!(found.iter().any(|line| line["kernel"] == true), "{text}");
    let pid = monitor.id();
    // It has another, for its requests.
    let listens = |line: &serde_json::Value| {
        line["groups"].as_array().unwrap().iter().any(|group| group == "link")
    };
    let mut of_monitor = found.iter().filter(|line| line["owners"][0]["pid"] == pid);
    let listener = of_monitor.find(|line| listens(line)).expect("its listener is listed");
    assert_eq!(listener["owners"][0]["comm"], "ip");
    assert_eq!(listener["source"], "sock_diag");
}

/// `ip monitor link` in a namespace, once it listens there.
fn monitor_in(name: &str) -> Child {
    let child = Command::new("ip")
        .args(["-netns", name, "monitor", "link"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let proc = format!("/proc/{}", child.id());
    let inode = |path: &str| fs::metadata(path).map(|metadata| metadata.ino()).ok();
    let namespace = inode(&format!("/run/netns/{name}"));
    wait_for("it listens", || {
        // It starts in this namespace, where others may listen.
        let rows = fs::read_to_string(format!("{proc}/net/netlink")).unwrap_or_default();
        let listens = |row: &str| {
            let fields: Vec<_> = row.split_ascii_whitespace().collect();
            (fields[1], fields[3]) == ("0", "00000001")
        };
        inode(&format!("{proc}/ns/net")) == namespace && rows.lines().any(listens)
    });
    child
}

fn own_comm() -> String {
    fs::read_to_string("/proc/self/comm").unwrap().trim_end().to_owned()
}

fn drops_in_proc(portid: u32) -> u64 {
    let text = fs::read_to_string("/proc/net/netlink").unwrap();
    let rows = text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let mut rows = rows.filter(|row| row[1] == "17" && row[2] == portid.to_string());
    rows.next().expect("it is listed")[8].parse().unwrap()
}
