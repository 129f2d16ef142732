//! Every map and every global of the programs. Names are at most 15 bytes, because the kernel cuts
//! longer ones and `bpftool` would show the stump.
//!
//! Counters are per-CPU so that processors do not wait for each other; the daemon adds them up.

use aya_ebpf::{
    macros::map,
    maps::{Array, LruHashMap, PerCpuArray, PerCpuHashMap, RingBuf},
};
use nlmon_common::{
    ABI,
    counter::{
        DatagramCount, ErrorKey, MessageCount, MessageKey, OverrunKey, Process, SLOTS, stat,
    },
    limits::{
        CONTEXTS_MAX, ERROR_KEYS_MAX, MESSAGE_KEYS_MAX, OVERRUN_KEYS_MAX, PROCESSES_MAX, PROTOCOLS,
        RING_BYTES, SNAP_MAX,
    },
    settings::{Offsets, Settings},
};

use crate::{
    frame::{Context, Sampler},
    machine,
};

/// Datagrams by protocol and path.
#[map]
pub(crate) static DATAGRAMS: PerCpuArray<DatagramCount> = PerCpuArray::with_max_entries(SLOTS, 0);

/// Failed calls by errno.
#[map]
pub(crate) static ERRORS: PerCpuHashMap<ErrorKey, u64> =
    PerCpuHashMap::with_max_entries(ERROR_KEYS_MAX, 0);

/// Datagrams that found no room, by receiving socket and type.
#[map]
pub(crate) static OVERRUNS: PerCpuHashMap<OverrunKey, u64> =
    PerCpuHashMap::with_max_entries(OVERRUN_KEYS_MAX, 0);

/// Messages by process, protocol, path and type.
#[map]
pub(crate) static MESSAGES: PerCpuHashMap<MessageKey, MessageCount> =
    PerCpuHashMap::with_max_entries(MESSAGE_KEYS_MAX, 0);

/// Names of the processes in [`MESSAGES`], kept after they have ended.
#[map]
pub(crate) static PROCESSES: LruHashMap<u32, Process> =
    LruHashMap::with_max_entries(PROCESSES_MAX, 0);

/// Fate of samples and failures of the probes, indexed by [`stat`].
#[map]
pub(crate) static STATS: PerCpuArray<u64> = PerCpuArray::with_max_entries(stat::COUNT, 0);

/// Open calls by thread.
#[map]
pub(crate) static CONTEXTS: Array<Context> = Array::with_max_entries(CONTEXTS_MAX, 0);

/// State of thinning and of the rate cap.
#[map]
pub(crate) static SAMPLER: PerCpuArray<Sampler> = PerCpuArray::with_max_entries(1, 0);

/// Samples: a `Header` and its payload bytes each.
#[map]
pub(crate) static SAMPLES: RingBuf = RingBuf::with_byte_size(RING_BYTES, 0);

/// The layout that this object was built with is part of a name, because the loader can ask for a
/// symbol but not for its value.
#[unsafe(export_name = "NLMON_ABI_2")]
static ABI_MARK: u32 = ABI;

const _: () = assert!(ABI == 2, "the mark's name has to say the same");

/// Field offsets of the running kernel.
#[unsafe(no_mangle)]
pub(crate) static OFFSETS: Offsets = Offsets {
    skb_len: 0,
    skb_data: 0,
    skb_portid: 0,
    skb_sk: 0,
    netlink_portid: 0,
    sock_protocol: 0,
    sock_net: 0,
    net_inum: 0,
    sock_net_refcnt: 0,
    sock_net_refcnt_mask: 0,
    task_flags: 0,
    task_stack: 0,
    task_group_leader: 0,
    task_comm: 0,
    stack_bytes: 0,
};

/// Choices of the configuration.
#[unsafe(no_mangle)]
pub(crate) static SETTINGS: Settings = Settings {
    own_tgid: 0,
    sample_every: 1,
    sample_rate: 0,
    count_netns: 0,
    capture_secrets: 0,
    snap_length: SNAP_MAX as u32,
    snap: [SNAP_MAX as u16; PROTOCOLS],
};

/// Reads one field of a read-only global.
///
/// The daemon writes globals before loading, so the compiler must not use their initial values:
/// the read is volatile. It reads the field alone, so that the verifier sees a constant.
macro_rules! global {
    ($global:ident . $($field:tt)+) => {
        // SAFETY: the pointer is to a field of a live static, aligned and initialised.
        unsafe { core::ptr::read_volatile(&raw const $crate::maps::$global.$($field)+) }
    };
}
pub(crate) use global;

/// Adds one to a counter of [`stat`]; returns what it is then on this CPU, near enough.
#[inline(always)] // a call would cost more than the add
pub(crate) fn bump(index: u32) -> u64 {
    let Some(counter) = STATS.get_ptr_mut(index) else { return 0 };
    // SAFETY: the element belongs to this CPU; what else runs there adds atomically, as we do.
    let counter = unsafe { &mut *counter };
    machine::add(counter, 1);
    *counter
}
