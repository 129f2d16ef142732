//! The page over HTTP: what a browser is sent, to whom it is refused, and the stream of records with
//! its filters and limits. The log behind it is a bus of the test's own; the last test is the daemon
//! itself, without probes.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nlmon::health::{Health, ProbeState};
use nlmon::http::{self, Address, Door, Listener};
use nlmon::live::bus::{Bus, Extent, Limits};
use nlmon::live::json::LogRecord;
use nlmon::live::stats::StatsSource;
use nlmon::live::talkers::TalkerBoard;
use nlmon::metrics::{LogTotals, Metrics};
use nlmon::supervisor::{Heartbeat, Tasks};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);
const CONNECTIONS: usize = 8;

struct Server {
    address: SocketAddr,
    bus: Arc<Bus>,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

fn health() -> Arc<Health> {
    let (progress, subscriptions) = (Arc::default(), Arc::default());
    let (pipeline, tasks) = (Heartbeat::new(Duration::from_mins(1)), Tasks::default());
    let probes = ProbeState::default();
    Arc::new(Health { probes, pipeline, progress, ring: None, subscriptions, tasks })
}

impl Server {
    fn start(limits: Limits, live: bool) -> Self {
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let Address::Tcp(address) = *listener.address() else { panic!("{listener:?}") };
        let bus = Bus::new(limits);
        let metrics =
            Metrics::new(None, Vec::new(), Vec::new(), false, LogTotals::default).unwrap();
        let (stop, stopped) = watch::channel(false);
        let told = || r#"[{"kind":"lost"}]"#.to_owned();
        let source = StatsSource::new(|_| String::new()).with_findings(told);
        let source = source.with_talkers(TalkerBoard::new(&bus));
        let log = live.then(|| (Arc::clone(&bus), source));
        let (_, connections) = watch::channel(CONNECTIONS);
        let door = Door::new(Path::new(""), Path::new("")).unwrap();
        let server = http::serve(
            vec![listener],
            door,
            Arc::new(metrics),
            health(),
            log,
            connections,
            stopped,
        );
        let task = tokio::spawn(server);
        Self { address, bus, stop, task }
    }

    async fn send(&self, path: &str, headers: &str) -> Response {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let mut response = Response { stream: BufReader::new(stream), head: String::new() };
        let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
        response.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        while !response.head.ends_with("\r\n\r\n") {
            let read = response.stream.read_line(&mut response.head);
            assert!(timeout(PATIENCE, read).await.unwrap().unwrap() > 0, "{}", response.head);
        }
        response
    }

    /// As a browser on this host asks.
    async fn get(&self, path: &str) -> Response {
        self.send(path, "Host: localhost:9776\r\nSec-Fetch-Site: same-origin\r\n").await
    }

    fn publish(&self, number: u64, protocol: &'static str) {
        let json = r#"{"time":"2026-01-02T03:04:05.000000000Z","time_ns":0,"path":"multicast",
            "protocol":"route","netns":1,"src_portid":0,"bytes":44,"messages":[]}"#;
        self.bus.publish(|| {
            let mut record: LogRecord = serde_json::from_str(json).unwrap();
            record.time_ns = number;
            record.protocol = protocol.into();
            record.into()
        });
    }

    async fn settle(&self, clients: usize) {
        let settled = async {
            while self.bus.clients() != clients {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, settled).await.unwrap();
    }
}

struct Response {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Response {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }

    async fn body(mut self) -> String {
        let mut body = vec![0; self.header("content-length").parse().unwrap()];
        timeout(PATIENCE, self.stream.read_exact(&mut body)).await.unwrap().unwrap();
        String::from_utf8(body).unwrap()
    }

    /// The next line of the stream that says something: chunks' lengths are left out, and `None` is
    /// its end.
    async fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await.unwrap();
            if read.unwrap_or(0) == 0 {
                return None;
            }
            if line.starts_with("data: ") || line.starts_with("event: ") {
                return Some(line.trim_end().to_owned());
            }
        }
    }

    async fn hello(&mut self) {
        assert_eq!(self.line().await.unwrap(), "event: hello");
        assert!(self.line().await.unwrap().starts_with("data: {\"nlmon\":"));
    }

    async fn record(&mut self) -> LogRecord {
        serde_json::from_str(self.line().await.unwrap().strip_prefix("data: ").unwrap()).unwrap()
    }
}

#[tokio::test]
async fn off_it_says_how_to_turn_it_on() {
    let server = Server::start(Limits::default(), false);
    for path in ["/", "/live"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), 404);
        assert!(response.body().await.contains("live = true in [http]"));
    }
    assert_eq!(server.get("/page/main.js").await.status(), 404);
    assert_eq!(server.send("/healthz", "Host: prometheus.example:9776\r\n").await.status(), 200);
}

#[tokio::test]
async fn every_file_of_the_page_is_served_and_confined() {
    let server = Server::start(Limits::default(), true);
    let page = server.get("/").await.body().await;
    let names = page.split('"').filter(|name| name.starts_with("/page/"));
    let scripts = ["main", "stream", "metrics", "records", "rates", "sockets", "situation"];
    let scripts = scripts.map(|name| format!("/page/{name}.js"));
    for path in names.map(str::to_owned).chain(scripts).chain(["/".to_owned()]) {
        let response = server.get(&path).await;
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        let body = response.body().await;
        // Nothing from elsewhere, nothing inline. A namespace is a name and is not fetched.
        let addresses = body.replace("http://www.w3.org/2000/svg", "");
        assert!(!addresses.contains("http://") && !addresses.contains("https://"), "{path}");
        assert!(!body.contains(" style=") && !body.contains("innerHTML"), "{path}");
        assert!(!body.contains(" onclick=") && !body.contains("<script>"), "{path}");
    }
    let imports = server.get("/page/main.js").await.body().await;
    assert!(imports.contains("from \"./stream.js\""));
}

#[tokio::test]
async fn only_by_its_own_name_and_for_its_own_page() {
    let server = Server::start(Limits::default(), true);
    for path in ["/", "/page/main.js", "/live"] {
        for headers in [
            "Host: rebound.example:9776\r\n",
            "Host: localhost.rebound.example\r\n",
            "",
            "Host: localhost\r\nHost: localhost\r\n",
            "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n",
        ] {
            let response = server.send(path, headers).await;
            // More than one name, or none, is no HTTP/1.1; whoever notices first refuses.
            assert!([400, 403].contains(&response.status()), "{path} {headers}");
        }
    }
    for host in ["localhost", "127.0.0.1:80", "[::1]:9776"] {
        assert_eq!(server.send("/", &format!("Host: {host}\r\n")).await.status(), 200, "{host}");
    }
    assert_eq!(server.bus.clients(), 0);
}

#[tokio::test]
async fn records_arrive_as_events_chosen_by_the_words_of_tail() {
    let server = Server::start(Limits::default(), true);
    let mut all = server.get("/live").await;
    assert_eq!((all.status(), all.header("content-type")), (200, "text/event-stream"));
    let mut some = server.get("/live?protocol=xfrm,generic&path=multicast&netns=1").await;
    all.hello().await;
    some.hello().await;
    server.publish(1, "route");
    server.publish(2, "xfrm");
    assert_eq!(all.record().await.time_ns, 1);
    assert_eq!(all.record().await.time_ns, 2);
    assert_eq!(some.record().await.time_ns, 2);
    drop((all, some));
    server.settle(0).await;
}

#[tokio::test]
async fn it_begins_with_what_is_still_there_where_that_is_wanted() {
    let server = Server::start(Limits::default(), true);
    (1..8).for_each(|number| server.publish(number, "route"));
    let mut past = server.get("/live?last=200&last=2&protocol=route").await;
    past.hello().await;
    server.publish(8, "route");
    for number in 6..9 {
        assert_eq!(past.record().await.time_ns, number);
    }
}

#[tokio::test]
async fn how_things_are_is_told_in_one_answer_and_for_its_own_page_alone() {
    let server = Server::start(Limits::default(), true);
    let response = server.get("/situation").await;
    assert_eq!((response.status(), response.header("content-type")), (200, "application/json"));
    let told: serde_json::Value = serde_json::from_str(&response.body().await).unwrap();
    assert_eq!(told["findings"], serde_json::json!([{"kind": "lost"}]));
    assert_eq!(told["minute"]["messages"], 0);
    // No ledger is kept: that there are no changes is not said.
    assert_eq!(told.get("changes"), None);
    let foreign =
        server.send("/situation", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n").await;
    assert_eq!(foreign.status(), 403);
    let runbook = server.get("/page/runbook.md").await;
    assert!(runbook.header("content-type").starts_with("text/plain"));
    assert!(runbook.body().await.contains("### Finding lost\n"));
    assert_eq!(Server::start(Limits::default(), false).get("/situation").await.status(), 404);
}

#[tokio::test]
async fn a_wrong_filter_suggests_the_nearest_name() {
    let server = Server::start(Limits::default(), true);
    for (query, answer) in [
        ("protocol=rout", "unknown protocol \"rout\": did you mean \"route\"?\n"),
        ("protcol=route", "unknown filter \"protcol\": did you mean \"protocol\"?\n"),
        ("type=RTM_NEWLNIK", "did you mean \"RTM_NEWLINK\"?\n"),
        ("pid=one%20two", "unknown pid \"one two\"\n"),
    ] {
        let response = server.get(&format!("/live?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        let body = response.body().await;
        assert!(body.ends_with(answer), "{body}");
    }
    assert_eq!(server.bus.clients(), 0);
}

#[tokio::test]
async fn its_readers_have_places_of_their_own() {
    let server = Server::start(Limits { clients: 1, ..Limits::default() }, true);
    // Not those of the socket's clients.
    let _client = server.bus.subscribe();
    let mut readers = Vec::new();
    for _ in 0..CONNECTIONS / 2 {
        let mut reader = server.get("/live").await;
        reader.hello().await;
        readers.push(reader);
    }
    // All of them are of one user.
    let one_more = server.get("/live").await;
    assert_eq!(one_more.status(), 503);
    assert!(one_more.body().await.contains("4 readers have the stream already"));
    for _ in 0..CONNECTIONS {
        assert_eq!(server.get("/healthz").await.status(), 200);
    }
    server.publish(1, "route");
    for reader in &mut readers {
        assert_eq!(reader.record().await.time_ns, 1);
    }
    drop(readers);
    server.settle(1).await;
    assert_eq!(server.get("/live").await.status(), 200);
}

#[tokio::test]
async fn a_reader_that_stops_loses_records_and_is_told_how_many() {
    const RECORDS: u64 = 60_013;
    let queue = Extent { records: 500, ..Limits::default().queue };
    let limits = Limits { queue, history: Extent::NONE, ..Limits::default() };
    let server = Server::start(limits, true);
    let mut reader = server.get("/live").await;
    reader.hello().await;
    for number in 0..RECORDS {
        server.publish(number, "route");
        if number % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let (mut next, mut lost) = (0, 0);
    while next < RECORDS {
        let line = reader.line().await.unwrap();
        if line == "event: lost" {
            let line = reader.line().await.unwrap();
            let count = line.strip_prefix("data: {\"lost\":").unwrap().trim_end_matches('}');
            let count: u64 = count.parse().unwrap();
            (next, lost) = (next + count, lost + count);
            continue;
        }
        let record: LogRecord = serde_json::from_str(&line["data: ".len()..]).unwrap();
        assert_eq!(record.time_ns, next);
        next += 1;
    }
    assert!(lost > 0, "the socket's buffers held everything: raise RECORDS");
    assert_eq!(server.bus.dropped(), lost);
}

#[tokio::test]
async fn shutdown_ends_every_stream() {
    let server = Server::start(Limits::default(), true);
    let mut reader = server.get("/live").await;
    reader.hello().await;
    server.stop.send(true).unwrap();
    assert_eq!(reader.line().await, None);
    drop(reader);
    timeout(PATIENCE, server.task).await.unwrap().unwrap().unwrap();
    assert_eq!(server.bus.clients(), 0);
}
