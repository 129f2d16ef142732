//! Records to a file: a client of the log like every other, that writes what it gets. `encoder` makes
//! bytes of records and says where a new file begins, `rotating` is the file on the disk, `writer`
//! keeps the two in step and counts, and `task` reads the log. Whatever the disk does, nobody but
//! this task waits for it.
//!
//! Invariant: each record that the filter lets pass has one outcome in [`Counts`]. A file holds whole
//! records at any time, and says in its place what it lacks.

mod encoder;
mod rate;
mod rotating;
mod task;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

pub use task::{FileControl, RecordsFile, Wanted};

use super::filter::Filter;

/// What a file is to hold, and how it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The file; older ones have a number behind this name.
    pub path: PathBuf,
    /// Most bytes of one file. A record that is longer has a file of its own.
    pub max_bytes: u64,
    /// How many older files are kept.
    pub keep: u32,
    /// Permissions of a file that is made.
    pub mode: u32,
    /// What it is written as.
    pub format: Format,
    /// Which records.
    pub filter: Filter,
    /// Most records a second; 0 for no limit.
    pub rate: u32,
}

/// What records are written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A line of JSON each, as `nlmon tail --output json` has it.
    #[default]
    Json,
    /// A capture, as `nlmon record` makes it.
    Pcapng,
}

/// What became of records, since the start.
#[derive(Debug, Default)]
pub struct Counts {
    written: AtomicU64,
    over_rate: AtomicU64,
    too_slow: AtomicU64,
    failed: AtomicU64,
    is_on: AtomicBool,
    is_writable: AtomicBool,
}

impl Counts {
    /// How many of each outcome; `None` without a file.
    pub fn outcomes(&self) -> Option<[(&'static str, u64); 4]> {
        self.is_on.load(Ordering::Relaxed).then(|| {
            [
                ("written", &self.written),
                ("over_rate", &self.over_rate),
                ("too_slow", &self.too_slow),
                ("failed", &self.failed),
            ]
            .map(|(outcome, count)| (outcome, count.load(Ordering::Relaxed)))
        })
    }

    /// Whether the last attempt to write went well; `None` without a file.
    pub fn is_writable(&self) -> Option<bool> {
        self.is_on.load(Ordering::Relaxed).then(|| self.is_writable.load(Ordering::Relaxed))
    }
}

/// Records that a file lacks, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gap {
    /// The ring overtook this client. Counted before the filter, which never saw them.
    too_slow: u64,
    /// More came than the rate lets pass.
    over_rate: u64,
    /// They could not be written.
    failed: u64,
}

impl Gap {
    fn is_none(self) -> bool {
        self == Self::default()
    }

    fn total(self) -> u64 {
        self.too_slow.saturating_add(self.over_rate).saturating_add(self.failed)
    }

    fn add(&mut self, other: Self) {
        self.too_slow = self.too_slow.saturating_add(other.too_slow);
        self.over_rate = self.over_rate.saturating_add(other.over_rate);
        self.failed = self.failed.saturating_add(other.failed);
    }
}
