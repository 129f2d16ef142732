//! The tracepoint `sched_process_free(task)`: a thread has ended, and sends nothing any more. While it
//! ends, after `sched_process_exit`, it still does: its sockets are closed then.

use aya_ebpf::{macros::raw_tracepoint, programs::RawTracePointContext};

use crate::{
    frame::{self, Thread},
    meter::Meter,
    task,
};

#[raw_tracepoint(tracepoint = "sched_process_free")]
fn raw_free(ctx: RawTracePointContext) -> i32 {
    let _meter = Meter::start();
    // Another task may run now.
    let pid = task::pid(ctx.arg(0));
    if let Some(context) = Thread::of_id(pid).and_then(Thread::context) {
        frame::end(context);
    }
    0
}
