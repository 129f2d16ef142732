//! `netlink_unicast(ssk, skb, portid, nonblock)`: requests, replies, peers.
//!
//! It consumes the datagram, so all reading is at entry. Sends to the kernel run its handler
//! inside, so calls nest.

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
fn kprobe_unicast(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(ssk), Some(skb), Some(portid)) = (ctx.arg(0), ctx.arg(1), ctx.arg(2)) {
        report(&ctx, enter::<Helper>(&Call { ssk, skb, portid, group: 0, id: kprobe_id(&ctx) }));
    }
    0
}

#[kretprobe]
fn kret_unicast(ctx: RetProbeContext) -> u32 {
    let _meter = Meter::start();
    report(&ctx, leave::<false>(&kretprobe_id(&ctx), ctx.ret()));
    0
}

#[fentry(function = "netlink_unicast")]
fn fentry_unicast(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    let id = fentry_id(&ctx);
    report(
        &ctx,
        enter::<Load>(&Call { ssk: ctx.arg(0), skb: ctx.arg(1), portid: ctx.arg(2), group: 0, id }),
    );
    0
}

// The return value follows the arguments in the context; the helper that fetches it needs 5.17.
#[fexit(function = "netlink_unicast")]
fn fexit_unicast(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    let call = Call { ssk: ctx.arg(0), skb: ctx.arg(1), portid: ctx.arg(2), group: 0, id: 0 };
    report(&ctx, leave_call::<Load, false>(&call, &fexit_id(&ctx), ctx.arg(4)));
    0
}
