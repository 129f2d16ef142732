//! Every netlink socket of nlmon: the daemon's memberships in multicast groups, and the requests
//! that commands make. The only owner of neli. What is received is passed on as it is; nothing is
//! decoded here but what a socket needs to know, and the devices that `nlmon links` shows.

mod batch;
mod exercise;
mod families;
mod family_groups;
mod helper;
mod inet_diag;
mod interfaces;
mod links;
mod membership;
mod objects;
mod poller;
mod presence;
mod proc_table;
mod reader;
mod request;
mod sock_diag;
mod socket;
mod space;
mod spaces;
mod status;
mod subscriptions;
pub mod test_module;

use std::{io, os::unix::fs::MetadataExt as _, time::Duration};

pub use crate::clock::{monotonic_ns, realtime_offset_ns};
pub use exercise::exercise;
pub use families::families;
pub(crate) use inet_diag::tcp_user;
pub use links::{Link, links};
pub use objects::{Listing, Lists};
pub use proc_table::{ProcSocket, proc_sockets};
pub use request::{acknowledge, answer, dump};
pub use sock_diag::{SocketDump, socket_dump};
pub use socket::{Datagram, Received, Socket};
pub use spaces::Changed;
pub use status::Status;
pub use subscriptions::{
    Event, Hold, Keeper, Reach, SubscribeSettings, Subscription, Subscriptions,
};

/// Why a socket could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `socket` or `bind` failed. `EPROTONOSUPPORT`: nothing in the kernel has this protocol.
    #[error("cannot open a socket of netlink protocol {protocol}")]
    Open {
        /// Netlink protocol number.
        protocol: u8,
        /// What the kernel said.
        source: io::Error,
    },
    /// The thread that watches the sockets could not be started.
    #[error("cannot watch the daemon's own sockets")]
    Poller(#[source] io::Error),
    /// Joining a group failed. `EPERM`: its owner admits only the privileged.
    #[error("cannot join group {group} of netlink protocol {protocol}")]
    Join {
        /// Netlink protocol number.
        protocol: u8,
        /// Group number.
        group: u32,
        /// What the kernel said.
        source: io::Error,
    },
    /// A socket option could not be set or read.
    #[error("cannot use the socket option {option}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// Sending failed.
    #[error("cannot send to netlink protocol {protocol}")]
    Send {
        /// Netlink protocol number.
        protocol: u8,
        /// What the kernel said.
        source: io::Error,
    },
    /// Receiving failed.
    #[error("cannot receive from netlink protocol {protocol}")]
    Receive {
        /// Netlink protocol number.
        protocol: u8,
        /// What the kernel said.
        source: io::Error,
    },
    /// No answer came in time.
    #[error("no answer within {} s", timeout.as_secs_f64())]
    Timeout {
        /// How long was waited.
        timeout: Duration,
    },
    /// The receive buffer ran over while an answer was awaited.
    #[error("the receive buffer ran over, messages are lost")]
    Overrun,
    /// The answer is an error.
    #[error("the kernel answered {errno}{}{text}", if text.is_empty() { "" } else { ": " })]
    Refused {
        /// What it is about.
        errno: nix::errno::Errno,
        /// Text of the extended acknowledgement; may be empty.
        text: String,
    },
    /// What subscribes has no thread to work on.
    #[error("cannot look after the subscriptions")]
    Helper(#[source] io::Error),
    /// The answer is no netlink message, or too long.
    #[error("the answer from netlink protocol {protocol} is malformed")]
    Malformed {
        /// Netlink protocol number.
        protocol: u8,
    },
    /// What was dumped changed under every attempt.
    #[error("the list kept changing while it was read")]
    Interrupted,
    /// A file of `/proc` could not be read.
    #[error("cannot read {path}")]
    Proc {
        /// Which.
        path: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Error {
    /// What the kernel said, if it was the kernel.
    pub fn errno(&self) -> Option<nix::errno::Errno> {
        match self {
            Self::Helper(source)
            | Self::Poller(source)
            | Self::Open { source, .. }
            | Self::Join { source, .. }
            | Self::Option { source, .. }
            | Self::Send { source, .. }
            | Self::Receive { source, .. }
            | Self::Proc { source, .. } => source.raw_os_error().map(nix::errno::Errno::from_raw),
            Self::Refused { errno, .. } => Some(*errno),
            Self::Timeout { .. } | Self::Overrun | Self::Malformed { .. } | Self::Interrupted => {
                None
            }
        }
    }
}

/// Inode number of the network namespace of the calling thread.
pub fn own_netns() -> Result<u32, Error> {
    const PATH: &str = "/proc/thread-self/ns/net";
    let metadata = std::fs::metadata(PATH).map_err(|source| Error::Proc { path: PATH, source })?;
    // Namespaces have 32 bit numbers: `ns_common.inum` is an unsigned int.
    Ok(u32::try_from(metadata.ino()).unwrap_or(0))
}
