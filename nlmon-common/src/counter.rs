//! Exact counters: their keys and values in the kernel's maps. Nothing here is ever sampled.

use crate::limits::PROTOCOLS;

/// Which way a datagram went. Crosses as `u8`.
pub mod path {
    /// User to kernel.
    pub const REQUEST: u8 = 0;
    /// Kernel to user, unicast: replies, acknowledgements, errors.
    pub const REPLY: u8 = 1;
    /// User to user, unicast.
    pub const PEER: u8 = 2;
    /// Kernel to user, from a dump.
    pub const DUMP: u8 = 3;
    /// To the members of a group.
    pub const MULTICAST: u8 = 4;
    /// Slots per protocol in the arrays that are indexed by protocol and path.
    pub const COUNT: usize = 8;
}

/// Elements of an array that is indexed by [`slot`].
pub const SLOTS: u32 = 256;

/// Index of a protocol's path in [`DatagramCount`] arrays. Always below [`SLOTS`].
#[inline(always)] // the verifier has to see the mask at the access
pub const fn slot(protocol: u8, path: u8) -> u32 {
    ((protocol as u32 & 31) << 3) | (path as u32 & 7)
}

/// `message_type` of a datagram that is no stream of netlink messages (a uevent, a cookie).
pub const TYPE_RAW: u32 = 1 << 16;

/// Key of an exact message counter.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// Process in whose context the message was sent; 0 is the kernel's idle task.
    pub tgid: u32,
    /// Inode number of the network namespace; 0 when namespaces are not told apart.
    pub netns: u32,
    /// `nlmsg_type`, or [`TYPE_RAW`].
    pub message_type: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// One of [`path`].
    pub path: u8,
    /// Zero.
    pub pad: [u8; 2],
}

/// Messages and their bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCount {
    /// Netlink messages, each header counted.
    pub messages: u64,
    /// Sum of `nlmsg_len`: headers and payload without the padding between messages.
    pub bytes: u64,
}

/// Datagrams of one protocol and path.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramCount {
    /// Calls seen at entry. Entered = ok + errors + unfinished.
    pub entered: u64,
    /// Calls seen to return success.
    pub ok: u64,
    /// Bytes of the datagrams entered.
    pub bytes: u64,
    /// Second legs of multicast sends: unicast calls that belong to a broadcast counted already.
    pub second_legs: u64,
    /// Calls by the daemon itself, which are in no other counter.
    pub own: u64,
    /// Receiving sockets that got a datagram of this path. A ledger of its own.
    pub deliveries: u64,
    /// Messages that found the per-process counters full: no process and no type is known.
    pub overflow: MessageCount,
}

/// Key of a failure counter.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorKey {
    /// Positive errno.
    pub errno: u16,
    /// Netlink protocol number.
    pub protocol: u8,
    /// One of [`path`].
    pub path: u8,
}

/// Key of a counter of datagrams that a receiving socket had no room for.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OverrunKey {
    /// Inode number of the socket's network namespace.
    pub netns: u32,
    /// Port id of the socket.
    pub portid: u32,
    /// `nlmsg_type` of the datagram's first message, or [`TYPE_RAW`] where it is not known.
    pub message_type: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Zero.
    pub pad: [u8; 3],
}

/// A process, noted when one of its message counters is made.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Cgroup (v2) id: the inode number of its directory.
    pub cgroup_id: u64,
    /// Start of the process in `CLOCK_BOOTTIME` nanoseconds; tells apart two users of one pid.
    pub start_ns: u64,
    /// Name of the thread group's leader.
    pub comm: [u8; 16],
}

/// What became of samples, and what the probes could not do. Indices of the `STATS` array.
pub mod stat {
    /// Datagrams chosen for the ring at entry.
    pub const SAMPLED: u32 = 0;
    /// Not sampled: thinned by `sample_every`.
    pub const THINNED: u32 = 1;
    /// Not sampled: over the rate cap.
    pub const RATE_LIMITED: u32 = 2;
    /// Not sampled: nested deeper than [`crate::limits::DEPTH_MAX`].
    pub const TOO_DEEP: u32 = 3;
    /// Not sampled: no context could be allocated.
    pub const NO_CONTEXT: u32 = 4;
    /// Sampled and lost: the ring was full.
    pub const RING_FULL: u32 = 5;
    /// Sampled and lost: the return was never seen (a kretprobe without a free instance).
    pub const NO_RETURN: u32 = 6;
    /// Returns without a known entry: a call that was open when the probes were attached.
    pub const NO_ENTRY: u32 = 7;
    /// Failed reads of kernel memory.
    pub const READ_FAILED: u32 = 8;
    /// Walks cut at [`crate::limits::WALK_MAX`] headers.
    pub const WALK_CUT: u32 = 9;
    /// Walks ended by a header that does not fit its datagram.
    pub const WALK_MALFORMED: u32 = 10;
    /// Failures whose errno counter found no room.
    pub const ERROR_OVERFLOW: u32 = 11;
    /// Overruns whose counter found no room.
    pub const OVERRUN_OVERFLOW: u32 = 12;
    /// Deliveries inside no call that is known: a message queue's notification.
    pub const UNFRAMED_DELIVERY: u32 = 13;
    /// Returns of the daemon's own calls: they prove the hook.
    pub const OWN_RETURN: u32 = 14;
    /// Deliveries of the daemon's own calls.
    pub const OWN_DELIVERY: u32 = 15;
    /// Elements of the array.
    pub const COUNT: u32 = 16;
}

const _: () = assert!(PROTOCOLS * path::COUNT == SLOTS as usize);
const _: () = assert!(size_of::<MessageKey>() == 16 && align_of::<MessageKey>() == 4);
const _: () = assert!(size_of::<MessageCount>() == 16);
const _: () = assert!(size_of::<DatagramCount>() == 64);
const _: () = assert!(size_of::<ErrorKey>() == 4);
const _: () = assert!(size_of::<OverrunKey>() == 16);
const _: () = assert!(size_of::<Process>() == 32);

#[cfg(feature = "user")]
mod user {
    use super::{DatagramCount, ErrorKey, MessageCount, MessageKey, OverrunKey, Process};

    // SAFETY: repr(C), fixed-width integers only, padding named: every bit pattern is a value.
    unsafe impl aya::Pod for MessageKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for MessageCount {}
    // SAFETY: as above.
    unsafe impl aya::Pod for DatagramCount {}
    // SAFETY: as above.
    unsafe impl aya::Pod for ErrorKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for OverrunKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for Process {}
}
