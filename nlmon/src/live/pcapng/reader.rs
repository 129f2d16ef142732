//! Reads the records of a capture, nlmon's own or another program's.

use std::io::{self, Read};

use super::frames::{Frame, Frames};
use super::{HEADER_BYTES, HEADER_LEN, carried, packet};
use crate::live::foreign::Known;
use crate::live::json::LogRecord;
use nlmon_core::decode::specs::Specs;

/// Why a capture cannot be read further. The records before that are good.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is no capture.
    #[error("this is no capture: neither pcapng nor pcap")]
    NoCapture,
    /// The file ends inside a block.
    #[error("the capture ends inside of what begins at byte {offset}: it was cut")]
    Truncated {
        /// Where the block begins.
        offset: u64,
    },
    /// A block claims to be longer than the limit.
    #[error("what begins at byte {offset} is longer than 16 MiB")]
    TooLong {
        /// Where it begins.
        offset: u64,
    },
    /// A block is malformed.
    #[error("what begins at byte {offset} cannot be read: {problem}")]
    Malformed {
        /// Where it begins.
        offset: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A packet has no header of a netlink device.
    #[error("packet {number}, which ends at byte {offset}, is no netlink packet")]
    NoNetlink {
        /// Counted from 1.
        number: u64,
        /// Where it ends in the file.
        offset: u64,
    },
    /// The file cannot be read.
    #[error("cannot read the capture")]
    Io(#[source] io::Error),
}

/// The next item of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Records that were lost there.
    Lost(u64),
    /// A record, with its attributes and its data.
    Record(Box<LogRecord>),
}

/// A capture that is being read.
pub struct Reader<R> {
    frames: Frames<R>,
    number: u64,
    /// What is learnt so far from the capture.
    known: Known,
    /// A record that follows a loss already reported.
    next: Option<Box<LogRecord>>,
}

impl<R: Read> Reader<R> {
    /// Starts to read.
    ///
    /// # Errors
    /// [`ReadError::NoCapture`] for a file of another kind.
    pub fn new(input: R) -> Result<Self, ReadError> {
        Ok(Self { frames: Frames::new(input)?, number: 0, known: Known::default(), next: None })
    }

    /// Like [`Self::new`], and also knows the families of these specs.
    #[must_use]
    pub fn with_specs(mut self, specs: Specs) -> Self {
        self.known.families = self.known.families.with_specs(specs);
        self
    }

    /// The next item. `None` at the end.
    ///
    /// # Errors
    /// Says where the file is cut or malformed. Nothing can be read after that.
    pub fn read(&mut self) -> Result<Option<Item>, ReadError> {
        if let Some(record) = self.next.take() {
            return Ok(Some(Item::Record(record)));
        }
        let Some(frame) = self.frames.next()? else { return Ok(None) };
        self.number += 1;
        let no_netlink =
            || ReadError::NoNetlink { number: self.number, offset: self.frames.offset() };
        let record = Box::new(record(&frame, &mut self.known).ok_or_else(no_netlink)?);
        if frame.lost > 0 {
            self.next = Some(record);
            return Ok(Some(Item::Lost(frame.lost)));
        }
        Ok(Some(Item::Record(record)))
    }
}

fn record(frame: &Frame, known: &mut Known) -> Option<LogRecord> {
    let bytes = frame.data.get(HEADER_BYTES..)?;
    let own = frame
        .carried
        .as_deref()
        .and_then(|value| carried::record(value, bytes, known.families.specs()));
    // Another program may have removed a packet between the two.
    let whole = |record: &LogRecord| record.bytes.saturating_add(HEADER_LEN) == frame.original_len;
    let own = own.filter(whole);
    match own {
        Some(record) => Some(record.with_data(bytes)),
        None => packet::record(frame.time, &frame.data, frame.original_len, known),
    }
}
