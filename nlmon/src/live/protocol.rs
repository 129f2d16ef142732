//! What the two ends of the live log's socket say. The client sends one [`Request`] line; the
//! daemon answers with one [`Reply`] line, and after a hello goes on with one JSON object a line:
//! a [`super::json::LogRecord`], or a [`Lost`] in the place of records that the client was too
//! slow to get.

use serde::{Deserialize, Serialize};

use super::answers::AnswerRequest;
use super::filter::Filter;
use super::history::History;
use super::json::Detail;
use super::ledger::{ChangesRequest, ExplainRequest};
use super::situation::SituationRequest;
use super::stats::StatsRequest;

/// Version of this conversation. The two ends have to agree on it.
pub const VERSION: u32 = 1;

/// Longest request line in bytes, its newline included.
pub const REQUEST_MAX: usize = 16 * 1024;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`] of the client.
    pub version: u32,
    /// The records it wants.
    #[serde(default)]
    pub filter: Filter,
    /// How much of each.
    #[serde(default)]
    pub detail: Detail,
    /// How far back it begins.
    #[serde(default)]
    pub history: History,
    /// Numbers in place of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<StatsRequest>,
    /// How things are, in place of records: what is wrong, what changed, who talks most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<SituationRequest>,
    /// Changes of what is configured, in place of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesRequest>,
    /// What is known of objects, in place of records: one line, and the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<ExplainRequest>,
    /// What was lost or refused, in place of records: one line, and the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerRequest>,
    /// Whether the daemon does its work, in place of both: one line of its own, and the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub health: bool,
    /// What is wrong now, in place of all: one line, and with `watch` another whenever it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<FindingsRequest>,
}

/// How findings are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingsRequest {
    /// Go on, with a line whenever something has changed.
    #[serde(default)]
    pub watch: bool,
}

impl Request {
    /// One for nothing but this version's records.
    pub fn new() -> Self {
        Self {
            version: VERSION,
            filter: Filter::default(),
            detail: Detail::default(),
            history: History::default(),
            stats: None,
            situation: None,
            changes: None,
            explain: None,
            answer: None,
            health: false,
            findings: None,
        }
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new()
    }
}

/// The daemon's one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// Records follow.
    Hello {
        /// [`VERSION`] of the daemon.
        version: u32,
        /// Release of the daemon.
        nlmon: String,
        /// Whether probes see what is sent. Without, no record has a sender, and each is
        /// `unobserved`.
        #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
        probes: bool,
        /// One call in so many is sampled at the moment, 0 for none.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        sample_every: u32,
    },
    /// Nothing follows.
    Error {
        /// What kind of refusal.
        kind: Refusal,
        /// Why, and what to do, for a person.
        message: String,
    },
}

/// Daemons that do not say have probes.
fn yes() -> bool {
    true
}

/// Daemons that do not say sample all.
fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

/// Why the daemon refuses a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refusal {
    /// The request is no request, or came too late.
    Request,
    /// The client speaks another version.
    Version,
    /// The filter names something that does not exist.
    Filter,
    /// The daemon keeps no history, and some is wanted.
    History,
    /// The daemon keeps no ledger, and something of it is wanted.
    Ledger,
    /// There are as many clients as the daemon serves.
    Busy,
}

/// What one end says, as a line.
pub(super) fn line(value: &impl Serialize) -> Vec<u8> {
    // What is said has string keys and finite numbers only, so this cannot fail.
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Records that the client was too slow to get, in their place in the stream. Counted before the
/// filter, which never saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// How many, since the line before.
    pub lost: u64,
}
