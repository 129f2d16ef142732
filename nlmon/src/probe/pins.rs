//! Probes that outlive their daemon: maps, programs and links by name in the BPF file system, which
//! keeps them until somebody removes the names.
//!
//! The next daemon takes charge of what it finds there, if it would have loaded the same. Nothing is
//! detached meanwhile, and so no call passes uncounted.

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::fs::DirBuilderExt as _},
    path::{Path, PathBuf},
};

use aya::{Ebpf, maps::MapData};
use nlmon_common::control::Identity;

use super::{
    Error,
    attach::{Attached, Attachment, OwnLink},
    control::{self, refusal},
    mapped::Mapped,
    plan::{Hook, Probe},
    syscall,
};

/// Where they are.
pub const DIRECTORY: &str = "/sys/fs/bpf/nlmon";

/// What names begin with, by what they name. The file system has no room for a dot in them.
const MAP: &str = "map:";
const PROGRAM: &str = "program:";
const LINK: &str = "link:";

/// The directory, and whether this daemon takes charge of what is in it.
pub(super) struct Pins {
    directory: PathBuf,
    pub(super) is_taken_over: bool,
}

impl Pins {
    /// Looks what an earlier daemon has left. What does not fit is removed, which is said.
    pub(super) fn open(identity: &Identity) -> Result<Self, Error> {
        let directory = PathBuf::from(DIRECTORY);
        let is_taken_over = match found(&directory) {
            Some(words) => {
                if is_in_charge(words.own_tgid) {
                    return Err(Error::InCharge(words.own_tgid));
                }
                refusal(&words, identity)
                    .inspect(|why| tracing::warn!("starts with new probes: {why}"))
            }
            None => Some("there are none"),
        }
        .is_none();
        if !is_taken_over {
            remove()?;
            make(&directory).map_err(|source| Error::Pin { path: directory.clone(), source })?;
        }
        Ok(Self { directory, is_taken_over })
    }

    /// Where a map is.
    pub(super) fn map(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{MAP}{name}"))
    }

    /// Gives names to programs and links, and so lets go of them.
    pub(super) fn keep(&self, ebpf: &mut Ebpf, links: Vec<OwnLink>) -> Result<(), Error> {
        for OwnLink { label, program, held } in links {
            let name = self.directory.join(format!("{PROGRAM}{program}"));
            let link = self.directory.join(format!("{LINK}{label}"));
            let failed = |source| Error::Pin { path: link.clone(), source };
            match held {
                Attachment::Fd(fd_link) => {
                    let loaded = ebpf.program_mut(program).ok_or(Error::Object(program))?;
                    loaded.pin(&name).map_err(|error| failed(io::Error::other(error)))?;
                    fd_link
                        .pin(&link)
                        .map_err(|error| failed(io::Error::other(error)))
                        .map(drop)?;
                }
                Attachment::Multi(multi) => {
                    syscall::pin(&multi.program, &name).map_err(failed)?;
                    syscall::pin(&multi.link, &link).map_err(failed)?;
                }
                Attachment::PerfEvent => return Err(failed(io::ErrorKind::Unsupported.into())),
            }
        }
        Ok(())
    }

    /// The probes that an earlier daemon has attached.
    pub(super) fn attached(&self, preempts: bool) -> Result<Vec<Attached>, Error> {
        let mut attached: Vec<Attached> = Vec::new();
        for name in self.names(LINK)? {
            if let Some(found) = parse(&name, preempts)
                && !attached.iter().any(|attached| attached.probe == found.probe)
            {
                attached.push(found);
            }
        }
        attached.sort_by_key(|attached| attached.probe);
        Ok(attached)
    }

    /// Whether there is a link of this name.
    pub(super) fn has_link(&self, label: &str) -> bool {
        self.directory.join(format!("{LINK}{label}")).exists()
    }

    /// The programs that it has loaded, by name.
    pub(super) fn programs(&self) -> Result<Vec<(String, OwnedFd)>, Error> {
        let open = |name: String| {
            let path = self.directory.join(format!("{PROGRAM}{name}"));
            let opened = syscall::open_pinned(&path);
            opened.map(|fd| (name, fd)).map_err(|source| Error::Pin { path, source })
        };
        self.names(PROGRAM)?.into_iter().map(open).collect()
    }

    fn names(&self, kind: &str) -> Result<Vec<String>, Error> {
        let failed = |source| Error::Pin { path: self.directory.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.to_string_lossy().strip_prefix(kind).map(str::to_owned));
        }
        Ok(names)
    }
}

/// Makes the directory, if it is not there. The service finds it made: it may write nowhere above.
fn make(directory: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(_) if directory.is_dir() => Ok(()),
        made => made,
    }
}

/// Removes what an earlier daemon has left, and with it its probes. Whether there was any. An empty
/// directory stays where this daemon may not remove it.
pub fn remove() -> Result<bool, Error> {
    let failed = |source| Error::Pin { path: DIRECTORY.into(), source };
    let entries = match fs::read_dir(DIRECTORY) {
        Ok(entries) => entries,
        // Whoever may not even look has left nothing there.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(failed(source)),
    };
    let mut removed = false;
    for entry in entries {
        fs::remove_file(entry.map_err(failed)?.path()).map_err(failed)?;
        removed = true;
    }
    fs::remove_dir(DIRECTORY).unwrap_or_else(|error| tracing::debug!("{DIRECTORY} stays: {error}"));
    Ok(removed)
}

/// The control of probes that are there.
fn found(directory: &Path) -> Option<nlmon_common::control::Control> {
    let map = MapData::from_pin(directory.join(format!("{MAP}{}", control::MAP))).ok()?;
    // One of another layout cannot be read, and so not be taken over.
    Mapped::of_data(map, control::MAP).ok()?.get(0)
}

/// Whether that process is a daemon that runs.
fn is_in_charge(tgid: u64) -> bool {
    let comm = fs::read_to_string(format!("/proc/{tgid}/comm"));
    tgid != u64::from(std::process::id()) && comm.is_ok_and(|comm| comm.trim_end() == "nlmon")
}

/// What a link's name tells: `unicast:entry:fentry:netlink_unicast`.
fn parse(label: &str, preempts: bool) -> Option<Attached> {
    let mut parts = label.split(':');
    let (probe, _end) = (parts.next()?, parts.next()?);
    let (hook, symbol) = (parts.next()?, parts.next()?);
    let probe = Probe::ALL.into_iter().find(|known| known.name() == probe)?;
    let hook = Hook::ALL.into_iter().find(|known| known.name() == hook)?;
    let symbol = probe.symbols().iter().find(|known| **known == symbol)?;
    let is_exact = !(preempts && hook == Hook::Fentry);
    Some(Attached { probe, symbol, hook, refused: Vec::new(), is_exact })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_links_name_says_what_is_attached() {
        let attached = parse("broadcast:return:kprobe_multi:netlink_broadcast", true).unwrap();
        assert_eq!((attached.probe, attached.hook), (Probe::Broadcast, Hook::KprobeMulti));
        assert_eq!(attached.symbol, "netlink_broadcast");
        assert!(attached.is_exact);
        assert!(!parse("dump:entry:fentry:netlink_dump", true).unwrap().is_exact);
        assert_eq!(parse("sched_process_exit", true), None);
        assert_eq!(parse("dump:entry:fentry:vfs_read", true), None);
    }
}
