//! Makes the bytes of a file out of records, and decides where a new file begins. Does no I/O: what
//! became of the bytes it is told.
//!
//! Invariant: bytes of a chunk are whole records, each behind what the file lacks before it.

use jiff::Timestamp;
use serde::Serialize;

use super::{Format, Gap};
use crate::live::entry::Entry;
use crate::live::json::{Detail, LogRecord};
use crate::live::pcapng::Capture;

/// Bytes for one file.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// They begin a new file.
    pub(super) begins_file: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) records: Vec<End>,
}

/// Where a record ends in the bytes of its chunk, and what is said to be missing before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) at: usize,
    pub(super) gap: Gap,
}

/// Makes chunks for one file after another.
pub(super) struct Encoder {
    format: Format,
    max_bytes: u64,
    /// Bytes in the file, once all chunks are written.
    len: u64,
    /// The section of the capture that is being written; none before the first record.
    capture: Option<Capture<Vec<u8>>>,
    /// Missing before the next record.
    gap: Gap,
}

impl Encoder {
    pub(super) fn new(format: Format, max_bytes: u64) -> Self {
        Self { format, max_bytes, len: 0, capture: None, gap: Gap::default() }
    }

    /// The file has that many bytes. What is written next does not rely on any of them.
    pub(super) fn go_on_at(&mut self, len: u64) {
        (self.len, self.capture) = (len, None);
    }

    /// Records are missing here.
    pub(super) fn missing(&mut self, gap: Gap) {
        self.gap.add(gap);
    }

    /// Adds a record to the last chunk, or to a new one.
    pub(super) fn add(&mut self, entry: &Entry, chunks: &mut Vec<Chunk>) {
        let gap = self.gap;
        let bytes = match self.format {
            Format::Json => Some(json(entry, gap)),
            Format::Pcapng => self.add_to_capture(entry, gap, chunks),
        };
        // A record that cannot be encoded is as one that cannot be written.
        let Some(bytes) = bytes else { return self.missing(Gap { failed: 1, ..Gap::default() }) };
        self.gap = Gap::default();
        self.make_room(bytes.len(), chunks);
        if chunks.is_empty() {
            chunks.push(Chunk::default());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.bytes.extend(&bytes);
            chunk.records.push(End { at: chunk.bytes.len(), gap });
        }
        self.len += bytes.len() as u64;
    }

    /// What is missing at the end, where no record follows that could say it.
    pub(super) fn last_words(&mut self) -> Vec<u8> {
        match self.format {
            Format::Json => missing_lines(std::mem::take(&mut self.gap)),
            Format::Pcapng => Vec::new(),
        }
    }

    /// Begins a new file where the bytes would make this one too long. An empty one takes them all.
    fn make_room(&mut self, bytes: usize, chunks: &mut Vec<Chunk>) -> bool {
        let is_full = self.len > 0 && self.len.saturating_add(bytes as u64) > self.max_bytes;
        if is_full {
            chunks.push(Chunk { begins_file: true, ..Chunk::default() });
            self.len = 0;
        }
        is_full
    }

    fn add_to_capture(
        &mut self,
        entry: &Entry,
        gap: Gap,
        chunks: &mut Vec<Chunk>,
    ) -> Option<Vec<u8>> {
        let record = entry.record().with(Detail::Data);
        let bytes = self.packet(&record, gap)?;
        if !self.make_room(bytes.len(), chunks) {
            return Some(bytes);
        }
        // A new file begins with a header of its own.
        self.capture = None;
        self.packet(&record, gap)
    }

    /// The blocks of a record, behind the header of the section if it is the first.
    fn packet(&mut self, record: &LogRecord, gap: Gap) -> Option<Vec<u8>> {
        // Writing to memory does not fail; a record may be too long for a block.
        let mut capture = match self.capture.take() {
            Some(capture) => capture,
            None => Capture::new(Vec::new()).ok()?,
        };
        capture.lost(gap.total());
        capture.write(record).ok()?;
        let bytes = std::mem::take(capture.get_mut());
        self.capture = Some(capture);
        Some(bytes)
    }
}

fn json(entry: &Entry, gap: Gap) -> Vec<u8> {
    let mut lines = missing_lines(gap);
    entry.write_json(Detail::Attributes, &mut lines);
    lines
}

/// One line for each reason.
fn missing_lines(gap: Gap) -> Vec<u8> {
    /// As [`crate::live::protocol::Lost`], and why and when.
    #[derive(Serialize)]
    struct Missing {
        time: String,
        lost: u64,
        reason: &'static str,
    }
    let mut lines = Vec::new();
    if gap.is_none() {
        return lines;
    }
    let time = Timestamp::now().to_string();
    let reasons =
        [("too_slow", gap.too_slow), ("over_rate", gap.over_rate), ("failed", gap.failed)];
    for (reason, lost) in reasons.into_iter().filter(|(_, lost)| *lost > 0) {
        let missing = Missing { time: time.clone(), lost, reason };
        // Text and numbers can be written.
        lines.extend(serde_json::to_vec(&missing).unwrap_or_default());
        lines.push(b'\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::{Clock, View};
    use crate::live::pcapng::{Item, Reader};
    use crate::live::sample;

    fn entries(count: u64) -> Vec<Entry> {
        let entry = |number| {
            Entry::later(number, 1, move || {
                let view = View::new(Clock::new(1_767_323_044_000_000_000));
                let mut record = LogRecord::new(&sample::multicast(), &view);
                record.time_ns = number;
                record
            })
        };
        (0..count).map(entry).collect()
    }

    /// The files that chunks make.
    fn files(chunks: &[Chunk]) -> Vec<Vec<u8>> {
        let mut files = vec![Vec::new()];
        for chunk in chunks {
            if chunk.begins_file {
                files.push(Vec::new());
            }
            files.last_mut().unwrap().extend(&chunk.bytes);
        }
        files
    }

    /// Numbers of the records of a capture; what is lost as `None`.
    fn read(file: &[u8]) -> Vec<Result<u64, u64>> {
        let mut reader = Reader::new(file).unwrap();
        let mut found = Vec::new();
        while let Some(item) = reader.read().unwrap() {
            found.push(match item {
                Item::Lost(lost) => Err(lost),
                Item::Record(record) => Ok(record.time_ns),
            });
        }
        found
    }

    #[test]
    fn every_file_of_a_capture_is_one_and_none_is_too_long() {
        let mut encoder = Encoder::new(Format::Pcapng, 4000);
        let mut chunks = Vec::new();
        for entry in &entries(23) {
            encoder.add(entry, &mut chunks);
        }
        let files = files(&chunks);
        assert!(files.len() > 2, "{}", files.len());
        assert!(files.iter().all(|file| file.len() <= 4000));
        let all: Vec<_> = files.iter().flat_map(|file| read(file)).collect();
        assert_eq!(all, (0..23).map(Ok).collect::<Vec<_>>());
        let ends: usize = chunks.iter().map(|chunk| chunk.records.len()).sum();
        assert_eq!(ends, 23);
    }

    #[test]
    fn a_record_that_is_longer_than_a_file_has_one_of_its_own() {
        for format in [Format::Json, Format::Pcapng] {
            let mut encoder = Encoder::new(format, 10);
            let mut chunks = Vec::new();
            for entry in &entries(3) {
                encoder.add(entry, &mut chunks);
            }
            assert_eq!(files(&chunks).len(), 3, "{format:?}");
        }
    }

    #[test]
    fn what_is_missing_is_said_once_in_its_place() {
        let gap = Gap { too_slow: 3, over_rate: 4, failed: 0 };
        let entries = entries(2);
        let mut chunks = Vec::new();
        let mut encoder = Encoder::new(Format::Json, 1 << 20);
        encoder.add(&entries[0], &mut chunks);
        encoder.missing(gap);
        encoder.add(&entries[1], &mut chunks);
        let text = String::from_utf8(files(&chunks).concat()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[1].ends_with(r#""lost":3,"reason":"too_slow"}"#), "{text}");
        assert!(lines[2].ends_with(r#""lost":4,"reason":"over_rate"}"#), "{text}");
        assert_eq!(encoder.last_words(), b"");

        let mut chunks = Vec::new();
        let mut encoder = Encoder::new(Format::Pcapng, 1 << 20);
        encoder.add(&entries[0], &mut chunks);
        encoder.missing(gap);
        encoder.add(&entries[1], &mut chunks);
        assert_eq!(read(&files(&chunks).concat()), [Ok(0), Err(7), Ok(1)]);
    }

    #[test]
    fn a_capture_goes_on_behind_what_was_cut_off() {
        let entries = entries(3);
        let mut chunks = Vec::new();
        let mut encoder = Encoder::new(Format::Pcapng, 1 << 20);
        encoder.add(&entries[0], &mut chunks);
        let mut file = files(&chunks).concat();
        // The second record did not get there, and with it nothing that the third could rely on.
        encoder.add(&entries[1], &mut Vec::new());
        encoder.go_on_at(file.len() as u64);
        encoder.missing(Gap { failed: 1, ..Gap::default() });
        let mut chunks = Vec::new();
        encoder.add(&entries[2], &mut chunks);
        file.extend(files(&chunks).concat());
        assert_eq!(read(&file), [Ok(0), Err(1), Ok(2)]);
    }
}
