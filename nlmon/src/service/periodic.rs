//! What the daemon does now and then, off the async threads: folding counters, scanning sockets.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{metrics::Metrics, shutdown, sockets::Scanner};

/// How often counters of ended processes are folded, so that their map does not fill.
const FOLD_INTERVAL: Duration = Duration::from_secs(5);

/// Folds the counters of processes that have ended.
pub(super) async fn fold(
    metrics: Arc<Metrics>,
    shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    repeat(FOLD_INTERVAL, shutdown, move || metrics.fold()).await.context("cannot fold counters")
}

/// Scans all sockets of the host, never because of a scrape.
pub(super) async fn scan_sockets(
    period: Duration,
    scanner: Arc<Scanner>,
    metrics: Arc<Metrics>,
    shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let scan = move || scan(&scanner, &metrics, false);
    repeat(period, shutdown, scan).await.context("cannot scan the sockets")
}

/// One scan. What cannot be seen is said at the first, and not again.
pub(super) fn scan(scanner: &Scanner, metrics: &Metrics, first: bool) {
    match scanner.scan() {
        Ok(scan) => {
            let gaps = scan.gaps.to_string();
            if first && !gaps.is_empty() {
                log::info!("socket statistics: {gaps}");
            }
            metrics.sockets(&scan);
        }
        Err(error) => log::warn!("{:#}", anyhow::Error::from(error)),
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
