//! Progress lines on standard error: what is done, how far it is, how long it took.
//!
//! Standard output belongs to the commands that are run, so nothing here may write to it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Result;

static START: OnceLock<Instant> = OnceLock::new();

/// Starts the clock that every line shows; the first call wins.
pub(crate) fn start() -> Instant {
    *START.get_or_init(Instant::now)
}

/// Prints one line, stamped with the time since the start.
pub(crate) fn line(text: &str) {
    eprintln!("[{:>6.1}s] {text}", start().elapsed().as_secs_f64());
}

/// Runs a long step between a line that names it and a line that says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    line(what);
    let begun = Instant::now();
    let value = work()?;
    line(&format!("{what}: done in {}", seconds(begun.elapsed())));
    Ok(value)
}

/// A duration as people read it in a list of steps.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
