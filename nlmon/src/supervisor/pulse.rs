//! The pipeline's own tick. It is the pipeline's heartbeat, and it feeds systemd's watchdog. A task
//! of its own would go on feeding the watchdog while the daemon's work stands still.

use std::{fmt, time::Duration};

use super::Heartbeat;

/// Beats, and tells the watchdog in time.
pub struct Pulse {
    heartbeat: Heartbeat,
    watchdog: Option<Watchdog>,
}

struct Watchdog {
    interval_ns: u64,
    next_ns: u64,
    tell: Box<dyn FnMut() + Send>,
}

impl Pulse {
    /// One that nobody watches.
    pub fn new(heartbeat: Heartbeat) -> Self {
        Self { heartbeat, watchdog: None }
    }

    /// Calls `tell` at the first beat after each half of `period`.
    #[must_use]
    pub fn with_watchdog(self, period: Duration, tell: impl FnMut() + Send + 'static) -> Self {
        let interval_ns = u64::try_from((period / 2).as_nanos()).unwrap_or(u64::MAX);
        let watchdog = Watchdog { interval_ns, next_ns: 0, tell: Box::new(tell) };
        Self { watchdog: Some(watchdog), ..self }
    }

    /// How often it has to beat for the watchdog; `None` without one.
    pub fn interval(&self) -> Option<Duration> {
        self.watchdog.as_ref().map(|watchdog| Duration::from_nanos(watchdog.interval_ns))
    }

    /// The work went on at `now_ns`.
    pub fn beat(&mut self, now_ns: u64) {
        self.heartbeat.beat(now_ns);
        if let Some(watchdog) = self.watchdog.as_mut().filter(|w| now_ns >= w.next_ns) {
            watchdog.next_ns = now_ns.saturating_add(watchdog.interval_ns);
            (watchdog.tell)();
        }
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pulse").field("heartbeat", &self.heartbeat).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[test]
    fn the_watchdog_is_told_by_beats_alone_and_not_by_each() {
        let told = Arc::new(AtomicU32::new(0));
        let tell = {
            let told = Arc::clone(&told);
            move || {
                told.fetch_add(1, Ordering::Relaxed);
            }
        };
        let heartbeat = Heartbeat::new(Duration::from_nanos(1));
        let mut pulse = Pulse::new(heartbeat.clone()).with_watchdog(Duration::from_nanos(20), tell);
        for now_ns in [1, 2, 10, 11, 12, 20, 21] {
            pulse.beat(now_ns);
        }
        // At 1, 11 and 21.
        assert_eq!(told.load(Ordering::Relaxed), 3);
        assert!(heartbeat.is_fresh(22) && !heartbeat.is_fresh(23));
    }
}
