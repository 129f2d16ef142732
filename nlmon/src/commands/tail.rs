//! `nlmon tail`: the live log of the running daemon, or a capture of it, as text, as JSON or as a
//! capture. Only records go to standard output; everything else goes to standard error.

use std::path::{Path, PathBuf};

use super::Failure;
use super::feed::Feed;
use super::printer::{Output, Printer, Shown, Stop};
use crate::config::DEFAULT_SOCKET;
use crate::live::filter::Filter;
use crate::live::history::History;
use crate::live::pcapng::Passed;
use crate::live::protocol::Request;
use crate::spec_files;

/// Show netlink messages as they happen: who sent what to whom, how long it took, what failed
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Which records to show; all by default
    #[command(flatten)]
    pub filter: Filter,
    /// What of the past to begin with; none by default
    #[command(flatten)]
    pub history: History,
    #[command(flatten)]
    pub shown: Shown,
    /// Stop after this many records
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// Read a capture instead of asking the daemon: one of nlmon record, or one of tcpdump on an
    /// nlmon device, also compressed by gzip; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["socket", "last", "since_ns"])]
    pub read: Option<PathBuf>,
    /// YAML spec of a generic family, or a directory of some, to read the capture by
    #[arg(long, value_name = "PATH", requires = "read")]
    pub specs: Vec<PathBuf>,
    /// Show keys too, as far as the capture has them: the file is in your hands already
    #[arg(long, requires = "read")]
    pub show_secrets: bool,
}

/// Shows records until `--count` are shown, the reader goes away, or the daemon does; or those of
/// a capture.
///
/// # Errors
/// `Usage` for a filter that names nothing, `System` where the socket may not be used, `Runtime`
/// where there is no daemon, it goes away, or a capture cannot be read.
pub fn run(args: &Args) -> Result<(), Failure> {
    args.shown.check()?;
    let mut feed = match &args.read {
        Some(file) => args.capture(file)?,
        None => args.daemon()?,
    };
    let probes = feed.has_probes();
    if !probes && args.shown.output == Output::Text {
        // Once, so that no line has to.
        super::say(format_args!(
            "the daemon has no probes: these are the multicasts that it receives itself; \
             who sent them, and requests and their answers, it cannot see"
        ));
    }
    let printer = Printer::new(args.shown, probes, args.count);
    let end = printer.and_then(|mut printer| printer.copy(&mut feed));
    say_passed(&feed.passed());
    match end {
        Err(Stop::End) if args.read.is_none() => Err(super::daemon_is_gone()),
        Ok(()) | Err(Stop::NoReader | Stop::End) => Ok(()),
        Err(Stop::Failed(error)) => Err(Failure::Runtime(error)),
    }
}

/// Says what of a capture was not shown.
fn say_passed(passed: &Passed) {
    if passed.others > 0 {
        super::say(format_args!(
            "{} packets are passed over: they are of interfaces that have no netlink",
            passed.others
        ));
    }
    if let Some(first) = &passed.first_broken {
        super::say(format_args!("{} packets cannot be read; the first: {first}", passed.broken));
    }
}

impl Args {
    /// The capture, which is decoded and filtered here.
    fn capture(&self, file: &Path) -> Result<Feed, Failure> {
        let found = spec_files::read(&self.specs).map_err(|error| Failure::Usage(error.into()))?;
        let matcher = self.filter.compile(found.specs);
        let matcher = matcher.map_err(|error| Failure::Usage(error.into()))?;
        Feed::capture(file, matcher, (found.specs, self.show_secrets))
    }

    fn daemon(&self) -> Result<Feed, Failure> {
        self.filter.check().map_err(|error| Failure::Usage(error.into()))?;
        Feed::daemon(&self.socket, &self.request())
    }

    fn request(&self) -> Request {
        Request {
            filter: self.filter.clone(),
            detail: self.shown.detail(),
            history: self.history,
            ..Request::new()
        }
    }
}
