//! Open calls: what an entry leaves for its return.
//!
//! Calls nest (a reply inside a request), sleep and move between processors, and a kretprobe may
//! miss a return. So each thread has a small stack of frames, and a return finds its own by the
//! stack address of the call, never by position alone. A frame that its return missed is noticed
//! when a later call on the same stack lies at or above it.

use aya_ebpf::helpers::{bpf_get_current_pid_tgid, bpf_get_smp_processor_id};
use nlmon_common::{counter::stat, limits::DEPTH_MAX, observation::Sample};

use crate::maps::{CONTEXTS, EMPTY_CONTEXT, bump, global};

/// Thinning and rate cap of one processor.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Sampler {
    /// Start of the second that `taken` counts in.
    pub(crate) window_ns: u64,
    /// Samples taken in it.
    pub(crate) taken: u32,
    /// Datagrams since the last one sampled.
    pub(crate) skipped: u32,
}

/// One open call.
#[repr(C)]
pub(crate) struct Frame {
    /// Stack address of the call.
    pub(crate) id: u64,
    /// Bits of [`state`].
    pub(crate) state: u32,
    pub(crate) message_type: u16,
    pub(crate) message_flags: u16,
    /// Filled when `state` has `SAMPLED`; `protocol` and `path` always.
    pub(crate) sample: Sample,
}

/// Bits of [`Frame::state`].
pub(crate) mod state {
    /// Counted at entry: the result is to be counted at return.
    pub(crate) const COUNTED: u32 = 1;
    /// `sample` is to be sent at return.
    pub(crate) const SAMPLED: u32 = 2;
}

/// The open calls of one thread, outermost first.
#[repr(C)]
pub(crate) struct Context {
    pub(crate) depth: u32,
    _pad: u32,
    pub(crate) frames: [Frame; DEPTH_MAX],
}

/// Marks the key of a processor: thread ids stay below 2^22.
const CPU_KEY: u32 = 1 << 31;

/// Difference of the stack addresses that entry and return of one call may show: a kretprobe sees
/// the stack after the return address was taken off it, and its trampoline pushed a few words.
const RETURN_SLACK: u64 = 64;

/// The thread, or the processor for the idle task, which is one task on every processor.
pub(crate) fn context_key() -> u32 {
    match bpf_get_current_pid_tgid() as u32 {
        // SAFETY: no argument, no precondition.
        0 => CPU_KEY | unsafe { bpf_get_smp_processor_id() },
        tid => tid,
    }
}

/// The context of `key`, made if there is none.
fn context_or_new(key: u32) -> Option<*mut Context> {
    if let Some(context) = CONTEXTS.get_ptr_mut(key) {
        return Some(context);
    }
    // SAFETY: nothing writes the element, so that a shared reference is sound.
    let empty = unsafe { &*EMPTY_CONTEXT.get_ptr(0)? };
    CONTEXTS.insert(key, empty, 0).ok()?;
    CONTEXTS.get_ptr_mut(key)
}

/// Opens a frame for the call at stack address `id`, on top of the calls around it.
///
/// The error is the reason, a [`stat`], which the caller reports.
pub(crate) fn push(id: u64) -> Result<(*mut Context, usize), u32> {
    let context = context_or_new(context_key()).ok_or(stat::NO_CONTEXT)?;
    // SAFETY: the map's value; only this thread, and interrupts on top of it, use it.
    let mut depth = unsafe { (*context).depth } as usize;
    // Bounded by DEPTH_MAX: each round drops one frame.
    for _ in 0..DEPTH_MAX {
        if depth == 0 || depth > DEPTH_MAX || !is_stale(context, depth - 1, id) {
            break;
        }
        abandon(context, depth - 1);
        depth -= 1;
    }
    if depth >= DEPTH_MAX {
        return Err(stat::TOO_DEEP);
    }
    // SAFETY: as above; `depth` is below DEPTH_MAX.
    let frame = unsafe { &mut (*context).frames[depth & (DEPTH_MAX - 1)] };
    frame.id = id;
    frame.state = 0;
    // Published before it is filled: an interrupt from here on goes on top of it.
    // SAFETY: as above.
    unsafe { (*context).depth = depth as u32 + 1 };
    Ok((context, depth & (DEPTH_MAX - 1)))
}

/// Whether the frame's call has ended unseen: on one stack, a caller lies above its callees.
fn is_stale(context: *mut Context, index: usize, id: u64) -> bool {
    // SAFETY: the map's value; the index is masked.
    let open = unsafe { (*context).frames[index & (DEPTH_MAX - 1)].id };
    id >= open && id - open < u64::from(global!(OFFSETS.stack_bytes))
}

/// Drops a frame whose return will not come.
fn abandon(context: *mut Context, index: usize) {
    // SAFETY: the map's value; the index is masked.
    let state = unsafe { (*context).frames[index & (DEPTH_MAX - 1)].state };
    if state & state::SAMPLED != 0 {
        bump(stat::NO_RETURN);
    }
}

/// The frame of the call that returns with stack address `id`, and the context to [`close`].
pub(crate) fn find(id: u64) -> Option<(*mut Context, usize)> {
    let context = CONTEXTS.get_ptr_mut(context_key())?;
    // SAFETY: the map's value; only this thread, and interrupts on top of it, use it.
    let depth = unsafe { (*context).depth } as usize;
    for step in 1..=DEPTH_MAX {
        if step > depth {
            return None;
        }
        let index = (depth - step) & (DEPTH_MAX - 1);
        // SAFETY: as above; the index is masked.
        let open = unsafe { (*context).frames[index].id };
        if id.wrapping_sub(open).wrapping_add(RETURN_SLACK) <= 2 * RETURN_SLACK {
            return Some((context, index));
        }
    }
    None
}

/// Closes the frame at `index`; those above it missed their return.
pub(crate) fn close(context: *mut Context, index: usize) {
    // SAFETY: the map's value.
    let depth = unsafe { (*context).depth } as usize;
    for above in 1..DEPTH_MAX {
        if index + above >= depth {
            break;
        }
        abandon(context, index + above);
    }
    // SAFETY: as above. Written last: until here an interrupt went on top of the frame.
    unsafe { (*context).depth = index as u32 };
}
