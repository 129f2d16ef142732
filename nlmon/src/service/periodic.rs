//! What the daemon does now and then, off the async threads: folding counters and looking for what is
//! wrong, scanning sockets.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    clock::monotonic_ns,
    findings::{self, Findings},
    health::Health,
    metrics::Metrics,
    shutdown,
    sockets::Scanner,
};

/// How often counters of ended processes are folded, so that their map does not fill.
const FOLD_INTERVAL: Duration = Duration::from_secs(5);

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
}

/// Looks at these.
pub(super) fn looks(
    metrics: &Arc<Metrics>,
    health: &Arc<Health>,
    findings: &Arc<Findings>,
) -> Looks {
    let (metrics, health) = (Arc::clone(metrics), Arc::clone(health));
    Looks { metrics, health, findings: Arc::clone(findings) }
}

impl Looks {
    fn look(&self) {
        self.metrics.fold();
        let mut look = self.metrics.look(monotonic_ns());
        let report = self.health.report();
        (look.own.reasons, look.own.degraded) = (report.reasons, report.degraded);
        look.full_tables = findings::full_tables().collect();
        self.findings.look(&look);
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

/// One scan. What cannot be seen is said at the first, and not again.
pub(super) fn scan(scanner: &Scanner, metrics: &Metrics, first: bool) {
    match scanner.scan() {
        Ok(scan) => {
            let gaps = scan.gaps.to_string();
            if first && !gaps.is_empty() {
                tracing::info!("socket statistics: {gaps}");
            }
            metrics.sockets(&scan);
        }
        Err(error) => tracing::warn!("{:#}", anyhow::Error::from(error)),
    }
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
