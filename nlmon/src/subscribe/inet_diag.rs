//! The user of a TCP socket of this namespace, by `NETLINK_SOCK_DIAG` (`linux/inet_diag.h`).

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{Socket, answer};

const PROTOCOL: u8 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const TCP_ESTABLISHED: u8 = 1;
/// `INET_DIAG_NOCOOKIE`, twice: any socket with these addresses.
const NO_COOKIE: [u8; 8] = [0xff; 8];

/// The kernel looks one socket up, and answers at once.
const TIME: Duration = Duration::from_millis(100);

/// Where `struct inet_diag_msg` has these, after the identity of 48 bytes at 4.
const STATE: usize = 1;
const UID: usize = 64;
const INODE: usize = 68;

/// The user who owns the client's end of an established connection. `None` if the kernel does not
/// say. A closed socket belongs to nobody, and its user reads as 0.
pub(crate) fn tcp_user(client: SocketAddr, server: SocketAddr) -> Option<u32> {
    let socket = Socket::open(PROTOCOL).ok()?;
    let reply = answer(&socket, SOCK_DIAG_BY_FAMILY, &request(client, server), TIME).ok()?;
    let word = |at| Some(u32::from_ne_bytes(*reply.get(at..)?.first_chunk()?));
    let is_open = *reply.get(STATE)? == TCP_ESTABLISHED && word(INODE)? != 0;
    is_open.then(|| word(UID)).flatten()
}

/// `struct inet_diag_req_v2`: the socket that is `client` here and `server` there.
fn request(client: SocketAddr, server: SocketAddr) -> [u8; 56] {
    let mut request = [0; 56];
    request[0] = if client.is_ipv4() { AF_INET } else { AF_INET6 };
    request[1] = IPPROTO_TCP;
    // All states.
    request[4..8].fill(0xff);
    request[8..10].copy_from_slice(&client.port().to_be_bytes());
    request[10..12].copy_from_slice(&server.port().to_be_bytes());
    for (at, address) in [(12, client.ip()), (28, server.ip())] {
        match address {
            IpAddr::V4(address) => request[at..at + 4].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => request[at..at + 16].copy_from_slice(&address.octets()),
        }
    }
    request[48..56].copy_from_slice(&NO_COOKIE);
    request
}
