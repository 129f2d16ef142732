//! Answers about what went wrong, for clients of the log's socket: which requests the kernel refused,
//! who lost messages. `read` makes of the log's history what the core's `answers` want to know. What
//! was lost at sockets, whoever opens the socket says.
//!
//! Invariant: an answer costs who asks for it, and nothing before: records are read when it is made.

mod read;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::sleep;

use super::bus::Bus;
use super::glob;
use super::protocol::line;
use super::stats::StatsSource;
use nlmon_core::answers::{Doubt, Evidence, LossState, Reach};

/// How long the log may still bring what has happened already: the join holds records for 0.1 s.
const SETTLE: Duration = Duration::from_millis(400);

/// Longest name of a thread: a process's name is cut to that.
const COMM_MAX: usize = 15;

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// Listeners that lost messages.
    Loss,
    /// Requests that were refused.
    Error,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// About what.
    pub about: About,
    /// Of which processes: a process id, a name, or a pattern. All if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
}

impl AnswerRequest {
    /// Whether a process is asked about.
    fn is_about(&self, pid: u32, comm: &str) -> bool {
        self.process.as_ref().is_none_or(|wanted| {
            let is_cut = comm.len() == COMM_MAX && wanted.starts_with(comm);
            wanted.parse() == Ok(pid) || is_cut || glob::matches(wanted, comm)
        })
    }
}

/// Writes the answer, in one line.
pub(super) async fn answer(
    write: &mut OwnedWriteHalf,
    request: AnswerRequest,
    source: StatsSource,
    bus: Arc<Bus>,
) -> io::Result<()> {
    // Also of errors: it says how many samples were lost.
    let losses = source.losses().await?;
    sleep(SETTLE).await;
    let asked = Arc::clone(&bus);
    let work = move || make(&request, losses, &asked);
    let line = bus.off_workers(work).await.map_err(io::Error::other)?;
    write.write_all(&line).await
}

fn make(request: &AnswerRequest, mut losses: LossState, bus: &Bus) -> Vec<u8> {
    let kept = bus.kept();
    let clock = read::clock();
    let mut doubts = Vec::new();
    if !bus.has_probes() {
        doubts.push(Doubt::NoProbes);
    } else if bus.sample_every() != 1 {
        doubts.push(Doubt::Sampled(bus.sample_every()));
    }
    if losses.samples_lost > 0 {
        doubts.push(Doubt::SamplesLost(losses.samples_lost));
    }
    if kept.is_cut {
        doubts.push(Doubt::LogBeginsLater);
    }
    let oldest = kept.entries.iter().map(|entry| entry.time_ns()).min();
    let oldest = oldest.map(|record| Evidence { record, time: clock.format(record) });
    let reach = Reach { records: kept.entries.len() as u64, oldest, doubts };
    match request.about {
        About::Error => line(&read::errors(&kept.entries, request).answer(reach)),
        About::Loss => {
            losses.listeners.retain(|listener| match &listener.socket.process {
                Some((pid, comm)) => request.is_about(*pid, comm),
                None => request.process.is_none(),
            });
            let sent = read::sent(&kept.entries, &losses);
            line(&nlmon_core::answers::losses(&losses, &sent, reach, &|ns| clock.format(ns)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_goes_by_its_number_its_name_and_a_pattern() {
        let about =
            |process: &str| AnswerRequest { about: About::Loss, process: Some(process.to_owned()) };
        assert!(about("7").is_about(7, "bird") && !about("7").is_about(8, "7x"));
        assert!(about("bird").is_about(7, "bird") && about("bi*").is_about(7, "bird"));
        assert!(about("systemd-networkd").is_about(7, "systemd-network"));
        assert!(!about("systemd-resolved").is_about(7, "systemd-network"));
        assert!(AnswerRequest { about: About::Error, process: None }.is_about(1, ""));
    }
}
