//! How far the pipeline is, which it writes and others read.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Written by the pipeline alone.
#[derive(Debug, Default)]
pub struct Progress {
    /// 0: none was read.
    last_sample_ns: AtomicU64,
    lag_ns: AtomicU64,
    /// It sleeps until something wakes it, and is behind nothing.
    asleep: AtomicBool,
    samples_ended: OnceLock<String>,
}

impl Progress {
    /// The ring was read at `now_ns`, and the call of the oldest sample had ended at `oldest_ns`;
    /// `None` if the ring was empty.
    pub fn ring_read(&self, oldest_ns: Option<u64>, now_ns: u64) {
        let lag_ns = oldest_ns.map_or(0, |oldest_ns| now_ns.saturating_sub(oldest_ns));
        self.lag_ns.store(lag_ns, Ordering::Relaxed);
        if oldest_ns.is_some() {
            self.last_sample_ns.store(now_ns, Ordering::Relaxed);
        }
    }

    /// Whether there is nothing to do until something wakes it.
    pub fn sleep(&self, asleep: bool) {
        self.asleep.store(asleep, Ordering::Relaxed);
    }

    pub(super) fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Relaxed)
    }

    /// The ring cannot be read any more.
    pub fn end_samples(&self, why: String) {
        // The first reason stays.
        let _first = self.samples_ended.set(why);
    }

    pub(super) fn samples_ended(&self) -> Option<String> {
        self.samples_ended.get().map(|why| format!("the ring of samples is no longer read: {why}"))
    }

    pub(super) fn last_sample_ns(&self) -> Option<u64> {
        Some(self.last_sample_ns.load(Ordering::Relaxed)).filter(|&ns| ns > 0)
    }

    pub(super) fn lag_ns(&self) -> u64 {
        self.lag_ns.load(Ordering::Relaxed)
    }
}
