//! `call_fib4_notifiers(net, event, info)` and `fib6_del(route, info)`: the routes that a removal
//! takes, one by one. Both are called for routes, too, whose removal is told.

use aya_ebpf::{
    macros::{fentry, kprobe},
    programs::{FEntryContext, ProbeContext},
};

use crate::{
    meter::Meter,
    silent::{event_ipv4, event_ipv6},
};

#[kprobe]
fn kprobe_route4(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(event), Some(info)) = (ctx.arg(1), ctx.arg(2)) {
        event_ipv4(event, info);
    }
    0
}

#[fentry(function = "call_fib4_notifiers")]
fn fentry_route4(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    event_ipv4(ctx.arg(1), ctx.arg(2));
    0
}

#[kprobe]
fn kprobe_route6(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(route), Some(info)) = (ctx.arg(0), ctx.arg(1)) {
        event_ipv6(route, info);
    }
    0
}

#[fentry(function = "fib6_del")]
fn fentry_route6(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    event_ipv6(ctx.arg(0), ctx.arg(1));
    0
}
