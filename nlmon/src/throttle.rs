//! Log lines that a busy host could cause by the thousand: at most one a second of each kind. What
//! is left out is counted, in the next line and in a metric. Writing a line may block, and nothing
//! must block exactly when there is too much to do.

use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{clock::monotonic_ns, events};

/// Least time between two lines of a kind.
const INTERVAL_NS: u64 = 1_000_000_000;

/// An own multicast socket ran over.
pub static OWN_OVERRUN: Throttle = Throttle::new("own_overrun", events::OWN_OVERRUN);
/// A subscription does not work.
pub static SUBSCRIPTION: Throttle = Throttle::new("subscription", events::SUBSCRIPTION_FAILED);
/// Something panicked.
pub static PANIC: Throttle = Throttle::new("panic", events::PANIC);
/// A client could not be accepted.
pub static ACCEPT: Throttle = Throttle::new("accept", events::NOT_ACCEPTED);
/// The name of an interface found no room.
pub static INTERFACES: Throttle = Throttle::new("interfaces", events::NAMES_FULL);
/// What the host tells in files could not be read.
pub static UNREADABLE: Throttle = Throttle::new("unreadable", events::UNREADABLE);

/// The files that say who may use the HTTP server do not do.
pub static DOOR: Throttle = Throttle::new("door", events::DOOR_FAILED);

/// Records could not be written to their file.
pub static FILE: Throttle = Throttle::new("file", events::FILE_FAILED);

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
    /// The id of its lines.
    event: &'static str,
    /// When the next line may come.
    next_ns: AtomicU64,
    /// Left out since the last line.
    held: AtomicU64,
    /// Left out since the start.
    suppressed: AtomicU64,
}

impl Throttle {
    const fn new(kind: &'static str, event: &'static str) -> Self {
        let (next_ns, held, suppressed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { kind, event, next_ns, held, suppressed }
    }

    /// Says it as a warning, or counts it.
    pub fn warn(&self, line: fmt::Arguments<'_>) {
        self.say(line, |line| tracing::warn!(message_id = self.event, "{line}"));
    }

    /// The same, about a protocol.
    pub fn warn_of(&self, protocol: &str, line: fmt::Arguments<'_>) {
        self.say(line, |line| {
            tracing::warn!(message_id = self.event, nlmon_protocol = protocol, "{line}");
        });
    }

    /// The same, about a file.
    pub fn warn_at(&self, path: &Path, line: fmt::Arguments<'_>) {
        self.say(line, |line| {
            let path = path.display();
            tracing::warn!(message_id = self.event, nlmon_path = %path, "{line}");
        });
    }

    /// Says it as an error, or counts it.
    pub fn error(&self, line: fmt::Arguments<'_>) {
        self.say(line, |line| tracing::error!(message_id = self.event, "{line}"));
    }

    fn say(&self, line: fmt::Arguments<'_>, say: impl FnOnce(fmt::Arguments<'_>)) {
        match self.admit(monotonic_ns()) {
            None => {}
            Some(0) => say(line),
            Some(more) => say(format_args!("{line} ({more} more such lines were left out)")),
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
        let throttle = Throttle::new("test", "");
        let admitted: Vec<_> = (0..1000).map(|n| throttle.admit(n * INTERVAL_NS / 100)).collect();
        let lines: Vec<_> = admitted.iter().flatten().copied().collect();
        assert_eq!(lines, [0, 99, 99, 99, 99, 99, 99, 99, 99, 99]);
        assert_eq!(throttle.suppressed.load(Ordering::Relaxed), 990);
    }
}
