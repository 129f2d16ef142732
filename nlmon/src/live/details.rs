//! What `nlmon tail --verbose` and `--hex` show below a record's line: where it happened, each
//! message with its header and its attributes, and the bytes.

use std::fmt::Write as _;

use super::json::{LogRecord, Process};
use super::text::{Ink, Style, about, write};
use nlmon_core::decode::Message;
use nlmon_core::decode::attribute::Attribute;
use nlmon_core::decode::printable;

/// Nested attributes stay on the line of their parent up to this many columns.
const LINE_MAX: usize = 100;
/// Bytes on a line of `--hex`.
const HEX_COLUMNS: usize = 16;

/// Adds the lines of `--verbose`.
pub(super) fn messages(style: &Style, text: &mut String, record: &LogRecord) {
    line(style, text, &format!("    {}", origin(record)));
    for message in &record.messages {
        line(style, text, &format!("    {}", header(message)));
        for attribute in &message.attributes {
            tree(text, attribute, 2);
        }
    }
    for route in record.silent.iter().flat_map(|silent| &silent.routes) {
        line(style, text, &format!("    {}", route.text()));
    }
}

/// Adds the lines of `--hex`: offset, bytes, and the same bytes as text.
pub(super) fn bytes(style: &Style, text: &mut String, record: &LogRecord) {
    let digits = record.data.as_deref().unwrap_or_default().as_bytes();
    for (row, digits) in digits.chunks(2 * HEX_COLUMNS).enumerate() {
        let bytes: Vec<_> = digits.chunks(2).map(byte).collect();
        let shown: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = shown.join(" ");
        let letters = bytes.iter().map(|&byte| letter(byte)).collect::<String>();
        let width = 3 * HEX_COLUMNS;
        line(style, text, &format!("    {:04x}  {shown:<width$} {letters}", row * HEX_COLUMNS));
    }
}

fn byte(digits: &[u8]) -> u8 {
    let value = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
    let byte = digits.iter().fold(0, |byte, digit| 16 * byte + value(digit));
    u8::try_from(byte).unwrap_or_default()
}

fn letter(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }
}

fn line(style: &Style, text: &mut String, line: &str) {
    write(text, format_args!("{}\n", style.paint(Ink::Faint, line.trim_end())));
}

fn origin(record: &LogRecord) -> String {
    let mut line = format!("{} bytes", record.bytes);
    // A capture that others made says neither; a namespace's number is never 0.
    if record.netns != 0 {
        write(&mut line, format_args!(" netns {} port {}", record.netns, record.src_portid));
    }
    if let Some(portid) = record.portid {
        write(&mut line, format_args!(" to {portid}"));
    }
    if let Some(process) = &record.process {
        let Process { tid, uid, cgroup_id, .. } = process;
        write(&mut line, format_args!(" tid {tid} uid {uid} cgroup {cgroup_id}"));
        if let Some(executable) = &process.executable {
            write(&mut line, format_args!(" exe {}", printable::escape(executable.as_bytes())));
        }
    }
    line
}

fn header(message: &Message) -> String {
    let mut line = format!("{:<16} len {}", message.kind(), message.len);
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

/// Writes an attribute on a line. Its nested attributes follow on the same line if they are short
/// and have no nests themselves, else on lines of their own.
fn tree(text: &mut String, attribute: &Attribute, depth: usize) {
    let indent = 4 * depth;
    write(text, format_args!("{:indent$}{}", "", attribute.name));
    value(text, attribute);
    let inside = &attribute.attributes;
    let flat = inside.iter().all(|inner| inner.attributes.is_empty());
    let mut short = String::new();
    if flat && !inside.is_empty() {
        for inner in inside {
            let separator = if short.is_empty() { "" } else { ", " };
            let _ok = write!(short, "{separator}{}", inner.name);
            value(&mut short, inner);
        }
    }
    if !short.is_empty() && indent + attribute.name.len() + short.len() < LINE_MAX {
        write(text, format_args!(": {short}\n"));
        return;
    }
    text.push('\n');
    for inner in inside {
        tree(text, inner, depth + 1);
    }
}

fn value(text: &mut String, attribute: &Attribute) {
    if let Some(value) = &attribute.value {
        write(text, format_args!(" {value}"));
    }
    if let Some(name) = &attribute.ifname {
        write(text, format_args!(" ({name})"));
    }
    if let Some(bytes) = attribute.withheld {
        write(text, format_args!(" withheld ({bytes} bytes)"));
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::live::json::{Clock, Detail, View};
    use crate::live::sample;

    fn render(verbose: bool, hex: bool) -> String {
        let view = View::new(Clock::new(0));
        let record = LogRecord::new(&sample::request(), &view).with(Detail::Data);
        Style { verbose, hex, ..Style::plain(TimeZone::UTC) }.render(&record)
    }

    #[test]
    fn the_tree_is_indented_and_short_nests_stay_on_their_line() {
        let text = render(true, false);
        let lines: Vec<_> = text.lines().skip(3).collect();
        assert_eq!(lines.last(), Some(&"        IFLA_IFNAME dummy0"), "{text}");
        assert!(lines[0].starts_with("        ifinfomsg"), "{text}");
    }

    /// What another program captured has neither, and 0 would be read as a value.
    #[test]
    fn a_namespace_that_is_not_known_is_not_named() {
        let view = View::new(Clock::new(0));
        let mut record = LogRecord::new(&sample::request(), &view);
        assert!(origin(&record).contains(" netns "), "{}", origin(&record));
        record.netns = 0;
        let line = origin(&record);
        assert!(!line.contains("netns") && !line.contains("port"), "{line}");
    }

    #[test]
    fn bytes_are_shown_as_numbers_and_as_text() {
        let text = render(false, true);
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("    0020  0b 00 03 00 64 75 6d 6d 79 30 00 00 "), "{text}");
        assert!(last.ends_with(" ....dummy0.."), "{text}");
    }
}
