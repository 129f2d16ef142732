//! Says in the log when the daemon ceases to be ready, why, and when it is again: what `/readyz` says to
//! whoever asks.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use crate::{events, health::Health, shutdown};

/// How often that is looked at. What no second look finds is not said.
const INTERVAL: Duration = Duration::from_secs(2);

/// Looks until the end.
pub(super) async fn watch(
    health: Arc<Health>,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut state = State::default();
    loop {
        tokio::select! {
            () = sleep(INTERVAL) => {}
            () = shutdown::requested(&mut shutdown) => return Ok(()),
        }
        match state.look(health.numbers().ready) {
            None => {}
            Some(true) => tracing::info!(message_id = events::READY_AGAIN, "ready again"),
            Some(false) => {
                let reasons = health.report().reasons.join("; ");
                tracing::warn!(message_id = events::NOT_READY, "not ready: {reasons}");
            }
        }
    }
}

/// What was found and what was said.
#[derive(Debug, Default)]
struct State {
    /// Looks in a row that found it not ready.
    bad: u32,
    is_said: bool,
}

impl State {
    /// What is to be said after a look, if anything.
    fn look(&mut self, is_ready: bool) -> Option<bool> {
        self.bad = if is_ready { 0 } else { self.bad.saturating_add(1) };
        let changes = if self.is_said { is_ready } else { self.bad >= 2 };
        if changes {
            self.is_said = !is_ready;
        }
        changes.then_some(is_ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_said_once_and_its_end_too() {
        let mut state = State::default();
        let looks = [true, false, true, false, false, false, true, true, false, false];
        let said = looks.map(|is_ready| state.look(is_ready));
        let mut expected = [None; 10];
        (expected[4], expected[6], expected[9]) = (Some(false), Some(true), Some(false));
        assert_eq!(said, expected);
    }
}
