//! The newest records in so many files of a size, each a whole capture. The oldest file is removed
//! before a new one is begun.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;

use super::names::{RingSize, numbered};
use super::output::{Output, failed};
use super::{Recorder, Tally};
use crate::commands::Failure;
use crate::live::json::LogRecord;

pub(super) struct Ring {
    /// What names are made of.
    file: PathBuf,
    size: RingSize,
    force: bool,
    /// Files that are full, the oldest first.
    full: VecDeque<PathBuf>,
    /// Files begun.
    begun: u64,
    output: Output,
    /// Missing before the next record.
    lost: u64,
    tally: Tally,
}

impl Ring {
    pub(super) fn new(file: PathBuf, size: RingSize, force: bool) -> Result<Self, Failure> {
        let output = Output::create(&numbered(&file, 1, Timestamp::now()), force)?;
        let (full, tally) = Default::default();
        Ok(Self { file, size, force, full, begun: 1, output, lost: 0, tally })
    }

    fn next_file(&mut self) -> Result<(), Failure> {
        self.output.finish()?;
        self.full.push_back(self.output.path.clone());
        while self.full.len() >= self.size.files
            && let Some(oldest) = self.full.pop_front()
        {
            fs::remove_file(&oldest).map_err(|error| failed(&oldest, error))?;
        }
        self.begun += 1;
        let path = numbered(&self.file, self.begun, Timestamp::now());
        self.output = Output::create(&path, self.force)?;
        Ok(())
    }
}

impl Recorder for Ring {
    fn lost(&mut self, records: u64) {
        self.lost += records;
        self.tally.lost += records;
    }

    fn record(&mut self, record: &LogRecord, _line: String) -> Result<(), Failure> {
        self.output.lost(self.lost);
        if !self.output.write_within(record, self.size.bytes)? {
            self.next_file()?;
            self.output.lost(self.lost);
            self.output.write(record)?;
        }
        self.lost = 0;
        self.tally.records += 1;
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.output.flush()
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.output.finish()
    }

    fn done(&self) -> u64 {
        self.tally.records
    }

    fn summary(&self) -> String {
        let (kept, begun) = (self.full.len() as u64 + 1, self.begun);
        let removed = match begun - kept {
            0 => String::new(),
            removed => format!(", {removed} older ones are removed"),
        };
        format!("{} in {kept} files, the last {}{removed}", self.tally, self.output.path.display())
    }
}
