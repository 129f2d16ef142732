//! Bytes to messages that a person can read. Pure: no I/O, no clock, no state of the host.
//!
//! Invariant: [`decode`] accepts any bytes, never panics, reads each byte a bounded number of
//! times, and returns only printable text. What it cannot read it says so about, as `raw`.

mod error;
pub mod flags;
mod generic;
mod line;
pub mod message;
pub mod names;
mod netlink_test;
pub mod printable;
mod rtnetlink;
mod uevent;
mod walk;

pub use message::{Decoded, ErrorReport, Message};

use names::protocol;
use walk::{Messages, Step};

use crate::message::{Header, kind};

/// Reads the messages of a datagram of `full_len` bytes, of which `data` is the start.
///
/// What is whole is decoded; a message whose end is missing is marked truncated and decoded as far
/// as its attributes go.
pub fn decode(protocol: u8, data: &[u8], full_len: u32) -> Decoded {
    let full_len = usize::try_from(full_len).unwrap_or(usize::MAX).max(data.len());
    let messages = if protocol == protocol::KOBJECT_UEVENT {
        vec![uevent::decode(data, full_len)]
    } else {
        Messages::new(protocol, data, full_len).map(|step| read(protocol, step)).collect()
    };
    Decoded { messages, truncated: full_len > data.len() }
}

fn read(protocol: u8, step: Step<'_>) -> Message {
    match step {
        Step::Message { header, payload, whole } => message(protocol, &header, payload, whole),
        Step::Malformed(bytes) => Message {
            message_type: "raw".into(),
            len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            raw: raw(protocol, bytes),
            ..Message::default()
        },
    }
}

fn message(protocol: u8, header: &Header, payload: &[u8], whole: bool) -> Message {
    let name = names::message_type_name(protocol, header.message_type);
    let error = match header.message_type {
        kind::ERROR => error::error(protocol, header.flags, payload),
        // The connector's messages are all of this type and end nothing.
        kind::DONE if protocol != protocol::CONNECTOR => error::done(header.flags, payload),
        _ => None,
    };
    let summary = match &error {
        Some(report) => Some(error::summary(report)),
        None => summary(protocol, header, &name, payload),
    };
    let known = names::is_known_message_type(protocol, header.message_type);
    Message {
        flags: flags::names(&name, header.flags),
        raw: if summary.is_none() && !known { raw(protocol, payload) } else { None },
        message_type: name,
        type_number: Some(header.message_type),
        len: header.len,
        seq: Some(header.seq),
        portid: Some(header.portid),
        summary: summary.unwrap_or_default(),
        error,
        truncated: !whole,
    }
}

/// One line about the payload; `None` where nlmon has none, or does not understand it.
fn summary(protocol: u8, header: &Header, name: &str, payload: &[u8]) -> Option<String> {
    match protocol {
        protocol::ROUTE => rtnetlink::summary(name, header.flags, payload),
        protocol::GENERIC => generic::summary(header.message_type, payload),
        protocol::TEST if name.starts_with("NLTEST_") => netlink_test::summary(name, payload),
        protocol::AUDIT if header.message_type >= walk::AUDIT_FIRST_EVENT => {
            Some(printable::c_string(payload))
        }
        _ => None,
    }
}

/// The bytes in hexadecimal, except for protocols whose payloads carry keys.
fn raw(protocol: u8, bytes: &[u8]) -> Option<String> {
    let secret = matches!(protocol, protocol::XFRM | protocol::GENERIC | protocol::CRYPTO);
    (!secret && !bytes.is_empty()).then(|| printable::hex(bytes))
}
