//! Keeps the past in memory, and writes it when a record triggers, with what follows. Each record is
//! in one file at most: what triggers again while a file is open begins no other, and the next file
//! begins where the last one ended.
//!
//! Invariant: memory is bounded by bytes. Where that cuts the past short, it is said.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::names::numbered;
use super::output::Output;
use super::{Recorder, Tally};
use crate::commands::Failure;
use crate::commands::feed::Item;
use crate::live::filter::Matcher;
use crate::live::json::LogRecord;

/// What a line takes besides its bytes.
const LINE_BYTES: usize = size_of::<Kept>();

/// How the past is kept, and for how long the future is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) before: Duration,
    pub(super) before_bytes: usize,
    pub(super) after: Duration,
}

/// What is in memory.
enum Kept {
    /// A record as the daemon said it, which takes a fraction of what it is made to.
    Line { time_ns: u64, line: Box<str> },
    /// So many are missing.
    Lost(u64),
}

/// The past.
#[derive(Default)]
struct Past {
    kept: VecDeque<Kept>,
    bytes: usize,
    /// The time of the last record that had to go for the sake of memory.
    cut_ns: Option<u64>,
}

impl Past {
    fn lost(&mut self, records: u64) {
        match self.kept.back_mut() {
            Some(Kept::Lost(before)) => *before += records,
            _ => self.kept.push_back(Kept::Lost(records)),
        }
    }

    fn push(&mut self, time_ns: u64, line: Box<str>, span: Span) {
        let oldest_ns = time_ns.saturating_sub(nanoseconds(span.before));
        self.bytes += LINE_BYTES + line.len();
        self.kept.push_back(Kept::Line { time_ns, line });
        loop {
            // What is missing belongs to the line behind it.
            let first = self.kept.iter().find_map(|kept| match kept {
                Kept::Line { time_ns, .. } => Some(*time_ns),
                Kept::Lost(_) => None,
            });
            let is_old = first.is_some_and(|first| first < oldest_ns);
            let is_over = self.bytes > span.before_bytes && self.kept.len() > 1;
            if !is_old && !is_over {
                break;
            }
            if let Some(Kept::Line { time_ns, line }) = self.kept.pop_front() {
                self.bytes -= LINE_BYTES + line.len();
                if !is_old {
                    self.cut_ns = Some(time_ns);
                }
            }
        }
    }
}

/// A file that is being written.
struct Open {
    output: Output,
    /// The last time of a record that belongs to it.
    last_ns: u64,
    /// When it ends, if no record says so.
    deadline: Instant,
    /// Records that would have triggered.
    more: u64,
    lost: u64,
    /// What of the past it should have, and has not.
    short: Option<String>,
}

/// Records around what triggers.
pub(super) struct Triggered {
    file: PathBuf,
    matcher: Matcher,
    span: Span,
    force: bool,
    past: Past,
    open: Option<Open>,
    triggers: u64,
    tally: Tally,
}

impl Triggered {
    pub(super) fn new(file: PathBuf, matcher: Matcher, span: Span, force: bool) -> Self {
        let (past, tally) = Default::default();
        Self { file, matcher, span, force, past, open: None, triggers: 0, tally }
    }

    /// Begins a file with the past, the last of which is what triggered.
    fn begin(&mut self, time_ns: u64, time: &str) -> Result<(), Failure> {
        self.triggers += 1;
        let time = time.parse().unwrap_or_else(|_no_time| Timestamp::now());
        let mut output = Output::create(&numbered(&self.file, self.triggers, time), self.force)?;
        let Past { kept, cut_ns, .. } = std::mem::take(&mut self.past);
        let mut lost_in_all = 0;
        let mut first_ns = None;
        for kept in kept {
            match kept {
                Kept::Lost(lost) => {
                    output.lost(lost);
                    lost_in_all += lost;
                }
                Kept::Line { time_ns, line } => {
                    first_ns = first_ns.or(Some(time_ns));
                    output.write(&Item::parse(&line).map_err(Failure::Runtime)?)?;
                }
            }
        }
        let before_ns = nanoseconds(self.span.before);
        let is_short = cut_ns.is_some_and(|cut| cut >= time_ns.saturating_sub(before_ns));
        let short = is_short.then(|| {
            let has = Duration::from_nanos(time_ns.saturating_sub(first_ns.unwrap_or(time_ns)));
            format!(
                "it begins {:.3} s before the trigger, not {:.3} s: no more fits --before-bytes",
                has.as_secs_f64(),
                self.span.before.as_secs_f64()
            )
        });
        output.flush()?;
        self.open = Some(Open {
            output,
            last_ns: time_ns.saturating_add(nanoseconds(self.span.after)),
            deadline: Instant::now() + self.span.after,
            more: 0,
            lost: lost_in_all,
            short,
        });
        Ok(())
    }

    /// Ends the file, and says what it has.
    fn end(&mut self) -> Result<(), Failure> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.output.finish()?;
        let Open { output, more, lost, short, .. } = open;
        let tally = Tally { records: output.records, lost };
        self.tally.records += tally.records;
        self.tally.lost += tally.lost;
        let more =
            if more > 0 { format!("; {more} more would have triggered") } else { String::new() };
        let short = short.map_or_else(String::new, |short| format!("; {short}"));
        crate::commands::say(format_args!("{tally} in {}{more}{short}", output.path.display()));
        Ok(())
    }
}

impl Recorder for Triggered {
    fn lost(&mut self, records: u64) {
        match &mut self.open {
            Some(open) => {
                open.output.lost(records);
                open.lost += records;
            }
            None => self.past.lost(records),
        }
    }

    fn record(&mut self, record: &LogRecord, line: String) -> Result<(), Failure> {
        if self.open.as_ref().is_some_and(|open| record.time_ns > open.last_ns) {
            self.end()?;
        }
        let triggers = self.matcher.matches(record);
        if let Some(open) = &mut self.open {
            open.more += u64::from(triggers);
            return open.output.write(record);
        }
        let time_ns = record.time_ns;
        self.past.push(time_ns, line.into(), self.span);
        if triggers { self.begin(time_ns, &record.time) } else { Ok(()) }
    }

    fn idle(&mut self) -> Result<(), Failure> {
        match &mut self.open {
            Some(open) if Instant::now() >= open.deadline => self.end(),
            Some(open) => open.output.flush(),
            None => Ok(()),
        }
    }

    fn wait(&self) -> Option<Duration> {
        self.open.as_ref().map(|open| open.deadline.saturating_duration_since(Instant::now()))
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.end()
    }

    /// Triggers whose file is complete.
    fn done(&self) -> u64 {
        self.triggers - u64::from(self.open.is_some())
    }

    fn summary(&self) -> String {
        format!("{} triggers, {}", self.triggers, self.tally)
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
