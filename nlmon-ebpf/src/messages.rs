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

/// The messages of one datagram.
#[derive(Clone, Copy)]
pub(crate) struct Messages {
    /// Header of the first.
    pub(crate) first: MessageHeader,
    /// How many there are; 0 if it does not begin with one.
    pub(crate) count: u32,
    /// Where the last one begins.
    pub(crate) last: u32,
    /// Not 0 if there are more, or something else. No `bool`: what fills the rest of its word would be
    /// undefined, and copied all the same, which older verifiers refuse.
    pub(crate) cut: u32,
}

/// Counts the messages of a datagram whose first `linear` bytes lie at `data`.
///
/// A datagram that does not begin with a netlink message counts as one raw message.
#[inline(always)] // few callers, each with its own constants
pub(crate) fn count(
    key: &mut MessageKey,
    skb: *const u8,
    data: *const u8,
    linear: u32,
) -> Messages {
    let Some(first) = header_at(data, 0, linear) else {
        key.way |= MessageKey::RAW;
        tally::add(key, linear);
        let first = MessageHeader { len: linear, message_type: 0, flags: 0 };
        return Messages { first, count: 0, last: 0, cut: 0 };
    };
    key.message_type = first.message_type;
    tally::add(key, first.len);
    // An audit record's length leaves out its header (kernel/audit.c, audit_log_end), so that the
    // rest of it looks like another message.
    if aligned(first.len) >= linear || key.protocol == AUDIT {
        return Messages { first, count: 1, last: 0, cut: 0 };
    }
    let [who, what] = key.words();
    let walked = rest(skb::data_address(skb), aligned(first.len), linear, who, what);
    Messages {
        first,
        count: walked as u32 & COUNT,
        last: (walked >> 32) as u32,
        cut: walked as u32 & CUT as u32,
    }
}

/// What [`rest`] returns: the count in the low bits, this one, and the place of the last message in
/// the upper half.
const CUT: u64 = 1 << 31;
const COUNT: u32 = 0xffff;

const _: () = assert!(WALK_MAX < COUNT);

/// Counts the messages from `offset` on, of the sender and path of a key's words.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every way that leads to the call. It adds up nothing in between: the
/// verifier would go through the loop once for each sum.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn rest(data: u64, offset: u32, linear: u32, who: u64, what: u64) -> u64 {
    let mut key = MessageKey::from_words([who, what]);
    let (mut offset, mut last) = (offset, 0);
    for count in 1..WALK_MAX {
        let Some(header) = header_at(data as *const u8, offset, linear) else {
            bump(stat::WALK_MALFORMED);
            return u64::from(last) << 32 | CUT | u64::from(count);
        };
        key.message_type = header.message_type;
        tally::add(&key, header.len);
        last = offset;
        offset += aligned(header.len);
        if offset >= linear {
            return u64::from(last) << 32 | u64::from(count + 1);
        }
    }
    bump(stat::WALK_CUT);
    u64::from(last) << 32 | CUT | u64::from(WALK_MAX)
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
pub(crate) const fn aligned(len: u32) -> u32 {
    (len + 3) & !3
}
