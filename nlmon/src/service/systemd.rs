//! What systemd is told, and what it tells.

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::supervisor::{Heartbeat, Pulse};

/// Both are one wish: an orderly end.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on the signals do not end the process by themselves.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns the name of the next one.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _received = self.terminate.recv() => "SIGTERM",
            _received = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// The pipeline's tick, which also feeds the watchdog if the unit has one.
pub(super) fn pulse(heartbeat: Heartbeat) -> Pulse {
    let pulse = Pulse::new(heartbeat);
    match sd_notify::watchdog_enabled() {
        Some(period) => pulse.with_watchdog(period, || notify(&[NotifyState::Watchdog])),
        None => pulse,
    }
}

/// Outside systemd there is nobody to tell.
pub(super) fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::warn!("cannot notify systemd: {error}");
    }
}
