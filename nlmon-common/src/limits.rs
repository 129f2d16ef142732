//! Sizes and budgets of the kernel side, in one place because they bound its memory.

/// Largest payload that a sample carries, in bytes. The configured snap length is at most this.
pub const SNAP_MAX: usize = 256;

/// Payload bytes of a sample where the configuration does not say: all there is room for.
pub const SNAP_DEFAULT: u16 = 256;

const _: () = assert!(SNAP_DEFAULT as usize <= SNAP_MAX);

/// Open calls that one context may nest: a request, the notification or reply inside it, and the
/// same again from a softirq on top. Deeper calls are counted, but not sampled.
pub const DEPTH_MAX: usize = 4;

/// Threads (or processors, for the idle task) whose open calls are remembered at one time, about
/// 1.8 KiB each. A power of two: the low bits of a thread's id are its place.
pub const CONTEXTS_MAX: u32 = 4096;

/// Slots that a thread may have: its home and the next ones, which it probes on a collision.
pub const CONTEXT_ASSOC: u32 = 4;

/// Most (process, namespace, protocol, path, type) counters. A power of two.
pub const MESSAGE_KEYS_MAX: u32 = 16_384;

/// Most of them on all processors together: each has its own, of 16 bytes, so that this is 64 MiB.
const MESSAGE_COUNTS_MAX: u32 = 1 << 22;

/// How many message counters each of `cpus` processors has: a power of two, as many as the memory for
/// all allows. A service has a limit of memory, and its maps count.
pub const fn message_keys(cpus: u32) -> u32 {
    let share = MESSAGE_COUNTS_MAX / if cpus == 0 { 1 } else { cpus };
    let share = if share < MESSAGE_KEYS_MIN { MESSAGE_KEYS_MIN } else { share };
    let keys = 1 << share.ilog2();
    if keys > MESSAGE_KEYS_MAX { MESSAGE_KEYS_MAX } else { keys }
}

/// Fewest, on machines of more processors than Linux has room for.
const MESSAGE_KEYS_MIN: u32 = 512;

const _: () = assert!(MESSAGE_KEYS_MAX.is_power_of_two());

/// Probe steps in the table of those: the places that one counter may be in. With all of them taken, messages are counted without
/// process and type.
pub const MESSAGE_ASSOC: u32 = 16;

/// Distinct (protocol, path, errno) counters. 32 protocols fail in few ways; beyond it errors are
/// counted as overflow.
pub const ERROR_KEYS_MAX: u32 = 2048;

/// Distinct (process, type) counters of datagrams that found no room. Beyond it they are counted as
/// overflow.
pub const OVERRUN_KEYS_MAX: u32 = 4096;

/// Sockets whose owner is known. Overruns of others are counted without one.
pub const OWNERS_MAX: u32 = 16_384;

/// Processes whose executed program is remembered, by the low bits of their id. A power of two.
pub const EXECS_MAX: u32 = 4096;

/// Bytes of its path that are kept, the zero at the end included. Of a longer one, nothing is.
pub const EXEC_PATH_MAX: usize = 232;

const _: () = assert!(EXECS_MAX.is_power_of_two());

/// Where programs measure themselves, one run in this many is timed. Prime, so that it falls on each
/// of the programs that take turns.
pub const METER_EVERY: u32 = 61;

/// Headers walked in one datagram. A batch or dump part may hold more: then the cut is counted.
pub const WALK_MAX: u32 = 1024;

/// Largest protocol number: `MAX_LINKS - 1` in `include/uapi/linux/netlink.h`.
pub const PROTOCOL_MAX: u8 = 31;

/// Protocol numbers there can be.
pub const PROTOCOLS: usize = PROTOCOL_MAX as usize + 1;

/// Default size of the sample ring in bytes; a power of two, a multiple of the page size.
pub const RING_BYTES: u32 = 1 << 22;

/// Fill of the ring, in bytes, from which a sample wakes the daemon at once instead of waiting for
/// its next look. A wake-up costs the sender more than the sample itself.
pub const RING_WAKE_BYTES: u64 = 1 << 18;
