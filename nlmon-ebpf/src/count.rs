//! Exact counts: datagrams by path and result, messages by process and type.
//!
//! Invariant: every datagram is in exactly one of `entered` and `own`; every entered one has its
//! messages counted, under its process or, where there is no room, as overflow.

use aya_ebpf::{bindings::BPF_NOEXIST, maps::PerCpuHashMap};
use nlmon_common::{
    counter::{DatagramCount, ErrorKey, MessageCount, MessageKey, OverrunKey, Process, slot, stat},
    limits::WALK_MAX,
};

use crate::{
    machine,
    maps::{DATAGRAMS, ERRORS, MESSAGES, OVERRUNS, PROCESSES, bump},
    skb::{self, MESSAGE_HEADER_LEN, MessageHeader, Task},
};

/// `NETLINK_AUDIT` in include/uapi/linux/netlink.h.
const AUDIT: u8 = 9;

/// The counters of a protocol's path on this CPU.
#[inline(always)] // an array access
pub(crate) fn datagrams(protocol: u8, path: u8) -> Option<&'static mut DatagramCount> {
    // SAFETY: the element belongs to this CPU; what else runs there adds atomically, as we do.
    DATAGRAMS.get_ptr_mut(slot(protocol, path)).map(|counters| unsafe { &mut *counters })
}

/// Counts what a call returned, and how many sockets got its datagram.
#[inline(always)] // one look-up in the common case
pub(crate) fn result(protocol: u8, path: u8, result: i32, deliveries: u32) {
    if let Some(counters) = datagrams(protocol, path) {
        if deliveries != 0 {
            machine::add(&mut counters.deliveries, u64::from(deliveries));
        }
        if result >= 0 {
            machine::add(&mut counters.ok, 1);
            return;
        }
    }
    let errno = result.unsigned_abs() as u16;
    one_more(&ERRORS, &ErrorKey { errno, protocol, path }, stat::ERROR_OVERFLOW);
}

/// Counts a datagram that a receiving socket had no room for.
pub(crate) fn overrun(key: &OverrunKey) {
    one_more(&OVERRUNS, key, stat::OVERRUN_OVERFLOW);
}

/// Adds one to the counter of `key`, made if there is none; without room, to `overflow`.
#[inline(always)] // few callers, on rare paths
fn one_more<K>(map: &PerCpuHashMap<K, u64>, key: &K, overflow: u32) {
    if !add_one(map, key)
        && map.insert(key, 1, u64::from(BPF_NOEXIST)).is_err()
        // Another CPU may have made the element in between.
        && !add_one(map, key)
    {
        bump(overflow);
    }
}

#[inline(always)] // one look-up
fn add_one<K>(map: &PerCpuHashMap<K, u64>, key: &K) -> bool {
    let Some(counter) = map.get_ptr_mut(key) else { return false };
    // SAFETY: the value belongs to this CPU; see `datagrams`.
    machine::add(unsafe { &mut *counter }, 1);
    true
}

/// Counts the messages of a datagram whose first `linear` bytes lie at `data`; returns the first
/// header.
///
/// A datagram that does not begin with a netlink message counts as one raw message.
pub(crate) fn messages(
    key: &mut MessageKey,
    skb: *const u8,
    data: *const u8,
    linear: u32,
) -> MessageHeader {
    let Some(first) = header_at(data, 0, linear) else {
        key.way |= MessageKey::RAW;
        add(key, linear);
        return MessageHeader { len: linear, message_type: 0, flags: 0 };
    };
    key.message_type = first.message_type;
    add(key, first.len);
    // An audit record's length leaves out its header (kernel/audit.c, audit_log_end), so that the
    // rest of it looks like another message.
    if aligned(first.len) < linear && key.protocol != AUDIT {
        let (who, what) = packed(key);
        rest(skb::data_address(skb), aligned(first.len), linear, who, what);
    }
    first
}

/// Counts the messages from `offset` on, of the sender and path of a packed key.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every way that leads to the call. It adds up nothing in between: the
/// verifier would go through the loop once for each sum.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn rest(data: u64, offset: u32, linear: u32, who: u64, what: u64) -> u32 {
    let mut key = unpacked(who, what);
    let mut offset = offset;
    for _ in 1..WALK_MAX {
        let Some(header) = header_at(data as *const u8, offset, linear) else {
            bump(stat::WALK_MALFORMED);
            return 0;
        };
        key.message_type = header.message_type;
        add(&key, header.len);
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

/// Counts one message.
#[inline(always)] // one look-up in the common case
fn add(key: &MessageKey, bytes: u32) {
    if !add_to(key, bytes) {
        let (who, what) = packed(key);
        first_message(who, what, bytes);
    }
}

/// Adds a message to its counter, if there is one.
#[inline(always)] // one look-up
fn add_to(key: &MessageKey, bytes: u32) -> bool {
    let Some(count) = MESSAGES.get_ptr_mut(key) else { return false };
    // SAFETY: the value belongs to this CPU; see `datagrams`.
    let count = unsafe { &mut *count };
    machine::add(&mut count.messages, 1);
    machine::add(&mut count.bytes, u64::from(bytes));
    true
}

/// Counts the first message of its kind, and notes who the process is. Global like [`rest`].
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn first_message(who: u64, what: u64, bytes: u32) -> u32 {
    let key = unpacked(who, what);
    let first = MessageCount { messages: 1, bytes: u64::from(bytes) };
    if MESSAGES.insert(key, first, u64::from(BPF_NOEXIST)).is_ok() {
        note_process(key.tgid);
    // Another CPU may have made the element in between.
    } else if !add_to(&key, bytes)
        && let Some(counters) = datagrams(key.protocol, key.path())
    {
        machine::add(&mut counters.overflow.messages, 1);
        machine::add(&mut counters.overflow.bytes, u64::from(bytes));
    }
    0
}

/// A key as two numbers: global functions take no pointers on every kernel.
#[inline(always)] // shifts
fn packed(key: &MessageKey) -> (u64, u64) {
    let MessageKey { tgid, netns, message_type, protocol, way } = *key;
    let way = u64::from(protocol) << 8 | u64::from(way);
    (u64::from(tgid) << 32 | u64::from(netns), u64::from(message_type) << 16 | way)
}

/// The reverse of [`packed`].
#[inline(always)] // shifts
fn unpacked(who: u64, what: u64) -> MessageKey {
    MessageKey {
        tgid: (who >> 32) as u32,
        netns: who as u32,
        message_type: (what >> 16) as u16,
        protocol: (what >> 8) as u8,
        way: what as u8,
    }
}

/// Remembers the name of the current process, which may have ended when the daemon looks.
fn note_process(tgid: u32) {
    let comm = Task::current().process_comm();
    // SAFETY: no argument, no precondition.
    let cgroup_id = unsafe { aya_ebpf::helpers::generated::bpf_get_current_cgroup_id() };
    // An update of an LRU map fails only when it cannot evict; the name is then found in /proc.
    if PROCESSES.insert(tgid, Process { cgroup_id, comm }, 0).is_err() {
        bump(stat::READ_FAILED);
    }
}
