//! What every hook does: the bodies that kprobe and fentry wrappers share.
//!
//! Two ledgers. [`enter`], [`dump`] and [`leave`] keep that of what was sent; [`deliver`] and
//! [`overrun`] that of what receiving sockets got or lost, each within the frame of its call.

use aya_ebpf::helpers::bpf_get_current_pid_tgid;
use nlmon_common::{
    counter::{MessageKey, OverrunKey, path, stat},
    observation::Header,
};

use crate::{
    count,
    emit::{self, Datagram},
    frame::{self, Context, Return, context_key, state},
    maps::{CONTEXTS, bump, global},
    skb::{self, Memory, MessageHeader, Task},
};

/// The arguments of a call that sends, decoded.
pub(crate) struct Call {
    /// Sending socket.
    pub(crate) ssk: *const u8,
    pub(crate) skb: *const u8,
    /// Destination port id, or the one excluded from a broadcast.
    pub(crate) portid: u32,
    /// Multicast group, 0 for unicast.
    pub(crate) group: u32,
    /// Stack address of the call.
    pub(crate) id: u64,
}

/// A call begins: counts its datagram, and leaves a frame for its return.
#[inline(always)] // one copy per hook, so that the pointers keep their types
pub(crate) fn enter<M: Memory>(call: &Call) -> Result<(), u32> {
    let pid_tgid = bpf_get_current_pid_tgid();
    let protocol = skb::protocol::<M>(call.ssk);
    let path = path_of::<M>(call);
    if is_own_process(pid_tgid) && is_own_call(call.id) {
        if let Some(counters) = count::datagrams(protocol, path) {
            counters.own += 1;
        }
        return Ok(());
    }
    if is_second_leg(call, path) {
        if let Some(counters) = count::datagrams(protocol, path) {
            counters.second_legs += 1;
        }
        // Without room it is a return without entry, later.
        if let Ok((context, index)) = frame::push(call.id) {
            context.frame(index).set_way(protocol, path);
        }
        return Ok(());
    }
    let Call { ssk, skb, portid, group, id } = *call;
    let (datagram, first) = count::<M>(pid_tgid, ssk, skb, (protocol, path), (portid, group));
    let (context, index) = frame::push(id)?;
    context.frame(index).set_way(protocol, path);
    note(context, index, &datagram, &first, pid_tgid);
    Ok(())
}

/// A call to `netlink_dump` begins: what it sends is known when it is delivered.
#[inline(always)] // one copy per hook
pub(crate) fn dump<M: Memory>(sk: *const u8, id: u64) -> Result<(), u32> {
    if is_own_process(bpf_get_current_pid_tgid()) {
        if let Some(counters) = count::datagrams(skb::protocol::<M>(sk), path::DUMP) {
            counters.own += 1;
        }
        return Ok(());
    }
    let (context, index) = frame::push(id)?;
    let frame = context.frame(index);
    frame.set_way(skb::protocol::<M>(sk), path::DUMP);
    frame.portid = skb::socket_portid(sk);
    Ok(())
}

/// A datagram is put into the queue of a receiving socket.
#[inline(always)] // one copy per hook
pub(crate) fn deliver<M: Memory>(skb: *const u8) {
    let pid_tgid = bpf_get_current_pid_tgid();
    let Some((context, index)) = innermost() else {
        let unframed =
            if is_own_process(pid_tgid) { stat::OWN_DELIVERY } else { stat::UNFRAMED_DELIVERY };
        bump(unframed);
        return;
    };
    let frame = context.frame(index);
    let Header { protocol, path, .. } = frame.sample.header;
    // Some kernels tell of what the kernel's own sockets get, too: that is the request itself.
    if path == path::REQUEST {
        return;
    }
    if let Some(counters) = count::datagrams(protocol, path) {
        counters.deliveries += 1;
    }
    if path == path::DUMP && frame.state == 0 {
        let portid = frame.portid;
        let sk = skb::receiver(skb);
        let (datagram, first) = count::<M>(pid_tgid, sk, skb, (protocol, path), (portid, 0));
        note(context, index, &datagram, &first, pid_tgid);
    }
}

/// A datagram finds no room in the queue of the receiving socket `sk`.
#[inline(always)] // one copy per hook
pub(crate) fn overrun<M: Memory>(sk: *const u8) {
    let message_type = match innermost() {
        Some((context, index)) => u32::from(context.frame(index).message_type),
        None => nlmon_common::counter::TYPE_RAW,
    };
    count::overrun(OverrunKey {
        netns: skb::netns::<M>(sk),
        portid: skb::socket_portid(sk),
        message_type,
        protocol: skb::protocol::<M>(sk),
        pad: [0; 3],
    });
}

/// A call returns `result`.
#[inline(always)] // one copy per hook
pub(crate) fn leave(call: &impl Return, result: i32) -> Result<(), u32> {
    let Some((context, index)) = frame::find(call) else {
        if is_own_process(bpf_get_current_pid_tgid()) {
            bump(stat::OWN_RETURN);
            return Ok(());
        }
        return Err(stat::NO_ENTRY);
    };
    let frame = context.frame(index);
    let mut sent = Ok(());
    if frame.state & state::COUNTED != 0 {
        let Header { protocol, path, .. } = frame.sample.header;
        count::result(protocol, path, result);
        sent = emit::send(frame, result);
    }
    frame::close(context, index);
    sent
}

/// Counts a datagram that goes out from, or for a dump into, the socket `sk`.
#[inline(always)] // the pointers keep their types
fn count<M: Memory>(
    pid_tgid: u64,
    sk: *const u8,
    skb: *const u8,
    (protocol, path): (u8, u8),
    (portid, group): (u32, u32),
) -> (Datagram, MessageHeader) {
    let len = skb::len::<M>(skb);
    let (data, linear) = skb::linear::<M>(skb, len);
    let netns =
        if path == path::DUMP { skb::netns::<skb::Helper>(sk) } else { skb::netns::<M>(sk) };
    if let Some(counters) = count::datagrams(protocol, path) {
        counters.entered += 1;
        counters.bytes += u64::from(len);
    }
    let mut key = MessageKey {
        tgid: (pid_tgid >> 32) as u32,
        netns: if global!(SETTINGS.count_netns) == 0 { 0 } else { netns },
        message_type: 0,
        protocol,
        path,
        pad: [0; 2],
    };
    let first = count::messages(&mut key, skb, data, linear);
    let message_type = first.message_type;
    let datagram =
        Datagram { protocol, path, message_type, netns, len, portid, group, skb, data, linear };
    (datagram, first)
}

/// Keeps in the frame what its return needs, and the sample if it is to be one.
#[inline(always)] // the verifier would go through it for every caller all the same
fn note(
    context: &mut Context,
    index: usize,
    datagram: &Datagram,
    first: &MessageHeader,
    pid_tgid: u64,
) {
    let frame = context.frame(index);
    frame.message_type = first.message_type;
    frame.message_flags = first.flags;
    frame.state = state::COUNTED;
    if emit::wanted() {
        emit::fill(context, index, datagram, pid_tgid);
        context.frame(index).state = state::COUNTED | state::SAMPLED;
        bump(stat::SAMPLED);
    }
}

/// The frame of the innermost call that is open.
#[inline(always)] // one lookup
fn innermost() -> Option<(&'static mut Context, usize)> {
    let context = CONTEXTS.get_ptr_mut(context_key())?;
    // SAFETY: the map's value; only this thread, and interrupts on top of it, use it.
    let context = unsafe { &mut *context };
    let depth = context.depth();
    if depth == 0 { None } else { Some((context, depth - 1)) }
}

/// Whether the current task is the daemon's.
#[inline(always)] // two compares
fn is_own_process(pid_tgid: u64) -> bool {
    let tgid = (pid_tgid >> 32) as u32;
    tgid != 0 && tgid == global!(SETTINGS.own_tgid)
}

/// Whether the daemon makes the call at stack address `id` itself: it may as well be an interrupt
/// that happens to run on top of it.
fn is_own_call(id: u64) -> bool {
    // The frame is a detour: in it, the address becomes a number.
    let Ok((context, index)) = frame::push(id) else { return true };
    let address = *context.id(index);
    frame::close(context, index);
    !Task::current().is_foreign_stack(address)
}

/// Which way a call's datagram goes.
#[inline(always)] // two compares
fn path_of<M: Memory>(call: &Call) -> u8 {
    if call.group != 0 {
        path::MULTICAST
    } else if skb::is_kernel_socket::<M>(call.ssk) {
        path::REPLY
    } else if call.portid == 0 {
        path::REQUEST
    } else {
        path::PEER
    }
}

/// Whether this is the unicast that follows a user's multicast send: `netlink_sendmsg` broadcasts
/// the datagram and then sends it to the destination port id too, which is the kernel's unless
/// the user named one (`net/netlink/af_netlink.c`). The kernel's own socket may do both for real.
#[inline(always)] // one read, for users' sends only
fn is_second_leg(call: &Call, path: u8) -> bool {
    (path == path::REQUEST || path == path::PEER) && skb::destination_group(call.skb) != 0
}
