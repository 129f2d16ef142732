//! Keeps encoder and file in step, counts what became of each record, and pauses after a failure.
//!
//! Invariant: what the encoder believes of the file is true whenever it encodes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::encoder::{Chunk, Encoder};
use super::rate::Rate;
use super::rotating::Rotating;
use super::{Counts, Gap, Settings};
use crate::live::entry::Entry;
use crate::live::filter::Matcher;
use crate::{events, throttle};

/// Pauses after failures: they double from the first to the longest.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LONGEST: Duration = Duration::from_secs(32);

/// Least time between two looks whether the file was moved or removed.
const LOOK_NS: u64 = 1_000_000_000;

/// Writes records to a file as the settings say.
pub(super) struct Writer {
    pub(super) settings: Settings,
    matcher: Arc<Matcher>,
    encoder: Encoder,
    rate: Rate,
    file: Rotating,
    counts: Arc<Counts>,
    looked_ns: u64,
    /// After a failure: when it is tried again, and how long the pause was.
    pause: Option<(u64, Duration)>,
    /// Records that the failure has cost so far.
    cost: u64,
}

impl Writer {
    pub(super) fn new(settings: Settings, matcher: Arc<Matcher>, counts: Arc<Counts>) -> Self {
        Self {
            matcher,
            encoder: Encoder::new(settings.format, settings.max_bytes),
            rate: Rate::new(settings.rate),
            file: Rotating::new(&settings),
            settings,
            counts,
            looked_ns: 0,
            pause: None,
            cost: 0,
        }
    }

    /// Chooses by another matcher from now on.
    pub(super) fn choose_by(&mut self, matcher: Arc<Matcher>) {
        self.matcher = matcher;
    }

    /// Opens what is at the path now, whether or not a pause is over. May block.
    pub(super) fn reopen(&mut self, now_ns: u64) {
        if self.file.is_open() && !self.file.is_moved() && self.pause.is_none() {
            return;
        }
        self.pause = None;
        self.open(now_ns);
    }

    /// Makes bytes of the records that are wanted. Does not block.
    pub(super) fn encode(&mut self, lost: u64, entries: &[Arc<Entry>], now_ns: u64) -> Vec<Chunk> {
        self.counts.too_slow.fetch_add(lost, Ordering::Relaxed);
        self.encoder.missing(Gap { too_slow: lost, ..Gap::default() });
        let is_paused = self.pause.is_some_and(|(until_ns, _)| now_ns < until_ns);
        let mut chunks = Vec::new();
        for entry in entries {
            if !(self.matcher.is_open() || self.matcher.passes(entry)) {
                continue;
            }
            if is_paused {
                self.failed(1, Gap { failed: 1, ..Gap::default() });
            } else if self.rate.admits(now_ns) {
                self.encoder.add(entry, &mut chunks);
            } else {
                self.counts.over_rate.fetch_add(1, Ordering::Relaxed);
                self.encoder.missing(Gap { over_rate: 1, ..Gap::default() });
            }
        }
        chunks
    }

    /// Looks whether the file is still where it belongs, to be called before records are encoded. May
    /// block.
    pub(super) fn look(&mut self, now_ns: u64) {
        match self.pause {
            Some((until_ns, _)) if now_ns < until_ns => {}
            // What is open is tried once more, unless it is not there any more.
            Some(_) if self.file.is_open() && !self.file.is_moved() => {}
            Some(_) => self.open(now_ns),
            None if now_ns.saturating_sub(self.looked_ns) < LOOK_NS => {}
            None => {
                self.looked_ns = now_ns;
                if !self.file.is_open() || self.file.is_moved() {
                    self.open(now_ns);
                }
            }
        }
    }

    /// Whether [`Self::look`] has something to do.
    pub(super) fn is_look_due(&self, now_ns: u64) -> bool {
        match self.pause {
            Some((until_ns, _)) => now_ns >= until_ns,
            None => now_ns.saturating_sub(self.looked_ns) >= LOOK_NS,
        }
    }

    /// Writes what was encoded. May block.
    pub(super) fn write(&mut self, chunks: &[Chunk], now_ns: u64) {
        let written = self.file.write(chunks);
        self.counts.written.fetch_add(written.records, Ordering::Relaxed);
        match written.error {
            None => self.works(),
            Some(error) => {
                let gap = Gap { failed: written.failed, ..Gap::default() };
                self.encoder.missing(written.unsaid);
                self.failed(written.failed, gap);
                self.broken(&error, now_ns);
            }
        }
    }

    /// Says at the end of the file what is missing behind the last record. May block.
    pub(super) fn finish(&mut self) {
        let words = self.encoder.last_words();
        if let Err(error) = self.file.write_words(&words) {
            tracing::warn!("{}: {error}", self.settings.path.display());
        }
    }

    fn open(&mut self, now_ns: u64) {
        match self.file.open(self.settings.format) {
            Ok(()) => {
                self.encoder.go_on_at(self.file.len());
                self.works();
            }
            Err(error) => self.broken(&error, now_ns),
        }
    }

    fn works(&mut self) {
        self.counts.is_writable.store(true, Ordering::Relaxed);
        if self.pause.take().is_some() {
            let (path, cost) = (self.settings.path.display(), self.cost);
            tracing::info!(
                message_id = events::FILE_AGAIN,
                nlmon_path = %path,
                "records are written to {path} again; {cost} were not"
            );
        }
        self.cost = 0;
    }

    fn failed(&mut self, records: u64, gap: Gap) {
        self.counts.failed.fetch_add(records, Ordering::Relaxed);
        self.cost += records;
        self.encoder.missing(gap);
    }

    fn broken(&mut self, error: &io::Error, now_ns: u64) {
        // What the encoder took for written is not.
        self.encoder.go_on_at(self.file.len());
        self.counts.is_writable.store(false, Ordering::Relaxed);
        let pause = self.pause.map_or(PAUSE_FIRST, |(_, last)| (2 * last).min(PAUSE_LONGEST));
        let pause_ns = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.pause = Some((now_ns.saturating_add(pause_ns), pause));
        let path = &self.settings.path;
        let line = format_args!(
            "records cannot be written to {}: {error}; trying again in {} s",
            path.display(),
            pause.as_secs()
        );
        throttle::FILE.warn_at(path, line);
    }
}
