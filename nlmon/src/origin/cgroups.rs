//! Cgroup ids as systemd units and containers.
//!
//! A probe gives the id that `bpf_get_current_cgroup_id` returns, which is the file handle of the
//! cgroup's directory (`kernfs_fh_to_dentry` in `fs/kernfs/mount.c`): one system call opens it,
//! however many cgroups there are. Where that is not allowed, the process is asked.

use std::{
    collections::HashMap,
    fs::{self, File},
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
    path::PathBuf,
    sync::Arc,
};

use super::{is_fresh, keep};
use nlmon_core::record::Task;

use crate::sockets::cgroup;

/// `FILEID_KERNFS`, `include/linux/exportfs.h`.
const FILEID_KERNFS: i32 = 0xfe;

/// The unit and the container that a cgroup belongs to.
type Place = (Option<Arc<str>>, Option<Arc<str>>);

/// `struct file_handle` with the eight bytes of a cgroup's id.
#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    id: u64,
}

#[derive(Debug)]
struct Known {
    place: Option<Place>,
    looked_ns: u64,
}

/// The cgroups that were looked up. An id is never used again, so what is known stays true.
#[derive(Debug, Default)]
pub(super) struct Cgroups {
    by_id: HashMap<u64, Known>,
    mount: Option<Mount>,
}

/// Where the hierarchy of version 2 is mounted.
#[derive(Debug)]
struct Mount {
    path: PathBuf,
    directory: File,
}

impl Cgroups {
    pub(super) fn note(&mut self, task: &Task, now_ns: u64) {
        let known = self.by_id.get(&task.cgroup_id);
        if known.is_some_and(|k| k.place.is_some() || is_fresh(k.looked_ns, now_ns)) {
            return;
        }
        let place = self.look(task).map(|text| place(&text));
        keep(&mut self.by_id, task.cgroup_id, Known { place, looked_ns: now_ns });
    }

    pub(super) fn get(&self, id: u64) -> Place {
        self.by_id.get(&id).and_then(|known| known.place.clone()).unwrap_or_default()
    }

    /// The line of `/proc/PID/cgroup` for the task's cgroup.
    fn look(&mut self, task: &Task) -> Option<String> {
        if self.mount.is_none() {
            self.mount = Mount::find();
        }
        let opened = self.mount.as_ref().and_then(|mount| mount.open(task.cgroup_id));
        opened.or_else(|| fs::read_to_string(format!("/proc/{}/cgroup", task.pid)).ok())
    }
}

fn place(text: &str) -> Place {
    (cgroup::unit(text).map(Into::into), cgroup::container(text).map(Into::into))
}

impl Mount {
    fn find() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let path = mounts.lines().find_map(mount_point)?;
        let directory = File::open(&path).ok()?;
        Some(Self { path, directory })
    }

    fn open(&self, id: u64) -> Option<String> {
        let mut handle =
            Handle { bytes: u32::try_from(size_of::<u64>()).ok()?, kind: FILEID_KERNFS, id };
        let flags = libc::O_PATH | libc::O_CLOEXEC;
        let pointer = (&raw mut handle).cast();
        // SAFETY: the handle is laid out as the kernel's structure, is as long as it says, and
        // outlives the call.
        let fd = unsafe { libc::open_by_handle_at(self.directory.as_raw_fd(), pointer, flags) };
        let fd = nix::errno::Errno::result(fd).ok()?;
        // SAFETY: the call has just returned it, and nobody else has it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let path = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).ok()?;
        Some(format!("0::/{}", path.strip_prefix(&self.path).ok()?.display()))
    }
}

/// The mount point in a line of `mountinfo`, if it is one of the hierarchy of version 2.
fn mount_point(line: &str) -> Option<PathBuf> {
    let (mount, kind) = line.split_once(" - ")?;
    kind.starts_with("cgroup2 ").then(|| mount.split(' ').nth(4).map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_hierarchy_of_version_two() {
        let line = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(mount_point(line), Some("/sys/fs/cgroup".into()));
        assert_eq!(mount_point("31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"), None);
        assert_eq!(mount_point("25 1 0:22 / /proc rw - proc proc rw"), None);
    }

    #[test]
    fn asks_the_process_where_the_id_tells_nothing() {
        let mut cgroups = Cgroups::default();
        let task = Task { pid: std::process::id(), cgroup_id: u64::MAX, ..Task::default() };
        let text = fs::read_to_string("/proc/self/cgroup").unwrap();
        cgroups.note(&task, 1);
        assert_eq!(cgroups.get(u64::MAX), place(&text));
        assert_eq!(cgroups.get(7), (None, None));
    }
}
