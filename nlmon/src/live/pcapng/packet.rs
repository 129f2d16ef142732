//! A packet that nlmon did not write, as a record: one from a tap of the kernel's `nlmon` device,
//! or one from a capture of nlmon that another program changed. Knows the header that such a device
//! puts before a datagram.

use std::time::Duration;

use jiff::Timestamp;

use super::{HEADER_BYTES, HEADER_LEN, TO_KERNEL, TO_USER};
use crate::live::foreign::{Datagram, Direction, Known};
use crate::live::json::LogRecord;

/// The record of a datagram. `None` if the packet lacks the header of a netlink device.
pub(super) fn record(
    time: Duration,
    packet: &[u8],
    original_len: u32,
    known: &mut Known,
) -> Option<LogRecord> {
    let datagram = datagram(time, packet, original_len)?;
    known.learn(&datagram);
    Some(LogRecord::foreign(&datagram, known))
}

/// The datagram of a packet.
fn datagram(time: Duration, packet: &[u8], original_len: u32) -> Option<Datagram<'_>> {
    let (head, data) = packet.split_first_chunk::<HEADER_BYTES>()?;
    let field = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
    let direction = match field(0)? {
        TO_KERNEL => Direction::ToKernel,
        TO_USER => Direction::ToUser,
        // Older kernels say of every packet that it is outgoing.
        _ => Direction::Unknown,
    };
    let protocol = u8::try_from(field(14)?).ok()?;
    let len = original_len.saturating_sub(HEADER_LEN);
    Some(Datagram { time: Some(timestamp(time)), direction, place: 0, protocol, data, len })
}

fn timestamp(time: Duration) -> Timestamp {
    let ns = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    Timestamp::from_nanosecond(ns).unwrap_or(Timestamp::MAX)
}
