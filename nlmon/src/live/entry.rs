//! A record in the log's ring. Until somebody reads it, it is what it will be made of: nothing is
//! decoded for a history that nobody asks for. Its JSON is made at most once, by the first client
//! that wants it; with more detail than a summary, which would fill the ring, by each.
//!
//! Invariant: what an entry takes is known when it is published, by an estimate that covers both.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::json::{Detail, LogRecord, View};
use crate::origin::Origin;
use nlmon_core::decode::Message;
use nlmon_core::message::messages;
use nlmon_core::record::Record;

/// What a line of JSON takes for the record, and for each message besides its text.
const JSON_BYTES: usize = 512;
const JSON_PER_MESSAGE: usize = 256;

/// One record.
#[derive(Debug)]
pub struct Entry {
    time_ns: u64,
    bytes: usize,
    content: Content,
    json: OnceLock<String>,
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
        match &self.content {
            Content::Joined { record, .. } => Some(record),
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

    /// The record as one line of JSON, with its newline.
    pub fn json(&self, detail: Detail) -> Cow<'_, str> {
        match detail {
            Detail::Summary => Cow::Borrowed(self.json.get_or_init(|| line(self.record()))),
            Detail::Attributes => {
                let first = self.first_line();
                Cow::Owned(first.unwrap_or_else(|| line(&self.record().with(detail))))
            }
            Detail::Data => Cow::Owned(line(&self.record().with(detail))),
        }
    }

    /// The line with attributes, if the record is made by that: so it is decoded once.
    fn first_line(&self) -> Option<String> {
        let Content::Joined { record, origin, view, made } = &self.content else { return None };
        if made.get().is_some() {
            return None;
        }
        let detailed = LogRecord::detailed(record, view).with_origin(origin);
        let line = line(&detailed);
        // Another client may have made the same meanwhile.
        made.get_or_init(|| Box::new(detailed.brief()));
        Some(line)
    }

    /// Memory that it takes, its JSON included, by estimate: an exact figure would take the JSON,
    /// which may never be needed.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The schema has string keys and finite numbers only, so this cannot fail.
fn line(record: &LogRecord) -> String {
    serde_json::to_string(record).map_or_else(|_| String::new(), |line| line + "\n")
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

    #[test]
    fn the_estimate_of_memory_covers_the_json() {
        for record in [sample::multicast(), sample::request()] {
            let made = LogRecord::new(&record, &View::new(Clock::new(0)));
            for entry in [Entry::from(made), later(record)] {
                let before = entry.bytes();
                let json = entry.json(Detail::Summary).len();
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
    fn a_line_with_attributes_is_the_same_whenever_it_is_made() {
        for record in [sample::multicast(), sample::request()] {
            let (first, later) = (later(record.clone()), later(record));
            later.record();
            let lines = [&first, &later].map(|entry| entry.json(Detail::Attributes).into_owned());
            assert_eq!(lines[0], lines[1]);
            assert_eq!(first.record(), later.record());
            assert_eq!(first.json(Detail::Summary), later.json(Detail::Summary));
            assert!(first.record().messages.iter().all(|message| message.attributes.is_empty()));
        }
    }

    #[test]
    fn nothing_is_made_that_nobody_reads() {
        drop(Entry::later(7, 0, || panic!("nobody reads it")));
    }
}
