//! Finds and counts the messages of a datagram: one, or a batch or part of a dump with many.
//!
//! Only headers in the linear part can be read. A length is checked against the whole datagram,
//! because a message may go on in page fragments, as NFQUEUE's do.
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

/// `NETLINK_AUDIT` and `NETLINK_NETFILTER` in include/uapi/linux/netlink.h.
const AUDIT: u8 = 9;
pub(crate) const NETFILTER: u8 = 12;

/// `NFNL_SUBSYS_QUEUE` and `NFNL_SUBSYS_ULOG` in include/uapi/linux/netfilter/nfnetlink.h, a bit
/// each: messages of these subsystems may hold bytes of somebody's packets.
const PACKET_SUBSYSTEMS: u64 = 1 << 3 | 1 << 4;

/// Sizes of a datagram.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    /// All of it.
    pub(crate) total: u32,
    /// Its linear part, which alone can be read.
    pub(crate) linear: u32,
}

/// The messages of one datagram.
#[derive(Clone, Copy)]
pub(crate) struct Walked {
    /// Header of the first.
    pub(crate) first: MessageHeader,
    /// How many there are; 0 if it does not begin with one.
    pub(crate) count: u32,
    /// Where the last one begins.
    pub(crate) last: u32,
    /// Not 0 if there are more, or something else. No `bool`: its padding would be undefined and
    /// copied all the same, which older verifiers refuse.
    pub(crate) cut: u32,
    /// Not 0 if one of those behind the first may hold bytes of packets.
    pub(crate) packets: u32,
}

/// Counts the messages of the datagram at `data`.
///
/// A datagram that does not begin with a netlink message counts as one raw message.
#[inline(always)]
pub(crate) fn count(
    key: &mut MessageKey,
    skb: *const u8,
    data: *const u8,
    lengths: Lengths,
) -> Walked {
    let Some(first) = header_at(data, 0, lengths) else {
        key.direction |= MessageKey::RAW;
        tally::add(key, lengths.total);
        let first = MessageHeader { len: lengths.total, message_type: 0, flags: 0 };
        return Walked { first, count: 0, last: 0, cut: 0, packets: 0 };
    };
    key.message_type = first.message_type;
    tally::add(key, first.len);
    // An audit record's length leaves out its header (kernel/audit.c, audit_log_end), so that the
    // rest of it looks like another message.
    if aligned(first.len) >= lengths.total || key.protocol == AUDIT {
        return Walked { first, count: 1, last: 0, cut: 0, packets: 0 };
    }
    let [who, what] = key.words();
    let both = u64::from(lengths.total) << 32 | u64::from(lengths.linear);
    let walked = rest(skb::data_address(skb), aligned(first.len), both, who, what);
    Walked {
        first,
        count: walked as u32 & COUNT,
        last: (walked >> 32) as u32,
        cut: walked as u32 & CUT as u32,
        packets: walked as u32 & PACKETS as u32,
    }
}

/// What [`rest`] and [`some`] return: the count in the low bits, these, and the place of the last
/// message in the upper half.
const CUT: u64 = 1 << 31;
const PACKETS: u64 = 1 << 30;
const COUNT: u32 = 0xffff;

/// With [`one`]: the datagram ends there.
const END: u64 = 1 << 28;

/// With [`some`]: more may follow. The low bits are the last message's aligned length, in words of
/// four bytes, because the count is known.
const MORE: u64 = 1 << 29;
const WORDS: u32 = MORE as u32 - 1;

/// The walk is in as many stretches of as many messages. The verifier goes through a loop once for
/// each turn, and through a global function once: so it sees the sum of the two and not the product.
const STRETCHES: u32 = 33;
const STRETCH: u32 = 31;

const _: () = assert!(STRETCHES * STRETCH == WALK_MAX - 1, "without the first message");
const _: () = assert!(WALK_MAX < COUNT);

/// Counts the messages from `offset` on, of the sender and path of a key's words. `lengths` is the
/// total in the upper half, the linear part in the lower one.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every path that leads to the call.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn rest(data: u64, offset: u32, lengths: u64, who: u64, what: u64) -> u64 {
    let (mut offset, mut last, mut flags) = (offset, 0, 0);
    for stretch in 0..STRETCHES {
        let found = some(data, offset, lengths, who, what);
        flags |= found & (CUT | PACKETS);
        if found & MORE == 0 {
            let count = found as u32 & COUNT;
            last = if count == 0 { last } else { (found >> 32) as u32 };
            return u64::from(last) << 32 | flags | u64::from(1 + stretch * STRETCH + count);
        }
        last = (found >> 32) as u32;
        offset = last + ((found as u32 & WORDS) << 2);
    }
    bump(stat::WALK_CUT);
    u64::from(last) << 32 | flags | CUT | u64::from(WALK_MAX)
}

/// Counts as many messages from `offset` on as there are, at most [`STRETCH`]. Global as [`rest`] is,
/// with the same arguments.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn some(data: u64, offset: u32, lengths: u64, who: u64, what: u64) -> u64 {
    // Of the last one. Where it began is not kept, and the end not looked for: the stack is full.
    let mut len = 0;
    let (mut offset, mut flags) = (offset, 0);
    for count in 0..STRETCH {
        let found = one(data, offset, lengths, who, what);
        flags |= found & (CUT | PACKETS);
        let next = (found >> 32) as u32;
        if next == 0 {
            return u64::from(offset - len) << 32 | flags | u64::from(count);
        }
        len = next;
        offset += len;
        if found & END != 0 {
            return u64::from(offset - len) << 32 | flags | u64::from(count + 1);
        }
    }
    u64::from(offset - len) << 32 | flags | MORE | u64::from(len >> 2)
}

/// Counts the message at `offset`, with the arguments of [`rest`]. Returns its aligned length in
/// the upper half, 0 if there is none; with [`PACKETS`] and [`END`], or [`CUT`] if there is something
/// else.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn one(data: u64, offset: u32, lengths: u64, who: u64, what: u64) -> u64 {
    let data = data as *const u8;
    let lengths = Lengths { total: (lengths >> 32) as u32, linear: lengths as u32 };
    let Some(header) = header_at(data, offset, lengths) else {
        return end(data, offset, lengths);
    };
    let mut key = MessageKey::from_words([who, what]);
    key.message_type = header.message_type;
    tally::add(&key, header.len);
    let len = aligned(header.len);
    let end = if offset + len >= lengths.total { END } else { 0 };
    u64::from(len) << 32 | packet_bit(header.message_type) | end
}

/// Classifies the bytes at `offset` that are no message: 0 for padding, else [`CUT`].
#[inline(always)]
fn end(data: *const u8, offset: u32, lengths: Lengths) -> u64 {
    if is_padding(data, offset, lengths) {
        return 0;
    }
    let is_behind = offset > lengths.linear.wrapping_sub(MESSAGE_HEADER_LEN);
    let is_cut = is_behind && lengths.linear < lengths.total;
    bump(if is_cut { stat::WALK_CUT } else { stat::WALK_MALFORMED });
    CUT
}

/// [`PACKETS`] if netfilter's messages of this type may hold bytes of packets. No branch, so that
/// the verifier does not go on for each outcome. Subsystems 64 apart are taken for each other;
/// there are 13 (`NFNL_SUBSYS_COUNT`).
#[inline(always)]
fn packet_bit(message_type: u16) -> u64 {
    (PACKET_SUBSYSTEMS >> (message_type >> 8 & 63) & 1) * PACKETS
}

impl Walked {
    /// Whether a datagram of netfilter may hold bytes of somebody's packets behind its headers: it
    /// does unless each message is known, and known to hold none. `quoted` is the type that an
    /// error quotes.
    #[inline(always)]
    pub(crate) fn may_carry_packets(&self, quoted: u16) -> bool {
        self.count == 0
            || self.cut | self.packets != 0
            || packet_bit(self.first.message_type) | packet_bit(quoted) != 0
    }
}

/// The header at `offset`, if it is in the linear part and its message fits what is left:
/// `NLMSG_OK` in include/uapi/linux/netlink.h.
#[inline(always)] // keeps the bounds in one place for the verifier
fn header_at(data: *const u8, offset: u32, lengths: Lengths) -> Option<MessageHeader> {
    if lengths.linear < MESSAGE_HEADER_LEN || offset > lengths.linear - MESSAGE_HEADER_LEN {
        return None;
    }
    // A failed read is a length of zero, which fits nothing.
    let header = skb::message_header(data, offset);
    (header.len >= MESSAGE_HEADER_LEN && header.len <= lengths.total - offset).then_some(header)
}

/// Whether what follows the last message, from `offset` on, is zero, as far as a message's first
/// eight bytes: padding, on which the kernel's own walk ends without a word. `ip route show` sends
/// 128 bytes of it.
#[inline(always)]
fn is_padding(data: *const u8, offset: u32, lengths: Lengths) -> bool {
    if lengths.linear < MESSAGE_HEADER_LEN || offset >= lengths.linear {
        return false;
    }
    let left = lengths.linear - offset;
    if left >= size_of::<u64>() as u32 {
        return skb::word(data, offset) == 0;
    }
    // The last eight bytes, without those before the offset.
    skb::word(data, lengths.linear - size_of::<u64>() as u32) >> (64 - 8 * left) == 0
}

/// `NLMSG_ALIGN`.
pub(crate) const fn aligned(len: u32) -> u32 {
    (len + 3) & !3
}
