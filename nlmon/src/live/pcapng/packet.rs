//! A packet that nlmon did not write: one from a tap of the kernel's `nlmon` device, or one from a
//! capture of nlmon that another program changed. Knows the headers that precede a datagram.

use std::time::Duration;

use jiff::Timestamp;

use super::frames::{Frame, Link};
use super::{ARPHRD_NETLINK, HEADER_BYTES, TO_KERNEL, TO_USER};
use crate::live::foreign::{Datagram, Direction};

/// Bytes of the header of the second version of "cooked" packets.
const V2_BYTES: usize = 20;

/// Why a packet has no datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Without {
    /// It is of a device of another kind: a capture of any device has such packets.
    OtherDevice,
    /// It is too short for its header, or names a protocol that there cannot be.
    Broken,
}

/// The datagram of a packet.
pub(super) fn datagram(frame: &Frame) -> Result<Datagram<'_>, Without> {
    let head =
        |at: usize| frame.data.get(at..at + 2)?.first_chunk().copied().map(u16::from_be_bytes);
    let (kind, device, protocol, len) = match frame.link {
        Link::Netlink => (head(0), head(2), head(14), HEADER_BYTES),
        Link::CookedV2 => (frame.data.get(10).copied().map(u16::from), head(8), head(0), V2_BYTES),
    };
    let data = frame.data.get(len..).ok_or(Without::Broken)?;
    if device != Some(ARPHRD_NETLINK) {
        return Err(Without::OtherDevice);
    }
    let direction = match kind {
        Some(TO_KERNEL) => Direction::ToKernel,
        Some(TO_USER) => Direction::ToUser,
        // Older kernels say of every packet that it is outgoing.
        _ => Direction::Unknown,
    };
    let protocol = protocol.and_then(|number| u8::try_from(number).ok()).ok_or(Without::Broken)?;
    let header = u32::try_from(len).unwrap_or_default();
    Ok(Datagram {
        time: frame.time.map(timestamp),
        direction,
        place: frame.interface,
        protocol,
        data,
        len: frame.original_len.saturating_sub(header),
    })
}

fn timestamp(time: Duration) -> Timestamp {
    let ns = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    Timestamp::from_nanosecond(ns).unwrap_or(Timestamp::MAX)
}
