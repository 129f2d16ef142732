//! Open calls: what an entry leaves for its return.
//!
//! Calls nest (a reply inside a request), sleep and move between processors, and a kretprobe may
//! miss a return. So each thread has a small stack of frames, and a return finds its own by the
//! stack address of the call, never by position alone. A missed return leaves a stale frame. It is
//! found when a later call on the same stack lies at or above it, or when it cannot enclose that
//! call.
//!
//! Contexts are array slots, so that a look-up is an address computation. A thread's home slot is
//! chosen by the low bits of its id; on a collision the later thread probes the next slots. An
//! atomic add decides which thread owns a context, because kernels before 5.12 have no
//! compare-and-swap for programs.
//!
//! Invariant: the slot of a closed frame holds no stack address and no state. An interrupt may push
//! on top of a frame that its thread is still filling, and must not take it for an old one.

use aya_ebpf::helpers::bpf_get_smp_processor_id;
use nlmon_common::{
    counter::{path, stat},
    limits::{CONTEXT_ASSOC, CONTEXTS_MAX, DEPTH_MAX},
    observation::{Sample, SampleHeader, flag},
};

use crate::{
    emit,
    machine::{self, Shared, masked},
    maps::{CONTEXTS, bump, datagrams, global},
    task,
};

/// What an entry leaves for its return.
#[repr(C)]
pub(crate) struct Frame {
    /// Bits of [`state`].
    pub(crate) state: u32,
    /// Of the first message; 0 if [`state::RAW`] says that there is none.
    pub(crate) message_type: u16,
    pub(crate) message_flags: u16,
    /// Port id of the receiving socket, of a dump.
    pub(crate) portid: u32,
    /// Receiving sockets that got the datagram so far.
    pub(crate) deliveries: u32,
    /// Filled when `state` has `SAMPLED`; `protocol` and `path` always.
    pub(crate) sample: Sample,
}

const _: () = assert!(size_of::<Frame>() == 16 + size_of::<Sample>());

impl Frame {
    /// Notes the path of the call's datagram, which is known before anything else of it.
    #[inline(always)]
    pub(crate) fn set_path(&mut self, protocol: u8, path: u8) {
        self.sample.header.protocol = protocol;
        self.sample.header.path = path;
    }

    /// 1 if the call was made on another stack than the task's own, else 0. A number, because a
    /// branch would double the verifier's work.
    #[inline(always)]
    pub(crate) fn foreign(&self) -> u64 {
        u64::from(self.state >> state::FOREIGN_BIT & 1)
    }

    /// 1 if the call was made in an interrupt, else 0.
    #[inline(always)]
    pub(crate) fn interrupt(&self) -> u32 {
        self.state >> state::INTERRUPT_BIT & 1
    }
}

/// Bits of [`Frame::state`].
pub(crate) mod state {
    /// Counted at entry: the result is to be counted at return.
    pub(crate) const COUNTED: u32 = 1;
    /// `sample` is to be sent at return.
    pub(crate) const SAMPLED: u32 = 1 << 1;
    /// The datagram does not begin with a netlink message.
    pub(crate) const RAW: u32 = 1 << 2;
    /// The draw for the outermost call, which all calls inside it inherit: its datagrams are
    /// sampled.
    pub(crate) const TAKEN: u32 = 1 << 3;
    /// The same: they are not, because only one in some is.
    pub(crate) const THINNED: u32 = 1 << 4;
    /// The same: they are not, because of the rate cap.
    pub(crate) const RATE_LIMITED: u32 = 1 << 5;
    /// Any draw.
    pub(crate) const DRAWN: u32 = TAKEN | THINNED | RATE_LIMITED;
    /// Place of the bit: made on another stack than the task's own.
    pub(crate) const FOREIGN_BIT: u32 = 6;
    /// Place of the bit: made in an interrupt, on whatever stack; the task is a bystander.
    pub(crate) const INTERRUPT_BIT: u32 = 7;
}

/// The open calls of one thread, outermost first.
#[repr(C)]
pub(crate) struct Context {
    /// Threads that claim this context now. A thread that adds itself and reads one owns the
    /// context.
    claims: Shared,
    /// Threads that have this home and own one of the next contexts instead.
    displaced: Shared,
    /// Users' multicast sends that still owe their second send, of all threads with this home.
    second_sends: Shared,
    /// Key of the thread that began the latest of those; 0 once it is done.
    second_sender: Shared,
    /// Key of the thread that owns it, 0 for none.
    owner: u32,
    /// Number of slots between it and its owner's home.
    slot_distance: u32,
    depth: u32,
    _pad: u32,
    /// Stack addresses of the calls. More than there are frames: see [`push`].
    ids: [u64; DEPTH_MAX * 2],
    frames: [Frame; DEPTH_MAX],
}

const _: () = assert!(CONTEXTS_MAX.is_power_of_two());

impl Context {
    /// How many calls are open.
    #[inline(always)]
    pub(crate) fn depth(&self) -> usize {
        self.depth as usize
    }

    /// What names the thread that has it: [`Thread::of_key`].
    #[inline(always)]
    pub(crate) fn key(&self) -> u32 {
        self.owner()
    }

    /// Who has it. Other threads look, too.
    #[inline(always)]
    fn owner(&self) -> u32 {
        // SAFETY: a live reference.
        unsafe { core::ptr::read_volatile(&raw const self.owner) }
    }

    #[inline(always)]
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
    #[inline(always)]
    pub(crate) fn id(&mut self, index: usize) -> &mut u64 {
        // SAFETY: as above.
        unsafe { self.ids.get_unchecked_mut(masked::<{ DEPTH_MAX * 2 }>(index)) }
    }
}

/// Marks the key of a processor: thread ids stay below 2^22.
const CPU_KEY: u32 = 1 << 31;

/// Difference of the stack pointers that kprobe and kretprobe of one call may show.
const RETURN_SLACK: u64 = 64;

/// From 6.14 on, a kprobe.multi return on x86-64 shows the stack pointer below the registers that
/// the kernel has saved there (`FRAME_SIZE` in `return_to_handler`, `arch/x86/kernel/ftrace_64.S`).
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
    #[inline(always)]
    pub(crate) fn of(pid_tgid: u64) -> Option<Self> {
        Self::of_key(match pid_tgid as u32 {
            // SAFETY: no argument, no precondition.
            0 => CPU_KEY | unsafe { bpf_get_smp_processor_id() },
            tid => tid,
        })
    }

    /// The one with this id, which has ended. The idle tasks, whose id is 0, never do.
    #[inline(always)]
    pub(crate) fn of_id(tid: u32) -> Option<Self> {
        if tid == 0 { None } else { Self::of_key(tid) }
    }

    /// The one with this key, as [`Thread::key`] gives it.
    #[inline(always)]
    pub(crate) fn of_key(key: u32) -> Option<Self> {
        CONTEXTS.get_ptr_mut(key & (CONTEXTS_MAX - 1)).map(|home| Self { key, home })
    }

    /// A number that names it.
    #[inline(always)]
    pub(crate) fn key(self) -> u32 {
        self.key
    }

    /// The context `distance` slots behind home.
    #[inline(always)]
    fn slot(self, distance: u32) -> Option<&'static mut Context> {
        let context = match distance {
            0 => self.home,
            _ => CONTEXTS.get_ptr_mut(self.key.wrapping_add(distance) & (CONTEXTS_MAX - 1))?,
        };
        // SAFETY: the map's value. Threads share the fields of type `Shared`, which are atomic; the
        // rest is its owner's, and of interrupts on top of it.
        Some(unsafe { &mut *context })
    }

    /// How many second sends are due, and who began the latest: fields of the home context.
    #[inline(always)]
    fn second_sends(self) -> (&'static Shared, &'static Shared) {
        // SAFETY: the map's value. No reference to all of it, which its owner may be changing.
        let due = unsafe { &(*self.home).second_sends };
        // SAFETY: as above.
        (due, unsafe { &(*self.home).second_sender })
    }

    /// Notes that the thread sends a user's multicast, which a second send follows.
    #[inline(always)]
    pub(crate) fn expect_second_send(self) {
        let (due, sender) = self.second_sends();
        due.add(1);
        sender.set(u64::from(self.key));
    }

    /// Whether a second send may be due. Threads that share the home are not told apart.
    #[inline(always)]
    pub(crate) fn may_owe_second_send(self) -> bool {
        self.second_sends().0.get() != 0
    }

    /// Whether a second send of this very thread is due, for where no datagram can be asked.
    #[inline(always)]
    pub(crate) fn owes_second_send(self) -> bool {
        self.may_owe_second_send() && self.second_sends().1.get() == u64::from(self.key)
    }

    /// Notes that the second send has come.
    #[inline(always)]
    pub(crate) fn second_send_came(self) {
        let (due, sender) = self.second_sends();
        due.add(-1);
        if sender.get() == u64::from(self.key) {
            sender.set(0);
        }
    }

    /// The context, if the thread has open calls.
    #[inline(always)]
    pub(crate) fn context(self) -> Option<&'static mut Context> {
        let home = self.slot(0)?;
        if home.owner() == self.key {
            return Some(home);
        }
        if home.displaced.get() == 0 {
            return None;
        }
        for distance in 1..CONTEXT_ASSOC {
            let context = self.slot(distance)?;
            if context.owner() == self.key {
                return Some(context);
            }
        }
        None
    }

    /// A free context for a thread that has none, with one frame open.
    #[inline(always)]
    fn claim(self) -> Option<&'static mut Context> {
        for distance in 0..CONTEXT_ASSOC {
            let context = self.slot(distance)?;
            context.claims.add(1);
            // Two threads that add at the same time may both find more than one, and both back off.
            if context.claims.get() == 1 {
                context.slot_distance = distance;
                // Before it has an owner: an interrupt in between would give it back.
                set_depth(context, 1);
                context.set_owner(self.key);
                if distance > 0 {
                    self.slot(0)?.displaced.add(1);
                }
                return Some(context);
            }
            context.claims.add(-1);
        }
        None
    }
}

/// Gives a context back. From the first step on, an interrupt takes another one.
#[inline(always)]
fn release(context: &mut Context) {
    let key = context.owner();
    context.set_owner(0);
    if context.slot_distance > 0
        && let Some(home) = Thread::of_key(key).and_then(|thread| thread.slot(0))
    {
        home.displaced.add(-1);
    }
    context.claims.add(-1);
}

/// Whether a call may be inside another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// Never: a system call makes it. All other open calls of its thread have ended unseen. Kernels
    /// begin system calls at random stack addresses, so the address alone does not tell.
    Outermost,
    /// Perhaps inside another, by the task itself.
    Nested,
    /// Perhaps inside another, perhaps by an interrupt on top of it.
    Anywhere,
}

/// Opens a frame for the call at stack address `id`, on top of the calls around it.
///
/// The error is the reason, a [`stat`], which the caller reports.
#[inline(always)] // the pointer keeps its type
pub(crate) fn push(
    thread: Thread,
    id: u64,
    place: Nesting,
) -> Result<(&'static mut Context, usize), u32> {
    let (context, top) = match thread.context() {
        Some(context) => {
            let top = context.depth as usize;
            if top > DEPTH_MAX {
                return Err(stat::TOO_DEEP);
            }
            // Published before it is filled: an interrupt from here on goes on top of it.
            set_depth(context, top + 1);
            (context, top)
        }
        None => (thread.claim().ok_or(stat::NO_CONTEXT)?, 0),
    };
    let slot = context.id(top);
    let stack = if place == Nesting::Anywhere { as_number(slot, task::stack()) } else { 0 };
    let id = as_number(slot, id);
    let foreign = if place == Nesting::Anywhere { task::is_foreign_stack(id, stack) } else { 0 };
    let mut index = top;
    // Each round drops one frame.
    for _ in 0..DEPTH_MAX {
        if index == 0 || (place != Nesting::Outermost && !is_stale(context, index - 1, id, foreign))
        {
            break;
        }
        index -= 1;
        abandon(thread.key, index as u32);
    }
    if index != top || index >= DEPTH_MAX {
        *context.id(top) = 0;
    }
    if index >= DEPTH_MAX {
        set_depth(context, index);
        return Err(stat::TOO_DEEP);
    }
    // In a request, the task is known to have come by a system call.
    let interrupt = if place == Nesting::Anywhere && index == 0 {
        foreign | task::is_interrupted_in_user_mode()
    } else {
        foreign
    };
    let frame = context.frame(index);
    frame.deliveries = 0;
    frame.state = (foreign << state::FOREIGN_BIT | interrupt << state::INTERRUPT_BIT) as u32;
    *context.id(index) = id;
    set_depth(context, index + 1);
    Ok((context, index))
}

/// The address as a number. For the verifier, fentry's address is a pointer; for late verifiers,
/// the address of a task's stack is one too. They allow arithmetic only after it went through
/// memory.
#[inline(always)]
fn as_number(slot: &mut u64, id: u64) -> u64 {
    // SAFETY: a live reference. Volatile, so that the compiler does not skip the memory.
    unsafe { core::ptr::write_volatile(slot, id) };
    // SAFETY: as above.
    unsafe { core::ptr::read_volatile(slot) }
}

/// Writes the depth at this place in the program, neither before nor after.
#[inline(always)]
fn set_depth(context: &mut Context, depth: usize) {
    // SAFETY: a live reference.
    unsafe { core::ptr::write_volatile(&raw mut context.depth, depth as u32) };
}

/// Whether the call of the frame at `index` has ended unseen, now that a call begins at `id`. On
/// one stack, a caller lies above its callees. Only requests, dumps and silent removals call functions
/// that are probed.
///
/// Two calls of one thread are on the same stack if both are on the task's own. The stack of an
/// interrupt may lie at any page. So for two calls of interrupts the distance decides.
#[inline(always)] // a call would lose the pointer's type
fn is_stale(context: &mut Context, index: usize, id: u64, foreign: u64) -> bool {
    let open = *context.id(index);
    let frame = context.frame(index);
    // An address of 0 is a frame that its thread is still filling.
    if open == 0 || frame.foreign() != foreign {
        return false;
    }
    let is_above = id >= open;
    let distance = if is_above { id - open } else { open - id };
    if foreign != 0 && distance >= u64::from(global!(OFFSETS.stack_bytes)) {
        return false;
    }
    let path = frame.sample.header.path;
    is_above || ENCLOSING >> (path & 31) & 1 == 0
}

/// Paths of calls that others may be made inside of, a bit for each.
const ENCLOSING: u32 = 1 << path::REQUEST | 1 << path::DUMP | 1 << path::SILENT;

/// Drops the frame at `index` of a thread, because its return will not come. Counts that, and sends
/// the sample without a result.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every path that leads to the call.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn abandon(key: u32, index: u32) -> u32 {
    let Some(context) = Thread::of_key(key).and_then(Thread::context) else { return 0 };
    let frame = context.frame(index as usize);
    let state = frame.state;
    if state & state::COUNTED != 0 {
        frame.sample.header.flags |= flag::NO_RESULT;
    }
    let SampleHeader { protocol, path, .. } = frame.sample.header;
    if let Some(counters) = datagrams(protocol, path) {
        if state & state::COUNTED != 0 {
            machine::add(&mut counters.unreported, 1);
        }
        // Those of a second send, too.
        machine::add(&mut counters.deliveries, u64::from(frame.deliveries));
    }
    if state & state::SAMPLED != 0
        && let Err(reason) = emit::send(frame, None)
    {
        bump(reason);
    }
    if path == path::SILENT {
        bump(stat::SILENT_UNSEEN);
    }
    clear(context, index as usize);
    0
}

/// Leaves nothing in a frame's slot that could be taken for an open call.
#[inline(always)]
fn clear(context: &mut Context, index: usize) {
    let frame = context.frame(index);
    frame.deliveries = 0;
    // SAFETY: a live reference. Volatile, so that it is done before the context is given back.
    unsafe { core::ptr::write_volatile(&raw mut frame.state, 0) };
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(context.id(index), 0) };
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
    #[inline(always)]
    fn is_of(&self, open: u64) -> bool {
        let above = self.0.wrapping_sub(open).wrapping_add(RETURN_SLACK);
        above <= 2 * RETURN_SLACK || above.wrapping_add(RETURN_REGISTERS) <= 2 * RETURN_SLACK
    }
}

/// Seen by fexit: the very address that fentry saw. To the verifier it is a pointer, which may be
/// compared, and no more.
pub(crate) struct Address(pub(crate) u64);

impl Return for Address {
    #[inline(always)]
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
#[inline(always)]
pub(crate) fn close(context: &mut Context, index: usize) {
    let depth = context.depth as usize;
    for above in 1..DEPTH_MAX {
        if index + above >= depth {
            break;
        }
        abandon(context.owner(), (index + above) as u32);
    }
    clear(context, index);
    // Last: until here an interrupt went on top of the frame.
    if index == 0 {
        release(context);
    } else {
        set_depth(context, index);
    }
}

/// Closes every frame of a thread that has ended: their returns were missed, and no later call
/// shows it.
pub(crate) fn end(context: &mut Context) {
    abandon(context.owner(), 0);
    close(context, 0);
}
