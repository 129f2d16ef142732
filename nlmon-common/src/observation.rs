//! The sample: what a probe saw of one datagram, as it crosses the ring buffer.

use crate::limits::SNAP_MAX;

/// Bits of [`SampleHeader::flags`].
pub mod flag {
    /// No probe saw the call return: `result` and `duration_ns` are unknown.
    pub const NO_RESULT: u16 = 1;
    /// The payload could not be read; `snap_len` is 0.
    pub const READ_FAILED: u16 = 1 << 1;
    /// The payload is cut to its headers because it may carry keys.
    pub const REDACTED: u16 = 1 << 2;
    /// The task is a kernel thread.
    pub const KTHREAD: u16 = 1 << 3;
    /// Sent from an interrupt or softirq: the task is a bystander.
    pub const INTERRUPT: u16 = 1 << 4;
    /// `parent_*` name the request inside which this was sent.
    pub const HAS_PARENT: u16 = 1 << 5;
    /// `messages` are not all: there were more than are walked, or what follows is no message.
    pub const WALK_CUT: u16 = 1 << 6;
    /// The last message is the end of a dump, `NLMSG_DONE`, and `end` its errno.
    pub const HAS_END: u16 = 1 << 7;
    /// That message says that the dump was interrupted: `NLM_F_DUMP_INTR`.
    pub const END_INTERRUPTED: u16 = 1 << 8;
    /// The payload is an error's first 36 bytes and, right behind them, its attributes: what it quotes
    /// of the request is left out, so that there is room for them.
    pub const QUOTE_LEFT_OUT: u16 = 1 << 9;
    /// `parent_command` is known.
    pub const HAS_PARENT_COMMAND: u16 = 1 << 10;
    /// The sample is as long as it can be, and its `call` is known.
    pub const HAS_CALL: u16 = 1 << 11;
}

/// Everything but the payload. The record in the ring is this, then `snap_len` payload bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SampleHeader {
    /// Entry into the call, `CLOCK_MONOTONIC`. With `tid`, names the call.
    pub start_ns: u64,
    /// From entry to return.
    pub duration_ns: u64,
    /// Cgroup (v2) id of the task.
    pub cgroup_id: u64,
    /// `start_ns` of the request that this call is nested in, on the same stack; 0 if that request
    /// was not sampled, so that there is no record of it.
    pub parent_start_ns: u64,
    /// Inode number of the sending socket's network namespace.
    pub netns: u32,
    /// Thread.
    pub tid: u32,
    /// Process.
    pub tgid: u32,
    /// Real user id, as the initial user namespace has it.
    pub uid: u32,
    /// Length of the whole datagram in bytes.
    pub len: u32,
    /// Destination port id; for a broadcast the excluded one.
    pub portid: u32,
    /// Port id of the sending socket; 0 is the kernel.
    pub src_portid: u32,
    /// Multicast group, 0 for unicast.
    pub group: u32,
    /// What the call returned: negative errno, 0, or the bytes delivered.
    pub result: i32,
    /// Netlink messages in the datagram; 0 if it does not begin with one.
    pub messages: u32,
    /// What the end of a dump says: 0 or a negative errno.
    pub end: i32,
    /// `nlmsg_type` of the request named by `parent_start_ns`.
    pub parent_type: u16,
    /// `nlmsg_flags` of that request.
    pub parent_flags: u16,
    /// Thread's name.
    pub comm: [u8; 16],
    /// Payload bytes that follow.
    pub snap_len: u16,
    /// Bits of [`flag`].
    pub flags: u16,
    /// Netlink protocol number.
    pub protocol: u8,
    /// One of [`crate::counter::path`].
    pub path: u8,
    /// First payload byte of the request named by `parent_start_ns`: in generic netlink its command.
    pub parent_command: u8,
    /// Protocol of the request named by `parent_start_ns`.
    pub parent_protocol: u8,
}

/// Bits of [`Call::kind`].
pub mod call {
    /// A 32-bit program made it, or one that makes calls as those do.
    pub const COMPAT: u32 = 1;
    /// The task ends.
    pub const EXITING: u32 = 1 << 1;
}

/// The system call by which the current task has come into the kernel, as its saved registers say.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Its number.
    pub number: u32,
    /// Low half of its first argument.
    pub first: u32,
    /// Low half of its second argument.
    pub second: u32,
    /// Bits of [`call`].
    pub kind: u32,
    /// What it is about: a file's name or a module's, with a zero at its end. Empty where that is not
    /// known.
    pub subject: [u8; SUBJECT_MAX],
    /// Name of the directory that the file is in, likewise.
    pub directory: [u8; DIRECTORY_MAX],
}

/// Bytes of [`Call::subject`].
pub const SUBJECT_MAX: usize = 32;
/// Bytes of [`Call::directory`]: as an interface's name, which the directories of sysfs have.
pub const DIRECTORY_MAX: usize = 16;

/// A sample with room for its largest payload.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sample {
    /// Context of the datagram.
    pub header: SampleHeader,
    /// Its first bytes, `header.snap_len` of them valid; see [`flag::QUOTE_LEFT_OUT`].
    pub data: [u8; SNAP_MAX],
    /// With [`flag::HAS_CALL`].
    pub call: Call,
}

/// Bytes of [`SampleHeader`].
pub const HEADER_LEN: usize = size_of::<SampleHeader>();

const _: () = assert!(HEADER_LEN == 104 && align_of::<SampleHeader>() == 8);
const _: () = assert!(size_of::<Call>() == 64 && align_of::<Call>() == 4);
const _: () = assert!(size_of::<Sample>() == HEADER_LEN + SNAP_MAX + size_of::<Call>());
