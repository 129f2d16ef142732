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

const NS_PER_SECOND: i64 = 1_000_000_000;

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

/// The names that `ip netns` has given, by inode number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// A namespace that has several has the first.
    pub(crate) by_inode: BTreeMap<u32, Named>,
    /// There are files that name no namespace: `ip netns add` makes the file first.
    pub(crate) has_others: bool,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    /// When it was given, by the time of day in nanoseconds, as of the last tick before. The kernel
    /// makes the inode of a namespace when it is first asked for, and keeps it while it is mounted:
    /// for the name of one namespace this time stays the same. Of a link, it is the link's.
    pub(crate) given_ns: i64,
}

/// A namespace that has a name, and when that was given.
struct Entry {
    namespace: Namespace,
    given_ns: i64,
}

/// Every entry of `/run/netns`, `None` for what names no namespace. An error is none that says that
/// one has gone.
fn entries() -> io::Result<Vec<Option<Entry>>> {
    let directory = match fs::read_dir(NAMED) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        directory => directory?,
    };
    let device = fs::metadata("/proc/thread-self/ns/net")?.dev();
    directory.map(|found| entry(&found?, device)).collect()
}

fn entry(found: &fs::DirEntry, device: u64) -> io::Result<Option<Entry>> {
    let path = found.path();
    let both = fs::symlink_metadata(&path).and_then(|own| Ok((own, fs::metadata(&path)?)));
    let (own, metadata) = match both {
        Err(error) if is_gone(&error) => return Ok(None),
        both => both?,
    };
    // What is left of a namespace that is not mounted is a file of another file system.
    if metadata.dev() != device {
        return Ok(None);
    }
    let name = found.file_name().to_string_lossy().into_owned();
    let given_ns = own.ctime().saturating_mul(NS_PER_SECOND).saturating_add(own.ctime_nsec());
    let namespace = Namespace { inode: metadata.ino(), name, pid: None, path };
    Ok(Some(Entry { namespace, given_ns }))
}

/// Every namespace that `ip netns` has named.
pub(crate) fn named() -> io::Result<impl Iterator<Item = Namespace>> {
    Ok(entries()?.into_iter().flatten().map(|entry| entry.namespace))
}

/// The names that network namespaces have now.
pub(crate) fn names() -> io::Result<Names> {
    let mut found = Names::default();
    for entry in entries()? {
        let Some(Entry { namespace: Namespace { inode, name, .. }, given_ns }) = entry else {
            found.has_others = true;
            continue;
        };
        let Ok(inode) = u32::try_from(inode) else { continue };
        let named = Named { name, given_ns };
        let kept = found.by_inode.entry(inode).or_insert_with(|| named.clone());
        if named.name < kept.name {
            *kept = named;
        }
    }
    Ok(found)
}

/// When a name was last given or taken, by the clock of that file system; `None` if none ever was.
pub(crate) fn names_changed() -> io::Result<Option<SystemTime>> {
    match fs::metadata(NAMED).and_then(|directory| directory.modified()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        changed => changed.map(Some),
    }
}

impl Namespaces {
    /// An error says that nlmon cannot look, and nothing of what is there.
    pub(crate) fn find() -> io::Result<Self> {
        let mut unreadable = 0;
        let mut processes = Vec::new();
        for pid in pids()? {
            match fs::metadata(path_of(pid)) {
                Ok(metadata) => processes.push((metadata.ino(), pid)),
                Err(error) if is_gone(&error) => {
                    unreadable += usize::from(is_hidden(pid, &error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { unreadable, ..Self::of(processes)? })
    }

    /// Those that these processes are in, by inode number and pid, and those that have a name.
    pub(crate) fn of(processes: impl IntoIterator<Item = (u64, u32)>) -> io::Result<Self> {
        let own = fs::metadata("/proc/thread-self/ns/net")?.ino();
        let first = Namespace { inode: own, name: "self".to_owned(), ..Namespace::default() };
        let mut found = BTreeMap::from([(own, first)]);
        for (inode, pid) in processes {
            let namespace =
                || Namespace { pid: Some(pid), path: path_of(pid), ..Namespace::told(inode, pid) };
            found.entry(inode).or_insert_with(namespace);
        }
        for named in named()? {
            let Namespace { name, path, .. } = named.clone();
            let namespace = found.entry(named.inode).or_insert(named);
            (namespace.name, namespace.path) = (name, path);
        }
        let first = found.remove(&own);
        Ok(Self { list: first.into_iter().chain(found.into_values()).collect(), unreadable: 0 })
    }
}

/// Where the kernel shows the namespace of a process.
fn path_of(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
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

    /// Whether it is still there, as far as is known.
    pub(crate) fn exists(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(metadata) => metadata.ino() == self.inode,
            Err(error) => !is_gone(&error),
        }
    }
}

/// Every process, by pid.
pub(crate) fn pids() -> io::Result<BTreeSet<u32>> {
    let mut pids = BTreeSet::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(pids)
}

/// Whether this error means that a process or a namespace is not there any more, or may not be looked
/// into, and not that nlmon itself lacks something: descriptors, say, or memory.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
        || error.raw_os_error() == Some(libc::ESRCH)
}

/// Whether this error means that a process may not be looked into. The kernel's threads, which
/// have neither arguments nor sockets, do not matter.
pub(crate) fn is_hidden(pid: u32, error: &io::Error) -> bool {
    let has_arguments = || match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(arguments) => !arguments.is_empty(),
        Err(error) => !is_gone(&error),
    };
    error.kind() == io::ErrorKind::PermissionDenied && has_arguments()
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
