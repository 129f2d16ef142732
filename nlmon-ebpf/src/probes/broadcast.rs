//! `netlink_broadcast_filtered(ssk, skb, portid, group, allocation, filter, filter_data)`, and
//! `netlink_broadcast`, the same without the last two, on kernels that have no filtered one. The
//! daemon attaches to one of them, never to both: the plain one calls the filtered one.

use aya_ebpf::{
    macros::{fentry, fexit, kprobe, kretprobe},
    programs::{FEntryContext, FExitContext, ProbeContext, RetProbeContext},
};

use super::{fentry_id, fexit_id, kprobe_id, kretprobe_id, report};
use crate::{
    call::{Call, enter, leave, leave_call},
    meter::Meter,
    skb::{Helper, Load},
};

#[kprobe]
fn kprobe_bcast(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(ssk), Some(skb), Some(portid), Some(group)) =
        (ctx.arg(0), ctx.arg(1), ctx.arg(2), ctx.arg(3))
    {
        report(&ctx, enter::<Helper>(&Call { ssk, skb, portid, group, id: kprobe_id(&ctx) }));
    }
    0
}

#[kretprobe]
fn kret_bcast(ctx: RetProbeContext) -> u32 {
    let _meter = Meter::start();
    report(&ctx, leave::<true>(&kretprobe_id(&ctx), ctx.ret()));
    0
}

#[fentry(function = "netlink_broadcast_filtered")]
fn fentry_bcast(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    let id = fentry_id(&ctx);
    let (ssk, skb) = (ctx.arg(0), ctx.arg(1));
    report(&ctx, enter::<Load>(&Call { ssk, skb, portid: ctx.arg(2), group: ctx.arg(3), id }));
    0
}

/// For `netlink_broadcast_filtered`, whose seven arguments come before the return value.
#[fexit(function = "netlink_broadcast_filtered")]
fn fexit_bcast7(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    report(&ctx, leave_call::<Load, true>(&call(&ctx), &fexit_id(&ctx), ctx.arg(7)));
    0
}

/// For `netlink_broadcast`, with five.
#[fexit(function = "netlink_broadcast")]
fn fexit_bcast5(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    report(&ctx, leave_call::<Load, true>(&call(&ctx), &fexit_id(&ctx), ctx.arg(5)));
    0
}

/// The arguments that the call began with.
#[inline(always)] // the pointers keep their types
fn call(ctx: &FExitContext) -> Call {
    Call { ssk: ctx.arg(0), skb: ctx.arg(1), portid: ctx.arg(2), group: ctx.arg(3), id: 0 }
}
