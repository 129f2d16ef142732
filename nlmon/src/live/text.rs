//! A record as one line for a person: time, direction, process, protocol and group, type, what it
//! is about, and in brackets how it went. Pure: whether to colour, and in which time zone, is said
//! by the caller. What more than the line is asked for is `details`.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::details;
use super::json::{LogRecord, Process};
use super::notes::{Note, notes};
use nlmon_core::decode::{Message, printable};
use nlmon_core::record::Path;

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
    /// Leave out the protocol, and of how it went all but what failed.
    pub brief: bool,
    /// Columns that a line may take; `None` for any number.
    pub width: Option<usize>,
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

/// Columns that what a message is about keeps, however narrow the terminal is.
const OBJECT_MIN: usize = 24;

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
        let (mut text, mut at) = (String::new(), 0);
        if !record.time.is_empty() {
            let format = if self.brief { "%H:%M:%S%.3f" } else { "%H:%M:%S%.6f" };
            let time = time_of_day(&record.time, &self.zone, format);
            at = time.chars().count() + 1;
            text = format!("{} ", self.paint(Ink::Faint, &time));
        }
        let arrow = arrow(record.path);
        text += &self.paint(Ink::Good, arrow);
        text.push(' ');
        at += arrow.len() + 1;
        self.line(&mut text, at, record);
        text.push('\n');
        if self.verbose {
            details::messages(self, &mut text, record);
        }
        if self.hex {
            details::bytes(self, &mut text, record);
        }
        text
    }

    /// What the record is, in the columns from `start` on.
    fn line(&self, text: &mut String, start: usize, record: &LogRecord) {
        let mut at = 0;
        let first = record.messages.first();
        let silent = record.silent.as_ref();
        let kind = first.map_or(if silent.is_some() { "silent" } else { "-" }, Message::kind);
        if self.probes || record.process.is_some() {
            self.column(text, &mut at, Ink::Name, &process(record), PROTOCOL_AT);
        } else {
            at = PROTOCOL_AT;
        }
        if self.brief {
            let end = at + OBJECT_AT - TYPE_AT;
            self.column(text, &mut at, Ink::Plain, kind, end);
        } else {
            let protocol = match &record.group {
                Some(group) => format!("{}:{group}", record.protocol),
                None => record.protocol.to_string(),
            };
            self.column(text, &mut at, Ink::Plain, &protocol, TYPE_AT);
            self.column(text, &mut at, Ink::Plain, kind, OBJECT_AT);
        }
        // Without probes the first column is not there.
        let shown = if self.probes || record.process.is_some() { at } else { at - PROTOCOL_AT };
        self.about(text, start + shown, record);
    }

    /// What it is about and how it went, in the columns from `start` on. Where they are too few, what
    /// it is about is shortened first, and then what is said of how it went is left out from its end,
    /// but for what failed.
    fn about(&self, text: &mut String, start: usize, record: &LogRecord) {
        let first = record.messages.first();
        let object = match (first, &record.silent) {
            (Some(first), _) => about(first),
            (None, Some(silent)) => silent.summary(),
            (None, None) => format!("{} bytes", record.bytes),
        };
        let more = match record.messages.len() {
            messages @ 2.. if !self.verbose => format!(" +{} more", messages - 1),
            _ => String::new(),
        };
        let mut notes = notes(record, self.probes);
        if self.brief {
            notes.retain(|note| note.is_fault);
        }
        let room = self.width.map(|width| width.saturating_sub(start + more.len()));
        let object_room = room.map_or(usize::MAX, |room| fit(&mut notes, &object, room));
        let object = shortened(&object, object_room);
        let error = first.and_then(|message| message.error.as_ref());
        let ink = if error.is_some_and(|e| e.errno != 0) { Ink::Bad } else { Ink::Plain };
        *text += &self.paint(ink, &object);
        *text += &self.paint(Ink::Faint, &more);
        self.brackets(text, &notes);
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
        let mut text = format!("{} {} ", record.path, process(record));
        let messages: Vec<_> = record.messages.iter().map(describe).collect();
        text += &messages.join("; ");
        if let Some(silent) = &record.silent {
            text += &silent.summary();
        }
        Self::plain(TimeZone::UTC).brackets(&mut text, &notes(record, true));
        text
    }

    /// One line, as wide as it gets, without colour.
    pub fn plain(zone: TimeZone) -> Self {
        Self {
            colour: false,
            verbose: false,
            hex: false,
            brief: false,
            width: None,
            probes: true,
            zone,
        }
    }

    /// Adds what is known of how it went; nothing if nothing is.
    fn brackets(&self, text: &mut String, notes: &[Note]) {
        for (place, note) in notes.iter().enumerate() {
            *text += if place == 0 { "  [" } else { ", " };
            for (ink, word) in &note.words {
                *text += &self.paint(*ink, word);
            }
        }
        if !notes.is_empty() {
            text.push(']');
        }
    }

    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        if self.colour && ink != Ink::Plain && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            text.to_owned()
        }
    }
}

/// Leaves out what there is no room for beside what the record is about, and says how many columns
/// that has.
fn fit(notes: &mut Vec<Note>, object: &str, room: usize) -> usize {
    let needed = object.chars().count().min(OBJECT_MIN);
    loop {
        // The brackets and the space before them, and a comma and a space between two.
        let taken: usize = notes.iter().map(|note| note.width() + 2).sum();
        let left = room.saturating_sub(if notes.is_empty() { 0 } else { taken + 2 });
        let last = notes.iter().rposition(|note| !note.is_fault);
        match last {
            Some(last) if left < needed => drop(notes.remove(last)),
            _ => return left.max(needed),
        }
    }
}

/// The text in so many columns, without its middle if it has more: what distinguishes two is mostly
/// at the beginning or at the end.
fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    let len = text.chars().count();
    if len <= width {
        return Cow::Borrowed(text);
    }
    let kept = width.saturating_sub(1);
    let (before, after) = (kept.div_ceil(2), kept / 2);
    let start: String = text.chars().take(before).collect();
    let end: String = text.chars().skip(len - after).collect();
    Cow::Owned(format!("{start}\u{2026}{end}"))
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
fn time_of_day(time: &str, zone: &TimeZone, format: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => ZonedDateTime::new(time, zone.clone()).strftime(format).to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::{Clock, View};
    use crate::live::sample;
    use nlmon_core::record::{Outcome, Record};

    fn style() -> Style {
        Style::plain(TimeZone::UTC)
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

    fn narrow(record: &LogRecord, width: usize) -> String {
        Style { width: Some(width), ..style() }.render(record)
    }

    #[test]
    fn a_line_fits_the_terminal_and_keeps_who_and_what_failed() {
        let mut refused = sample::request();
        sample::answered(&mut refused).errno = Some(17);
        let mut refused = record(&refused);
        refused.messages[0].summary = format!("a{}z", "-".repeat(200));
        let whole = style().render(&refused);
        assert!(whole.len() > 280, "{whole}");
        for width in [130, 140, 160, 250] {
            let line = narrow(&refused, width);
            assert_eq!(line.trim_end().chars().count(), width, "{line}");
            assert!(line.contains(" ip[812] ") && line.contains("EEXIST after "), "{line}");
            assert!(line.contains(" a--") && line.contains("\u{2026}--"), "{line}");
        }
        // Too narrow for all: who, 24 columns of what, and what failed.
        let line = narrow(&refused, 40);
        assert!(line.contains(" ip[812] ") && line.ends_with("[EEXIST after 190us]\n"), "{line}");
        assert!(!line.contains("took"), "{line}");
        assert_eq!(narrow(&refused, 1000), whole);
    }

    #[test]
    fn what_has_no_room_is_left_out_from_the_end() {
        let mut record = record(&sample::multicast());
        record.process.as_mut().unwrap().unit = Some("a.service".into());
        let ends = [(200, ", unit a.service]\n"), (140, "us, by RTM_NEWLINK]\n"), (120, "us]\n")];
        for (width, end) in ends {
            let line = narrow(&record, width);
            assert!(line.ends_with(end) && line.trim_end().chars().count() <= width, "{line}");
        }
        let line = narrow(&record, 100);
        assert!(line.ends_with(" dummy0 (ifindex 5)\n"), "{line}");
    }

    #[test]
    fn a_brief_line_has_who_what_and_what_failed() {
        let brief = Style { brief: true, ..style() };
        let mut refused = sample::request();
        assert_eq!(
            brief.render(&record(&refused)),
            "03:04:05.000 --> ip[812]                RTM_NEWLINK      dummy0 (ifindex 5)\n"
        );
        sample::answered(&mut refused).errno = Some(17);
        let line = brief.render(&record(&refused));
        assert!(line.ends_with("dummy0 (ifindex 5)  [EEXIST after 190us]\n"), "{line}");
        let line = brief.render(&record(&sample::lost()));
        assert!(line.ends_with("  [LOST]\n"), "{line}");
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
}
