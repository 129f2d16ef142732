//! The ledger in the daemon: a reader of the log like every other, with a position of its own, that
//! feeds `nlmon_core::ledger`. `task` reads the log and takes in lists, `notice` makes of a record
//! what the ledger wants to know, `filter` chooses changes, `serve` answers who asks, and
//! `text` is a change as one line.
//!
//! Invariant: nobody waits for the ledger. When the log has overtaken it, that is a loss like one of
//! the daemon's sockets: it is said, and lists set right what was missed.

mod filter;
mod notice;
mod serve;
mod task;
pub mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use nlmon_core::ledger::{Change, Counts, Explanation, Kind, Ledger, Limits};

pub use filter::ChangeFilter;
pub use serve::{ChangesRequest, ExplainRequest};
pub(super) use serve::{explain, stream};
pub use task::LedgerTask;

/// What the metrics say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects that are there, by kind.
    pub objects: Vec<(Kind, usize)>,
    /// Memory, by estimate.
    pub bytes: usize,
    /// What it has counted.
    pub counts: Counts,
    /// Records that were overwritten before it had read them.
    pub missed: u64,
}

/// The ledger, for those who feed it and those who ask it.
#[derive(Debug)]
pub struct KeptLedger {
    ledger: Mutex<Ledger>,
    /// The number of the next change: what clients sleep on.
    published: watch::Sender<u64>,
    /// Apart, so that a scrape waits for no list that is being taken in.
    totals: Mutex<Totals>,
}

impl KeptLedger {
    /// One that knows nothing yet.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::new(Ledger::new(limits)),
            published: watch::Sender::new(0),
            totals: Mutex::default(),
        })
    }

    /// What the metrics say of it.
    pub fn totals(&self) -> Totals {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last changes that are kept, oldest first.
    pub fn changes(&self, from: u64, most: usize) -> Vec<Arc<Change>> {
        self.lock().changes(from, most)
    }

    /// The last so many changes, oldest first.
    pub(in crate::live) fn last_changes(&self, most: u64) -> Vec<Arc<Change>> {
        let ledger = self.lock();
        let from = ledger.next_number().saturating_sub(most);
        ledger.changes(from, usize::MAX)
    }

    /// What is known of what is asked about.
    fn explain(&self, request: &ExplainRequest) -> Explanation {
        self.lock().explain(&request.query, request.netns)
    }

    /// A panic elsewhere leaves a ledger that a list sets right.
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait and those who count what there is by now.
    fn publish(&self, missed: u64) {
        let (next, mut totals) = {
            let ledger = self.lock();
            let totals = Totals {
                objects: ledger.objects().collect(),
                bytes: ledger.bytes(),
                counts: ledger.counts(),
                missed: 0,
            };
            (ledger.next_number(), totals)
        };
        {
            let mut kept = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
            totals.missed = kept.missed + missed;
            *kept = totals;
        }
        self.published.send_if_modified(|number| std::mem::replace(number, next) != next);
    }
}
