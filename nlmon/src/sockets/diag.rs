//! Reads the replies of `NETLINK_SOCK_DIAG`. Pure; nothing in a reply is believed.

use std::collections::HashSet;

use super::{Endpoint, Flags};
use nlmon_core::message::{half, word};

/// Bytes of `struct netlink_diag_msg`, `include/uapi/linux/netlink_diag.h`.
const MESSAGE_BYTES: usize = 28;

const ATTRIBUTE_MEMINFO: u16 = 0;
const ATTRIBUTE_GROUPS: u16 = 1;
const ATTRIBUTE_FLAGS: u16 = 4;

/// Indices of the meminfo: `SK_MEMINFO_*`, `include/uapi/linux/sock_diag.h`.
const MEMINFO_RMEM_ALLOC: usize = 0;
const MEMINFO_RCVBUF: usize = 1;
const MEMINFO_DROPS: usize = 8;

/// The sockets of a dump, each once; `None` if a reply is malformed.
///
/// The kernel reports a socket that is in a group twice: it walks its table of all sockets and
/// then its list of listeners, and the test that should keep those apart never holds
/// (`torvalds/linux/blob/v6.12/net/netlink/diag.c`, `sk_hashed` in `__netlink_diag_dump`).
pub(super) fn sockets(replies: &[Vec<u8>]) -> Option<Vec<Endpoint>> {
    let mut known = HashSet::new();
    let mut sockets = Vec::new();
    for reply in replies {
        let socket = parse(reply)?;
        if known.insert((socket.protocol, socket.portid, socket.inode, socket.cookie)) {
            sockets.push(socket);
        }
    }
    Some(sockets)
}

fn parse(reply: &[u8]) -> Option<Endpoint> {
    let mut socket = Endpoint {
        protocol: *reply.get(2)?,
        portid: word(reply, 4)?,
        inode: word(reply, 16)?.into(),
        cookie: Some(u64::from(word(reply, 20)?) | u64::from(word(reply, 24)?) << 32),
        ..Endpoint::default()
    };
    let mut rest = reply.get(MESSAGE_BYTES..)?;
    while !rest.is_empty() {
        let size = usize::from(half(rest, 0)?);
        let value = rest.get(4..size)?;
        match half(rest, 2)? {
            ATTRIBUTE_MEMINFO => {
                let at = |index| word(value, 4 * index);
                socket.queue_bytes = at(MEMINFO_RMEM_ALLOC)?;
                socket.buffer_bytes = Some(at(MEMINFO_RCVBUF)?);
                socket.drops = at(MEMINFO_DROPS)?;
            }
            ATTRIBUTE_GROUPS => socket.groups = groups(value),
            ATTRIBUTE_FLAGS => socket.flags = Some(Flags(word(value, 0)?)),
            _ => {}
        }
        rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(socket)
}

/// Numbers of the bits that are set; bit 0 is group 1. The bitmap is made of the kernel's longs,
/// which are taken to be as wide as nlmon's.
fn groups(bitmap: &[u8]) -> Vec<u32> {
    let longs = bitmap.chunks_exact(size_of::<usize>());
    let longs = longs.filter_map(|chunk| chunk.try_into().ok()).map(usize::from_ne_bytes);
    let bits = longs.flat_map(|long| (0..usize::BITS).map(move |bit| long >> bit & 1 == 1));
    (1..).zip(bits).filter_map(|(group, set)| set.then_some(group)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of Linux 6.18: the kernel's end of route, and a socket that is in groups 1, 5 and 33, with
    /// `NETLINK_NO_ENOBUFS` and `NETLINK_BROADCAST_ERROR` set, and that has lost 17 datagrams.
    const KERNEL: &str = "\
        1002000700000000000000000000000074e904000200000000000000280000000000000000400300000000000040\
        030000000000000000000000000000000000000000000800040000000000";
    const LISTENER: &str = "\
        10030007067b0000000000000000000097e9040003000000000000000c0001001100000001000000280000004\
        00c00000010000000000000004003000000000000000000000000000000000011000000080004000c000000";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().collect();
        let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }

    #[test]
    fn reads_what_the_kernel_says() {
        let sockets = sockets(&[bytes(KERNEL), bytes(LISTENER)]).unwrap();
        assert!(sockets[0].is_kernel());
        assert_eq!((sockets[0].inode, sockets[0].buffer_bytes), (321_908, Some(212_992)));
        let expected = Endpoint {
            protocol: 0,
            portid: 31494,
            inode: 321_943,
            cookie: Some(3),
            groups: vec![1, 5, 33],
            queue_bytes: 3136,
            buffer_bytes: Some(4096),
            drops: 17,
            flags: Some(Flags(4 | 8)),
            owners: vec![],
        };
        assert_eq!(sockets[1], expected);
    }

    #[test]
    fn has_a_listener_once_although_the_kernel_reports_it_twice() {
        let replies = [LISTENER, KERNEL, LISTENER].map(bytes);
        assert_eq!(sockets(&replies).unwrap().len(), 2);
    }

    #[test]
    fn refuses_a_reply_that_is_cut() {
        let whole = bytes(LISTENER);
        let attributes: Vec<usize> = vec![28, 40, 80];
        for len in 0..whole.len() {
            let read = sockets(&[whole[..len].to_vec()]);
            // Without the attributes at its end a reply is whole, if less is said.
            assert_eq!(read.is_some(), attributes.contains(&len), "{len}");
        }
    }

    proptest! {
        #[test]
        fn survives_anything(reply: Vec<u8>, at in 0_usize..88, value: u8) {
            drop(sockets(&[reply]));
            let mut changed = bytes(LISTENER);
            changed[at] = value;
            drop(sockets(&[changed]));
        }
    }
}
