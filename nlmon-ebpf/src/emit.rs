//! Samples: what goes in, and sending them. Whether one is taken is for `sampler`. A sample that
//! finds no room is counted.

use aya_ebpf::{
    bindings::{BPF_RB_AVAIL_DATA, BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP},
    helpers::generated,
};
use nlmon_common::{
    counter::{path, stat},
    limits::{RING_WAKE_BYTES, SNAP_MAX},
    observation::{HEADER_LEN, Sample, SampleHeader, flag},
};

use crate::{
    frame::{Context, Frame, state},
    maps::{SAMPLES, bump, global, take_asleep},
    messages::{self, NETFILTER, Walked},
    skb::{self, DUMP_END_LEN, MESSAGE_HEADER_LEN},
    task::{self, Task},
};

/// Where a datagram comes from and goes to.
#[derive(Clone, Copy)]
pub(crate) struct Envelope {
    pub(crate) protocol: u8,
    pub(crate) path: u8,
    /// Destination port id, or the one excluded from a multicast.
    pub(crate) portid: u32,
    /// Multicast group, 0 for unicast.
    pub(crate) group: u32,
}

/// What the entry of a call knows about its datagram.
pub(crate) struct Datagram {
    pub(crate) envelope: Envelope,
    pub(crate) messages: Walked,
    /// The socket that it goes out from, or for a dump into.
    pub(crate) sk: *const u8,
    pub(crate) skb: *const u8,
    pub(crate) data: *const u8,
    pub(crate) len: u32,
    pub(crate) linear: u32,
}

/// `NLMSG_ERROR` and `NLMSG_DONE` in include/uapi/linux/netlink.h.
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// `NLM_F_DUMP_INTR`, `NLM_F_CAPPED` and `NLM_F_ACK_TLVS`, ibidem.
const DUMP_INTERRUPTED: u16 = 0x10;
const CAPPED: u16 = 0x100;
const ACK_ATTRIBUTES: u16 = 0x200;

/// The header of an error, its errno, and the header that it quotes of the request.
const ERROR_HEADERS: u32 = 36;

/// The message header and `struct nfgenmsg`; of an error, its errno.
const NFNETLINK_HEADERS: u32 = 20;

/// Fills the sample of the frame at `index`. Every byte of the header is written: it leaves the
/// kernel.
#[inline(always)]
pub(crate) fn fill(
    context: &mut Context,
    index: usize,
    datagram: &Datagram,
    netns: u32,
    pid_tgid: u64,
) {
    let interrupt = context.frame(index).interrupt();
    let parent = parent(context, index);
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
    header.portid = datagram.envelope.portid;
    header.group = datagram.envelope.group;
    header.src_portid = source_portid(datagram);
    header.comm = Task::current().comm();
    header.flags = task_flags(datagram.envelope.path, interrupt) | parent.flag;
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
    if datagram.envelope.path == path::DUMP {
        end_of_dump(header, datagram);
    }
    payload(sample, datagram);
}

/// Notes how a dump ends: the message that says it is the last one of many, or alone.
#[inline(always)]
fn end_of_dump(header: &mut SampleHeader, datagram: &Datagram) {
    let Walked { last, .. } = datagram.messages;
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
#[inline(always)]
fn source_portid(datagram: &Datagram) -> u32 {
    match datagram.envelope.path {
        path::REPLY | path::DUMP => 0,
        _ => skb::addresses(datagram.skb).source_portid,
    }
}

/// Fills the header of a sample that is of no datagram, with the frame at `index` for the call that
/// it is about. The payload is empty.
#[inline(always)]
pub(crate) fn begin(context: &mut Context, index: usize, netns: u32, pid_tgid: u64) {
    let parent = parent(context, index);
    let header = &mut context.frame(index).sample.header;
    *header = SampleHeader {
        // SAFETY: no argument, no precondition.
        start_ns: unsafe { generated::bpf_ktime_get_ns() },
        duration_ns: 0,
        // SAFETY: no argument, no precondition.
        cgroup_id: unsafe { generated::bpf_get_current_cgroup_id() },
        parent_start_ns: parent.start_ns,
        netns,
        tid: pid_tgid as u32,
        tgid: (pid_tgid >> 32) as u32,
        // SAFETY: no argument, no precondition.
        uid: unsafe { generated::bpf_get_current_uid_gid() } as u32,
        len: 0,
        portid: 0,
        src_portid: 0,
        group: 0,
        result: 0,
        messages: 0,
        end: 0,
        parent_type: parent.message_type,
        parent_flags: parent.message_flags,
        comm: Task::current().comm(),
        snap_len: 0,
        flags: task_flags(path::SILENT, 0) | parent.flag | flag::NO_RESULT,
        protocol: header.protocol,
        path: header.path,
        parent_command: parent.command,
        parent_protocol: parent.protocol,
    };
}

/// Flags of the task. A request always comes by a system call of the task itself.
#[inline(always)]
fn task_flags(path: u8, interrupt: u32) -> u16 {
    if path == path::REQUEST || path == path::PEER {
        return 0;
    }
    let kernel = if task::is_kernel_thread() { flag::KTHREAD } else { 0 };
    kernel | (flag::INTERRUPT * interrupt as u16)
}

/// The request inside which another call is made; all zero if there is none.
///
/// It is no `Option`: the compiler leaves the value of a `None` undefined and still reads it. Older
/// verifiers refuse such a read.
#[derive(Default)]
struct Parent {
    /// [`flag::HAS_PARENT`], and whether `command` is known.
    flag: u16,
    /// 0 if the parent was not sampled.
    start_ns: u64,
    message_type: u16,
    message_flags: u16,
    protocol: u8,
    command: u8,
}

/// The request that the call is nested in, if it is one, and this is no interrupt on top of it.
#[inline(always)]
fn parent(context: &mut Context, index: usize) -> Parent {
    if index == 0 || context.frame(index).foreign() != 0 {
        return Parent::default();
    }
    let below = context.frame(index - 1);
    let SampleHeader { path, protocol, start_ns, snap_len, .. } = below.sample.header;
    if below.state & state::COUNTED == 0 || path != path::REQUEST {
        return Parent::default();
    }
    // What was not sampled left an older call's sample in the frame.
    let sampled = below.state & state::SAMPLED != 0;
    let has_command = sampled && u32::from(snap_len) > MESSAGE_HEADER_LEN;
    Parent {
        flag: flag::HAS_PARENT | if has_command { flag::HAS_PARENT_COMMAND } else { 0 },
        start_ns: if sampled { start_ns } else { 0 },
        message_type: below.message_type,
        message_flags: below.message_flags,
        protocol,
        command: below.sample.data[MESSAGE_HEADER_LEN as usize],
    }
}

/// Payload bytes to take: as many as the protocol's snap length allows, and no byte of a packet.
#[inline(always)]
fn snap_length(datagram: &Datagram) -> u32 {
    let Datagram { messages, envelope, .. } = datagram;
    let snap = u32::from(global!(SETTINGS.snap[envelope.protocol as usize & 31]));
    if global!(SETTINGS.capture_secrets) != 0 || envelope.protocol != NETFILTER {
        return snap;
    }
    let is_error = messages.count != 0 && messages.first.message_type == ERROR;
    let quoted = if is_error && datagram.linear >= ERROR_HEADERS {
        skb::message_header(datagram.data, ERROR_HEADERS - MESSAGE_HEADER_LEN).message_type
    } else {
        0
    };
    if !messages.may_carry_packets(quoted) {
        return snap;
    }
    let headers = match messages.count {
        0 => MESSAGE_HEADER_LEN,
        _ if is_error => ERROR_HEADERS,
        _ => NFNETLINK_HEADERS,
    };
    if snap < headers { snap } else { headers }
}

/// Copies the first bytes.
fn payload(sample: &mut Sample, datagram: &Datagram) {
    let snap = snap_length(datagram);
    let mut len = if datagram.linear < snap { datagram.linear } else { snap };
    if len > SNAP_MAX as u32 {
        len = SNAP_MAX as u32;
    }
    if snap < datagram.len && snap < global!(SETTINGS.snap_length) {
        sample.header.flags |= flag::REDACTED;
    }
    if datagram.envelope.path == path::REPLY
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
#[inline(always)]
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
    if header.flags & flag::HAS_CALL != 0 {
        len = size_of::<Sample>();
    }
    if len > size_of::<Sample>() {
        len = size_of::<Sample>();
    }
    // SAFETY: `len` is at most the size of the sample, all of it map memory.
    let bytes = unsafe { core::slice::from_raw_parts((&raw const frame.sample).cast::<u8>(), len) };
    SAMPLES.output::<[u8]>(bytes, wake_flags()).or(Err(stat::RING_FULL))
}

/// Waking the daemon costs the sender more than the sample. A daemon that has just found samples
/// looks again in a few milliseconds by itself. So it is woken when it sleeps for longer, and when
/// the ring fills faster than it looks.
fn wake_flags() -> u64 {
    if take_asleep() {
        return u64::from(BPF_RB_FORCE_WAKEUP);
    }
    if SAMPLES.query(u64::from(BPF_RB_AVAIL_DATA)) < RING_WAKE_BYTES {
        u64::from(BPF_RB_NO_WAKEUP)
    } else {
        u64::from(BPF_RB_FORCE_WAKEUP)
    }
}
