//! Finds the processes that hold sockets, from the descriptors in `/proc`, and what they are.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs, io,
    sync::Arc,
};

use serde::Serialize;

use super::{Endpoint, cgroup};
use crate::namespaces::{is_hidden, pids};

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Its name.
    pub comm: String,
    /// The innermost systemd unit that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the container that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Its descriptors may not be seen: it is named because its pid is the socket's port id, as
    /// is that of the first socket of a process, unless it chose another.
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
    /// The processes that hold one of these.
    pub(super) fn find(inodes: &HashSet<u64>) -> Self {
        let mut owners = Self::default();
        for pid in pids() {
            match held(pid, inodes) {
                Ok(held) if held.is_empty() => {}
                Ok(held) => {
                    let owner = Arc::new(describe(pid));
                    for inode in held {
                        owners.by_inode.entry(inode).or_default().push(Arc::clone(&owner));
                    }
                }
                Err(error) if is_hidden(pid, &error) => {
                    owners.hidden.insert(pid);
                }
                // It has gone.
                Err(_) => {}
            }
        }
        owners
    }

    /// The owners of a socket.
    pub(super) fn of(&self, socket: &Endpoint) -> Vec<Arc<Owner>> {
        match self.by_inode.get(&socket.inode) {
            Some(owners) => owners.clone(),
            None if self.hidden.contains(&socket.portid) => {
                vec![Arc::new(Owner { guessed: true, ..describe(socket.portid) })]
            }
            None => Vec::new(),
        }
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

fn describe(pid: u32) -> Owner {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let comm = String::from_utf8_lossy(&read("comm")).trim_end_matches('\n').to_owned();
    let cgroups = String::from_utf8_lossy(&read("cgroup")).into_owned();
    Owner {
        pid,
        comm,
        unit: cgroup::unit(&cgroups),
        container: cgroup::container(&cgroups),
        guessed: false,
    }
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
}
