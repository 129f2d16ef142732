//! Reads the records of a capture, nlmon's own or another program's.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::frames::{Frame, Frames, Next};
use super::input::Input;
use super::packet::Without;
use super::{HEADER_BYTES, HEADER_LEN, carried, packet};
use crate::live::exchanges::{Exchanges, Match};
use crate::live::foreign::Known;
use crate::live::json::{LogAnswer, LogRecord};
use crate::live::text;
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

/// What of a capture is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Packets of interfaces and devices that have no netlink.
    pub others: u64,
    /// Packets that cannot be read.
    pub broken: u64,
    /// What is wrong with the first of these, and where.
    pub first_broken: Option<String>,
}

/// What all of a capture tells, before its records are read: so that a record is shown with what a
/// later one says.
#[derive(Debug, Default)]
pub struct Survey {
    known: Known,
    /// The answer to each request, by the number of the request's packet.
    answers: BTreeMap<u64, Match>,
}

/// Requests of which the answer is remembered.
const ANSWERS_MAX: usize = 1 << 20;

/// A capture that is being read.
pub struct Reader<R> {
    frames: Frames<Input<R>>,
    number: u64,
    survey: Survey,
    /// The whole of the capture was surveyed.
    surveyed: bool,
    exchanges: Exchanges,
    passed: Passed,
    /// A record that follows a loss already reported.
    next: Option<Box<LogRecord>>,
}

impl<R: Read> Reader<R> {
    /// Starts to read.
    ///
    /// # Errors
    /// [`ReadError::NoCapture`] for a file of another kind.
    pub fn new(input: R) -> Result<Self, ReadError> {
        Ok(Self {
            frames: Frames::new(Input::new(input).map_err(ReadError::Io)?)?,
            number: 0,
            survey: Survey::default(),
            surveyed: false,
            exchanges: Exchanges::default(),
            passed: Passed::default(),
            next: None,
        })
    }

    /// Like [`Self::new`], and also knows the families of these specs.
    #[must_use]
    pub fn with_specs(mut self, specs: Specs) -> Self {
        let families = std::mem::take(&mut self.survey.known.families);
        self.survey.known.families = families.with_specs(specs);
        self
    }

    /// Shows keys, and what may be keys, as far as the packets have them.
    #[must_use]
    pub fn with_secrets(mut self, shown: bool) -> Self {
        self.survey.known.show_secrets = shown;
        self
    }

    /// Shows records with what a survey of the same capture found.
    #[must_use]
    pub fn with_survey(self, survey: Survey) -> Self {
        Self { survey, surveyed: true, ..self }
    }

    /// Reads all of the capture to learn from it. Where it is broken, the survey ends: whoever reads
    /// the records meets the same place.
    pub fn survey(mut self) -> Survey {
        while let Ok(Some(next)) = self.frames.next() {
            let Next::Frame(frame) = next else { continue };
            self.number += 1;
            let Ok(datagram) = packet::datagram(&frame) else { continue };
            self.survey.known.learn(&datagram);
            let path = datagram.path();
            let found = self.exchanges.see(self.number, path, &datagram, &|_| String::new());
            if let Some(found) = found
                && self.survey.answers.len() < ANSWERS_MAX
            {
                let known = self.survey.answers.entry(found.request);
                // Of several answers, the one that says how it ended.
                let ends = found.errno.is_some();
                if ends {
                    known.insert_entry(found);
                } else {
                    known.or_insert(found);
                }
            }
        }
        self.survey
    }

    /// What was not shown so far.
    pub fn passed(&self) -> &Passed {
        &self.passed
    }

    /// The next item. `None` at the end.
    ///
    /// # Errors
    /// Says where the file is cut or malformed. Nothing can be read after that.
    pub fn read(&mut self) -> Result<Option<Item>, ReadError> {
        if let Some(record) = self.next.take() {
            return Ok(Some(Item::Record(record)));
        }
        loop {
            let frame = match self.frames.next()? {
                None => return Ok(None),
                Some(Next::Frame(frame)) => frame,
                Some(Next::Other) => {
                    self.passed.others += 1;
                    continue;
                }
                Some(Next::Broken(problem)) => {
                    self.broken(&problem);
                    continue;
                }
            };
            self.number += 1;
            match self.record(&frame) {
                Ok(record) if frame.lost > 0 => {
                    self.next = Some(Box::new(record));
                    return Ok(Some(Item::Lost(frame.lost)));
                }
                Ok(record) => return Ok(Some(Item::Record(Box::new(record)))),
                Err(Without::OtherDevice) => self.passed.others += 1,
                Err(Without::Broken) => {
                    self.broken(&format!("packet {} is no netlink packet", self.number));
                }
            }
        }
    }

    fn broken(&mut self, problem: &str) {
        self.passed.broken += 1;
        let offset = self.frames.offset();
        let said = || format!("{problem}, which ends at byte {offset}");
        self.passed.first_broken.get_or_insert_with(said);
    }

    fn record(&mut self, frame: &Frame) -> Result<LogRecord, Without> {
        if let Some(record) = own(frame, self.survey.known.families.specs()) {
            return Ok(record);
        }
        let datagram = packet::datagram(frame)?;
        if !self.surveyed {
            self.survey.known.learn(&datagram);
        }
        let mut record = LogRecord::foreign(&datagram, &self.survey.known);
        let messages = &record.messages;
        let about = |index: usize| messages.get(index).map(text::describe).unwrap_or_default();
        let found = self.exchanges.see(self.number, record.path, &datagram, &about);
        let found = found.or_else(|| self.survey.answers.remove(&self.number));
        record.answer =
            found.map(|found| LogAnswer::found(datagram.protocol, found, &self.survey.known));
        Ok(record)
    }
}

/// The record of nlmon's own block before the packet.
fn own(frame: &Frame, specs: Specs) -> Option<LogRecord> {
    let bytes = frame.data.get(HEADER_BYTES..)?;
    let record = carried::record(frame.carried.as_deref()?, bytes, specs)?;
    // Another program may have removed a packet between the two.
    let is_whole = record.bytes.saturating_add(HEADER_LEN) == frame.original_len;
    is_whole.then(|| record.with_data(bytes))
}
