//! The messages of a datagram: one, or a batch or part of a dump with many.
//!
//! Invariant: every datagram that is counted has its messages counted, under its process or, where
//! there is no room, as overflow.

use nlmon_common::{
    counter::{MessageKey, stat},
    limits::WALK_MAX,
};

use crate::{
    maps::bump,
    skb::{self, MESSAGE_HEADER_LEN, MessageHeader},
    tally,
};

/// `NETLINK_AUDIT` in include/uapi/linux/netlink.h.
const AUDIT: u8 = 9;

/// Counts the messages of a datagram whose first `linear` bytes lie at `data`; returns the first
/// header.
///
/// A datagram that does not begin with a netlink message counts as one raw message.
#[inline(always)] // few callers, each with its own constants
pub(crate) fn count(
    key: &mut MessageKey,
    skb: *const u8,
    data: *const u8,
    linear: u32,
) -> MessageHeader {
    let Some(first) = header_at(data, 0, linear) else {
        key.way |= MessageKey::RAW;
        tally::add(key, linear);
        return MessageHeader { len: linear, message_type: 0, flags: 0 };
    };
    key.message_type = first.message_type;
    tally::add(key, first.len);
    // An audit record's length leaves out its header (kernel/audit.c, audit_log_end), so that the
    // rest of it looks like another message.
    if aligned(first.len) < linear && key.protocol != AUDIT {
        let [who, what] = key.words();
        rest(skb::data_address(skb), aligned(first.len), linear, who, what);
    }
    first
}

/// Counts the messages from `offset` on, of the sender and path of a key's words.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every way that leads to the call. It adds up nothing in between: the
/// verifier would go through the loop once for each sum.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn rest(data: u64, offset: u32, linear: u32, who: u64, what: u64) -> u32 {
    let mut key = MessageKey::from_words([who, what]);
    let mut offset = offset;
    for _ in 1..WALK_MAX {
        let Some(header) = header_at(data as *const u8, offset, linear) else {
            bump(stat::WALK_MALFORMED);
            return 0;
        };
        key.message_type = header.message_type;
        tally::add(&key, header.len);
        offset += aligned(header.len);
        if offset >= linear {
            return 0;
        }
    }
    bump(stat::WALK_CUT);
    0
}

/// The header at `offset`, if it fits what is left: `NLMSG_OK` in include/uapi/linux/netlink.h.
#[inline(always)] // keeps the bounds in one place for the verifier
fn header_at(data: *const u8, offset: u32, linear: u32) -> Option<MessageHeader> {
    if linear < MESSAGE_HEADER_LEN || offset > linear - MESSAGE_HEADER_LEN {
        return None;
    }
    // A failed read is a length of zero, which fits nothing.
    let header = skb::message_header(data, offset);
    (header.len >= MESSAGE_HEADER_LEN && header.len <= linear - offset).then_some(header)
}

/// `NLMSG_ALIGN`.
const fn aligned(len: u32) -> u32 {
    (len + 3) & !3
}
