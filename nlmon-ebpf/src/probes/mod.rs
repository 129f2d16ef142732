//! The hooks: one file per kernel function, each with a kprobe and an fentry wrapper over the bodies
//! of [`crate::call`].

use aya_ebpf::{
    EbpfContext,
    programs::{FEntryContext, FExitContext, ProbeContext, RetProbeContext},
};
#[cfg(feature = "log")]
use aya_log_ebpf::warn;
use nlmon_common::counter::stat;

use crate::{
    frame::{Address, StackPointer},
    maps::bump,
};

mod bind;
mod broadcast;
mod delivery;
mod dump;
mod exec;
mod exit;
mod flush;
mod holdings;
mod overrun;
mod release;
mod removal;
mod unicast;

/// Counts what went wrong, and tells the daemon's log at the first, second, fourth, ... time.
#[inline(always)]
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

/// Stack address of a call, as its kprobe sees it.
fn kprobe_id(ctx: &ProbeContext) -> u64 {
    // SAFETY: the context of a kprobe is its registers.
    stack_pointer(unsafe { &*ctx.regs })
}

/// The same as its kretprobe sees it, on x86-64 a few bytes off.
fn kretprobe_id(ctx: &RetProbeContext) -> StackPointer {
    // SAFETY: the context of a kretprobe is its registers.
    StackPointer(stack_pointer(unsafe { &*ctx.regs }))
}

/// Where the return address lies.
#[cfg(bpf_target_arch = "x86_64")]
fn stack_pointer(regs: &aya_ebpf::bindings::pt_regs) -> u64 {
    regs.rsp
}

/// The caller's frame record, which stays the same as long as the call runs, and by which the kernel
/// knows a call itself (`HAVE_FUNCTION_GRAPH_RET_ADDR_PTR` in `arch/arm64/include/asm/ftrace.h`). A
/// return by kprobe.multi has no stack pointer: nothing sets it (`return_to_handler` in
/// `arch/arm64/kernel/entry-ftrace.S`).
#[cfg(bpf_target_arch = "aarch64")]
fn stack_pointer(regs: &aya_ebpf::bindings::pt_regs) -> u64 {
    regs.regs[29]
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
