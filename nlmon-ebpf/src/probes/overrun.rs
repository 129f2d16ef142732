//! `netlink_overrun(sk)`: a datagram that found no room in the queue of a receiving socket, whether
//! or not its owner wants to know.

use aya_ebpf::{
    macros::{fentry, kprobe},
    programs::{FEntryContext, ProbeContext},
};

use crate::{
    call::overrun,
    meter::Meter,
    skb::{Helper, Load},
};

#[kprobe]
fn kprobe_overrun(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let Some(sk) = ctx.arg(0) {
        overrun::<Helper>(sk);
    }
    0
}

#[fentry(function = "netlink_overrun")]
fn fentry_overrun(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    overrun::<Load>(ctx.arg(0));
    0
}
