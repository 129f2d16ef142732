//! The tracepoint `sched_process_exit(task)`: a thread ends.

use aya_ebpf::{
    helpers::bpf_get_current_pid_tgid, macros::raw_tracepoint, programs::RawTracePointContext,
};

use crate::frame::{self, Thread};

#[raw_tracepoint(tracepoint = "sched_process_exit")]
fn raw_exit(_ctx: RawTracePointContext) -> i32 {
    if let Some(context) = Thread::of(bpf_get_current_pid_tgid()).and_then(Thread::context) {
        frame::end(context);
    }
    0
}
