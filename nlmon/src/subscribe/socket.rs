//! One netlink socket: neli opens it, binds it and sends; receiving is done here, because a monitor
//! has to know what neli does not tell: the group above 32, the length of what did not fit, and an
//! overrun as something other than an error.

use std::{
    fmt, io,
    io::IoSliceMut,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use neli::{
    consts::socket::{Msg, NlFamily},
    socket::NlSocket,
    utils::Groups,
};
use nix::{
    cmsg_space,
    errno::Errno,
    sys::{
        socket::{
            ControlMessageOwned, MsgFlags, NetlinkAddr, RecvMsg, getsockopt, recvmsg, setsockopt,
            sockopt,
        },
        time::TimeVal,
    },
};

use super::Error;

/// Bytes that hold any datagram of the kernel's own protocols: parts of a dump are at most 32 KiB,
/// and the test module echoes up to 64 KiB. Of a larger one the rest is cut off, and said so.
pub(super) const BUFFER_BYTES: usize = 128 << 10;

/// A netlink socket, bound to a port id of its own.
pub struct Socket {
    inner: NlSocket,
    protocol: u8,
    portid: u32,
    sequence: AtomicU32,
}

/// What a read found.
#[derive(Debug)]
pub enum Received<'a> {
    /// A datagram.
    Datagram(Datagram<'a>),
    /// The receive buffer ran over since the last read: datagrams are lost.
    Overrun,
    /// Nothing is there, or came within the timeout.
    Empty,
}

/// A datagram.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// Its bytes, as far as the buffer took them.
    pub data: &'a [u8],
    /// Its whole length in bytes.
    pub len: u32,
    /// Port id of the sender; 0 is the kernel.
    pub src_portid: u32,
    /// The group it came by; 0 for unicast.
    pub group: u32,
}

impl Socket {
    /// Opens a blocking socket.
    ///
    /// The kernel loads the module that has the alias of `protocol` if nothing is registered.
    pub fn open(protocol: u8) -> Result<Self, Error> {
        let family = NlFamily::from(libc::c_int::from(protocol));
        let opened = NlSocket::connect(family, None, Groups::empty());
        let inner = opened.map_err(|source| Error::Open { protocol, source })?;
        let portid = inner.pid().map_err(|source| Error::Open { protocol, source })?;
        let socket = Self { inner, protocol, portid, sequence: AtomicU32::new(0) };
        socket.set_netlink_option("NETLINK_PKTINFO", libc::NETLINK_PKTINFO)?;
        // An answer need not quote the request, and may say in words what was wrong.
        socket.set_netlink_option("NETLINK_CAP_ACK", libc::NETLINK_CAP_ACK)?;
        socket.set_netlink_option("NETLINK_EXT_ACK", libc::NETLINK_EXT_ACK)?;
        Ok(socket)
    }

    /// Netlink protocol number.
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// The socket's own port id.
    pub fn portid(&self) -> u32 {
        self.portid
    }

    /// Joins a multicast group.
    pub fn join(&self, group: u32) -> Result<(), Error> {
        self.inner
            .add_mcast_membership(Groups::new_groups(&[group]))
            .map_err(|source| Error::Join { protocol: self.protocol, group, source })
    }

    /// Asks for a receive buffer of this size, past the system's limit if privileged.
    ///
    /// Returns the size that the kernel goes by. It doubles what is asked for, because it counts
    /// its own overhead in.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<usize, Error> {
        let failed = |errno: Errno| Error::Option { option: "SO_RCVBUF", source: errno.into() };
        if setsockopt(self, sockopt::RcvBufForce, &bytes).is_err() {
            setsockopt(self, sockopt::RcvBuf, &bytes).map_err(failed)?;
        }
        getsockopt(self, sockopt::RcvBuf).map_err(failed)
    }

    /// Makes reads return at once.
    pub fn set_nonblocking(&self) -> Result<(), Error> {
        self.inner.nonblock().map_err(|source| Error::Option { option: "O_NONBLOCK", source })
    }

    /// Makes a read wait at most this long; zero means without end.
    pub fn set_timeout(&self, timeout: Duration) -> Result<(), Error> {
        let seconds = timeout.as_secs().try_into().unwrap_or(i64::MAX);
        let value = TimeVal::new(seconds, timeout.subsec_micros().into());
        setsockopt(self, sockopt::ReceiveTimeout, &value)
            .map_err(|errno| Error::Option { option: "SO_RCVTIMEO", source: errno.into() })
    }

    /// Datagrams that the kernel dropped because the receive buffer was full, since it was opened.
    pub fn drops(&self) -> Result<u32, Error> {
        let mut values = [0_u32; libc::SK_MEMINFO_DROPS as usize + 1];
        let mut size = libc::socklen_t::try_from(size_of_val(&values)).unwrap_or(0);
        let (fd, level, name) = (self.as_raw_fd(), libc::SOL_SOCKET, libc::SO_MEMINFO);
        // SAFETY: `values` is writable and `size` is its length in bytes, which the kernel does
        // not exceed; it lowers `size` if it knows fewer values, and those stay zero.
        let status =
            unsafe { libc::getsockopt(fd, level, name, values.as_mut_ptr().cast(), &raw mut size) };
        Errno::result(status)
            .map_err(|errno| Error::Option { option: "SO_MEMINFO", source: errno.into() })?;
        Ok(values[libc::SK_MEMINFO_DROPS as usize])
    }

    /// Sends a datagram to the kernel.
    pub fn send(&self, datagram: &[u8]) -> Result<(), Error> {
        match self.inner.send(datagram, Msg::empty()) {
            Ok(_) => Ok(()),
            Err(source) => Err(Error::Send { protocol: self.protocol, source }),
        }
    }

    /// A number that no request on this socket had.
    pub(super) fn next_sequence(&self) -> u32 {
        self.sequence.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// Reads one datagram into `buffer`.
    pub fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<Received<'b>, Error> {
        let mut control = cmsg_space!(u32);
        let (len, src_portid, group) = loop {
            let mut parts = [IoSliceMut::new(buffer)];
            // MSG_TRUNC as an argument asks for the whole length of what does not fit.
            let flags = MsgFlags::MSG_TRUNC;
            match recvmsg(self.as_raw_fd(), &mut parts, Some(&mut control), flags) {
                Ok(message) => break (message.bytes, sender_of(&message), group_of(&message)),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(Received::Empty),
                Err(Errno::ENOBUFS) => return Ok(Received::Overrun),
                Err(errno) => {
                    let source = io::Error::from(errno);
                    return Err(Error::Receive { protocol: self.protocol, source });
                }
            }
        };
        let data = &buffer[..len.min(buffer.len())];
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        Ok(Received::Datagram(Datagram { data, len, src_portid, group }))
    }

    fn set_netlink_option(&self, option: &'static str, name: libc::c_int) -> Result<(), Error> {
        let on: libc::c_int = 1;
        let size = libc::socklen_t::try_from(size_of_val(&on)).unwrap_or(0);
        let (fd, level) = (self.as_raw_fd(), libc::SOL_NETLINK);
        // SAFETY: the kernel reads `size` bytes from `on`, which is that long and outlives the call.
        let status = unsafe { libc::setsockopt(fd, level, name, (&raw const on).cast(), size) };
        Errno::result(status)
            .map(drop)
            .map_err(|errno| Error::Option { option, source: errno.into() })
    }
}

pub(super) fn sender_of(message: &RecvMsg<'_, '_, NetlinkAddr>) -> u32 {
    message.address.map_or(0, |address| address.pid())
}

/// The group from `NETLINK_PKTINFO`. The address has one too, but only up to 32.
pub(super) fn group_of(message: &RecvMsg<'_, '_, NetlinkAddr>) -> u32 {
    let number = message.cmsgs().ok().and_then(|mut controls| {
        controls.find_map(|control| match control {
            ControlMessageOwned::Unknown(unknown)
                if unknown.cmsg_header.cmsg_level == libc::SOL_NETLINK
                    && unknown.cmsg_header.cmsg_type == libc::NETLINK_PKTINFO =>
            {
                Some(u32::from_ne_bytes(unknown.data_bytes.get(..4)?.try_into().ok()?))
            }
            _ => None,
        })
    });
    number.unwrap_or(0)
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `inner` owns the descriptor, closes it only when dropped, and is not -1; the
        // borrow cannot outlive `self`.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("fd", &self.as_raw_fd())
            .field("protocol", &self.protocol)
            .field("portid", &self.portid)
            .finish_non_exhaustive()
    }
}
