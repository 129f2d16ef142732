//! `nlmon tail`: the live log of the running daemon, or a capture of it, as text, as JSON or as a
//! capture. Only records go to standard output; everything else goes to standard error.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::Failure;
use super::feed::{Feed, Item};
use crate::config::DEFAULT_SOCKET;
use crate::live::filter::Filter;
use crate::live::history::History;
use crate::live::json::{Detail, LogRecord};
use crate::live::pcapng::Capture;
use crate::live::protocol::{Lost, Request, VERSION};
use crate::live::text::Style;
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
    /// How to show them
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Stop after this many records
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Show every message of a datagram, with its header and all its attributes
    #[arg(long, short)]
    pub verbose: bool,
    /// Show the bytes too: below each line, or as `data` of the JSON
    #[arg(long)]
    pub hex: bool,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// Read a capture, of nlmon record or of tcpdump on an nlmon device, instead of asking the
    /// daemon; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["socket", "last", "since_ns"])]
    pub read: Option<PathBuf>,
    /// YAML spec of a generic family, or a directory of some, to read the capture by
    #[arg(long, value_name = "PATH", requires = "read")]
    pub specs: Vec<PathBuf>,
}

/// What a record looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// One line for a person
    Text,
    /// One JSON object a line
    Json,
    /// A capture for Wireshark and tshark
    Pcapng,
}

/// Shows records until `--count` are shown, the reader goes away, or the daemon does; or those of
/// a capture.
///
/// # Errors
/// `Usage` for a filter that names nothing, `System` where the socket may not be used, `Runtime`
/// where there is no daemon, it goes away, or a capture cannot be read.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.output == Output::Pcapng && io::stdout().is_terminal() {
        let advice = "a capture is not for a terminal: pipe it to tshark -r -, or into a file";
        return Err(Failure::Usage(anyhow!(advice)));
    }
    let mut feed = match &args.read {
        Some(file) => args.capture(file)?,
        None => args.daemon()?,
    };
    let probes = feed.has_probes();
    if !probes && args.output == Output::Text {
        // Once, so that no line has to.
        eprintln!(
            "nlmon: the daemon has no probes: these are the multicasts that it receives itself; \
             who sent them, and requests and their answers, it cannot see"
        );
    }
    match Printer::new(args, probes).and_then(|mut printer| printer.copy(&mut feed)) {
        Err(Stop::End) if args.read.is_none() => Err(super::daemon_is_gone()),
        Ok(()) | Err(Stop::NoReader | Stop::End) => Ok(()),
        Err(Stop::Failed(error)) => Err(Failure::Runtime(error)),
    }
}

impl Args {
    /// The capture, which is decoded and filtered here.
    fn capture(&self, file: &Path) -> Result<Feed, Failure> {
        let found = spec_files::read(&self.specs).map_err(|error| Failure::Usage(error.into()))?;
        let matcher = self.filter.compile(found.specs);
        Feed::capture(file, matcher.map_err(|error| Failure::Usage(error.into()))?, found.specs)
    }

    fn daemon(&self) -> Result<Feed, Failure> {
        self.filter.check().map_err(|error| Failure::Usage(error.into()))?;
        Feed::daemon(&self.socket, &self.request())
    }

    fn request(&self) -> Request {
        Request {
            version: VERSION,
            filter: self.filter.clone(),
            detail: self.detail(),
            history: self.history,
            stats: None,
            health: false,
        }
    }

    /// The least that what is shown can be made of.
    fn detail(&self) -> Detail {
        match self.output {
            Output::Pcapng => Detail::Data,
            _ if self.hex => Detail::Data,
            Output::Text if !self.verbose => Detail::Summary,
            Output::Text | Output::Json => Detail::Attributes,
        }
    }
}

/// Why there are no more records, before all that were wanted are shown.
enum Stop {
    /// Nobody reads standard output any more.
    NoReader,
    /// The daemon is gone, or the capture at its end.
    End,
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Standard output.
type Out = BufWriter<io::StdoutLock<'static>>;

/// How records are written.
enum Form {
    Text(Out, Style),
    /// As it comes.
    Json(Out),
    Pcapng(Capture<Out>),
}

/// Writes records to standard output.
struct Printer {
    form: Form,
    /// Whether the bytes are shown.
    bytes: bool,
    left: Option<u64>,
}

impl Printer {
    fn new(args: &Args, probes: bool) -> Result<Self, Stop> {
        let out = io::stdout().lock();
        let terminal = out.is_terminal();
        let style = Style {
            colour: terminal && wants_colour(),
            verbose: args.verbose,
            hex: args.hex,
            probes,
            zone: TimeZone::system(),
        };
        let out = BufWriter::new(out);
        let form = match args.output {
            Output::Text => Form::Text(out, style),
            Output::Json => Form::Json(out),
            Output::Pcapng => Form::Pcapng(written(Capture::new(out))?),
        };
        Ok(Self { form, bytes: args.detail() == Detail::Data, left: args.count })
    }

    fn out(&mut self) -> &mut Out {
        match &mut self.form {
            Form::Text(out, _) | Form::Json(out) => out,
            Form::Pcapng(capture) => capture.get_mut(),
        }
    }

    /// Returns once `--count` records are shown.
    fn copy(&mut self, feed: &mut Feed) -> Result<(), Stop> {
        while self.left != Some(0) {
            // What is there is shown before waiting for more.
            if !feed.has_more() {
                written(self.out().flush())?;
            }
            match feed.next() {
                Ok(Item::End) => {
                    written(self.out().flush())?;
                    return Err(Stop::End);
                }
                Ok(Item::Lost(lost)) => self.print_lost(lost)?,
                Ok(Item::Line(line)) => self.print_line(&line)?,
                Ok(Item::Record(record)) => self.print(*record)?,
                Err(error) => {
                    // What came before is good.
                    written(self.out().flush())?;
                    return Err(Stop::Failed(error));
                }
            }
        }
        written(self.out().flush())
    }

    fn print_line(&mut self, line: &str) -> Result<(), Stop> {
        if let Form::Json(out) = &mut self.form {
            self.left = self.left.map(|left| left.saturating_sub(1));
            return written(out.write_all(line.as_bytes()));
        }
        self.print(Item::parse(line)?)
    }

    fn print(&mut self, mut record: LogRecord) -> Result<(), Stop> {
        self.left = self.left.map(|left| left.saturating_sub(1));
        if !self.bytes {
            record.data = None;
        }
        written(match &mut self.form {
            Form::Json(out) => {
                let line = serde_json::to_string(&record).context("cannot write a record")?;
                writeln!(out, "{line}")
            }
            Form::Text(out, style) => out.write_all(style.render(&record).as_bytes()),
            Form::Pcapng(capture) => capture.write(&record),
        })
    }

    fn print_lost(&mut self, lost: u64) -> Result<(), Stop> {
        match &mut self.form {
            Form::Json(out) => {
                let line = serde_json::to_string(&Lost { lost }).context("cannot write a loss")?;
                return written(writeln!(out, "{line}"));
            }
            Form::Pcapng(capture) => capture.lost(lost),
            Form::Text(..) => {}
        }
        written(self.out().flush())?;
        eprintln!("nlmon: {lost} records are missing here: they came faster than they were read");
        Ok(())
    }
}

fn written<T>(result: io::Result<T>) -> Result<T, Stop> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::NoReader,
        _ => Stop::Failed(anyhow!(error).context("cannot write to standard output")),
    })
}

/// <https://no-color.org>: set to anything but nothing, it forbids colour.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
