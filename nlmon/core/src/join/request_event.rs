//! What became of a request, told as it happens: its first answer, each refusal, and its end. The
//! records of a request and of its answers are on their way by then, and a request that nobody
//! answers has no other record; these are for who counts.

use crate::record::{Comm, Dump};

/// Who asked, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Requester {
    /// Netlink protocol number.
    pub protocol: u8,
    /// `nlmsg_type` of the request, of several messages that of the first.
    pub message_type: u16,
    /// User id, in the initial user namespace.
    pub uid: u32,
    /// Name of the thread.
    pub comm: Comm,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It was answered, without an error.
    Answered,
    /// It, or one of its messages, was answered with an error.
    Refused,
    /// It asked for an answer and got none.
    Unanswered,
    /// It asked for none and got none.
    Unasked,
    /// Its answer, or the end of its dump, was not seen, where not every datagram is sampled.
    NotSampled,
    /// The join ended before its answer came.
    Undecided,
}

impl Verdict {
    /// The word used in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Unasked => "unasked",
            Self::NotSampled => "not_sampled",
            Self::Undecided => "undecided",
        }
    }
}

/// A step in the life of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEvent {
    /// The first answer came.
    Answered {
        /// Of which request.
        requester: Requester,
        /// How long that took.
        latency_ns: u64,
    },
    /// The request, or one message of it, was answered with an error.
    Refused {
        /// Of which request.
        requester: Requester,
        /// `nlmsg_type` of the message at fault.
        message_type: u16,
        /// Positive.
        errno: i32,
    },
    /// Nothing more is expected.
    Ended {
        /// Of which request.
        requester: Requester,
        /// How.
        verdict: Verdict,
        /// From the request to its acknowledgement, its error or the end of its dump; `None` if
        /// there was none, or it was not seen.
        completion_ns: Option<u64>,
        /// What the dump amounted to, if it was one.
        dump: Option<Dump>,
    },
}
