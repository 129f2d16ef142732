//! The fields that the programs read, looked up in the running kernel's BTF.

use nlmon_common::settings::{CallOffsets, Offsets, RouteOffsets};

use super::{
    btf::{Btf, Error},
    ring::page_bytes,
};

/// Size of a kernel stack: `THREAD_SIZE` in `arch/x86/include/asm/page_64_types.h`. BTF does not tell
/// it. On arm64 it is a page where pages are larger (`THREAD_SHIFT` in
/// `arch/arm64/include/asm/memory.h`). Kernels with KASAN, which are not for production, have twice
/// that: there, senders deep in their stack look like interrupts.
fn stack_bytes(page_bytes: u32) -> u32 {
    page_bytes.max(16 << 10)
}

/// Every offset of [`Offsets`]; the error names the first field that is missing.
pub(super) fn offsets(btf: &Btf<'_>) -> Result<Offsets, Error> {
    let cb = btf.offset("sk_buff", "cb")?;
    let kernel = btf.field("sock", "__sk_common.skc_net_refcnt")?;
    require_adjacent(btf, "sk_buff", ["len", "data_len"])?;
    require_adjacent(btf, "netlink_skb_parms", ["portid", "dst_group"])?;
    Ok(Offsets {
        skb_len: btf.offset("sk_buff", "len")?,
        skb_data: btf.offset("sk_buff", "data")?,
        skb_portid: cb + btf.offset("netlink_skb_parms", "portid")?,
        skb_sk: btf.offset("sk_buff", "sk")?,
        netlink_portid: btf.offset("netlink_sock", "portid")?,
        sock_protocol: btf.offset("sock", "sk_protocol")?,
        sock_net: btf.offset("sock", "__sk_common.skc_net.net")?,
        net_inum: btf.offset("net", "ns.inum")?,
        sock_net_refcnt: kernel.bit_offset / 8,
        sock_net_refcnt_mask: 1 << (kernel.bit_offset % 8),
        task_flags: btf.offset("task_struct", "flags")?,
        task_stack: btf.offset("task_struct", "stack")?,
        task_group_leader: btf.offset("task_struct", "group_leader")?,
        task_comm: btf.offset("task_struct", "comm")?,
        task_pid: btf.offset("task_struct", "pid")?,
        regs_system_call: btf
            .offset("pt_regs", "orig_ax")
            .or_else(|_| btf.offset("pt_regs", "syscallno"))?,
        regs_bytes: btf.size("pt_regs")?,
        // Without it, that program is not attached.
        binprm_interp: btf.offset("linux_binprm", "interp").unwrap_or_default(),
        stack_bytes: stack_bytes(page_bytes().ok().and_then(|it| it.try_into().ok()).unwrap_or(0)),
    })
}

/// How saved registers tell a system call. Where they do not, all is zero.
pub(super) fn call_offsets(btf: &Btf<'_>) -> CallOffsets {
    machine_offsets(btf).map_or_else(
        |_missing| CallOffsets::default(),
        |of_machine| with_files(of_machine, btf).unwrap_or(of_machine),
    )
}

/// The lowest bits of `cs` are the ring that it is of; 0x33 and 0x23 are a user's code segments, and
/// 0xe033 and 0xe023 below Xen (`arch/x86/include/asm/segment.h`, `xen/interface/xen.h`). Numbers are
/// those of `asm/unistd_64.h`.
#[cfg(target_arch = "x86_64")]
fn machine_offsets(btf: &Btf<'_>) -> Result<CallOffsets, Error> {
    let register = |name| btf.offset("pt_regs", name);
    Ok(CallOffsets {
        mode: register("cs")?,
        mode_mask: 0xef,
        mode_user: 0x23,
        mode_compat: 0,
        first: register("di")?,
        second: register("si")?,
        compat_first: register("bx")?,
        compat_second: register("cx")?,
        task_status: btf.offset("task_struct", "thread_info.status")?,
        // TS_COMPAT in arch/x86/include/asm/thread_info.h.
        task_compat: 2,
        of_file: [1, 313],
        of_name: 176,
        ..CallOffsets::default()
    })
}

/// The lowest bits of `pstate` are the exception level, 0 for a user's, and whether the program is a
/// 32-bit one (`PSR_MODE_MASK` and `PSR_MODE32_BIT` in `arch/arm64/include/uapi/asm/ptrace.h`). The
/// first argument is kept apart, because its register takes the result. Numbers are those of
/// `asm-generic/unistd.h`.
#[cfg(target_arch = "aarch64")]
fn machine_offsets(btf: &Btf<'_>) -> Result<CallOffsets, Error> {
    let second = btf.offset("pt_regs", "regs")? + 8;
    let first = btf.offset("pt_regs", "orig_x0")?;
    Ok(CallOffsets {
        mode: btf.offset("pt_regs", "pstate")?,
        mode_mask: 0xf,
        mode_user: 0,
        mode_compat: 0x10,
        first,
        second,
        compat_first: first,
        compat_second: second,
        of_file: [64, 273],
        of_name: 106,
        ..CallOffsets::default()
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn machine_offsets(_btf: &Btf<'_>) -> Result<CallOffsets, Error> {
    Err(Error::Missing("a machine whose registers nlmon knows".to_owned()))
}

/// The same with what tells the file that a call is about.
fn with_files(offsets: CallOffsets, btf: &Btf<'_>) -> Result<CallOffsets, Error> {
    Ok(CallOffsets {
        task_files: btf.offset("task_struct", "files")?,
        files_table: btf.offset("files_struct", "fdt")?,
        table_files: btf.offset("fdtable", "fd")?,
        file_dentry: btf.offset("file", "f_path.dentry")?,
        dentry_name: btf.offset("dentry", "d_name.name")?,
        dentry_parent: btf.offset("dentry", "d_parent")?,
        ..offsets
    })
}

/// Where routes have what names them.
pub(super) fn route_offsets(btf: &Btf<'_>) -> Result<RouteOffsets, Error> {
    const ENTRY: &str = "fib_entry_notifier_info";
    let skip_notify = btf.field("nl_info", "skip_notify")?;
    let device = |of: &str, nexthops: &str, nexthop: &str| {
        Ok(btf.offset(of, nexthops)? + btf.offset(nexthop, "nh_common.nhc_dev")?)
    };
    Ok(RouteOffsets {
        table_id: btf.offset("fib_table", "tb_id")?,
        entry_dst: btf.offset(ENTRY, "dst")?,
        entry_dst_len: btf.offset(ENTRY, "dst_len")?,
        entry_info: btf.offset(ENTRY, "fi")?,
        entry_tos: btf.offset(ENTRY, "dscp").or_else(|_| btf.offset(ENTRY, "tos"))?,
        entry_type: btf.offset(ENTRY, "type")?,
        info_priority: btf.offset("fib_info", "fib_priority")?,
        info_nexthops: btf.offset("fib_info", "fib_nhs")?,
        info_device: device("fib_info", "fib_nh", "fib_nh")?,
        device_index: btf.offset("net_device", "ifindex")?,
        route_dst: btf.offset("fib6_info", "fib6_dst.addr")?,
        route_dst_len: btf.offset("fib6_info", "fib6_dst.plen")?,
        route_table: btf.offset("fib6_info", "fib6_table")?,
        route_metric: btf.offset("fib6_info", "fib6_metric")?,
        route_type: btf.offset("fib6_info", "fib6_type")?,
        route_nexthop: btf.offset("fib6_info", "nh")?,
        route_device: device("fib6_info", "fib6_nh", "fib6_nh")?,
        table6_id: btf.offset("fib6_table", "tb6_id")?,
        skip_notify: skip_notify.bit_offset / 8,
        skip_notify_mask: 1 << (skip_notify.bit_offset % 8),
    })
}

/// The programs read two fields at once, which therefore have to lie side by side.
fn require_adjacent(btf: &Btf<'_>, structure: &str, fields: [&str; 2]) -> Result<(), Error> {
    let [first, second] = fields.map(|field| btf.offset(structure, field));
    if second? == first? + 4 {
        return Ok(());
    }
    let [first, second] = fields;
    Err(Error::Apart(format!("{structure}.{first} and {second}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_a_page_where_pages_are_large() {
        let of_pages = [4, 16, 64].map(|kib| stack_bytes(kib << 10) >> 10);
        assert_eq!(of_pages, [16, 16, 64]);
    }
}
