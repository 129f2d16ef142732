//! A listening Unix socket in the file system, for root and the group `nlmon`: it never lets in anybody
//! else, takes the place of no other server, and takes its file away at its end.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::fcntl::{AtFlags, OFlag, open};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind as bind_fd, listen, socket,
};
use nix::sys::stat::{Mode, fchmod, fstat};
use nix::unistd::{Gid, fchownat};

/// Who may connect: root and this group.
const GROUP: &str = "nlmon";
const MODE: u32 = 0o660;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another daemon answers on the socket.
    #[error(
        "another nlmon serves {}: stop it first, or give this one another socket", path.display()
    )]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// A file that is no socket is in the way. nlmon does not remove it.
    #[error("{} exists and is no socket: move it away, or choose another socket", path.display())]
    NotASocket {
        /// What is in the way.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The call: `bind`, `create`.
        action: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// Opens the socket at `path`. Makes its directory, and takes the place of a socket that nobody serves
/// any more. Whoever accepts from it does not wait: `accept` fails while nobody has connected.
///
/// # Errors
/// [`Error::InUse`] if a daemon answers there, [`Error::NotASocket`] if something else is in the way,
/// [`Error::Io`] if the system refuses.
pub(crate) fn bind(path: &Path) -> Result<(UnixListener, SocketFile), Error> {
    let failed = |action| move |source| Error::Io { action, path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed("create the directory of"))?;
    }
    remove_stale(path)?;
    let listener = listen_at(path).map_err(failed("listen on"))?;
    let file = SocketFile::new(path).map_err(failed("look at"))?;
    give_to_group(&file).map_err(failed("set the permissions of"))?;
    Ok((UnixListener::from(listener), file))
}

/// Removes its file, unless another has taken the path meanwhile.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), inode: fs::symlink_metadata(path)?.ino() })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// Makes way at `path`. Only a refused connection proves that nobody serves the socket.
fn remove_stale(path: &Path) -> Result<(), Error> {
    let path_of = || path.to_owned();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Io { action: "look at", path: path_of(), source }),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(Error::NotASocket { path: path_of() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Error::InUse { path: path_of() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .map_err(|source| Error::Io { action: "remove", path: path_of(), source }),
        Err(source) => Err(Error::Io { action: "connect to", path: path_of(), source }),
    }
}

/// A listening socket. Its file never has a wider mode than wanted: on Linux, `bind` makes the file
/// with the mode of the socket's descriptor (`unix_bind_bsd` in `net/unix/af_unix.c`).
fn listen_at(path: &Path) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    fchmod(&fd, Mode::from_bits_truncate(MODE))?;
    bind_fd(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    listen(&fd, Backlog::new(128)?)?;
    Ok(fd)
}

/// Without the group, and without the right to give the file away, root alone may read.
///
/// By a descriptor of the socket's own file: whoever may write to the directory can put a link in
/// its place meanwhile, and what the link names must not change hands.
fn give_to_group(file: &SocketFile) -> io::Result<()> {
    let path = &file.path;
    let fd = open(path, OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC, Mode::empty())?;
    if fstat(&fd)?.st_ino != file.inode {
        return Err(io::Error::other("another file has taken its place"));
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    if let Some(group) = group_id(&groups, GROUP)
        && let Err(error) = fchownat(&fd, "", None, Some(group), AtFlags::AT_EMPTY_PATH)
    {
        tracing::warn!("cannot give {} to group {GROUP}: {error}", path.display());
    }
    // The umask may have taken the group's part.
    // The descriptor is of a path alone, which `fchmod` does not take.
    let same = format!("/proc/self/fd/{}", fd.as_raw_fd());
    fs::set_permissions(same, Permissions::from_mode(MODE))
}

/// Id of a group in the text of `/etc/group`, where the package's own group is. The C library's
/// look-up would load its plug-ins, which a static binary crashes on.
fn group_id(groups: &str, name: &str) -> Option<Gid> {
    let line = groups.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split(':').nth(1)?.parse().ok().map(Gid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\nnlmonitor:x:5:\nnlmon:x:997:ann,bob\nbroken:x\n";
        assert_eq!(group_id(groups, "nlmon"), Some(Gid::from_raw(997)));
        assert_eq!(group_id(groups, "nlmo"), None);
        assert_eq!(group_id(groups, "broken"), None);
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let directory = std::env::temp_dir().join(format!("nlmon-link-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, other) = (directory.join("log"), directory.join("other"));
        fs::write(&other, "").unwrap();
        fs::set_permissions(&other, Permissions::from_mode(0o600)).unwrap();
        let _socket = listen_at(&path).unwrap();
        let file = SocketFile::new(&path).unwrap();
        give_to_group(&file).unwrap();
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), MODE);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(give_to_group(&file).is_err());
        assert_eq!(mode(&other), 0o600);
        fs::remove_dir_all(&directory).unwrap();
    }
}
