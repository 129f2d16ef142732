//! What the daemon tells the programs before they load: field offsets of the running kernel, and
//! the choices of the configuration. Read-only globals, so the verifier prunes what is off.

use crate::limits::PROTOCOLS;

/// Field offsets in bytes from the start of each structure, from the running kernel's BTF.
///
/// All but `binprm_interp` are required: a kernel that lacks one gets no probes, and the error names
/// the field.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// `sk_buff.len`, right behind which lies `data_len`: bytes outside the linear part.
    pub skb_len: u32,
    /// `sk_buff.data`
    pub skb_data: u32,
    /// `sk_buff.cb`, plus `netlink_skb_parms.portid` in it, right behind which lies `dst_group`.
    pub skb_portid: u32,
    /// `sk_buff.sk`
    pub skb_sk: u32,
    /// `netlink_sock.portid`
    pub netlink_portid: u32,
    /// `sock.sk_protocol`
    pub sock_protocol: u32,
    /// `sock.__sk_common.skc_net.net`
    pub sock_net: u32,
    /// `net.ns.inum`
    pub net_inum: u32,
    /// Byte of `sock.__sk_common` that holds the bit `skc_net_refcnt`.
    pub sock_net_refcnt: u32,
    /// That bit within its byte. Clear for the kernel's own sockets, which hold no namespace.
    pub sock_net_refcnt_mask: u32,
    /// `task_struct.flags`
    pub task_flags: u32,
    /// `task_struct.stack`
    pub task_stack: u32,
    /// `task_struct.group_leader`
    pub task_group_leader: u32,
    /// `task_struct.comm`
    pub task_comm: u32,
    /// `task_struct.pid`
    pub task_pid: u32,
    /// Number of the system call in `struct pt_regs`: `orig_ax` on x86, `syscallno` on arm64.
    pub regs_system_call: u32,
    /// Size of that structure.
    pub regs_bytes: u32,
    /// `linux_binprm.interp`
    pub binprm_interp: u32,
    /// Size of a kernel stack.
    pub stack_bytes: u32,
}

/// Choices of the configuration.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// 1 when counters tell network namespaces apart.
    pub count_netns: u32,
    /// 1 when programs measure the time that they take.
    pub metered: u32,
    /// 1 when payloads that may carry keys are taken whole.
    pub capture_secrets: u32,
    /// Payload bytes to take where nothing speaks against it.
    pub snap_length: u32,
    /// 1 where the kernel has `bpf_get_current_task_btf`, from 5.11 on.
    pub typed_task: u32,
    /// 1 where the kernel has `bpf_task_pt_regs`, from 5.15 on.
    pub typed_regs: u32,
    /// Elements of the table of message counters, a power of two.
    pub message_keys: u32,
    /// Payload bytes to take, by protocol: `snap_length`, or just the headers where payloads may
    /// carry keys.
    pub snap: [u16; PROTOCOLS],
}

const _: () = assert!(size_of::<Offsets>() == 76 && align_of::<Offsets>() == 4);
const _: () = assert!(size_of::<Settings>() == 28 + 2 * PROTOCOLS);

#[cfg(feature = "user")]
mod user {
    use super::{Offsets, Settings};

    // SAFETY: repr(C), fixed-width integers only, no padding: every bit pattern is a value.
    unsafe impl aya::Pod for Offsets {}
    // SAFETY: as above.
    unsafe impl aya::Pod for Settings {}
}
