//! Numbers on the log's socket: a client that asks for them gets a line of metrics at each interval
//! in place of records. What they are is not this module's: whoever opens the socket says how a
//! line is made.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::protocol::FindingsRequest;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};

use super::ledger::KeptLedger;
use super::talkers::TalkerBoard;
use nlmon_core::answers::LossState;

/// Shortest interval: what is asked for costs hundreds of system calls.
const INTERVAL_MIN: Duration = Duration::from_millis(200);
/// Longest interval.
const INTERVAL_MAX: Duration = Duration::from_mins(1);

/// How often a client that watches findings is told of a change.
const FINDINGS_INTERVAL: Duration = Duration::from_secs(1);

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

/// Makes a line of JSON, without its newline, of whether all is well, or of what is not.
type Report = dyn Fn() -> String + Send + Sync;

/// Says what was lost at sockets, until that moment.
type Losses = dyn Fn() -> LossState + Send + Sync;

/// Where the numbers come from. One line of them is made at a time.
#[derive(Clone)]
pub struct StatsSource {
    make: Arc<Make>,
    turn: Arc<Semaphore>,
    health: Arc<Report>,
    findings: Arc<Report>,
    ledger: Option<Arc<KeptLedger>>,
    losses: Arc<Losses>,
    talkers: Option<Arc<TalkerBoard>>,
}

impl StatsSource {
    /// One that makes lines so. It may take its time.
    pub fn new(make: impl Fn(&[String]) -> String + Send + Sync + 'static) -> Self {
        let (turn, health) = (Arc::new(Semaphore::new(1)), Arc::new(|| "null".to_owned()));
        let findings = Arc::new(|| "[]".to_owned());
        let losses = Arc::new(LossState::default);
        Self { make: Arc::new(make), turn, health, findings, ledger: None, losses, talkers: None }
    }

    /// The same, which can also say so what is wrong.
    #[must_use]
    pub fn with_findings(self, told: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { findings: Arc::new(told), ..self }
    }

    /// The same, which can also say so whether all is well.
    #[must_use]
    pub fn with_health(self, report: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { health: Arc::new(report), ..self }
    }

    /// The same, which can also say what was lost at sockets. It may take its time.
    #[must_use]
    pub fn with_losses(self, losses: impl Fn() -> LossState + Send + Sync + 'static) -> Self {
        Self { losses: Arc::new(losses), ..self }
    }

    /// The same, which also has the ledger.
    #[must_use]
    pub fn with_ledger(self, ledger: Option<Arc<KeptLedger>>) -> Self {
        Self { ledger, ..self }
    }

    /// The same, which also knows who talks most.
    #[must_use]
    pub fn with_talkers(self, talkers: Arc<TalkerBoard>) -> Self {
        Self { talkers: Some(talkers), ..self }
    }

    /// Who talks most, if that is looked at.
    pub(super) fn talkers(&self) -> Option<&TalkerBoard> {
        self.talkers.as_deref()
    }

    /// What is wrong, as an array of JSON.
    pub(super) fn findings(&self) -> String {
        (self.findings)()
    }

    /// The ledger, if one is kept.
    pub(super) fn ledger(&self) -> Option<Arc<KeptLedger>> {
        self.ledger.clone()
    }
}

impl StatsSource {
    /// What was lost at sockets, by a look of this moment: one at a time, as lines are.
    pub(super) async fn losses(&self) -> io::Result<LossState> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(io::Error::other)?;
        let losses = Arc::clone(&self.losses);
        let work = move || {
            let state = losses();
            drop(turn);
            state
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
    }

    /// Makes a line off the async threads. A client that leaves leaves its turn with the work, which
    /// goes on without it: more than one is never under way.
    async fn line(&self, request: Arc<StatsRequest>) -> io::Result<String> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(io::Error::other)?;
        let make = Arc::clone(&self.make);
        let work = move || {
            let line = make(&request.metrics) + "\n";
            drop(turn);
            line
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
    }
}

impl fmt::Debug for StatsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatsSource")
    }
}

impl StatsRequest {
    fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms).clamp(INTERVAL_MIN, INTERVAL_MAX)
    }
}

/// Writes one line of whether all is well. Looking takes no system call that waits.
pub(super) async fn tell_health(
    write: &mut OwnedWriteHalf,
    source: &StatsSource,
) -> io::Result<()> {
    write.write_all(((source.health)() + "\n").as_bytes()).await
}

/// Writes a line of what is wrong; where the client watches, another whenever it is another, until
/// the client is gone.
pub(super) async fn tell_findings(
    write: &mut OwnedWriteHalf,
    request: FindingsRequest,
    source: &StatsSource,
) -> io::Result<()> {
    let mut ticks = interval(FINDINGS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        ticks.tick().await;
        let line = (source.findings)() + "\n";
        if last.as_ref() != Some(&line) {
            write.write_all(line.as_bytes()).await?;
            last = Some(line);
        }
        if !request.watch {
            return Ok(());
        }
    }
}

/// Writes lines until the client is gone. One that does not read gets fewer.
pub(super) async fn stream(
    write: &mut OwnedWriteHalf,
    request: StatsRequest,
    source: StatsSource,
) -> io::Result<()> {
    let mut ticks = interval(request.interval());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let request = Arc::new(request);
    loop {
        ticks.tick().await;
        let line = source.line(Arc::clone(&request)).await?;
        write.write_all(line.as_bytes()).await?;
    }
}
