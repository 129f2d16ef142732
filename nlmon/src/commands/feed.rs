//! Where `nlmon tail` and `nlmon record` have their records from: the running daemon, or a capture.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::Failure;
use crate::live::filter::Matcher;
use crate::live::json::LogRecord;
use crate::live::pcapng;
use crate::live::protocol::{Lost, Refusal, Reply, Request};
use nlmon_core::decode::specs::Specs;

/// What is read from the daemon at a time: what it writes at a time, and more. A reader that asks
/// for little is what makes a storm too fast for it.
const BUFFER_BYTES: usize = 256 << 10;

/// What comes next.
pub(super) enum Item {
    /// Records were lost here.
    Lost(u64),
    /// A record, as the daemon says it: one object of JSON and a newline.
    Line(String),
    /// A record of a capture.
    Record(Box<LogRecord>),
    /// The daemon is gone, or the capture at its end.
    End,
}

impl Item {
    /// The record of a line.
    pub(super) fn parse(line: &str) -> anyhow::Result<LogRecord> {
        serde_json::from_str(line).context("the daemon sent a record that this nlmon cannot read")
    }
}

/// The running daemon, once it has let this client in.
pub(super) struct Daemon {
    pub(super) stream: BufReader<UnixStream>,
    /// Whether it has probes.
    probes: bool,
}

/// A source of records.
pub(super) enum Feed {
    /// The running daemon, which applies the filter.
    Daemon(Daemon),
    /// A capture, and which of its records are wanted.
    Capture(Box<pcapng::Reader<Box<dyn Read>>>, Box<Matcher>),
}

impl Feed {
    /// Asks the daemon.
    ///
    /// # Errors
    /// `Usage` for a filter that the daemon does not know, `System` where the socket may not be
    /// used, `Runtime` where there is no daemon or it refuses.
    pub(super) fn daemon(socket: &Path, request: &Request) -> Result<Self, Failure> {
        let (stream, probes) = greeted(socket, request, None)?;
        Ok(Self::Daemon(Daemon { stream, probes }))
    }

    /// Opens a capture; `-` is standard input.
    ///
    /// # Errors
    /// `Runtime` where it cannot be read or is none.
    pub(super) fn capture(
        file: &Path,
        matcher: Matcher,
        (specs, show_secrets): (Specs, bool),
    ) -> Result<Self, Failure> {
        let begin = || {
            let reader = pcapng::Reader::new(open_file(file)?).with_context(|| shown(file))?;
            Ok(reader.with_specs(specs).with_secrets(show_secrets))
        };
        let mut reader = begin().map_err(Failure::Runtime)?;
        // What can be read only once is read once.
        if fs::metadata(file).is_ok_and(|about| about.is_file()) {
            let survey = reader.survey();
            reader = begin().map_err(Failure::Runtime)?.with_survey(survey);
        }
        Ok(Self::Capture(Box::new(reader), Box::new(matcher)))
    }

    /// What of a capture is not among its records.
    pub(super) fn passed(&self) -> pcapng::Passed {
        match self {
            Self::Daemon(_) => pcapng::Passed::default(),
            Self::Capture(reader, _) => reader.passed().clone(),
        }
    }

    /// Whether probes saw what was sent. A capture does not tell: its records do.
    pub(super) fn has_probes(&self) -> bool {
        match self {
            Self::Daemon(daemon) => daemon.probes,
            Self::Capture(..) => true,
        }
    }

    /// Whether more is there already, so that asking for it does not wait.
    pub(super) fn has_more(&self) -> bool {
        match self {
            Self::Daemon(daemon) => !daemon.stream.buffer().is_empty(),
            Self::Capture(..) => true,
        }
    }

    /// Waits until something is there, at most that long. A failure or the end is something, too.
    pub(super) fn wait(&mut self, time: Duration) -> io::Result<bool> {
        let Self::Daemon(daemon) = self else { return Ok(true) };
        // A timeout of 0 would be none.
        let time = time.max(Duration::from_millis(1));
        daemon.stream.get_ref().set_read_timeout(Some(time))?;
        let found = daemon.stream.fill_buf().map(drop).map_err(|error| error.kind());
        daemon.stream.get_ref().set_read_timeout(None)?;
        let late = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
        Ok(!found.is_err_and(|kind| late.contains(&kind)))
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> anyhow::Result<Item> {
        match self {
            Self::Daemon(daemon) => next_line(&mut daemon.stream),
            Self::Capture(reader, matcher) => loop {
                match reader.read()? {
                    None => return Ok(Item::End),
                    Some(pcapng::Item::Lost(lost)) => return Ok(Item::Lost(lost)),
                    Some(pcapng::Item::Record(record)) if matcher.matches(&record) => {
                        return Ok(Item::Record(record));
                    }
                    Some(pcapng::Item::Record(_)) => {}
                }
            },
        }
    }
}

fn open_file(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(file).with_context(|| shown(file))?))
}

fn shown(file: &Path) -> String {
    format!("cannot read {}", file.display())
}

fn next_line(daemon: &mut BufReader<UnixStream>) -> anyhow::Result<Item> {
    let mut line = String::new();
    match daemon.read_line(&mut line) {
        Ok(0) => return Ok(Item::End),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Item::End),
        read => drop(read.context("cannot read from the daemon")?),
    }
    Ok(match serde_json::from_str(&line) {
        Ok(Lost { lost }) => Item::Lost(lost),
        Err(_no_loss) => Item::Line(line),
    })
}

/// The daemon, once it has let this client in.
pub(super) fn open(socket: &Path, request: &Request) -> Result<BufReader<UnixStream>, Failure> {
    open_within(socket, request, None)
}

/// The same, of a daemon that has to say each thing within this time.
fn open_within(
    socket: &Path,
    request: &Request,
    time: Option<Duration>,
) -> Result<BufReader<UnixStream>, Failure> {
    greeted(socket, request, time).map(|(daemon, _)| daemon)
}

/// The one line that a daemon answers within this time; empty if it goes away instead.
pub(super) fn answer(socket: &Path, request: &Request, time: Duration) -> Result<String, Failure> {
    let mut daemon = open_within(socket, request, Some(time))?;
    let mut line = String::new();
    let read = daemon.read_line(&mut line).context("the daemon does not answer");
    read.map_err(Failure::Runtime)?;
    Ok(line)
}

/// The daemon, and whether it has probes.
fn greeted(
    socket: &Path,
    request: &Request,
    time: Option<Duration>,
) -> Result<(BufReader<UnixStream>, bool), Failure> {
    let mut daemon = connect(socket)?;
    daemon.get_ref().set_read_timeout(time).map_err(|e| Failure::Runtime(e.into()))?;
    let probes = greet(&mut daemon, request)?;
    Ok((daemon, probes))
}

fn connect(socket: &Path) -> Result<BufReader<UnixStream>, Failure> {
    let buffered = |stream| BufReader::with_capacity(BUFFER_BYTES, stream);
    UnixStream::connect(socket).map(buffered).map_err(|error| {
        let shown = socket.display();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Failure::Runtime(anyhow!(
                    "no nlmon daemon listens on {shown}: start it with systemctl start nlmon or \
                     nlmon run, or name its socket with --socket"
                ))
            }
            io::ErrorKind::PermissionDenied => Failure::System(anyhow!(
                "{shown} is for root and the group nlmon: join it with usermod -aG nlmon USER \
                 and log in again, or use sudo"
            )),
            _ => Failure::Runtime(anyhow!(error).context(format!("cannot connect to {shown}"))),
        }
    })
}

/// Sends the request and reads the daemon's one answer: whether it has probes.
fn greet(daemon: &mut BufReader<UnixStream>, request: &Request) -> Result<bool, Failure> {
    match ask(daemon, request).map_err(Failure::Runtime)? {
        Reply::Hello { probes, .. } => Ok(probes),
        Reply::Error { kind, message } => Err(match kind {
            Refusal::Filter => Failure::Usage(anyhow!(message)),
            Refusal::Request
            | Refusal::Version
            | Refusal::History
            | Refusal::Ledger
            | Refusal::Busy => Failure::Runtime(anyhow!("the daemon refuses: {message}")),
        }),
    }
}

fn ask(daemon: &mut BufReader<UnixStream>, request: &Request) -> anyhow::Result<Reply> {
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    // A daemon that refuses may do so before it has read all, so its answer comes first.
    let sent = daemon.get_mut().write_all(line.as_bytes());
    let mut answer = String::new();
    daemon.read_line(&mut answer).context("cannot read from the daemon")?;
    if answer.is_empty() {
        sent.context("cannot write to the daemon")?;
        return Err(anyhow!("the daemon closed the live log before it answered"));
    }
    serde_json::from_str(&answer).context("the daemon's answer is none that this nlmon knows")
}
