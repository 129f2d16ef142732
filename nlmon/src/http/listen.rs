//! Where the HTTP server listens, and who connects there: by TCP, at a Unix socket, or by vsock, which
//! a virtual machine and its host have between them. The only user of `tokio_vsock`.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
    path::{Path, PathBuf},
    str::FromStr,
    task::{Context, Poll},
};

use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike as _, SockaddrStorage, getsockname, getsockopt, sockopt,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};
use tokio_vsock::{VMADDR_CID_ANY, VsockAddr, VsockListener};

use crate::{
    connections::Peer,
    unix_socket::{self, SocketFile},
};

/// What an address looks like.
pub const ADDRESS: &str =
    "an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT";

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// An address of this host, and a port.
    Tcp(SocketAddr),
    /// A file.
    Unix(PathBuf),
    /// A port of this machine, by its number among those of its host.
    Vsock {
        /// The number of the machine.
        cid: u32,
        /// The port.
        port: u32,
    },
}

/// A text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {ADDRESS}")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            // In a variable of the environment a comma is between two addresses.
            let is_path = path.starts_with('/') && !path.contains(',');
            return if is_path { Ok(Self::Unix(path.into())) } else { Err(NoAddress) };
        }
        if let Some(rest) = text.strip_prefix("vsock://") {
            let (cid, port) = rest.split_once(':').ok_or(NoAddress)?;
            let number = |text: &str| text.parse().map_err(|_none| NoAddress);
            // As the exporters' toolkit has it: without a number it is any that this machine has.
            let cid = if cid.is_empty() { VMADDR_CID_ANY } else { number(cid)? };
            return Ok(Self::Vsock { cid, port: number(port)? });
        }
        text.parse().map(Self::Tcp).map_err(|_none| NoAddress)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Vsock { cid: VMADDR_CID_ANY, port } => write!(f, "vsock://:{port}"),
            Self::Vsock { cid, port } => write!(f, "vsock://{cid}:{port}"),
        }
    }
}

/// An open socket that waits for clients.
#[derive(Debug)]
pub struct Listener {
    address: Address,
    socket: Socket,
    /// Goes with the socket, if nlmon made it.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
    Vsock(VsockListener),
}

/// A connection, whatever it is made of.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who connected.
#[derive(Clone, Copy, Debug)]
pub(super) enum Client {
    /// From one address to another.
    Tcp { client: SocketAddr, server: SocketAddr },
    /// A user of this host.
    Unix { user: u32 },
    /// Another machine, by its number.
    Vsock { machine: u32 },
}

impl Client {
    /// With whom it shares places. To ask the kernel for the user of a local address costs a request:
    /// without `exactly` the address will do.
    pub(super) fn peer(self, exactly: bool) -> Peer {
        match self {
            Self::Tcp { client, server } if exactly => Peer::of_connection(client, server),
            Self::Tcp { client, .. } => Peer::of_address(client.ip()),
            Self::Unix { user } => Peer::User(user),
            Self::Vsock { machine } => Peer::Machine(machine),
        }
    }
}

impl Listener {
    /// Listens at an address. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system refuses, or something else is there.
    pub async fn bind(address: &Address) -> Result<Self, unix_socket::Error> {
        let failed = |source| unix_socket::Error::Io {
            action: "listen on",
            path: address.to_string().into(),
            source,
        };
        let (socket, file) = match address {
            Address::Tcp(address) => {
                (Socket::Tcp(TcpListener::bind(address).await.map_err(failed)?), None)
            }
            Address::Unix(path) => {
                let (listener, file) = unix_socket::bind(path)?;
                (Socket::Unix(listener), Some(file))
            }
            Address::Vsock { cid, port } => {
                let listener = VsockListener::bind(VsockAddr::new(*cid, *port));
                (Socket::Vsock(listener.map_err(failed)?), None)
            }
        };
        let address = match &socket {
            // The port may be one that the kernel chose.
            Socket::Tcp(listener) => Address::Tcp(listener.local_addr().map_err(failed)?),
            _ => address.clone(),
        };
        Ok(Self { address, socket, _file: file })
    }

    /// Takes a socket that somebody else has made. Needs a tokio runtime.
    ///
    /// # Errors
    /// It does not wait for clients, or is of another family.
    pub fn of_fd(socket: OwnedFd) -> io::Result<Self> {
        let stream = getsockopt(&socket, sockopt::SockType)? == SockType::Stream;
        if !stream || !getsockopt(&socket, sockopt::AcceptConn)? {
            return Err(io::Error::other("it does not wait for connections"));
        }
        let name: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        let (address, socket) = match name.family() {
            Some(AddressFamily::Inet | AddressFamily::Inet6) => {
                let listener = std::net::TcpListener::from(socket);
                listener.set_nonblocking(true)?;
                (
                    Address::Tcp(listener.local_addr()?),
                    Socket::Tcp(TcpListener::from_std(listener)?),
                )
            }
            Some(AddressFamily::Unix) => {
                let listener = std::os::unix::net::UnixListener::from(socket);
                listener.set_nonblocking(true)?;
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                let listener = UnixListener::from_std(listener)?;
                (Address::Unix(path.unwrap_or_default()), Socket::Unix(listener))
            }
            Some(AddressFamily::Vsock) => {
                let name = name.as_vsock_addr().map(|name| (name.cid(), name.port()));
                let (cid, port) = name.ok_or(io::ErrorKind::InvalidData)?;
                let flags = nix::fcntl::OFlag::O_NONBLOCK;
                nix::fcntl::fcntl(socket.as_fd(), nix::fcntl::FcntlArg::F_SETFL(flags))?;
                (Address::Vsock { cid, port }, Socket::Vsock(VsockListener::from(socket)))
            }
            _ => {
                return Err(io::Error::other("it is neither of TCP, nor a Unix socket, nor vsock"));
            }
        };
        Ok(Self { address, socket, _file: None })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The address of this host by which a browser may name it; none where no browser comes.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        match self.address {
            Address::Tcp(address) => Some(address.ip()),
            Address::Unix(_) | Address::Vsock { .. } => None,
        }
    }

    pub(super) fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn Stream>, Client)>> {
        let accepted = |stream: Box<dyn Stream>, client| (stream, client);
        match &self.socket {
            Socket::Tcp(listener) => listener.poll_accept(context).map(|result| {
                let (stream, client) = result?;
                let server = stream.local_addr()?;
                Ok(accepted(Box::new(stream), Client::Tcp { client, server }))
            }),
            Socket::Unix(listener) => listener.poll_accept(context).map(|result| {
                let (stream, _) = result?;
                let user = stream.peer_cred()?.uid();
                Ok(accepted(Box::new(stream), Client::Unix { user }))
            }),
            Socket::Vsock(listener) => listener.poll_accept(context).map(|result| {
                let (stream, address) = result?;
                Ok(accepted(Box::new(stream), Client::Vsock { machine: address.cid() }))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown() {
        for text in ["127.0.0.1:9776", "[::1]:9776", "unix:/run/x", "vsock://2:9776", "vsock://:1"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "9776",
            "localhost:9776",
            "::1:9776",
            "unix:",
            "unix:x",
            "unix:/x,y",
            "vsock://2",
            "vsock:2:1",
            "vsock://a:1",
            "vsock://2:",
            "vsock://2:99999999999",
        ] {
            assert_eq!(text.parse::<Address>(), Err(NoAddress), "{text}");
        }
    }

    #[tokio::test]
    async fn takes_a_listener_and_nothing_else() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(socket.local_addr().unwrap());
        assert_eq!(*Listener::of_fd(socket.into()).unwrap().address(), address);
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(Listener::of_fd(pair.into()).is_err());
        let datagram = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(Listener::of_fd(datagram.into()).is_err());
    }
}
