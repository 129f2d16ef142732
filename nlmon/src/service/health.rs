//! What the daemon's health is made of, and its numbers for the metrics.

use std::{sync::Arc, time::Duration};

use super::reload::{Reloads, realtime_ns};
use crate::{
    findings::Findings,
    health::{Health, ProbeState},
    live::{
        file::Counts,
        json,
        ledger::{KeptLedger, Totals},
    },
    metrics::{DaemonTotals, LedgerTotals},
    probe::Samples,
    subscribe::Subscriptions,
    supervisor::{Heartbeat, Rule, Supervisor, panics},
    throttle,
};

/// How long the pipeline, which has a round each half second at least, may stand still.
const PIPELINE_MAX_AGE: Duration = Duration::from_secs(5);

/// Where it is looked up.
pub(super) fn health(
    probes: ProbeState,
    samples: Option<&Samples>,
    subscriptions: &Subscriptions,
    supervisor: &Supervisor,
) -> Arc<Health> {
    let fill = |samples: &Samples| {
        let unknown = |error| tracing::warn!("how full the ring is stays unknown: {error}");
        samples.fill().map_err(unknown).ok()
    };
    let (subscriptions, tasks) = (subscriptions.status(), supervisor.tasks());
    subscriptions.count_restarts(tasks.add("subscription-reader", Rule::Restart, None));
    Arc::new(Health {
        probes,
        pipeline: Heartbeat::new(PIPELINE_MAX_AGE),
        progress: Arc::default(),
        ring: samples.and_then(fill),
        subscriptions,
        tasks,
    })
}

/// The numbers of the health, and the counts about the daemon itself.
pub(super) fn totals(
    health: &Arc<Health>,
    reloads: &Arc<Reloads>,
    file: Arc<Counts>,
    findings: &Arc<Findings>,
    ledger: Option<Arc<KeptLedger>>,
) -> impl Fn() -> DaemonTotals + Send + Sync + use<> {
    let (health, reloads) = (Arc::clone(health), Arc::clone(reloads));
    let findings = Arc::clone(findings);
    let start_ns = realtime_ns();
    move || {
        let numbers = health.numbers();
        let restarting =
            health.tasks.list().into_iter().filter(|task| task.rule() == Rule::Restart);
        DaemonTotals {
            ready: numbers.ready,
            start_ns,
            reload_successful: reloads.last_succeeded(),
            reload_success_ns: reloads.success_ns(),
            lag_ns: numbers.lag_ns,
            ring_bytes: numbers.ring_bytes,
            last_sample_ns: numbers.last_sample_ns,
            task_restarts: restarting.map(|task| (task.name(), task.restarts())).collect(),
            panics: panics::count(),
            decode_panics: json::decode_panics(),
            log_suppressed: throttle::suppressed().collect(),
            file_records: file.outcomes(),
            file_writable: file.is_writable(),
            findings: findings.counts(),
            ledger: ledger.as_ref().map(|ledger| ledger_totals(ledger.totals())),
        }
    }
}

fn ledger_totals(totals: Totals) -> LedgerTotals {
    let Totals { objects, bytes, counts, missed } = totals;
    let objects = objects.into_iter().map(|(kind, count)| (kind.word(), count as u64));
    LedgerTotals {
        objects: objects.collect(),
        bytes: bytes as u64,
        changes: counts.changes,
        unchanged: [("repeated", counts.repeated), ("passing", counts.passing)],
        evicted: [
            ("live", counts.evicted.live),
            ("gone", counts.evicted.gone),
            ("event", counts.evicted.events),
        ],
        resyncs: counts.lists,
        missed,
    }
}
