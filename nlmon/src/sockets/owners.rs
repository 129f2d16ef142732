//! Finds the processes that hold sockets, and what they are.
//!
//! The kernel tells who holds which. Where it cannot be asked, the descriptors in `/proc` tell as
//! much as may be seen of them.

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::Entry},
    fs, io,
    sync::Arc,
};

use nlmon_core::message::c_string;
use serde::Serialize;

use super::{Endpoint, cgroup};
use crate::{
    namespaces::{is_gone, is_hidden, pids},
    probe::Holding,
};

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Its name.
    pub comm: String,
    /// Its real user id, in the initial user namespace; `u32::MAX` where that is not known.
    #[serde(skip)]
    pub user: u32,
    /// The innermost systemd unit that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the container that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// nlmon may not see the process's descriptors. It names the process because its pid is the
    /// socket's port id. The kernel gives that id to the first socket of a process by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
}

/// Who holds which socket.
#[derive(Debug, Default)]
pub(super) struct Owners {
    by_inode: HashMap<u64, Vec<Arc<Owner>>>,
    hidden: BTreeSet<u32>,
}

impl Owners {
    /// The processes that the kernel told of, on request with their units and containers.
    pub(super) fn told(holdings: &[Holding], finds_units: bool) -> io::Result<Self> {
        let mut processes: HashMap<u32, Arc<Owner>> = HashMap::new();
        let mut owners = Self::default();
        for holding in holdings {
            let owner = match processes.entry(holding.tgid) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let found =
                        if finds_units { describe(holding.tgid)? } else { Owner::default() };
                    let (pid, user) = (holding.tgid, holding.uid);
                    new.insert(Arc::new(Owner {
                        pid,
                        user,
                        comm: c_string(&holding.comm),
                        ..found
                    }))
                }
            };
            let holders = owners.by_inode.entry(holding.inode).or_default();
            // A process may hold it by several descriptors.
            if holders.last().is_none_or(|last| last.pid != holding.tgid) {
                holders.push(Arc::clone(owner));
            }
        }
        Ok(owners)
    }

    /// The processes that hold one of these, by their descriptors.
    pub(super) fn find(inodes: &HashSet<u64>) -> io::Result<Self> {
        let mut owners = Self::default();
        for pid in pids()? {
            match held(pid, inodes) {
                Ok(held) if held.is_empty() => {}
                Ok(held) => {
                    let owner = Arc::new(describe(pid)?);
                    for inode in held {
                        owners.by_inode.entry(inode).or_default().push(Arc::clone(&owner));
                    }
                }
                Err(error) if is_hidden(pid, &error) => {
                    owners.hidden.insert(pid);
                }
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(owners)
    }

    /// The owners of a socket.
    pub(super) fn of(&self, socket: &Endpoint) -> io::Result<Vec<Arc<Owner>>> {
        Ok(match self.by_inode.get(&socket.inode) {
            Some(owners) => owners.clone(),
            None if self.hidden.contains(&socket.portid) => {
                vec![Arc::new(Owner { guessed: true, ..describe(socket.portid)? })]
            }
            None => Vec::new(),
        })
    }

    /// Processes whose descriptors may not be seen.
    pub(super) fn unreadable(&self) -> usize {
        self.hidden.len()
    }
}

/// Those of `inodes` that the process holds, each once.
fn held(pid: u32, inodes: &HashSet<u64>) -> io::Result<BTreeSet<u64>> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?;
    let links = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let sockets = links.filter_map(|link| socket_inode(link.to_str()?));
    Ok(sockets.filter(|inode| inodes.contains(inode)).collect())
}

/// The number in `socket:[N]`.
fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// What a process is; little of one that has gone.
fn describe(pid: u32) -> io::Result<Owner> {
    let read = |file: &str| match fs::read(format!("/proc/{pid}/{file}")) {
        Err(error) if is_gone(&error) => Ok(String::new()),
        read => read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    };
    let (comm, cgroups) = (read("comm")?, read("cgroup")?);
    Ok(Owner {
        pid,
        comm: comm.trim_end_matches('\n').to_owned(),
        user: real_user(&read("status")?).unwrap_or(u32::MAX),
        unit: cgroup::unit(&cgroups),
        container: cgroup::container(&cgroups),
        guessed: false,
    })
}

/// What `/proc/PID/status` says. The owner of the directory would be root for any process that wants it.
fn real_user(status: &str) -> Option<u32> {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_sockets_from_other_descriptors() {
        assert_eq!(socket_inode("socket:[4711]"), Some(4711));
        for other in ["pipe:[4711]", "socket:[", "socket:[x]", "/tmp/socket:[1]", ""] {
            assert_eq!(socket_inode(other), None, "{other}");
        }
    }

    #[test]
    fn an_own_lack_is_not_taken_for_a_process_that_has_gone() {
        let gone = |errno| is_gone(&io::Error::from_raw_os_error(errno));
        assert!(gone(libc::ENOENT) && gone(libc::ESRCH) && gone(libc::EACCES));
        assert!(!gone(libc::EMFILE) && !gone(libc::ENFILE) && !gone(libc::ENOMEM));
    }

    #[test]
    fn a_process_holds_a_socket_once_however_many_descriptors_it_has() {
        let pid = std::process::id();
        let holding = |tgid| Holding {
            inode: 5,
            groups: [0; 4],
            tgid,
            netns: 1,
            portid: 9,
            queue_bytes: 0,
            buffer_bytes: 0,
            drops: 0,
            protocol: 0,
            groups_len: 0,
            uid: 1003,
            pad: 0,
            comm: *b"me\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        };
        let owners = Owners::told(&[holding(pid), holding(pid), holding(u32::MAX)], true).unwrap();
        let socket = Endpoint { inode: 5, portid: 9, ..Endpoint::default() };
        let held: Vec<_> = owners.of(&socket).unwrap().iter().map(|owner| owner.pid).collect();
        assert_eq!(held, [pid, u32::MAX]);
        let owner = &owners.of(&socket).unwrap()[0];
        assert_eq!((&*owner.comm, owner.user), ("me", 1003));
    }
}
