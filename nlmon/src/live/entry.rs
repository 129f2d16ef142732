//! A record in the log's ring. Until somebody reads it, it is what it will be made of: nothing is
//! decoded for a history that nobody asks for. Its JSON is made at most once, by the first client
//! that wants it; with more detail than a summary, which would fill the ring, for each client anew.
//!
//! Invariant: what an entry takes is known when it is published, by an estimate that covers both.

use std::sync::{Arc, OnceLock};

use super::json::{Detail, LogRecord, View};
use crate::origin::Origin;
use nlmon_core::decode::Message;
use nlmon_core::message::messages;
use nlmon_core::record::{Path, Record};

/// What a line of JSON takes for the record, and for each message besides its text.
const JSON_BYTES: usize = 512;
const JSON_PER_MESSAGE: usize = 256;

/// One record.
#[derive(Debug)]
pub struct Entry {
    time_ns: u64,
    bytes: usize,
    content: Content,
    json: OnceLock<Vec<u8>>,
}

/// The record, boxed: most are never made, and the box is a fraction of what it holds.
type Made = OnceLock<Box<LogRecord>>;

#[derive(Debug)]
enum Content {
    /// Made at once.
    Made(Box<LogRecord>),
    /// Made when it is read.
    Joined { record: Box<Record>, origin: Arc<Origin>, view: Arc<View>, made: Made },
    #[cfg(test)]
    Test { make: TestMake, made: Made },
}

#[cfg(test)]
struct TestMake(Box<dyn Fn() -> LogRecord + Send + Sync>);

#[cfg(test)]
impl std::fmt::Debug for TestMake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a test's")
    }
}

impl Entry {
    /// One that is made when it is read.
    pub fn joined(record: Box<Record>, origin: Arc<Origin>, view: Arc<View>) -> Self {
        let (time_ns, bytes) = (record.time_ns(), estimate(record.data()));
        let content = Content::Joined { record, origin, view, made: Made::new() };
        Self { time_ns, bytes, content, json: OnceLock::new() }
    }

    /// One that a test makes when it is read, and that takes so many bytes.
    #[cfg(test)]
    pub(super) fn later(
        time_ns: u64,
        bytes: usize,
        make: impl Fn() -> LogRecord + Send + Sync + 'static,
    ) -> Self {
        let content = Content::Test { make: TestMake(Box::new(make)), made: Made::new() };
        Self { time_ns, bytes, content, json: OnceLock::new() }
    }

    /// When it was, `CLOCK_MONOTONIC` nanoseconds.
    pub fn time_ns(&self) -> u64 {
        self.time_ns
    }

    /// Which way it went, which takes no decoding either.
    pub(super) fn path(&self) -> Path {
        self.joined_record().map_or_else(|| self.record().path, Record::path)
    }

    /// Whether it has been decoded.
    #[cfg(test)]
    pub(super) fn is_made(&self) -> bool {
        match &self.content {
            Content::Made(_) => true,
            Content::Joined { made, .. } | Content::Test { made, .. } => made.get().is_some(),
        }
    }

    /// What the record is made of, if it is not there at once: that takes no decoding.
    pub fn joined_record(&self) -> Option<&Record> {
        self.parts().map(|(record, ..)| record)
    }

    /// The same with what else its line is made of.
    pub(super) fn parts(&self) -> Option<(&Record, &Origin, &View)> {
        match &self.content {
            Content::Joined { record, origin, view, .. } => Some((record, origin, view)),
            Content::Made(_) => None,
            #[cfg(test)]
            Content::Test { .. } => None,
        }
    }

    /// The record.
    pub fn record(&self) -> &LogRecord {
        match &self.content {
            Content::Made(record) => record,
            Content::Joined { record, origin, view, made } => {
                made.get_or_init(|| Box::new(LogRecord::new(record, view).with_origin(origin)))
            }
            #[cfg(test)]
            Content::Test { make, made } => made.get_or_init(|| Box::new((make.0)())),
        }
    }

    /// The record with the attributes of its messages, made for whoever asks. One that could not be
    /// decoded is kept as it is then, so that all see the same and its panic is counted once.
    pub(super) fn detailed(&self) -> LogRecord {
        match &self.content {
            Content::Joined { record, origin, view, made } => {
                if let Some(raw) = made.get().filter(|made| made.is_undecoded()) {
                    return (**raw).clone();
                }
                let detailed = LogRecord::detailed(record, view).with_origin(origin);
                if detailed.is_undecoded() {
                    made.get_or_init(|| Box::new(detailed.clone()));
                }
                detailed
            }
            Content::Made(record) => record.with(Detail::Attributes),
            #[cfg(test)]
            Content::Test { .. } => self.record().clone(),
        }
    }

    /// Appends the record as one line of JSON, with its newline.
    pub fn write_json(&self, detail: Detail, out: &mut Vec<u8>) {
        match (detail, &self.content) {
            (Detail::Summary, _) => {
                let line = self.json.get_or_init(|| {
                    let mut line = Vec::new();
                    write_line(self.record(), &mut line);
                    line
                });
                out.extend_from_slice(line);
            }
            // In full it is kept for nobody, so it is made straight of the datagram.
            (Detail::Attributes, Content::Joined { .. }) => write_line(&self.detailed(), out),
            (Detail::Attributes | Detail::Data, _) => write_line(&self.record().with(detail), out),
        }
    }

    /// Memory that it takes, its JSON included, by estimate: an exact figure would take the JSON,
    /// which may never be needed.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The schema has string keys and finite numbers only, and memory takes all, so this cannot fail.
fn write_line(record: &LogRecord, out: &mut Vec<u8>) {
    let _never_fails = serde_json::to_writer(&mut *out, record);
    out.push(b'\n');
}

/// One that is there already.
impl From<LogRecord> for Entry {
    fn from(record: LogRecord) -> Self {
        let text =
            |message: &Message| message.summary.len() + message.raw.as_ref().map_or(0, String::len);
        let texts: usize = record.messages.iter().map(|message| 3 * text(message)).sum();
        let bytes = fixed(record.messages.len()) + texts + record.captured_bytes();
        let time_ns = record.time_ns;
        Self { time_ns, bytes, content: Content::Made(Box::new(record)), json: OnceLock::new() }
    }
}

/// Estimates the memory of a record from its captured bytes: the bytes, and more text than almost any
/// summary has.
fn estimate(data: &[u8]) -> usize {
    size_of::<Record>() + fixed(messages(data, data.len()).count().max(1)) + 4 * data.len()
}

/// The part of the memory that does not depend on the text.
fn fixed(messages: usize) -> usize {
    let per_message = JSON_PER_MESSAGE + size_of::<Message>();
    size_of::<Entry>() + JSON_BYTES + messages * per_message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::{Clock, View};
    use crate::live::sample;

    fn later(record: Record) -> Entry {
        let view = Arc::new(View::new(Clock::new(0)));
        Entry::joined(Box::new(record), Arc::default(), view)
    }

    fn line(entry: &Entry, detail: Detail) -> String {
        let mut line = Vec::new();
        entry.write_json(detail, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn the_estimate_of_memory_covers_the_json() {
        for record in [sample::multicast(), sample::request()] {
            let made = LogRecord::new(&record, &View::new(Clock::new(0)));
            for entry in [Entry::from(made), later(record)] {
                let before = entry.bytes();
                let json = line(&entry, Detail::Summary).len();
                assert!(before >= size_of::<Entry>() + json, "{before} for {json}");
                assert_eq!(entry.bytes(), before);
            }
        }
    }

    #[test]
    fn a_record_is_the_same_whenever_it_is_made() {
        let record = sample::multicast();
        let made = LogRecord::new(&record, &View::new(Clock::new(0)));
        let entry = later(record);
        assert_eq!((entry.time_ns(), entry.record()), (made.time_ns, &made));
    }

    #[test]
    fn a_line_with_attributes_is_the_same_however_it_is_made() {
        for record in [sample::multicast(), sample::request()] {
            let made = Entry::from(LogRecord::new(&record, &View::new(Clock::new(0))));
            let later = later(record);
            for detail in [Detail::Attributes, Detail::Summary, Detail::Attributes, Detail::Data] {
                assert_eq!(line(&made, detail), line(&later, detail));
            }
            assert!(later.record().messages.iter().all(|message| message.attributes.is_empty()));
        }
    }

    #[test]
    fn nothing_is_made_that_nobody_reads() {
        drop(Entry::later(7, 0, || panic!("nobody reads it")));
    }
}
