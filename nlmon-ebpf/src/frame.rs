//! Open calls: what an entry leaves for its return.
//!
//! Calls nest (a reply inside a request), sleep and move between processors, and a kretprobe may
//! miss a return. So each thread has a small stack of frames, and a return finds its own by the
//! stack address of the call, never by position alone. A frame that its return missed is noticed
//! when a later call on the same stack lies at or above it, or is one that nothing can enclose.
//!
//! Contexts lie in an array, where a look-up is an address computation. A thread has the one at
//! its id's low bits while it has open calls; where two threads meet, the later one takes one of
//! the next. Whose a context is, is decided by an atomic addition, because kernels before 5.12
//! have no compare-and-swap for programs.

use aya_ebpf::helpers::bpf_get_smp_processor_id;
use nlmon_common::{
    counter::{path, stat},
    limits::{CONTEXT_WAYS, CONTEXTS_MAX, DEPTH_MAX},
    observation::{Sample, flag},
};

use crate::{
    emit,
    machine::{self, Shared, masked},
    maps::{CONTEXTS, bump, datagrams, global},
};

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
    /// Receiving sockets that got the datagram so far.
    pub(crate) deliveries: u32,
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
    /// Threads that would have this context at the moment. Who adds one and finds one, has it.
    claims: Shared,
    /// Threads at home here that have one of the next contexts instead.
    displaced: Shared,
    /// Multicast sends of users, by threads at home here, whose second leg is still to come.
    pub(crate) legs: Shared,
    /// Key of the thread that has it, 0 for none.
    owner: u32,
    /// How far from its home its owner is.
    way: u32,
    depth: u32,
    _pad: u32,
    /// Stack addresses of the calls. More than there are frames: see [`push`].
    ids: [u64; DEPTH_MAX * 2],
    frames: [Frame; DEPTH_MAX],
}

const _: () = assert!(CONTEXTS_MAX.is_power_of_two());

impl Context {
    /// How many calls are open.
    #[inline(always)] // one load
    pub(crate) fn depth(&self) -> usize {
        self.depth as usize
    }

    /// Who has it. Other threads look, too.
    #[inline(always)] // one load
    fn owner(&self) -> u32 {
        // SAFETY: a live reference.
        unsafe { core::ptr::read_volatile(&raw const self.owner) }
    }

    #[inline(always)] // one store
    fn set_owner(&mut self, key: u32) {
        // SAFETY: a live reference.
        unsafe { core::ptr::write_volatile(&raw mut self.owner, key) };
    }

    /// The frame at `index`.
    #[inline(always)] // the verifier has to see the mask at the access
    pub(crate) fn frame(&mut self, index: usize) -> &mut Frame {
        // SAFETY: cut to below the length. The compiler cannot know; the verifier does.
        unsafe { self.frames.get_unchecked_mut(masked::<DEPTH_MAX>(index)) }
    }

    /// The stack address of the call at `index`.
    #[inline(always)] // as above
    pub(crate) fn id(&mut self, index: usize) -> &mut u64 {
        // SAFETY: as above.
        unsafe { self.ids.get_unchecked_mut(masked::<{ DEPTH_MAX * 2 }>(index)) }
    }
}

/// Marks the key of a processor: thread ids stay below 2^22.
const CPU_KEY: u32 = 1 << 31;

/// Difference of the stack pointers that kprobe and kretprobe of one call may show.
const RETURN_SLACK: u64 = 64;

/// From 6.14 on, a kprobe.multi return on x86-64 shows the stack pointer below the registers that the
/// kernel has saved there (`FRAME_SIZE` in `return_to_handler`, `arch/x86/kernel/ftrace_64.S`).
const RETURN_REGISTERS: u64 = 168;

/// A thread, or the processor for the idle task, which is one task on all of them.
#[derive(Clone, Copy)]
pub(crate) struct Thread {
    /// Thread id, or [`CPU_KEY`] and the processor's number.
    key: u32,
    /// The context at its id's low bits. Others may have it.
    home: *mut Context,
}

impl Thread {
    /// The current one, by `bpf_get_current_pid_tgid`.
    #[inline(always)] // an address computation
    pub(crate) fn of(pid_tgid: u64) -> Option<Self> {
        Self::of_key(match pid_tgid as u32 {
            // SAFETY: no argument, no precondition.
            0 => CPU_KEY | unsafe { bpf_get_smp_processor_id() },
            tid => tid,
        })
    }

    #[inline(always)] // an address computation
    fn of_key(key: u32) -> Option<Self> {
        CONTEXTS.get_ptr_mut(key & (CONTEXTS_MAX - 1)).map(|home| Self { key, home })
    }

    /// The context `way` places from home.
    #[inline(always)] // an address computation
    fn place(self, way: u32) -> Option<&'static mut Context> {
        let context = match way {
            0 => self.home,
            _ => CONTEXTS.get_ptr_mut(self.key.wrapping_add(way) & (CONTEXTS_MAX - 1))?,
        };
        // SAFETY: the map's value. Threads share `claims`, `displaced` and `legs`, which are atomic;
        // the rest is its owner's, and of interrupts on top of it.
        Some(unsafe { &mut *context })
    }

    /// Multicast sends of users whose second leg is still to come, by this thread and those that
    /// share its home.
    #[inline(always)] // a field's address
    pub(crate) fn legs(self) -> &'static Shared {
        // SAFETY: the map's value, a field that is only changed atomically.
        unsafe { &(*self.home).legs }
    }

    /// The context, if the thread has open calls.
    #[inline(always)] // one compare in the common case
    pub(crate) fn context(self) -> Option<&'static mut Context> {
        let home = self.place(0)?;
        if home.owner() == self.key {
            return Some(home);
        }
        if home.displaced.get() == 0 {
            return None;
        }
        for way in 1..CONTEXT_WAYS {
            let context = self.place(way)?;
            if context.owner() == self.key {
                return Some(context);
            }
        }
        None
    }

    /// A free context for a thread that has none, with one frame open.
    #[inline(always)] // one addition in the common case
    fn claim(self) -> Option<&'static mut Context> {
        for way in 0..CONTEXT_WAYS {
            let context = self.place(way)?;
            context.claims.add(1);
            // Two threads that add at the same time may both find more than one, and both give way.
            if context.claims.get() == 1 {
                context.way = way;
                // Before it has an owner: an interrupt in between would give it back.
                set_depth(context, 1);
                context.set_owner(self.key);
                if way > 0 {
                    self.place(0)?.displaced.add(1);
                }
                return Some(context);
            }
            context.claims.add(-1);
        }
        None
    }
}

/// Gives a context back. From the first step on, an interrupt takes another one.
#[inline(always)] // one subtraction in the common case
fn release(context: &mut Context) {
    let key = context.owner();
    context.set_owner(0);
    if context.way > 0
        && let Some(home) = Thread::of_key(key).and_then(|thread| thread.place(0))
    {
        home.displaced.add(-1);
    }
    context.claims.add(-1);
}

/// Where a call may be made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By a system call itself: whatever else is open of its thread has ended unseen. System calls
    /// begin at addresses that kernels choose at random, so that these alone do not tell.
    Outermost,
    /// Perhaps inside another.
    Anywhere,
}

/// Opens a frame for the call at stack address `id`, on top of the calls around it.
///
/// The error is the reason, a [`stat`], which the caller reports.
#[inline(always)] // the pointer keeps its type
pub(crate) fn push(
    thread: Thread,
    id: u64,
    place: Place,
) -> Result<(&'static mut Context, usize), u32> {
    let (context, mut index) = match thread.context() {
        Some(context) => {
            let index = context.depth as usize;
            if index > DEPTH_MAX {
                return Err(stat::TOO_DEEP);
            }
            // Published before it is filled: an interrupt from here on goes on top of it.
            set_depth(context, index + 1);
            (context, index)
        }
        None => (thread.claim().ok_or(stat::NO_CONTEXT)?, 0),
    };
    let id = as_number(context.id(index), id);
    // Each round drops one frame.
    for _ in 0..DEPTH_MAX {
        if index == 0 || (place == Place::Anywhere && !is_stale(context, index - 1, id)) {
            break;
        }
        index -= 1;
        abandon(thread.key, index as u32);
    }
    if index >= DEPTH_MAX {
        set_depth(context, index);
        return Err(stat::TOO_DEEP);
    }
    *context.id(index) = id;
    set_depth(context, index + 1);
    let frame = context.frame(index);
    frame.state = 0;
    frame.deliveries = 0;
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

/// Whether the call of the frame at `index` has ended unseen, now that one begins at `id`: on one
/// stack, a caller lies above its callees, and only requests and dumps call what is probed.
#[inline(always)] // a call would lose the pointer's type
fn is_stale(context: &mut Context, index: usize, id: u64) -> bool {
    let open = *context.id(index);
    let size = u64::from(global!(OFFSETS.stack_bytes));
    if id >= open {
        return id - open < size;
    }
    let way = context.frame(index).sample.header.path;
    open - id < size && way != path::REQUEST && way != path::DUMP
}

/// Drops the frame at `index` of a thread, whose return will not come: counts that, and sends the
/// sample without a result.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every way that leads to the call.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn abandon(key: u32, index: u32) -> u32 {
    let Some(context) = Thread::of_key(key).and_then(Thread::context) else { return 0 };
    let frame = context.frame(index as usize);
    if frame.state & state::COUNTED == 0 {
        return 0;
    }
    let header = &mut frame.sample.header;
    header.flags |= flag::NO_RESULT;
    if let Some(counters) = datagrams(header.protocol, header.path) {
        machine::add(&mut counters.unreported, 1);
        machine::add(&mut counters.deliveries, u64::from(frame.deliveries));
    }
    if frame.state & state::SAMPLED != 0
        && let Err(reason) = emit::send(frame, None)
    {
        bump(reason);
    }
    0
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
    #[inline(always)] // two compares
    fn is_of(&self, open: u64) -> bool {
        let above = self.0.wrapping_sub(open).wrapping_add(RETURN_SLACK);
        above <= 2 * RETURN_SLACK || above.wrapping_add(RETURN_REGISTERS) <= 2 * RETURN_SLACK
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
pub(crate) fn find(thread: Thread, call: &impl Return) -> Option<(&'static mut Context, usize)> {
    let context = thread.context()?;
    let depth = context.depth as usize;
    // The innermost, nearly always.
    let last = depth.wrapping_sub(1);
    if depth != 0 && call.is_of(*context.id(last)) {
        return Some((context, last));
    }
    for step in 2..=DEPTH_MAX {
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
#[inline(always)] // two compares in the common case
pub(crate) fn close(context: &mut Context, index: usize) {
    let depth = context.depth as usize;
    for above in 1..DEPTH_MAX {
        if index + above >= depth {
            break;
        }
        abandon(context.owner(), (index + above) as u32);
    }
    // Last: until here an interrupt went on top of the frame.
    if index == 0 {
        release(context);
    } else {
        set_depth(context, index);
    }
}

/// Closes every frame of a thread that ends: their returns were missed, and no later call shows it.
pub(crate) fn end(context: &mut Context) {
    abandon(context.owner(), 0);
    close(context, 0);
}
