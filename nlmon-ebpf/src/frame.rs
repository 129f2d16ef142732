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

/// What an entry leaves for its return.
#[repr(C)]
pub(crate) struct Frame {
    /// Bits of [`state`].
    pub(crate) state: u32,
    pub(crate) message_type: u16,
    pub(crate) message_flags: u16,
    /// Port id of the receiving socket, of a dump.
    pub(crate) portid: u32,
    _pad: u32,
    /// Filled when `state` has `SAMPLED`; `protocol` and `path` always.
    pub(crate) sample: Sample,
}

impl Frame {
    /// Notes which way the call's datagram goes, which is known before anything else of it is.
    #[inline(always)] // two stores
    pub(crate) fn set_way(&mut self, protocol: u8, path: u8) {
        self.sample.header.protocol = protocol;
        self.sample.header.path = path;
    }
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
    depth: u32,
    _pad: u32,
    /// Stack addresses of the calls. One more than there are frames: see [`push`].
    ids: [u64; DEPTH_MAX * 2],
    frames: [Frame; DEPTH_MAX],
}

impl Context {
    /// How many calls are open.
    #[inline(always)] // one load
    pub(crate) fn depth(&self) -> usize {
        self.depth as usize
    }

    /// The frame at `index`.
    #[inline(always)] // the verifier has to see the mask at the access
    pub(crate) fn frame(&mut self, index: usize) -> &mut Frame {
        &mut self.frames[masked(index, DEPTH_MAX)]
    }

    /// The stack address of the call at `index`.
    #[inline(always)] // as above
    pub(crate) fn id(&mut self, index: usize) -> &mut u64 {
        &mut self.ids[masked(index, DEPTH_MAX * 2)]
    }
}

/// `index`, and a proof for the verifier that it is below `len`, a power of two. The compiler has
/// the same proof and would drop the mask; what it proved from is out of the verifier's sight.
#[inline(always)] // one instruction
fn masked(index: usize, len: usize) -> usize {
    core::hint::black_box(index) & (len - 1)
}

/// Marks the key of a processor: thread ids stay below 2^22.
const CPU_KEY: u32 = 1 << 31;

/// Difference of the stack pointers that kprobe and kretprobe of one call may show.
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
pub(crate) fn push(id: u64) -> Result<(&'static mut Context, usize), u32> {
    let context = context_or_new(context_key()).ok_or(stat::NO_CONTEXT)?;
    // SAFETY: the map's value; only this thread, and interrupts on top of it, use it.
    let context = unsafe { &mut *context };
    let mut index = context.depth as usize;
    if index > DEPTH_MAX {
        return Err(stat::TOO_DEEP);
    }
    // Published before it is filled: an interrupt from here on goes on top of it.
    set_depth(context, index + 1);
    let id = as_number(context.id(index), id);
    // Each round drops one frame.
    for _ in 0..DEPTH_MAX {
        if index == 0 || !is_stale(*context.id(index - 1), id) {
            break;
        }
        index -= 1;
        abandon(context, index);
    }
    if index >= DEPTH_MAX {
        set_depth(context, index);
        return Err(stat::TOO_DEEP);
    }
    *context.id(index) = id;
    set_depth(context, index + 1);
    context.frame(index).state = 0;
    Ok((context, index))
}

/// The address as a number: that of fentry is a pointer to the verifier, with which it allows no
/// arithmetic, until it has gone through memory.
#[inline(always)] // two instructions
fn as_number(slot: &mut u64, id: u64) -> u64 {
    // SAFETY: a live reference. Volatile, so that the compiler does not take the short way.
    unsafe { core::ptr::write_volatile(slot, id) };
    // SAFETY: as above.
    unsafe { core::ptr::read_volatile(slot) }
}

/// Writes the depth at this place in the program, neither before nor after.
#[inline(always)] // one instruction
fn set_depth(context: &mut Context, depth: usize) {
    // SAFETY: a live reference.
    unsafe { core::ptr::write_volatile(&raw mut context.depth, depth as u32) };
}

/// Whether the call at `open` has ended unseen: on one stack, a caller lies above its callees.
fn is_stale(open: u64, id: u64) -> bool {
    id >= open && id - open < u64::from(global!(OFFSETS.stack_bytes))
}

/// Drops a frame whose return will not come.
fn abandon(context: &mut Context, index: usize) {
    if context.frame(index).state & state::SAMPLED != 0 {
        bump(stat::NO_RETURN);
    }
}

/// How a return tells its own frame.
pub(crate) trait Return {
    /// Whether this is the return of the call at stack address `open`.
    fn is_of(&self, open: u64) -> bool;
}

/// Seen by a kretprobe: the stack pointer, after the return address was taken off the stack and
/// the trampoline has pushed a few words.
pub(crate) struct StackPointer(pub(crate) u64);

impl Return for StackPointer {
    #[inline(always)] // one compare
    fn is_of(&self, open: u64) -> bool {
        self.0.wrapping_sub(open).wrapping_add(RETURN_SLACK) <= 2 * RETURN_SLACK
    }
}

/// Seen by fexit: the very address that fentry saw. To the verifier it is a pointer, which may be
/// compared, and no more.
pub(crate) struct Address(pub(crate) u64);

impl Return for Address {
    #[inline(always)] // one compare
    fn is_of(&self, open: u64) -> bool {
        self.0 == open
    }
}

/// The frame of the call that returns, and the context to [`close`].
#[inline(always)] // a call would lose the pointer's type
pub(crate) fn find(call: &impl Return) -> Option<(&'static mut Context, usize)> {
    let context = CONTEXTS.get_ptr_mut(context_key())?;
    // SAFETY: the map's value; only this thread, and interrupts on top of it, use it.
    let context = unsafe { &mut *context };
    let depth = context.depth as usize;
    for step in 1..=DEPTH_MAX {
        if step > depth {
            return None;
        }
        if call.is_of(*context.id(depth - step)) {
            return Some((context, depth - step));
        }
    }
    None
}

/// Closes the frame at `index`; those above it missed their return.
pub(crate) fn close(context: &mut Context, index: usize) {
    let depth = context.depth as usize;
    for above in 1..DEPTH_MAX {
        if index + above >= depth {
            break;
        }
        abandon(context, index + above);
    }
    // Last: until here an interrupt went on top of the frame.
    set_depth(context, index);
}
