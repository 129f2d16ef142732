//! The configuration read again while the daemon runs: what changes, what does not and is named, and
//! that nonsense changes nothing. The daemon has no rights over the kernel, in namespaces of its own.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;
mod unshared;

use std::{
    fs,
    os::unix::net::UnixDatagram,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

use directory::Directory;
use nix::time::{ClockId, clock_gettime};
use unshared::{Daemon, NLMON, wait_for};

const TEA_POT: &str = include_str!("../core/tests/specs/tea-pot.yaml");

fn start(file: &str, arguments: &[&str]) -> Daemon {
    Daemon::start("", file, arguments)
}

fn tail(daemon: &Daemon, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["60", NLMON, "tail", "--socket"]).arg(daemon.directory.join("log"));
    command.args(arguments).output().unwrap()
}

/// A client that stays.
fn client(daemon: &Daemon, arguments: &[&str]) -> Child {
    let mut command = Command::new(NLMON);
    command.args(["tail", "--socket"]).arg(daemon.directory.join("log")).args(arguments);
    command.stdout(Stdio::null()).spawn().unwrap()
}

const SUCCESSFUL: &str = "nlmon_config_last_reload_successful";
const SUCCESS_TIME: &str = "nlmon_config_last_reload_success_timestamp_seconds";
const AGAIN: &str = "again";
const STAYS: &str = "the configuration stays as it was";

#[test]
fn nonsense_changes_nothing_and_is_said_in_one_line() {
    let mut daemon = start("[log]\nclients = 3\n", &[]);
    assert_eq!(daemon.metric(SUCCESSFUL), Some(1.0));
    let at_start = daemon.metric(SUCCESS_TIME).unwrap();
    for (nonsense, why) in [
        ("[log]\nclients = \"many\"\n", "line 2, column 11: log.clients: found \"many\""),
        ("[log]\nclients = 1\nhistory = -1\n", "line 3, column 11: log.history: found -1"),
        ("[log]\nclients = 1\nhistroy = 1\n", "line 3, column 1: unknown key log.histroy"),
        ("[log]\nclients = 1\nspecs = [\"/nowhere/x.yaml\"]\n", "cannot read /nowhere/x.yaml"),
        ("\u{1}\u{2}[", "line 1, column 3: key with no value"),
    ] {
        let lines = daemon.reload(nonsense, STAYS);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(why), "{lines:?}");
        assert_eq!(daemon.metric(SUCCESSFUL), Some(0.0));
        assert_eq!(daemon.metric(SUCCESS_TIME), Some(at_start));
    }
    sleep(Duration::from_millis(1100));
    daemon.reload("[log]\nclients = 3\n", AGAIN);
    assert_eq!(daemon.metric(SUCCESSFUL), Some(1.0));
    assert!(daemon.metric(SUCCESS_TIME).unwrap() > at_start);
    daemon.end();
}

/// As `sd_notify(3)` has it for `Type=notify-reload`: the beginning with its time, and then the end.
#[test]
fn systemd_is_told_when_a_reload_begins_and_when_it_is_over() {
    let place = Directory::new();
    let path = place.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let told = || {
        let mut text = [0; 256];
        let len = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..len].to_vec()).unwrap().trim_end().to_owned()
    };
    let now = || {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
        now.tv_sec() * 1_000_000 + now.tv_nsec() / 1000
    };
    let prepare = format!("export NOTIFY_SOCKET={}", path.display());
    let mut daemon = Daemon::start(&prepare, "", &[]);
    assert_eq!(told(), "READY=1");
    for (file, end) in [("", AGAIN), ("nonsense = 1\n", STAYS), ("", AGAIN)] {
        let before = now();
        daemon.reload(file, end);
        let begins = told();
        let time = begins.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&begins);
        assert!((before..=now()).contains(&time.parse().unwrap()), "{begins}");
        assert_eq!(told(), "READY=1");
    }
    daemon.end();
    assert_eq!(told(), "STOPPING=1");
}

#[test]
fn what_takes_a_restart_is_named_each_time_until_it_is_as_it_was() {
    let mut daemon = start("", &["--queue", "9"]);
    let changed = "[probe]\nring_bytes = 65536\nsample_every = 7\ndeliveries = false\n[http]\nlive = true\n\
        [log]\nqueue = 5\n[metrics]\nnetns = true\n";
    for _ in 0..2 {
        let lines = daemon.reload(changed, AGAIN);
        let named: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_suffix(" takes a restart")?.rsplit(' ').next())
            .collect();
        let expected = ["http.live", "metrics.netns", "probe.deliveries", "probe.ring_bytes"];
        assert_eq!(named, expected, "{lines:?}");
    }
    assert_eq!(daemon.reload("", AGAIN).len(), 1);
    daemon.end();
}

#[test]
fn limits_and_history_of_the_log_change() {
    let mut daemon = start("[log]\nclients = 1\nhistory = 0\n", &[]);
    let refused = tail(&daemon, &["--last", "1", "--count", "1"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no history"), "{refused:?}");
    daemon.reload("[log]\nclients = 2\nhistory = 100\n", AGAIN);
    daemon.inside("ip link set lo down; ip link set lo up");
    let shown = tail(&daemon, &["--last", "1", "--count", "1"]);
    assert!(shown.status.success(), "{shown:?}");
    // Who has a place keeps it; nobody else gets one.
    let mut first = client(&daemon, &[]);
    wait_for("a client", || daemon.metric("nlmon_log_clients") == Some(1.0));
    daemon.reload("[log]\nclients = 1\nhistory = 100\n", AGAIN);
    let refused = tail(&daemon, &["--count", "1"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("1 clients are connected already"), "{why}");
    assert!(first.try_wait().unwrap().is_none(), "the first client was sent away");
    first.kill().unwrap();
    first.wait().unwrap();
    daemon.end();
}

#[test]
fn subscriptions_change() {
    const LINK: u32 = 1;
    const NEIGH: u32 = 1 << 2;
    let groups = |route: &str| format!("[subscribe.groups]\nroute = [{route}]\n");
    let mut daemon = start(&groups("\"link\""), &[]);
    wait_for("link", || daemon.route_groups() == LINK);
    daemon.reload(&groups("\"link\", \"neigh\""), AGAIN);
    wait_for("link and neigh", || daemon.route_groups() == LINK | NEIGH);
    daemon.reload("[subscribe]\ngroups = {}\n", AGAIN);
    wait_for("none", || daemon.route_groups() == 0);
    daemon.reload(&groups("\"link\""), AGAIN);
    wait_for("link again", || daemon.route_groups() == LINK);
    // What comes by it is logged.
    daemon.inside("ip link set lo down; ip link set lo up");
    let shown = tail(&daemon, &["--type", "RTM_NEWLINK", "--last", "1", "--count", "1"]);
    assert!(shown.status.success(), "{shown:?}");
    assert_eq!(daemon.metric("nlmon_ready"), Some(1.0));
    daemon.end();
}

#[test]
fn the_level_of_the_log_the_scans_and_the_specs_change() {
    let mut daemon = start("[sockets]\ninterval_seconds = 0\n", &[]);
    assert_eq!(daemon.metric("nlmon_sockets{protocol=\"route\",process=\"nlmon\"}"), None);
    let spec = daemon.directory.join("tea-pot.yaml");
    fs::write(&spec, TEA_POT).unwrap();
    let file = format!(
        "log_level = \"debug\"\n[sockets]\ninterval_seconds = 1\n[log]\nspecs = [{:?}]\n",
        spec.display().to_string()
    );
    let lines = daemon.reload(&file, AGAIN);
    assert!(lines.iter().any(|line| line.contains("tea-pot")), "{lines:?}");
    wait_for("a scan", || {
        daemon.metric("nlmon_sockets{protocol=\"route\",process=\"nlmon\"}").is_some()
    });
    // A filter knows its names.
    let mut client = client(&daemon, &["--type", "TEA_POT_CMD_GET"]);
    wait_for("a client", || daemon.metric("nlmon_log_clients") == Some(1.0));
    client.kill().unwrap();
    client.wait().unwrap();
    // They are read again only if they have changed.
    let lines = daemon.reload(&file, AGAIN);
    assert!(!lines.iter().any(|line| line.contains("tea-pot")), "{lines:?}");
    fs::write(&spec, "name: [\n").unwrap();
    let lines = daemon.reload(&file, STAYS);
    assert!(lines.last().unwrap().contains("tea-pot.yaml"), "{lines:?}");
    fs::write(daemon.directory.join("nlmon.toml"), "log_level = \"error\"\n").unwrap();
    daemon.signal("-HUP");
    wait_for("a reload", || daemon.metric(SUCCESSFUL) == Some(1.0));
    assert_eq!(daemon.end().1, [""; 0]);
}
