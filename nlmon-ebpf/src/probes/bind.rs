//! `netlink_insert(sk, portid)`: a socket gets its port id, because it is bound, connected, or sends.

use aya_ebpf::{
    macros::{fentry, kprobe},
    programs::{FEntryContext, ProbeContext},
};

use crate::{meter::Meter, owners::note};

#[kprobe]
fn kprobe_bind(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(sk), Some(portid)) = (ctx.arg(0), ctx.arg(1)) {
        note(sk, portid);
    }
    0
}

#[fentry(function = "netlink_insert")]
fn fentry_bind(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    note(ctx.arg(0), ctx.arg(1));
    0
}
