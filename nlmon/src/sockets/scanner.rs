//! Scans: finds the namespaces, lists the sockets of each in the best way that works, and finds
//! their owners.

use std::{collections::HashSet, fs, io, os::unix::fs::MetadataExt as _, thread, time::Duration};

use nlmon_core::decode::names::protocol;

use super::{Endpoint, Error, Gaps, Scan, Seen, diag, owners::Owners, table, told};
use crate::{
    namespaces::{Namespace, Namespaces},
    probe::{self, Holding, Holdings},
    subscribe,
};

/// The kernel answers at once; this is for one that does not.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What scans.
#[derive(Default)]
pub struct Scanner {
    /// Who holds what, where the kernel can be asked.
    holdings: Option<Holdings>,
    /// Find out the units and containers of the owners too.
    finds_units: bool,
}

/// Namespaces as they were seen from within, or through `/proc`.
#[derive(Default)]
struct Visited {
    seen: Vec<Seen>,
    gaps: Gaps,
    /// Namespaces that show no socket.
    hidden: Vec<Namespace>,
}

impl Scanner {
    /// One that asks the kernel for the holders, if it can be asked, and `/proc` if not.
    pub fn new(holdings: Option<Holdings>) -> Self {
        Self { holdings, finds_units: false }
    }

    /// The same, which finds out the owners' units and containers too. That reads three files of each
    /// owner, and so is not for a scan every few seconds.
    #[must_use]
    pub fn with_units(self) -> Self {
        Self { finds_units: true, ..self }
    }

    /// Scans all sockets. Makes system calls for each namespace, and for each process where the kernel
    /// cannot be asked, and starts a thread that goes into others: not for an async task.
    pub fn scan(&self) -> Result<Scan, Error> {
        let processes = self.told(Holdings::processes);
        let is_told = processes.is_some();
        let namespaces = match processes {
            Some(told) => {
                Namespaces::of(told.iter().map(|process| (process.netns.into(), process.tgid)))
            }
            None => Namespaces::find(),
        };
        let Namespaces { list, unreadable } = namespaces.map_err(Error::Namespaces)?;
        let visited = if list.len() > 1 {
            let visitor = thread::Builder::new().name("namespaces".to_owned());
            let visitor = visitor.spawn(move || visit(list, is_told)).ok();
            visitor.and_then(|visitor| visitor.join().ok()).ok_or(Error::Thread)?
        } else {
            visit(list, is_told)
        };
        let mut visited = visited.map_err(Error::List)?;
        // After the dumps: what is in them has its owners here.
        let (owners, processes) = match self.told(Holdings::read) {
            Some(holdings) => {
                visited.add_told(&holdings);
                (Owners::told(&holdings, self.finds_units), 0)
            }
            None => (Owners::find(&visited.inodes()), unreadable),
        };
        let owners = owners.map_err(Error::Owners)?;
        for socket in visited.seen.iter_mut().flat_map(|seen| &mut seen.sockets) {
            if !socket.is_kernel() {
                socket.owners = owners.of(socket).map_err(Error::Owners)?;
            }
        }
        let Visited { seen, mut gaps, hidden } = visited;
        gaps.hidden = hidden.into_iter().map(|namespace| namespace.inode).collect();
        gaps.processes = processes.max(owners.unreadable());
        Ok(Scan { seen, gaps })
    }

    /// What the kernel tells.
    fn told<T>(&self, of: impl Fn(&Holdings) -> Result<Vec<T>, probe::Error>) -> Option<Vec<T>> {
        let error = match of(self.holdings.as_ref()?) {
            Ok(told) => return Some(told),
            Err(error) => anyhow::Error::from(error),
        };
        tracing::warn!("processes and owners of sockets are read from /proc: {error:#}");
        None
    }
}

impl Visited {
    /// The sockets of processes.
    fn inodes(&self) -> HashSet<u64> {
        let sockets = self.seen.iter().flat_map(|seen| &seen.sockets);
        sockets.filter(|socket| !socket.is_kernel()).map(|socket| socket.inode).collect()
    }

    /// Adds what the kernel tells and was not seen otherwise.
    fn add_told(&mut self, holdings: &[Holding]) {
        for (inode, (pid, sockets)) in told::by_namespace(holdings) {
            if let Some(seen) = self.seen.iter_mut().find(|seen| seen.namespace.inode == inode) {
                add_missing(&mut seen.sockets, sockets);
                continue;
            }
            let hidden = self.hidden.iter().position(|namespace| namespace.inode == inode);
            let namespace = match hidden {
                Some(index) => self.hidden.swap_remove(index),
                None => Namespace::told(inode, pid),
            };
            self.gaps.not_entered += 1;
            self.seen.push(Seen { namespace, sockets });
        }
    }
}

/// Adds those of `others` that are not among `sockets`. An inode number is a socket's own.
fn add_missing(sockets: &mut Vec<Endpoint>, others: Vec<Endpoint>) {
    let known: HashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
    sockets.extend(others.into_iter().filter(|socket| !known.contains(&socket.inode)));
}

/// Reads the sockets of each namespace. The first is the calling thread's own. The thread stays in
/// the last namespace that it enters. Where the kernel tells what processes hold, that is what a dump
/// may lack, and nothing is read from `/proc`.
fn visit(list: Vec<Namespace>, is_told: bool) -> io::Result<Visited> {
    let mut visited = Visited::default();
    for namespace in list {
        let own = visited.seen.is_empty();
        if own || namespace.enter().is_ok() {
            match read(&mut visited.gaps.refused, is_told) {
                Ok(sockets) => visited.seen.push(Seen { namespace, sockets }),
                Err(error) if own => return Err(error),
                Err(_unreadable) => visited.hidden.push(namespace),
            }
        } else if let Some(sockets) = read_from_outside(&namespace) {
            visited.gaps.not_entered += 1;
            visited.seen.push(Seen { namespace, sockets });
        } else if namespace.exists() {
            visited.hidden.push(namespace);
        }
    }
    Ok(visited)
}

/// The sockets of a namespace through a process that is in it, for which no privilege is needed.
fn read_from_outside(namespace: &Namespace) -> Option<Vec<Endpoint>> {
    let pid = namespace.pid?;
    let sockets = table::read(format!("/proc/{pid}/net/netlink")).ok()?;
    // The process may have gone, and its number to another.
    let inode = fs::metadata(format!("/proc/{pid}/ns/net")).ok()?.ino();
    (inode == namespace.inode).then_some(sockets)
}

/// The sockets of the calling thread's namespace, in the best way that works.
fn read(refused: &mut Option<String>, is_told: bool) -> io::Result<Vec<Endpoint>> {
    // Of the thread, which may be in another namespace than the process.
    let listed = || table::read("/proc/thread-self/net/netlink");
    let (mut sockets, own_portid) = match ask() {
        Ok(answer) => answer,
        Err(error) => {
            refused.get_or_insert_with(|| format!("{:#}", anyhow::Error::from(error)));
            return listed();
        }
    };
    // The dump may lack some, see `socket_dump`; the list never does.
    if !is_told && let Ok(listed) = listed() {
        add_missing(&mut sockets, listed);
    }
    sockets.retain(|s| (s.protocol, s.portid) != (protocol::SOCK_DIAG, own_portid));
    // What waits in the kernel's end is the request that was answered.
    let asked =
        |socket: &&mut Endpoint| socket.protocol == protocol::SOCK_DIAG && socket.is_kernel();
    sockets.iter_mut().filter(asked).for_each(|socket| socket.queue_bytes = 0);
    Ok(sockets)
}

/// The sockets that the kernel reports, and the port id of the one that asked.
fn ask() -> Result<(Vec<Endpoint>, u32), subscribe::Error> {
    let dump = subscribe::socket_dump(TIMEOUT)?;
    let sockets = diag::sockets(&dump.replies);
    let sockets = sockets.ok_or(subscribe::Error::Malformed { protocol: protocol::SOCK_DIAG })?;
    Ok((sockets, dump.portid))
}
