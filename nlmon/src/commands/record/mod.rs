//! `nlmon record`: the live log of the running daemon, written to captures until a signal: to one
//! file, to a ring of files, or around what triggers. Each file holds whole blocks at any time,
//! whatever becomes of this process.

mod names;
mod output;
mod ring;
mod trigger;

use std::fmt;
use std::fs;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use nix::sys::signal::Signal;

use self::names::{RingSize, ring_size, size};
use self::output::{Output, in_the_way};
use self::ring::Ring;
use self::trigger::{Span, Triggered};
use super::feed::{Feed, Item};
use super::{Failure, signals};
use crate::config::DEFAULT_SOCKET;
use crate::live::filter::{Filter, Matcher};
use crate::live::history::History;
use crate::live::json::{Detail, LogRecord};
use crate::live::protocol::Request;
use crate::spec_files;

/// Write the live log to a capture: nlmon tail --read, Wireshark and tshark read it
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The file to make, readable by its owner alone. With --ring or --trigger there are several:
    /// `a.pcapng` becomes `a_00001_20260102T030405Z.pcapng`, and so on
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which records to write; all by default
    #[command(flatten)]
    filter: Filter,
    /// What of the past to begin with; none by default
    #[command(flatten)]
    history: History,
    /// Keep the newest records in so many files of that size: 10x64MiB. The oldest file is removed
    #[arg(long, value_name = "NxSIZE", value_parser = ring_size, conflicts_with = "trigger")]
    ring: Option<RingSize>,
    /// Keep records in memory, and write them when one of these comes, in the words of the flags:
    /// '`type=RTM_DELLINK` process=ip'
    #[arg(long, value_name = "WORDS")]
    trigger: Option<String>,
    /// How much of the past is written at a trigger
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s",
        requires = "trigger")]
    before: Duration,
    /// Most memory of that past
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64MiB",
        requires = "trigger")]
    before_bytes: u64,
    /// How long to write on after a trigger, from 1s
    #[arg(long, value_name = "SPAN", value_parser = span_from_1s, default_value = "10s",
        requires = "trigger")]
    after: Duration,
    /// YAML spec of a generic family, or a directory of some, whose types --trigger names
    #[arg(long, value_name = "PATH", requires = "trigger")]
    specs: Vec<PathBuf>,
    /// Stop after this many records; with --trigger, after this many files
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
}

fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().and_then(|span| span.try_into().ok());
    span.ok_or_else(|| "a span of time is like 90s, 5m or 1h30m".to_owned())
}

/// Each trigger makes a file: of a storm of triggers no more than one a second.
fn span_from_1s(text: &str) -> Result<Duration, String> {
    let is_long = |span: &Duration| *span >= Duration::from_secs(1);
    let span = span(text)?;
    Some(span).filter(is_long).ok_or_else(|| "it is at least 1s".to_owned())
}

/// Writes until `--count` is reached, SIGINT or SIGTERM comes, or the daemon goes away.
///
/// # Errors
/// `Usage` for a filter that names nothing and for a file that is there, `System` where the socket
/// may not be used, `Runtime` where there is no daemon, it goes away, or a file cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    args.filter.check().map_err(|error| Failure::Usage(error.into()))?;
    let matcher = args.trigger.as_deref().map(|words| args.matcher(words)).transpose()?;
    if args.file.file_name().is_none() {
        return Err(Failure::Usage(anyhow!("{} is no name of a file", args.file.display())));
    }
    let is_one = args.ring.is_none() && matcher.is_none();
    if is_one && !args.force && fs::symlink_metadata(&args.file).is_ok() {
        return Err(in_the_way(&args.file));
    }
    let request = Request {
        filter: args.filter.clone(),
        detail: Detail::Data,
        history: args.history,
        ..Request::new()
    };
    let feed = Feed::daemon(&args.socket, &request)?;
    let stopped = stop_on_signal(&feed).map_err(Failure::Runtime)?;
    let mut recorder = args.recorder(matcher)?;
    let end = copy(feed, args.count, &mut *recorder);
    crate::commands::say(format_args!("{}", recorder.summary()));
    match end? {
        StopReason::Count => Ok(()),
        StopReason::Closed if stopped.load(Ordering::Relaxed) => Ok(()),
        StopReason::Closed => Err(super::daemon_is_gone()),
    }
}

impl Args {
    fn matcher(&self, words: &str) -> Result<Matcher, Failure> {
        let found = spec_files::read(&self.specs).map_err(|error| Failure::Usage(error.into()))?;
        let matcher = Filter::of_line(words).and_then(|filter| filter.compile(found.specs));
        matcher.context("--trigger").map_err(Failure::Usage)
    }

    fn recorder(&self, matcher: Option<Matcher>) -> Result<Box<dyn Recorder>, Failure> {
        let file = self.file.clone();
        if let Some(size) = self.ring {
            return Ok(Box::new(Ring::new(file, size, self.force)?));
        }
        let Some(matcher) = matcher else {
            let output = Output::create(&file, self.force)?;
            return Ok(Box::new(Single { output, lost: 0 }));
        };
        let Self { before, after, .. } = *self;
        let before_bytes = usize::try_from(self.before_bytes).unwrap_or(usize::MAX);
        let span = Span { before, before_bytes, after };
        Ok(Box::new(Triggered::new(file, matcher, span, self.force)))
    }
}

/// On a signal, closes the daemon's socket, which ends what is read from it; true from then on.
fn stop_on_signal(feed: &Feed) -> anyhow::Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let Feed::Daemon(daemon) = feed else { return Ok(stopped) };
    let daemon: UnixStream =
        daemon.stream.get_ref().try_clone().context("cannot watch for signals")?;
    let told = Arc::clone(&stopped);
    signals::on_first([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP], move || {
        told.store(true, Ordering::Relaxed);
        drop(daemon.shutdown(Shutdown::Both));
    })?;
    Ok(stopped)
}

/// Why a recording is over.
enum StopReason {
    Count,
    Closed,
}

/// What becomes of records.
trait Recorder {
    /// Records are missing here.
    fn lost(&mut self, records: u64);

    /// A record, also as the daemon said it.
    fn record(&mut self, record: &LogRecord, line: String) -> Result<(), Failure>;

    /// Nothing more is there for now.
    fn idle(&mut self) -> Result<(), Failure>;

    /// How long it may stay so before [`Self::idle`] is to be called again.
    fn wait(&self) -> Option<Duration> {
        None
    }

    /// Nothing more comes.
    fn finish(&mut self) -> Result<(), Failure>;

    /// What `--count` counts.
    fn done(&self) -> u64;

    /// What there is in the end.
    fn summary(&self) -> String;
}

/// Copies until the end. However it ends, what was got is in a file that is to have it.
fn copy(
    feed: Feed,
    count: Option<u64>,
    recorder: &mut dyn Recorder,
) -> Result<StopReason, Failure> {
    let end = take(feed, count, recorder);
    recorder.finish().and(end)
}

fn take(
    mut feed: Feed,
    count: Option<u64>,
    recorder: &mut dyn Recorder,
) -> Result<StopReason, Failure> {
    while count.is_none_or(|count| recorder.done() < count) {
        if !feed.has_more() {
            recorder.idle()?;
            let waited = recorder.wait().map(|time| feed.wait(time));
            if !waited.transpose().map_err(|e| Failure::Runtime(e.into()))?.unwrap_or(true) {
                continue;
            }
            if count.is_some_and(|count| recorder.done() >= count) {
                break;
            }
        }
        match feed.next().map_err(Failure::Runtime)? {
            Item::End => return Ok(StopReason::Closed),
            Item::Lost(lost) => recorder.lost(lost),
            Item::Line(line) => {
                let record = Item::parse(&line).map_err(Failure::Runtime)?;
                recorder.record(&record, line)?;
            }
            // Only a capture has records that are no lines.
            Item::Record(_) => {}
        }
    }
    Ok(StopReason::Count)
}

/// How many records, and how many are missing.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    records: u64,
    lost: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records", self.records)?;
        if self.lost > 0 { write!(f, " ({} are missing)", self.lost) } else { Ok(()) }
    }
}

/// All in one file.
struct Single {
    output: Output,
    lost: u64,
}

impl Recorder for Single {
    fn lost(&mut self, records: u64) {
        self.output.lost(records);
        self.lost += records;
    }

    fn record(&mut self, record: &LogRecord, _line: String) -> Result<(), Failure> {
        self.output.write(record)
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.output.flush()
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.output.finish()
    }

    fn done(&self) -> u64 {
        self.output.records
    }

    fn summary(&self) -> String {
        let (records, path) = (self.output.records, self.output.path.display());
        let missing =
            if self.lost > 0 { format!(", {} are missing", self.lost) } else { String::new() };
        format!("{records} records in {path}{missing}")
    }
}
