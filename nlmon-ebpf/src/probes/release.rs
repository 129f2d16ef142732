//! `netlink_sock_destruct(sk)`: a socket is freed. Not `netlink_release`, which a sender on another
//! processor may still outlive that has found no room in the socket.

use aya_ebpf::{
    macros::{fentry, kprobe},
    programs::{FEntryContext, ProbeContext},
};

use crate::{meter::Meter, owners::forget};

#[kprobe]
fn kprobe_release(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let Some(sk) = ctx.arg(0) {
        forget(sk);
    }
    0
}

#[fentry(function = "netlink_sock_destruct")]
fn fentry_release(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    forget(ctx.arg(0));
    0
}
