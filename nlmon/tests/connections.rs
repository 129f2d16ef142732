//! The daemon's servers under clients that mean ill or know no better: scrapes that are cut off,
//! requests that never end, connections by the thousand, and no file descriptor left. Each test has a
//! daemon of its own, without probes: in a user namespace, whose root has no rights over the kernel.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use directory::Directory;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a scrape may take, whatever goes on beside it.
const SCRAPE_TIME: Duration = Duration::from_secs(1);

/// Connections that the daemon keeps at a time, by default.
const CONNECTIONS: usize = 64;

struct Daemon {
    child: Child,
    address: SocketAddr,
    directory: Directory,
    said: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    /// One that may have so many descriptors.
    fn start(descriptors: u32) -> Self {
        let directory = Directory::new();
        // Somebody else may get it meanwhile: then the daemon says so, and the test fails.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut child = Command::new("unshare")
            .args(["--user", "--map-root-user", "prlimit", &format!("--nofile={descriptors}")])
            .args([env!("CARGO_BIN_EXE_nlmon"), "run", "--listen", &address.to_string()])
            .arg("--socket")
            .arg(directory.join("log"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut first: Vec<_> =
            lines.by_ref().take_while(|line| !line.contains("ready:")).collect();
        first.push("ready".to_owned());
        let said = Arc::new(Mutex::new(first));
        let saying = Arc::clone(&said);
        thread::spawn(move || lines.for_each(|line| saying.lock().unwrap().push(line)));
        Self { child, address, directory, said }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// A connection whose request never ends.
    fn half_sent(&self) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n").unwrap();
        stream
    }

    /// The answer to a scrape, and how long it took.
    fn scrape(&self) -> (String, Duration) {
        let start = Instant::now();
        let mut stream = self.connect();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        (answer, start.elapsed())
    }

    /// What `/proc` says of the daemon.
    fn threads(&self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap().count()
    }

    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    fn log_socket(&self) -> UnixStream {
        UnixStream::connect(self.directory.join("log")).unwrap()
    }

    /// That a client of the log is let in.
    fn tail(&self) {
        let start = Instant::now();
        let mut stream = self.log_socket();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"{\"version\":1}\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        assert!(line.contains("\"nlmon\""), "{line}");
        assert!(start.elapsed() < SCRAPE_TIME, "{:?}", start.elapsed());
    }

    fn has_said(&self, text: &str) -> usize {
        self.said.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whether the other end has closed by then.
fn is_closed(mut stream: impl Read, deadline: Instant, wait: impl Fn(Duration)) -> bool {
    wait(deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)));
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

fn all_closed(streams: &[TcpStream], deadline: Instant) -> bool {
    streams.iter().all(|stream| {
        is_closed(stream, deadline, |left| stream.set_read_timeout(Some(left)).unwrap())
    })
}

/// As many descriptors for this process as it may have.
fn raise_own_limit() {
    let pid = std::process::id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &pid, "--nofile=8192:"]).status();
    assert!(raised.unwrap().success());
}

#[test]
fn cut_scrapes_do_not_pile_up_and_half_sent_ones_do_not_stay() {
    let daemon = Daemon::start(1024);
    let start = Instant::now();
    let half_sent: Vec<_> = (0..300).map(|_| daemon.half_sent()).collect();
    let (_, took) = daemon.scrape();
    assert!(took < SCRAPE_TIME, "{took:?}");
    let mut threads = 0;
    for number in 0..400 {
        let mut stream = daemon.connect();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        drop(stream);
        threads = threads.max(daemon.threads());
        if number % 100 == 99 {
            let (_, took) = daemon.scrape();
            assert!(took < SCRAPE_TIME, "{took:?} after {number} cut scrapes");
        }
    }
    assert!(threads <= 8, "{threads} threads");
    assert!(all_closed(&half_sent, start + Duration::from_secs(10)));
}

#[test]
fn a_thousand_idle_connections_keep_nobody_out() {
    raise_own_limit();
    let daemon = Daemon::start(1024);
    let idle: Vec<_> = (0..1100).map(|_| daemon.connect()).collect();
    let (_, took) = daemon.scrape();
    assert!(took < SCRAPE_TIME, "{took:?}");
    daemon.tail();
    assert!(daemon.descriptors() < 2 * CONNECTIONS, "{} descriptors", daemon.descriptors());
    let idle_on_log: Vec<_> = (0..1100).map(|_| daemon.log_socket()).collect();
    daemon.tail();
    let (text, took) = daemon.scrape();
    assert!(took < SCRAPE_TIME, "{took:?}");
    let evicted = |server: &str| {
        let labels = format!("{{server=\"{server}\",reason=\"evicted\"}} ");
        let line = text.lines().find_map(|line| {
            line.strip_prefix("nlmon_connections_turned_away_total")?.strip_prefix(&labels)
        });
        line.unwrap().parse::<usize>().unwrap()
    };
    // The first half, whose user nobody has asked for, may end by its own time first.
    let least = 1100 - CONNECTIONS - CONNECTIONS / 2;
    assert!(evicted("http") >= least, "{}", evicted("http"));
    assert!(evicted("log") >= 1000, "{}", evicted("log"));
    drop((idle, idle_on_log));
}

#[test]
fn the_lack_of_descriptors_is_said_and_ends_nothing() {
    // Too few for all connections that it would keep.
    let daemon = Daemon::start(50);
    let start = Instant::now();
    let idle: Vec<_> = (0..CONNECTIONS).map(|_| daemon.connect()).collect();
    while daemon.has_said("no file descriptor is left for a connection: raise LimitNOFILE") == 0 {
        assert!(start.elapsed() < PATIENCE, "{:?}", daemon.said);
        thread::sleep(Duration::from_millis(20));
    }
    assert!(all_closed(&idle, start + PATIENCE));
    daemon.scrape();
    daemon.tail();
    let said = daemon.has_said("no file descriptor");
    assert!(said <= 2 + usize::try_from(start.elapsed().as_secs()).unwrap(), "{said} lines");
}
