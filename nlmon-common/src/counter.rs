//! Exact counters: their keys and values in the kernel's maps. Nothing here is ever sampled.

use crate::limits::{MESSAGE_KEYS_MAX, PROTOCOLS};

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
    /// To nobody: a change that the kernel does not tell of. Of these, only samples are counted.
    pub const SILENT: u8 = 5;
    /// Slots per protocol in the arrays that are indexed by protocol and path.
    pub const COUNT: usize = 8;
}

/// Elements of an array that is indexed by [`slot`], per processor.
pub const SLOTS: u32 = 256;

/// Index of a protocol's path in [`DatagramCount`] arrays. Always below [`SLOTS`].
#[inline(always)] // the verifier has to see the mask at the access
pub const fn slot(protocol: u8, path: u8) -> u32 {
    ((protocol as u32 & 31) << 3) | (path as u32 & 7)
}

/// Type of a datagram that is no stream of netlink messages (a uevent, a cookie).
pub const TYPE_RAW: u32 = 1 << 16;

/// Key of an exact message counter. As short as it can be: two words hold it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// Process that sent the message; 0 is the kernel's idle task. [`MessageKey::INTERRUPT`] if it
    /// was sent in an interrupt, whichever process that interrupted.
    pub tgid: u32,
    /// Inode number of the network namespace; 0 when namespaces are not told apart.
    pub netns: u32,
    /// `nlmsg_type`; 0 where `direction` has [`MessageKey::RAW`] or [`MessageKey::OTHER`].
    pub message_type: u16,
    /// Netlink protocol number.
    pub protocol: u8,
    /// One of [`path`], and [`MessageKey::RAW`] or [`MessageKey::OTHER`].
    pub direction: u8,
}

impl MessageKey {
    /// Pseudo process of what interrupts and softirqs send: timers, for one. Process ids stay below.
    pub const INTERRUPT: u32 = 1 << 30;

    /// Bit of `direction`: the datagram is no stream of netlink messages.
    pub const RAW: u8 = 1 << 7;

    /// Bit of `direction`: of types that have no counter, because a share is used up.
    pub const OTHER: u8 = 1 << 6;

    /// `nlmsg_type`, [`TYPE_RAW`] or [`TYPE_OTHER`].
    pub const fn kind(&self) -> u32 {
        match self.direction & (Self::RAW | Self::OTHER) {
            0 => self.message_type as u32,
            Self::RAW => TYPE_RAW,
            _ => TYPE_OTHER,
        }
    }

    /// The key of what has no counter of its own.
    #[must_use]
    #[inline(always)] // a few instructions
    pub const fn folded(self) -> Self {
        Self { message_type: 0, direction: self.path() | Self::OTHER, ..self }
    }

    /// One of [`path`].
    #[inline(always)]
    pub const fn path(&self) -> u8 {
        self.direction & !(Self::RAW | Self::OTHER)
    }

    /// The key as two numbers, for a quick comparison and for functions that take no pointers.
    /// Neither is ever zero, so that half of a key is none.
    #[inline(always)]
    pub const fn words(&self) -> [u64; 2] {
        let who = WHO_MARK | (self.tgid as u64) << 32 | self.netns as u64;
        let what =
            (self.message_type as u64) << 16 | (self.protocol as u64) << 8 | self.direction as u64;
        [who, WHAT_MARK | what]
    }

    /// The reverse of [`words`](Self::words).
    #[expect(clippy::cast_possible_truncation, reason = "each field is a part of a word")]
    #[inline(always)]
    pub const fn from_words([who, what]: [u64; 2]) -> Self {
        Self {
            tgid: ((who & !WHO_MARK) >> 32) as u32,
            netns: who as u32,
            message_type: (what >> 16) as u16,
            protocol: (what >> 8) as u8,
            direction: what as u8,
        }
    }
}

/// Where in the table the counter of a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeSequence {
    first: u32,
    stride: u32,
}

impl ProbeSequence {
    /// Those of the key with these words.
    #[expect(clippy::cast_possible_truncation, reason = "the shift leaves few bits")]
    #[inline(always)]
    pub const fn of([who, what]: [u64; 2]) -> Self {
        // Fibonacci hashing, twice, so that every bit of both words reaches the highest ones.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (who ^ what.rotate_left(40)).wrapping_mul(GOLDEN);
        let spread = (mixed ^ mixed >> 32 ^ what).wrapping_mul(GOLDEN);
        let first = (spread >> (u64::BITS - MESSAGE_KEYS_MAX.ilog2())) as u32;
        // Odd, so that it comes around to itself last.
        Self { first, stride: (spread >> 32) as u32 | 1 }
    }

    /// The place to look at in probe step `step`, of a table of `keys` places, a power of two.
    #[inline(always)]
    pub const fn nth(self, step: u32, keys: u32) -> u32 {
        self.first.wrapping_add(step.wrapping_mul(self.stride)) & (keys - 1)
    }
}

/// Bits of a key's words that are always set. Process ids stay below 2^22.
const WHO_MARK: u64 = 1 << 63;
const WHAT_MARK: u64 = 1 << 32;

/// Messages and their bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCount {
    /// Netlink messages, each header counted.
    pub messages: u64,
    /// Sum of `nlmsg_len`: headers and payload without the padding between messages.
    pub bytes: u64,
}

impl core::ops::AddAssign for MessageCount {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }
}

/// Datagrams of one protocol and path.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramCount {
    /// Calls seen at entry. Entered = ok + errors + unreported + open.
    pub entered: u64,
    /// Calls seen to return success.
    pub ok: u64,
    /// Bytes of the datagrams entered.
    pub bytes: u64,
    /// Second sends of users' multicasts: unicast calls that belong to a broadcast counted already.
    pub second_sends: u64,
    /// Calls by the daemon itself, which are in no other counter.
    pub own: u64,
    /// Receiving sockets that got a datagram of this path. A ledger of its own.
    pub deliveries: u64,
    /// Calls whose return no probe saw, known by the next call on the same stack.
    pub unreported: u64,
    /// Datagrams chosen for the ring at entry.
    pub sampled: u64,
    /// Datagrams not chosen, because only one in some is.
    pub thinned: u64,
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

/// Type of a datagram whose own type has no counter, because its owner's share is used up.
pub const TYPE_OTHER: u32 = 1 << 17;

/// Key of a counter of datagrams that a receiving socket had no room for. By the process that holds
/// the socket and not by the socket, of which there is no end.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OverrunKey {
    /// Process; 0 for all processes of a name, where there are too many to count them apart.
    pub tgid: u32,
    /// User that made the socket.
    pub uid: u32,
    /// `nlmsg_type` of the datagram's first message, [`TYPE_RAW`] where it is not known, or
    /// [`TYPE_OTHER`].
    pub message_type: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Zero.
    pub pad: [u8; 3],
    /// Name of the process, which is its first thread's. Zeros where it is not known, and with
    /// [`TYPE_OTHER`] where its user's share is used up.
    pub comm: [u8; 16],
}

/// An element of the table of message counters.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageSlot {
    /// The key that is counted here, as [`MessageKey::words`]; zero in a free one.
    pub words: [u64; 2],
    /// Processors that would have it at the moment, and one that has it.
    pub claims: u64,
    /// Name of the process, which is its first thread's, when the counter was made.
    pub comm: [u8; 16],
    /// Its user when the counter was made, in the initial user namespace. Of traffic of interrupts, that
    /// of whom they met.
    pub user: u64,
    /// Zero. Fills a cache line.
    pub pad: [u64; 2],
}

/// What became of samples, and what the probes could not do. Indices of the `STATS` array.
pub mod stat {
    /// Not sampled: over the rate cap.
    pub const RATE_LIMITED: u32 = 0;
    /// Not sampled: nested deeper than [`crate::limits::DEPTH_MAX`].
    pub const TOO_DEEP: u32 = 1;
    /// Not sampled: no room for one more thread with open calls.
    pub const NO_CONTEXT: u32 = 2;
    /// Sampled and lost: the ring was full.
    pub const RING_FULL: u32 = 3;
    /// Returns without a known entry: a call that was open when the probes were attached.
    pub const NO_ENTRY: u32 = 4;
    /// Failed reads of kernel memory.
    pub const READ_FAILED: u32 = 5;
    /// Walks cut at [`crate::limits::WALK_MAX`] headers.
    pub const WALK_CUT: u32 = 6;
    /// Walks ended by a header that does not fit its datagram.
    pub const WALK_MALFORMED: u32 = 7;
    /// Failures whose errno counter found no room.
    pub const ERROR_OVERFLOW: u32 = 8;
    /// Overruns whose counter found no room.
    pub const OVERRUN_OVERFLOW: u32 = 9;
    /// Deliveries inside no call that is known: a message queue's notification.
    pub const UNFRAMED_DELIVERY: u32 = 10;
    /// Returns of the daemon's own calls: they prove the hook.
    pub const OWN_RETURN: u32 = 11;
    /// Deliveries of the daemon's own calls.
    pub const OWN_DELIVERY: u32 = 12;
    /// Not sampled: the call was counted at its return, because no program saw it begin (it was
    /// running on that processor) or because there was no frame for it.
    pub const UNSEEN: u32 = 13;
    /// Sockets whose owner found no room.
    pub const OWNER_OVERFLOW: u32 = 14;
    /// Overruns that were counted without their type, or without their process too, because the
    /// share of their owner was used up.
    pub const OVERRUN_FOLDED: u32 = 15;
    /// Messages that were counted without their type, or without their process too, because the share
    /// of their user was used up.
    pub const MESSAGE_FOLDED: u32 = 16;
    /// Sockets that came or went, the kernel's own included and the daemon's own not.
    pub const SOCKETS: u32 = 17;
    /// Runs of programs, where they are metered.
    pub const METERED_RUNS: u32 = 18;
    /// Nanoseconds of those that were timed, one in [`crate::limits::METER_EVERY`].
    pub const METERED_NS: u32 = 19;
    /// Nanoseconds that the programs have taken, estimated from `timed_ns`, the sum of
    /// [`METERED_NS`].
    pub const fn metered_ns(timed_ns: u64) -> u64 {
        timed_ns.saturating_mul(crate::limits::METER_EVERY as u64)
    }
    /// Samples of silent changes that were lost: the ring was full.
    pub const SILENT_LOST: u32 = 20;
    /// Silent changes that were not looked at: no room for one more thread, or nested too deep.
    pub const SILENT_UNSEEN: u32 = 21;
    /// How many there are.
    pub const COUNT: u32 = 22;
    /// Elements of the array per processor: no two processors share a cache line.
    pub const STRIDE: u32 = 24;
}

const _: () = assert!(PROTOCOLS * path::COUNT == SLOTS as usize);
const _: () = assert!(size_of::<MessageKey>() == 12 && align_of::<MessageKey>() == 4);
const _: () = assert!(size_of::<MessageCount>() == 16);
const _: () = assert!(size_of::<DatagramCount>() == 88);
const _: () = assert!(size_of::<ErrorKey>() == 4);
const _: () = assert!(size_of::<OverrunKey>() == 32);
const _: () = assert!(size_of::<MessageSlot>() == 64);

#[cfg(feature = "user")]
mod user {
    use super::{DatagramCount, ErrorKey, MessageCount, MessageSlot, OverrunKey};

    // SAFETY: repr(C), fixed-width integers only, padding named: every bit pattern is a value.
    unsafe impl aya::Pod for MessageCount {}
    // SAFETY: as above.
    unsafe impl aya::Pod for DatagramCount {}
    // SAFETY: as above.
    unsafe impl aya::Pod for ErrorKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for OverrunKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for MessageSlot {}
}
