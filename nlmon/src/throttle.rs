//! Log lines that a busy host could cause by the thousand: at most one a second of each kind. What
//! is left out is counted, in the next line and in a metric. Writing a line may block, and nothing
//! must block exactly when there is too much to do.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use log::Level;

use crate::clock::monotonic_ns;

/// Least time between two lines of a kind.
const INTERVAL_NS: u64 = 1_000_000_000;

/// An own multicast socket ran over.
pub static OWN_OVERRUN: Throttle = Throttle::new("own_overrun");
/// A subscription does not work.
pub static SUBSCRIPTION: Throttle = Throttle::new("subscription");
/// Something panicked.
pub static PANIC: Throttle = Throttle::new("panic");
/// A client could not be accepted.
pub static ACCEPT: Throttle = Throttle::new("accept");
/// The name of an interface found no room.
pub static INTERFACES: Throttle = Throttle::new("interfaces");
/// What the host tells in files could not be read.
pub static UNREADABLE: Throttle = Throttle::new("unreadable");

/// The files that say who may use the HTTP server do not do.
pub static DOOR: Throttle = Throttle::new("door");

/// Records could not be written to their file.
pub static FILE: Throttle = Throttle::new("file");

const ALL: [&Throttle; 8] =
    [&OWN_OVERRUN, &SUBSCRIPTION, &PANIC, &ACCEPT, &INTERFACES, &UNREADABLE, &DOOR, &FILE];

/// How many lines of each kind were left out.
pub fn suppressed() -> impl Iterator<Item = (&'static str, u64)> {
    ALL.iter().map(|throttle| (throttle.kind, throttle.suppressed.load(Ordering::Relaxed)))
}

/// One kind of line.
#[derive(Debug)]
pub struct Throttle {
    kind: &'static str,
    /// When the next line may come.
    next_ns: AtomicU64,
    /// Left out since the last line.
    held: AtomicU64,
    /// Left out since the start.
    suppressed: AtomicU64,
}

impl Throttle {
    const fn new(kind: &'static str) -> Self {
        let (next_ns, held, suppressed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { kind, next_ns, held, suppressed }
    }

    /// Says it as a warning, or counts it.
    pub fn warn(&self, line: fmt::Arguments<'_>) {
        self.log(Level::Warn, line);
    }

    /// Says it as an error, or counts it.
    pub fn error(&self, line: fmt::Arguments<'_>) {
        self.log(Level::Error, line);
    }

    fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        match self.admit(monotonic_ns()) {
            None => {}
            Some(0) => log::log!(level, "{line}"),
            Some(more) => log::log!(level, "{line} ({more} more such lines were left out)"),
        }
    }

    /// Whether a line may come at `now_ns`: how many were left out before it, or `None`.
    fn admit(&self, now_ns: u64) -> Option<u64> {
        let due = |next_ns| (now_ns >= next_ns).then_some(now_ns + INTERVAL_NS);
        if self.next_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
            return Some(self.held.swap(0, Ordering::Relaxed));
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_and_the_rest_is_counted() {
        let throttle = Throttle::new("test");
        let admitted: Vec<_> = (0..1000).map(|n| throttle.admit(n * INTERVAL_NS / 100)).collect();
        let lines: Vec<_> = admitted.iter().flatten().copied().collect();
        assert_eq!(lines, [0, 99, 99, 99, 99, 99, 99, 99, 99, 99]);
        assert_eq!(throttle.suppressed.load(Ordering::Relaxed), 990);
    }
}
