//! Finds the network namespaces of this machine and enters them. A namespace that neither a
//! process is in nor `/run/netns` names, one that is kept by a descriptor alone, is not found.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
};

use nix::sched::{CloneFlags, setns};

use super::{Endpoint, owners, table};

/// Where `ip netns` keeps its names.
const NAMED: &str = "/run/netns";

/// A network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Its inode number.
    pub inode: u64,
    /// Its name from `/run/netns`, or `self`, or a process that is in it: `pid:1`.
    pub name: String,
    /// A process that is in it.
    pid: Option<u32>,
    path: PathBuf,
}

/// All that were found.
#[derive(Debug)]
pub(super) struct Namespaces {
    /// The calling thread's own first.
    pub(super) list: Vec<Namespace>,
    /// Processes whose namespace may not be seen.
    pub(super) unreadable: usize,
}

impl Namespaces {
    pub(super) fn find() -> Self {
        let mut found: BTreeMap<u64, Namespace> = BTreeMap::new();
        let own = fs::metadata("/proc/thread-self/ns/net").ok();
        let (own, device) = own.map_or((0, 0), |own| (own.ino(), own.dev()));
        found
            .insert(own, Namespace { inode: own, name: "self".to_owned(), ..Namespace::default() });
        let mut unreadable = 0;
        for pid in owners::pids() {
            let path = PathBuf::from(format!("/proc/{pid}/ns/net"));
            match fs::metadata(&path) {
                Ok(metadata) => {
                    let (inode, name) = (metadata.ino(), format!("pid:{pid}"));
                    let pid = Some(pid);
                    found.entry(inode).or_insert(Namespace { inode, name, pid, path });
                }
                Err(error) => unreadable += usize::from(owners::is_hidden(pid, &error)),
            }
        }
        for (inode, name, path) in named(device) {
            let named = Namespace { inode, path: path.clone(), ..Namespace::default() };
            let namespace = found.entry(inode).or_insert(named);
            (namespace.name, namespace.path) = (name, path);
        }
        let first = found.remove(&own);
        Self { list: first.into_iter().chain(found.into_values()).collect(), unreadable }
    }
}

/// Inode number, name and path of every namespace that has a name.
fn named(device: u64) -> impl Iterator<Item = (u64, String, PathBuf)> {
    let entries = fs::read_dir(NAMED).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let path = entry.path();
        // What is left of a namespace that is not mounted is a file of another file system.
        let metadata = fs::metadata(&path).ok().filter(|metadata| metadata.dev() == device)?;
        Some((metadata.ino(), entry.file_name().to_string_lossy().into_owned(), path))
    })
}

/// The names that network namespaces have now, by inode number: one that has several has the first.
pub fn namespace_names() -> BTreeMap<u32, String> {
    let device = fs::metadata("/proc/thread-self/ns/net").map_or(0, |own| own.dev());
    let mut names = BTreeMap::new();
    for (inode, name, _) in named(device) {
        let Ok(inode) = u32::try_from(inode) else { continue };
        let kept = names.entry(inode).or_insert_with(|| name.clone());
        if name < *kept {
            *kept = name;
        }
    }
    names
}

impl Namespace {
    /// One that cannot be entered, for tests of what shows it.
    #[cfg(test)]
    pub(crate) fn named(inode: u64, name: &str) -> Self {
        Self { inode, name: name.to_owned(), ..Self::default() }
    }

    /// Moves the calling thread into it.
    pub(super) fn enter(&self) -> io::Result<()> {
        Ok(setns(File::open(&self.path)?, CloneFlags::CLONE_NEWNET)?)
    }

    /// Its sockets through a process that is in it, for which no privilege is needed.
    pub(super) fn read_from_outside(&self) -> Option<Vec<Endpoint>> {
        let pid = self.pid?;
        let sockets = table::read(format!("/proc/{pid}/net/netlink")).ok()?;
        // The process may have gone, and its number to another.
        let inode = fs::metadata(format!("/proc/{pid}/ns/net")).ok()?.ino();
        (inode == self.inode).then_some(sockets)
    }

    /// Whether it is still there.
    pub(super) fn exists(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode)
    }
}
