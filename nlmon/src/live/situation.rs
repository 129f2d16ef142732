//! How things are, in one line: what is wrong, what has changed last, who talks most. For `nlmon top`
//! and the page, which show it beside the numbers.

use std::io;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::{MissedTickBehavior, interval};

use super::ledger::{ChangeFilter, KeptLedger, text};
use super::stats::StatsSource;
use crate::subscribe::monotonic_ns;

/// Changes that are told.
const CHANGES_MAX: usize = 50;

/// Changes among which they are looked for: those of the table `local` are left out.
const CHANGES_READ: u64 = 512;

/// Objects and processes that are told.
const TALKERS_MAX: usize = 20;

/// How often a client is told.
const INTERVAL: Duration = Duration::from_secs(2);

/// A client wants to be told how things are, as long as it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SituationRequest {}

/// A change as a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    /// When: RFC 3339, UTC.
    pub time: String,
    /// The record that shows it; absent where a list did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// What happened, in one line, by whom.
    pub text: String,
}

/// The last changes, newest first.
pub(super) fn changes(ledger: &KeptLedger) -> Vec<ChangeLine> {
    let filter = ChangeFilter::default();
    let last = ledger.last_changes(CHANGES_READ);
    let wanted = last.iter().rev().filter(|change| filter.passes(change)).take(CHANGES_MAX);
    let line = |change: &std::sync::Arc<nlmon_core::ledger::Change>| {
        let line = text::line(change, &TimeZone::UTC);
        let (_, text) = line.trim_end().split_once(' ').unwrap_or_default();
        let is_seen = change.learnt != nlmon_core::ledger::Learnt::Listed;
        ChangeLine {
            time: change.time.clone(),
            record: is_seen.then_some(change.time_ns),
            text: text.to_owned(),
        }
    };
    wanted.map(line).collect()
}

impl StatsSource {
    /// How things are, as one object of JSON. The findings are told by the daemon as they are.
    pub fn situation(&self) -> String {
        let changes = self.ledger().map(|ledger| changes(&ledger));
        let minute = self.talkers().map(|talkers| talkers.minute(monotonic_ns(), TALKERS_MAX));
        let findings = self.findings();
        let mut parts = vec![format!(r#""findings":{findings}"#)];
        // Strings and numbers: making text of them cannot fail.
        parts.extend(changes.map(|changes| {
            format!(r#""changes":{}"#, serde_json::to_string(&changes).unwrap_or_default())
        }));
        parts.extend(minute.map(|minute| {
            format!(r#""minute":{}"#, serde_json::to_string(&minute).unwrap_or_default())
        }));
        format!("{{{}}}", parts.join(","))
    }
}

/// Writes a line at each interval until the client is gone.
pub(super) async fn stream(write: &mut OwnedWriteHalf, source: StatsSource) -> io::Result<()> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let source = source.clone();
        let work = move || source.situation() + "\n";
        let line = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
        write.write_all(line.as_bytes()).await?;
    }
}
