//! Counts datagrams that receiving sockets had no room for, by the process that holds the socket and
//! by type.
//!
//! Any user can lose as many datagrams of as many types as he likes, so keys have shares: beyond
//! those of a process it is counted without types, and beyond those of a user under nobody's name. The
//! daemon removes the keys of processes that have ended. Where processes come and go faster than that,
//! they are counted by their name alone, for which a part of the table is kept.

use aya_ebpf::bindings::BPF_NOEXIST;
use nlmon_common::{
    counter::{OverrunKey, TYPE_OTHER, stat},
    share,
};

use crate::{
    machine::Shared,
    maps::{OVERRUNS, bump},
    owners,
    shares::{charge, is_below},
    skb::{self, Memory},
    socket,
};

/// Counts a datagram of a type that found no room at the socket `sk`.
#[inline(always)]
pub(crate) fn count<M: Memory>(sk: *const u8, message_type: u32) {
    let uid = socket::user(sk);
    let (protocol, pad) = (skb::protocol::<M>(sk), [0; 3]);
    let mut key = OverrunKey { tgid: 0, uid, message_type, protocol, pad, comm: [0; 16] };
    if let Some(owner) = owners::of(sk) {
        (key.tgid, key.comm) = (owner.tgid, owner.comm);
    }
    if add_one(&key) || (process_has_room(key.tgid) && make_for_process(&key)) {
        return;
    }
    if process_has_room(key.tgid) {
        // It is all processes that have no room.
        key.tgid = 0;
        if add_one(&key) || (user_has_room(uid) && make(&key)) {
            return;
        }
    }
    bump(stat::OVERRUN_FOLDED);
    key.message_type = TYPE_OTHER;
    if add_one(&key) || (user_has_room(uid) && make(&key)) {
        return;
    }
    (key.tgid, key.uid, key.comm) = (0, 0, [0; 16]);
    if !add_one(&key) && !make(&key) {
        bump(stat::OVERRUN_OVERFLOW);
    }
}

/// Makes the counter of a process's key, if the part of the table that processes have is not used up.
#[inline(always)]
fn make_for_process(key: &OverrunKey) -> bool {
    is_below(share::OVERRUNS_OF_PROCESSES, share::OVERRUNS_MAX_PROCESSES)
        && user_has_room(key.uid)
        && make(key)
}

#[inline(always)]
fn add_one(key: &OverrunKey) -> bool {
    let Some(counter) = OVERRUNS.get_ptr(key) else { return false };
    // SAFETY: a live element, which is added to atomically by all.
    unsafe { &*counter }.add(1);
    true
}

/// Makes the counter of a key, with one in it. Another processor may have made it meanwhile.
#[inline(always)]
fn make(key: &OverrunKey) -> bool {
    if OVERRUNS.insert(key, Shared::new(1), u64::from(BPF_NOEXIST)).is_err() {
        return add_one(key);
    }
    if key.uid != 0 {
        charge(share::OVERRUNS, 1);
        charge(share::user(key.uid), 1);
    }
    if key.tgid != 0 {
        charge(share::OVERRUNS_OF_PROCESSES, 1);
    }
    // What is nobody's has the bounds of a process. What is of a name has those of its user.
    if key.tgid != 0 || key.comm[0] == 0 {
        charge(share::process(key.tgid), 1);
    }
    true
}

#[inline(always)]
fn process_has_room(tgid: u32) -> bool {
    is_below(share::process(tgid), share::OVERRUNS_MAX_PROCESS)
}

#[inline(always)]
fn user_has_room(uid: u32) -> bool {
    uid == 0
        || (is_below(share::OVERRUNS, share::OVERRUNS_MAX_OTHERS)
            && is_below(share::user(uid), share::OVERRUNS_MAX_USER))
}
