//! The live log's socket against clients that behave and clients that do not.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::RecvTimeoutError::Timeout;
use std::time::Duration;

use nlmon::live::Error;
use nlmon::live::bus::{Bus, Extent, Limits};
use nlmon::live::json::LogRecord;
use nlmon::live::protocol::{Lost, REQUEST_MAX, Refusal, Reply};
use nlmon::live::server::Server;
use nlmon::live::stats::StatsSource;
use nlmon_core::decode::specs::{Spec, Specs};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const HELLO: &str = r#"{"version":1}"#;
const PATIENCE: Duration = Duration::from_secs(10);

/// A directory of its own for each test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("nlmon-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("run/nlmon.sock")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

struct Daemon {
    bus: Arc<Bus>,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
    directory: Directory,
}

impl Daemon {
    fn start(limits: Limits) -> Self {
        Self::with(Bus::new(limits))
    }

    fn with(bus: Arc<Bus>) -> Self {
        let directory = Directory::new();
        let (stop, down) = watch::channel(false);
        let server = Server::bind(&directory.socket()).unwrap();
        let stats = StatsSource::new(|names| format!("{names:?}"));
        let task = tokio::spawn(server.serve(Arc::clone(&bus), stats, down));
        Self { bus, stop, task, directory }
    }

    async fn connect(&self, request: &str) -> Client {
        let stream = UnixStream::connect(self.directory.socket()).await.unwrap();
        let mut client = Client(BufReader::new(stream));
        client.0.get_mut().write_all(request.as_bytes()).await.unwrap();
        client.0.get_mut().write_all(b"\n").await.unwrap();
        client
    }

    /// A client that is let in.
    async fn client(&self, request: &str) -> Client {
        let mut client = self.connect(request).await;
        assert!(matches!(client.reply().await, Reply::Hello { version: 1, .. }));
        client
    }

    fn publish(&self, number: u64, protocol: &'static str) {
        self.bus.publish(|| record(number, protocol).into());
    }

    /// Waits until the number of clients is as expected.
    async fn settle(&self, clients: usize) {
        let settled = async {
            while self.bus.clients() != clients {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, settled).await.unwrap();
    }
}

fn record(number: u64, protocol: &'static str) -> LogRecord {
    let json = r#"{"time":"2026-01-02T03:04:05.000000000Z","time_ns":0,"path":"multicast",
        "protocol":"route","netns":1,"src_portid":0,"bytes":44,"messages":[]}"#;
    let mut record: LogRecord = serde_json::from_str(json).unwrap();
    record.time_ns = number;
    record.protocol = protocol.into();
    record
}

struct Client(BufReader<UnixStream>);

impl Client {
    /// The next line; empty at the end.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(PATIENCE, self.0.read_line(&mut line)).await.unwrap().unwrap();
        line
    }

    async fn reply(&mut self) -> Reply {
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn refusal(&mut self) -> (Refusal, String) {
        let Reply::Error { kind, message } = self.reply().await else { panic!("was let in") };
        assert_eq!(self.line().await, "");
        (kind, message)
    }

    async fn record(&mut self) -> LogRecord {
        serde_json::from_str(&self.line().await).unwrap()
    }
}

#[tokio::test]
async fn a_filter_may_name_what_the_daemon_knows_by_specs() {
    let spec = Spec::parse(include_str!("../core/tests/specs/tea-pot.yaml")).unwrap();
    let daemon = Daemon::with(Bus::with_specs(Limits::default(), Specs::new([spec])));
    let wish = |name| format!(r#"{{"version":1,"filter":{{"type":["{name}"]}}}}"#);
    daemon.client(&wish("TEA_POT_CMD_*")).await;
    let refused = daemon.connect(&wish("TEA_POT_CMD_GTE")).await.reply().await;
    let Reply::Error { message, .. } = refused else { panic!("{refused:?}") };
    assert!(message.ends_with("did you mean \"TEA_POT_CMD_GET\"?"), "{message}");
}

#[tokio::test]
async fn a_client_gets_the_records_of_its_filter() {
    let daemon = Daemon::start(Limits::default());
    let mut all = daemon.client(HELLO).await;
    let mut some = daemon.client(r#"{"version":1,"filter":{"protocol":["xfrm"]}}"#).await;
    daemon.publish(1, "route");
    daemon.publish(2, "xfrm");
    assert_eq!(all.record().await.time_ns, 1);
    assert_eq!(all.record().await, record(2, "xfrm"));
    assert_eq!(some.record().await.time_ns, 2);
}

#[tokio::test]
async fn history_comes_first_by_the_same_filter_and_the_log_goes_on() {
    let daemon = Daemon::start(Limits::default());
    (0..10).for_each(|number| daemon.publish(number, if number < 5 { "xfrm" } else { "route" }));
    let mut some =
        daemon.client(r#"{"version":1,"filter":{"protocol":["xfrm"]},"history":{"last":2}}"#).await;
    daemon.publish(10, "route");
    daemon.publish(11, "xfrm");
    for number in [3, 4, 11] {
        assert_eq!(some.record().await.time_ns, number);
    }
    // What was published carries times of long ago, on a clock that has run for longer.
    let mut recent = daemon.client(r#"{"version":1,"history":{"since_ns":1}}"#).await;
    daemon.publish(12, "xfrm");
    assert_eq!(recent.record().await.time_ns, 12);
    let (kind, message) =
        daemon.connect(r#"{"version":1,"history":{"first":1}}"#).await.refusal().await;
    assert!(kind == Refusal::Request && message.contains("unknown field"), "{message}");

    let none = Daemon::start(Limits { history: Extent::NONE, ..Limits::default() });
    let (kind, message) =
        none.connect(r#"{"version":1,"history":{"last":1}}"#).await.refusal().await;
    assert!(kind == Refusal::History && message.contains("log.history"), "{message}");
}

/// Clients come at any moment of a stream that never rests, and each gets every record from where it
/// begins, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_history_and_what_follows_nothing_is_missing_and_nothing_double() {
    const CLIENTS: u64 = 40;
    const READ: u64 = 300;
    let daemon = Daemon::start(Limits::default());
    let bus = Arc::clone(&daemon.bus);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let publisher = std::thread::spawn(move || {
        let mut number = 0;
        // Twenty at a time, so that a client's beginning falls among them, and then a rest, so that
        // none is too slow.
        while stopped.recv_timeout(Duration::from_micros(500)).is_err_and(|e| e == Timeout) {
            for _ in 0..20 {
                let protocol = if number % 3 == 0 { "xfrm" } else { "route" };
                bus.publish(|| record(number, protocol).into());
                number += 1;
            }
        }
    });
    for client in 0..CLIENTS {
        let last = client * 7;
        let filter = if client % 2 == 0 { "{}" } else { r#"{"protocol":["xfrm"]}"# };
        let stride = if client % 2 == 0 { 1 } else { 3 };
        let request = format!(r#"{{"version":1,"filter":{filter},"history":{{"last":{last}}}}}"#);
        let mut client = daemon.client(&request).await;
        let mut expected = client.record().await.time_ns;
        for _ in 1..READ {
            expected += stride;
            assert_eq!(client.record().await.time_ns, expected, "{request}");
        }
    }
    drop(stop);
    publisher.join().unwrap();
    assert_eq!(daemon.bus.dropped(), 0);
}

#[tokio::test]
async fn a_bad_request_is_answered_with_the_reason() {
    let daemon = Daemon::start(Limits::default());
    for (request, refusal, reason) in [
        ("nonsense", Refusal::Request, "not valid"),
        (r#"{"version":1,"filter":{"color":"red"}}"#, Refusal::Request, "unknown field"),
        (r#"{"version":99}"#, Refusal::Version, "version 1"),
        (r#"{"version":1,"filter":{"protocol":["rout"]}}"#, Refusal::Filter, "\"route\""),
    ] {
        let (kind, message) = daemon.connect(request).await.refusal().await;
        assert_eq!(kind, refusal, "{request}");
        assert!(message.contains(reason), "{message}");
    }
    let (kind, message) = daemon.connect(&"x".repeat(REQUEST_MAX)).await.refusal().await;
    assert!(kind == Refusal::Request && message.contains("longer"), "{message}");
    daemon.settle(0).await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_sent_away() {
    let daemon = Daemon::start(Limits::default());
    let stream = UnixStream::connect(daemon.directory.socket()).await.unwrap();
    let (kind, message) = Client(BufReader::new(stream)).refusal().await;
    assert!(kind == Refusal::Request && message.contains("within 5 s"), "{message}");
}

#[tokio::test]
async fn one_client_too_many_is_told_so_and_a_place_is_free_again_later() {
    let daemon = Daemon::start(Limits { clients: 1, ..Limits::default() });
    let first = daemon.client(HELLO).await;
    assert_eq!(daemon.connect(HELLO).await.refusal().await.0, Refusal::Busy);
    drop(first);
    daemon.settle(0).await;
    daemon.client(HELLO).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_records_and_is_told_how_many() {
    const RECORDS: u64 = 20_000;
    let daemon = Daemon::start(Limits {
        queue: Extent { records: 500, ..Limits::default().queue },
        history: Extent::NONE,
        ..Limits::default()
    });
    let (mut slow, mut fast) = (daemon.client(HELLO).await, daemon.client(HELLO).await);
    for number in 0..RECORDS {
        daemon.publish(number, "route");
        assert_eq!(fast.record().await.time_ns, number, "the fast client lost something");
    }
    let (mut next, mut lost) = (0, 0);
    while next < RECORDS {
        let line = slow.line().await;
        if let Ok(gap) = serde_json::from_str::<Lost>(&line) {
            lost += gap.lost;
            next += gap.lost;
        } else {
            let record: LogRecord = serde_json::from_str(&line).unwrap();
            assert_eq!(record.time_ns, next);
            next += 1;
        }
    }
    assert!(lost > 0, "the socket's buffer held everything: raise RECORDS");
    assert_eq!(daemon.bus.dropped(), lost);
}

#[tokio::test]
async fn numbers_come_at_an_interval_and_take_no_place_of_the_log() {
    let daemon = Daemon::start(Limits { clients: 1, ..Limits::default() });
    let wish = r#"{"version":1,"stats":{"metrics":["a","b"],"interval_ms":0}}"#;
    let mut watcher = daemon.client(wish).await;
    for _ in 0..3 {
        assert_eq!(watcher.line().await, "[\"a\", \"b\"]\n");
    }
    assert_eq!(daemon.bus.clients(), 0);
    assert_eq!(daemon.connect(wish).await.refusal().await.0, Refusal::Busy);
    daemon.client(HELLO).await;
    drop(watcher);
    // Its place is free once the daemon has noticed.
    let freed =
        async { while !matches!(daemon.connect(wish).await.reply().await, Reply::Hello { .. }) {} };
    timeout(PATIENCE, freed).await.unwrap();
}

#[tokio::test]
async fn shutdown_ends_every_client_and_removes_the_socket() {
    let daemon = Daemon::start(Limits::default());
    let (mut idle, stuck) = (daemon.client(HELLO).await, daemon.client(HELLO).await);
    (0..50_000).for_each(|number| daemon.publish(number, "route"));
    daemon.stop.send(true).unwrap();
    timeout(PATIENCE, daemon.task).await.unwrap().unwrap().unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, idle.0.read_to_end(&mut rest)).await.unwrap().unwrap();
    drop(stuck);
    assert!(!daemon.directory.socket().exists());
    assert_eq!(daemon.bus.clients(), 0);
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let daemon = Daemon::start(Limits::default());
    let path = daemon.directory.socket();
    assert!(matches!(Server::bind(&path), Err(Error::InUse { .. })));
    daemon.client(HELLO).await;

    let stale = daemon.directory.0.join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let server = Server::bind(&stale).unwrap();
    let mode = fs::metadata(&stale).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    drop(server);
    assert!(!stale.exists());

    let file = daemon.directory.0.join("file");
    fs::write(&file, "precious").unwrap();
    assert!(matches!(Server::bind(&file), Err(Error::NotASocket { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}
