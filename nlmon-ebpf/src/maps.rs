//! Every map and every global of the programs. Names are at most 15 bytes, because the kernel cuts
//! longer ones and `bpftool` would show the stump.
//!
//! Every processor has counters of its own, so that none waits for another; the daemon adds them
//! up. Those of every datagram lie in plain arrays, one processor's after another's, of as many
//! elements as the loader gives them: a look-up in those is an address computation on every kernel,
//! and the daemon reads them as memory. Its system calls on a map would keep kprobes' programs from
//! running on that processor, for as long as it is preempted in one (`bpf_disable_instrumentation`
//! in `include/linux/bpf.h`).

use aya_ebpf::{
    bindings::BPF_F_MMAPABLE,
    helpers::bpf_get_smp_processor_id,
    macros::map,
    maps::{Array, HashMap, PerCpuArray, PerCpuHashMap, RingBuf},
};
use nlmon_common::{
    ABI,
    control::Control,
    counter::{DatagramCount, ErrorKey, MessageCount, MessageSlot, OverrunKey, SLOTS, slot, stat},
    exec::Exec,
    limits::{
        CONTEXTS_MAX, ERROR_KEYS_MAX, EXECS_MAX, MESSAGE_KEYS_MAX, OVERRUN_KEYS_MAX, OWNERS_MAX,
        PROTOCOLS, RING_BYTES, SNAP_MAX,
    },
    settings::{CallOffsets, Offsets, RouteOffsets, Settings},
    share,
    socket::{Owner, SocketOffsets},
};

use crate::{
    frame::Context,
    machine::{self, Shared},
    sampler::Sampler,
};

/// Datagrams by processor, protocol and path.
#[map]
static DATAGRAMS: Array<DatagramCount> = Array::with_max_entries(SLOTS, BPF_F_MMAPABLE);

/// Failed calls by errno.
#[map]
pub(crate) static ERRORS: PerCpuHashMap<ErrorKey, u64> =
    PerCpuHashMap::with_max_entries(ERROR_KEYS_MAX, 0);

/// Datagrams that found no room, by the receiving process and type.
#[map]
pub(crate) static OVERRUNS: HashMap<OverrunKey, Shared> =
    HashMap::with_max_entries(OVERRUN_KEYS_MAX, 0);

/// The owner of each socket, by the address of the kernel's `struct sock`.
#[map]
pub(crate) static OWNERS: HashMap<u64, Owner> = HashMap::with_max_entries(OWNERS_MAX, 0);

/// What users and processes have taken of the maps that they could fill; see
/// [`nlmon_common::share`].
#[map]
static SHARES: Array<Shared> = Array::with_max_entries(share::COUNT, BPF_F_MMAPABLE);

/// What the elements of [`MESSAGE_COUNTS`] count; see `tally`.
#[map]
pub(crate) static MESSAGES: Array<MessageSlot> =
    Array::with_max_entries(MESSAGE_KEYS_MAX, BPF_F_MMAPABLE);

/// Messages, by processor and an index of [`MESSAGES`].
#[map]
pub(crate) static MESSAGE_COUNTS: Array<MessageCount> =
    Array::with_max_entries(MESSAGE_KEYS_MAX, BPF_F_MMAPABLE);

/// Fate of samples and failures of the probes, by processor and [`stat`].
#[map]
static STATS: Array<u64> = Array::with_max_entries(stat::STRIDE, BPF_F_MMAPABLE);

/// Open calls by thread.
#[map]
pub(crate) static CONTEXTS: Array<Context> = Array::with_max_entries(CONTEXTS_MAX, 0);

/// Programs that processes have executed, by the low bits of the process's id.
#[map]
pub(crate) static EXECS: Array<Exec> = Array::with_max_entries(EXECS_MAX, BPF_F_MMAPABLE);

/// State of thinning and of the rate cap.
#[map]
pub(crate) static SAMPLER: PerCpuArray<Sampler> = PerCpuArray::with_max_entries(1, 0);

/// What the programs share with the daemon that is in charge of them.
#[map]
static CONTROL: Array<Control> = Array::with_max_entries(1, BPF_F_MMAPABLE);

/// Samples: a `Header` and its payload bytes each.
#[map]
pub(crate) static SAMPLES: RingBuf = RingBuf::with_byte_size(RING_BYTES, 0);

/// The layout that this object was built with is part of a name, because the loader can ask for a
/// symbol but not for its value.
#[unsafe(export_name = "NLMON_ABI_10")]
static ABI_MARK: u32 = ABI;

const _: () = assert!(ABI == 10, "the mark's name has to say the same");

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
    task_pid: 0,
    regs_system_call: 0,
    regs_bytes: 0,
    binprm_interp: 0,
    stack_bytes: 0,
};

/// Field offsets of files and sockets.
#[unsafe(no_mangle)]
pub(crate) static SOCKET_OFFSETS: SocketOffsets = SocketOffsets {
    iter_seq: 0,
    iter_session: 0,
    task_tgid: 0,
    task_cred: 0,
    cred_uid: 0,
    task_nsproxy: 0,
    nsproxy_net: 0,
    file_inode: 0,
    file_private: 0,
    inode_mode: 0,
    inode_number: 0,
    socket_sk: 0,
    sock_family: 0,
    sock_uid: 0,
    sock_rmem: 0,
    sock_rcvbuf: 0,
    sock_drops: 0,
    netlink_groups: 0,
    netlink_groups_len: 0,
};

/// Where saved registers say by which system call a task came.
#[unsafe(no_mangle)]
pub(crate) static CALL_OFFSETS: CallOffsets = CallOffsets {
    mode: 0,
    mode_mask: 0,
    mode_user: 0,
    mode_compat: 0,
    first: 0,
    second: 0,
    compat_first: 0,
    compat_second: 0,
    task_status: 0,
    task_compat: 0,
    of_file: [0; 2],
    of_name: 0,
    task_files: 0,
    files_table: 0,
    table_files: 0,
    file_dentry: 0,
    dentry_name: 0,
    dentry_parent: 0,
};

/// Field offsets of routing tables and routes.
#[unsafe(no_mangle)]
pub(crate) static ROUTE_OFFSETS: RouteOffsets = RouteOffsets {
    table_id: 0,
    entry_dst: 0,
    entry_dst_len: 0,
    entry_info: 0,
    entry_tos: 0,
    entry_type: 0,
    info_priority: 0,
    info_nexthops: 0,
    info_device: 0,
    device_index: 0,
    route_dst: 0,
    route_dst_len: 0,
    route_table: 0,
    route_metric: 0,
    route_type: 0,
    route_nexthop: 0,
    route_device: 0,
    table6_id: 0,
    skip_notify: 0,
    skip_notify_mask: 0,
};

/// Choices of the configuration.
#[unsafe(no_mangle)]
pub(crate) static SETTINGS: Settings = Settings {
    count_netns: 0,
    metered: 0,
    capture_secrets: 0,
    snap_length: SNAP_MAX as u32,
    typed_task: 0,
    typed_regs: 0,
    message_keys: MESSAGE_KEYS_MAX,
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

/// An offset of [`SOCKET_OFFSETS`].
macro_rules! socket_field {
    ($field:ident) => {
        $crate::maps::global!(SOCKET_OFFSETS.$field)
    };
}
pub(crate) use socket_field;

/// A field of [`CALL_OFFSETS`].
macro_rules! call_field {
    ($($field:tt)+) => {
        $crate::maps::global!(CALL_OFFSETS.$($field)+)
    };
}
pub(crate) use call_field;

/// An offset of [`ROUTE_OFFSETS`].
macro_rules! route_field {
    ($field:ident) => {
        $crate::maps::global!(ROUTE_OFFSETS.$field)
    };
}
pub(crate) use route_field;

/// An element of [`SHARES`].
#[inline(always)]
pub(crate) fn share(index: u32) -> Option<&'static Shared> {
    // SAFETY: a live element, which is added to atomically by all.
    SHARES.get_ptr(index).map(|share| unsafe { &*share })
}

/// What the daemon in charge says. It may change any of it at any time.
#[derive(Clone, Copy)]
pub(crate) struct Charge(*mut Control);

/// What the daemon in charge says.
#[inline(always)]
pub(crate) fn charge() -> Option<Charge> {
    CONTROL.get_ptr_mut(0).map(Charge)
}

/// One word of a [`Charge`].
macro_rules! charged {
    ($charge:expr, $field:ident) => {
        // SAFETY: a live element. Volatile: the daemon may change it at any time.
        unsafe { core::ptr::read_volatile(&raw const (*$charge.0).$field) }
    };
}

impl Charge {
    /// Its process; 0 for none.
    #[inline(always)]
    pub(crate) fn own_tgid(self) -> u32 {
        charged!(self, own_tgid) as u32
    }

    /// Sample one outermost call in so many; 0 for none.
    #[inline(always)]
    pub(crate) fn sample_every(self) -> u32 {
        charged!(self, sample_every) as u32
    }

    /// Protocols to sample, a bit for each.
    #[inline(always)]
    pub(crate) fn sample_protocols(self) -> u32 {
        charged!(self, sample_protocols) as u32
    }

    /// Samples per second and processor; 0 for no cap.
    #[inline(always)]
    pub(crate) fn sample_rate(self) -> u32 {
        charged!(self, sample_rate) as u32
    }
}

/// The process of the daemon in charge; 0 for none.
#[inline(always)]
pub(crate) fn own_tgid() -> u32 {
    charge().map_or(0, Charge::own_tgid)
}

/// Whether the daemon sleeps until it is woken. From now on it does not, for whoever asks next.
#[inline(always)]
pub(crate) fn take_asleep() -> bool {
    let Some(Charge(control)) = charge() else { return false };
    // SAFETY: a live element.
    let asleep = unsafe { &raw mut (*control).asleep };
    // SAFETY: as above. Volatile: the daemon may change it at any time.
    if unsafe { core::ptr::read_volatile(asleep) } == 0 {
        return false;
    }
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(asleep, 0) };
    true
}

/// The counters of a protocol's path on this processor.
#[inline(always)]
pub(crate) fn datagrams(protocol: u8, path: u8) -> Option<&'static mut DatagramCount> {
    own(&DATAGRAMS, SLOTS, slot(protocol, path))
}

/// Adds to a counter of [`stat`].
#[inline(always)]
pub(crate) fn add(index: u32, value: u64) {
    if let Some(counter) = own(&STATS, stat::STRIDE, index) {
        machine::add(counter, value);
    }
}

/// Adds one to a counter of [`stat`]; returns what it is then on this processor, near enough.
#[inline(always)]
pub(crate) fn bump(index: u32) -> u64 {
    let Some(counter) = own(&STATS, stat::STRIDE, index) else { return 0 };
    machine::add(counter, 1);
    *counter
}

/// This processor's element of an array that has `stride` for each.
#[inline(always)]
fn own<T>(map: &Array<T>, stride: u32, index: u32) -> Option<&'static mut T> {
    // SAFETY: the element belongs to this processor; what else runs there adds atomically, as its
    // users do.
    map.get_ptr_mut(place(stride, index)).map(|element| unsafe { &mut *element })
}

/// The place of this processor's element in an array that has `stride` for each.
#[inline(always)]
pub(crate) fn place(stride: u32, index: u32) -> u32 {
    // SAFETY: no argument, no precondition.
    let cpu = unsafe { bpf_get_smp_processor_id() };
    cpu * stride + index
}
