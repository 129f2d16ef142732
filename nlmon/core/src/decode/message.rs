//! What decoding yields: [`Decoded`], [`Message`] and [`ErrorReport`]. They are also the
//! `messages` of the live log's JSON, so a field that changes here changes a published schema
//! (`docs/log.md`).

use std::borrow::Cow;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;

/// The messages of one datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// In the order of the datagram.
    pub messages: Vec<Message>,
    /// The datagram is longer than what was captured of it.
    pub truncated: bool,
    /// Places of the captured bytes that must not be shown: keys, and what may be keys.
    pub withheld: Vec<Range<usize>>,
}

/// One netlink message, or a datagram that is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Kernel name of the type (`RTM_NEWLINK`), its number if unknown; of generic netlink the
    /// family's name; `uevent` and `udev` for the two kinds of device events, `raw` for bytes that
    /// are no message.
    #[serde(rename = "type")]
    pub message_type: Cow<'static, str>,
    /// Of generic netlink: the family's command by name, an unknown one by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Cow<'static, str>>,
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
    /// What it holds, where that is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// The outcome that a `NLMSG_ERROR` or `NLMSG_DONE` reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// What of it is not as the format has it: `malformed: 4 bytes left over`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
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
    /// Name of the attribute at fault, where nlmon knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Cow<'static, str>>,
    /// What the kernel accepts of that attribute (`NLMSGERR_ATTR_POLICY`): `u32 from 68 to 65535`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Type of an attribute that the request lacks (`NLMSGERR_ATTR_MISS_TYPE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_attribute: Option<u32>,
    /// Name of that attribute, where nlmon knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Cow<'static, str>>,
    /// The request's payload is not repeated in the answer (`NLM_F_CAPPED`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capped: bool,
}

impl Message {
    /// What it asks for or says: the command of a generic family if that has a name, or else the
    /// type.
    pub fn kind(&self) -> &str {
        let named = |command: &&str| !command.starts_with(|first: char| first.is_ascii_digit());
        self.command.as_deref().filter(named).unwrap_or(&self.message_type)
    }
}
