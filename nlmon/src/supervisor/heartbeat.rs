//! A sign of life: when a task last ran, and how long ago that may be.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use crate::clock::monotonic_ns;

/// How often a task that has no tick of its own beats.
const INTERVAL: Duration = Duration::from_secs(5);

/// The last beat of one task. Clones are the same heart.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    last_ns: Arc<AtomicU64>,
    max_age: Duration,
}

impl Heartbeat {
    /// One that beats now, and is fresh for `max_age` after each beat.
    pub fn new(max_age: Duration) -> Self {
        Self { last_ns: Arc::new(AtomicU64::new(monotonic_ns())), max_age }
    }

    /// The task runs at `now_ns`.
    pub fn beat(&self, now_ns: u64) {
        self.last_ns.store(now_ns, Ordering::Relaxed);
    }

    /// How long ago the last beat was.
    pub fn age(&self, now_ns: u64) -> Duration {
        Duration::from_nanos(now_ns.saturating_sub(self.last_ns.load(Ordering::Relaxed)))
    }

    /// Whether the task is alive.
    pub fn is_fresh(&self, now_ns: u64) -> bool {
        self.age(now_ns) <= self.max_age
    }
}

/// Runs `task`, and beats as long as it gives the thread back: a task that blocks its thread stops
/// beating. One that waits for something for ever does not.
pub(super) async fn beating<T>(task: impl Future<Output = T>, heartbeat: Heartbeat) -> T {
    let mut task = pin!(task);
    let mut beats = interval(INTERVAL);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            output = &mut task => return output,
            _beat = beats.tick() => heartbeat.beat(monotonic_ns()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_fresh_until_its_age() {
        let heartbeat = Heartbeat::new(Duration::from_nanos(5));
        heartbeat.beat(100);
        assert!(heartbeat.clone().is_fresh(105));
        assert!(!heartbeat.is_fresh(106));
        assert_eq!(heartbeat.age(106), Duration::from_nanos(6));
        // A reader's clock may be behind the beat by a moment.
        assert_eq!(heartbeat.age(99), Duration::ZERO);
    }
}
