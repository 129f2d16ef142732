//! The ring of the latest records, and how much of it is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::live::entry::Entry;

/// What the bus may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most clients of the socket at a time.
    pub clients: usize,
    /// The size of the ring while there are clients: how far they may fall behind.
    pub queue: Extent,
    /// The size of the ring at any time: the history for later clients.
    pub history: Extent,
}

/// How much of the ring is kept: no more of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Records.
    pub records: usize,
    /// Memory in bytes, by estimate.
    pub bytes: usize,
}

impl Extent {
    /// Nothing.
    pub const NONE: Self = Self { records: 0, bytes: 0 };

    fn holds(self, records: usize, bytes: usize) -> bool {
        records <= self.records && bytes <= self.bytes
    }

    pub(super) fn is_none(self) -> bool {
        self.records == 0 || self.bytes == 0
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 64,
            queue: Extent { records: 32_768, bytes: 64 << 20 },
            history: Extent { records: 4096, bytes: 8 << 20 },
        }
    }
}

/// The latest records, in order.
#[derive(Debug, Default)]
pub(super) struct Ring {
    pub(super) entries: VecDeque<Arc<Entry>>,
    pub(super) bytes: usize,
    /// Number of the record that the next one published gets.
    pub(super) next: u64,
}

impl Ring {
    pub(super) fn push(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.entries.push_back(Arc::new(entry));
        self.next += 1;
    }

    /// Drops the oldest records until the rest fits the history, or fits the queue and begins with a
    /// record that is still to be read: one from `unread` on.
    pub(super) fn trim(&mut self, history: Extent, queue: Extent, unread: u64) {
        loop {
            let (records, bytes) = (self.entries.len(), self.bytes);
            let is_queued = self.first() >= unread && queue.holds(records, bytes);
            if is_queued || history.holds(records, bytes) {
                return;
            }
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.bytes();
        }
    }

    pub(super) fn first(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    /// The records from that one on.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let skip = number.saturating_sub(self.first());
        self.entries.range(usize::try_from(skip).unwrap_or(usize::MAX).min(self.entries.len())..)
    }
}
