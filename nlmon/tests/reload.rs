//! The configuration read again while the daemon runs: what changes, what does not and is named, and
//! that nonsense changes nothing. The daemon has no rights over the kernel, in namespaces of its own.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStderr, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use directory::Directory;

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);

const TEA_POT: &str = include_str!("../core/tests/specs/tea-pot.yaml");

/// A daemon with a file of its own.
struct Daemon {
    directory: Directory,
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    fn start(file: &str, arguments: &[&str]) -> Self {
        let directory = Directory::new();
        fs::write(directory.join("nlmon.toml"), file).unwrap();
        let script = r#"ip link set lo up
            exec "$NLMON" run --config "$DIR/nlmon.toml" --socket "$DIR/log" "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "sh", "-euc", script, "sh"]);
        command.args(arguments).env("NLMON", NLMON).env("DIR", &*directory);
        command.env_remove("NLMON_LOG").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut daemon = Self { directory, child, lines };
        daemon.lines_until("ready:");
        daemon
    }

    /// Its log, up to a line with this text.
    fn lines_until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("no {text:?} in {seen:?}"));
            seen.push(line.unwrap());
            if seen.last().unwrap().contains(text) {
                return seen;
            }
        }
    }

    /// Has it read another file; what its log says of it.
    fn reload(&mut self, file: &str, end: &str) -> Vec<String> {
        fs::write(self.directory.join("nlmon.toml"), file).unwrap();
        self.signal("-HUP");
        self.lines_until(end)
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn inside(&self, script: &str) -> String {
        let pid = self.child.id().to_string();
        let output = Command::new("nsenter")
            .args(["--user", "--preserve-credentials", "--net", "--target", &pid])
            .args(["bash", "-c", script])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The value of a metric.
    fn metric(&self, name: &str) -> Option<f64> {
        let text = self.inside(
            "exec 3<>/dev/tcp/127.0.0.1/9776; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3",
        );
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.next().map(|value| value.parse().unwrap())
    }

    fn tail(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        command.args(["60", NLMON, "tail", "--socket"]).arg(self.directory.join("log"));
        command.args(arguments).output().unwrap()
    }

    /// A client that stays.
    fn client(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(NLMON);
        command.args(["tail", "--socket"]).arg(self.directory.join("log")).args(arguments);
        command.stdout(Stdio::null()).spawn().unwrap()
    }

    /// The groups of route that it is in, as the kernel has them: a bit each.
    fn route_groups(&self) -> u32 {
        let table = self.inside("cat /proc/net/netlink");
        let groups = table.lines().filter_map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            (columns[1] == "0").then(|| u32::from_str_radix(columns[3], 16).unwrap())
        });
        groups.fold(0, |all, groups| all | groups)
    }

    fn end(mut self) -> Vec<String> {
        self.signal("-TERM");
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

impl Drop for Daemon {
    /// A test that failed leaves none behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().unwrap();
        }
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(50));
    }
}

const SUCCESSFUL: &str = "nlmon_config_last_reload_successful";
const SUCCESS_TIME: &str = "nlmon_config_last_reload_success_timestamp_seconds";
const AGAIN: &str = "again";
const STAYS: &str = "the configuration stays as it was";

#[test]
fn nonsense_changes_nothing_and_is_said_in_one_line() {
    let mut daemon = Daemon::start("[log]\nclients = 3\n", &[]);
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

#[test]
fn what_takes_a_restart_is_named_each_time_until_it_is_as_it_was() {
    let mut daemon = Daemon::start("", &["--queue", "9"]);
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
    let mut daemon = Daemon::start("[log]\nclients = 1\nhistory = 0\n", &[]);
    let refused = daemon.tail(&["--last", "1", "--count", "1"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no history"), "{refused:?}");
    daemon.reload("[log]\nclients = 2\nhistory = 100\n", AGAIN);
    daemon.inside("ip link set lo down; ip link set lo up");
    let shown = daemon.tail(&["--last", "1", "--count", "1"]);
    assert!(shown.status.success(), "{shown:?}");
    // Who has a place keeps it; nobody else gets one.
    let mut first = daemon.client(&[]);
    wait_for("a client", || daemon.metric("nlmon_log_clients") == Some(1.0));
    daemon.reload("[log]\nclients = 1\nhistory = 100\n", AGAIN);
    let refused = daemon.tail(&["--count", "1"]);
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
    let mut daemon = Daemon::start(&groups("\"link\""), &[]);
    wait_for("link", || daemon.route_groups() == LINK);
    daemon.reload(&groups("\"link\", \"neigh\""), AGAIN);
    wait_for("link and neigh", || daemon.route_groups() == LINK | NEIGH);
    daemon.reload("[subscribe]\ngroups = {}\n", AGAIN);
    wait_for("none", || daemon.route_groups() == 0);
    daemon.reload(&groups("\"link\""), AGAIN);
    wait_for("link again", || daemon.route_groups() == LINK);
    // What comes by it is logged.
    daemon.inside("ip link set lo down; ip link set lo up");
    let shown = daemon.tail(&["--type", "RTM_NEWLINK", "--last", "1", "--count", "1"]);
    assert!(shown.status.success(), "{shown:?}");
    assert_eq!(daemon.metric("nlmon_ready"), Some(1.0));
    daemon.end();
}

#[test]
fn the_level_of_the_log_the_scans_and_the_specs_change() {
    let mut daemon = Daemon::start("[sockets]\ninterval_seconds = 0\n", &[]);
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
    let mut client = daemon.client(&["--type", "TEA_POT_CMD_GET"]);
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
    assert_eq!(daemon.end(), [""; 0]);
}
