//! A record as one line for a person: time, direction, process, protocol and group, type, what it
//! is about, and in brackets how it went. Pure: whether to colour, and in which time zone, is said
//! by the caller. What more than the line is asked for is `details`.

use std::fmt::{self, Display, Write as _};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::details;
use super::json::{LogParent, LogRecord, Process};
use nlmon_core::decode::{Message, printable};
use nlmon_core::record::{Cause, Outcome, Path};

/// How lines look.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Style {
    /// Colour them, for a terminal.
    pub colour: bool,
    /// Show every message of a datagram, with its header and its attributes.
    pub verbose: bool,
    /// Show the bytes.
    pub hex: bool,
    /// Whether probes see what is sent. Without probes no line says that its sender is unknown.
    pub probes: bool,
    /// Time zone of the time of day.
    pub zone: TimeZone,
}

/// Columns at which protocol, type and object begin, after the arrow. A name that is too long
/// pushes what follows to the right, and no further than it has to.
const PROTOCOL_AT: usize = 23;
const TYPE_AT: usize = PROTOCOL_AT + 18;
const OBJECT_AT: usize = TYPE_AT + 17;

/// Colours by what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Faint,
    Name,
    Good,
    Odd,
    Bad,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
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
        let mut text = String::new();
        if !record.time.is_empty() {
            let time = self.paint(Ink::Faint, &time_of_day(&record.time, &self.zone));
            text = format!("{time} ");
        }
        text += &self.paint(Ink::Good, arrow(record.path));
        text.push(' ');
        self.line(&mut text, record);
        text.push('\n');
        if self.verbose {
            details::messages(self, &mut text, record);
        }
        if self.hex {
            details::bytes(self, &mut text, record);
        }
        text
    }

    /// What the record is, in the columns.
    fn line(&self, text: &mut String, record: &LogRecord) {
        let mut at = 0;
        let process = process(record);
        let protocol = match &record.group {
            Some(group) => format!("{}:{group}", record.protocol),
            None => record.protocol.to_string(),
        };
        let first = record.messages.first();
        let silent = record.silent.as_ref();
        let kind = first.map_or(if silent.is_some() { "silent" } else { "-" }, Message::kind);
        if self.probes || record.process.is_some() {
            self.column(text, &mut at, Ink::Name, &process, PROTOCOL_AT);
        } else {
            at = PROTOCOL_AT;
        }
        self.column(text, &mut at, Ink::Plain, &protocol, TYPE_AT);
        self.column(text, &mut at, Ink::Plain, kind, OBJECT_AT);
        let failed = first.and_then(|message| message.error.as_ref()).is_some_and(|e| e.errno != 0);
        let object = match (first, silent) {
            (Some(first), _) => about(first),
            (None, Some(silent)) => silent.summary(),
            (None, None) => format!("{} bytes", record.bytes),
        };
        *text += &self.paint(if failed { Ink::Bad } else { Ink::Plain }, &object);
        if record.messages.len() > 1 && !self.verbose {
            let more = format!(" +{} more", record.messages.len() - 1);
            *text += &self.paint(Ink::Faint, &more);
        }
        self.tail(text, record);
    }

    /// Adds a word and the space up to column `end`, at least one.
    fn column(&self, text: &mut String, at: &mut usize, ink: Ink, word: &str, end: usize) {
        let width = word.chars().count();
        let space = end.saturating_sub(*at + width).max(1);
        *text += &self.paint(ink, word);
        text.extend(std::iter::repeat_n(' ', space));
        *at += width + space;
    }

    /// One line without time and colour, for a packet's comment.
    pub fn comment(record: &LogRecord) -> String {
        let style =
            Self { colour: false, verbose: false, hex: false, probes: true, zone: TimeZone::UTC };
        let mut text = format!("{} {} ", record.path, process(record));
        let messages: Vec<_> = record.messages.iter().map(describe).collect();
        text += &messages.join("; ");
        if let Some(silent) = &record.silent {
            text += &silent.summary();
        }
        style.tail(&mut text, record);
        text
    }

    /// What is known of how it went, in brackets; nothing if nothing is.
    fn tail(&self, text: &mut String, record: &LogRecord) {
        let mut notes = Vec::new();
        self.note_result(&mut notes, record);
        self.note_multicast(&mut notes, record);
        self.note_origin(&mut notes, record);
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
            _ => {
                let request = answer.about.as_deref().unwrap_or(&answer.request);
                format!("answers {request} after {after}")
            }
        });
        if let (Path::Request, Some(text)) = (record.path, &answer.text) {
            notes.push(format!("\"{text}\""));
        }
        let Some(dump) = &answer.dump else { return };
        notes.push(format!("dump of {} bytes in {} parts", dump.bytes, dump.parts));
        if dump.interrupted {
            notes.push(self.paint(Ink::Odd, "interrupted"));
        }
    }

    fn note_multicast(&self, notes: &mut Vec<String>, record: &LogRecord) {
        match (record.outcome, record.delivery_latency_ns) {
            (Some(Outcome::Delivered), Some(latency_ns)) => {
                notes.push(format!("delivered in {}", Nanoseconds(latency_ns)));
            }
            (Some(Outcome::Delivered), None) => notes.push("delivered".to_owned()),
            (Some(Outcome::Lost), _) => notes.push(self.paint(Ink::Bad, "LOST")),
            (Some(Outcome::Unobserved), _) if !self.probes => {}
            (Some(Outcome::Unobserved), _) => notes.push(self.paint(Ink::Odd, "unobserved")),
            (Some(Outcome::NotSampled), _) => notes.push("not sampled".to_owned()),
            (Some(Outcome::Undecided), _) => notes.push("undecided".to_owned()),
            (None, _) => {}
        }
        let parent = record.parent.as_ref().map_or("", LogParent::name);
        match record.cause {
            Some(Cause::Request) => notes.push(format!("by {parent}")),
            Some(Cause::Flushed) => notes.push(format!("flushed by {parent}")),
            Some(Cause::Kernel) => notes.push("by the kernel".to_owned()),
            Some(Cause::SystemCall) => notes.extend(record.call().map(|call| format!("by {call}"))),
            Some(Cause::Unknown) | None => {}
        }
    }

    /// Notes who made a change: the name of the program alone is seldom enough.
    fn note_origin(&self, notes: &mut Vec<String>, record: &LogRecord) {
        let process = record.process.as_ref().filter(|_| record.cause.is_some());
        let unit = process.and_then(|process| process.unit.as_deref());
        let container = process.and_then(|process| process.container.as_deref());
        let pod = process.and_then(pod);
        let named = [
            ("pod", pod.as_deref()),
            // That of a pod repeats the container's id.
            ("unit", unit.filter(|_| pod.is_none())),
            ("container", container.map(short)),
            ("netns", record.netns_name.as_deref()),
        ];
        for (what, name) in named {
            if let Some(name) = name {
                notes.push(format!(
                    "{what} {}",
                    self.paint(Ink::Name, &printable::escape(name.as_bytes()))
                ));
            }
        }
    }

    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        if self.colour && ink != Ink::Plain {
            format!("\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            text.to_owned()
        }
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
        Path::Silent => "...",
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

/// Namespace and name of the pod that a process is in, or else its UID.
fn pod(process: &Process) -> Option<String> {
    match (&process.namespace, &process.pod) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        _ => process.pod_uid.as_deref().map(str::to_owned),
    }
}

/// As runtimes abbreviate ids.
fn short(container: &str) -> &str {
    container.get(..12).unwrap_or(container)
}

/// What the message is about, without its type.
pub(super) fn about(message: &Message) -> String {
    let mut about = match &message.raw {
        Some(raw) if message.summary.is_empty() => format!("{} bytes {raw}", message.len),
        _ if message.summary.is_empty() => format!("{} bytes", message.len),
        _ => message.summary.clone(),
    };
    for remark in &message.remarks {
        write(&mut about, format_args!(" ({remark})"));
    }
    about
}

pub(super) fn describe(message: &Message) -> String {
    format!("{} {}", message.kind(), about(message))
}

/// Writing to a String cannot fail.
pub(super) fn write(text: &mut String, arguments: fmt::Arguments<'_>) {
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
    use crate::live::json::{Clock, View};
    use crate::live::sample;
    use nlmon_core::record::Record;

    fn style() -> Style {
        Style { colour: false, verbose: false, hex: false, probes: true, zone: TimeZone::UTC }
    }

    fn record(record: &Record) -> LogRecord {
        LogRecord::new(record, &View::new(Clock::new(1_767_323_044_000_000_000)))
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
    fn a_system_call_is_named_and_so_are_the_routes_that_nobody_was_told_of() {
        let line = style().render(&record(&sample::ioctl()));
        assert!(line.ends_with("dummy0 (ifindex 5)  [by ioctl(SIOCSIFFLAGS)]\n"), "{line}");
        let line = style().render(&record(&sample::silent()));
        let expected = "... ip[812]                route             silent           \
            5 IPv4 routes of table 77 removed: 10.50.1.0/24 ifindex 7 tos 0x8 metric 100, \
            10.50.2.0/24 ifindex 7 metric 100 +3 more  [by RTM_NEWLINK]\n";
        assert_eq!(line.split_once(' ').unwrap().1, expected);
        let verbose = Style { verbose: true, ..style() }.render(&record(&sample::silent()));
        let last = verbose.lines().last();
        assert_eq!(last, Some("    10.50.2.0/24 ifindex 7 metric 100"), "{verbose}");
    }

    #[test]
    fn a_loss_and_an_unseen_sender_stand_out() {
        let lost = sample::lost();
        assert!(style().render(&record(&lost)).ends_with("[LOST, by RTM_NEWLINK]\n"));
        let unobserved = sample::unobserved();
        let line = style().render(&record(&unobserved));
        assert!(line.contains(">>> ? "), "{line}");
        assert!(line.ends_with("[unobserved]\n"), "{line}");
    }

    #[test]
    fn what_cannot_be_told_of_a_delivery_is_not_called_unobserved() {
        for (outcome, note) in
            [(Outcome::NotSampled, "[not sampled]\n"), (Outcome::Undecided, "[undecided]\n")]
        {
            let Record::Received { delivery, .. } = sample::unobserved() else { panic!() };
            let line = style().render(&record(&Record::Received { delivery, outcome }));
            assert!(line.ends_with(note), "{line}");
        }
    }

    #[test]
    fn without_probes_no_line_says_so() {
        let style = Style { probes: false, ..style() };
        assert_eq!(
            style.render(&record(&sample::unobserved())),
            "03:04:05.000035 >>> route:link        RTM_NEWLINK      dummy0 (ifindex 5)\n"
        );
    }

    #[test]
    fn a_pod_stands_in_the_place_of_its_unit() {
        let mut record = record(&sample::multicast());
        let process = record.process.as_mut().unwrap();
        process.unit = Some("crio-3f2a.scope".into());
        process.container = Some("3f2a".into());
        process.pod_uid = Some("0123-ab".into());
        let end = |record: &LogRecord| {
            style().render(record).split_once("NEWLINK, ").unwrap().1.to_owned()
        };
        assert_eq!(end(&record), "pod 0123-ab, container 3f2a]\n");
        let process = record.process.as_mut().unwrap();
        (process.namespace, process.pod) = (Some("default".into()), Some("web".into()));
        assert_eq!(end(&record), "pod default/web, container 3f2a]\n");
    }

    #[test]
    fn a_batch_shows_its_first_message_unless_verbose() {
        let mut batch = sample::request();
        let observation = sample::observed(&mut batch);
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
    fn a_long_name_takes_its_room_from_the_space_behind_it() {
        let mut record = record(&sample::multicast());
        let process = record.process.as_mut().unwrap();
        (process.comm, process.pid) = ("a-long-process1".into(), 4_194_304);
        let line = style().render(&record);
        assert!(line.contains("[4194304] route:link      RTM_NEWLINK      dummy0"), "{line}");
    }

    #[test]
    fn a_comment_is_one_line_without_time() {
        let comment = Style::comment(&record(&sample::request()));
        assert_eq!(
            comment,
            "request ip[812] RTM_NEWLINK dummy0 (ifindex 5)  [took 210us, ok after 190us]"
        );
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
