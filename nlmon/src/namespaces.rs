//! Finds the network namespaces of this machine and enters them. A namespace that neither a
//! process is in nor `/run/netns` names, one that is kept by a descriptor alone, is not found: a
//! socket of nlmon's own never makes one look alive.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    time::SystemTime,
};

use nix::sched::{CloneFlags, setns};

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
    pub(crate) pid: Option<u32>,
    path: PathBuf,
}

/// All that were found.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// The calling thread's own first.
    pub(crate) list: Vec<Namespace>,
    /// Processes whose namespace may not be seen.
    pub(crate) unreadable: usize,
}

/// Every namespace that `ip netns` has named.
pub(crate) fn named() -> impl Iterator<Item = Namespace> {
    let device = fs::metadata("/proc/thread-self/ns/net").ok().map(|own| own.dev());
    let entries = fs::read_dir(NAMED).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let path = entry.path();
        // What is left of a namespace that is not mounted is a file of another file system.
        let metadata = fs::metadata(&path).ok().filter(|m| Some(m.dev()) == device)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Some(Namespace { inode: metadata.ino(), name, pid: None, path })
    })
}

/// The names that network namespaces have now, by inode number: one that has several has the first.
pub(crate) fn names() -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for Namespace { inode, name, .. } in named() {
        let Ok(inode) = u32::try_from(inode) else { continue };
        let kept = names.entry(inode).or_insert_with(|| name.clone());
        if name < *kept {
            *kept = name;
        }
    }
    names
}

/// When a name was last given or taken, by the clock of that file system; `None` if none ever was.
pub(crate) fn names_changed() -> Option<SystemTime> {
    fs::metadata(NAMED).and_then(|directory| directory.modified()).ok()
}

impl Namespaces {
    pub(crate) fn find() -> Self {
        let mut found: BTreeMap<u64, Namespace> = BTreeMap::new();
        let own = fs::metadata("/proc/thread-self/ns/net").ok();
        let own = own.map_or(0, |own| own.ino());
        found
            .insert(own, Namespace { inode: own, name: "self".to_owned(), ..Namespace::default() });
        let mut unreadable = 0;
        for pid in pids() {
            let path = PathBuf::from(format!("/proc/{pid}/ns/net"));
            match fs::metadata(&path) {
                Ok(metadata) => {
                    let (inode, name) = (metadata.ino(), format!("pid:{pid}"));
                    let pid = Some(pid);
                    found.entry(inode).or_insert(Namespace { inode, name, pid, path });
                }
                Err(error) => unreadable += usize::from(is_hidden(pid, &error)),
            }
        }
        for named in named() {
            let Namespace { name, path, .. } = named.clone();
            let namespace = found.entry(named.inode).or_insert(named);
            (namespace.name, namespace.path) = (name, path);
        }
        let first = found.remove(&own);
        Self { list: first.into_iter().chain(found.into_values()).collect(), unreadable }
    }
}

impl Namespace {
    /// One that cannot be entered, for tests of what shows it.
    #[cfg(test)]
    pub(crate) fn fake(inode: u64, name: &str) -> Self {
        Self { inode, name: name.to_owned(), ..Self::default() }
    }

    /// One that is known by a socket in it, which the process holds.
    pub(crate) fn told(inode: u64, pid: u32) -> Self {
        Self { inode, name: format!("pid:{pid}"), ..Self::default() }
    }

    /// Moves the calling thread into it. The path may lead to another namespace by now, because
    /// process ids and names are used again: then this is an error.
    pub(crate) fn enter(&self) -> io::Result<()> {
        let file = File::open(&self.path)?;
        if file.metadata()?.ino() != self.inode {
            let why = format!("{} is another namespace by now", self.path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        Ok(setns(file, CloneFlags::CLONE_NEWNET)?)
    }

    /// Whether it is still there.
    pub(crate) fn exists(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode)
    }
}

/// Every process, by pid.
pub(crate) fn pids() -> BTreeSet<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Whether this error means that a process may not be looked into. The kernel's threads, which
/// have neither arguments nor sockets, do not matter.
pub(crate) fn is_hidden(pid: u32, error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
        && fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| !arguments.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_to_another_namespace_by_now_is_not_entered() {
        let path = PathBuf::from("/proc/thread-self/ns/net");
        let stale = Namespace { inode: 1, name: "pid:7".to_owned(), pid: Some(7), path };
        assert_eq!(stale.enter().unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!stale.exists());
    }
}
