//! One protocol's membership of its groups: decides whether its socket should be open, opens it and
//! closes it. It waits for nothing but a socket to close, because a slow one must not delay others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

use futures_util::FutureExt as _;

use super::{
    Error, Event, Hold, Socket, Status, Subscription,
    family_groups::{self, FamilyGroups},
    interfaces::Lister,
    objects::{Lists, ObjectLister},
    poller::Poller,
    presence::Presence,
    reader::{self, Ended, Joined, Listers, Member, Stop},
};
use crate::{clock::monotonic_ns, supervisor::Backoff, throttle};
use nlmon_core::decode::names::protocol_name;

/// How long a failed attempt is not repeated.
const RETRY: Duration = Duration::from_secs(1);

/// A subscription to groups of one protocol, and the state of its socket.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) protocol: u8,
    wanted: Subscription,
    /// It was open for something else, and has to be opened anew.
    stale: bool,
    /// Numbers of the groups that the kernel gives out, as far as there are such.
    found: BTreeMap<String, u32>,
    /// Which list of families those are of; 0 is none.
    found_of: u64,
    state: State,
    /// The registration of the protocol that was released on demand.
    released: Option<u64>,
    /// When a failure may be tried again.
    retry_at: Option<Instant>,
    /// How long a reader that has ended by itself is not started again.
    backoff: Backoff,
    reported: Option<String>,
}

#[derive(Debug)]
enum State {
    Closed,
    Open {
        portid: u32,
        stop: oneshot::Sender<Stop>,
        reader: JoinHandle<Ended>,
        since: Instant,
    },
    /// The socket is closed; its last events are still on their way.
    Ending(JoinHandle<Ended>),
}

/// What every socket of a namespace has in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// Inode number.
    pub(super) netns: u32,
    /// It is the daemon's own.
    pub(super) is_own: bool,
    pub(super) receive_buffer_bytes: usize,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) poller: Arc<Poller>,
    pub(super) status: Arc<Status>,
    /// Who wants lists of objects.
    pub(super) lists: Option<Lists>,
}

impl Membership {
    pub(super) fn new(protocol: u8, subscription: Subscription) -> Self {
        Self {
            protocol,
            wanted: subscription,
            stale: false,
            found: BTreeMap::new(),
            found_of: 0,
            state: State::Closed,
            released: None,
            retry_at: None,
            backoff: Backoff::default(),
            reported: None,
        }
    }

    /// From now on it is for these groups, none of which may be left. Its socket is opened anew: what
    /// comes meanwhile is not for it, and the join knows.
    pub(super) fn change(&mut self, wanted: Subscription) {
        self.wanted = wanted;
        self.found.clear();
        self.found_of = 0;
        self.stale = true;
        self.retry_at = None;
    }

    /// What it is for.
    pub(super) fn wanted(&self) -> &Subscription {
        &self.wanted
    }

    /// Whether nothing that happens elsewhere can change its state, but other `families`.
    pub(super) fn is_settled(&self, families: &FamilyGroups) -> bool {
        self.wanted.hold == Hold::Always
            && matches!(self.state, State::Open { .. })
            && !self.stale
            && !self.lacks(families)
    }

    /// Whether it has not looked for its groups among these.
    pub(super) fn lacks(&self, families: &FamilyGroups) -> bool {
        !self.wanted.named.is_empty() && self.found_of != families.edition()
    }

    /// Whether it has nothing left that runs.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Opens the socket if it is wanted. Says whether it is open and should not be. To be called in
    /// the namespace that it is for, and in a runtime.
    pub(super) fn update(
        &mut self,
        presence: &Presence,
        families: &FamilyGroups,
        common: &Common,
    ) -> bool {
        let found_others = self.lacks(families) && self.find(families, common);
        let stale = std::mem::take(&mut self.stale) || found_others;
        let wanted = self.wants(presence) && !self.groups().is_empty();
        match self.state {
            State::Closed if wanted => self.open(common),
            State::Open { .. } => return stale || !wanted,
            _ => {}
        }
        false
    }

    /// Finds the numbers of groups that have none of their own. Says whether any has changed.
    fn find(&mut self, families: &FamilyGroups, common: &Common) -> bool {
        // Not every family is there in every namespace.
        let groups =
            if common.is_own { Ok(families.own().clone()) } else { family_groups::groups() };
        // An error is not cured by asking again at once.
        self.found_of = families.edition();
        match groups {
            Ok(mut groups) => {
                groups.retain(|name, _| self.wanted.named.contains(name));
                let changed = groups != self.found;
                self.found = groups;
                changed
            }
            Err(error) => {
                self.report(error, &common.events);
                false
            }
        }
    }

    /// The groups to join, with the names of those that have no fixed number.
    fn groups(&self) -> BTreeMap<u32, Option<String>> {
        let named = self.found.iter().map(|(name, number)| (*number, Some(name.clone())));
        self.wanted.groups.iter().map(|number| (*number, None)).chain(named).collect()
    }

    /// Closes the socket, and leaves it closed as long as the protocol is registered as it is.
    pub(super) async fn release(&mut self, presence: &Presence, common: &Common) {
        self.released = presence.registration(self.protocol);
        self.close(common).await;
    }

    pub(super) fn resume(&mut self) {
        self.released = None;
    }

    /// Takes note that a reader has ended. Only then may its protocol be opened again, so that
    /// the end of one membership is not told after the start of the next.
    /// Says whether one has.
    pub(super) fn settle(&mut self, common: &Common) -> bool {
        match &mut self.state {
            State::Ending(reader) if reader.is_finished() => self.state = State::Closed,
            State::Open { reader, since, .. } if reader.is_finished() => {
                let pause = self.backoff.after(since.elapsed());
                let ended = reader.now_or_never();
                self.state = State::Closed;
                self.retry_at = Some(Instant::now() + pause);
                if let Some(Ok(Err(why))) = ended {
                    let (netns, protocol) = (common.netns, self.protocol);
                    throttle::SUBSCRIPTION.error(format_args!(
                        "the reader of {} in network namespace {netns} {why}; it starts again in \
                         {:.1} s",
                        protocol_name(protocol),
                        pause.as_secs_f64()
                    ));
                    common.status.reader_ended(netns, protocol, &why);
                }
            }
            _ => return false,
        }
        true
    }

    fn wants(&mut self, presence: &Presence) -> bool {
        let Some(registration) = presence.registration(self.protocol) else { return false };
        self.released = self.released.filter(|released| *released == registration);
        if self.released.is_some() {
            return false;
        }
        let own_portid = match self.state {
            State::Open { portid, .. } => portid,
            State::Closed | State::Ending(_) => 0,
        };
        let groups: Vec<u32> = self.groups().into_keys().collect();
        self.wanted.hold == Hold::Always
            || presence.has_listener(self.protocol, &groups, own_portid)
    }

    fn open(&mut self, common: &Common) {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        match self.try_open(common) {
            Ok(Some(state)) => self.state = state,
            Ok(None) => self.retry_at = Some(Instant::now() + RETRY),
            Err(error) => {
                self.retry_at = Some(Instant::now() + RETRY);
                common.status.failed(common.netns, self.protocol, &error);
                self.report(error, &common.events);
            }
        }
    }

    /// `None` if no group could be joined, which is reported: such a socket is of no use.
    fn try_open(&mut self, common: &Common) -> Result<Option<State>, Error> {
        let socket = Socket::open(self.protocol)?;
        socket.set_receive_buffer(common.receive_buffer_bytes)?;
        let groups = self.join(&socket, common);
        if groups.is_empty() {
            return Ok(None);
        }
        let portid = socket.portid();
        let numbers: Vec<u32> = groups.iter().map(|group| group.number).collect();
        let listers = Listers {
            interfaces: Lister::start(self.protocol, numbers.iter().copied(), common)?,
            objects: ObjectLister::start(self.protocol, &numbers, common)?,
        };
        let (stop, stopped) = oneshot::channel();
        let member = Member { netns: common.netns, protocol: self.protocol, portid, groups };
        let reader = reader::spawn(socket, member, listers, common, stopped)?;
        Ok(Some(State::Open { portid, stop, reader, since: Instant::now() }))
    }

    /// Joins what can be joined: one group that is refused is no reason to miss the others.
    fn join(&mut self, socket: &Socket, common: &Common) -> Vec<Joined> {
        let mut joined = Vec::new();
        let mut failed = None;
        for (number, name) in self.groups() {
            match socket.join(number) {
                Ok(()) => joined.push(Joined { number, name, at_ns: monotonic_ns() }),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match (&failed, joined.is_empty()) {
            (Some(error), true) => common.status.failed(common.netns, self.protocol, error),
            (refused, _) => {
                common.status.opened(common.netns, self.protocol, refused.as_ref());
            }
        }
        match failed {
            Some(error) => self.report(error, &common.events),
            None => self.reported = None,
        }
        joined
    }

    /// Closes the socket. Returns once it is closed.
    pub(super) async fn close(&mut self, common: &Common) {
        common.status.closed(common.netns, self.protocol);
        self.state = match std::mem::replace(&mut self.state, State::Closed) {
            State::Open { stop, reader, .. } => {
                let (closed, is_closed) = oneshot::channel();
                // A reader that has ended by itself has closed its socket, too.
                if stop.send(closed).is_ok() {
                    drop(is_closed.await);
                }
                State::Ending(reader)
            }
            other => other,
        };
    }

    /// Never waits for room: whoever empties the channel may be waiting for a release.
    pub(super) fn report(&mut self, error: Error, events: &mpsc::Sender<Event>) {
        let text = format!("{error:?}");
        if self.reported.as_ref() == Some(&text) {
            return;
        }
        if events.try_send(Event::Failed { protocol: self.protocol, error }).is_ok() {
            self.reported = Some(text);
        }
    }
}
