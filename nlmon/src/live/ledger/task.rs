//! The task that feeds the ledger: what the log has, in the log's order, and the lists of what is
//! there. Decoding of many records, and of lists, is done beside the workers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::KeptLedger;
use super::notice::{Before, Told};
use crate::live::bus::{Batch, Bus, Cursor};
use crate::live::entry::Entry;
use crate::live::json::Clock;
use crate::shutdown;
use crate::subscribe::{Listing, Lists, monotonic_ns, realtime_offset_ns};
use nlmon_core::decode::bodies;
use nlmon_core::ledger::{Limits, List, Why, told_by};

/// How long after a list the log may still bring what was told before its end: the join holds records
/// for 0.1 s. What came with a cause must not be found by a list first.
const SETTLE: Duration = Duration::from_millis(400);
/// How long a list waits for a log that does not come to rest.
const SETTLE_MAX: Duration = Duration::from_secs(3);

/// Records that are remembered for a namespace of which the first list is still to come.
const RECENT_MAX: usize = 4096;
const RECENT_NS: u64 = 5_000_000_000;

/// The task, before it runs. Clones are made for each time that it is started again.
#[derive(Clone, Debug)]
pub struct LedgerTask {
    bus: Arc<Bus>,
    kept: Arc<KeptLedger>,
    lists: Lists,
    listings: Arc<Mutex<mpsc::Receiver<Listing>>>,
}

/// What a run has of its own, which goes from thread to thread with the work.
#[derive(Debug)]
struct Work {
    kept: Arc<KeptLedger>,
    before: Before,
    recent: VecDeque<Arc<Entry>>,
}

/// A list that waits for the log to come as far.
type Pending = VecDeque<(Instant, Listing)>;

impl LedgerTask {
    /// A task with a ledger of this size, and where lists come from.
    pub fn new(
        bus: &Arc<Bus>,
        limits: Limits,
        (lists, listings): (Lists, mpsc::Receiver<Listing>),
    ) -> Self {
        let listings = Arc::new(Mutex::new(listings));
        Self { bus: Arc::clone(bus), kept: KeptLedger::new(limits), lists, listings }
    }

    /// The ledger.
    pub fn kept(&self) -> Arc<KeptLedger> {
        Arc::clone(&self.kept)
    }

    /// A place in the log, for a first run that is to lack nothing that comes before it begins.
    pub fn cursor(&self) -> Cursor {
        self.bus.read()
    }

    /// Feeds the ledger until the end of the daemon; of the first run, from `first` on.
    ///
    /// # Errors
    /// Something panicked.
    pub async fn run(
        self,
        first: Option<Cursor>,
        mut shutdown: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let is_again = first.is_none();
        let mut cursor = first.unwrap_or_else(|| self.bus.read());
        let mut listings = self.listings.lock().await;
        let mut work = Work {
            kept: Arc::clone(&self.kept),
            before: Before::default(),
            recent: VecDeque::new(),
        };
        if is_again {
            self.kept.lock().lost(None, 0, &Why::Behind);
        }
        let mut pending = Pending::new();
        loop {
            let due = pending.front().map(|(at, _)| *at);
            let (returned, missed) = tokio::select! {
                () = shutdown::requested(&mut shutdown) => return Ok(()),
                batch = cursor.read() => self.take(work, batch).await?,
                listing = listings.recv() => match listing {
                    Some(listing) => (self.learn(work, listing, &mut pending).await?, 0),
                    // Nobody lists any more: the daemon ends.
                    None => return Ok(()),
                },
                () = at(due) => {
                    let (at, listing) = pending.pop_front().context("nothing is due")?;
                    if cursor.is_up_to_date() || at.elapsed() > SETTLE_MAX {
                        (blocking(work, |work| work.list(listing)).await?, 0)
                    } else {
                        pending.push_front((at, listing));
                        // What it waits for is read first.
                        let batch = cursor.read().await;
                        self.take(work, batch).await?
                    }
                }
            };
            work = returned;
            for netns in self.kept.lock().take_wanted().into_keys() {
                self.lists.again(netns);
            }
            self.kept.publish(missed);
        }
    }

    /// Takes in what the log has. Says how many records were overwritten before.
    async fn take(&self, work: Work, batch: Batch) -> anyhow::Result<(Work, u64)> {
        let is_many = batch.is_many();
        let Batch { lost, entries } = batch;
        if lost > 0 {
            let since_ns = work.recent.back().map_or(0, |entry| entry.time_ns());
            self.kept.lock().lost(None, since_ns, &Why::Behind);
        }
        let take = move |work: &mut Work| {
            for entry in entries {
                work.entry(entry);
            }
            work.forget_old();
        };
        if is_many {
            return Ok((blocking(work, take).await?, lost));
        }
        let mut work = work;
        take(&mut work);
        Ok((work, lost))
    }

    /// Takes in what a lister says: a first list at once, because until then nothing counts.
    async fn learn(
        &self,
        work: Work,
        listing: Listing,
        pending: &mut Pending,
    ) -> anyhow::Result<Work> {
        match listing {
            Listing::Objects { .. } if work.is_first(&listing) => {
                return blocking(work, |work| work.list(listing)).await;
            }
            Listing::Objects { .. } => pending.push_back((Instant::now() + SETTLE, listing)),
            Listing::Lost { netns, since_ns } => {
                let mut ledger = self.kept.lock();
                ledger.lost(Some(netns), since_ns, &Why::Overrun);
                // The list is on its way.
                let mut wanted = ledger.take_wanted();
                wanted.remove(&netns);
                for netns in wanted.into_keys() {
                    self.lists.again(netns);
                }
            }
            Listing::Ended { netns, protocol } => {
                pending.retain(|(_, listing)| {
                    !matches!(listing,
                    Listing::Objects { netns: of, protocol: by, .. }
                        if *of == netns && *by == protocol)
                });
                self.kept.lock().forget(netns, protocol);
            }
        }
        Ok(work)
    }
}

impl Work {
    fn entry(&mut self, entry: Arc<Entry>) {
        if let Some(told) = Told::of(&entry, &mut self.before) {
            let changes = self.tell(&told);
            self.before.lacks_answer(&told, changes);
            self.recent.push_back(entry);
            if self.recent.len() > RECENT_MAX {
                self.recent.pop_front();
            }
        }
        for (changes, answer) in self.before.take_late() {
            self.kept.lock().answered(changes, &answer);
        }
    }

    fn forget_old(&mut self) {
        let oldest_ns = monotonic_ns().saturating_sub(RECENT_NS);
        while self.recent.front().is_some_and(|entry| entry.time_ns() < oldest_ns) {
            self.recent.pop_front();
        }
    }

    /// Takes in what a record tells. Says which changes that were.
    fn tell(&self, told: &Told<'_>) -> Range<u64> {
        let mut ledger = self.kept.lock();
        let first = ledger.next_number();
        match told.silent() {
            Some(silent) => ledger.silent(&told.notice(), silent),
            None => ledger.notice(&told.notice()),
        }
        first..ledger.next_number()
    }

    fn is_first(&self, listing: &Listing) -> bool {
        list_of(listing).is_some_and(|list| self.kept.lock().is_first(&list))
    }

    /// Takes in a list. Others may ask the ledger between any two of its datagrams.
    fn list(&mut self, listing: Listing) {
        let Some(list) = list_of(&listing) else { return };
        let Listing::Objects { protocol, datagrams, .. } = listing else { return };
        let is_first = self.kept.lock().is_first(&list);
        self.kept.lock().begin_list(&list);
        for datagram in datagrams {
            let len = u32::try_from(datagram.len()).unwrap_or(u32::MAX);
            let is_kept = |number| told_by(protocol, number).is_some();
            let messages = bodies(protocol, &datagram, len, is_kept);
            self.kept.lock().list(&list, protocol, &messages);
        }
        self.kept.lock().end_list(&list);
        if is_first {
            for entry in self.recent.iter().filter(|entry| entry.time_ns() >= list.began_ns) {
                if let Some(told) = Told::of(entry, &mut self.before) {
                    self.kept.lock().notice_again(&told.notice(), &list);
                }
            }
        }
    }
}

fn list_of(listing: &Listing) -> Option<List> {
    let Listing::Objects { netns, covers, began_ns, complete_ns, .. } = listing else {
        return None;
    };
    Some(List {
        netns: *netns,
        netns_name: None,
        covers: covers.clone(),
        began_ns: *began_ns,
        complete_ns: *complete_ns,
        time: Clock::new(realtime_offset_ns()).format(*complete_ns).into(),
    })
}

/// Waits until then; for ever without a time.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Lets the ledger do what takes its time, beside the workers.
async fn blocking(
    mut work: Work,
    body: impl FnOnce(&mut Work) + Send + 'static,
) -> anyhow::Result<Work> {
    let body = move || {
        body(&mut work);
        work
    };
    tokio::task::spawn_blocking(body).await.context("cannot feed the ledger")
}
