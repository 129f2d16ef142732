//! `__netlink_sendskb(sk, skb)`: every datagram that is put into the queue of a receiving socket.
//! Where a kernel has it inlined, `netlink_deliver_tap(net, skb)` is called beside it.

use aya_ebpf::{
    macros::{fentry, kprobe},
    programs::{FEntryContext, ProbeContext},
};

use crate::{
    call::deliver,
    meter::Meter,
    skb::{Helper, Load},
};

#[kprobe]
fn kprobe_deliver(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let Some(skb) = ctx.arg(1) {
        deliver::<Helper>(skb);
    }
    0
}

#[fentry(function = "__netlink_sendskb")]
fn fentry_deliver(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    deliver::<Load>(ctx.arg(1));
    0
}
