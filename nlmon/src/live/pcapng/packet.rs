//! A packet that nlmon did not write, as a record: one from a tap of the kernel's `nlmon` device,
//! or one from a capture of nlmon that another program changed. Keys are withheld as everywhere.

use std::time::Duration;

use jiff::Timestamp;

use super::{HEADER_BYTES, HEADER_LEN, TO_KERNEL, TO_USER};
use crate::live::json::LogRecord;
use nlmon_core::decode::{Context, Families, names};
use nlmon_core::message::{Header, flag, kind};
use nlmon_core::record::Path;

/// The record of a datagram. `None` if the packet lacks the header of a netlink device.
///
/// Most programs that use a generic family first ask the kernel for its number. The capture then
/// holds the answer, which is added to `families`.
pub(super) fn record(
    time: Duration,
    packet: &[u8],
    original_len: u32,
    families: &mut Families,
) -> Option<LogRecord> {
    let (head, datagram) = packet.split_first_chunk::<HEADER_BYTES>()?;
    let field = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
    let protocol = u8::try_from(field(14)?).ok()?;
    let header = Header::parse(datagram);
    let path = path(field(0)?, protocol, header.as_ref());
    if protocol == names::protocol::GENERIC {
        families.learn(datagram);
    }
    let context = Context { multicast: path == Path::Multicast, ..Context::new(families) };
    let bytes = original_len.saturating_sub(HEADER_LEN);
    let mut record = LogRecord::of_bytes(rfc3339(time), path, protocol, datagram, bytes, &context);
    if let (Path::Request, Some(header)) = (path, header) {
        record.src_portid = header.portid;
    }
    Some(record)
}

/// The header tells the direction on some kernels only. On others the message has to tell it.
fn path(direction: u16, protocol: u8, header: Option<&Header>) -> Path {
    let Some(header) = header.filter(|_| protocol != names::protocol::KOBJECT_UEVENT) else {
        return if direction == TO_KERNEL { Path::Request } else { Path::Multicast };
    };
    let is_answer = matches!(header.message_type, kind::ERROR | kind::DONE);
    match direction {
        TO_KERNEL => Path::Request,
        _ if header.flags & flag::MULTI != 0 => Path::Dump,
        _ if is_answer => Path::Reply,
        TO_USER => unsolicited(header),
        _ if header.flags & flag::REQUEST != 0 => Path::Request,
        _ => unsolicited(header),
    }
}

/// A notification answers no request, so it has no port id.
fn unsolicited(header: &Header) -> Path {
    if header.portid == 0 { Path::Multicast } else { Path::Reply }
}

fn rfc3339(time: Duration) -> String {
    let ns = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    let time = Timestamp::from_nanosecond(ns).unwrap_or(Timestamp::MAX);
    format!("{time:.9}")
}
