//! Traffic of the daemon's own that passes every function it probes, to prove that the probes fire.
//! Nobody but the daemon gets any of it.

use std::{io, os::fd::AsRawFd as _, time::Duration};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};

use super::{Error, Socket, links};
use nlmon_core::decode::names::protocol;

/// A port id that nobody has: the kernel gives out negative ones and process ids.
const NOBODY: u32 = 0x7fff_ffff;

/// A group as a bit mask, the last one: nobody listens there.
const LAST_GROUP: u32 = 1 << 31;

/// Longest wait for the dump.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends one unicast and one multicast to nobody, and asks for one dump.
pub fn exercise() -> Result<(), Error> {
    let socket = Socket::open(protocol::USERSOCK)?;
    for address in [NetlinkAddr::new(NOBODY, 0), NetlinkAddr::new(0, LAST_GROUP)] {
        match sendto(socket.as_raw_fd(), &[0; 16], &address, MsgFlags::empty()) {
            // Nobody is there: both get this far, and no further.
            Ok(_) | Err(nix::errno::Errno::ECONNREFUSED) => {}
            Err(errno) => {
                let source = io::Error::from(errno);
                return Err(Error::Send { protocol: protocol::USERSOCK, source });
            }
        }
    }
    links(TIMEOUT).map(drop)
}
