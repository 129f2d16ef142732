//! The Unix socket of the live log: lets clients in, and writes what the bus has for each. What is
//! said on it is `protocol`'s.
//!
//! Invariant: whatever a client does (sends nonsense, sends nothing, stops reading, never leaves)
//! costs one task, one bounded buffer and one place among [`super::bus::Limits::clients`].

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Error;
use super::answers::{self, AnswerRequest};
use super::bus::{Batch, Bus, Cursor};
use super::entry::Entry;
use super::filter::Matcher;
use super::json::Detail;
use super::ledger::{self, ChangesRequest, ExplainRequest, KeptLedger};
use super::places::{Place, Places};
use super::protocol::{FindingsRequest, Lost, REQUEST_MAX, Refusal, Reply, Request, VERSION, line};
use super::situation::{self, SituationRequest};
use super::stats::{self, StatsRequest, StatsSource};
use crate::connections::{Closing, ConnectionLimit, LOG, Peer, Permit};
use crate::shutdown;
use crate::subscribe::monotonic_ns;
use crate::unix_socket::{self, SocketFile};

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
    listener: std::os::unix::net::UnixListener,
    _file: SocketFile,
}

impl Server {
    /// Opens the socket at `path`, for root and the group `nlmon`. Makes its directory, and takes
    /// the place of a socket that nobody serves any more. Clients wait until it is served.
    ///
    /// # Errors
    /// [`Error::InUse`] if a daemon answers there, [`Error::NotASocket`] if something else is in
    /// the way, [`Error::Io`] if the system refuses.
    pub fn bind(path: &Path) -> Result<Self, Error> {
        let (listener, file) = unix_socket::bind(path)?;
        Ok(Self { listener, _file: file })
    }

    /// Serves clients from `bus` and `stats` until `shutdown` turns true or its sender is gone.
    ///
    /// # Errors
    /// The runtime cannot poll the socket.
    pub async fn serve(
        self,
        bus: Arc<Bus>,
        stats: StatsSource,
        mut shutdown: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let listener = tokio::net::UnixListener::from_std(self.listener)?;
        let mut clients = JoinSet::new();
        let service = Arc::new(Service::new(bus, stats));
        loop {
            let most = 2 * service.bus.limits().clients + 2 * WAITING_MAX;
            tokio::select! {
                () = shutdown::requested(&mut shutdown) => break,
                accepted = listener.accept(), if clients.len() < most => match accepted {
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
        Ok(())
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
    Situation {
        source: StatsSource,
        _permit: Place,
    },
    Changes {
        changes: ChangesRequest,
        ledger: Arc<KeptLedger>,
        _permit: Place,
    },
    Explain {
        explain: ExplainRequest,
        ledger: Arc<KeptLedger>,
        _permit: Place,
    },
    Answer {
        answer: AnswerRequest,
        source: StatsSource,
        bus: Arc<Bus>,
        _permit: Place,
    },
    /// One line, which takes no place: whether all is well must be told when all places are taken.
    Health(StatsSource),
    /// The same of what is wrong; one that watches takes a place.
    Findings {
        request: FindingsRequest,
        source: StatsSource,
        _permit: Option<Place>,
    },
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
    let most = bus.limits().clients;
    let busy =
        || (Refusal::Busy, format!("{most} clients are connected already, the most allowed"));
    if let Some(request) = request.findings {
        let permit =
            if request.watch { Some(service.watchers.take(most).ok_or_else(busy)?) } else { None };
        return Ok(Admitted::Findings { request, source: service.stats.clone(), _permit: permit });
    }
    let matcher =
        request.filter.compile(bus.specs()).map_err(|e| (Refusal::Filter, e.to_string()))?;
    if let Some(stats) = request.stats {
        let permit = service.watchers.take(most).ok_or_else(busy)?;
        return Ok(Admitted::Stats { stats, source: service.stats.clone(), _permit: permit });
    }
    if let Some(SituationRequest {}) = request.situation {
        let permit = service.watchers.take(most).ok_or_else(busy)?;
        return Ok(Admitted::Situation { source: service.stats.clone(), _permit: permit });
    }
    if let Some(answer) = request.answer {
        let permit = service.watchers.take(most).ok_or_else(busy)?;
        let (source, bus) = (service.stats.clone(), Arc::clone(bus));
        return Ok(Admitted::Answer { answer, source, bus, _permit: permit });
    }
    if request.changes.is_some() || request.explain.is_some() {
        let permit = service.watchers.take(most).ok_or_else(busy)?;
        return admit_to_ledger(request, service, permit);
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

fn admit_to_ledger(
    request: Request,
    service: &Service,
    permit: Place,
) -> Result<Admitted, Refused> {
    let Some(ledger) = service.stats.ledger() else {
        let message = "the daemon keeps no ledger: its configuration has ledger.enabled = false";
        return Err((Refusal::Ledger, message.to_owned()));
    };
    if let Some(explain) = request.explain {
        return Ok(Admitted::Explain { explain, ledger, _permit: permit });
    }
    let changes = request.changes.unwrap_or_default();
    changes.filter.check().map_err(|error| (Refusal::Filter, error.to_string()))?;
    Ok(Admitted::Changes { changes, ledger, _permit: permit })
}

async fn talk(write: &mut OwnedWriteHalf, client: Admitted) -> io::Result<()> {
    match client {
        Admitted::Records(records) => stream_records(write, *records).await,
        Admitted::Stats { stats, source, _permit } => stats::stream(write, stats, source).await,
        Admitted::Situation { source, _permit } => situation::stream(write, source).await,
        Admitted::Changes { changes, ledger, _permit } => {
            ledger::stream(write, changes, ledger).await
        }
        Admitted::Explain { explain, ledger, _permit } => {
            ledger::explain(write, explain, ledger).await
        }
        Admitted::Answer { answer, source, bus, _permit } => {
            answers::answer(write, answer, source, bus).await
        }
        Admitted::Health(source) => stats::tell_health(write, &source).await,
        Admitted::Findings { request, source, _permit } => {
            stats::tell_findings(write, request, &source).await
        }
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
            entry.write_json(detail, buffer);
        }
    }
}

/// Returns when the client closes its end. What else it sends is not read into memory.
async fn hung_up(mut read: BufReader<OwnedReadHalf>) {
    let mut scrap = [0; 64];
    while matches!(read.read(&mut scrap).await, Ok(1..)) {}
}
