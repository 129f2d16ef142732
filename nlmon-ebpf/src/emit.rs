//! Samples: whether to take one, what goes in, and sending it. What is not sampled, and what is
//! lost, is counted with its reason.

use aya_ebpf::{
    bindings::{BPF_RB_AVAIL_DATA, BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP},
    helpers::generated,
};
use nlmon_common::{
    counter::{DatagramCount, path, stat},
    limits::{RING_WAKE_BYTES, SNAP_MAX},
    observation::{HEADER_LEN, Header, Sample, flag},
};

use crate::{
    frame::{Context, Frame, state},
    machine,
    maps::{SAMPLER, SAMPLES, bump, global},
    messages::{self, Messages},
    skb::{self, DUMP_END_LEN, MESSAGE_HEADER_LEN, Task},
};

/// Where a datagram comes from and goes to.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) protocol: u8,
    pub(crate) path: u8,
    /// Destination port id, or the one excluded from a multicast.
    pub(crate) portid: u32,
    /// Multicast group, 0 for unicast.
    pub(crate) group: u32,
}

/// What the entry of a call knows about its datagram.
pub(crate) struct Datagram {
    pub(crate) way: Way,
    pub(crate) messages: Messages,
    /// The socket that it goes out from, or for a dump into.
    pub(crate) sk: *const u8,
    pub(crate) skb: *const u8,
    pub(crate) data: *const u8,
    pub(crate) len: u32,
    pub(crate) linear: u32,
}

impl Datagram {
    /// Whether it may hold bytes of somebody's packets: `NFNL_SUBSYS_QUEUE` and `NFNL_SUBSYS_ULOG`
    /// in `include/uapi/linux/netfilter/nfnetlink.h`.
    fn carries_packets(&self) -> bool {
        self.way.protocol == NETFILTER && matches!(self.messages.first.message_type >> 8, 3 | 4)
    }
}

/// `NETLINK_NETFILTER` in `include/uapi/linux/netlink.h`.
const NETFILTER: u8 = 12;

/// `NLMSG_ERROR` and `NLMSG_DONE` in include/uapi/linux/netlink.h.
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// `NLM_F_DUMP_INTR`, `NLM_F_CAPPED` and `NLM_F_ACK_TLVS`, ibidem.
const DUMP_INTERRUPTED: u16 = 0x10;
const CAPPED: u16 = 0x100;
const ACK_ATTRIBUTES: u16 = 0x200;

/// The header of an error, its errno, and the header that it quotes of the request.
const ERROR_HEADERS: u32 = 36;

/// The message header and `struct nfgenmsg`.
const NFNETLINK_HEADERS: u32 = 20;

const SECOND_NS: u64 = 1_000_000_000;

/// Decides whether this datagram is sampled, and counts that.
#[inline(always)] // constants to the verifier, which drops what does not apply
pub(crate) fn wanted(counters: &mut DatagramCount, protocol: u8) -> bool {
    // By default all are, which the verifier sees, and leaves the rest out.
    let protocols = global!(SETTINGS.sample_protocols);
    if protocols != u32::MAX && protocols >> (protocol & 31) & 1 == 0 {
        machine::add(&mut counters.thinned, 1);
        return false;
    }
    match global!(SETTINGS.sample_every) {
        1 => {}
        every if every != 0 && is_turn(every) => {}
        _ => {
            machine::add(&mut counters.thinned, 1);
            return false;
        }
    }
    let rate = global!(SETTINGS.sample_rate);
    if rate != 0 && !is_within(rate) {
        bump(stat::RATE_LIMITED);
        return false;
    }
    machine::add(&mut counters.sampled, 1);
    true
}

/// Whether this datagram is the one to sample of `every` many.
fn is_turn(every: u32) -> bool {
    let Some(sampler) = SAMPLER.get_ptr_mut(0) else { return false };
    // SAFETY: the element belongs to this CPU.
    let sampler = unsafe { &mut *sampler };
    sampler.skipped += 1;
    if sampler.skipped < every {
        return false;
    }
    sampler.skipped = 0;
    true
}

/// Whether fewer than `rate` samples were taken in this second.
fn is_within(rate: u32) -> bool {
    let Some(sampler) = SAMPLER.get_ptr_mut(0) else { return false };
    // SAFETY: the element belongs to this CPU.
    let sampler = unsafe { &mut *sampler };
    // SAFETY: no argument, no precondition.
    let now_ns = unsafe { generated::bpf_ktime_get_ns() };
    if now_ns.wrapping_sub(sampler.window_ns) >= SECOND_NS {
        sampler.window_ns = now_ns;
        sampler.taken = 0;
    }
    sampler.taken += 1;
    sampler.taken <= rate
}

/// Fills the sample of the frame at `index`. Every byte of the header is written: it leaves the
/// kernel.
#[inline(always)] // one caller per hook
pub(crate) fn fill(
    context: &mut Context,
    index: usize,
    datagram: &Datagram,
    netns: u32,
    pid_tgid: u64,
) {
    let parent = parent(context, index);
    let stack_address = *context.id(index);
    let sample = &mut context.frame(index).sample;
    let header = &mut sample.header;
    // SAFETY: no argument, no precondition.
    header.start_ns = unsafe { generated::bpf_ktime_get_ns() };
    header.tid = pid_tgid as u32;
    header.tgid = (pid_tgid >> 32) as u32;
    // SAFETY: no argument, no precondition.
    header.uid = unsafe { generated::bpf_get_current_uid_gid() } as u32;
    // SAFETY: no argument, no precondition.
    header.cgroup_id = unsafe { generated::bpf_get_current_cgroup_id() };
    header.netns = netns;
    header.len = datagram.len;
    header.portid = datagram.way.portid;
    header.group = datagram.way.group;
    header.src_portid = source_portid(datagram);
    header.comm = Task::current().comm();
    header.flags = task_flags(datagram.way.path, stack_address) | parent.flag;
    header.parent_start_ns = parent.start_ns;
    header.parent_type = parent.message_type;
    header.parent_flags = parent.message_flags;
    header.parent_protocol = parent.protocol;
    header.parent_command = parent.command;
    header.messages = datagram.messages.count;
    if datagram.messages.cut != 0 {
        header.flags |= flag::WALK_CUT;
    }
    header.end = 0;
    if datagram.way.path == path::DUMP {
        end_of_dump(header, datagram);
    }
    payload(sample, datagram);
}

/// Notes how a dump ends: the message that says it is the last one of many, or alone.
#[inline(always)] // one caller
fn end_of_dump(header: &mut Header, datagram: &Datagram) {
    let Messages { last, .. } = datagram.messages;
    if datagram.linear < DUMP_END_LEN || last > datagram.linear - DUMP_END_LEN {
        return;
    }
    let end = skb::dump_end(datagram.data, last);
    if end.header.message_type == DONE {
        header.flags |= flag::HAS_END;
        header.end = end.errno;
        if end.header.flags & DUMP_INTERRUPTED != 0 {
            header.flags |= flag::END_INTERRUPTED;
        }
    }
}

/// Port id of the sending socket, which only a user's datagram has.
#[inline(always)] // one branch
fn source_portid(datagram: &Datagram) -> u32 {
    match datagram.way.path {
        path::REPLY | path::DUMP => 0,
        _ => skb::addresses(datagram.skb).source_portid,
    }
}

/// Flags of the task. A request always comes by a system call of the task itself.
fn task_flags(path: u8, stack_address: u64) -> u16 {
    if path == path::REQUEST || path == path::PEER {
        return 0;
    }
    let task = Task::current();
    let mut flags = 0;
    if task.is_kernel_thread() {
        flags |= flag::KTHREAD;
    }
    if task.is_foreign_stack(stack_address) {
        flags |= flag::INTERRUPT;
    }
    flags
}

/// The request inside which another call is made; all zero if there is none.
///
/// No `Option`: the compiler leaves undefined what is behind a `None`, and reads it all the same,
/// which older verifiers refuse.
#[derive(Default)]
struct Parent {
    /// [`flag::HAS_PARENT`], and whether `command` is known.
    flag: u16,
    start_ns: u64,
    message_type: u16,
    message_flags: u16,
    protocol: u8,
    command: u8,
}

/// The request that the call is nested in, if it is one on the same stack.
fn parent(context: &mut Context, index: usize) -> Parent {
    if index == 0 {
        return Parent::default();
    }
    let distance = context.id(index - 1).wrapping_sub(*context.id(index));
    let below = context.frame(index - 1);
    let Header { path, protocol, start_ns, .. } = below.sample.header;
    let is_request = below.state & state::COUNTED != 0 && path == path::REQUEST;
    if !is_request || distance >= u64::from(global!(OFFSETS.stack_bytes)) {
        return Parent::default();
    }
    let has_command = below.state & state::SAMPLED != 0
        && u32::from(below.sample.header.snap_len) > MESSAGE_HEADER_LEN;
    Parent {
        flag: flag::HAS_PARENT | if has_command { flag::HAS_PARENT_COMMAND } else { 0 },
        start_ns,
        message_type: below.message_type,
        message_flags: below.message_flags,
        protocol,
        command: below.sample.data[MESSAGE_HEADER_LEN as usize],
    }
}

/// Copies the first bytes, as many as the protocol's snap length allows.
fn payload(sample: &mut Sample, datagram: &Datagram) {
    let mut snap = u32::from(global!(SETTINGS.snap[datagram.way.protocol as usize & 31]));
    if global!(SETTINGS.capture_secrets) == 0
        && datagram.carries_packets()
        && snap > NFNETLINK_HEADERS
    {
        snap = NFNETLINK_HEADERS;
    }
    let mut len = if datagram.linear < snap { datagram.linear } else { snap };
    if len > SNAP_MAX as u32 {
        len = SNAP_MAX as u32;
    }
    if snap < datagram.linear && snap < global!(SETTINGS.snap_length) {
        sample.header.flags |= flag::REDACTED;
    }
    if datagram.way.path == path::REPLY
        && datagram.messages.first.message_type == ERROR
        && datagram.messages.first.flags & (CAPPED | ACK_ATTRIBUTES) == ACK_ATTRIBUTES
        && snap == SNAP_MAX as u32
        && datagram.linear > snap
        && without_quote(sample, datagram)
    {
        return;
    }
    if !skb::copy(sample.data.as_mut_ptr(), len, datagram.data) {
        bump(stat::READ_FAILED);
        sample.header.flags |= flag::READ_FAILED;
        len = 0;
    }
    sample.header.snap_len = len as u16;
}

/// Copies an error's headers and the attributes behind what it quotes. False if they are not where
/// they should be.
#[inline(always)] // the verifier has to see the bounds at the calls
fn without_quote(sample: &mut Sample, datagram: &Datagram) -> bool {
    let quoted = skb::message_header(datagram.data, ERROR_HEADERS - MESSAGE_HEADER_LEN).len;
    if quoted < MESSAGE_HEADER_LEN || quoted > datagram.linear {
        return false;
    }
    let attributes = ERROR_HEADERS - MESSAGE_HEADER_LEN + messages::aligned(quoted);
    if attributes >= datagram.linear {
        return false;
    }
    let mut len = datagram.linear - attributes;
    if len > SNAP_MAX as u32 - ERROR_HEADERS {
        len = SNAP_MAX as u32 - ERROR_HEADERS;
    }
    let (headers, rest) = sample.data.split_at_mut(ERROR_HEADERS as usize);
    let from = datagram.data.wrapping_add(attributes as usize);
    if !skb::copy(headers.as_mut_ptr(), ERROR_HEADERS, datagram.data)
        || !skb::copy(rest.as_mut_ptr(), len, from)
    {
        return false;
    }
    sample.header.flags |= flag::QUOTE_LEFT_OUT;
    sample.header.snap_len = (ERROR_HEADERS + len) as u16;
    true
}

/// Sends the sample of a frame, with the call's result if a probe saw it. The error is the reason,
/// a [`stat`].
#[inline(always)] // one caller per hook
pub(crate) fn send(frame: &mut Frame, result: Option<i32>) -> Result<(), u32> {
    let header = &mut frame.sample.header;
    header.duration_ns = 0;
    header.result = result.unwrap_or_default();
    if result.is_some() {
        // SAFETY: no argument, no precondition.
        let now_ns = unsafe { generated::bpf_ktime_get_ns() };
        header.duration_ns = now_ns.wrapping_sub(header.start_ns);
    }
    let mut len = HEADER_LEN + header.snap_len as usize;
    if len > size_of::<Sample>() {
        len = size_of::<Sample>();
    }
    // SAFETY: `len` is at most the size of the sample, all of it map memory.
    let bytes = unsafe { core::slice::from_raw_parts((&raw const frame.sample).cast::<u8>(), len) };
    SAMPLES.output::<[u8]>(bytes, wake_flags()).or(Err(stat::RING_FULL))
}

/// The daemon looks every few milliseconds by itself; waking it costs the sender more than the
/// sample, so that is kept for a ring that fills faster than that.
fn wake_flags() -> u64 {
    if SAMPLES.query(u64::from(BPF_RB_AVAIL_DATA)) < RING_WAKE_BYTES {
        u64::from(BPF_RB_NO_WAKEUP)
    } else {
        u64::from(BPF_RB_FORCE_WAKEUP)
    }
}
