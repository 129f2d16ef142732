//! Reads many datagrams of a socket by one system call. The room for them is large, because one
//! may be, and nearly all of it is never touched. So threads have it, and not sockets.

use std::{cell::RefCell, io, io::IoSliceMut, os::fd::AsRawFd as _};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, MultiHeaders, NetlinkAddr, recvmmsg},
};

use crate::clock::monotonic_ns;

use super::{
    Error, Socket,
    socket::{BUFFER_BYTES, Datagram, group_of, sender_of},
};

/// Datagrams read at a time, at most.
pub(super) const DATAGRAMS_MAX: usize = 16;

/// What a read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// So many datagrams.
    Datagrams(usize),
    /// The receive buffer ran over since the last read: datagrams are lost.
    Overrun,
    /// Nothing is there.
    Empty,
}

thread_local! {
    static ROOM: RefCell<Vec<u8>> = RefCell::new(vec![0; DATAGRAMS_MAX * BUFFER_BYTES]);
}

/// Reads what is there of a socket that does not block, up to [`DATAGRAMS_MAX`] datagrams, and
/// hands each to `take`, with the time after the read: no broadcast of them began later.
pub(super) fn read(
    socket: &Socket,
    mut take: impl FnMut(&Datagram<'_>, u64),
) -> Result<Read, Error> {
    ROOM.with_borrow_mut(|room| {
        let mut parts: Vec<_> =
            room.chunks_mut(BUFFER_BYTES).map(|room| [IoSliceMut::new(room)]).collect();
        let mut headers =
            MultiHeaders::<NetlinkAddr>::preallocate(parts.len(), Some(nix::cmsg_space!(u32)));
        // MSG_TRUNC as an argument asks for the whole length of what does not fit.
        let flags = MsgFlags::MSG_TRUNC;
        let fd = socket.as_raw_fd();
        let received = match recvmmsg(fd, &mut headers, parts.iter_mut(), flags, None) {
            Ok(received) => received,
            Err(Errno::EINTR) => return Ok(Read::Datagrams(0)),
            Err(Errno::EAGAIN) => return Ok(Read::Empty),
            Err(Errno::ENOBUFS) => return Ok(Read::Overrun),
            Err(errno) => {
                let source = io::Error::from(errno);
                return Err(Error::Receive { protocol: socket.protocol(), source });
            }
        };
        let received_ns = monotonic_ns();
        let found: Vec<_> = received
            .map(|message| (message.bytes, sender_of(&message), group_of(&message)))
            .collect();
        for ((len, src_portid, group), room) in found.iter().zip(room.chunks(BUFFER_BYTES)) {
            let data = &room[..(*len).min(room.len())];
            let len = u32::try_from(*len).unwrap_or(u32::MAX);
            take(&Datagram { data, len, src_portid: *src_portid, group: *group }, received_ns);
        }
        Ok(Read::Datagrams(found.len()))
    })
}
