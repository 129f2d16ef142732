//! `nlmon tail`: the live log of the running daemon, as text, as JSON or as a capture. Only records
//! go to standard output; everything else goes to standard error.

use std::io::{self, BufRead as _, BufReader, BufWriter, IsTerminal as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::Failure;
use crate::config::DEFAULT_SOCKET;
use crate::live::filter::Filter;
use crate::live::history::History;
use crate::live::json::{Detail, LogRecord};
use crate::live::pcapng::Capture;
use crate::live::protocol::{Lost, Refusal, Reply, Request, VERSION};
use crate::live::text::Style;

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

/// Shows records until `--count` are shown, the reader goes away, or the daemon does.
///
/// # Errors
/// `Usage` for a filter that names nothing, `System` where the socket may not be used, `Runtime`
/// where there is no daemon or it goes away.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.output == Output::Pcapng && io::stdout().is_terminal() {
        let advice = "a capture is not for a terminal: pipe it to tshark -r -, or into a file";
        return Err(Failure::Usage(anyhow!(advice)));
    }
    args.filter.compile().map_err(|error| Failure::Usage(error.into()))?;
    let mut daemon = connect(&args.socket)?;
    greet(&mut daemon, args)?;
    match Printer::new(args).and_then(|mut printer| printer.copy(&mut daemon)) {
        Ok(()) | Err(Stop::NoReader) => Ok(()),
        Err(Stop::NoDaemon) => Err(Failure::Runtime(anyhow!(
            "the daemon closed the live log: journalctl -u nlmon says why it stopped"
        ))),
        Err(Stop::Failed(error)) => Err(Failure::Runtime(error)),
    }
}

fn connect(socket: &Path) -> Result<BufReader<UnixStream>, Failure> {
    UnixStream::connect(socket).map(BufReader::new).map_err(|error| {
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

impl Args {
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

/// Sends the request and reads the daemon's one answer.
fn greet(daemon: &mut BufReader<UnixStream>, args: &Args) -> Result<(), Failure> {
    match ask(daemon, args).map_err(Failure::Runtime)? {
        Reply::Hello { .. } => Ok(()),
        Reply::Error { kind, message } => Err(match kind {
            Refusal::Filter => Failure::Usage(anyhow!(message)),
            Refusal::Request | Refusal::Version | Refusal::History | Refusal::Busy => {
                Failure::Runtime(anyhow!("the daemon refuses: {message}"))
            }
        }),
    }
}

fn ask(daemon: &mut BufReader<UnixStream>, args: &Args) -> anyhow::Result<Reply> {
    let request = Request {
        version: VERSION,
        filter: args.filter.clone(),
        detail: args.detail(),
        history: args.history,
    };
    let mut line = serde_json::to_string(&request)?;
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

/// Why there are no more records, before all that were wanted are shown.
enum Stop {
    /// Nobody reads standard output any more.
    NoReader,
    /// The daemon is gone.
    NoDaemon,
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
    left: Option<u64>,
}

impl Printer {
    fn new(args: &Args) -> Result<Self, Stop> {
        let out = io::stdout().lock();
        let terminal = out.is_terminal();
        let style = Style {
            colour: terminal && wants_colour(),
            verbose: args.verbose,
            hex: args.hex,
            zone: TimeZone::system(),
        };
        let out = BufWriter::new(out);
        let form = match args.output {
            Output::Text => Form::Text(out, style),
            Output::Json => Form::Json(out),
            Output::Pcapng => Form::Pcapng(written(Capture::new(out))?),
        };
        Ok(Self { form, left: args.count })
    }

    fn out(&mut self) -> &mut Out {
        match &mut self.form {
            Form::Text(out, _) | Form::Json(out) => out,
            Form::Pcapng(capture) => capture.get_mut(),
        }
    }

    /// Returns once `--count` records are shown.
    fn copy(&mut self, daemon: &mut BufReader<UnixStream>) -> Result<(), Stop> {
        let mut line = String::new();
        while self.left != Some(0) {
            // What is there is shown before waiting for more.
            if daemon.buffer().is_empty() {
                written(self.out().flush())?;
            }
            line.clear();
            match daemon.read_line(&mut line) {
                Ok(0) => {
                    written(self.out().flush())?;
                    return Err(Stop::NoDaemon);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(Stop::NoDaemon);
                }
                read => drop(read.context("cannot read from the daemon")?),
            }
            self.print(&line)?;
        }
        written(self.out().flush())
    }

    fn print(&mut self, line: &str) -> Result<(), Stop> {
        if let Ok(Lost { lost }) = serde_json::from_str(line) {
            return self.print_lost(lost, line);
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        let record = || {
            serde_json::from_str::<LogRecord>(line)
                .context("the daemon sent a record that this nlmon cannot read")
        };
        written(match &mut self.form {
            Form::Json(out) => out.write_all(line.as_bytes()),
            Form::Text(out, style) => out.write_all(style.render(&record()?).as_bytes()),
            Form::Pcapng(capture) => capture.write(&record()?),
        })
    }

    fn print_lost(&mut self, lost: u64, line: &str) -> Result<(), Stop> {
        if let Form::Json(out) = &mut self.form {
            return written(out.write_all(line.as_bytes()));
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
