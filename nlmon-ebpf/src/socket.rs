//! The only reads of files and of sockets that are not on the way of a datagram, through the offsets
//! of the running kernel. By helper always: none of these pointers is an argument with a type.

use nlmon_common::socket::GROUPS_MAX;

use crate::{
    maps::socket_field,
    skb::{Helper, Memory as _},
};

/// `S_IFMT` and `S_IFSOCK` of `include/uapi/linux/stat.h`.
const FORMAT: u16 = 0o170_000;
const IS_SOCKET: u16 = 0o140_000;

/// `AF_NETLINK`
const NETLINK: u16 = 16;

/// A file that a process has open.
pub(crate) struct File(*const u8);

impl File {
    /// The one at this address.
    pub(crate) fn at(file: *const u8) -> Self {
        Self(file)
    }

    fn inode(&self) -> *const u8 {
        Helper::read(self.0, socket_field!(file_inode))
    }

    /// Inode number.
    pub(crate) fn number(&self) -> u64 {
        Helper::read(self.inode(), socket_field!(inode_number))
    }

    /// The netlink socket that it is, if it is one.
    pub(crate) fn netlink_socket(&self) -> Option<*const u8> {
        let mode: u16 = Helper::read(self.inode(), socket_field!(inode_mode));
        if mode & FORMAT != IS_SOCKET {
            return None;
        }
        // The name of a socket, opened by O_PATH, has no socket: that reads as zeroes.
        let socket: *const u8 = Helper::read(self.0, socket_field!(file_private));
        let sk: *const u8 = Helper::read(socket, socket_field!(socket_sk));
        let family: u16 = Helper::read(sk, socket_field!(sock_family));
        if family == NETLINK { Some(sk) } else { None }
    }
}

/// The user that made a socket, as the first user namespace knows him.
pub(crate) fn user(sk: *const u8) -> u32 {
    Helper::read(sk, socket_field!(sock_uid))
}

/// What waits in a socket, what may, and what it has lost.
pub(crate) fn queue(sk: *const u8) -> [u32; 3] {
    [
        Helper::read(sk, socket_field!(sock_rmem)),
        Helper::read(sk, socket_field!(sock_rcvbuf)),
        Helper::read(sk, socket_field!(sock_drops)),
    ]
}

/// The groups that a netlink socket is in, and how many it has room for.
pub(crate) fn groups(sk: *const u8) -> ([u64; GROUPS_MAX / 64], u32) {
    let bits: *const u8 = Helper::read(sk, socket_field!(netlink_groups));
    let len: u32 = Helper::read(sk, socket_field!(netlink_groups_len));
    let mut groups = [0; GROUPS_MAX / 64];
    for (index, word) in groups.iter_mut().enumerate() {
        // The bitmap is made of whole words.
        if index as u32 * 64 < len {
            *word = Helper::read(bits, index as u32 * 8);
        }
    }
    (groups, len)
}
