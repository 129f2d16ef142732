//! What the daemon does now and then, off the async threads: folding counters and looking for what is
//! wrong, scanning sockets.

use std::{
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use nlmon_core::{answers::LossState, ledger::Change};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    clock::monotonic_ns,
    findings::{self, Findings},
    health::Health,
    live::{ledger::KeptLedger, talkers::TalkerBoard},
    metrics::Metrics,
    shutdown,
    sockets::Scanner,
};

/// How often counters of ended processes are folded, so that their map does not fill.
const FOLD_INTERVAL: Duration = Duration::from_secs(5);

/// Objects of the last minute that a finding may name.
const OBJECTS_MAX: usize = 64;

/// Folds the counters of processes that have ended, and looks for what is wrong.
pub(super) async fn fold(looks: Looks, shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
    repeat(FOLD_INTERVAL, shutdown, move || looks.look()).await.context("cannot fold counters")
}

/// What is looked at for findings.
#[derive(Clone)]
pub(super) struct Looks {
    pub(super) metrics: Arc<Metrics>,
    health: Arc<Health>,
    findings: Arc<Findings>,
    ledger: Option<Arc<KeptLedger>>,
    talkers: Arc<TalkerBoard>,
    /// The number of the first change that was not looked at.
    next_change: Arc<AtomicU64>,
}

/// Looks at these.
pub(super) fn looks(
    metrics: &Arc<Metrics>,
    health: &Arc<Health>,
    findings: &Arc<Findings>,
    (ledger, talkers): (Option<Arc<KeptLedger>>, Arc<TalkerBoard>),
) -> Looks {
    let (metrics, health) = (Arc::clone(metrics), Arc::clone(health));
    let (findings, next_change) = (Arc::clone(findings), Arc::default());
    Looks { metrics, health, findings, ledger, talkers, next_change }
}

impl Looks {
    fn look(&self) {
        self.metrics.fold();
        let mut look = self.metrics.look(monotonic_ns());
        let report = self.health.report();
        (look.own.reasons, look.own.degraded) = (report.reasons, report.degraded);
        look.full_tables = findings::full_tables().collect();
        look.changes = self.changes();
        self.talkers.look();
        look.objects = self.talkers.minute(look.at_ns, OBJECTS_MAX).objects;
        self.findings.look(&look);
    }

    /// What has changed since the look before, as far as the ledger still has it.
    fn changes(&self) -> Vec<Arc<Change>> {
        let Some(ledger) = &self.ledger else { return Vec::new() };
        let changes = ledger.changes(self.next_change.load(Ordering::Relaxed), usize::MAX);
        if let Some(last) = changes.last() {
            self.next_change.store(last.number + 1, Ordering::Relaxed);
        }
        changes
    }
}

/// Scans all sockets of the host each `period`, which may change; never because of a scrape.
pub(super) async fn scan_sockets(
    mut period: watch::Receiver<Option<Duration>>,
    scanner: Arc<Scanner>,
    metrics: Arc<Metrics>,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    while !*shutdown.borrow() {
        let (scanner, metrics) = (Arc::clone(&scanner), Arc::clone(&metrics));
        let scan = move || scan(&scanner, &metrics, false);
        let (every, ending) = (*period.borrow_and_update(), shutdown.clone());
        tokio::select! {
            () = shutdown::requested(&mut shutdown) => return Ok(()),
            end = repeat_if(every, ending, scan) => {
                return end.context("cannot scan the sockets");
            }
            changed = period.changed() => if changed.is_err() { return Ok(()) },
        }
    }
    Ok(())
}

/// Does `work` each `period`; where there is none, never.
async fn repeat_if(
    period: Option<Duration>,
    shutdown: watch::Receiver<bool>,
    work: impl Fn() + Send + Sync + 'static,
) -> anyhow::Result<()> {
    match period {
        Some(period) => repeat(period, shutdown, work).await,
        None => std::future::pending().await,
    }
}

/// One scan runs at a time: one that is taken in behind a later one would make counters go back.
static TURN: Mutex<()> = Mutex::new(());

/// One scan. What cannot be seen is said at the first, and not again.
pub(super) fn scan(scanner: &Scanner, metrics: &Metrics, first: bool) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let began_ns = monotonic_ns();
    match scanner.scan() {
        Ok(scan) => {
            let gaps = scan.gaps.to_string();
            if first && !gaps.is_empty() {
                tracing::info!("socket statistics: {gaps}");
            }
            metrics.sockets(&scan, (began_ns, monotonic_ns()));
        }
        Err(error) => tracing::warn!("{:#}", anyhow::Error::from(error)),
    }
}

/// What was lost until now: the sockets are scanned for it.
pub(super) fn losses(scanner: &Scanner, metrics: &Metrics) -> LossState {
    scan(scanner, metrics, false);
    LossState { rmem_max: rmem_max(), ..metrics.losses() }
}

/// The largest receive buffer that a process may give its socket without rights.
fn rmem_max() -> Option<u64> {
    fs::read_to_string("/proc/sys/net/core/rmem_max").ok()?.trim().parse().ok()
}

/// Does `work` each `period`, one at a time.
async fn repeat(
    period: Duration,
    mut shutdown: watch::Receiver<bool>,
    work: impl Fn() + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let work = Arc::new(work);
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown::requested(&mut shutdown) => return Ok(()),
            _tick = ticks.tick() => {
                let work = Arc::clone(&work);
                tokio::task::spawn_blocking(move || work()).await?;
            }
        }
    }
}
