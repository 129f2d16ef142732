//! Signals that end a command in good order.

use std::thread;

use anyhow::Context as _;
use nix::sys::signal::{SigSet, Signal};

/// Calls `stop` from a thread of its own when the first of these signals comes. To be called before
/// other threads begin: they inherit that the signals wait for that one.
pub(super) fn on_first<const N: usize>(
    signals: [Signal; N],
    stop: impl FnOnce() + Send + 'static,
) -> anyhow::Result<()> {
    let signals: SigSet = signals.into_iter().collect();
    signals.thread_block().context("cannot watch for signals")?;
    thread::spawn(move || {
        // A failure leaves the signals blocked, and SIGQUIT to stop this.
        if signals.wait().is_ok() {
            stop();
        }
    });
    Ok(())
}
