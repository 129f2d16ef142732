//! `nlmon changes`: who changed what of the network's configuration, one line a change of state,
//! from the running daemon's ledger. Only changes go to standard output.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::Failure;
use super::feed::{Feed, Item};
use crate::config::DEFAULT_SOCKET;
use crate::live::history::History;
use crate::live::ledger::{ChangeFilter, ChangesRequest, text};
use crate::live::protocol::{Lost, Request};
use nlmon_core::ledger::Change;

/// Show what is added, changed and deleted, by whom, as it happens: links, addresses, routes, rules
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Which changes to show; all by default
    #[command(flatten)]
    pub filter: ChangeFilter,
    /// What of the past to begin with; none by default
    #[command(flatten)]
    pub history: History,
    /// How to show them
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Stop after this many changes
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}

/// What a change looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// One line for a person
    Text,
    /// One JSON object a line
    Json,
}

/// Shows changes until `--count` are shown, the reader goes away, or the daemon does.
///
/// # Errors
/// `Usage` for a filter that names nothing, `System` where the socket may not be used, `Runtime`
/// where there is no daemon, it keeps no ledger, or it goes away.
pub fn run(args: &Args) -> Result<(), Failure> {
    args.filter.check().map_err(|error| Failure::Usage(error.into()))?;
    let changes = ChangesRequest { filter: args.filter.clone(), history: args.history };
    let request = Request { changes: Some(changes), ..Request::new() };
    let mut feed = Feed::daemon(&args.socket, &request)?;
    if !feed.has_probes() && args.output == Output::Text {
        super::say(format_args!("the daemon has no probes: who made a change, it cannot see"));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let zone = TimeZone::system();
    let mut left = args.count;
    while left != Some(0) {
        // What is there is shown before waiting for more.
        if !feed.has_more() && !heard(out.flush())? {
            return Ok(());
        }
        let is_heard = match feed.next().map_err(Failure::Runtime)? {
            Item::End => {
                heard(out.flush())?;
                return Err(super::daemon_is_gone());
            }
            Item::Lost(lost) => say_lost(&mut out, args.output, lost)?,
            Item::Line(line) => {
                left = left.map(|left| left.saturating_sub(1));
                let shown = shown(&line, args.output, &zone).map_err(Failure::Runtime)?;
                heard(out.write_all(shown.as_bytes()))?
            }
            Item::Record(_) => true,
        };
        if !is_heard {
            return Ok(());
        }
    }
    heard(out.flush()).map(drop)
}

fn shown(line: &str, output: Output, zone: &TimeZone) -> anyhow::Result<String> {
    if output == Output::Json {
        return Ok(line.to_owned());
    }
    let change: Change = serde_json::from_str(line)
        .context("the daemon sent a change that this nlmon cannot read")?;
    Ok(text::line(&change, zone))
}

fn say_lost(out: &mut impl io::Write, output: Output, lost: u64) -> Result<bool, Failure> {
    if output == Output::Json {
        let line = serde_json::to_string(&Lost { lost }).context("cannot write a loss");
        return heard(writeln!(out, "{}", line.map_err(Failure::Runtime)?));
    }
    super::say(format_args!("{lost} changes are missing here: they are not kept any more"));
    heard(out.flush())
}

/// Whether there is still somebody who reads.
fn heard(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            Err(Failure::Runtime(anyhow!(error).context("cannot write to standard output")))
        }
    }
}
