//! What is wrong now: [`Finding`]s, made of totals that the daemon hands over every few seconds.
//!
//! [`Detectors`] say at each [`Look`] which conditions hold, [`Board`] makes findings of them that
//! begin and end. Pure: time is a member of the look.
//!
//! Invariant: a finding is there exactly as long as its condition holds, and is made of counts, so
//! that a quiet host has none. Bounded: at most [`OPEN_MAX`] are open; the rest is counted.

mod board;
mod detect;
mod fight;
mod silent;
mod stall;
mod storm;
mod windows;

pub use board::{Board, Change, OPEN_MAX};
pub use detect::Detectors;
pub use stall::{Queue, Queues, SocketKey};

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{ledger, talkers};

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Requests of a process mostly fail.
    Errors,
    /// Two undo each other's changes of one object.
    Fight,
    /// A process holds ever more sockets.
    Leak,
    /// A listener lost messages.
    Lost,
    /// A table of neighbours is full.
    Neighbours,
    /// A transaction of nftables failed.
    Nft,
    /// nlmon itself does not do all of its work.
    #[serde(rename = "self")]
    Own,
    /// Routes went without a message, and nobody has put them back.
    Silent,
    /// A listener does not read what waits for it.
    Stall,
    /// A type of notification comes far more often than before.
    Storm,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Errors,
        Self::Fight,
        Self::Leak,
        Self::Lost,
        Self::Neighbours,
        Self::Nft,
        Self::Own,
        Self::Silent,
        Self::Stall,
        Self::Storm,
    ];

    /// The word used in metrics and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Fight => "fight",
            Self::Leak => "leak",
            Self::Lost => "lost",
            Self::Neighbours => "neighbours",
            Self::Nft => "nft",
            Self::Own => "self",
            Self::Silent => "silent",
            Self::Stall => "stall",
            Self::Storm => "storm",
        }
    }

    /// What to do about it, in one sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Errors => "Look at what it asks for: `nlmon tail --process NAME --errors`.",
            Self::Fight => {
                "Let one of them alone manage it: `nlmon changes --since 10m` shows their turns."
            }
            Self::Leak => "It opens sockets and does not close them: restart it, and report it.",
            Self::Lost => {
                "What it knows of the network may be wrong: restart it, and give it a larger \
                 receive buffer (SO_RCVBUF, or net.core.rmem_default)."
            }
            Self::Neighbours => {
                "New neighbours cannot be reached: raise net.ipv4.neigh.default.gc_thresh3, or \
                 that of ipv6."
            }
            Self::Nft => {
                "None of the transaction was applied: `nlmon tail --protocol netfilter --errors`."
            }
            Self::Own => "See what `nlmon check --live` says.",
            Self::Silent => {
                "Who keeps routes still has them: restart or reload it, or add them again. `nlmon \
                 explain route PREFIX` says when each went."
            }
            Self::Stall => {
                "It hangs, or is stopped, and will lose messages: see what it does, or restart it."
            }
            Self::Storm => "Every listener receives each of them: see who causes them, and why.",
        }
    }

    /// The heading of the runbook about it.
    pub fn runbook(self) -> String {
        format!("docs/runbook.md#finding-{}", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is so by the host's own choice, and something is missing by it.
    Info,
    /// Something is lost, or will be.
    Warning,
    /// Something does not work.
    Critical,
}

impl Severity {
    /// Every one, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word used in metrics and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that holds at one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What kind of thing.
    pub kind: Kind,
    /// What it is about; with the kind it says which finding this is.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a sentence with its figures.
    pub text: String,
    /// What else was seen that has to do with it, a sentence each.
    pub evidence: Vec<String>,
}

/// A condition that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// What it is about.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a sentence with its figures: those of the last look that saw it.
    pub text: String,
    /// What else was seen that has to do with it, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
    /// The heading of the runbook about it.
    pub runbook: String,
    /// When it began, nanoseconds of the clock of the looks.
    pub first_ns: u64,
    /// When it was last seen.
    pub last_ns: u64,
}

/// Requests of a process, since the daemon began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Those that have ended.
    pub ended: u64,
    /// Those of them that were answered with an error.
    pub refused: u64,
}

/// Names a counter: protocol and process, or protocol and type.
pub type Pair = (String, String);

/// A refusal: process, protocol, type and errno, by name.
pub type Refusal = (String, String, String, String);

/// What the daemon knows at one moment. All counts are totals that never go back, but those of
/// sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// When: nanoseconds of any one clock that does not go back.
    pub at_ns: u64,
    /// Datagrams that found no room, by protocol and the process that holds the socket.
    pub overruns: BTreeMap<Pair, u64>,
    /// Requests by protocol and process.
    pub requests: BTreeMap<Pair, Requests>,
    /// Refusals of requests.
    pub refusals: BTreeMap<Refusal, u64>,
    /// Sockets that are open, by protocol and process. `None` where no scan was made.
    pub sockets: Option<BTreeMap<Pair, u64>>,
    /// Multicast messages by protocol and type.
    pub notifications: BTreeMap<Pair, u64>,
    /// The same by protocol and process.
    pub causes: BTreeMap<Pair, u64>,
    /// Times that a table of neighbours was full, by table.
    pub full_tables: BTreeMap<String, u64>,
    /// What has changed of what is configured since the look before, oldest first.
    pub changes: Vec<Arc<ledger::Change>>,
    /// What waits in sockets, by the last scan. `None` where no scan was made.
    pub queues: Option<Queues>,
    /// The objects with the most notifications of the last minute, the most first.
    pub objects: Vec<talkers::Talker<talkers::Object>>,
    /// What nlmon says of itself.
    pub own: Own,
}

/// What nlmon says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Why it is not ready, a line each.
    pub reasons: Vec<String>,
    /// What it does without by its environment, a line each.
    pub degraded: Vec<String>,
    /// Samples that found the ring full.
    pub samples_lost: u64,
    /// Datagrams that its own sockets lost.
    pub deliveries_lost: u64,
}

/// From when on something is a finding. Each default has its reason in `deploy/nlmon.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// How far back losses and refusals count, nanoseconds.
    pub window_ns: u64,
    /// Refused requests of a process in the window, at least.
    pub refused: u64,
    /// Percent of a process's requests that are refused, at least.
    pub refused_percent: u64,
    /// Sockets of one process and protocol that are new in the leak's time, at least.
    pub leaked: u64,
    /// How long sockets have to come and not go, nanoseconds.
    pub leak_ns: u64,
    /// Messages of a type a second, over a minute, at least.
    pub storm_rate: u64,
    /// As many times the type's own past, at least.
    pub storm_factor: u64,
    /// Turns that two take on one object in the fight's time, at least.
    pub fight_turns: u64,
    /// How far back turns count, nanoseconds.
    pub fight_ns: u64,
    /// Routes that went without a message in the window and did not come back, at least.
    pub silent_routes: u64,
    /// How long a queue has to be at least half full and not become less, nanoseconds.
    pub stall_ns: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        const MINUTE_NS: u64 = 60_000_000_000;
        Self {
            window_ns: 5 * MINUTE_NS,
            refused: 20,
            refused_percent: 50,
            leaked: 50,
            leak_ns: 30 * MINUTE_NS,
            storm_rate: 500,
            storm_factor: 10,
            fight_turns: 4,
            fight_ns: 10 * MINUTE_NS,
            silent_routes: 1,
            stall_ns: MINUTE_NS / 2,
        }
    }
}
