//! The fields that the programs read, looked up in the running kernel's BTF.

use nlmon_common::settings::Offsets;

use super::btf::{Btf, Error};

/// Size of a kernel stack: `THREAD_SIZE` in `arch/x86/include/asm/page_64_types.h`, and the same on
/// arm64 with 4 KiB pages. BTF does not tell it. Kernels with KASAN, which are not for production,
/// have twice that: there, senders deep in their stack look like interrupts.
const STACK_BYTES: u32 = 16 << 10;

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
        stack_bytes: STACK_BYTES,
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
