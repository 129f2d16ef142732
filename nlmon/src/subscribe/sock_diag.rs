//! The request for every netlink socket of this namespace, `NETLINK_SOCK_DIAG`. Its replies are
//! passed on as they are; `sockets` reads them.

use std::time::Duration;

use super::{Error, Socket, dump};
use nlmon_core::decode::names::protocol;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const AF_NETLINK: u8 = 16;

/// `NDIAG_PROTO_ALL`, `include/uapi/linux/netlink_diag.h`.
const EVERY_PROTOCOL: u8 = 255;
/// `NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS | NDIAG_SHOW_FLAGS`
const SHOW: u32 = 1 | 2 | 8;

/// What the kernel replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketDump {
    /// Port id of the socket that asked, which is among the reported ones.
    pub portid: u32,
    /// One `struct netlink_diag_msg` with its attributes each.
    pub replies: Vec<Vec<u8>>,
}

/// Asks for the netlink sockets of the calling thread's network namespace. Where they are many,
/// some are missing: one for each part of the dump but the last, which has some 300.
///
/// # Errors
/// `Refused` with `ENOENT`: the kernel has no `netlink_diag`.
pub fn socket_dump(timeout: Duration) -> Result<SocketDump, Error> {
    let socket = Socket::open(protocol::SOCK_DIAG)?;
    // The kernel skips a socket that no longer fits a part of the dump (`sk_diag_fill` in
    // `__netlink_diag_dump`). Parts are small until the reader has received into a large buffer. So
    // first ask for a protocol that has no sockets.
    dump(&socket, SOCK_DIAG_BY_FAMILY, &request(protocol::UNUSED), timeout)?;
    let replies = dump(&socket, SOCK_DIAG_BY_FAMILY, &request(EVERY_PROTOCOL), timeout)?;
    Ok(SocketDump { portid: socket.portid(), replies })
}

/// `struct netlink_diag_req`
fn request(protocol: u8) -> [u8; 20] {
    let mut request = [0; 20];
    request[0] = AF_NETLINK;
    request[1] = protocol;
    request[8..12].copy_from_slice(&SHOW.to_ne_bytes());
    request
}
