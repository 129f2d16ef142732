//! Reads of tasks: who a task is, and whether it is the one that sends or a bystander of an
//! interrupt.

use aya_ebpf::helpers::generated;

use crate::{
    machine::is_nonzero,
    maps::{call_field, global, socket_field},
    skb::{Helper, Load, Memory as _},
};

/// The current task, as a plain address.
pub(crate) struct Task(*const u8);

/// `PF_EXITING` and `PF_KTHREAD` in `include/linux/sched.h`.
const PF_EXITING: u32 = 0x0000_0004;
const PF_KTHREAD: u32 = 0x0020_0000;

/// `NO_SYSCALL` in `arch/arm64/include/asm/ptrace.h`; x86 has the same in `orig_ax`.
const NO_SYSCALL: u32 = u32::MAX;

impl Task {
    /// The task that runs now; a bystander if this is an interrupt.
    pub(crate) fn current() -> Self {
        // SAFETY: no argument, no precondition.
        Self(unsafe { generated::bpf_get_current_task() } as *const u8)
    }

    /// The task at this address.
    pub(crate) fn at(task: *const u8) -> Self {
        Self(task)
    }

    /// Its process.
    pub(crate) fn tgid(&self) -> u32 {
        Helper::read(self.0, socket_field!(task_tgid))
    }

    /// Name of the thread. Read as it is, which costs a third of `bpf_get_current_comm`.
    pub(crate) fn comm(&self) -> [u8; 16] {
        Helper::read(self.0, global!(OFFSETS.task_comm))
    }

    /// Name of the process, which is its first thread's, as two words.
    pub(crate) fn process_comm(&self) -> [u64; 2] {
        Helper::read(self.leader(), global!(OFFSETS.task_comm))
    }

    /// The same as it is.
    pub(crate) fn process_name(&self) -> [u8; 16] {
        Helper::read(self.leader(), global!(OFFSETS.task_comm))
    }

    /// Its thread id, which is the process's for the first thread.
    pub(crate) fn tid(&self) -> u32 {
        pid(self.0)
    }

    /// Its real user, as the first user namespace knows him.
    pub(crate) fn uid(&self) -> u32 {
        let cred: *const u8 = Helper::read(self.0, socket_field!(task_cred));
        Helper::read(cred, socket_field!(cred_uid))
    }

    /// The network namespace that it is in; 0 of a task that has ended.
    pub(crate) fn netns(&self) -> u32 {
        let namespaces: *const u8 = Helper::read(self.0, socket_field!(task_nsproxy));
        let net: *const u8 = Helper::read(namespaces, socket_field!(nsproxy_net));
        Helper::read(net, global!(OFFSETS.net_inum))
    }

    /// Its open file of this number, a `struct file`; null if there is none.
    pub(crate) fn file(&self, number: u32) -> *const u8 {
        let files: *const u8 = Helper::read(self.0, call_field!(task_files));
        let table: *const u8 = Helper::read(files, call_field!(files_table));
        let array: *const u8 = Helper::read(table, call_field!(table_files));
        Helper::read(array.wrapping_add(number as usize * size_of::<u64>()), 0)
    }

    fn leader(&self) -> *const u8 {
        Helper::read(self.0, global!(OFFSETS.task_group_leader))
    }
}

/// Thread id of a task, in the first namespace of process ids.
#[inline(always)]
pub(crate) fn pid(task: *const u8) -> u32 {
    Helper::read(task, global!(OFFSETS.task_pid))
}

/// Whether the current task is a thread of the kernel.
#[inline(always)]
pub(crate) fn is_kernel_thread() -> bool {
    current_field::<u32>(global!(OFFSETS.task_flags)) & PF_KTHREAD != 0
}

/// Whether the current task is about to end.
#[inline(always)]
pub(crate) fn is_exiting() -> bool {
    current_field::<u32>(global!(OFFSETS.task_flags)) & PF_EXITING != 0
}

/// Whether the current task's system call is made as a 32-bit program makes it, where the task says
/// so and not its registers.
#[inline(always)]
pub(crate) fn is_compat() -> bool {
    current_field::<u32>(call_field!(task_status)) & call_field!(task_compat) != 0
}

/// Where the current task's stack begins.
///
/// To the verifiers of late kernels this is a pointer, with which they allow no arithmetic.
#[inline(always)]
pub(crate) fn stack() -> u64 {
    current_field(global!(OFFSETS.task_stack))
}

/// The same as a number, by a helper, for a place that is seldom reached.
#[inline(always)]
pub(crate) fn stack_number() -> u64 {
    Helper::read(Task::current().0, global!(OFFSETS.task_stack))
}

/// 1 if `address` is on another stack than the task's, which begins at `stack`: an interrupt's. Else
/// 0. A number, because a branch would double the verifier's work.
#[inline(always)]
pub(crate) fn is_foreign_stack(address: u64, stack: u64) -> u64 {
    // Such a stack begins at a multiple of its size.
    let size = u64::from(global!(OFFSETS.stack_bytes));
    is_nonzero((address ^ stack) & !(size - 1))
}

/// 1 if the current task has come into the kernel by no system call, and so by an interrupt, else 0.
///
/// An interrupt of user mode finds the task's stack empty, and some kernels let softirqs run there.
/// A thread of the kernel never comes from user mode. One that ends may do so on its way back to user
/// mode from an interrupt: what it sends then is its own doing.
#[inline(always)]
pub(crate) fn is_interrupted_in_user_mode() -> u64 {
    let flags: u32 = current_field(global!(OFFSETS.task_flags));
    let other = is_nonzero(u64::from(flags & (PF_KTHREAD | PF_EXITING)));
    (is_nonzero(u64::from(system_call() ^ NO_SYSCALL)) | other) ^ 1
}

/// Number of the system call by which the current task has come into the kernel.
#[inline(always)]
pub(crate) fn system_call() -> u32 {
    register(global!(OFFSETS.regs_system_call))
}

/// A register that was saved when the current task came into the kernel, by its place in `struct
/// pt_regs`. From 5.15 on a helper knows where they are; before, they end where the stack does.
#[inline(always)] // the verifier drops one of the two branches
pub(crate) fn register<T: Copy>(field: u32) -> T {
    if global!(SETTINGS.typed_regs) == 0 {
        let stack: u64 = current_field(global!(OFFSETS.task_stack));
        let from_start = global!(OFFSETS.stack_bytes) - global!(OFFSETS.regs_bytes) + field;
        return Helper::read(stack as *const u8, from_start);
    }
    // SAFETY: no argument, no precondition.
    let task = unsafe { generated::bpf_get_current_task_btf() };
    // SAFETY: the current task.
    let regs = unsafe { generated::bpf_task_pt_regs(task) };
    Load::read(regs as *const u8, field)
}

/// Reads a field of the current task. From 5.11 on a helper gives it with its type, so that a load
/// will do.
#[inline(always)] // the verifier drops one of the two branches
fn current_field<T: Copy>(offset: u32) -> T {
    if global!(SETTINGS.typed_task) == 0 {
        return Helper::read(Task::current().0, offset);
    }
    // SAFETY: no argument, no precondition.
    let task = unsafe { generated::bpf_get_current_task_btf() };
    Load::read(task as *const u8, offset)
}
