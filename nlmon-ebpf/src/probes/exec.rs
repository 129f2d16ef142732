//! The tracepoint `sched_process_exec(task, old_pid, bprm)`: a process executes a program.

use aya_ebpf::{
    helpers::{bpf_get_current_pid_tgid, generated},
    macros::raw_tracepoint,
    programs::RawTracePointContext,
};
use nlmon_common::limits::{EXEC_PATH_MAX, EXECS_MAX};

use crate::{
    maps::{EXECS, global},
    meter::Meter,
    skb::{Helper, Memory as _},
    task::Task,
};

#[raw_tracepoint(tracepoint = "sched_process_exec")]
fn raw_exec(ctx: RawTracePointContext) -> i32 {
    let _meter = Meter::start();
    let tgid = (bpf_get_current_pid_tgid() >> 32) as u32;
    let Some(slot) = EXECS.get_ptr_mut(tgid & (EXECS_MAX - 1)) else { return 0 };
    // SAFETY: a live element. The daemon looks whose it is before and after it reads; two processes
    // that execute at the same moment and meet in it, 4096 ids apart, are not told apart.
    let slot = unsafe { &mut *slot };
    // SAFETY: a live reference. Volatile, so that the order stays.
    unsafe { core::ptr::write_volatile(&raw mut slot.tgid, 0) };
    let path: *const u8 = Helper::read(ctx.arg(2), global!(OFFSETS.binprm_interp));
    // SAFETY: the helper has room for as much as it is told, and checks the source.
    let len = unsafe {
        generated::bpf_probe_read_kernel_str(
            slot.path.as_mut_ptr().cast(),
            EXEC_PATH_MAX as u32,
            path.cast(),
        )
    };
    let comm = Task::current().comm();
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(&raw mut slot.comm, comm) };
    // A path that fills its place may be cut. An error is a larger number than any.
    let len = len.cast_unsigned();
    let len = if len < EXEC_PATH_MAX as u64 { len as u32 } else { 0 };
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(&raw mut slot.len, len) };
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(&raw mut slot.tgid, tgid) };
    0
}
