//! Whether the daemon does its work: what `/readyz`, `/healthz`, `nlmon check --live` and
//! `nlmon_ready` say, which is one truth. It looks; it changes nothing.
//!
//! Invariant: what is not known is not called well. Each reason is one line that a person can read.

mod progress;
mod report;

use std::{sync::Arc, time::Duration};

pub use progress::Progress;
pub use report::Report;

use crate::{
    clock::{monotonic_ns, realtime_offset_ns},
    probe::RingFill,
    subscribe::Status,
    supervisor::{Heartbeat, Tasks},
};

/// The pipeline may be that far behind the kernel.
const LAG_MAX: Duration = Duration::from_secs(5);

/// Parts of a hundred of the ring beyond which samples are about to be lost.
const RING_FULL_PERCENT: usize = 95;

/// What the daemon has of its probes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeState {
    /// Names of those that are in place.
    pub attached: Vec<String>,
    /// What the kernel or the privileges do not allow: the daemon works without.
    pub without: Vec<String>,
    /// What should work and does not.
    pub broken: Vec<String>,
}

/// Where the truth is looked up.
#[derive(Debug)]
pub struct Health {
    /// The probes, as they were at the start.
    pub probes: ProbeState,
    /// The pipeline's heart.
    pub pipeline: Heartbeat,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// The ring of samples; `None` without probes, or where it cannot be looked into.
    pub ring: Option<RingFill>,
    /// The subscriptions.
    pub subscriptions: Arc<Status>,
    /// Every task.
    pub tasks: Tasks,
}

/// Numbers of the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Whether there is no reason against it.
    pub ready: bool,
    /// How far the pipeline is behind the kernel.
    pub lag_ns: u64,
    /// Used bytes of the ring, and all of it.
    pub ring_bytes: Option<(usize, usize)>,
    /// When the last sample was read, by the time of day.
    pub last_sample_ns: Option<u64>,
}

impl Health {
    /// Whether the process and its pipeline live.
    pub fn is_live(&self) -> bool {
        self.pipeline.is_fresh(monotonic_ns())
    }

    /// The whole truth.
    pub fn report(&self) -> Report {
        let now_ns = monotonic_ns();
        let mut degraded = self.probes.without.clone();
        degraded.extend(self.subscriptions.refused());
        Report { reasons: self.reasons(now_ns), degraded, facts: self.facts(now_ns) }
    }

    /// The numbers of it.
    pub fn numbers(&self) -> Numbers {
        let now_ns = monotonic_ns();
        let last_ns = self.progress.last_sample_ns();
        Numbers {
            ready: self.reasons(now_ns).is_empty(),
            lag_ns: self.lag_ns(now_ns),
            ring_bytes: self.ring.as_ref().map(|ring| (ring.used_bytes(), ring.ring_bytes())),
            last_sample_ns: last_ns.and_then(|ns| ns.checked_add_signed(realtime_offset_ns())),
        }
    }

    /// Why it is not ready.
    fn reasons(&self, now_ns: u64) -> Vec<String> {
        let mut reasons = self.probes.broken.clone();
        reasons.extend(self.tasks.problems(now_ns));
        reasons.extend(self.behind(now_ns));
        reasons.extend(self.progress.samples_ended());
        reasons.extend(self.subscriptions.problems());
        reasons
    }

    /// What the pipeline does not keep up with. One that stands still is among the tasks.
    fn behind(&self, now_ns: u64) -> Option<String> {
        let lag = Duration::from_nanos(self.lag_ns(now_ns));
        if self.pipeline.is_fresh(now_ns) && lag > LAG_MAX {
            return Some(format!("the pipeline is {:.1} s behind the kernel", lag.as_secs_f64()));
        }
        let ring = self.ring.as_ref()?;
        let percent = percent(ring.used_bytes(), ring.ring_bytes());
        (percent >= RING_FULL_PERCENT)
            .then(|| format!("the ring of samples is {percent} % full: samples are being lost"))
    }

    /// The age of the oldest sample at its last read, or of its last tick where that is more. While
    /// it sleeps, and its heart is fresh, a tick is not due.
    fn lag_ns(&self, now_ns: u64) -> u64 {
        let is_at_rest = self.progress.is_asleep() && self.pipeline.is_fresh(now_ns);
        let age = if is_at_rest { Duration::ZERO } else { self.pipeline.age(now_ns) };
        let tick = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
        self.progress.lag_ns().max(tick)
    }

    fn facts(&self, now_ns: u64) -> Vec<(String, String)> {
        let seconds = |ns: u64| format!("{:.3} s", Duration::from_nanos(ns).as_secs_f64());
        let probes = match &self.probes.attached[..] {
            [] => "none".to_owned(),
            attached => attached.join(", "),
        };
        let last = self.progress.last_sample_ns();
        let sample = last
            .map_or_else(|| "never".to_owned(), |ns| seconds(now_ns.saturating_sub(ns)) + " ago");
        let ring = self.ring.as_ref().map_or_else(
            || "unknown".to_owned(),
            |ring| format!("{} of {} bytes", ring.used_bytes(), ring.ring_bytes()),
        );
        let tick = seconds(u64::try_from(self.pipeline.age(now_ns).as_nanos()).unwrap_or(u64::MAX));
        let restarts: u64 = self.tasks.list().iter().map(|task| task.restarts()).sum();
        [
            ("probes", probes),
            ("pipeline", format!("last tick {tick} ago, {} behind", seconds(self.lag_ns(now_ns)))),
            ("last sample", sample),
            ("ring", ring),
            ("subscriptions", format!("{} open", self.subscriptions.open())),
            ("task restarts", restarts.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

fn percent(part: usize, whole: usize) -> usize {
    part.saturating_mul(100).checked_div(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::Rule;

    fn health(max_age: Duration) -> Health {
        let (pipeline, tasks) = (Heartbeat::new(max_age), Tasks::default());
        tasks.add("pipeline", Rule::Fatal, Some(pipeline.clone()));
        let (progress, subscriptions) = (Arc::default(), Arc::default());
        let probes = ProbeState::default();
        Health { probes, pipeline, progress, ring: None, subscriptions, tasks }
    }

    #[test]
    fn is_ready_without_probes_if_that_is_said() {
        let mut health = health(Duration::from_mins(1));
        health.probes.without = vec!["running without probes: no BTF".to_owned()];
        let report = health.report();
        assert!(report.is_ready() && health.is_live() && health.numbers().ready);
        assert!(report.to_string().contains("degraded: running without probes: no BTF\n"));
    }

    #[test]
    fn is_neither_ready_nor_live_while_the_pipeline_stands_still() {
        let health = health(Duration::ZERO);
        health.pipeline.beat(monotonic_ns() - 7_000_000_000);
        let report = health.report();
        assert!(!report.is_ready() && !health.is_live());
        assert!(report.reasons[0].starts_with("the task pipeline has stood still for 7."));
        assert_eq!(report.reasons.len(), 1);
        assert!(health.numbers().lag_ns >= 7_000_000_000);
    }

    #[test]
    fn each_reason_is_a_line() {
        let mut health = health(Duration::from_mins(1));
        health.probes.broken = vec!["probe dump is attached and does not fire".to_owned()];
        let now_ns = monotonic_ns();
        health.progress.ring_read(Some(now_ns - 6_000_000_000), now_ns);
        health.progress.end_samples("EIO".to_owned());
        let text = health.report().to_string();
        let lines: Vec<_> = text.lines().take(4).collect();
        let expected = [
            "not ready",
            "probe dump is attached and does not fire",
            "the pipeline is 6.0 s behind the kernel",
            "the ring of samples is no longer read: EIO",
        ];
        assert_eq!(lines, expected);
    }
}
