//! The system call that made the kernel send a notification, where no request did: read from the
//! registers that were saved when the task came into the kernel. It is read when such a broadcast
//! returns, and at no other time, so that nothing else costs more because of it.
//!
//! Invariant: registers are believed only if they are a user's. An interrupt on top of a system call
//! leaves the registers of that call in place; who asks here has made sure that this is none.

use aya_ebpf::helpers::generated;
use nlmon_common::observation::{Call, DIRECTORY_MAX, SUBJECT_MAX, call, flag};

use crate::{
    frame::{Thread, state},
    maps::call_field,
    skb::{Helper, Memory as _},
    task::{self, Task},
};

/// Flags of a sample that has a better cause.
const EXPLAINED: u16 = flag::HAS_PARENT | flag::KTHREAD | flag::INTERRUPT;

/// Whether the cause of what was sampled is the task's system call, if it is anything.
#[inline(always)]
pub(crate) fn is_wanted(flags: u16, src_portid: u32, state: u32) -> bool {
    state & state::SAMPLED != 0 && is_unexplained(flags) && src_portid == 0
}

/// Whether no request encloses it, and no thread of the kernel and no interrupt did it.
#[inline(always)]
pub(crate) fn is_unexplained(flags: u16) -> bool {
    flags & EXPLAINED == 0
}

/// Notes the current task's system call in the frame at `index` of its thread, if it can be told.
///
/// A global function with numbers for arguments, so that the verifier goes through it once, and the
/// programs that call it have its stack for themselves.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn note_call(key: u32, index: u32) -> u32 {
    let Some(context) = Thread::of_key(key).and_then(Thread::context) else { return 0 };
    let (mask, mode) = (call_field!(mode_mask), task::register::<u16>(call_field!(mode)));
    if mask == 0 || u32::from(mode) & mask != call_field!(mode_user) {
        return 0;
    }
    let is_compat = u32::from(mode) & call_field!(mode_compat) != 0 || task::is_compat();
    let number = task::system_call();
    let (first, second): (u64, u32) = if is_compat {
        let first: u32 = task::register(call_field!(compat_first));
        (u64::from(first), task::register(call_field!(compat_second)))
    } else {
        (task::register(call_field!(first)), task::register(call_field!(second)))
    };
    let kind = if is_compat { call::COMPAT } else { 0 };
    let kind = kind | if task::is_exiting() { call::EXITING } else { 0 };
    let sample = &mut context.frame(index as usize).sample;
    let to = &mut sample.call;
    (to.number, to.first, to.second, to.kind) = (number, first as u32, second, kind);
    to.subject = [0; SUBJECT_MAX];
    to.directory = [0; DIRECTORY_MAX];
    if kind == 0 {
        note_subject(to, first);
    }
    sample.header.flags |= flag::HAS_CALL;
    0
}

/// Notes what the call is about. A file is the one that has the number now: whoever closes it
/// meanwhile, and opens another, is another thread of the process.
#[inline(always)]
fn note_subject(to: &mut Call, first: u64) {
    if to.number == call_field!(of_name) {
        // SAFETY: the helper has room for as much as it is told, and checks the source.
        let _empty_if_bad = unsafe {
            generated::bpf_probe_read_user_str(
                to.subject.as_mut_ptr().cast(),
                SUBJECT_MAX as u32,
                first as *const _,
            )
        };
        return;
    }
    let is_of_file = to.number == call_field!(of_file[0]) || to.number == call_field!(of_file[1]);
    if !is_of_file || call_field!(task_files) == 0 {
        return;
    }
    let file = Task::current().file(first as u32);
    let entry: *const u8 = Helper::read(file, call_field!(file_dentry));
    let parent: *const u8 = Helper::read(entry, call_field!(dentry_parent));
    copy_name(to.subject.as_mut_ptr(), SUBJECT_MAX as u32, entry);
    copy_name(to.directory.as_mut_ptr(), DIRECTORY_MAX as u32, parent);
}

/// Copies the name of a directory's entry; nothing if the address is bad.
#[inline(always)] // the verifier has to see the length at the call
fn copy_name(to: *mut u8, room: u32, entry: *const u8) {
    let name: *const u8 = Helper::read(entry, call_field!(dentry_name));
    // SAFETY: `to` has the room that the caller says, and the helper checks the source.
    let _empty_if_bad =
        unsafe { generated::bpf_probe_read_kernel_str(to.cast(), room, name.cast()) };
}
