//! The daemon with faults on demand: what a panic costs, and what is said of a pipeline that stands
//! still. Each test has a daemon in a network namespace of its own, without probes where the kernel
//! has none.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixDatagram,
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use directory::Directory;
use nix::sched::{CloneFlags, unshare};

mod directory;

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a test in a namespace in which nothing but what it does is seen.
fn in_namespace(test: impl FnOnce() + Send) {
    let body = || {
        unshare(CloneFlags::CLONE_NEWNET).expect("making a network namespace needs root");
        ip(&["up"]);
        test();
    };
    std::thread::scope(|scope| {
        if let Err(panic) = scope.spawn(body).join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Changes the one device there is.
fn ip(change: &[&str]) {
    let done = Command::new("ip").args(["link", "set", "lo"]).args(change).status().unwrap();
    assert!(done.success());
}

/// Has the kernel multicast `RTM_NEWLINK`, `times` times.
fn change(times: u32) {
    static MTU: AtomicU32 = AtomicU32::new(2000);
    for _ in 0..times {
        ip(&["mtu", &MTU.fetch_add(1, Ordering::Relaxed).to_string()]);
    }
}

struct Daemon {
    child: Child,
    errors: BufReader<ChildStderr>,
    directory: Directory,
    address: &'static str,
}

impl Daemon {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(environment: &[(&str, &str)]) -> Self {
        let directory = Directory::new();
        let mut command = Command::new(NLMON);
        command.args(["run", "--netns", "self", "--socket"]).arg(directory.join("log"));
        command.env("NLMON_TEST_HOOKS", &*directory).envs(environment.iter().copied());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("ready:") {
            line.clear();
            assert!(errors.read_line(&mut line).unwrap() > 0, "the daemon did not start");
        }
        let daemon = Self { child, errors, directory, address: "127.0.0.1:9776" };
        wait_for("the daemon is ready", || daemon.get("/readyz").0 == 200);
        daemon
    }

    /// Asks for a fault.
    fn hook(&self, name: &str) {
        fs::write(self.directory.join(name), "").unwrap();
    }

    /// Whether it has been taken.
    fn is_hooked(&self, name: &str) -> bool {
        self.directory.join(name).exists()
    }

    /// Status and body.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn metric(&self, series: &str) -> u64 {
        let text = self.get("/metrics").1;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
    }

    fn nlmon(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(NLMON);
        command.args(arguments).arg("--socket").arg(self.directory.join("log"));
        command.output().unwrap()
    }

    /// Types of the last records, as the live log has them.
    fn types(&self, last: u32) -> Vec<String> {
        let count = last.to_string();
        let arguments = ["tail", "--output", "json", "--last", &count, "--count", &count];
        let output = self.nlmon(&arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let record = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let of = |line| record(line)["messages"][0]["type"].as_str().unwrap().to_owned();
        text.lines().map(of).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn wait_for(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < PATIENCE, "waited for: {what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_panic_in_the_pipeline_ends_the_daemon_with_3_and_says_so() {
    in_namespace(|| {
        let mut daemon = Daemon::start();
        daemon.hook("pipeline");
        let mut text = String::new();
        daemon.errors.read_to_string(&mut text).unwrap();
        assert_eq!(daemon.child.wait().unwrap().code(), Some(3), "{text}");
        let said = "the task pipeline panicked: a test asks for a panic in pipeline: the daemon \
                    cannot go on";
        assert_eq!(text.matches(said).count(), 1, "{text}");
    });
}

#[test]
fn a_panic_in_decoding_costs_one_record_which_is_raw() {
    in_namespace(|| {
        // The ledger decodes too, and would meet the panic in the place of a client.
        let daemon = Daemon::start_with(&[("NLMON_LEDGER_ENABLED", "false")]);
        change(10);
        daemon.hook("decode");
        // Whoever reads first meets the panic; all see the same.
        for _ in 0..3 {
            let types = daemon.types(10);
            assert_eq!(types.iter().filter(|kind| *kind == "raw").count(), 1, "{types:?}");
        }
        assert_eq!(daemon.metric("nlmon_decode_panics_total"), 1);
        assert_eq!(daemon.metric("nlmon_panics_total"), 1);
        assert_eq!(daemon.get("/readyz").0, 200);
    });
}

#[test]
fn a_reader_that_panics_starts_again() {
    in_namespace(|| {
        let daemon = Daemon::start();
        let restarts = || daemon.metric("nlmon_task_restarts_total{task=\"subscription-reader\"}");
        assert_eq!(restarts(), 0);
        daemon.hook("reader");
        change(1);
        wait_for("a reader panics", || !daemon.is_hooked("reader"));
        wait_for("it starts again", || restarts() == 1);
        wait_for("the daemon is ready again", || daemon.get("/readyz").0 == 200);
        let text = r#"nlmon_multicast_deliveries_total{protocol="route",group="link",outcome=""#;
        let deliveries = || {
            let metrics = daemon.get("/metrics").1;
            let lines = metrics.lines().filter(|line| line.starts_with(text));
            lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum::<u64>()
        };
        let before = deliveries();
        change(1);
        wait_for("it reads", || deliveries() > before);
    });
}

#[test]
fn a_pipeline_that_stands_still_is_not_ready_and_not_live() {
    in_namespace(|| {
        let daemon = Daemon::start();
        let (status, text) = daemon.get("/readyz");
        assert_eq!(status, 200, "{text}");
        assert_eq!(text.lines().next(), Some("ready"), "{text}");
        let live = daemon.nlmon(&["check", "--live"]);
        assert_eq!(live.status.code(), Some(0), "{live:?}");
        assert!(String::from_utf8(live.stdout).unwrap().starts_with("ready\n"));
        assert_eq!((daemon.get("/healthz").0, daemon.metric("nlmon_ready")), (200, 1));
        daemon.hook("stall");
        wait_for("it is not ready", || daemon.get("/readyz").0 == 503);
        let text = daemon.get("/readyz").1;
        assert_eq!(text.lines().next(), Some("not ready"), "{text}");
        assert!(text.contains("\nthe task pipeline has stood still for "), "{text}");
        assert_eq!(daemon.get("/healthz").0, 503);
        let live = daemon.nlmon(&["check", "--live"]);
        assert_eq!(live.status.code(), Some(3), "{live:?}");
        assert!(String::from_utf8(live.stdout).unwrap().contains("the task pipeline has stood"));
        fs::remove_file(daemon.directory.join("stall")).unwrap();
        wait_for("it is ready again", || daemon.get("/readyz").0 == 200);
    });
}

#[test]
fn the_watchdog_is_fed_by_the_pipeline_alone() {
    in_namespace(|| {
        let directory = Directory::new();
        let path = directory.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let notify = path.to_str().unwrap();
        let daemon = Daemon::start_with(&[("NOTIFY_SOCKET", notify), ("WATCHDOG_USEC", "400000")]);
        let told = || {
            let mut text = [0; 256];
            let len = socket.recv(&mut text).ok()?;
            String::from_utf8(text[..len].to_vec()).ok()
        };
        let fed = || {
            std::iter::from_fn(told).take(8).filter(|text| text.trim_end() == "WATCHDOG=1").count()
        };
        assert!(fed() >= 6);
        daemon.hook("stall");
        sleep(Duration::from_millis(500));
        // What was sent before.
        socket.set_nonblocking(true).unwrap();
        while told().is_some() {}
        socket.set_nonblocking(false).unwrap();
        assert_eq!(fed(), 0);
    });
}
