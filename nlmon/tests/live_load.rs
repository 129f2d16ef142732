//! Fifty clients of the live log at once, one of which does not read. What holds for each, however
//! slow it is: the records that it got and those that it was told it lost are all that were
//! published, in order. What holds for those that read: as long as none of them is further behind
//! than the ring is long, none loses anything, whatever the one that does not read does. And the ring
//! stays within its memory.
//!
//! `NLMON_LOAD=N` publishes N records instead, `NLMON_RATE=N` that many a second at most, and then waits
//! for nobody: none that reads may lose any. `--nocapture` shows the figures of
//! docs/overhead.md; their time is not tested.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/captures/mod.rs"]
mod captures;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use nlmon::live::bus::{Bus, Limits};
use nlmon::live::json::{Clock, LogRecord, View};
use nlmon::live::server::Server;
use nlmon::live::stats::StatsSource;
use nlmon_core::record::{Delivery, Outcome, Record};
use tokio::runtime::Runtime;
use tokio::sync::watch;

const CLIENTS: usize = 50;
/// A prime number.
const RECORDS: u64 = 80_021;
/// The ring's, by default.
const RING_RECORDS: u64 = 32_768;
const RING_BYTES: usize = 64 << 20;
/// How often the daemon's pipeline publishes what it has.
const BURSTS_A_SECOND: u64 = 50;
const BURST: Duration = Duration::from_millis(1000 / BURSTS_A_SECOND);
const PATIENCE: Duration = Duration::from_mins(1);
const HELLO: &str = "{\"version\":1}\n";
/// One record in this many is for a client that filters.
const RARE: u64 = 97;
const RARE_HELLO: &str = "{\"version\":1,\"filter\":{\"netns\":[97]}}\n";

fn records() -> u64 {
    std::env::var("NLMON_LOAD").map_or(RECORDS, |number| number.parse().unwrap())
}

/// Records a second, where that is limited.
fn rate() -> Option<u64> {
    std::env::var("NLMON_RATE").ok().map(|number| number.parse().unwrap())
}

/// A daemon's log without the rest of it, and what is published on it.
struct Log {
    bus: Arc<Bus>,
    socket: PathBuf,
    stop: watch::Sender<bool>,
    _runtime: Runtime,
    samples: Vec<LogRecord>,
    published: u64,
    most_bytes: usize,
}

impl Log {
    fn start(name: &str) -> Self {
        let bus = Bus::new(Limits::default());
        let socket = std::env::temp_dir().join(format!("nlmon-{name}-{}.sock", std::process::id()));
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(async { Server::bind(&socket) }).unwrap();
        // Nobody asks for the metrics.
        let stats = StatsSource::new(|_names| String::new());
        runtime.spawn(server.serve(Arc::clone(&bus), stats, stopped));
        let (samples, published, most_bytes) = (samples(), 0, 0);
        Self { bus, socket, stop, _runtime: runtime, samples, published, most_bytes }
    }

    /// Publishes real messages, each with its number as its time.
    fn publish(&mut self) {
        let number = self.published;
        let sample = &self.samples[usize::try_from(number).unwrap() % self.samples.len()];
        self.bus.publish(|| {
            let mut record = sample.clone();
            record.time_ns = number;
            record.netns = if number.is_multiple_of(RARE) { 97 } else { 1 };
            record.into()
        });
        self.published += 1;
        if number.is_multiple_of(64) {
            self.most_bytes = self.most_bytes.max(self.bus.bytes());
        }
    }

    /// Publishes up to that record, as fast as it may be, and waits for nobody. What a busy host kept
    /// it from is not made up for at once: no source of messages could have run then either.
    fn publish_at_rate(&mut self, end: u64) {
        let burst = rate().map_or(u64::MAX, |rate| rate / BURSTS_A_SECOND);
        let mut due = Instant::now();
        while self.published <= end {
            (0..burst.min(end + 1 - self.published)).for_each(|_| self.publish());
            due = (due + BURST).max(Instant::now());
            sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// The same, less than a ring ahead of the slowest of these clients.
    fn publish_within_the_ring(&mut self, end: u64, places: &[Arc<AtomicU64>]) {
        let slowest = || places.iter().map(|at| at.load(Ordering::Relaxed)).min().unwrap();
        while self.published <= end {
            let mut waiting = Instant::now();
            let mut seen = slowest();
            while self.published - seen >= RING_RECORDS / 2 {
                sleep(Duration::from_micros(200));
                if slowest() > seen {
                    (seen, waiting) = (slowest(), Instant::now());
                }
                assert!(waiting.elapsed() < PATIENCE, "a client stands still at {seen}");
            }
            let burst = (end + 1 - self.published).min(RING_RECORDS / 4);
            (0..burst).for_each(|_| self.publish());
        }
    }

    fn client(&self, hello: &str) -> Client {
        let stream = UnixStream::connect(&self.socket).unwrap();
        (&stream).write_all(hello.as_bytes()).unwrap();
        // As much as the kernel gives at a time.
        let mut lines = BufReader::with_capacity(256 << 10, stream);
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(line.starts_with("{\"hello\""), "{line}");
        Client { lines, got: 0, lost: 0, last: None, at: Arc::default() }
    }

    /// Stops once the ring was seen within its memory.
    fn end(self) {
        assert!(self.most_bytes > 0 && self.most_bytes <= RING_BYTES, "{}", self.most_bytes);
        self.stop.send_replace(true);
    }
}

/// Deliveries of the real messages of the tests.
fn samples() -> Vec<LogRecord> {
    let families = Arc::new(captures::families());
    let view = View { families, ..View::new(Clock::new(1_767_323_044_000_000_000)) };
    let record = |protocol, data: Vec<u8>| {
        let len = u32::try_from(data.len()).unwrap();
        let (netns, group, src_portid) = (1, 1, 0);
        let delivery = Delivery { received_ns: 0, protocol, netns, group, src_portid, len, data };
        let delivered = Record::Received { delivery, outcome: Outcome::Unobserved };
        LogRecord::new(&delivered, &view)
    };
    let files = captures::FILES.into_iter();
    let datagrams = files.flat_map(|(file, protocol)| {
        captures::read(file).into_iter().map(move |(_, bytes)| (protocol, bytes))
    });
    datagrams.map(|(protocol, bytes)| record(protocol, bytes)).collect()
}

struct Client {
    lines: BufReader<UnixStream>,
    got: u64,
    lost: u64,
    /// Number of the last record.
    last: Option<u64>,
    /// All records up to here are got or lost.
    at: Arc<AtomicU64>,
}

impl Client {
    /// Reads up to that record, which has to be one that it gets.
    fn read(mut self, end: u64) -> Self {
        let mut line = Vec::new();
        while self.last != Some(end) {
            line.clear();
            assert!(self.lines.read_until(b'\n', &mut line).unwrap() > 0, "the log ended");
            self.take(&line);
        }
        self
    }

    /// Fifty of these share the processors with what they test: no more is read than is needed.
    fn take(&mut self, line: &[u8]) {
        if let Some(lost) = line.strip_prefix(b"{\"lost\":") {
            self.lost += number(lost);
            return;
        }
        // `{"time":"2026-01-02T03:04:05.000000000Z","time_ns":7,...`
        let rest = line[..64].split(|byte| *byte == b':').nth(4).unwrap();
        let number = number(rest);
        assert!(self.last.is_none_or(|last| last < number), "{number} after {:?}", self.last);
        self.last = Some(number);
        self.got += 1;
        self.at.store(number + 1, Ordering::Relaxed);
    }

    fn follow(self, end: u64) -> JoinHandle<Self> {
        thread::spawn(move || self.read(end))
    }
}

/// The number at the beginning.
fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

/// Resident memory of this process.
fn resident_mib() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4 / 1024
}

fn report(what: &str, log: &Log, start: Instant, before_mib: u64) {
    let rate = u128::from(log.published) * 1000 / start.elapsed().as_millis().max(1);
    let (ring, more) = (log.most_bytes / 1024, resident_mib().saturating_sub(before_mib));
    println!(
        "{what}: {} records, {rate} a second, ring {ring} KiB at most, {more} MiB more resident",
        log.published
    );
}

/// The publisher waits for the slowest of those that read, or at a given rate for nobody.
#[test]
fn nobody_but_the_one_that_does_not_read_loses_anything() {
    let mut log = Log::start("paced");
    let stopped = log.client(HELLO);
    let end = records() - 1;
    let healthy: Vec<_> = (1..CLIENTS).map(|_| log.client(HELLO)).collect();
    let places: Vec<_> = healthy.iter().map(|client| Arc::clone(&client.at)).collect();
    let healthy: Vec<_> = healthy.into_iter().map(|client| client.follow(end)).collect();
    let (start, before_mib) = (Instant::now(), resident_mib());
    if rate().is_some() {
        log.publish_at_rate(end);
    } else {
        log.publish_within_the_ring(end, &places);
    }
    for client in healthy {
        let client = client.join().unwrap();
        assert_eq!((client.got, client.lost), (end + 1, 0));
    }
    report("49 that read all, and one that does not", &log, start, before_mib);
    let stopped = stopped.read(end);
    assert_eq!(stopped.got + stopped.lost, log.published);
    assert!(stopped.lost > 0, "the socket's buffer held everything");
    assert_eq!(log.bus.dropped(), stopped.lost);
    log.end();
}

/// Nobody is waited for: whoever is too slow is told exactly what it lost.
#[test]
fn whatever_each_client_lost_it_is_told() {
    let mut log = Log::start("storm");
    // The last of all has to reach who filters too.
    let end = (records() - 1).next_multiple_of(RARE);
    let stopped = log.client(HELLO);
    let rare: Vec<_> = (2..CLIENTS).map(|_| log.client(RARE_HELLO).follow(end)).collect();
    let all = log.client(HELLO).follow(end);
    let (start, before_mib) = (Instant::now(), resident_mib());
    log.publish_at_rate(end);
    report("48 that filter, one that reads all, one that does not", &log, start, before_mib);
    let (mut told, published) = (0, log.published);
    for client in rare {
        let client = client.join().unwrap();
        // Losses are of all records, before the filter.
        assert!(client.got <= end / RARE + 1);
        assert!(client.lost > 0 || client.got == end / RARE + 1, "{} lost unsaid", client.got);
        told += client.lost;
    }
    let all = all.join().unwrap();
    assert!(rate().is_none() || told + all.lost == 0, "{told} and {} lost", all.lost);
    for client in [all, stopped.read(end)] {
        assert_eq!(client.got + client.lost, published);
        told += client.lost;
    }
    assert_eq!(log.bus.dropped(), told);
    log.end();
}
