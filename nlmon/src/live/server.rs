//! The Unix socket of the live log: opens it, lets clients in, and writes what the bus has for
//! each. Owns the file system and the sockets; what is said on them is `protocol`'s.
//!
//! Invariant: whatever a client does (sends nonsense, sends nothing, stops reading, never leaves)
//! costs one task, one bounded buffer and one place among [`super::bus::Limits::clients`].

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::fcntl::{AtFlags, OFlag, open};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket,
};
use nix::sys::stat::{Mode, fchmod, fstat};
use nix::unistd::{Gid, fchownat};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Error;
use super::bus::{Batch, Bus, Cursor};
use super::entry::Entry;
use super::filter::Matcher;
use super::json::Detail;
use super::places::{Place, Places};
use super::protocol::{Lost, REQUEST_MAX, Refusal, Reply, Request, VERSION};
use super::stats::{self, StatsRequest, StatsSource};
use crate::connections::{Closing, ConnectionLimit, LOG, Peer, Permit};
use crate::shutdown;
use crate::subscribe::monotonic_ns;

/// Who may read the log: root and this group.
const GROUP: &str = "nlmon";
const MODE: u32 = 0o660;

/// How long a client may take to say what it wants.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// Connections that may be about to be admitted or refused at one time: one more takes the place of
/// one that has said nothing yet.
const WAITING_MAX: usize = 64;

/// What is written at a time, and about the most that is kept for one client.
const WRITE_BYTES: usize = 64 * 1024;

/// An open socket. Its file goes when this does.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    _file: SocketFile,
}

impl Server {
    /// Opens the socket at `path`, for root and the group `nlmon`. Makes its directory, and takes
    /// the place of a socket that nobody serves any more. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`Error::InUse`] if a daemon answers there, [`Error::NotASocket`] if something else is in
    /// the way, [`Error::Io`] if the system refuses.
    pub fn bind(path: &Path) -> Result<Self, Error> {
        let failed = |action| move |source| Error::Io { action, path: path.to_owned(), source };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(failed("create the directory of"))?;
        }
        remove_stale(path)?;
        let listener = listen_at(path).map_err(failed("listen on"))?;
        let file = SocketFile::new(path).map_err(failed("look at"))?;
        give_to_group(&file).map_err(failed("set the permissions of"))?;
        let listener = std::os::unix::net::UnixListener::from(listener);
        let listener = UnixListener::from_std(listener).map_err(failed("poll"))?;
        Ok(Self { listener, _file: file })
    }

    /// Serves clients from `bus` and `stats` until `shutdown` turns true or its sender is gone.
    pub async fn serve(
        self,
        bus: Arc<Bus>,
        stats: StatsSource,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let mut clients = JoinSet::new();
        let service = Arc::new(Service::new(bus, stats));
        loop {
            let most = 2 * service.bus.limits().clients + 2 * WAITING_MAX;
            tokio::select! {
                () = shutdown::requested(&mut shutdown) => break,
                accepted = self.listener.accept(), if clients.len() < most => match accepted {
                    Ok((stream, _)) => {
                        clients.spawn(serve_client(stream, Arc::clone(&service)));
                    }
                    Err(error) => LOG.accept_failed(&error).await,
                },
                Some(_ended) = clients.join_next() => {}
            }
        }
        // A client is told by the end of its stream; one that does not read cannot hold this up.
        clients.shutdown().await;
    }
}

/// What clients are served from.
struct Service {
    bus: Arc<Bus>,
    stats: StatsSource,
    /// Places of connections that have not been admitted yet.
    waiting: Arc<ConnectionLimit>,
    /// Places of clients that want records.
    readers: Arc<Places>,
    /// Places of clients that want numbers: as many.
    watchers: Arc<Places>,
}

impl Service {
    fn new(bus: Arc<Bus>, stats: StatsSource) -> Self {
        let (readers, watchers) = Default::default();
        Self { bus, stats, waiting: ConnectionLimit::new(|| WAITING_MAX, &LOG), readers, watchers }
    }
}

/// Removes its file, unless another has taken the path meanwhile.
#[derive(Debug)]
struct SocketFile {
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
            log::warn!("live log: cannot remove {}: {error}", self.path.display());
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
    match BlockingStream::connect(path) {
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
    bind(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
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
        log::warn!("live log: cannot give {} to group {GROUP}: {error}", path.display());
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

/// Serves one client, unless it loses its place before it is admitted.
async fn serve_client(stream: UnixStream, service: Arc<Service>) {
    let Ok(credentials) = stream.peer_cred() else { return };
    let closing = Closing::default();
    let Some(permit) = service.waiting.admit(Peer::User(credentials.uid()), &closing) else {
        return;
    };
    tokio::select! {
        () = converse(stream, &service, &permit) => {}
        () = closing.requested() => {}
    }
}

async fn converse(stream: UnixStream, service: &Service, permit: &Permit) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let request = request(&mut read).await;
    permit.set_busy(true);
    let admitted = match request {
        Ok(request) => admit(request, service).await,
        Err(refusal) => Err(refusal),
    };
    let reply = match &admitted {
        Ok(_) => Reply::Hello {
            version: VERSION,
            nlmon: env!("CARGO_PKG_VERSION").to_owned(),
            probes: service.bus.has_probes(),
            sample_every: service.bus.sample_every(),
        },
        Err((kind, message)) => Reply::Error { kind: *kind, message: message.clone() },
    };
    if !matches!(timeout(REQUEST_TIME, write.write_all(&line(&reply))).await, Ok(Ok(()))) {
        return;
    }
    match admitted {
        Ok(client) => {
            // It has one among the readers or the watchers now.
            permit.leave();
            tokio::select! {
                _gone = talk(&mut write, client) => {}
                () = hung_up(read) => {}
            }
        }
        // To close on unread bytes would reset the connection, and the refusal with it.
        Err(_refused) => {
            permit.set_busy(false);
            drop(write);
            drop(timeout(REQUEST_TIME, hung_up(read)).await);
        }
    }
}

type Refused = (Refusal, String);

/// What a client that was let in wants.
enum Admitted {
    Records(Box<Records>),
    Stats {
        stats: StatsRequest,
        source: StatsSource,
        _permit: Place,
    },
    /// One line, which takes no place: whether all is well must be told when all places are taken.
    Health(StatsSource),
}

struct Records {
    matcher: Arc<Matcher>,
    detail: Detail,
    subscription: Cursor,
    _permit: Place,
}

/// The request, once its line is there.
async fn request(read: &mut BufReader<OwnedReadHalf>) -> Result<Request, Refused> {
    let mut text = Vec::new();
    let limit = REQUEST_MAX as u64;
    let mut bounded = read.take(limit);
    let all = timeout(REQUEST_TIME, bounded.read_until(b'\n', &mut text));
    let problem = match all.await {
        Err(_elapsed) => format!("no request came within {} s", REQUEST_TIME.as_secs()),
        Ok(Err(error)) => format!("cannot read the request: {error}"),
        Ok(Ok(REQUEST_MAX)) if !text.ends_with(b"\n") => {
            format!("the request is longer than {REQUEST_MAX} bytes")
        }
        Ok(Ok(_)) => match serde_json::from_slice(&text) {
            Ok(request) => return Ok(request),
            Err(error) => format!("the request is not valid: {error}"),
        },
    };
    Err((Refusal::Request, problem))
}

async fn admit(request: Request, service: &Service) -> Result<Admitted, Refused> {
    let bus = &service.bus;
    if request.version != VERSION {
        let message = format!(
            "the daemon speaks version {VERSION} of the live log, the client {}: use the nlmon \
             that belongs to the daemon",
            request.version
        );
        return Err((Refusal::Version, message));
    }
    if request.health {
        return Ok(Admitted::Health(service.stats.clone()));
    }
    let matcher =
        request.filter.compile(bus.specs()).map_err(|e| (Refusal::Filter, e.to_string()))?;
    let most = bus.limits().clients;
    let busy =
        || (Refusal::Busy, format!("{most} clients are connected already, the most allowed"));
    if let Some(stats) = request.stats {
        let permit = service.watchers.take(most).ok_or_else(busy)?;
        return Ok(Admitted::Stats { stats, source: service.stats.clone(), _permit: permit });
    }
    if request.history.is_wanted() && !bus.keeps_history() {
        let message = "the daemon keeps no history: its configuration has log.history = 0";
        return Err((Refusal::History, message.to_owned()));
    }
    let permit = service.readers.take(most).ok_or_else(busy)?;
    let matcher = Arc::new(matcher);
    let subscription = bus.subscribe().with(request.history, monotonic_ns(), matcher.wants());
    let subscription = subscription.await.map_err(|error| {
        (Refusal::History, format!("cannot look for the place to begin at: {error}"))
    })?;
    let records = Records { matcher, detail: request.detail, subscription, _permit: permit };
    Ok(Admitted::Records(Box::new(records)))
}

async fn talk(write: &mut OwnedWriteHalf, client: Admitted) -> io::Result<()> {
    match client {
        Admitted::Records(records) => stream_records(write, *records).await,
        Admitted::Stats { stats, source, _permit } => stats::stream(write, stats, source).await,
        Admitted::Health(source) => stats::tell_health(write, &source).await,
    }
}

/// Writes until the client is gone.
async fn stream_records(write: &mut OwnedWriteHalf, client: Records) -> io::Result<()> {
    let Records { matcher, detail, mut subscription, _permit } = client;
    let mut buffer = Vec::new();
    loop {
        let batch = subscription.read().await;
        let is_many = batch.is_many();
        let Batch { lost, entries } = batch;
        if lost > 0 {
            buffer.extend(line(&Lost { lost }));
        }
        let mut entries = entries.into_iter();
        while !(entries.as_slice().is_empty() && buffer.is_empty()) {
            let matcher = Arc::clone(&matcher);
            let fill = move || {
                fill(&mut buffer, &mut entries, &matcher, detail);
                (buffer, entries)
            };
            (buffer, entries) = subscription.work(is_many, fill).await.map_err(io::Error::other)?;
            write.write_all(&buffer).await?;
            buffer.clear();
        }
    }
}

/// Adds the lines of what is wanted, until there are enough to write: in full, a record can be long.
fn fill(
    buffer: &mut Vec<u8>,
    entries: &mut std::vec::IntoIter<Arc<Entry>>,
    matcher: &Matcher,
    detail: Detail,
) {
    // What passes anyway need not be made first, to be looked at.
    let is_wanted = |entry: &Entry| matcher.is_open() || matcher.matches(entry.record());
    while buffer.len() < WRITE_BYTES
        && let Some(entry) = entries.next()
    {
        if is_wanted(&entry) {
            buffer.extend_from_slice(entry.json(detail).as_bytes());
        }
    }
}

/// Returns when the client closes its end. What else it sends is not read into memory.
async fn hung_up(mut read: BufReader<OwnedReadHalf>) {
    let mut scrap = [0; 64];
    while matches!(read.read(&mut scrap).await, Ok(1..)) {}
}

fn line(value: &impl serde::Serialize) -> Vec<u8> {
    // These types have string keys and finite numbers only, so this cannot fail.
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
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
