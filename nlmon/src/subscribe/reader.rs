//! Reads one socket into the channel of events until it is told to stop. When the channel is full
//! the reader waits, the kernel's receive buffer takes the burst, and what that cannot hold is
//! reported as an overrun: memory is bounded, and every loss is told.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    Error, Socket,
    batch::{self, DATAGRAMS_MAX, Read},
    interfaces::Lister,
    membership::Common,
    objects::ObjectLister,
    poller::Watch,
    socket::Datagram,
    subscriptions::Event,
};
use crate::{clock::monotonic_ns, hooks, supervisor::panics};
use nlmon_core::record::Delivery;

/// How long a socket that is about to close is read, at most.
const DRAIN_NS: u64 = 1_000_000_000;

/// Asks a reader to stop; it answers when its socket is closed.
pub(super) type Stop = oneshot::Sender<()>;

/// What a socket is a member of.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) netns: u32,
    pub(super) protocol: u8,
    pub(super) portid: u32,
    pub(super) groups: Vec<Joined>,
}

/// A group that a socket is in.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) number: u32,
    /// `family/group`, of those that have no fixed number.
    pub(super) name: Option<String>,
    /// When joining it had returned.
    pub(super) at_ns: u64,
}

/// Who lists what is there, where this socket tells how it changes.
#[derive(Debug)]
pub(super) struct Listers {
    /// The namespace's interfaces, for their names.
    pub(super) interfaces: Option<Lister>,
    /// What the ledger keeps.
    pub(super) objects: Option<ObjectLister>,
}

struct Reader {
    watch: Watch,
    socket: Socket,
    /// There may be more to read.
    is_readable: bool,
    inbox: Inbox,
    events: mpsc::Sender<Event>,
}

/// What is read, and not yet in the channel.
struct Inbox {
    member: Member,
    listers: Listers,
    backlog: VecDeque<Event>,
    /// Of the socket, as far as they are reported.
    drops: u32,
    /// When the last read began.
    read_ns: Arc<AtomicU64>,
}

/// Why a reader has ended that was not told to.
pub(super) type Ended = Result<(), String>;

/// How many datagrams of a socket that is about to close are read before other tasks have a turn.
const DRAIN_BATCH: usize = 64;

/// Why a reader ends by itself.
enum End {
    /// Nobody takes events any more.
    Unheard,
    /// The socket does not work.
    Broken(Error),
}

/// Starts a reader on the current tokio runtime. Should it panic, its memberships end all the same.
pub(super) fn spawn(
    socket: Socket,
    member: Member,
    listers: Listers,
    common: &Common,
    stop: oneshot::Receiver<Stop>,
) -> Result<JoinHandle<Ended>, Error> {
    socket.set_nonblocking()?;
    let watch = common
        .poller
        .watch(&socket)
        .map_err(|source| Error::Receive { protocol: member.protocol, source })?;
    let events = common.events.clone();
    let backlog = member.joined().collect();
    let read_ns = Arc::new(AtomicU64::new(monotonic_ns()));
    let farewell =
        Farewell { member: member.clone(), events: events.clone(), read_ns: Arc::clone(&read_ns) };
    let inbox = Inbox { member, listers, backlog, drops: 0, read_ns };
    let reader = Reader { watch, socket, is_readable: false, inbox, events };
    Ok(tokio::spawn(farewell.watch(reader, stop)))
}

/// What is left to say of a reader that has panicked.
struct Farewell {
    member: Member,
    events: mpsc::Sender<Event>,
    read_ns: Arc<AtomicU64>,
}

impl Farewell {
    async fn watch(self, reader: Reader, stop: oneshot::Receiver<Stop>) -> Ended {
        let payload = match tokio::spawn(reader.run(stop)).await {
            Ok(ended) => return ended,
            Err(error) => match error.try_into_panic() {
                Ok(payload) => payload,
                Err(_cancelled) => return Err("was cancelled".to_owned()),
            },
        };
        // What came later than its last read, nobody has read: the membership ends there, so that
        // those broadcasts are not called lost.
        for event in self.member.left(self.read_ns.load(Ordering::Relaxed)) {
            if self.events.send(event).await.is_err() {
                break;
            }
        }
        Err(format!("panicked: {}", panics::message(payload.as_ref())))
    }
}

impl Reader {
    async fn run(mut self, mut stop: oneshot::Receiver<Stop>) -> Ended {
        let mut ended = Ok(());
        let closed = loop {
            tokio::select! {
                biased;
                asked = &mut stop => break asked.ok(),
                advanced = self.advance() => match advanced {
                    Ok(()) => {}
                    Err(End::Unheard) => return Ok(()),
                    Err(End::Broken(error)) => {
                        ended = Err(format!("failed: {error}"));
                        let protocol = self.inbox.member.protocol;
                        self.inbox.backlog.push_back(Event::Failed { protocol, error });
                        break None;
                    }
                },
            }
        };
        self.finish(closed).await;
        ended
    }

    /// Passes on what was read, or else reads. Loses nothing when it is cancelled.
    async fn advance(&mut self) -> Result<(), End> {
        let count = self.inbox.backlog.len().min(DATAGRAMS_MAX).min(self.events.max_capacity());
        if count > 0 {
            let room = self.events.reserve_many(count).await;
            let Ok(room) = room else { return Err(End::Unheard) };
            room.zip(self.inbox.backlog.drain(..count)).for_each(|(room, event)| room.send(event));
            return Ok(());
        }
        if !self.is_readable {
            self.watch.readable().await;
            self.is_readable = true;
        }
        self.is_readable = self.inbox.read(&self.socket).map_err(End::Broken)?;
        Ok(())
    }

    /// Empties the queue, closes the socket, and only then waits for room in the channel: whoever
    /// empties it may be the one who waits for the socket to be closed.
    async fn finish(mut self, closed: Option<Stop>) {
        let at_ns = monotonic_ns();
        // The queue holds no more than the receive buffer, but a storm may refill it for ever.
        let mut batches = 0..DRAIN_BATCH;
        while monotonic_ns() - at_ns < DRAIN_NS
            && self.inbox.read(&self.socket).is_ok_and(|found| found)
        {
            if batches.next().is_none() {
                batches = 0..DRAIN_BATCH;
                tokio::task::yield_now().await;
            }
        }
        let now_ns = monotonic_ns();
        self.inbox.note_overrun(&self.socket, false, now_ns);
        let Self {
            watch, socket, inbox: Inbox { member, listers, mut backlog, .. }, events, ..
        } = self;
        backlog.extend(member.left(at_ns));
        drop(watch);
        drop(socket);
        if let Some(lister) = listers.interfaces {
            lister.end().await;
        }
        if let Some(lister) = listers.objects {
            lister.end().await;
        }
        if closed.is_some_and(|closed| closed.send(()).is_err()) {
            tracing::debug!("nobody waits for the socket of protocol {} to close", member.protocol);
        }
        for event in backlog {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

impl Inbox {
    /// Moves datagrams from the socket to the backlog. Says whether there may be more.
    fn read(&mut self, socket: &Socket) -> Result<bool, Error> {
        let at_ns = monotonic_ns();
        let before_ns = self.read_ns.swap(at_ns, Ordering::Relaxed);
        hooks::fault("reader");
        let Self { member, backlog, .. } = self;
        let take = |datagram: &Datagram<'_>, received_ns| {
            backlog.push_back(member.event(datagram, received_ns));
        };
        match batch::read(socket, take)? {
            Read::Datagrams(_) => Ok(true),
            Read::Overrun => {
                self.note_overrun(socket, true, before_ns);
                Ok(true)
            }
            Read::Empty => {
                self.note_overrun(socket, false, before_ns);
                let Member { netns, protocol, .. } = self.member;
                self.backlog.push_back(Event::Empty { netns, protocol, at_ns });
                Ok(false)
            }
        }
    }

    /// Reports what was lost since the read that began at `before_ns`. The kernel goes on dropping after it has said so, until the queue
    /// is empty; therefore this is called then as well.
    fn note_overrun(&mut self, socket: &Socket, told: bool, before_ns: u64) {
        let drops = socket.drops().unwrap_or(self.drops);
        let lost = drops.wrapping_sub(self.drops);
        self.drops = drops;
        if told || lost > 0 {
            let Member { netns, protocol, .. } = self.member;
            self.backlog.push_back(Event::Overrun { netns, protocol, lost, at_ns: monotonic_ns() });
            if let Some(lister) = &self.listers.interfaces {
                lister.again();
            }
            if let Some(lister) = &self.listers.objects {
                lister.missed(before_ns);
            }
        }
    }
}

impl Member {
    fn joined(&self) -> impl Iterator<Item = Event> + use<> {
        let Self { netns, protocol, portid, .. } = *self;
        let groups = self.groups.clone().into_iter();
        groups.map(move |Joined { number: group, name, at_ns }| Event::Joined {
            netns,
            protocol,
            group,
            name,
            portid,
            at_ns,
        })
    }

    fn left(&self, at_ns: u64) -> impl Iterator<Item = Event> + use<> {
        let Self { netns, protocol, .. } = *self;
        let groups = self.groups.clone().into_iter().map(|joined| joined.number);
        groups.map(move |group| Event::Left { netns, protocol, group, at_ns })
    }

    /// What came by no group is no delivery. Whoever may send to this port id could otherwise put
    /// into the log what looks like a notification.
    fn event(&self, datagram: &Datagram<'_>, received_ns: u64) -> Event {
        if datagram.group == 0 {
            return Event::Unicast { protocol: self.protocol };
        }
        Event::Delivery(Delivery {
            received_ns,
            protocol: self.protocol,
            netns: self.netns,
            group: datagram.group,
            src_portid: datagram.src_portid,
            len: datagram.len,
            data: datagram.data.to_vec(),
        })
    }
}
