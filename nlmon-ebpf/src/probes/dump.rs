//! `netlink_dump(sk)`, on most kernels with a second argument: the parts of a dump, which are sent
//! without `netlink_unicast`, inside the request or a later read.

use aya_ebpf::{
    macros::{fentry, fexit, kprobe, kretprobe},
    programs::{FEntryContext, FExitContext, ProbeContext, RetProbeContext},
};

use super::{fentry_id, fexit_id, kprobe_id, kretprobe_id, report};
use crate::{
    call::{dump, leave},
    meter::Meter,
    skb::{Helper, Load},
};

#[kprobe]
fn kprobe_dump(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let Some(sk) = ctx.arg(0) {
        dump::<Helper>(sk, kprobe_id(&ctx));
    }
    0
}

#[kretprobe]
fn kret_dump(ctx: RetProbeContext) -> u32 {
    let _meter = Meter::start();
    report(&ctx, leave::<false>(&kretprobe_id(&ctx), ctx.ret()));
    0
}

#[fentry(function = "netlink_dump")]
fn fentry_dump(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    dump::<Load>(ctx.arg(0), fentry_id(&ctx));
    0
}

/// For kernels where it has one argument.
#[fexit(function = "netlink_dump")]
fn fexit_dump1(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    report(&ctx, leave::<false>(&fexit_id(&ctx), ctx.arg(1)));
    0
}

/// For kernels where it has two.
#[fexit(function = "netlink_dump")]
fn fexit_dump2(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    report(&ctx, leave::<false>(&fexit_id(&ctx), ctx.arg(2)));
    0
}
