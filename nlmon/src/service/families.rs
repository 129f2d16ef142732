//! Keeps up with the generic families of the running kernel: modules bring them and take them away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use nlmon_core::decode::{Families, specs::Specs};
use tokio::sync::{Notify, watch};

use crate::{metrics::Metrics, shutdown, subscribe};

/// How long the kernel may take to say which generic families it has.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Least time between two such questions: an unknown number may stay unknown.
const PAUSE: Duration = Duration::from_secs(2);

/// The families that are known, and who wants to know of others.
#[derive(Clone)]
pub(super) struct FamilyKeeper {
    known: Arc<watch::Sender<Arc<Families>>>,
    specs: Arc<watch::Sender<Specs>>,
    unknown: Arc<Notify>,
    /// How often there was a reason to ask.
    asked: Arc<AtomicU64>,
    metrics: Arc<Metrics>,
}

impl FamilyKeeper {
    /// Asks for the first time.
    pub(super) fn new(specs: Specs, metrics: &Arc<Metrics>) -> Self {
        let families = Arc::new(read(specs).unwrap_or_default());
        metrics.name_families(&families);
        let known = Arc::new(watch::Sender::new(families));
        let (unknown, asked) = Default::default();
        let specs = Arc::new(watch::Sender::new(specs));
        Self { known, specs, unknown, asked, metrics: Arc::clone(metrics) }
    }

    /// Counts how often it was told.
    pub(super) fn asked(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.asked)
    }

    /// The families as they are known at any time.
    pub(super) fn known(&self) -> watch::Receiver<Arc<Families>> {
        self.known.subscribe()
    }

    /// To be told when a family is met that is not among them, or of a change.
    pub(super) fn unknown(&self) -> Arc<Notify> {
        Arc::clone(&self.unknown)
    }

    /// From now on families are named by these specs as well.
    pub(super) fn change(&self, specs: Specs) {
        self.specs.send_replace(specs);
        self.unknown.notify_one();
    }

    /// Asks again each time that it is told.
    pub(super) async fn run(self, mut shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = self.unknown.notified() => {}
                () = shutdown::requested(&mut shutdown) => return Ok(()),
            }
            self.asked.fetch_add(1, Ordering::Relaxed);
            let (specs, metrics) = (*self.specs.borrow(), Arc::clone(&self.metrics));
            let scan = move || {
                let families = Arc::new(read(specs)?);
                metrics.name_families(&families);
                Some(families)
            };
            // Where it did not answer, that is said, and what was known stays.
            let found = tokio::task::spawn_blocking(scan).await;
            if let Some(families) = found.context("cannot ask for generic netlink families")? {
                self.known.send_replace(families);
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown::requested(&mut shutdown) => return Ok(()),
            }
        }
    }
}

/// The generic families of the running kernel; `None` if it did not answer, which is said.
fn read(specs: Specs) -> Option<Families> {
    match subscribe::families(TIMEOUT) {
        Ok(answers) => Some(Families::parse(&answers).with_specs(specs)),
        Err(error) => {
            let cause = anyhow::Error::from(error);
            tracing::warn!("new families of generic netlink stay numbers: {cause:#}");
            None
        }
    }
}
