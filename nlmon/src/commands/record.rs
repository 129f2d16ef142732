//! `nlmon record`: the live log of the running daemon, written to a capture until a signal. The
//! file holds whole blocks at any time, whatever becomes of this process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, anyhow};
use nix::sys::signal::Signal;

use super::feed::{Feed, Item};
use super::{Failure, signals};
use crate::config::DEFAULT_SOCKET;
use crate::live::filter::Filter;
use crate::live::history::History;
use crate::live::json::Detail;
use crate::live::pcapng::Capture;
use crate::live::protocol::{Request, VERSION};

/// What may wait to be written while more comes.
const PENDING_MAX: usize = 64 * 1024;

/// Write the live log to a capture: nlmon tail --read, Wireshark and tshark read it
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The file to make, readable by its owner alone
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which records to write; all by default
    #[command(flatten)]
    filter: Filter,
    /// What of the past to begin with; none by default
    #[command(flatten)]
    history: History,
    /// Stop after this many records
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
}

/// Writes until `--count` records are written, SIGINT or SIGTERM comes, or the daemon goes away.
///
/// # Errors
/// `Usage` for a filter that names nothing and for a file that is there, `System` where the socket
/// may not be used, `Runtime` where there is no daemon, it goes away, or the file cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    args.filter.check().map_err(|error| Failure::Usage(error.into()))?;
    if !args.force && fs::symlink_metadata(&args.file).is_ok() {
        return Err(in_the_way(&args.file));
    }
    let request = Request {
        version: VERSION,
        filter: args.filter.clone(),
        detail: Detail::Data,
        history: args.history,
        stats: None,
        health: false,
    };
    let feed = Feed::daemon(&args.socket, &request)?;
    let stopped = stop_on_signal(&feed).map_err(Failure::Runtime)?;
    let file = create(&args.file, args.force)?;
    let mut recording = Recording::new(file).map_err(|error| failed(&args.file, error))?;
    let end = recording.copy(feed, args.count, &args.file);
    let Recording { records, lost, .. } = recording;
    let missing = if lost > 0 { format!(", {lost} are missing") } else { String::new() };
    eprintln!("nlmon: {records} records in {}{missing}", args.file.display());
    match end? {
        StopReason::Count => Ok(()),
        StopReason::Closed if stopped.load(Ordering::Relaxed) => Ok(()),
        StopReason::Closed => Err(super::daemon_is_gone()),
    }
}

fn in_the_way(file: &Path) -> Failure {
    let file = file.display();
    Failure::Usage(anyhow!("{file} exists: name another file, or replace it with --force"))
}

fn failed(file: &Path, error: io::Error) -> Failure {
    Failure::Runtime(anyhow!(error).context(format!("cannot write {}", file.display())))
}

/// A new file, never one that is there or that a link leads to: a capture may be made as root in a
/// directory of others.
fn create(path: &Path, force: bool) -> Result<File, Failure> {
    if force {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() || found.is_symlink() => {
                fs::remove_file(path).map_err(|error| failed(path, error))?;
            }
            Ok(_) => {
                let problem = anyhow!("{} is no file: name another one", path.display());
                return Err(Failure::Usage(problem));
            }
            Err(_absent) => {}
        }
    }
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => in_the_way(path),
        _ => failed(path, error),
    })
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

/// A capture that is being written.
struct Recording {
    file: File,
    /// Whole blocks that are not in the file yet.
    capture: Capture<Vec<u8>>,
    /// Bytes in the file.
    len: u64,
    records: u64,
    lost: u64,
}

impl Recording {
    fn new(file: File) -> io::Result<Self> {
        let capture = Capture::new(Vec::new())?;
        let mut recording = Self { file, capture, len: 0, records: 0, lost: 0 };
        recording.flush().map(|()| recording)
    }

    /// However it ends, what was got is in the file.
    fn copy(&mut self, feed: Feed, count: Option<u64>, path: &Path) -> Result<StopReason, Failure> {
        let end = self.take(feed, count, path);
        let written = self.flush().and_then(|()| self.file.sync_all());
        written.map_err(|error| failed(path, error)).and(end)
    }

    fn take(
        &mut self,
        mut feed: Feed,
        count: Option<u64>,
        path: &Path,
    ) -> Result<StopReason, Failure> {
        while count.is_none_or(|count| self.records < count) {
            if !feed.has_more() || self.capture.get_mut().len() >= PENDING_MAX {
                self.flush().map_err(|error| failed(path, error))?;
            }
            match feed.next().map_err(Failure::Runtime)? {
                Item::End => return Ok(StopReason::Closed),
                Item::Lost(lost) => {
                    self.capture.lost(lost);
                    self.lost += lost;
                }
                Item::Line(line) => {
                    let record = Item::parse(&line).map_err(Failure::Runtime)?;
                    self.capture.write(&record).map_err(|error| failed(path, error))?;
                    self.records += 1;
                }
                // Only a capture has records that are no lines.
                Item::Record(_) => {}
            }
        }
        Ok(StopReason::Count)
    }

    /// Writes what waits. Of blocks that do not fit the disk, no part stays.
    fn flush(&mut self) -> io::Result<()> {
        let pending = self.capture.get_mut();
        if let Err(error) = self.file.write_all(pending) {
            self.file.set_len(self.len)?;
            return Err(error);
        }
        self.len += pending.len() as u64;
        pending.clear();
        Ok(())
    }
}
