//! Answers about what went wrong: which requests the kernel refused, and in which words (`errors`);
//! which listeners lost what (`listeners`), whose messages filled their buffers (`losses`), and how
//! large a buffer would have been enough (`buffer`). They are made of the records that the log still
//! has, and of what is seen of sockets from look to look.
//!
//! Invariant: an answer says what was seen, and no more. Whatever weakens it is a [`Doubt`] in it. No
//! I/O and no clock: the caller brings records, looks and times.

mod buffer;
mod errors;
mod listeners;
mod losses;

use serde::{Deserialize, Serialize};

pub use buffer::Need;
pub use errors::{ErrorAnswer, Errors, Refusal, Refused};
pub use listeners::{Burst, Listener, Listeners, Socket};
pub use losses::{
    BurstLoss, ListenerLoss, LossAnswer, LossState, Sent, Share, To, TypeLost, losses,
};

/// Groups, listeners and the like in one answer, at most.
const ANSWERS_MAX: usize = 64;

/// A record of the log, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its `time_ns`, `CLOCK_MONOTONIC` nanoseconds: what `[record N]` names.
    pub record: u64,
    /// The same by the time of day: RFC 3339, UTC.
    pub time: String,
}

/// What an answer was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Records that the log still had.
    pub records: u64,
    /// The oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Evidence>,
    /// What weakens the whole answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// What weakens an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No probe sees who sends what.
    NoProbes,
    /// One call in so many is sampled; 0 for none.
    Sampled(u32),
    /// So many samples were lost since the daemon began.
    SamplesLost(u64),
    /// Older records than the oldest are not kept any more, and some are of that time.
    LogBeginsLater,
    /// Its queue held something already at the first look.
    BeganFull,
    /// It hears other namespaces too, whose messages are not counted here.
    HearsAllNamespaces,
    /// Who held the socket is not known.
    OwnerUnknown,
    /// Drops from before the first look, which were at no known time.
    LostBefore(u32),
}
