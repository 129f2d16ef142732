//! The owner of each netlink socket. An overrun happens in the task of a sender; this table tells
//! which process the receiver is.
//!
//! A probe notes a socket when the socket gets its port id, in the task that made it. The entry
//! goes when the kernel frees the socket, which is after the last sender that may still use it. A
//! fork or a passed descriptor may give the socket to another process. An iteration over all open
//! files finds that process, and the sockets that are older than the probes.

use aya_ebpf::{bindings::BPF_NOEXIST, helpers::bpf_get_current_pid_tgid};
use nlmon_common::{counter::stat, share, socket::Owner};

use crate::{
    maps::{OWNERS, bump, own_tgid},
    shares::{charge, is_below},
    skb, socket,
    task::Task,
};

/// systemd makes sockets for services, and keeps them.
const INIT: u32 = 1;

/// A socket gets its port id from the current task.
#[inline(always)]
pub(crate) fn note(sk: *const u8, portid: u32) {
    let tgid = (bpf_get_current_pid_tgid() >> 32) as u32;
    count_change(tgid);
    // The kernel's own have none.
    if portid == 0 {
        return;
    }
    keep(
        sk as u64,
        &Owner {
            session: 0,
            tgid,
            uid: socket::user(sk),
            portid,
            pad: 0,
            comm: Task::current().process_name(),
        },
    );
}

/// The iteration `session` finds a socket with `task`. The first that is not init has it.
#[inline(always)]
pub(crate) fn found(sk: *const u8, session: u64, task: &Task) {
    let portid = skb::socket_portid(sk);
    if portid == 0 {
        return;
    }
    let tgid = task.tgid();
    if let Some(known) = known(sk as u64) {
        let is_found = known.session == session && known.portid == portid;
        if is_found && (known.tgid != INIT || tgid == INIT) {
            return;
        }
    }
    let uid = socket::user(sk);
    keep(sk as u64, &Owner { session, tgid, uid, portid, pad: 0, comm: task.process_name() });
}

/// A socket is freed.
#[inline(always)]
pub(crate) fn forget(sk: *const u8) {
    // Whatever runs now, the owner is who let it go.
    count_change(known(sk as u64).map_or(0, |owner| owner.tgid));
    drop_key(sk as u64);
}

/// Counts that a socket of this process came or went.
#[inline(always)]
fn count_change(tgid: u32) {
    if tgid != own_tgid() {
        bump(stat::SOCKETS);
    }
}

/// The owner of a socket; `None` if it is not known.
#[inline(always)]
pub(crate) fn of(sk: *const u8) -> Option<&'static Owner> {
    let portid = skb::socket_portid(sk);
    known(sk as u64).filter(|owner| owner.portid == portid)
}

#[inline(always)]
fn known(key: u64) -> Option<&'static Owner> {
    // SAFETY: a live element. One that is replaced meanwhile stays readable until the program ends.
    OWNERS.get_ptr(key).map(|owner| unsafe { &*owner })
}

/// Keeps an owner, instead of another one of the socket.
#[inline(always)]
fn keep(key: u64, owner: &Owner) {
    if known(key).is_some_and(|known| known.uid == owner.uid) {
        // Replacing takes no room. If the socket is gone by now, nobody needs it.
        let _kept = OWNERS.insert(key, owner, 0);
        return;
    }
    // Another socket had the address.
    drop_key(key);
    if has_room(owner.uid) && OWNERS.insert(key, owner, u64::from(BPF_NOEXIST)).is_ok() {
        charge_user(owner.uid, 1);
    } else if known(key).is_none() {
        bump(stat::OWNER_OVERFLOW);
    }
}

#[inline(always)]
fn drop_key(key: u64) {
    let Some(owner) = known(key) else { return };
    let uid = owner.uid;
    if OWNERS.remove(key).is_ok() {
        charge_user(uid, -1);
    }
}

#[inline(always)]
fn has_room(uid: u32) -> bool {
    uid == 0 || is_below(share::OWNERS, share::OWNERS_MAX_OTHERS)
}

#[inline(always)]
fn charge_user(uid: u32, count: i64) {
    if uid != 0 {
        charge(share::OWNERS, count);
    }
}
