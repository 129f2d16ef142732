//! Every netlink socket of every network namespace that can be reached: what it is, what waits in
//! it, what it lost, and who holds it. One look at a time; nothing is kept between two.
//!
//! `subscribe` and a program of `probe` ask the kernel, and `/proc` is read here. Invariant:
//! nothing is made up: what a source does not tell is absent, and what could not be looked at is in
//! [`Gaps`].

pub(crate) mod cgroup;
mod diag;
mod owners;
mod scanner;
mod table;
mod told;

use std::{fmt, sync::Arc};

pub use owners::Owner;
pub use scanner::Scanner;
use serde::{Serialize, Serializer};

pub use crate::namespaces::Namespace;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither way of asking worked in nlmon's own namespace.
    #[error("cannot list the netlink sockets")]
    List(#[source] std::io::Error),
    /// Not for want of rights: of descriptors, or of memory.
    #[error("cannot find out whose the netlink sockets are")]
    Owners(#[source] std::io::Error),
    /// The same, of namespaces.
    #[error("cannot look for network namespaces")]
    Namespaces(#[source] std::io::Error),
    /// The thread that enters namespaces could not be made, or panicked.
    #[error("cannot look into the namespaces")]
    Thread,
}

/// Where a socket was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The kernel was asked.
    SockDiag,
    /// An iteration over open files, which knows no flags.
    Iteration,
    /// `/proc/net/netlink`, which knows neither buffers nor flags nor groups above 32.
    Proc,
}

/// Bits of [`Endpoint::flags`]: `NDIAG_FLAG_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

/// `include/uapi/linux/netlink_diag.h`, without `NDIAG_FLAG_`.
const FLAGS: [(u32, &str); 6] = [
    (1, "CB_RUNNING"),
    (2, "PKTINFO"),
    (4, "BROADCAST_ERROR"),
    (8, "NO_ENOBUFS"),
    (0x10, "LISTEN_ALL_NSID"),
    (0x20, "CAP_ACK"),
];

impl Flags {
    /// The names of the bits that are set and known.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAGS.into_iter().filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| name)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

/// A netlink socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Netlink protocol number.
    pub protocol: u8,
    /// Port id; 0 is the kernel's end of a protocol.
    pub portid: u32,
    /// Number of the socket's inode.
    pub inode: u64,
    /// The kernel's number for it, which is never used again.
    pub cookie: Option<u64>,
    /// Multicast groups that it is in.
    pub groups: Vec<u32>,
    /// Bytes in its receive queue, as the kernel counts them against the buffer.
    pub queue_bytes: u32,
    /// Size of its receive buffer.
    pub buffer_bytes: Option<u32>,
    /// Datagrams that it lost since it was opened; wraps.
    pub drops: u32,
    /// Options that it has set.
    pub flags: Option<Flags>,
    /// The processes that hold it, by pid.
    pub owners: Vec<Arc<Owner>>,
}

impl Endpoint {
    /// How it was found.
    pub fn source(&self) -> Source {
        match (self.cookie, self.buffer_bytes) {
            (Some(_), _) => Source::SockDiag,
            (None, Some(_)) => Source::Iteration,
            (None, None) => Source::Proc,
        }
    }

    /// Whether it is the kernel's own.
    pub fn is_kernel(&self) -> bool {
        self.portid == 0
    }

    /// The process that it is most likely used by: the first that is not init. systemd keeps the
    /// sockets that it passes on to services.
    pub fn owner(&self) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.pid != 1).or(self.owners.first()).map(AsRef::as_ref)
    }
}

/// The sockets of one namespace.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which.
    pub namespace: Namespace,
    /// All of them, but the one that asked.
    pub sockets: Vec<Endpoint>,
}

/// What a look could not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Namespaces that could not be entered, and are seen from `/proc` or the iteration alone.
    pub not_entered: usize,
    /// Inode numbers of the namespaces that show no socket.
    pub hidden: Vec<u64>,
    /// Processes whose descriptors may not be seen.
    pub processes: usize,
    /// Why the kernel could not be asked.
    pub refused: Option<String>,
}

impl fmt::Display for Gaps {
    /// One line; empty if there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let others = self.not_entered + self.hidden.len();
        if others > 0 {
            let seen = self.not_entered;
            parts.push(format!(
                "namespaces not entered, for want of CAP_SYS_ADMIN: {others}, of which seen from \
                 outside: {seen}"
            ));
        }
        if self.processes > 0 {
            parts.push(format!(
                "processes not looked into, for want of CAP_BPF and CAP_PERFMON, or of \
                 CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: {}",
                self.processes
            ));
        }
        if let Some(reason) = &self.refused {
            parts.push(format!("sockets are read from /proc, because sock_diag fails: {reason}"));
        }
        f.write_str(&parts.join("; "))
    }
}

/// What is there at one moment.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Own namespace first.
    pub seen: Vec<Seen>,
    /// What is missing from it.
    pub gaps: Gaps,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(pid: u32) -> Arc<Owner> {
        Arc::new(Owner { pid, ..Owner::default() })
    }

    #[test]
    fn the_user_of_a_socket_that_init_keeps_too_is_the_service() {
        let of = |pids: &[u32]| {
            let owners = pids.iter().copied().map(owner).collect();
            Endpoint { owners, ..Endpoint::default() }.owner().map(|owner| owner.pid)
        };
        assert_eq!(of(&[1, 173, 200]), Some(173));
        assert_eq!(of(&[1]), Some(1));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn says_in_one_line_what_is_missing() {
        assert_eq!(Gaps::default().to_string(), "");
        let gaps = Gaps {
            not_entered: 2,
            hidden: vec![7],
            processes: 5,
            refused: Some("the kernel answered ENOENT".to_owned()),
        };
        assert_eq!(
            gaps.to_string(),
            "namespaces not entered, for want of CAP_SYS_ADMIN: 3, of which seen from outside: 2; \
             processes not looked into, for want of CAP_BPF and CAP_PERFMON, or of \
             CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: 5; \
             sockets are read from /proc, because sock_diag fails: the kernel answered ENOENT"
        );
    }

    #[test]
    fn names_the_flags_that_are_set() {
        assert_eq!(Flags(4 | 8).names().collect::<Vec<_>>(), ["BROADCAST_ERROR", "NO_ENOBUFS"]);
        assert_eq!(Flags(0x8000_0000).names().count(), 0);
    }
}
