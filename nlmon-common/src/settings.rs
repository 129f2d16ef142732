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

/// Where a task's saved registers say by which system call it came, and where the file is that the
/// call is about. Of registers, offsets from the start of `struct pt_regs`.
///
/// None is required: with a mask of 0, no register is believed, and every such cause stays unknown.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOffsets {
    /// What tells that the registers are a user's: `cs` on x86, `pstate` on arm64.
    pub mode: u32,
    /// Bits of it to compare; 0 where nothing can be told.
    pub mode_mask: u32,
    /// What they are then.
    pub mode_user: u32,
    /// Bit of it that says that a 32-bit program made the call; 0 where another place says it.
    pub mode_compat: u32,
    /// First argument.
    pub first: u32,
    /// Second argument.
    pub second: u32,
    /// The same of a call that is made as 32-bit programs do.
    pub compat_first: u32,
    /// See `compat_first`.
    pub compat_second: u32,
    /// `task_struct.thread_info.status`
    pub task_status: u32,
    /// `TS_COMPAT` in it; 0 where another place says it.
    pub task_compat: u32,
    /// Numbers of the calls whose first argument is the file that they are about: `write` and
    /// `finit_module`.
    pub of_file: [u32; 2],
    /// Number of the call whose first argument is a name: `delete_module`.
    pub of_name: u32,
    /// `task_struct.files`; 0 where files cannot be told, and so on.
    pub task_files: u32,
    /// `files_struct.fdt`
    pub files_table: u32,
    /// `fdtable.fd`
    pub table_files: u32,
    /// `file.f_path.dentry`
    pub file_dentry: u32,
    /// `dentry.d_name.name`
    pub dentry_name: u32,
    /// `dentry.d_parent`
    pub dentry_parent: u32,
}

/// Fields of routing tables and routes. Where one is missing, those probes are not attached.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteOffsets {
    /// `fib_table.tb_id`
    pub table_id: u32,
    /// `fib_entry_notifier_info.dst`
    pub entry_dst: u32,
    /// `fib_entry_notifier_info.dst_len`
    pub entry_dst_len: u32,
    /// `fib_entry_notifier_info.fi`
    pub entry_info: u32,
    /// `fib_entry_notifier_info.dscp`, or `tos` before 5.17.
    pub entry_tos: u32,
    /// `fib_entry_notifier_info.type`
    pub entry_type: u32,
    /// `fib_info.fib_priority`
    pub info_priority: u32,
    /// `fib_info.fib_nhs`
    pub info_nexthops: u32,
    /// `fib_info.fib_nh`, plus `fib_nh.nh_common.nhc_dev` in the first of them.
    pub info_device: u32,
    /// `net_device.ifindex`
    pub device_index: u32,
    /// `fib6_info.fib6_dst.addr`
    pub route_dst: u32,
    /// `fib6_info.fib6_dst.plen`
    pub route_dst_len: u32,
    /// `fib6_info.fib6_table`
    pub route_table: u32,
    /// `fib6_info.fib6_metric`
    pub route_metric: u32,
    /// `fib6_info.fib6_type`
    pub route_type: u32,
    /// `fib6_info.nh`: set for a route by a nexthop object.
    pub route_nexthop: u32,
    /// `fib6_info.fib6_nh`, plus `fib6_nh.nh_common.nhc_dev` in the first of them.
    pub route_device: u32,
    /// `fib6_table.tb6_id`
    pub table6_id: u32,
    /// Byte of `nl_info` that holds the bit `skip_notify`.
    pub skip_notify: u32,
    /// That bit within its byte.
    pub skip_notify_mask: u32,
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
const _: () = assert!(size_of::<CallOffsets>() == 76 && align_of::<CallOffsets>() == 4);
const _: () = assert!(size_of::<RouteOffsets>() == 80 && align_of::<RouteOffsets>() == 4);
const _: () = assert!(size_of::<Settings>() == 28 + 2 * PROTOCOLS);

#[cfg(feature = "user")]
mod user {
    use super::{CallOffsets, Offsets, RouteOffsets, Settings};

    // SAFETY: repr(C), fixed-width integers only, no padding: every bit pattern is a value.
    unsafe impl aya::Pod for Offsets {}
    // SAFETY: as above.
    unsafe impl aya::Pod for Settings {}
    // SAFETY: as above.
    unsafe impl aya::Pod for CallOffsets {}
    // SAFETY: as above.
    unsafe impl aya::Pod for RouteOffsets {}
}
