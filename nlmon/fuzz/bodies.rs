//! What each fuzz target of the daemon does with an input, and what has to hold. Shared by the
//! targets, which need a nightly compiler, and by the test that puts the whole corpus through them on
//! any. The targets of decoding alone are in `core/fuzz`.
//!
//! An input of `record` is a control byte (see [`Control`]), a protocol and a datagram; one of
//! `capture` is a whole file, and one of `paste` a text.

#[path = "../core/fuzz/input.rs"]
mod input;

use std::sync::Arc;

use input::{Control, FAMILIES};
use jiff::tz::TimeZone;
use nlmon::live::json::{Clock, Detail, LogRecord, View};
use nlmon::live::pcapng::{Capture, Item, Reader};
use nlmon::live::text::Style;
use nlmon::paste;
use nlmon_core::record::{Contents, Observation, Path, Record, Task};

/// The targets.
pub(crate) const TARGETS: [&str; 3] = ["record", "capture", "paste"];

/// Runs the body of a target on an input.
pub(crate) fn run(target: &str, input: &[u8]) {
    match (target, input) {
        ("capture", file) => as_capture(file),
        ("paste", text) => as_paste(&String::from_utf8_lossy(text)),
        (_, [control, protocol, datagram @ ..]) => {
            as_record(*protocol, datagram, &Control(*control));
        }
        _ => {}
    }
}

/// A text is read, or refused at a line that it has; what is found can be shown.
fn as_paste(text: &str) {
    let paste = match paste::read(text) {
        Ok(paste) => paste,
        Err(error) => {
            let line = text.lines().nth(error.line - 1).expect("the line is there");
            assert!(error.column <= line.chars().count() + 1, "{error}");
            return;
        }
    };
    for found in paste.datagrams {
        assert!(found.line <= text.lines().count() && found.len >= found.bytes.len());
        as_record(found.protocol.unwrap_or_default(), &found.bytes, &Control(0));
    }
}

/// A record can be written in every form, and its JSON reads back.
fn as_record(protocol: u8, datagram: &[u8], control: &Control) {
    let view = View {
        families: Arc::clone(&FAMILIES),
        show_secrets: control.shows_secrets(),
        ..View::new(Clock::new(1_767_323_044_000_000_000))
    };
    let path = if control.multicast() { Path::Multicast } else { Path::Request };
    let record = record(protocol, datagram, path, control.missing());
    let record = LogRecord::new(&record, &view).with(Detail::Data);
    let style = Style { verbose: true, hex: true, ..Style::plain(TimeZone::UTC) };
    let text = style.render(&record);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let json = serde_json::to_string(&record).expect("the schema has string keys");
    let again: LogRecord = serde_json::from_str(&json).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("likewise"), json);
    let mut capture = Capture::new(Vec::new()).expect("a vector takes what it is given");
    capture.write(&record).expect("likewise");
}

fn record(protocol: u8, datagram: &[u8], path: Path, missing: u32) -> Record {
    let observation = Observation {
        start_ns: 1,
        duration_ns: 1,
        protocol,
        path,
        netns: 1,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: u32::from(path == Path::Multicast),
        len: u32::try_from(datagram.len()).unwrap_or(u32::MAX).saturating_add(missing),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data: datagram.to_vec(),
    };
    Record::sent(observation)
}

/// A file is read to its end or to what is wrong with it; and what was read can be written and is then
/// read as the same.
fn as_capture(file: &[u8]) {
    let items = items(file);
    let mut capture = Capture::new(Vec::new()).expect("a vector takes what it is given");
    for item in &items {
        match item {
            Item::Lost(count) => capture.lost(*count),
            Item::Record(record) => capture.write(record).expect("likewise"),
        }
    }
    let written = std::mem::take(capture.get_mut());
    let again = self::items(&written);
    assert_eq!(records(&again), records(&items));
}

fn items(file: &[u8]) -> Vec<Item> {
    let Ok(mut reader) = Reader::new(file) else { return Vec::new() };
    std::iter::from_fn(|| reader.read().ok().flatten()).collect()
}

fn records(items: &[Item]) -> Vec<&LogRecord> {
    let records = items.iter().filter_map(|item| match item {
        Item::Record(record) => Some(&**record),
        Item::Lost(_) => None,
    });
    records.collect()
}
