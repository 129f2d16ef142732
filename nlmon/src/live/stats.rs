//! Numbers on the log's socket: a client that asks for them gets a line of metrics at each interval
//! in place of records. What they are is not this module's: whoever opens the socket says how a
//! line is made.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::{MissedTickBehavior, interval};

/// Shortest interval: what is asked for costs hundreds of system calls.
const INTERVAL_MIN: Duration = Duration::from_millis(200);
/// Longest interval.
const INTERVAL_MAX: Duration = Duration::from_mins(1);

/// What a client wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsRequest {
    /// Names of metrics.
    pub metrics: Vec<String>,
    /// How often, in milliseconds; from 200 to 60000.
    pub interval_ms: u64,
}

/// Makes a line of JSON, without its newline, of the metrics of these names.
type Make = dyn Fn(&[String]) -> String + Send + Sync;

/// Where the numbers come from.
#[derive(Clone)]
pub struct Source(Arc<Make>);

impl Source {
    /// One that makes lines so. It may take its time.
    pub fn new(make: impl Fn(&[String]) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl StatsRequest {
    fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms).clamp(INTERVAL_MIN, INTERVAL_MAX)
    }
}

/// Writes lines until the client is gone. One that does not read gets fewer.
pub(super) async fn stream(
    write: &mut OwnedWriteHalf,
    request: StatsRequest,
    source: Source,
) -> io::Result<()> {
    let mut ticks = interval(request.interval());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let request = Arc::new(request);
    loop {
        ticks.tick().await;
        let (request, source) = (Arc::clone(&request), source.clone());
        let line = tokio::task::spawn_blocking(move || (source.0)(&request.metrics) + "\n");
        write.write_all(line.await.map_err(io::Error::other)?.as_bytes()).await?;
    }
}
