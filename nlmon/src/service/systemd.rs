//! What systemd is told, and what it tells.

use nix::sys::signal::{SigSet, Signal as Number};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::supervisor::{Heartbeat, Pulse};

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// An orderly end, by the signal of this name.
    End(&'static str),
    /// To read the configuration again.
    Reload,
}

/// From here on a signal waits until [`Signals`] are there. To be called in the first thread.
pub(super) fn hold_signals() -> nix::Result<()> {
    held().thread_block()
}

fn held() -> SigSet {
    [Number::SIGTERM, Number::SIGINT, Number::SIGHUP].into_iter().collect()
}

impl Signals {
    /// From here on the signals do not end the process by themselves. Takes what was held meanwhile.
    pub(super) fn new() -> std::io::Result<Self> {
        let signals = Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        };
        held().thread_unblock()?;
        Ok(signals)
    }

    /// What the next one asks for.
    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            _received = self.terminate.recv() => Wish::End("SIGTERM"),
            _received = self.interrupt.recv() => Wish::End("SIGINT"),
            _received = self.hangup.recv() => Wish::Reload,
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

/// Says that a reload begins; the end of it is `READY=1`.
pub(super) fn notify_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!("cannot tell systemd of the reload: {error}"),
    }
}

/// Outside systemd there is nobody to tell.
pub(super) fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("cannot notify systemd: {error}");
    }
}
