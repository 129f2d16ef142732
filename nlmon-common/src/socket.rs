//! Whose a netlink socket is, as the programs know it: noted when the socket gets its port id, and
//! told by an iteration over all open files.

/// Who a socket belongs to. An element of `OWNERS`, by the address of the kernel's structure.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The iteration that found it last; 0 for one that was noted when it got its port id.
    pub session: u64,
    /// Process.
    pub tgid: u32,
    /// User that made the socket, whose share of the map it takes.
    pub uid: u32,
    /// Port id of the socket. Addresses are used again.
    pub portid: u32,
    /// Zero.
    pub pad: u32,
    /// Name of the process, which is its first thread's.
    pub comm: [u8; 16],
}

/// Groups that a [`Holding`] tells of.
pub const GROUPS_MAX: usize = 256;

/// A netlink socket that a process holds by a descriptor, as the iteration tells it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Inode number of the socket.
    pub inode: u64,
    /// Membership of the groups, from group 1 in the lowest bit.
    pub groups: [u64; GROUPS_MAX / 64],
    /// Process that holds it.
    pub tgid: u32,
    /// Inode number of the socket's network namespace, which need not be its process's.
    pub netns: u32,
    /// Port id; 0 where it has none yet.
    pub portid: u32,
    /// Bytes in its receive queue, as the kernel counts them against the buffer.
    pub queue_bytes: u32,
    /// Size of its receive buffer.
    pub buffer_bytes: u32,
    /// Datagrams that it lost; wraps.
    pub drops: u32,
    /// Netlink protocol number.
    pub protocol: u32,
    /// Groups that its bitmap has room for.
    pub groups_len: u32,
    /// Real user of the process, as the first user namespace knows him.
    pub uid: u32,
    /// Zero.
    pub pad: u32,
    /// Name of the process, which is its first thread's.
    pub comm: [u8; 16],
}

/// A process and the network namespace that it is in, as the iteration over processes tells it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Process id.
    pub tgid: u32,
}

/// Field offsets in bytes from the start of each structure, from the running kernel's BTF.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketOffsets {
    /// `bpf_iter_meta.seq`
    pub iter_seq: u32,
    /// `bpf_iter_meta.session_id`
    pub iter_session: u32,
    /// `task_struct.tgid`
    pub task_tgid: u32,
    /// `task_struct.real_cred`
    pub task_cred: u32,
    /// `cred.uid`
    pub cred_uid: u32,
    /// `task_struct.nsproxy`
    pub task_nsproxy: u32,
    /// `nsproxy.net_ns`
    pub nsproxy_net: u32,
    /// `file.f_inode`
    pub file_inode: u32,
    /// `file.private_data`
    pub file_private: u32,
    /// `inode.i_mode`
    pub inode_mode: u32,
    /// `inode.i_ino`
    pub inode_number: u32,
    /// `socket.sk`
    pub socket_sk: u32,
    /// `sock.__sk_common.skc_family`
    pub sock_family: u32,
    /// `sock.sk_uid`
    pub sock_uid: u32,
    /// `sock.sk_backlog.rmem_alloc`
    pub sock_rmem: u32,
    /// `sock.sk_rcvbuf`
    pub sock_rcvbuf: u32,
    /// `sock.sk_drops`
    pub sock_drops: u32,
    /// `netlink_sock.groups`
    pub netlink_groups: u32,
    /// `netlink_sock.ngroups`
    pub netlink_groups_len: u32,
}

const _: () = assert!(size_of::<Owner>() == 40);
const _: () = assert!(size_of::<Holding>() == 96 && align_of::<Holding>() == 8);
const _: () = assert!(size_of::<Process>() == 8);
const _: () = assert!(size_of::<SocketOffsets>() == 76);

#[cfg(feature = "user")]
mod user {
    use super::{Holding, Owner, Process, SocketOffsets};

    // SAFETY: repr(C), fixed-width integers only, padding named: every bit pattern is a value.
    unsafe impl aya::Pod for Owner {}
    // SAFETY: as above.
    unsafe impl aya::Pod for Holding {}
    // SAFETY: as above.
    unsafe impl aya::Pod for Process {}
    // SAFETY: as above.
    unsafe impl aya::Pod for SocketOffsets {}
}
