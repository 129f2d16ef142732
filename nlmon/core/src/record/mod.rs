//! The four nouns of nlmon and their parts: what a probe saw ([`Observation`]), what the daemon's
//! own socket received ([`Delivery`]), the joined thing that a person sees ([`Record`]), and which
//! way a datagram went ([`Path`]). Plain values; no I/O, no kernel types beyond the shared ABI.

mod call;
mod silent;

use std::{borrow::Cow, fmt};

use nlmon_common::counter::path;
use serde::{Deserialize, Serialize};

pub use call::{Machine, SystemCall};
pub use silent::{RemovedRoute, Silent};

/// Which way a datagram went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// User to kernel.
    Request,
    /// Kernel to user, unicast: replies, acknowledgements, errors.
    Reply,
    /// User to user, unicast.
    Peer,
    /// Kernel to user, from a dump.
    Dump,
    /// To the members of a group.
    Multicast,
    /// No way at all: a change that the kernel told nobody of. There is no datagram.
    Silent,
}

impl Path {
    /// Every path of a datagram, in the order of its ABI number.
    pub const ALL: [Self; 5] =
        [Self::Request, Self::Reply, Self::Peer, Self::Dump, Self::Multicast];

    /// The path that the ABI number stands for; `None` for one that this build does not know.
    pub fn from_abi(value: u8) -> Option<Self> {
        match value {
            path::REQUEST => Some(Self::Request),
            path::REPLY => Some(Self::Reply),
            path::PEER => Some(Self::Peer),
            path::DUMP => Some(Self::Dump),
            path::MULTICAST => Some(Self::Multicast),
            path::SILENT => Some(Self::Silent),
            _ => None,
        }
    }

    /// Its ABI number.
    pub fn abi(self) -> u8 {
        match self {
            Self::Request => path::REQUEST,
            Self::Reply => path::REPLY,
            Self::Peer => path::PEER,
            Self::Dump => path::DUMP,
            Self::Multicast => path::MULTICAST,
            Self::Silent => path::SILENT,
        }
    }

    /// The word used in metrics and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Peer => "peer",
            Self::Dump => "dump",
            Self::Multicast => "multicast",
            Self::Silent => "silent",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Name of a thread, as the kernel keeps it: at most 15 bytes, which need not be UTF-8
/// (`TASK_COMM_LEN` in `include/linux/sched.h`). No allocation, because each record has one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comm([u8; Self::SIZE]);

impl Comm {
    /// `TASK_COMM_LEN`: the name with the NUL that ends it.
    pub const SIZE: usize = 16;

    /// The name up to the first NUL of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut name = [0; Self::SIZE];
        let kept = bytes.iter().take(Self::SIZE).take_while(|byte| **byte != 0);
        name.iter_mut().zip(kept).for_each(|(to, from)| *to = *from);
        Self(name)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::SIZE);
        &self.0[..len]
    }

    /// The name as text. What is no UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl From<&str> for Comm {
    fn from(name: &str) -> Self {
        Self::new(name.as_bytes())
    }
}

impl fmt::Debug for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

/// The task in whose context a datagram was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Process id (thread group), as the initial pid namespace has it.
    pub pid: u32,
    /// Thread id.
    pub tid: u32,
    /// Name of the thread.
    pub comm: Comm,
    /// Real user id.
    pub uid: u32,
    /// Cgroup (v2) id.
    pub cgroup_id: u64,
    /// A thread of the kernel.
    pub kernel_thread: bool,
    /// An interrupt or softirq ran on top of this task, which is then a bystander.
    pub interrupt: bool,
    /// The system call by which it came into the kernel. Read only where it tells more than the rest:
    /// of a notification of the kernel, or a silent change, that no request encloses.
    pub system_call: Option<SystemCall>,
}

/// The request inside which something was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// When the request's call began, `CLOCK_MONOTONIC` nanoseconds.
    pub start_ns: u64,
    /// Its netlink protocol number: a uevent may be sent inside a route request.
    pub protocol: u8,
    /// Its `nlmsg_type`.
    pub message_type: u16,
    /// Its `nlmsg_flags`.
    pub flags: u16,
    /// First byte of its payload, if that was seen: in generic netlink its command.
    pub command: Option<u8>,
}

/// What a probe saw in the kernel of one datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Entry into the call, `CLOCK_MONOTONIC` nanoseconds.
    pub start_ns: u64,
    /// From entry to return.
    pub duration_ns: u64,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Which way it went.
    pub path: Path,
    /// Inode number of the sending socket's network namespace.
    pub netns: u32,
    /// Who sent it.
    pub task: Task,
    /// Destination port id; for a multicast the excluded one.
    pub portid: u32,
    /// Port id of the sending socket; 0 is the kernel.
    pub src_portid: u32,
    /// Multicast group; 0 for unicast.
    pub group: u32,
    /// Length of the whole datagram in bytes; `data` may hold fewer.
    pub len: u32,
    /// What the call returned; `None` if the return was not seen.
    pub result: Option<i32>,
    /// The enclosing request, if there was one.
    pub parent: Option<Parent>,
    /// The payload was cut to its headers because it may carry keys.
    pub redacted: bool,
    /// What the probe found beyond the first bytes.
    pub contents: Contents,
    /// First bytes of the datagram; of an error, those of one that quotes less of its request,
    /// where there is no room for what comes behind.
    pub data: Vec<u8>,
}

/// What a probe found in the whole of a datagram, which `data` may hold only the beginning of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Netlink messages; `None` if not all could be counted.
    pub messages: Option<u32>,
    /// The end of a dump, if that is the last message.
    pub end: Option<End>,
}

/// What the end of a dump says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Positive, or 0 for success.
    pub errno: i32,
    /// `NLM_F_DUMP_INTR`.
    pub interrupted: bool,
}

/// What the daemon's own multicast socket received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it was read from the socket, `CLOCK_MONOTONIC` nanoseconds.
    pub received_ns: u64,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Inode number of the socket's network namespace.
    pub netns: u32,
    /// Group it came by.
    pub group: u32,
    /// Port id of the sender; 0 is the kernel.
    pub src_portid: u32,
    /// Length of the whole datagram; larger than `data` when it did not fit the buffer.
    pub len: u32,
    /// The datagram.
    pub data: Vec<u8>,
}

/// How the join of a multicast ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Seen by a probe, and received.
    Delivered,
    /// Seen by a probe, and never received by the daemon's socket, which is in the group.
    Lost,
    /// Received, and never seen by a probe.
    Unobserved,
    /// Received, and a probe may have seen it: not every such datagram is sampled.
    NotSampled,
    /// The join gave it up before its time: the daemon ended, or too many were waiting.
    Undecided,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::Lost, Self::Unobserved, Self::NotSampled, Self::Undecided];

    /// The word used in metrics and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Lost => "lost",
            Self::Unobserved => "unobserved",
            Self::NotSampled => "not_sampled",
            Self::Undecided => "undecided",
        }
    }
}

/// What made the kernel send a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The request inside which it was sent, which changed something: the task did it.
    Request,
    /// The request inside which it was sent only read, and flushed what was pending: the task did
    /// not do it.
    Flushed,
    /// A kernel thread or an interrupt: the task did not do it.
    Kernel,
    /// A system call of the task that sends no request: an ioctl, a write to a file of sysfs, the
    /// loading of a module, a closed file. [`Task::system_call`] tells which.
    #[serde(rename = "syscall")]
    SystemCall,
    /// The task did it, or had the kernel do it, and nlmon cannot judge how: its registers could not
    /// be read, or the request's type does not tell what it does.
    Unknown,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 5] =
        [Self::Request, Self::Flushed, Self::Kernel, Self::SystemCall, Self::Unknown];

    /// The word used in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Flushed => "flushed",
            Self::Kernel => "kernel",
            Self::SystemCall => "syscall",
            Self::Unknown => "unknown",
        }
    }
}

/// What a dump amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// Datagrams.
    pub parts: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages in them without the end's; `None` if not all could be counted.
    pub messages: Option<u64>,
    /// What was listed changed meanwhile, so that it may be inconsistent: `NLM_F_DUMP_INTR`.
    pub interrupted: bool,
    /// Errno of its end, positive; 0 for success; `None` as long as no end was seen.
    pub end: Option<i32>,
}

/// The answer that belongs to a request, or the request that belongs to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From the request's entry to the answer's.
    pub latency_ns: u64,
    /// Errno of a `NLMSG_ERROR`, positive; 0 for an acknowledgement; `None` for a plain reply.
    pub errno: Option<i32>,
    /// `nlmsg_type` of the request; of several messages, of the one that is answered.
    pub request_type: u16,
    /// What an extended acknowledgement says in words. Not escaped.
    pub text: Option<String>,
    /// What the dump amounted to, where this is its end.
    pub dump: Option<Dump>,
}

/// The joined thing that a person sees: a datagram that a probe saw, with its delivery if there was
/// one, or a delivery without a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every record was sent; a box would cost each of them an allocation"
)]
pub enum Record {
    /// A probe saw it.
    Sent {
        /// What the probe saw.
        observation: Observation,
        /// The same datagram as the daemon's socket received it.
        delivery: Option<Delivery>,
        /// How the multicast join ended; `None` where there was nothing to join.
        outcome: Option<Outcome>,
        /// The other half of a request and its answer.
        answer: Option<Answer>,
    },
    /// The daemon's socket received it, and no sample of it came.
    Received {
        /// What the socket received.
        delivery: Delivery,
        /// How the multicast join ended.
        outcome: Outcome,
    },
    /// A probe saw the kernel change something and tell nobody.
    Silent(Box<Silent>),
}

impl Record {
    /// What a probe saw, joined with nothing yet.
    pub fn sent(observation: Observation) -> Self {
        Self::Sent { observation, delivery: None, outcome: None, answer: None }
    }

    /// What a probe saw.
    pub fn observation(&self) -> Option<&Observation> {
        match self {
            Self::Sent { observation, .. } => Some(observation),
            Self::Received { .. } => None,
            Self::Silent(silent) => Some(&silent.observation),
        }
    }

    /// The change that nobody was told of.
    pub fn silent(&self) -> Option<&Silent> {
        match self {
            Self::Silent(silent) => Some(silent),
            Self::Sent { .. } | Self::Received { .. } => None,
        }
    }

    /// What the daemon's socket received.
    pub fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Sent { delivery, .. } => delivery.as_ref(),
            Self::Received { delivery, .. } => Some(delivery),
            Self::Silent(_) => None,
        }
    }

    /// How the multicast join ended; `None` where there was nothing to join.
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Sent { outcome, .. } => *outcome,
            Self::Received { outcome, .. } => Some(*outcome),
            Self::Silent(_) => None,
        }
    }

    /// The other half of a request and its answer.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Sent { answer, .. } => answer.as_ref(),
            Self::Received { .. } | Self::Silent(_) => None,
        }
    }

    /// Netlink protocol number.
    pub fn protocol(&self) -> u8 {
        match self {
            Self::Sent { observation, .. } => observation.protocol,
            Self::Received { delivery, .. } => delivery.protocol,
            Self::Silent(silent) => silent.observation.protocol,
        }
    }

    /// Which way it went. What the daemon's socket receives came by multicast.
    pub fn path(&self) -> Path {
        self.observation().map_or(Path::Multicast, |observation| observation.path)
    }

    /// Inode number of the network namespace.
    pub fn netns(&self) -> u32 {
        match self {
            Self::Sent { observation, .. } => observation.netns,
            Self::Received { delivery, .. } => delivery.netns,
            Self::Silent(silent) => silent.observation.netns,
        }
    }

    /// Multicast group; 0 for unicast.
    pub fn group(&self) -> u32 {
        match self {
            Self::Sent { observation, .. } => observation.group,
            Self::Received { delivery, .. } => delivery.group,
            Self::Silent(silent) => silent.observation.group,
        }
    }

    /// The fullest copy of the datagram, which may still be its beginning only. The delivered copy
    /// is whole.
    pub fn data(&self) -> &[u8] {
        match self {
            Self::Sent { delivery: Some(delivery), .. } | Self::Received { delivery, .. } => {
                &delivery.data
            }
            Self::Sent { observation, .. } => &observation.data,
            Self::Silent(_) => &[],
        }
    }

    /// Length of the whole datagram in bytes.
    pub fn datagram_len(&self) -> u32 {
        match self {
            Self::Sent { delivery: Some(delivery), .. } | Self::Received { delivery, .. } => {
                delivery.len
            }
            Self::Sent { observation, .. } => observation.len,
            Self::Silent(_) => 0,
        }
    }

    /// When it was sent, or else received, `CLOCK_MONOTONIC` nanoseconds.
    pub fn time_ns(&self) -> u64 {
        match self {
            Self::Sent { observation, .. } => observation.start_ns,
            Self::Received { delivery, .. } => delivery.received_ns,
            Self::Silent(silent) => silent.observation.start_ns,
        }
    }
}
