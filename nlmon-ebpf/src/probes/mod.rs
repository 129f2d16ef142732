//! The hooks: one file per kernel function, each a kprobe pair and an fentry pair over the two
//! bodies here, [`enter`] and [`leave`].

use aya_ebpf::{
    EbpfContext,
    helpers::{bpf_get_current_pid_tgid, generated},
    programs::{FEntryContext, FExitContext, ProbeContext, RetProbeContext},
};
#[cfg(feature = "log")]
use aya_log_ebpf::warn;
use nlmon_common::{
    counter::{MessageKey, path, stat},
    observation::Header,
};

use crate::{
    count,
    emit::{self, Datagram},
    frame::{self, Address, Return, StackPointer, state},
    maps::{bump, global},
    skb::{self, Memory},
};

mod broadcast;
mod unicast;

/// The arguments of a call, decoded.
struct Call {
    /// Sending socket.
    ssk: *const u8,
    skb: *const u8,
    /// Destination port id, or the one excluded from a broadcast.
    portid: u32,
    /// Multicast group, 0 for unicast.
    group: u32,
    /// Stack address of the call.
    id: u64,
}

/// A call begins: counts its datagram, and leaves a frame for its return.
#[inline(always)] // one copy per hook, so that the pointers keep their types
fn enter<M: Memory>(call: &Call) -> Result<(), u32> {
    let pid_tgid = bpf_get_current_pid_tgid();
    let tgid = (pid_tgid >> 32) as u32;
    let protocol = skb::protocol::<M>(call.ssk);
    let path = path_of::<M>(call);
    let Some(counters) = count::datagrams(protocol, path) else { return Ok(()) };
    if tgid != 0 && tgid == global!(SETTINGS.own_tgid) {
        counters.own += 1;
        return Ok(());
    }
    if is_second_leg(call, path) {
        counters.second_legs += 1;
        // The frame keeps replies nested in this leg apart from the send's own.
        // Without room it is a return without entry, later.
        return frame::push(call.id).map(drop).or(Ok(()));
    }

    let len = skb::len::<M>(call.skb);
    let (data, linear) = skb::linear::<M>(call.skb, len);
    let netns = skb::netns::<M>(call.ssk);
    counters.entered += 1;
    counters.bytes += u64::from(len);
    let counted_netns = if global!(SETTINGS.count_netns) == 0 { 0 } else { netns };
    let mut key =
        MessageKey { tgid, netns: counted_netns, message_type: 0, protocol, path, pad: [0; 2] };
    let first = count::messages(&mut key, data, linear);

    let (context, index) = frame::push(call.id)?;
    let frame = context.frame(index);
    frame.message_type = first.message_type;
    frame.message_flags = first.flags;
    frame.sample.header.protocol = protocol;
    frame.sample.header.path = path;
    frame.state = state::COUNTED;
    // SAFETY: no argument, no precondition.
    let now_ns = unsafe { generated::bpf_ktime_get_ns() };
    if emit::wanted(now_ns) {
        let Call { skb, portid, group, .. } = *call;
        let datagram = Datagram {
            protocol,
            path,
            message_type: first.message_type,
            netns,
            len,
            portid,
            group,
            skb,
            data,
            linear,
        };
        emit::fill(context, index, &datagram, pid_tgid, now_ns);
        context.frame(index).state = state::COUNTED | state::SAMPLED;
        bump(stat::SAMPLED);
    }
    Ok(())
}

/// A call returns `result`.
#[inline(always)] // one copy per hook
fn leave(call: &impl Return, result: i32) -> Result<(), u32> {
    let Some((context, index)) = frame::find(call) else {
        let tgid = (bpf_get_current_pid_tgid() >> 32) as u32;
        let own = tgid != 0 && tgid == global!(SETTINGS.own_tgid);
        return if own { Ok(()) } else { Err(stat::NO_ENTRY) };
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

/// Counts what went wrong, and tells the daemon's log at the first, second, fourth, ... time.
#[inline(always)] // the common case is one compare
fn report<C: EbpfContext>(ctx: &C, outcome: Result<(), u32>) {
    if let Err(reason) = outcome {
        warn(ctx, reason, bump(reason));
    }
}

#[cfg(feature = "log")]
#[inline(never)] // the log record takes stack
fn warn<C: EbpfContext>(ctx: &C, reason: u32, count: u64) {
    // A return without entry is a call that was open when the probes came.
    if reason != stat::NO_ENTRY && count.is_power_of_two() {
        warn!(ctx, "samples lost on this CPU: {}, reason {}", count, reason);
    }
}

#[cfg(not(feature = "log"))]
fn warn<C: EbpfContext>(_ctx: &C, _reason: u32, _count: u64) {}

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

/// Stack address of a call, as its kprobe sees it: where the return address lies.
fn kprobe_id(ctx: &ProbeContext) -> u64 {
    // SAFETY: the context of a kprobe is its registers.
    stack_pointer(unsafe { &*ctx.regs })
}

/// The same as its kretprobe sees it, a few bytes off.
fn kretprobe_id(ctx: &RetProbeContext) -> StackPointer {
    // SAFETY: the context of a kretprobe is its registers.
    StackPointer(stack_pointer(unsafe { &*ctx.regs }))
}

#[cfg(bpf_target_arch = "x86_64")]
fn stack_pointer(regs: &aya_ebpf::bindings::pt_regs) -> u64 {
    regs.rsp
}

#[cfg(bpf_target_arch = "aarch64")]
fn stack_pointer(regs: &aya_ebpf::bindings::pt_regs) -> u64 {
    regs.sp
}

// The host build exists for clippy alone.
#[cfg(not(any(bpf_target_arch = "x86_64", bpf_target_arch = "aarch64")))]
fn stack_pointer(_regs: &aya_ebpf::bindings::pt_regs) -> u64 {
    0
}

/// Stack address of a call, as its fentry sees it: the trampoline keeps the arguments there.
fn fentry_id(ctx: &FEntryContext) -> u64 {
    ctx.as_ptr() as u64
}

/// The same for fexit: one trampoline runs both, with one copy of the arguments.
fn fexit_id(ctx: &FExitContext) -> Address {
    Address(ctx.as_ptr() as u64)
}
