//! What every hook does: the bodies that kprobe and fentry wrappers share.
//!
//! There are two ledgers. [`enter`], [`dump`] and [`leave`] count what was sent. [`deliver`] and
//! [`overrun`] count what receiving sockets got or lost, within the frame of the call.

use aya_ebpf::helpers::bpf_get_current_pid_tgid;
use nlmon_common::{
    counter::{DatagramCount, MessageKey, TYPE_RAW, path, stat},
    observation::SampleHeader,
};

use crate::{
    count,
    emit::{self, Datagram, Envelope},
    frame::{self, Context, Frame, Nesting, Return, Thread, state},
    machine,
    maps::{Charge, bump, charge, datagrams, global, own_tgid},
    messages::{self, Lengths},
    overruns, sampler,
    skb::{self, Memory},
    system_call, task,
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
    let Some(thread) = Thread::of(pid_tgid) else { return Ok(()) };
    let protocol = skb::protocol::<M>(call.ssk);
    let path = path_of::<M>(call);
    let Some(counters) = datagrams(protocol, path) else { return Ok(()) };
    let Some(charge) = charge() else { return Ok(()) };
    if is_process(pid_tgid, charge.own_tgid()) && is_own_call(thread, call.id) {
        machine::add(&mut counters.own, 1);
        return Ok(());
    }
    let Call { ssk, skb, portid, group, id } = *call;
    let place = place_of::<M>(call, path);
    let mut pushed = frame::push(thread, id, place);
    if pushed.is_err() && M::COUNTED_AT_RETURN {
        return Ok(());
    }
    if is_users_multicast(path, place) {
        thread.expect_second_send();
    }
    if may_be_second_send(path) && thread.may_owe_second_send() && skb::addresses(skb).group != 0 {
        machine::add(&mut counters.second_sends, 1);
        thread.second_send_came();
        // By kprobe, without room, it is a return without entry, later.
        if let Ok((context, index)) = pushed {
            context.frame(index).set_path(protocol, path);
        }
        return Ok(());
    }
    let interrupt = match &mut pushed {
        Ok((context, index)) => context.frame(*index).interrupt(),
        Err(_) if place == Nesting::Anywhere => {
            task::is_foreign_stack(id, task::stack_number()) as u32
        }
        Err(_) => 0,
    };
    let envelope = Envelope { protocol, path, portid, group };
    let datagram = count::<M>(process(pid_tgid, interrupt), ssk, skb, &envelope, counters);
    match pushed {
        Ok((context, index)) => {
            context.frame(index).set_path(protocol, path);
            note::<M>(context, index, &datagram, pid_tgid, counters, charge);
            Ok(())
        }
        // By kprobe, no return will find it.
        Err(reason) => {
            machine::add(&mut counters.unreported, 1);
            Err(reason)
        }
    }
}

/// A call to `netlink_dump` begins: what it sends is known when it is delivered.
#[inline(always)]
pub(crate) fn dump<M: Memory>(sk: *const u8, id: u64) {
    let pid_tgid = bpf_get_current_pid_tgid();
    let protocol = skb::protocol::<M>(sk);
    if is_own_process(pid_tgid) {
        if let Some(counters) = datagrams(protocol, path::DUMP) {
            machine::add(&mut counters.own, 1);
        }
        return;
    }
    let Some(thread) = Thread::of(pid_tgid) else { return };
    // Without room it is a return without entry, later. No sample is lost: nothing is counted yet.
    let Ok((context, index)) = frame::push(thread, id, Nesting::Nested) else { return };
    let frame = context.frame(index);
    frame.set_path(protocol, path::DUMP);
    frame.portid = skb::socket_portid(sk);
}

/// A datagram is put into the queue of a receiving socket.
#[inline(always)]
pub(crate) fn deliver<M: Memory>(skb: *const u8) {
    let pid_tgid = bpf_get_current_pid_tgid();
    let Some((context, index)) = innermost(pid_tgid) else {
        let unframed =
            if is_own_process(pid_tgid) { stat::OWN_DELIVERY } else { stat::UNFRAMED_DELIVERY };
        bump(unframed);
        return;
    };
    let frame = context.frame(index);
    let SampleHeader { protocol, path, .. } = frame.sample.header;
    // Some kernels tell of what the kernel's own sockets get, too: that is the request itself.
    if path == path::REQUEST {
        return;
    }
    // Counted when the call returns, with its result.
    frame.deliveries += 1;
    if path == path::DUMP && frame.state & state::COUNTED == 0 {
        let Some(counters) = datagrams(protocol, path) else { return };
        let Some(charge) = charge() else { return };
        let envelope = Envelope { protocol, path, portid: frame.portid, group: 0 };
        let process = process(pid_tgid, 0);
        let datagram = count::<M>(process, skb::receiver(skb), skb, &envelope, counters);
        note::<skb::Helper>(context, index, &datagram, pid_tgid, counters, charge);
    }
}

/// A datagram finds no room in the queue of the receiving socket `sk`.
#[inline(always)]
pub(crate) fn overrun<M: Memory>(sk: *const u8) {
    let message_type = match innermost(bpf_get_current_pid_tgid()) {
        Some((context, index)) => type_of(context.frame(index)),
        None => TYPE_RAW,
    };
    overruns::count::<M>(sk, message_type);
}

/// Type of the datagram that a frame is of, as far as it is known.
#[inline(always)]
fn type_of(frame: &Frame) -> u32 {
    match frame.state & (state::COUNTED | state::RAW) {
        state::COUNTED => u32::from(frame.message_type),
        _ => TYPE_RAW,
    }
}

/// A call of [`enter`]'s returns `result`, seen by an fexit, which still has the arguments.
///
/// An fentry program does not run on a processor where it is interrupted or preempted. So nlmon
/// misses the entry of some calls. It counts them at their end, as far as that is possible.
#[inline(always)]
pub(crate) fn leave_call<M: Memory, const BROADCAST: bool>(
    call: &Call,
    id: &impl Return,
    result: i32,
) -> Result<(), u32> {
    match leave::<BROADCAST>(id, result) {
        Err(stat::NO_ENTRY) => {
            unseen::<M>(call, result);
            Ok(())
        }
        other => other,
    }
}

/// Counts a call of which only the end was seen. The kernel has freed its datagram, so the types of
/// the messages are unknown.
#[inline(always)]
fn unseen<M: Memory>(call: &Call, result: i32) {
    let protocol = skb::protocol::<M>(call.ssk);
    let path = path_of::<M>(call);
    let Some(counters) = datagrams(protocol, path) else { return };
    let Some(thread) = Thread::of(bpf_get_current_pid_tgid()) else { return };
    if is_users_multicast(path, place_of::<M>(call, path)) {
        thread.expect_second_send();
    }
    if may_be_second_send(path) && thread.owes_second_send() {
        machine::add(&mut counters.second_sends, 1);
        thread.second_send_came();
        return;
    }
    machine::add(&mut counters.entered, 1);
    machine::add(&mut counters.overflow.messages, 1);
    if result > 0 {
        machine::add(&mut counters.bytes, u64::from(result.unsigned_abs()));
        machine::add(&mut counters.overflow.bytes, u64::from(result.unsigned_abs()));
    }
    count::result(protocol, path, result, 0);
    bump(stat::UNSEEN);
}

/// A call returns `result`. What only a `BROADCAST` may need costs the others nothing.
#[inline(always)]
pub(crate) fn leave<const BROADCAST: bool>(call: &impl Return, result: i32) -> Result<(), u32> {
    let pid_tgid = bpf_get_current_pid_tgid();
    let Some(thread) = Thread::of(pid_tgid) else { return Ok(()) };
    let Some((context, index)) = frame::find(thread, call) else {
        if is_own_process(pid_tgid) {
            bump(stat::OWN_RETURN);
            return Ok(());
        }
        return Err(stat::NO_ENTRY);
    };
    let frame = context.frame(index);
    let mut sent = Ok(());
    let SampleHeader { protocol, path, flags, src_portid, .. } = frame.sample.header;
    if BROADCAST && system_call::is_wanted(flags, src_portid, frame.state) {
        system_call::note_call(thread.key(), index as u32);
    }
    let frame = context.frame(index);
    if frame.state & state::COUNTED != 0 {
        count::result(protocol, path, result, frame.deliveries);
        if frame.state & state::SAMPLED != 0 {
            sent = emit::send(frame, Some(result));
        }
    } else if frame.deliveries != 0 {
        // A second send is no message of its own, but who gets it gets a message.
        count::deliveries(protocol, path, frame.deliveries);
    }
    frame::close(context, index);
    sent
}

/// Counts a datagram that goes out from, or for a dump into, the socket `sk`.
#[inline(always)] // the pointers keep their types
fn count<M: Memory>(
    tgid: u32,
    sk: *const u8,
    skb: *const u8,
    envelope: &Envelope,
    counters: &mut DatagramCount,
) -> Datagram {
    let (len, linear) = skb::lengths::<M>(skb);
    let data = skb::data::<M>(skb);
    machine::add(&mut counters.entered, 1);
    machine::add(&mut counters.bytes, u64::from(len));
    let mut key = MessageKey {
        tgid,
        netns: 0,
        message_type: 0,
        protocol: envelope.protocol,
        direction: envelope.path,
    };
    if global!(SETTINGS.count_netns) != 0 {
        key.netns = netns_of::<M>(sk, envelope.path);
    }
    let messages = messages::count(&mut key, skb, data, Lengths { total: len, linear });
    Datagram { envelope: *envelope, messages, sk, skb, data, len, linear }
}

/// Keeps in the frame what its return needs, and the sample if it is to be one.
#[inline(always)] // the verifier would go through it for every caller all the same
fn note<M: Memory>(
    context: &mut Context,
    index: usize,
    datagram: &Datagram,
    pid_tgid: u64,
    counters: &mut DatagramCount,
    charge: Charge,
) {
    let frame = context.frame(index);
    frame.message_type = datagram.messages.first.message_type;
    frame.message_flags = datagram.messages.first.flags;
    let raw = if datagram.messages.count == 0 { state::RAW } else { 0 };
    frame.state |= state::COUNTED | raw;
    let drawn = sampler::draw(context, index, datagram, charge);
    context.frame(index).state |= drawn;
    if sampler::decide(counters, datagram.envelope.protocol, drawn, charge) {
        let netns = netns_of::<M>(datagram.sk, datagram.envelope.path);
        emit::fill(context, index, datagram, netns, pid_tgid);
        context.frame(index).state |= state::SAMPLED;
    }
}

/// The network namespace of the socket that a datagram goes out from, or for a dump into, which is
/// no argument of its hook and so has no type.
#[inline(always)]
fn netns_of<M: Memory>(sk: *const u8, path: u8) -> u32 {
    if path == path::DUMP { skb::netns::<skb::Helper>(sk) } else { skb::netns::<M>(sk) }
}

/// The frame of the innermost call that is open.
#[inline(always)]
pub(crate) fn innermost(pid_tgid: u64) -> Option<(&'static mut Context, usize)> {
    let context = Thread::of(pid_tgid)?.context()?;
    let depth = context.depth();
    if depth == 0 { None } else { Some((context, depth - 1)) }
}

/// Whether the current task is the daemon's.
#[inline(always)]
fn is_own_process(pid_tgid: u64) -> bool {
    is_process(pid_tgid, own_tgid())
}

/// Whether the current task is of a process; 0 is none.
#[inline(always)]
fn is_process(pid_tgid: u64, wanted: u32) -> bool {
    let tgid = (pid_tgid >> 32) as u32;
    tgid != 0 && tgid == wanted
}

/// Whether the daemon makes the call at stack address `id` itself: it may as well be an interrupt
/// that happens to run on top of it.
fn is_own_call(thread: Thread, id: u64) -> bool {
    // The frame is a detour: in it, the address becomes a number.
    let Ok((context, index)) = frame::push(thread, id, Nesting::Anywhere) else {
        return true;
    };
    let interrupt = context.frame(index).interrupt();
    frame::close(context, index);
    interrupt == 0
}

/// The path that a call's datagram takes.
#[inline(always)]
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

/// Where a call may be made: a user's socket sends by a system call, and by nothing else.
#[inline(always)]
fn place_of<M: Memory>(call: &Call, path: u8) -> Nesting {
    let by_user = match path {
        path::REPLY => false,
        path::MULTICAST => !skb::is_kernel_socket::<M>(call.ssk),
        _ => true,
    };
    if by_user { Nesting::Outermost } else { Nesting::Anywhere }
}

/// Whether a multicast is a user's. A unicast follows it: `netlink_sendmsg` broadcasts the datagram
/// and then sends it to the destination port id too, which is the kernel's unless the user named
/// one (`net/netlink/af_netlink.c`). The kernel's own socket may do both for real.
#[inline(always)]
fn is_users_multicast(path: u8, place: Nesting) -> bool {
    path == path::MULTICAST && place == Nesting::Outermost
}

/// Whether a datagram of this path may be such a second send. The datagram itself says whether it
/// is, and is asked only while one is due: that saves a read.
#[inline(always)]
fn may_be_second_send(path: u8) -> bool {
    path == path::REQUEST || path == path::PEER
}

/// The process that a message counts under. What is sent in an interrupt is not the doing of the
/// process that it interrupts. No branch, so that the verifier does not go on for each outcome.
#[inline(always)]
fn process(pid_tgid: u64, interrupt: u32) -> u32 {
    let mask = interrupt.wrapping_neg();
    (pid_tgid >> 32) as u32 & !mask | MessageKey::INTERRUPT & mask
}
