//! A record as one line for a person: time, direction, process, protocol and group, type, what it
//! is about, and in brackets how it went. Pure: whether to colour, and in which time zone, is said
//! by the caller.

use std::fmt::{self, Display, Write as _};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::json::{Cause, LogRecord, Process};
use crate::decode::{Message, printable};
use crate::record::{Outcome, Path};

/// How lines look.
#[derive(Clone, Debug)]
pub struct Style {
    /// Colour them, for a terminal.
    pub colour: bool,
    /// Show every message of a datagram on a line of its own, with its header.
    pub verbose: bool,
    /// Time zone of the time of day.
    pub zone: TimeZone,
}

/// Colours by what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Faint,
    Name,
    Good,
    Odd,
    Bad,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Faint => "2",
            Self::Name => "1",
            Self::Good => "36",
            Self::Odd => "33",
            Self::Bad => "1;31",
        }
    }
}

impl Style {
    /// The record's line, or lines if verbose, each with its newline.
    pub fn render(&self, record: &LogRecord) -> String {
        let mut text = String::with_capacity(160);
        self.head(&mut text, record);
        let (first, rest) = match record.messages.split_first() {
            Some((first, rest)) => (Some(first), rest),
            None => (None, &[][..]),
        };
        self.message(&mut text, first, record.bytes);
        if !rest.is_empty() && !self.verbose {
            text += &self.paint(Ink::Faint, &format!(" +{} more", rest.len()));
        }
        self.tail(&mut text, record);
        text.push('\n');
        if self.verbose {
            self.details(&mut text, record);
        }
        text
    }

    fn head(&self, text: &mut String, record: &LogRecord) {
        let time = self.paint(Ink::Faint, &time_of_day(&record.time, &self.zone));
        let arrow = self.paint(Ink::Good, arrow(record.path));
        let process = self.paint(Ink::Name, &format!("{:<22}", process(record)));
        let protocol = match &record.group {
            Some(group) => format!("{}:{group}", record.protocol),
            None => record.protocol.to_string(),
        };
        write(text, format_args!("{time} {arrow} {process} {protocol:<17} "));
    }

    fn message(&self, text: &mut String, message: Option<&Message>, bytes: u32) {
        let Some(message) = message else {
            write(text, format_args!("{:<16} {bytes} bytes", "-"));
            return;
        };
        let failed = message.error.as_ref().is_some_and(|error| error.errno != 0);
        let about = about(message);
        let about = if failed { self.paint(Ink::Bad, &about) } else { about };
        write(text, format_args!("{:<16} {about}", message.message_type));
    }

    /// What is known of how it went, in brackets; nothing if nothing is.
    fn tail(&self, text: &mut String, record: &LogRecord) {
        let mut notes = Vec::new();
        self.note_result(&mut notes, record);
        self.note_multicast(&mut notes, record);
        if record.truncated {
            notes.push(self.paint(Ink::Faint, "cut"));
        }
        if record.redacted {
            notes.push(self.paint(Ink::Odd, "redacted"));
        }
        if !notes.is_empty() {
            write(text, format_args!("  [{}]", notes.join(", ")));
        }
    }

    fn note_result(&self, notes: &mut Vec<String>, record: &LogRecord) {
        if let Some(result) = record.result.as_deref().filter(|&result| result != "ok") {
            if record.path == Path::Multicast && result == "ESRCH" {
                notes.push(self.paint(Ink::Faint, "no listener"));
            } else {
                notes.push(self.paint(Ink::Bad, result));
            }
        }
        if let (Path::Request, Some(duration_ns)) = (record.path, record.duration_ns) {
            notes.push(format!("took {}", Nanoseconds(duration_ns)));
        }
        let Some(answer) = &record.answer else { return };
        let after = Nanoseconds(answer.latency_ns);
        notes.push(match (record.path, answer.errno.as_deref()) {
            (Path::Request, Some("ok")) => format!("ok after {after}"),
            (Path::Request, Some(errno)) => {
                format!("{} after {after}", self.paint(Ink::Bad, errno))
            }
            (Path::Request, None) => format!("answered after {after}"),
            _ => format!("answers {} after {after}", answer.request),
        });
    }

    fn note_multicast(&self, notes: &mut Vec<String>, record: &LogRecord) {
        match (record.outcome, record.delivery_latency_ns) {
            (Some(Outcome::Delivered), Some(latency_ns)) => {
                notes.push(format!("delivered in {}", Nanoseconds(latency_ns)));
            }
            (Some(Outcome::Delivered), None) => notes.push("delivered".to_owned()),
            (Some(Outcome::Lost), _) => notes.push(self.paint(Ink::Bad, "LOST")),
            (Some(Outcome::Unobserved), _) => notes.push(self.paint(Ink::Odd, "unobserved")),
            (None, _) => {}
        }
        let parent = record.parent.as_ref().map_or("", |parent| &*parent.message_type);
        match record.cause {
            Some(Cause::Request) => notes.push(format!("by {parent}")),
            Some(Cause::Flushed) => notes.push(format!("flushed by {parent}")),
            Some(Cause::Kernel) => notes.push("by the kernel".to_owned()),
            Some(Cause::Unknown) | None => {}
        }
    }

    /// What `--verbose` adds: where it happened, and each message with its header.
    fn details(&self, text: &mut String, record: &LogRecord) {
        let mut lines = vec![origin(record)];
        lines.extend(record.messages.iter().map(header));
        for line in lines {
            write(text, format_args!("{}\n", self.paint(Ink::Faint, &format!("    {line}"))));
        }
    }

    fn paint(&self, ink: Ink, text: &str) -> String {
        if self.colour { format!("\x1b[{}m{text}\x1b[0m", ink.code()) } else { text.to_owned() }
    }
}

/// A multicast that nobody listened to is no failure.
fn arrow(path: Path) -> &'static str {
    match path {
        Path::Request => "-->",
        Path::Reply => "<--",
        Path::Dump => "<==",
        Path::Peer => "<->",
        Path::Multicast => ">>>",
    }
}

/// Microseconds are what a person can tell apart; JSON has the nanoseconds.
fn time_of_day(time: &str, zone: &TimeZone) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => ZonedDateTime::new(time, zone.clone()).strftime("%H:%M:%S%.6f").to_string(),
        Err(_unreadable) => printable::escape(time.as_bytes()),
    }
}

fn process(record: &LogRecord) -> String {
    match &record.process {
        None => "?".to_owned(),
        Some(Process { interrupt: true, comm, .. }) => {
            format!("kernel (on {})", printable::escape(comm.as_bytes()))
        }
        Some(process) => format!("{}[{}]", printable::escape(process.comm.as_bytes()), process.pid),
    }
}

fn about(message: &Message) -> String {
    match &message.raw {
        Some(raw) if message.summary.is_empty() => format!("{} bytes {raw}", message.len),
        _ if message.summary.is_empty() => format!("{} bytes", message.len),
        _ => message.summary.clone(),
    }
}

fn origin(record: &LogRecord) -> String {
    let mut line = format!("{} bytes netns {}", record.bytes, record.netns);
    write(&mut line, format_args!(" port {}", record.src_portid));
    if let Some(portid) = record.portid {
        write(&mut line, format_args!(" to {portid}"));
    }
    if let Some(process) = &record.process {
        let Process { tid, uid, cgroup_id, .. } = process;
        write(&mut line, format_args!(" tid {tid} uid {uid} cgroup {cgroup_id}"));
    }
    line
}

fn header(message: &Message) -> String {
    let mut line = format!("{:<16} len {}", message.message_type, message.len);
    if let (Some(seq), Some(portid)) = (message.seq, message.portid) {
        let flags = message.flags.join("|");
        write(&mut line, format_args!(" seq {seq} portid {portid} flags {flags}"));
    }
    write(&mut line, format_args!(": {}", about(message)));
    if message.truncated {
        line.push_str(" (cut)");
    }
    line
}

/// Writing to a String cannot fail.
fn write(text: &mut String, arguments: fmt::Arguments<'_>) {
    let _ok = text.write_fmt(arguments);
}

/// A duration in the unit that suits it, with three digits.
struct Nanoseconds(u64);

impl Display for Nanoseconds {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            0..1_000 => return write!(f, "{}ns", self.0),
            1_000..1_000_000 => (self.0 as f64 / 1e3, "us"),
            1_000_000..1_000_000_000 => (self.0 as f64 / 1e6, "ms"),
            _ => (self.0 as f64 / 1e9, "s"),
        };
        let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
        write!(f, "{value:.decimals$}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::Clock;
    use crate::live::sample;
    use crate::record::Record;

    fn style() -> Style {
        Style { colour: false, verbose: false, zone: TimeZone::UTC }
    }

    fn record(record: &Record) -> LogRecord {
        LogRecord::new(record, &Clock::new(1_767_323_044_000_000_000))
    }

    #[test]
    fn lines_are_aligned_and_say_how_it_went() {
        let lines = [sample::request(), sample::multicast()];
        let text: String = lines.iter().map(|r| style().render(&record(r))).collect();
        assert_eq!(
            text,
            "\
03:04:05.000000 --> ip[812]                route             RTM_NEWLINK      dummy0 (ifindex 5)  [took 210us, ok after 190us]
03:04:05.000000 >>> ip[812]                route:link        RTM_NEWLINK      dummy0 (ifindex 5)  [delivered in 35.0us, by RTM_NEWLINK]
"
        );
    }

    #[test]
    fn a_loss_and_an_unseen_sender_stand_out() {
        let lost = Record { delivery: None, outcome: Some(Outcome::Lost), ..sample::multicast() };
        assert!(style().render(&record(&lost)).ends_with("[LOST, by RTM_NEWLINK]\n"));
        let unobserved =
            Record { observation: None, outcome: Some(Outcome::Unobserved), ..sample::multicast() };
        let line = style().render(&record(&unobserved));
        assert!(line.contains(">>> ? "), "{line}");
        assert!(line.ends_with("[unobserved]\n"), "{line}");
    }

    #[test]
    fn a_batch_shows_its_first_message_unless_verbose() {
        let mut batch = sample::request();
        let observation = batch.observation.as_mut().unwrap();
        observation.data.extend(sample::new_link(5));
        observation.len *= 2;
        let batch = record(&batch);
        let line = style().render(&batch);
        assert!(line.contains("dummy0 (ifindex 5) +1 more  ["), "{line}");
        let verbose = Style { verbose: true, ..style() }.render(&batch);
        assert_eq!(verbose.lines().count(), 4, "{verbose}");
        assert!(verbose.contains("flags REQUEST|ACK|EXCL|CREATE: dummy0"), "{verbose}");
    }

    #[test]
    fn a_process_cannot_write_to_the_terminal() {
        let mut record = record(&sample::request());
        record.process.as_mut().unwrap().comm = "\x1b[2J\r".into();
        assert!(!style().render(&record).trim_end().contains(char::is_control));
    }

    #[test]
    fn colour_is_only_added() {
        let record = record(&sample::multicast());
        let coloured = Style { colour: true, ..style() }.render(&record);
        let mut plain = coloured.clone();
        while let Some(start) = plain.find('\x1b') {
            let end = start + plain[start..].find('m').unwrap();
            plain.replace_range(start..=end, "");
        }
        assert_ne!(coloured, plain);
        assert_eq!(plain, style().render(&record));
    }

    #[test]
    fn durations_have_three_digits() {
        let shown = |ns| Nanoseconds(ns).to_string();
        assert_eq!(shown(999), "999ns");
        assert_eq!(shown(1_234), "1.23us");
        assert_eq!(shown(35_000), "35.0us");
        assert_eq!(shown(999_400), "999us");
        assert_eq!(shown(12_345_678), "12.3ms");
        assert_eq!(shown(3_210_000_000), "3.21s");
    }
}
