//! Reads of sockets and datagrams, through the offsets of the running kernel. With `task`, the only
//! reads of kernel structures.
//!
//! Two ways to read one field: kprobes have plain addresses and need the probe-read helper;
//! fentry arguments are typed by BTF, and the verifier turns a plain load into a fault-safe one,
//! which is a single instruction. [`Memory`] lets one body serve both.

use core::mem::MaybeUninit;

use aya_ebpf::helpers::generated;

use crate::maps::global;

/// A way to read a field of a kernel structure.
pub(crate) trait Memory {
    /// Whether the return of a call that has no frame counts it: fexit still has the arguments.
    const COUNTED_AT_RETURN: bool;

    /// Reads a `T` at `base + offset`; zero if the address is bad.
    fn read<T: Copy>(base: *const u8, offset: u32) -> T;

    /// Reads two fields that lie side by side.
    fn read_pair(base: *const u8, offset: u32) -> [u32; 2];
}

/// Reads by helper: works on any address.
pub(crate) struct Helper;

impl Memory for Helper {
    const COUNTED_AT_RETURN: bool = false;

    #[inline(always)] // generic over a marker type: this is the body of a field access
    fn read<T: Copy>(base: *const u8, offset: u32) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        // A failed read leaves zeroes (kernel/trace/bpf_trace.c, bpf_probe_read_kernel_common), so
        // its result needs no look; each branch on it would double the verifier's work.
        // SAFETY: the helper has room for a T and checks the source.
        let _zeroed_if_bad = unsafe {
            generated::bpf_probe_read_kernel(
                value.as_mut_ptr().cast(),
                size_of::<T>() as u32,
                base.wrapping_add(offset as usize).cast(),
            )
        };
        // SAFETY: the helper wrote all of it, and every `T` here is a number or a pointer.
        unsafe { value.assume_init() }
    }

    #[inline(always)] // one call of the helper instead of two
    fn read_pair(base: *const u8, offset: u32) -> [u32; 2] {
        Self::read(base, offset)
    }
}

/// Reads by load: only for pointers that the verifier knows by their BTF type.
pub(crate) struct Load;

impl Memory for Load {
    const COUNTED_AT_RETURN: bool = true;

    #[inline(always)] // a call would lose the pointer's type
    fn read<T: Copy>(base: *const u8, offset: u32) -> T {
        // SAFETY: the verifier checks type and offset, and makes the load fault-safe.
        unsafe { core::ptr::read_volatile(base.wrapping_add(offset as usize).cast::<T>()) }
    }

    #[inline(always)] // the verifier refuses one load that spans two fields
    fn read_pair(base: *const u8, offset: u32) -> [u32; 2] {
        [Self::read(base, offset), Self::read(base, offset + 4)]
    }
}

/// Protocol number of a netlink socket, masked to the protocols there can be.
#[inline(always)]
pub(crate) fn protocol<M: Memory>(sk: *const u8) -> u8 {
    (M::read::<u16>(sk, global!(OFFSETS.sock_protocol)) & 31) as u8
}

/// Whether the socket is the kernel's own: such sockets hold no reference to their namespace.
#[inline(always)]
pub(crate) fn is_kernel_socket<M: Memory>(sk: *const u8) -> bool {
    let byte: u8 = M::read(sk, global!(OFFSETS.sock_net_refcnt));
    u32::from(byte) & global!(OFFSETS.sock_net_refcnt_mask) == 0
}

/// Inode number of a socket's network namespace.
#[inline(always)] // two field accesses, the first of which types the second
pub(crate) fn netns<M: Memory>(sk: *const u8) -> u32 {
    let net: *const u8 = M::read(sk, global!(OFFSETS.sock_net));
    M::read(net, global!(OFFSETS.net_inum))
}

/// Inode number of a network namespace.
#[inline(always)]
pub(crate) fn net_number(net: *const u8) -> u32 {
    Helper::read(net, global!(OFFSETS.net_inum))
}

/// Port id of a netlink socket. By helper: the field is behind the end of the type that arguments
/// have.
#[inline(always)]
pub(crate) fn socket_portid(sk: *const u8) -> u32 {
    Helper::read(sk, global!(OFFSETS.netlink_portid))
}

/// The socket that a datagram in its queue, or on its way there, belongs to.
#[inline(always)]
pub(crate) fn receiver(skb: *const u8) -> *const u8 {
    Helper::read(skb, global!(OFFSETS.skb_sk))
}

/// A datagram's length, and how many of its first bytes are there in one piece.
#[inline(always)]
pub(crate) fn lengths<M: Memory>(skb: *const u8) -> (u32, u32) {
    let [len, outside] = M::read_pair(skb, global!(OFFSETS.skb_len));
    (len, len.saturating_sub(outside))
}

/// Address of a datagram's first byte.
#[inline(always)]
pub(crate) fn data<M: Memory>(skb: *const u8) -> *const u8 {
    M::read(skb, global!(OFFSETS.skb_data))
}

/// Address of a datagram's first byte, as a number: newer verifiers know the loaded one for a
/// pointer, which they let no global function have.
#[inline(always)]
pub(crate) fn data_address(skb: *const u8) -> u64 {
    Helper::read(skb, global!(OFFSETS.skb_data))
}

/// Where a user's datagram comes from and goes to, of `struct netlink_skb_parms`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Addresses {
    /// Port id of the sending socket; 0 is the kernel.
    pub(crate) source_portid: u32,
    /// Group that a user's datagram is sent to, beside its port id; 0 for none.
    pub(crate) group: u32,
}

/// Reads the addresses from the control buffer.
///
/// By helper always: the control buffer is an array of characters, and a typed load of more than
/// one of them is refused.
#[inline(always)]
pub(crate) fn addresses(skb: *const u8) -> Addresses {
    Helper::read(skb, global!(OFFSETS.skb_portid))
}

/// Copies `len` bytes of a datagram.
#[inline(always)] // the verifier has to see the bound of `len` at the call
pub(crate) fn copy(to: *mut u8, len: u32, from: *const u8) -> bool {
    // SAFETY: the verifier checks that `to` has room for the largest `len`; the helper checks the
    // source.
    unsafe { generated::bpf_probe_read_kernel(to.cast(), len, from.cast()) == 0 }
}

/// The four first fields of `struct nlmsghdr` that counting needs.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct MessageHeader {
    pub(crate) len: u32,
    pub(crate) message_type: u16,
    pub(crate) flags: u16,
}

/// Bytes of the whole `struct nlmsghdr`.
pub(crate) const MESSAGE_HEADER_LEN: u32 = 16;

/// Reads the message header at `offset` of a datagram; all zero if the address is bad.
#[inline(always)]
pub(crate) fn message_header(data: *const u8, offset: u32) -> MessageHeader {
    Helper::read(data, offset)
}

/// Sequence number of a datagram's first message.
#[inline(always)]
pub(crate) fn sequence_number(data: *const u8) -> u32 {
    Helper::read(data, 8)
}

/// Reads eight bytes at `offset` of a datagram; zero if the address is bad.
#[inline(always)]
pub(crate) fn word(data: *const u8, offset: u32) -> u64 {
    Helper::read(data, offset)
}

/// The message that ends a dump: its errno is all it has to hold.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct DumpEnd {
    pub(crate) header: MessageHeader,
    /// `nlmsg_seq` and `nlmsg_pid`.
    address: [u32; 2],
    pub(crate) errno: i32,
}

/// Bytes of it.
pub(crate) const DUMP_END_LEN: u32 = size_of::<DumpEnd>() as u32;

/// Reads the message at `offset` of a datagram as the end of a dump; all zero if the address is bad.
#[inline(always)]
pub(crate) fn dump_end(data: *const u8, offset: u32) -> DumpEnd {
    Helper::read(data, offset)
}
