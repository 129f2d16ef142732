//! What the scenarios share: a daemon of their own, its metrics, the module's counters, the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use nlmon::subscribe::{Received, Socket, test_module};
use nlmon_core::message::{HEADER_BYTES, Header, flag};

use crate::strace::ByType;

/// Longest wait for anything: the guest is emulated, and may share its host.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The installed binary.
const NLMON: &str = "/usr/bin/nlmon";

/// Runs a program to its end and returns what it wrote; it has to succeed.
pub(crate) fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("cannot run {program}: {error}");
    });
    assert!(
        output.status.success(),
        "{program} {args:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a program that may fail: its exit code and what it wrote to standard error.
pub(crate) fn try_run(program: &str, args: &[&str]) -> (i32, String) {
    let output = Command::new(program).args(args).output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Major and minor version of the running kernel.
pub(crate) fn kernel() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').take(2).map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Says how much was compared, also when the test passes.
#[expect(clippy::explicit_write, reason = "the harness holds back what `eprintln` prints")]
pub(crate) fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").unwrap();
}

/// Whether a task may be preempted in the kernel, and so in the middle of a BPF program. There, one
/// that runs already on the processor is not run for another task. A kernel without a choice, as
/// arm64's, says so in its version alone.
pub(crate) fn is_preemptible() -> bool {
    fs::read_to_string("/sys/kernel/debug/sched/preempt").map_or_else(
        |_no_choice| {
            let version = fs::read_to_string("/proc/version").unwrap();
            version.split_whitespace().any(|word| matches!(word, "PREEMPT" | "PREEMPT_LAZY"))
        },
        |modes| modes.contains("(full)") || modes.contains("(lazy)"),
    )
}

/// Whether this is arm64.
pub(crate) const IS_ARM64: bool = cfg!(target_arch = "aarch64");

/// Whether Debian's build of the running kernel has `kprobe.multi` links (`CONFIG_FPROBE`).
pub(crate) fn has_kprobe_multi() -> bool {
    kernel() >= if IS_ARM64 { KPROBE_MULTI_ON_ARM64 } else { (6, 12) }
}

/// The first tested kernel that has them there.
const KPROBE_MULTI_ON_ARM64: (u32, u32) = (6, 18);

/// Whether every probe can be fentry. 5.10 takes none on a function of seven arguments,
/// `netlink_broadcast_filtered`. 6.1 for arm64 takes none at all: its ftrace calls nothing directly.
pub(crate) fn has_fentry() -> bool {
    kernel() >= if IS_ARM64 { (6, 12) } else { (5, 16) }
}

/// The arguments for a hook: `fentry` means as far as the kernel lets it, as `auto` does.
pub(crate) fn attach_by(attach: &str) -> [&str; 3] {
    let attach = if attach == "fentry" && !has_fentry() { "auto" } else { attach };
    ["--require-probes", "--attach", attach]
}

/// All that was expected was found, but for `missing` that may be.
pub(crate) fn assert_within(what: &str, found: u64, expected: u64, missing: u64) {
    let range = expected.saturating_sub(missing)..=expected;
    assert!(range.contains(&found), "{what}: {found} of {expected}, {missing} may be missing");
}

/// Waits until `condition` holds.
pub(crate) fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// A daemon with its own port and socket. Its end is waited for when it is dropped.
pub(crate) struct Daemon {
    process: Process,
    port: u16,
    pub(crate) socket: PathBuf,
}

/// Who has started a daemon.
enum Process {
    /// This test, as root.
    Child(Child),
    /// systemd, with the rights of the installed unit.
    Unit,
}

/// What makes the installed unit run with other arguments.
const DROP_IN: &str = "/run/systemd/system/nlmon.service.d/test.conf";

/// Where the installed unit listens.
const UNIT_PORT: u16 = 9776;

static NEXT: AtomicU16 = AtomicU16::new(0);

impl Daemon {
    /// Starts `nlmon run` with `args`, and waits until it is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        // The installed service would be one more observer, and one more listener.
        drop(Command::new("systemctl").args(["stop", "nlmon"]).status());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (port, socket) = (19_000 + number, PathBuf::from(format!("/run/nlmon-{number}.sock")));
        let child = Command::new(NLMON)
            .args(["run", "--listen", &format!("127.0.0.1:{port}"), "--socket"])
            .arg(&socket)
            .args(args)
            .spawn()
            .unwrap();
        let mut daemon = Self { process: Process::Child(child), port, socket };
        daemon.wait_until_ready();
        daemon
    }

    /// Starts the installed unit with `args`: with its user, its capabilities and its sandbox.
    pub(crate) fn start_unit(args: &[&str]) -> Self {
        let (port, socket) = (UNIT_PORT, PathBuf::from("/run/nlmon/nlmon.sock"));
        let args = args.join(" ");
        let drop_in = format!("[Service]\nExecStart=\nExecStart={NLMON} run {args}\n");
        fs::create_dir_all(PathBuf::from(DROP_IN).parent().unwrap()).unwrap();
        fs::write(DROP_IN, drop_in).unwrap();
        run("systemctl", &["daemon-reload"]);
        drop(Command::new("systemctl").args(["reset-failed", "nlmon"]).status());
        run("systemctl", &["restart", "nlmon"]);
        let mut daemon = Self { process: Process::Unit, port, socket };
        daemon.wait_until_ready();
        daemon
    }

    fn wait_until_ready(&mut self) {
        wait_for("the daemon is ready", || {
            if let Process::Child(child) = &mut self.process {
                assert_eq!(child.try_wait().unwrap(), None, "the daemon ended");
            }
            self.is_ready()
        });
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.get("/readyz").is_some()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.process {
            Process::Child(child) => child.id(),
            Process::Unit => {
                let pid = run("systemctl", &["show", "-p", "MainPID", "--value", "nlmon"]);
                pid.trim_end().parse().unwrap()
            }
        }
    }

    /// The hooks of the probes that are in place, by probe.
    pub(crate) fn hooks(&self) -> BTreeMap<String, String> {
        let metrics = self.metrics();
        let attached = metrics
            .series
            .iter()
            .filter(|((name, _), value)| name == "nlmon_probe_attached" && **value > 0.0);
        attached.map(|((_, labels), _)| (labels["probe"].clone(), labels["hook"].clone())).collect()
    }

    /// Ends the daemon as a crash would.
    pub(crate) fn kill(mut self) {
        match &mut self.process {
            Process::Child(child) => {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            Process::Unit => {
                // The main process alone: with all of the unit's, systemd reads the unit's cgroup
                // a second time, and fails on the one that this very signal has emptied.
                let only_the_daemon = "--kill-whom=main";
                drop(run("systemctl", &["kill", only_the_daemon, "--signal=KILL", "nlmon"]));
                // systemd starts another one: whoever wants that to be different starts the unit.
                std::mem::forget(self);
            }
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        let (head, body) = response.split_once("\r\n\r\n")?;
        head.split(' ').nth(1).filter(|status| *status == "200")?;
        Some(body.to_owned())
    }

    pub(crate) fn metrics(&self) -> Metrics {
        Metrics::parse(&self.get("/metrics").expect("/metrics answers"))
    }

    /// The metrics once the accounting identity holds, as it does at every quiet moment.
    pub(crate) fn quiet(&self) -> Metrics {
        let start = Instant::now();
        loop {
            let metrics = self.metrics();
            match metrics.identity() {
                Ok(()) => return metrics,
                Err(error) if start.elapsed() > PATIENCE => panic!("identity: {error}"),
                Err(_) => sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Starts `nlmon tail` on this daemon.
    pub(crate) fn tail(&self, args: &[&str]) -> Tail {
        let clients = self.metrics().sum("nlmon_log_clients", &[]);
        let mut child = Command::new(NLMON)
            .args(["tail", "--output", "json", "--socket"])
            .arg(&self.socket)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        wait_for("the client is connected", || {
            self.metrics().sum("nlmon_log_clients", &[]) > clients
        });
        Tail { child, lines }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        match &mut self.process {
            Process::Child(child) => {
                if child.try_wait().unwrap().is_some() {
                    // Killed already.
                    return;
                }
                run("kill", &[&child.id().to_string()]);
                let status = child.wait().unwrap();
                if !std::thread::panicking() {
                    assert!(status.success(), "the daemon ended with {status}");
                }
            }
            Process::Unit => stop_unit(),
        }
    }
}

/// Stops the unit, and lets it be as it was installed.
fn stop_unit() {
    run("systemctl", &["stop", "nlmon"]);
    let result = run("systemctl", &["show", "-p", "Result", "nlmon"]);
    fs::remove_file(DROP_IN).unwrap();
    run("systemctl", &["daemon-reload"]);
    if !std::thread::panicking() {
        assert_eq!(result.trim_end(), "Result=success");
    }
}

/// A running `nlmon tail`.
pub(crate) struct Tail {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Tail {
    /// Every record until the client ends by itself, because it has as many as it was to get.
    pub(crate) fn records(mut self) -> Vec<serde_json::Value> {
        let mut records = Vec::new();
        for line in self.lines.by_ref().lines() {
            records.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
        assert!(self.child.wait().unwrap().success());
        records
    }
}

/// One scrape.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    series: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Metrics {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self { series: lines.map(parse_series).collect() }
    }

    /// Sum of the series of a metric that have these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        self.matching(name, labels).map(|value| value as u64).sum()
    }

    /// The same of seconds.
    pub(crate) fn seconds(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).sum()
    }

    /// Whether there is a series of a metric that has these labels.
    pub(crate) fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.matching(name, labels).next().is_some()
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let has = |found: &BTreeMap<String, String>| {
            labels.iter().all(|(name, value)| found.get(*name).is_some_and(|f| f == value))
        };
        self.series.iter().filter(move |((found, l), _)| found == name && has(l)).map(|(_, v)| *v)
    }

    /// How much that sum grew since `before`.
    pub(crate) fn grown(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let (now, then) = (self.sum(name, labels), before.sum(name, labels));
        assert!(now >= then, "{name} {labels:?} went back from {then} to {now}");
        now - then
    }

    /// How many messages were counted since `before`, and their bytes, by type.
    pub(crate) fn messages(&self, before: &Self, labels: &[(&str, &str)]) -> ByType {
        let types: BTreeSet<&String> =
            self.series.keys().filter_map(|(_, labels)| labels.get("type")).collect();
        let grown = |name: &&String| {
            let labels = [labels, &[("type", name.as_str())]].concat();
            let grown = |metric| self.grown(before, metric, &labels);
            ((*name).clone(), (grown("nlmon_messages_total"), grown("nlmon_message_bytes_total")))
        };
        types.iter().map(grown).filter(|(_, grown)| *grown != (0, 0)).collect()
    }

    pub(crate) fn has_label(&self, name: &str) -> bool {
        self.series.keys().any(|(_, labels)| labels.contains_key(name))
    }

    /// Calls of the test protocol on a path since `before`, whatever became of them.
    pub(crate) fn calls(&self, before: &Self, path: &str) -> u64 {
        let labels = [("protocol", "test"), ("path", path)];
        let ended = self.grown(before, "nlmon_datagrams_total", &labels);
        let open = |metrics: &Self| metrics.sum("nlmon_datagrams_open", &labels);
        ended + open(self) - open(before)
    }

    /// How often since `before` the kernel did not run a program, because it was running already on
    /// that processor: no more calls than this can have passed unseen.
    pub(crate) fn skipped(&self, before: &Self) -> u64 {
        self.grown(before, "nlmon_bpf_missed_runs_total", &[])
    }

    /// How many calls since `before` were not seen to begin or to return, or may not have been. Where
    /// nothing runs in the middle of a program, and returns have room, that is none.
    ///
    /// A kretprobe has room for ten calls, and each of the `senders` makes one inside another.
    pub(crate) fn unseen(&self, before: &Self, attach: &str, senders: u64) -> u64 {
        let unknown = self.grown(before, "nlmon_datagrams_total", &[("result", "unknown")]);
        let unseen = self.grown(before, "nlmon_samples_total", &[("outcome", "unseen")]);
        let open = self.sum("nlmon_datagrams_open", &[]);
        let skipped = self.skipped(before);
        let has_room = attach == "fentry" || (kernel() > (6, 0) && 2 * senders <= 10);
        if !is_preemptible() {
            assert_eq!(unseen + skipped, 0, "{unseen} {skipped}");
            assert!(!has_room || unknown + open == 0, "{unknown} {open}");
        }
        unknown + unseen + open + skipped
    }

    /// The accounting identity: what was seen was counted, and every datagram's sample has an end.
    pub(crate) fn identity(&self) -> Result<(), String> {
        let open = self.sum("nlmon_datagrams_open", &[]);
        let seen = self.sum("nlmon_datagrams_total", &[]) + open;
        let pending = self.sum("nlmon_samples_pending", &[]);
        if pending > open {
            return Err(format!("{pending} samples pending of {open} open calls"));
        }
        equal(
            "seen and the ends of samples",
            seen,
            self.sum("nlmon_samples_total", &[]) + pending,
        )?;
        let read = self.sum("nlmon_samples_total", &[("outcome", "read")]);
        let joined = self.sum("nlmon_join_total", &[]);
        let unobserved = self.sum("nlmon_join_total", &[("outcome", "unobserved")])
            + self.sum("nlmon_join_total", &[("kind", "delivery")]);
        let pending = self.sum("nlmon_join_pending", &[])
            - self.sum("nlmon_join_pending", &[("kind", "delivery")]);
        equal("samples read and joined", read, joined - unobserved + pending)
    }
}

fn equal(what: &str, a: u64, b: u64) -> Result<(), String> {
    if a == b { Ok(()) } else { Err(format!("{what}: {a} and {b}")) }
}

fn parse_series(line: &str) -> ((String, BTreeMap<String, String>), f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let value = value.parse().unwrap();
    let Some((name, labels)) = series.split_once('{') else {
        return ((series.to_owned(), BTreeMap::new()), value);
    };
    let pairs = labels.trim_end_matches('}').split("\",");
    let labels = pairs.map(|pair| {
        let (name, value) = pair.split_once("=\"").unwrap();
        (name.to_owned(), value.trim_end_matches('"').to_owned())
    });
    ((name.to_owned(), labels.collect()), value)
}

/// Perf events are allowed to whoever has `CAP_PERFMON`, and to the unit, or to neither, as long as
/// this lives. Debian's default, 3, allows them to `CAP_SYS_ADMIN` alone.
pub(crate) struct PerfEvents {
    /// The setting before.
    before: String,
}

/// What the unit takes for them.
const PERF_DROP_IN: &str = "/run/systemd/system/nlmon.service.d/kprobe.conf";
/// What says whether it may.
const PARANOID: &str = "/proc/sys/kernel/perf_event_paranoid";

impl PerfEvents {
    pub(crate) fn forbid() -> Self {
        let before = fs::read_to_string(PARANOID).unwrap();
        fs::write(PARANOID, "3").unwrap();
        Self { before }
    }

    pub(crate) fn allow() -> Self {
        let before = fs::read_to_string(PARANOID).unwrap();
        fs::write(PARANOID, "2").unwrap();
        fs::create_dir_all(PathBuf::from(PERF_DROP_IN).parent().unwrap()).unwrap();
        fs::write(PERF_DROP_IN, include_str!("../../../deploy/systemd/nlmon-kprobe.conf")).unwrap();
        run("systemctl", &["daemon-reload"]);
        Self { before }
    }
}

impl Drop for PerfEvents {
    fn drop(&mut self) {
        fs::write(PARANOID, &self.before).unwrap();
        drop(fs::remove_file(PERF_DROP_IN));
        try_run("systemctl", &["daemon-reload"]);
    }
}

/// The test module, loaded as long as this lives.
pub(crate) struct Module;

impl Module {
    pub(crate) fn load() -> Self {
        run("modprobe", &["netlink_test"]);
        Self
    }

    pub(crate) fn set(name: &str, value: &str) {
        fs::write(format!("/sys/module/netlink_test/parameters/{name}"), value).unwrap();
    }

    /// The module's own counters.
    pub(crate) fn counters() -> BTreeMap<String, u64> {
        let text = fs::read_to_string("/proc/net/netlink_test").unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(' ').unwrap();
            (name.to_owned(), value.trim().parse().unwrap())
        };
        text.lines().map(pair).collect()
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let start = Instant::now();
        while !Command::new("rmmod").arg("netlink_test").status().unwrap().success() {
            if std::thread::panicking() || start.elapsed() > PATIENCE {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    }
}

/// `ip monitor link` with a narrow buffer, of some thirty notifications. A narrower one has no room
/// for its first list beside what other tests leave behind, and then it ends: it is started again.
pub(crate) fn narrow_listener() -> Child {
    for _ in 0..5 {
        let mut command = Command::new("ip");
        command.args(["-rcvbuf", "32768", "monitor", "link"]).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        sleep(Duration::from_secs(2));
        if child.try_wait().unwrap().is_none() {
            return child;
        }
    }
    panic!("ip monitor ends at once");
}

/// A socket of the test protocol with room for `bytes`.
pub(crate) fn test_socket(bytes: usize) -> Socket {
    let socket = Socket::open(test_module::PROTOCOL).unwrap();
    socket.set_receive_buffer(bytes).unwrap();
    socket.set_timeout(Duration::from_secs(20)).unwrap();
    socket
}

/// A request of one message, without acknowledgement.
pub(crate) fn message(message_type: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let len = (HEADER_BYTES + payload.len()) as u32;
    let header = Header { len, message_type, flags: flag::REQUEST, seq, portid: 0 };
    [&header.to_bytes(), payload].concat()
}

/// Takes `count` datagrams off a socket.
pub(crate) fn receive(socket: &Socket, count: usize) {
    let mut buffer = vec![0; 70_000];
    for received in 0..count {
        match socket.receive(&mut buffer).unwrap() {
            Received::Datagram(_) => {}
            other => panic!("after {received} of {count} datagrams: {other:?}"),
        }
    }
}
