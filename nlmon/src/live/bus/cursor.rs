//! A client's place in the ring: what it reads, and how far back it begins.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;
use tokio::task::JoinError;

use super::Bus;
use crate::live::entry::Entry;
use crate::live::history::History;

/// Records handed to a client at a time: enough to make waking it worthwhile, few enough to keep
/// the ring's lock short.
const BATCH_MAX: usize = 64;

/// How many records of the history are decoded at a time.
const PIECE: usize = 64;

/// How many times of records are compared under one hold of the ring's lock.
const TIMES_PIECE: usize = 1024;

/// What a client gets at a time: first that some were lost, then what came after.
#[derive(Debug, Default)]
pub struct Batch {
    /// Records that the client was too slow for.
    pub lost: u64,
    /// Records, oldest first.
    pub entries: Vec<Arc<Entry>>,
}

impl Batch {
    /// Whether there are so many records that the client has to be catching up.
    pub fn is_many(&self) -> bool {
        is_many(&self.entries)
    }
}

fn is_many(entries: &[Arc<Entry>]) -> bool {
    entries.len() == BATCH_MAX
}

/// A client's position in the ring.
#[derive(Debug)]
pub struct Cursor {
    pub(super) bus: Arc<Bus>,
    pub(super) next: u64,
    /// The first record that counts if it is lost. History may be overwritten before it is read.
    pub(super) owed: u64,
    pub(super) published: watch::Receiver<u64>,
    pub(super) is_client: bool,
}

impl Cursor {
    /// Goes back to where `history` begins among the records that `wants` lets pass. For that it
    /// decodes records off the async threads, in pieces, the newest first. It stops when it has
    /// found the beginning.
    ///
    /// # Errors
    /// Decoding panicked.
    pub async fn with(
        mut self,
        history: History,
        now_ns: u64,
        wants: impl Fn(&Entry) -> bool + Send + Sync + 'static,
    ) -> Result<Self, JoinError> {
        if history.is_wanted() {
            let by_time = history.oldest_ns(now_ns).map_or(0, |oldest| self.first_since(oldest));
            let by_count = match history.last {
                Some(last) => self.last_wanted(last, by_time, Arc::new(wants)).await?,
                None => 0,
            };
            self.next = self.next.min(by_time.max(by_count));
        }
        Ok(self)
    }

    /// The first record that is not older. They come out a little out of order: everything behind
    /// it counts.
    fn first_since(&self, oldest_ns: u64) -> u64 {
        let mut number = 0;
        loop {
            let ring = self.bus.ring();
            number = number.max(ring.first());
            let piece = ring.from(number).take(TIMES_PIECE).take_while(|e| e.time_ns() < oldest_ns);
            let older = piece.count();
            drop(ring);
            number += older as u64;
            if older < TIMES_PIECE {
                return number;
            }
        }
    }

    /// The record from which on `last` are wanted, of those from `floor` on.
    async fn last_wanted<W>(&self, last: u64, floor: u64, wants: Arc<W>) -> Result<u64, JoinError>
    where
        W: Fn(&Entry) -> bool + Send + Sync + 'static,
    {
        let (mut number, mut missing) = (self.next, last);
        while missing > 0 {
            let (first, piece) = self.piece_before(number, floor);
            if piece.is_empty() {
                return Ok(first);
            }
            let wants = Arc::clone(&wants);
            let find = move || find_last(&piece, missing, &*wants);
            let (found, index) = self.bus.off_workers(find).await?;
            (number, missing) = (first + index as u64, missing - found);
        }
        Ok(number)
    }

    /// The latest records before that one, and the number of the first of them.
    fn piece_before(&self, number: u64, floor: u64) -> (u64, Vec<Arc<Entry>>) {
        let ring = self.bus.ring();
        let first = number.saturating_sub(PIECE as u64).max(floor).max(ring.first());
        let len = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        (first, ring.from(first).take(len).cloned().collect())
    }

    /// Whether it has read all that is published.
    pub fn is_up_to_date(&self) -> bool {
        self.next >= *self.published.borrow()
    }

    /// Waits for records and takes them. Losing the race against the ring is no error. Cancel
    /// safe: nothing is taken before it returns.
    pub async fn read(&mut self) -> Batch {
        loop {
            self.published.mark_unchanged();
            let batch = self.take();
            if batch.lost > 0 || !batch.entries.is_empty() {
                return batch;
            }
            // The sender is in the bus, which this holds: it cannot be gone.
            if self.published.changed().await.is_err() {
                return batch;
            }
        }
    }

    /// Those of a batch that `wants` lets pass. Decodes them off the async threads, if there are so
    /// many that the client has to be catching up.
    ///
    /// # Errors
    /// Decoding panicked.
    pub async fn choose(
        &self,
        mut entries: Vec<Arc<Entry>>,
        wants: impl Fn(&Entry) -> bool + Send + 'static,
    ) -> Result<Vec<Arc<Entry>>, JoinError> {
        let is_many = is_many(&entries);
        let choose = move || {
            entries.retain(|entry| wants(entry));
            entries
        };
        self.work(is_many, choose).await
    }

    /// Does work on records, off the async threads if they are many.
    ///
    /// # Errors
    /// It panicked.
    pub async fn work<T: Send + 'static>(
        &self,
        is_many: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        if is_many { self.bus.off_workers(work).await } else { Ok(work()) }
    }

    pub(super) fn take(&mut self) -> Batch {
        let ring = self.bus.ring();
        let from = self.next.max(ring.first());
        let lost = from.saturating_sub(self.next.max(self.owed));
        let entries: Vec<_> = ring.from(from).take(BATCH_MAX).cloned().collect();
        drop(ring);
        self.next = from + entries.len() as u64;
        if lost > 0 || !entries.is_empty() {
            self.owed = 0;
        }
        if self.is_client {
            self.bus.dropped.fetch_add(lost, Ordering::Relaxed);
        } else {
            self.bus.reader.store(self.next, Ordering::Relaxed);
        }
        Batch { lost, entries }
    }
}

/// How many of `piece` are wanted, from its end, up to `most`; and the index of the first of them,
/// or 0 if there are fewer.
fn find_last(piece: &[Arc<Entry>], most: u64, wants: &dyn Fn(&Entry) -> bool) -> (u64, usize) {
    let mut found = 0;
    for (index, entry) in piece.iter().enumerate().rev() {
        found += u64::from(wants(entry));
        if found == most {
            return (found, index);
        }
    }
    (found, 0)
}

impl Drop for Cursor {
    /// The last client takes the ring's memory with it, but for the history.
    fn drop(&mut self) {
        if !self.is_client {
            self.bus.reader.store(super::NO_READER, Ordering::Relaxed);
            return;
        }
        if self.bus.clients.fetch_sub(1, Ordering::Relaxed) == 1 {
            let mut ring = self.bus.ring();
            self.bus.trim(&mut ring);
            ring.entries.shrink_to_fit();
        }
    }
}
