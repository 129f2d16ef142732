//! One change of an object's state: what, when, by whom, and how that is known. Its JSON is a
//! published schema (`docs/changes.md`): fields may be added, none may change its meaning.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::facts::Difference;
use super::kind::Kind;
use crate::record::Cause;

/// What happened to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It is there, and was not before.
    Added,
    /// It is another than before.
    Changed,
    /// It is not there any more.
    Deleted,
}

impl Verb {
    /// The word used in text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }
}

/// The process in whose context the kernel told of the change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Process id, in the initial pid namespace.
    pub pid: u32,
    /// Name of the thread.
    pub comm: String,
    /// The innermost systemd unit of its cgroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the container that the cgroup is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Name of the Kubernetes pod that the cgroup is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
}

/// How the ledger came to know of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Learnt {
    /// The kernel told of it.
    #[default]
    Told,
    /// The kernel told nobody, and a probe saw it.
    Silent,
    /// It went with what it belonged to, of which alone the kernel told.
    With,
    /// A list of all objects differs from what was known: when it changed, and by whom, is not
    /// known.
    Listed,
}

/// What was answered to a request. The kernel tells of a change before it answers, so that the answer
/// may come when the change is known already, and shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered(OnceLock<Cow<'static, str>>);

impl Answered {
    /// The answer; `None` if there is none so far.
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(|answer| &**answer)
    }

    /// Gives the answer. The first one stays.
    pub(super) fn set(&self, answer: &Self) {
        if let Some(answer) = answer.0.get() {
            self.0.get_or_init(|| answer.clone());
        }
    }

    fn is_open(&self) -> bool {
        self.get().is_none()
    }

    fn owned_bytes(&self) -> usize {
        match self.0.get() {
            Some(Cow::Owned(text)) => text.len(),
            _ => 0,
        }
    }
}

impl From<Option<Cow<'static, str>>> for Answered {
    fn from(answer: Option<Cow<'static, str>>) -> Self {
        Self(answer.map_or_else(OnceLock::new, OnceLock::from))
    }
}

impl Serialize for Answered {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Answered {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::from)
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number: one more than that of the change before it.
    pub number: u64,
    /// When the kernel told of it, or when the list was complete: `CLOCK_MONOTONIC` nanoseconds. A
    /// record of the log with the same `time_ns` is the evidence.
    pub time_ns: u64,
    /// The same by the time of day: RFC 3339, UTC, nanoseconds.
    pub time: String,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Name of that namespace in `/run/netns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netns_name: Option<String>,
    /// What kind of object.
    pub kind: Kind,
    /// Which one, in the words of `ip`, `bridge`, `tc` and `nft`.
    pub object: String,
    /// What happened.
    pub verb: Verb,
    /// What is different.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// How it is known.
    #[serde(default, skip_serializing_if = "is_told")]
    pub learnt: Learnt,
    /// In whose context it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Arc<Who>>,
    /// What made the kernel do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The system call that made the kernel do it, with what is known of it: `ioctl(SIOCSIFADDR)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Type of the request, by name, inside which it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Cow<'static, str>>,
    /// What was answered to that request: `ok`, or an errno's name.
    #[serde(default, skip_serializing_if = "Answered::is_open")]
    pub result: Answered,
    /// What it probably was due to, in words, where nobody told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
fn is_told(learnt: &Learnt) -> bool {
    *learnt == Learnt::Told
}

impl Change {
    /// The object with its kind: `route default via 192.0.2.1 dev eth0`.
    pub fn subject(&self) -> String {
        format!("{} {}", self.kind.name(), self.object)
    }

    /// Memory that it takes, by estimate. Of a process that changes much most is shared.
    pub(super) fn bytes(&self) -> usize {
        let option = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let owned = |text: &Option<Cow<'_, str>>| match text {
            Some(Cow::Owned(text)) => text.len(),
            _ => 0,
        };
        let who = self.process.as_ref().map_or(0, |who| {
            who.comm.len() + option(&who.unit) + option(&who.container) + option(&who.pod)
        });
        let difference = |d: &Difference| {
            size_of::<Difference>() + d.field.len() + option(&d.from) + option(&d.to)
        };
        size_of::<Self>()
            + self.time.len()
            + self.object.len()
            + self.differences.iter().map(difference).sum::<usize>()
            + who
            + option(&self.netns_name)
            + option(&self.call)
            + owned(&self.request)
            + self.result.owned_bytes()
            + option(&self.because)
    }
}
