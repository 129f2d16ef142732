//! Cgroup ids as systemd units, containers and pods.
//!
//! A probe gives the id that `bpf_get_current_cgroup_id` returns, which on the hierarchy of version 2
//! is the inode number of the cgroup's directory. The sender says where it is, and the directory there
//! has to have that number; where the sender has gone, the hierarchy is searched, now and then.
//!
//! Invariant: what one process says is never taken for another's. Where all ids are the root's, as on
//! hosts with version 1 alone, each process is asked for itself.

use std::{
    cell::OnceCell,
    collections::HashSet,
    fs, io,
    os::unix::fs::{DirEntryExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{ENTRIES_MAX, Table, is_fresh, keep};
use nlmon_core::record::{Comm, Task};

use crate::{namespaces::is_gone, sockets::cgroup, throttle};

/// Directories that a search looks into.
const DIRECTORIES_MAX: usize = 65_536;

/// Least time between two searches, and how much more for each directory of the last: a large host is
/// searched less often.
const PAUSE_NS: u64 = 1_000_000_000;
const PAUSE_PER_DIRECTORY_NS: u64 = 1_000_000;

/// What a cgroup belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) unit: Option<Arc<str>>,
    pub(super) container: Option<Arc<str>>,
    /// The UID of the Kubernetes pod.
    pub(super) pod: Option<Arc<str>>,
}

/// A cgroup whose directory was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cgroup {
    /// That of all processes that no one has put elsewhere; version 1 may know more of them.
    Root,
    At(Place),
}

/// What a process said of itself.
#[derive(Debug)]
struct OfProcess {
    comm: Comm,
    place: Place,
    looked_ns: u64,
}

/// The cgroups that were looked up. An id is never used again, so what is known stays true.
#[derive(Debug, Default)]
pub(super) struct Cgroups {
    by_id: Table<u64, Cgroup>,
    by_pid: Table<u32, OfProcess>,
    /// Ids that are to be searched for.
    missing: HashSet<u64>,
    hierarchy: OnceCell<Option<Hierarchy>>,
    searched_ns: Option<u64>,
    pause_ns: u64,
}

/// The hierarchy of version 2.
#[derive(Debug)]
struct Hierarchy {
    mount: PathBuf,
    device: u64,
}

impl Cgroups {
    /// With a directory in the place of the hierarchy.
    #[cfg(test)]
    pub(super) fn at(mount: &Path) -> Self {
        let device = fs::metadata(mount).unwrap().dev();
        let hierarchy = Hierarchy { mount: mount.to_owned(), device };
        Self { hierarchy: OnceCell::from(Some(hierarchy)), ..Self::default() }
    }

    pub(super) fn note(&mut self, task: &Task, now_ns: u64) {
        if self.hierarchy.get().is_none() {
            match Hierarchy::find() {
                Ok(found) => self.hierarchy = OnceCell::from(found),
                // It is looked for again the next time.
                Err(error) => return warn(&error),
            }
        }
        let Some(Some(hierarchy)) = self.hierarchy.get() else {
            return self.note_process(task, now_ns);
        };
        let known = self.by_id.get(&task.cgroup_id).map(|cgroup| *cgroup == Cgroup::Root);
        let is_root = known.or_else(|| {
            let cgroup = hierarchy.of(task)?;
            let is_root = cgroup == Cgroup::Root;
            keep(&mut self.by_id, task.cgroup_id, cgroup);
            Some(is_root)
        });
        match is_root {
            Some(false) => {}
            Some(true) => self.note_process(task, now_ns),
            None => {
                if self.missing.len() < ENTRIES_MAX {
                    self.missing.insert(task.cgroup_id);
                }
                self.search(now_ns);
            }
        }
    }

    pub(super) fn get(&self, task: &Task) -> Option<&Place> {
        if let Some(Cgroup::At(place)) = self.by_id.get(&task.cgroup_id) {
            return Some(place);
        }
        let of_process = self.by_pid.get(&task.pid).filter(|process| process.comm == task.comm);
        of_process.map(|process| &process.place)
    }

    fn note_process(&mut self, task: &Task, now_ns: u64) {
        let known = self.by_pid.get(&task.pid).filter(|known| known.comm == task.comm);
        if known.is_some_and(|known| is_fresh(known.looked_ns, now_ns)) {
            return;
        }
        if let Some(text) = told(task) {
            let of_process = OfProcess { comm: task.comm, place: place(&text), looked_ns: now_ns };
            keep(&mut self.by_pid, task.pid, of_process);
        }
    }

    /// Searches for all that is missing, unless the last search was a moment ago. What is not found
    /// has gone.
    fn search(&mut self, now_ns: u64) {
        let is_due = |searched_ns| now_ns.saturating_sub(searched_ns) >= self.pause_ns;
        let Some(Some(hierarchy)) = self.hierarchy.get() else { return };
        if !self.searched_ns.is_none_or(is_due) {
            return;
        }
        let missing = std::mem::take(&mut self.missing);
        let (found, directories) = hierarchy.search(&missing);
        for (id, cgroup) in found {
            keep(&mut self.by_id, id, cgroup);
        }
        self.searched_ns = Some(now_ns);
        self.pause_ns = PAUSE_NS.max(PAUSE_PER_DIRECTORY_NS * directories as u64);
    }
}

/// `/proc/PID/cgroup`; `None` of a process that has gone, or that cannot be asked, which is said.
fn told(task: &Task) -> Option<String> {
    let read = fs::read_to_string(format!("/proc/{}/cgroup", task.pid));
    read.inspect_err(|error| {
        if !is_gone(error) {
            warn(error);
        }
    })
    .ok()
}

fn warn(error: &io::Error) {
    throttle::UNREADABLE.warn(format_args!("cannot look which cgroup a process is in: {error}"));
}

fn place(text: &str) -> Place {
    Place {
        unit: cgroup::unit(text).map(Into::into),
        container: cgroup::container(text).map(Into::into),
        pod: cgroup::pod(text).map(Into::into),
    }
}

impl Hierarchy {
    /// `None` if there is none.
    fn find() -> io::Result<Option<Self>> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let Some(mount) = mounts.lines().find_map(mount_point) else { return Ok(None) };
        let device = fs::metadata(&mount)?.dev();
        Ok(Some(Self { mount, device }))
    }

    /// The cgroup that a sender says it is in, if that has the id that the probe saw: it may have
    /// moved, or its number be another's by now.
    fn of(&self, task: &Task) -> Option<Cgroup> {
        let text = told(task)?;
        let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let metadata = fs::metadata(self.mount.join(path)).ok()?;
        let is_it = (metadata.dev(), metadata.ino()) == (self.device, task.cgroup_id);
        is_it.then(|| cgroup(Path::new(path)))
    }

    /// Those of `ids` that have a directory, and how many directories there are.
    fn search(&self, ids: &HashSet<u64>) -> (Vec<(u64, Cgroup)>, usize) {
        let mut found = Vec::new();
        let mut directories = vec![PathBuf::new()];
        let mut looked = 0;
        while let Some(path) = directories.pop() {
            looked += 1;
            let entries = fs::read_dir(self.mount.join(&path)).inspect_err(|error| {
                if !is_gone(error) {
                    warn(error);
                }
            });
            for entry in entries.into_iter().flatten().flatten() {
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let path = path.join(entry.file_name());
                // The number in a directory's list is that of its metadata.
                if ids.contains(&entry.ino()) {
                    found.push((entry.ino(), cgroup(&path)));
                }
                if looked + directories.len() < DIRECTORIES_MAX {
                    directories.push(path);
                }
            }
        }
        (found, looked)
    }
}

/// What the cgroup of this directory is, below the mount point.
fn cgroup(path: &Path) -> Cgroup {
    if path.as_os_str().is_empty() {
        return Cgroup::Root;
    }
    Cgroup::At(place(&format!("0::/{}", path.display())))
}

/// The mount point in a line of `mountinfo`, if it is one of the hierarchy of version 2.
fn mount_point(line: &str) -> Option<PathBuf> {
    let (mount, kind) = line.split_once(" - ")?;
    kind.starts_with("cgroup2 ").then(|| mount.split(' ').nth(4).map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(pid: u32, cgroup_id: u64) -> Task {
        Task { pid, cgroup_id, comm: "x".into(), ..Task::default() }
    }

    /// A directory in the place of the hierarchy, with a unit in a slice; the unit's number.
    fn hierarchy(name: &str) -> (Cgroups, u64, PathBuf) {
        let mount =
            std::env::temp_dir().join(format!("nlmon-cgroups-{name}-{}", std::process::id()));
        let unit = mount.join("a.slice/b.service");
        fs::create_dir_all(&unit).unwrap();
        fs::write(mount.join("a.slice/cgroup.procs"), "").unwrap();
        let id = fs::metadata(&unit).unwrap().ino();
        (Cgroups::at(&mount), id, mount)
    }

    fn unit(name: &str) -> Place {
        Place { unit: Some(name.into()), ..Place::default() }
    }

    #[test]
    fn finds_the_hierarchy_of_version_two() {
        let line = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(mount_point(line), Some("/sys/fs/cgroup".into()));
        assert_eq!(mount_point("31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"), None);
        assert_eq!(mount_point("25 1 0:22 / /proc rw - proc proc rw"), None);
    }

    #[test]
    fn finds_the_unit_of_a_process_that_has_gone() {
        let (mut cgroups, id, mount) = hierarchy("gone");
        let gone = task(u32::MAX, id);
        cgroups.note(&gone, 1);
        assert_eq!(cgroups.get(&gone), Some(&unit("b.service")));
        fs::remove_dir_all(mount).unwrap();
    }

    #[test]
    fn searches_for_what_is_missing_once_in_a_while() {
        let (mut cgroups, _, mount) = hierarchy("while");
        cgroups.note(&task(u32::MAX, 1), 1);
        let late = mount.join("late.service");
        fs::create_dir(&late).unwrap();
        let late = task(u32::MAX, fs::metadata(&late).unwrap().ino());
        cgroups.note(&late, 2);
        assert_eq!(cgroups.get(&late), None);
        cgroups.note(&late, 1 + PAUSE_NS);
        assert_eq!(cgroups.get(&late), Some(&unit("late.service")));
        fs::remove_dir_all(mount).unwrap();
    }

    #[test]
    fn does_not_take_the_cgroup_of_one_process_for_that_of_another() {
        // As with version 1 alone: every process has the same id.
        let mut cgroups = Cgroups { hierarchy: OnceCell::from(None), ..Cgroups::default() };
        let own = task(std::process::id(), 1);
        let text = fs::read_to_string("/proc/self/cgroup").unwrap();
        cgroups.note(&own, 1);
        assert_eq!(cgroups.get(&own), Some(&place(&text)));
        let other = task(u32::MAX, 1);
        cgroups.note(&other, 1);
        assert_eq!(cgroups.get(&other), None);
        // Another process with the number of the first.
        assert_eq!(cgroups.get(&Task { comm: "y".into(), ..own }), None);
    }

    #[test]
    fn does_not_believe_a_process_that_is_elsewhere_by_now() {
        let (cgroups, id, mount) = hierarchy("elsewhere");
        let hierarchy = cgroups.hierarchy.get().unwrap().as_ref().unwrap();
        // It says where it is on this machine, which is no directory below.
        assert_eq!(hierarchy.of(&task(std::process::id(), id)), None);
        fs::remove_dir_all(mount).unwrap();
    }
}
