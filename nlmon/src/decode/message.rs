//! What decoding yields: [`Decoded`], [`Message`] and [`ErrorReport`]. They are also the
//! `messages` of the live log's JSON, so a field that changes here changes a published schema
//! (`docs/log.md`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The messages of one datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// In the order of the datagram.
    pub messages: Vec<Message>,
    /// The datagram is longer than what was captured of it.
    pub truncated: bool,
}

/// One netlink message, or a datagram that is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Kernel name of the type (`RTM_NEWLINK`), its number if unknown; `uevent` and `udev` for the
    /// two kinds of device events, `raw` for bytes that are no message.
    #[serde(rename = "type")]
    pub message_type: Cow<'static, str>,
    /// `nlmsg_type`; absent where there is no netlink header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_number: Option<u16>,
    /// `nlmsg_len` in bytes, header included; of a datagram without headers its length.
    pub len: u32,
    /// `nlmsg_flags` by name, without `NLM_F_`; unknown bits as one hexadecimal number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Cow<'static, str>>,
    /// `nlmsg_seq`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u32>,
    /// `nlmsg_pid`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portid: Option<u32>,
    /// What it is about, in one line in the words of `ip`. Printable characters only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The outcome that a `NLMSG_ERROR` or `NLMSG_DONE` reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// First bytes in hexadecimal, of what nlmon cannot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The end of this message was not captured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// What a `NLMSG_ERROR` or `NLMSG_DONE` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Positive errno; 0 acknowledges.
    pub errno: i32,
    /// Its name, `ok` for 0.
    pub name: Cow<'static, str>,
    /// Type of the request that is answered, by name; absent in a `NLMSG_DONE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Cow<'static, str>>,
    /// The kernel's explanation (`NLMSGERR_ATTR_MSG`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Byte offset into the request of the attribute at fault (`NLMSGERR_ATTR_OFFS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Type of an attribute that the request lacks (`NLMSGERR_ATTR_MISS_TYPE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_attribute: Option<u32>,
    /// The request's payload is not repeated in the answer (`NLM_F_CAPPED`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capped: bool,
}
