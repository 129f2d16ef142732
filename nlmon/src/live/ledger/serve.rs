//! What a client of the log's socket gets of the ledger: changes as they come, or one answer.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;

use super::{ChangeFilter, KeptLedger};
use crate::live::history::History;
use crate::live::protocol::{Lost, line};
use crate::subscribe::monotonic_ns;
use nlmon_core::ledger::{Change, Query};

/// Changes that are taken under one hold of the ledger's lock.
const BATCH_MAX: usize = 256;

/// Which changes a client wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangesRequest {
    /// Which.
    pub filter: ChangeFilter,
    /// How far back to begin.
    pub history: History,
}

/// What a client asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// Which objects.
    pub query: Query,
    /// Inode number of the namespace they are in; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netns: Option<u32>,
}

/// Writes changes until the client is gone.
pub(in crate::live) async fn stream(
    write: &mut OwnedWriteHalf,
    request: ChangesRequest,
    kept: Arc<KeptLedger>,
) -> io::Result<()> {
    let mut published = kept.published.subscribe();
    let mut next = begin(&kept, &request);
    loop {
        published.mark_unchanged();
        let changes = kept.changes(next, BATCH_MAX);
        let mut lines = Vec::new();
        if let Some(first) = changes.first() {
            let lost = first.number.saturating_sub(next);
            if lost > 0 {
                lines.extend(line(&Lost { lost }));
            }
        }
        for change in &changes {
            next = change.number + 1;
            if request.filter.passes(change) {
                lines.extend(line(&**change));
            }
        }
        write.write_all(&lines).await?;
        if changes.is_empty() && published.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// The number of the first change to send.
fn begin(kept: &KeptLedger, request: &ChangesRequest) -> u64 {
    let history = request.history;
    let all = kept.changes(0, usize::MAX);
    let end = all.last().map_or_else(|| *kept.published.borrow(), |last| last.number + 1);
    if !history.is_wanted() {
        return end;
    }
    let oldest_ns = history.oldest_ns(monotonic_ns()).unwrap_or(0);
    let is_wanted =
        |change: &&Arc<Change>| change.time_ns >= oldest_ns && request.filter.passes(change);
    let last = usize::try_from(history.last.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let first = all.iter().rev().filter(is_wanted).take(last).last();
    first.map_or(end, |first| first.number)
}

/// Writes the answer, in one line.
pub(in crate::live) async fn explain(
    write: &mut OwnedWriteHalf,
    request: ExplainRequest,
    kept: Arc<KeptLedger>,
) -> io::Result<()> {
    let work = move || line(&kept.explain(&request));
    let line = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
    write.write_all(&line).await
}
