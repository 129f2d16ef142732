//! Hands each record to every client of the live log. All clients share one ring of the latest
//! records, and each has a cursor in it. So memory is bounded for any number of clients, however
//! slow they are. The ring is also the history: a client that wants history begins with an earlier
//! cursor. It gets each record once, whatever is published meanwhile.
//!
//! Invariant: publishing never waits for a client. A client that the ring has overtaken loses
//! those records, learns how many, and they are counted in [`Bus::dropped`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinError;

use super::entry::Entry;
use super::history::History;
use nlmon_core::decode::specs::Specs;

/// Records handed to a client at a time: enough to make waking it worthwhile, few enough to keep
/// the ring's lock short.
const BATCH_MAX: usize = 64;

/// How many records of the history are decoded at a time.
const PIECE: usize = 64;

/// How many times of records are compared under one hold of the ring's lock.
const TIMES_PIECE: usize = 1024;

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

    fn is_none(self) -> bool {
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

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// Number of the record that the next one published gets.
    next: u64,
}

impl Ring {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.entries.push_back(Arc::new(entry));
        self.next += 1;
    }

    /// Drops the oldest records until the rest fits one of these extents.
    fn trim(&mut self, extents: [Extent; 2]) {
        while !extents.iter().any(|extent| extent.holds(self.entries.len(), self.bytes)) {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    fn first(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    /// The records from that one on.
    fn from(&self, number: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let skip = number.saturating_sub(self.first());
        self.entries.range(usize::try_from(skip).unwrap_or(usize::MAX).min(self.entries.len())..)
    }
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
        self.clients() > 0 || self.keeps_history()
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
        let queue = if self.clients() > 0 { queue } else { Extent::NONE };
        ring.trim([history, queue]);
    }

    /// Adds a client, which gets the records published from now on. The servers limit the number of
    /// clients.
    pub fn subscribe(self: &Arc<Self>) -> Cursor {
        self.clients.fetch_add(1, Ordering::Relaxed);
        let published = self.published.subscribe();
        let next = self.ring().next;
        Cursor { bus: Arc::clone(self), next, owed: next, published }
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

    /// A panic elsewhere while the lock was held leaves a ring that is still a ring.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
    bus: Arc<Bus>,
    next: u64,
    /// The first record that counts if it is lost. History may be overwritten before it is read.
    owed: u64,
    published: watch::Receiver<u64>,
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

    fn take(&mut self) -> Batch {
        let ring = self.bus.ring();
        let from = self.next.max(ring.first());
        let lost = from.saturating_sub(self.next.max(self.owed));
        let entries: Vec<_> = ring.from(from).take(BATCH_MAX).cloned().collect();
        drop(ring);
        self.next = from + entries.len() as u64;
        if lost > 0 || !entries.is_empty() {
            self.owed = 0;
        }
        self.bus.dropped.fetch_add(lost, Ordering::Relaxed);
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
        if self.bus.clients.fetch_sub(1, Ordering::Relaxed) == 1 {
            let mut ring = self.bus.ring();
            self.bus.trim(&mut ring);
            ring.entries.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::{Clock, LogRecord, View};
    use crate::live::sample;

    fn record(number: u64) -> LogRecord {
        let mut record = LogRecord::new(&sample::multicast(), &View::new(Clock::new(0)));
        record.time_ns = number;
        record
    }

    /// A bus without history.
    fn bus(queue: Extent) -> Arc<Bus> {
        Bus::new(Limits { clients: 2, queue, history: Extent::NONE })
    }

    /// A bus that keeps that many records for clients to come.
    fn with_history(records: usize) -> Arc<Bus> {
        let history = Extent { records, ..Limits::default().history };
        Bus::new(Limits { history, ..Limits::default() })
    }

    /// What a client gets that begins there and is sent what is there.
    async fn history(bus: &Arc<Bus>, history: History, wants: fn(u64) -> bool) -> Vec<u64> {
        let subscription = bus.subscribe();
        let wanted = move |entry: &Entry| wants(entry.record().time_ns);
        let mut subscription = subscription.with(history, 1000, wanted).await.unwrap();
        let (lost, mut numbers) = drain(&mut subscription);
        assert_eq!(lost, 0);
        numbers.retain(|number| wants(*number));
        numbers
    }

    /// What is there for a client, without waiting for more.
    fn drain(subscription: &mut Cursor) -> (u64, Vec<u64>) {
        let (mut lost, mut numbers) = (0, Vec::new());
        loop {
            let batch = subscription.take();
            lost += batch.lost;
            if batch.entries.is_empty() {
                return (lost, numbers);
            }
            numbers.extend(batch.entries.iter().map(|entry| entry.record().time_ns));
        }
    }

    #[test]
    fn without_a_client_no_record_is_made() {
        let bus = bus(Limits::default().queue);
        bus.publish(|| panic!("nobody listens"));
        let subscription = bus.subscribe();
        assert!(bus.wants_records());
        drop(subscription);
        bus.publish(|| panic!("nobody listens any more"));
    }

    #[test]
    fn every_client_gets_every_record_from_when_it_came() {
        let bus = bus(Limits::default().queue);
        let mut early = bus.subscribe();
        bus.publish(|| record(1).into());
        let mut late = bus.subscribe();
        (2..200).for_each(|number| bus.publish(|| record(number).into()));
        assert_eq!(drain(&mut early), (0, (1..200).collect()));
        assert_eq!(drain(&mut late), (0, (2..200).collect()));
        assert_eq!(bus.dropped(), 0);
    }

    #[test]
    fn a_slow_client_is_told_what_it_lost_and_no_other_loses() {
        let bus = bus(Extent { records: 10, ..Limits::default().queue });
        let (mut slow, mut fast) = (bus.subscribe(), bus.subscribe());
        for number in 0..25 {
            bus.publish(|| record(number).into());
            assert_eq!(drain(&mut fast), (0, vec![number]));
        }
        assert_eq!(drain(&mut slow), (15, (15..25).collect()));
        assert_eq!(bus.dropped(), 15);
        assert_eq!(drain(&mut slow), (0, vec![]));
    }

    #[test]
    fn memory_is_bounded_by_bytes_too() {
        let bus = bus(Extent { bytes: 8192, ..Limits::default().queue });
        let _client = bus.subscribe();
        (0..1000).for_each(|number| bus.publish(|| record(number).into()));
        let ring = bus.ring();
        assert!(ring.bytes <= 8192 && !ring.entries.is_empty());
        let real = ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>();
        assert_eq!(ring.bytes, real);
    }

    #[test]
    fn the_last_client_frees_the_ring() {
        let bus = bus(Limits::default().queue);
        let (one, two) = (bus.subscribe(), bus.subscribe());
        bus.publish(|| record(1).into());
        drop(one);
        assert_eq!(bus.ring().entries.len(), 1);
        drop(two);
        let ring = bus.ring();
        assert_eq!((bus.clients(), ring.entries.len(), ring.bytes), (0, 0, 0));
    }

    #[tokio::test]
    async fn history_is_kept_without_clients_and_bounded() {
        let bus = with_history(100);
        (0..150).for_each(|number| bus.publish(|| record(number).into()));
        let all = History { last: Some(u64::MAX), since_ns: None };
        assert_eq!(history(&bus, all, |_| true).await, (50..150).collect::<Vec<_>>());
        let entry = bus.ring().entries[0].bytes();
        let few = Extent { records: usize::MAX, bytes: 10 * entry };
        let bus = Bus::new(Limits { history: few, ..Limits::default() });
        (0..150).for_each(|number| bus.publish(|| record(number).into()));
        let ring = bus.ring();
        assert_eq!((ring.entries.len(), ring.bytes), (10, 10 * entry));
    }

    #[tokio::test]
    async fn a_client_begins_as_far_back_as_it_wants() {
        let bus = with_history(100);
        (900..1000).for_each(|number| bus.publish(|| record(number).into()));
        let even = |number| number % 2 == 0;
        let begin = async |last, since_ns| history(&bus, History { last, since_ns }, even).await;
        assert!(begin(None, None).await.is_empty());
        assert!(begin(Some(0), None).await.is_empty());
        assert_eq!(begin(Some(3), None).await, [994, 996, 998]);
        assert_eq!(begin(None, Some(5)).await, [996, 998]);
        assert!(begin(None, Some(0)).await.is_empty());
        assert_eq!(begin(Some(1), Some(5)).await, [998]);
        assert_eq!(begin(Some(9), Some(5)).await, [996, 998]);
    }

    #[tokio::test]
    async fn history_that_goes_before_it_is_read_is_no_loss_and_what_comes_later_is() {
        let bus = Bus::new(Limits {
            clients: 1,
            queue: Extent { records: 10, bytes: usize::MAX },
            history: Extent { records: 10, bytes: usize::MAX },
        });
        let publish = |numbers: std::ops::Range<u64>| {
            numbers.for_each(|number| bus.publish(|| record(number).into()));
        };
        publish(0..10);
        let all = History { last: Some(10), since_ns: None };
        let mut client = bus.subscribe().with(all, 0, |_| true).await.unwrap();
        publish(10..15);
        assert_eq!(drain(&mut client), (0, (5..15).collect()));
        drop(client);
        let mut client = bus.subscribe().with(all, 0, |_| true).await.unwrap();
        publish(15..28);
        assert_eq!(drain(&mut client), (3, (18..28).collect()));
        assert_eq!(bus.dropped(), 3);
    }

    #[test]
    fn the_last_client_leaves_the_history() {
        let bus = with_history(5);
        let client = bus.subscribe();
        (0..50).for_each(|number| bus.publish(|| record(number).into()));
        assert_eq!(bus.ring().entries.len(), 50);
        drop(client);
        let ring = bus.ring();
        assert_eq!(ring.entries.len(), 5);
        assert_eq!(ring.bytes, ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>());
    }

    /// Records that count how many of them were decoded.
    fn counted(bus: &Arc<Bus>, numbers: std::ops::Range<u64>) -> Arc<AtomicUsize> {
        let count = Arc::new(AtomicUsize::new(0));
        for number in numbers {
            let counter = Arc::clone(&count);
            let make = move || {
                counter.fetch_add(1, Ordering::Relaxed);
                record(number)
            };
            bus.publish(|| Entry::later(number, 100, make));
        }
        count
    }

    #[tokio::test]
    async fn no_more_is_decoded_than_it_takes() {
        let bus = with_history(2000);
        let made = counted(&bus, 0..2000);
        let begin = async |last, since_ns| {
            let wanted = |entry: &Entry| entry.record().time_ns.is_multiple_of(2);
            let subscription = bus.subscribe();
            let history = History { last, since_ns };
            subscription.with(history, 2000, wanted).await.unwrap().next
        };
        assert_eq!(begin(Some(3), None).await, 1994);
        assert_eq!(made.load(Ordering::Relaxed), 6);
        assert_eq!(begin(None, Some(1900)).await, 100);
        assert_eq!(made.load(Ordering::Relaxed), 6);
        assert_eq!(begin(Some(500), Some(200)).await, 1800);
        assert_eq!(made.load(Ordering::Relaxed), 200);
    }

    #[tokio::test]
    async fn a_search_delays_neither_others_nor_the_publisher() {
        let (found, is_found) = std::sync::mpsc::channel();
        let is_found = Mutex::new(is_found);
        let bus = with_history(40_000);
        let slow = move || {
            // Until another client has been served: this test has one async thread.
            is_found.lock().unwrap().recv().unwrap();
            record(0)
        };
        bus.publish(|| Entry::later(0, 100, slow));
        let made = counted(&bus, 1..32_768);
        let nothing = History { last: Some(1), since_ns: None };
        let none = |entry: &Entry| entry.record().time_ns == u64::MAX;
        let search = tokio::spawn(bus.subscribe().with(nothing, 0, none));
        tokio::task::yield_now().await;
        let mut other = bus.subscribe();
        bus.publish(|| record(40_000).into());
        assert_eq!(other.read().await.entries[0].time_ns(), 40_000);
        found.send(()).unwrap();
        let searched = search.await.unwrap().unwrap();
        assert_eq!((searched.next, made.load(Ordering::Relaxed)), (0, 32_767));
    }
}
