//! Writes records to standard output as text, as JSON or as a capture, for whichever command has
//! them. Only records go there; everything else goes to standard error.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::tz::TimeZone;
use terminal_size::{Width, terminal_size};

use super::Failure;
use super::feed::{Feed, Item};
use crate::live::json::{Detail, LogRecord};
use crate::live::pcapng::Capture;
use crate::live::protocol::Lost;
use crate::live::text::Style;

/// How records are shown: flags of several commands.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Shown {
    /// How to show them
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Show every message of a datagram, with its header and all its attributes
    #[arg(long, short)]
    pub verbose: bool,
    /// Show who, what and what failed, and no more
    #[arg(long, conflicts_with_all = ["verbose", "hex"])]
    pub brief: bool,
    /// Show the bytes too: below each line, or as `data` of the JSON
    #[arg(long)]
    pub hex: bool,
}

impl Shown {
    /// # Errors
    /// `Usage` for a capture that would go to a terminal.
    pub(super) fn check(self) -> Result<(), Failure> {
        if self.output == Output::Pcapng && io::stdout().is_terminal() {
            let advice = "a capture is not for a terminal: pipe it to tshark -r -, or into a file";
            return Err(Failure::Usage(anyhow!(advice)));
        }
        Ok(())
    }

    /// The least that what is shown can be made of.
    pub(super) fn detail(self) -> Detail {
        match self.output {
            Output::Pcapng => Detail::Data,
            _ if self.hex => Detail::Data,
            Output::Text if !self.verbose => Detail::Summary,
            Output::Text | Output::Json => Detail::Attributes,
        }
    }
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

/// Why there are no more records, before all that were wanted are shown.
pub(super) enum Stop {
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
pub(super) struct Printer {
    form: Form,
    /// Whether the bytes are shown.
    bytes: bool,
    left: Option<u64>,
    /// A terminal reads it, whose width may change.
    terminal: bool,
}

impl Printer {
    pub(super) fn new(shown: Shown, probes: bool, count: Option<u64>) -> Result<Self, Stop> {
        let out = io::stdout().lock();
        let terminal = out.is_terminal();
        let style = Style {
            colour: terminal && wants_colour(),
            verbose: shown.verbose,
            hex: shown.hex,
            brief: shown.brief,
            width: None,
            probes,
            zone: TimeZone::system(),
        };
        let out = BufWriter::new(out);
        let form = match shown.output {
            Output::Text => Form::Text(out, style),
            Output::Json => Form::Json(out),
            Output::Pcapng => Form::Pcapng(written(Capture::new(out))?),
        };
        Ok(Self { form, bytes: shown.detail() == Detail::Data, left: count, terminal })
    }

    fn out(&mut self) -> &mut Out {
        match &mut self.form {
            Form::Text(out, _) | Form::Json(out) => out,
            Form::Pcapng(capture) => capture.get_mut(),
        }
    }

    /// Writes what is still held.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        written(self.out().flush())
    }

    /// Returns once `--count` records are shown.
    pub(super) fn copy(&mut self, feed: &mut Feed) -> Result<(), Stop> {
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

    pub(super) fn print(&mut self, mut record: LogRecord) -> Result<(), Stop> {
        self.left = self.left.map(|left| left.saturating_sub(1));
        if !self.bytes {
            record.data = None;
        }
        written(match &mut self.form {
            Form::Json(out) => {
                let line = serde_json::to_string(&record).context("cannot write a record")?;
                writeln!(out, "{line}")
            }
            Form::Text(out, style) => {
                if self.terminal {
                    style.width = terminal_size().map(|(Width(columns), _)| columns.into());
                }
                out.write_all(style.render(&record).as_bytes())
            }
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
        super::say(format_args!(
            "{lost} records are missing here: they came faster than they were read"
        ));
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
