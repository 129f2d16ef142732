//! Exact counts: datagrams by path and result, messages by process and type.
//!
//! Invariant: every datagram is in exactly one of `entered` and `own`; every entered one has its
//! messages counted, under its process or, where there is no room, as overflow.

use aya_ebpf::bindings::BPF_NOEXIST;
use nlmon_common::{
    counter::{DatagramCount, ErrorKey, MessageCount, MessageKey, Process, TYPE_RAW, slot, stat},
    limits::WALK_MAX,
};

use crate::{
    maps::{DATAGRAMS, ERRORS, MESSAGES, PROCESSES, bump},
    skb::{self, MESSAGE_HEADER_LEN, MessageHeader, Task},
};

/// The counters of a protocol's path on this CPU.
#[inline(always)] // an array access, inlined by the verifier too
pub(crate) fn datagrams(protocol: u8, path: u8) -> Option<&'static mut DatagramCount> {
    // SAFETY: the element belongs to this CPU. An interrupt may add to it in between two
    // instructions of ours, but every addition is a single one.
    DATAGRAMS.get_ptr_mut(slot(protocol, path)).map(|counters| unsafe { &mut *counters })
}

/// Counts what a call returned.
pub(crate) fn result(protocol: u8, path: u8, result: i32) {
    if result >= 0 {
        if let Some(counters) = datagrams(protocol, path) {
            counters.ok += 1;
        }
        return;
    }
    let errno = result.unsigned_abs() as u16;
    let key = ErrorKey { errno, protocol, path };
    if let Some(counter) = ERRORS.get_ptr_mut(key) {
        // SAFETY: the value belongs to this CPU.
        unsafe { *counter += 1 };
    } else if ERRORS.insert(key, 1, u64::from(BPF_NOEXIST)).is_err() {
        bump(stat::ERROR_OVERFLOW);
    }
}

/// Counts the messages of a datagram whose first `linear` bytes lie at `data`; returns the first
/// header.
///
/// A datagram that does not begin with a netlink message counts as one raw message.
pub(crate) fn messages(
    key: &mut MessageKey,
    data: *const u8,
    linear: u32,
    counters: &mut DatagramCount,
) -> MessageHeader {
    let Some(first) = header_at(data, 0, linear) else {
        let raw = MessageHeader { len: linear, message_type: 0, flags: 0 };
        key.message_type = TYPE_RAW;
        message(key, linear, counters);
        return raw;
    };
    key.message_type = u32::from(first.message_type);
    message(key, first.len, counters);
    if aligned(first.len) < linear {
        rest(key, data, aligned(first.len), linear, counters);
    }
    first
}

/// Counts the messages from `offset` on.
#[inline(never)] // rare, and a program of its own for the verifier
fn rest(
    key: &mut MessageKey,
    data: *const u8,
    mut offset: u32,
    linear: u32,
    counters: &mut DatagramCount,
) {
    for _ in 1..WALK_MAX {
        let Some(header) = header_at(data, offset, linear) else {
            bump(stat::WALK_MALFORMED);
            return;
        };
        key.message_type = u32::from(header.message_type);
        message(key, header.len, counters);
        offset += aligned(header.len);
        if offset >= linear {
            return;
        }
    }
    bump(stat::WALK_CUT);
}

/// The header at `offset`, if it fits what is left: `NLMSG_OK` in `include/uapi/linux/netlink.h`.
#[inline(always)] // keeps the bounds in one place for the verifier
fn header_at(data: *const u8, offset: u32, linear: u32) -> Option<MessageHeader> {
    if linear < MESSAGE_HEADER_LEN || offset > linear - MESSAGE_HEADER_LEN {
        return None;
    }
    let Some(header) = skb::message_header(data.wrapping_add(offset as usize)) else {
        bump(stat::READ_FAILED);
        return None;
    };
    (header.len >= MESSAGE_HEADER_LEN && header.len <= linear - offset).then_some(header)
}

/// `NLMSG_ALIGN`.
const fn aligned(len: u32) -> u32 {
    (len + 3) & !3
}

/// Counts one message.
#[inline(always)] // one lookup in the common case
fn message(key: &MessageKey, bytes: u32, counters: &mut DatagramCount) {
    let bytes = u64::from(bytes);
    if let Some(count) = MESSAGES.get_ptr_mut(key) {
        // SAFETY: the value belongs to this CPU.
        let count = unsafe { &mut *count };
        count.messages += 1;
        count.bytes += bytes;
        return;
    }
    first_message(key, bytes, counters);
}

/// Counts the first message of its kind on this CPU, and notes who the process is.
#[inline(never)] // once per process and type
fn first_message(key: &MessageKey, bytes: u64, counters: &mut DatagramCount) {
    let first = MessageCount { messages: 1, bytes };
    if MESSAGES.insert(key, first, u64::from(BPF_NOEXIST)).is_ok() {
        note_process(key.tgid);
        return;
    }
    // Another CPU may have made the element in between.
    if let Some(count) = MESSAGES.get_ptr_mut(key) {
        // SAFETY: the value belongs to this CPU.
        let count = unsafe { &mut *count };
        count.messages += 1;
        count.bytes += bytes;
        return;
    }
    counters.overflow.messages += 1;
    counters.overflow.bytes += bytes;
}

/// Remembers the name of the current process, which may have ended when the daemon looks.
fn note_process(tgid: u32) {
    let (comm, start_ns) = Task::current().process();
    // SAFETY: no argument, no precondition.
    let cgroup_id = unsafe { aya_ebpf::helpers::generated::bpf_get_current_cgroup_id() };
    // An update of an LRU map fails only when it cannot evict; the name is then found in /proc.
    if PROCESSES.insert(tgid, Process { cgroup_id, start_ns, comm }, 0).is_err() {
        bump(stat::READ_FAILED);
    }
}
