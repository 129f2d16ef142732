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

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike as _, SockaddrStorage, VsockAddr,
    bind, getsockname, getsockopt, listen, socket, sockopt,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};
use tokio_vsock::{VMADDR_CID_ANY, VsockListener};

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

/// Clients that wait until the server comes to them.
const BACKLOG: i32 = 1024;

/// An open socket at which clients wait. It needs no runtime until it is served.
#[derive(Debug)]
pub struct Listener {
    address: Address,
    socket: OwnedFd,
    /// Goes with the socket, if nlmon made it.
    file: Option<SocketFile>,
}

/// A listener that the runtime polls.
#[derive(Debug)]
pub(super) struct Acceptor {
    address: Address,
    socket: Socket,
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
    /// Listens at an address.
    ///
    /// # Errors
    /// The system refuses, or something else is there.
    pub fn bind(address: &Address) -> Result<Self, unix_socket::Error> {
        let failed = |source| unix_socket::Error::Io {
            action: "listen on",
            path: address.to_string().into(),
            source,
        };
        if let Address::Unix(path) = address {
            let (listener, file) = unix_socket::bind(path)?;
            let address = address.clone();
            return Ok(Self { address, socket: listener.into(), file: Some(file) });
        }
        // Of TCP, the port may be one that the kernel chooses.
        let socket = match address {
            Address::Tcp(address) => std::net::TcpListener::bind(address).map(OwnedFd::from),
            Address::Vsock { cid, port } => bind_vsock(*cid, *port),
            Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        };
        let listening = socket.and_then(|socket| {
            listen(&socket, Backlog::new(BACKLOG)?)?;
            Self::of_fd(socket)
        });
        listening.map_err(failed)
    }

    /// Takes a socket that somebody else has made.
    ///
    /// # Errors
    /// It does not wait for clients, or is of another family.
    pub fn of_fd(socket: OwnedFd) -> io::Result<Self> {
        let stream = getsockopt(&socket, sockopt::SockType)? == SockType::Stream;
        if !stream || !getsockopt(&socket, sockopt::AcceptConn)? {
            return Err(io::Error::other("it does not wait for connections"));
        }
        let name: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        let address = match name.family() {
            Some(AddressFamily::Inet | AddressFamily::Inet6) => {
                let listener = std::net::TcpListener::from(socket.try_clone()?);
                Address::Tcp(listener.local_addr()?)
            }
            Some(AddressFamily::Unix) => {
                let listener = std::os::unix::net::UnixListener::from(socket.try_clone()?);
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                Address::Unix(path.unwrap_or_default())
            }
            Some(AddressFamily::Vsock) => {
                let name = name.as_vsock_addr().map(|name| (name.cid(), name.port()));
                let (cid, port) = name.ok_or(io::ErrorKind::InvalidData)?;
                Address::Vsock { cid, port }
            }
            _ => {
                return Err(io::Error::other("it is neither of TCP, nor a Unix socket, nor vsock"));
            }
        };
        fcntl(socket.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self { address, socket, file: None })
    }

    /// Has the runtime poll it.
    pub(super) fn start(self) -> io::Result<Acceptor> {
        let Self { address, socket, file } = self;
        let socket = match &address {
            Address::Tcp(_) => Socket::Tcp(TcpListener::from_std(socket.into())?),
            Address::Unix(_) => Socket::Unix(UnixListener::from_std(socket.into())?),
            Address::Vsock { .. } => Socket::Vsock(VsockListener::from(socket)),
        };
        Ok(Acceptor { address, socket, _file: file })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

/// A socket at a port of this machine.
fn bind_vsock(cid: u32, port: u32) -> io::Result<OwnedFd> {
    let socket = socket(AddressFamily::Vsock, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &VsockAddr::new(cid, port))?;
    Ok(socket)
}

impl Acceptor {
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

    #[test]
    fn takes_a_listener_and_nothing_else() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(socket.local_addr().unwrap());
        assert_eq!(*Listener::of_fd(socket.into()).unwrap().address(), address);
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(Listener::of_fd(pair.into()).is_err());
        let datagram = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(Listener::of_fd(datagram.into()).is_err());
    }
}
