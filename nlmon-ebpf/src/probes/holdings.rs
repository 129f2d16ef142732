//! The iterators. Over the open files of all processes, `task_file`: tells every netlink socket that a
//! process holds. Over all tasks, `task`: tells which network namespace each process is in. Both run
//! in the daemon's own system calls, when it reads.

use core::ffi::c_void;

use aya_ebpf::{helpers::generated, programs::FEntryContext};
use nlmon_common::socket::{Holding, Process};

use crate::{
    maps::socket_field,
    owners,
    skb::{self, Helper, Load, Memory as _},
    socket::{self, File},
    task::Task,
};

/// The arguments of an iterator's program lie in memory as those of an fentry do:
/// `struct bpf_iter__task_file { meta, task, fd, file }`, each in eight bytes.
#[unsafe(no_mangle)]
#[unsafe(link_section = "iter/task_file")]
extern "C" fn iter_holdings(ctx: *mut c_void) -> i32 {
    let ctx = FEntryContext::new(ctx);
    let (meta, task): (*const u8, *const u8) = (ctx.arg(0), ctx.arg(1));
    let file: *const u8 = ctx.arg(3);
    // The last call, which tells of the end.
    if task.is_null() || file.is_null() {
        return 0;
    }
    let file = File::at(file);
    if let Some(sk) = file.netlink_socket() {
        let task = Task::at(task);
        owners::found(sk, Load::read(meta, socket_field!(iter_session)), &task);
        tell(Load::read(meta, socket_field!(iter_seq)), &holding(&file, sk, &task));
    }
    0
}

/// `struct bpf_iter__task { meta, task }`
#[unsafe(no_mangle)]
#[unsafe(link_section = "iter/task")]
extern "C" fn iter_processes(ctx: *mut c_void) -> i32 {
    let ctx = FEntryContext::new(ctx);
    let (meta, task): (*const u8, *const u8) = (ctx.arg(0), ctx.arg(1));
    if task.is_null() {
        return 0;
    }
    let task = Task::at(task);
    let process = Process { netns: task.netns(), tgid: task.tgid() };
    if process.netns != 0 && process.tgid == task.tid() {
        tell(Load::read(meta, socket_field!(iter_seq)), &process);
    }
    0
}

#[inline(always)]
fn holding(file: &File, sk: *const u8, task: &Task) -> Holding {
    let [queue_bytes, buffer_bytes, drops] = socket::queue(sk);
    let (groups, groups_len) = socket::groups(sk);
    Holding {
        inode: file.number(),
        groups,
        tgid: task.tgid(),
        netns: skb::netns::<Helper>(sk),
        portid: skb::socket_portid(sk),
        queue_bytes,
        buffer_bytes,
        drops,
        protocol: u32::from(skb::protocol::<Helper>(sk)),
        groups_len,
        uid: task.uid(),
        pad: 0,
        comm: task.process_name(),
    }
}

/// Writes to the reader. Without room the kernel calls again for the same file or task.
#[inline(always)] // the pointer to the sequence keeps its type
fn tell<T>(seq: *const u8, told: &T) {
    // SAFETY: the verifier knows the sequence by its type, and the size of what lies on the stack.
    let _full = unsafe {
        generated::bpf_seq_write(
            seq.cast_mut().cast(),
            (&raw const *told).cast(),
            size_of::<T>() as u32,
        )
    };
}
