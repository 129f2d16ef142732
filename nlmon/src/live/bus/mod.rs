//! Hands each record to every client of the live log. All clients share one ring of the latest
//! records, and each has a cursor in it. So memory is bounded for any number of clients, however
//! slow they are. The ring is also the history: a client that wants history begins with an earlier
//! cursor. It gets each record once, whatever is published meanwhile.
//!
//! Invariant: publishing never waits for a client. A client that the ring has overtaken loses
//! those records, learns how many, and they are counted in [`Bus::dropped`].

mod cursor;
mod ring;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinError;

pub use cursor::{Batch, Cursor};
pub use ring::{Extent, Limits};

use super::entry::Entry;
use nlmon_core::decode::specs::Specs;
use ring::Ring;

/// The place of a reader that is not there: nothing is kept for it.
const NO_READER: u64 = u64::MAX;

/// What the ring has.
#[derive(Debug)]
pub(super) struct Kept {
    /// Records, in the order in which they came.
    pub(super) entries: Vec<Arc<Entry>>,
    /// There were others before.
    pub(super) is_cut: bool,
    /// The number of the next record.
    pub(super) next: u64,
}

/// The fan-out.
#[derive(Debug)]
pub struct Bus {
    /// What it may use, and what names records: both may change.
    settings: RwLock<(Limits, Specs)>,
    /// Whether probes see what is published.
    probes: AtomicBool,
    sample_every: AtomicU32,
    ring: Mutex<Ring>,
    /// The ring's `next`; what clients sleep on.
    published: watch::Sender<u64>,
    clients: AtomicUsize,
    /// The next record of the reader that is no client; `NO_READER` without one.
    reader: AtomicU64,
    dropped: AtomicU64,
    /// Turns of decoding for clients that catch up.
    decoding: Arc<Semaphore>,
}

impl Bus {
    /// A bus without clients.
    pub fn new(limits: Limits) -> Arc<Self> {
        Self::with_specs(limits, Specs::default())
    }

    /// A bus that also names records by these specs.
    pub fn with_specs(limits: Limits, specs: Specs) -> Arc<Self> {
        Arc::new(Self {
            settings: RwLock::new((limits, specs)),
            probes: AtomicBool::new(true),
            sample_every: AtomicU32::new(1),
            ring: Mutex::default(),
            published: watch::Sender::new(0),
            clients: AtomicUsize::new(0),
            reader: AtomicU64::new(NO_READER),
            dropped: AtomicU64::new(0),
            decoding: Arc::new(Semaphore::new(1)),
        })
    }

    /// What its records are named by, besides the tables.
    pub fn specs(&self) -> Specs {
        self.settings().1
    }

    /// From now on it may use that much, and names records by these specs. Records of the ring that
    /// have no room any more are dropped; clients stay.
    pub fn change(&self, limits: Limits, specs: Specs) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = (limits, specs);
        let mut ring = self.ring();
        self.trim(&mut ring);
        ring.entries.shrink_to_fit();
    }

    fn settings(&self) -> (Limits, Specs) {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether probes see what is published: else no record has a sender.
    pub fn has_probes(&self) -> bool {
        self.probes.load(Ordering::Relaxed)
    }

    /// There are no probes.
    pub fn without_probes(&self) {
        self.probes.store(false, Ordering::Relaxed);
    }

    /// One outermost call in so many is sampled, 0 for none: of the others there is no record.
    pub fn sample_every(&self) -> u32 {
        self.sample_every.load(Ordering::Relaxed)
    }

    /// From now on one in so many is.
    pub fn set_sample_every(&self, every: u32) {
        self.sample_every.store(every, Ordering::Relaxed);
    }

    /// What it may use.
    pub fn limits(&self) -> Limits {
        self.settings().0
    }

    /// Whether records are wanted, by a client or for the history: if not, none need to be made.
    pub fn wants_records(&self) -> bool {
        self.clients() > 0 || self.has_reader() || self.keeps_history()
    }

    fn has_reader(&self) -> bool {
        self.reader.load(Ordering::Relaxed) != NO_READER
    }

    /// Whether there is anything for clients to come.
    pub fn keeps_history(&self) -> bool {
        !self.limits().history.is_none()
    }

    /// How many listen.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Memory that the ring takes, by estimate.
    pub fn bytes(&self) -> usize {
        self.ring().bytes
    }

    /// Records lost to slow clients, summed over all clients.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Gives a record to every client, and to the history. Where it is not wanted, `entry` is not
    /// called.
    pub fn publish(&self, entry: impl FnOnce() -> Entry) {
        if !self.wants_records() {
            return;
        }
        self.publish_all([entry()]);
    }

    /// Gives records to every client, and to the history: under one hold of the lock, and with one
    /// call for all who sleep.
    pub fn publish_all(&self, entries: impl IntoIterator<Item = Entry>) {
        let next = {
            let mut ring = self.ring();
            for entry in entries {
                ring.push(entry);
                self.trim(&mut ring);
            }
            ring.next
        };
        self.published.send_replace(next);
    }

    fn trim(&self, ring: &mut Ring) {
        let Limits { queue, history, .. } = self.limits();
        // Without clients, only what the reader has not read yet is kept for a queue.
        let floor = if self.clients() > 0 { 0 } else { self.reader.load(Ordering::Relaxed) };
        ring.trim(history, queue, floor);
    }

    /// Adds a reader that is no client, and of which there is one at most: the ring is as large as
    /// a client's queue only while that one has fallen behind.
    pub fn read(self: &Arc<Self>) -> Cursor {
        let published = self.published.subscribe();
        let next = self.ring().next;
        self.reader.store(next, Ordering::Relaxed);
        Cursor { bus: Arc::clone(self), next, owed: next, published, is_client: false }
    }

    /// Adds a client, which gets the records published from now on. The servers limit the number of
    /// clients.
    pub fn subscribe(self: &Arc<Self>) -> Cursor {
        self.clients.fetch_add(1, Ordering::Relaxed);
        let published = self.published.subscribe();
        let next = self.ring().next;
        Cursor { bus: Arc::clone(self), next, owed: next, published, is_client: true }
    }

    /// Does work on a piece of the past off the async threads, one at a time and in the order in
    /// which it is asked for. A client that leaves meanwhile leaves its turn with the work.
    pub(crate) async fn off_workers<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // It is never closed.
        let turn = Arc::clone(&self.decoding).acquire_owned().await.ok();
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await
    }

    /// All that the ring has at this moment.
    pub(super) fn kept(&self) -> Kept {
        self.since(0)
    }

    /// Those of them from that number on.
    pub(super) fn since(&self, number: u64) -> Kept {
        let ring = self.ring();
        let is_cut = ring.first() > number;
        Kept { entries: ring.from(number).cloned().collect(), is_cut, next: ring.next }
    }

    /// A panic elsewhere while the lock was held leaves a ring that is still a ring.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
