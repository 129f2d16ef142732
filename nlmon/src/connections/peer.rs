//! Who is at the other end, as far as sharing is concerned.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Who shares a server's places with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// An address of another host; of IPv6 its network of 64 bits, which one host may have whole.
    Address(IpAddr),
    /// A user of this host.
    User(u32),
    /// Another machine of this host, or its host, by its number.
    Machine(u32),
}

impl Peer {
    /// Whoever has the address.
    pub(crate) fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// The client of a TCP connection. All users of this host have the same addresses. So this asks
    /// the kernel for the user of the client's socket. Without an answer the address is the peer.
    pub(crate) fn of_connection(client: SocketAddr, server: SocketAddr) -> Self {
        // Only within the host can both ends have one address, or one of loopback.
        let is_local = client.ip() == server.ip() || client.ip().to_canonical().is_loopback();
        let user = is_local.then(|| crate::subscribe::tcp_user(client, server)).flatten();
        user.map_or_else(|| Self::of_address(client.ip()), Self::User)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_is_one_peer() {
        let of = |text: &str| Peer::of_address(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn a_client_on_this_host_is_known_by_its_user() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let (client, server) = (client.local_addr().unwrap(), server.local_addr().unwrap());
        let uid = nix::unistd::Uid::effective().as_raw();
        assert_eq!(Peer::of_connection(client, server), Peer::User(uid));
    }
}
