//! `fib_table_flush(net, table, flush_all)`, which returns how many IPv4 routes it removed, and
//! `fib6_clean_all_skip_notify(net, func, arg)`: removals that nobody is told of.

use aya_ebpf::{
    macros::{fentry, fexit, kprobe, kretprobe},
    programs::{FEntryContext, FExitContext, ProbeContext, RetProbeContext},
};

use super::{fentry_id, fexit_id, kprobe_id, kretprobe_id};
use crate::{
    meter::Meter,
    silent::{begin_ipv4, begin_ipv6, end_ipv4, end_ipv6},
};

#[kprobe]
fn kprobe_flush4(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let (Some(net), Some(table), Some(flush_all)) = (ctx.arg(0), ctx.arg(1), ctx.arg(2)) {
        begin_ipv4(net, table, flush_all, kprobe_id(&ctx));
    }
    0
}

#[kretprobe]
fn kret_flush4(ctx: RetProbeContext) -> u32 {
    let _meter = Meter::start();
    end_ipv4(&kretprobe_id(&ctx), ctx.ret());
    0
}

#[fentry(function = "fib_table_flush")]
fn fentry_flush4(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    begin_ipv4(ctx.arg(0), ctx.arg(1), ctx.arg(2), fentry_id(&ctx));
    0
}

#[fexit(function = "fib_table_flush")]
fn fexit_flush4(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    end_ipv4(&fexit_id(&ctx), ctx.arg(3));
    0
}

#[kprobe]
fn kprobe_flush6(ctx: ProbeContext) -> u32 {
    let _meter = Meter::start();
    if let Some(net) = ctx.arg(0) {
        begin_ipv6(net, kprobe_id(&ctx));
    }
    0
}

#[kretprobe]
fn kret_flush6(ctx: RetProbeContext) -> u32 {
    let _meter = Meter::start();
    end_ipv6(&kretprobe_id(&ctx));
    0
}

#[fentry(function = "fib6_clean_all_skip_notify")]
fn fentry_flush6(ctx: FEntryContext) -> i32 {
    let _meter = Meter::start();
    begin_ipv6(ctx.arg(0), fentry_id(&ctx));
    0
}

#[fexit(function = "fib6_clean_all_skip_notify")]
fn fexit_flush6(ctx: FExitContext) -> i32 {
    let _meter = Meter::start();
    end_ipv6(&fexit_id(&ctx));
    0
}
