//! The subscriptions of every network namespace that is followed, as namespaces come and go.
//!
//! A socket keeps its namespace alive. An observer must not be why one stays, so the sockets are
//! closed as soon as no process is in it any more and no name leads to it; until the next look
//! they delay its end, and what happens in a namespace on its way down is nobody's to receive.
//!
//! Invariant: a look makes at most one thread, however many namespaces there are, and none where
//! nothing is due.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, io,
    mem::take,
    sync::Arc,
    time::Duration,
};

use tokio::sync::mpsc;

use super::{
    Error, Event, Reach, Status, SubscribeSettings, Subscription, family_groups::FamilyGroups,
    helper::elsewhere, membership::Common, objects::Lists, own_netns, poller::Poller, space::Space,
};
use crate::{
    namespaces::{Namespace, Namespaces, named},
    throttle,
};

/// Namespaces that are followed at one time.
const SPACES_MAX: usize = 1024;

/// How often, in looks, other namespaces are looked for: that takes a system call a process.
const LOOKS_PER_SEARCH: u32 = 4;

/// Every namespace that there is and is to be followed.
type Found = BTreeMap<u32, Option<Namespace>>;

/// How much has changed on the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Netlink sockets that came or went.
    pub sockets: u64,
    /// How often a generic family came or went, or may have.
    pub families: u64,
}

/// How much has changed, if that is known.
pub(super) struct Changes(pub(super) Option<Box<dyn Fn() -> Changed + Send>>);

impl Changes {
    fn count(&self) -> Option<Changed> {
        self.0.as_ref().map(|count| count())
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count().fmt(f)
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Spaces {
    pub(super) changes: Changes,
    /// Who wants lists of objects.
    pub(super) lists: Option<Lists>,
    list: Vec<Space>,
    groups: FamilyGroups,
    own: u32,
    reach: Reach,
    subscriptions: BTreeMap<u8, Subscription>,
    receive_buffer_bytes: usize,
    events: mpsc::Sender<Event>,
    poller: Arc<Poller>,
    status: Arc<Status>,
    look_interval: Duration,
    /// Looks until the next search.
    looks: u32,
}

impl Spaces {
    /// Those of the calling thread's namespace, and of others as `settings` say.
    pub(super) fn new(
        settings: SubscribeSettings,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, Error> {
        let SubscribeSettings { reach, mut subscriptions, receive_buffer_bytes, look_interval } =
            settings;
        subscriptions.retain(|_, wanted| !wanted.is_none());
        let named = subscriptions.values().any(|wanted| !wanted.named.is_empty());
        Ok(Self {
            list: Vec::new(),
            groups: FamilyGroups::new(named),
            own: own_netns()?,
            reach,
            subscriptions,
            receive_buffer_bytes,
            events,
            poller: Arc::new(Poller::start().map_err(Error::Poller)?),
            status: Arc::default(),
            look_interval,
            looks: 0,
            changes: Changes(None),
            lists: None,
        })
    }

    /// What becomes of them.
    pub(super) fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Opens and closes what has to be. An error says that nothing is kept any more.
    pub(super) async fn look(&mut self) -> Result<(), Error> {
        self.list.iter_mut().for_each(Space::settle);
        if self.looks == 0 || self.list.iter().any(Space::is_lost) {
            self.looks = LOOKS_PER_SEARCH;
            self.search().await?;
        }
        self.looks -= 1;
        // Before the visits, so that what comes meanwhile is seen at the next look.
        let changes = self.changes.count();
        let sockets = changes.map(|changed| changed.sockets);
        self.list.iter_mut().for_each(|space| space.sockets_changed(sockets));
        self.groups.note(changes.map(|changed| changed.families));
        if self.groups.is_due() || self.list.iter().any(|space| space.is_due(&self.groups)) {
            self.visit().await?;
        }
        for space in &mut self.list {
            space.close().await;
            space.forget();
        }
        self.list.retain(|space| !space.is_over());
        Ok(())
    }

    /// From now on these. The next look closes and opens what differs.
    pub(super) fn change(&mut self, settings: SubscribeSettings) {
        let SubscribeSettings { reach, mut subscriptions, receive_buffer_bytes, .. } = settings;
        subscriptions.retain(|_, wanted| !wanted.is_none());
        self.groups.want(subscriptions.values().any(|wanted| !wanted.named.is_empty()));
        for space in &mut self.list {
            space.change(&subscriptions, receive_buffer_bytes);
        }
        self.subscriptions = subscriptions;
        self.receive_buffer_bytes = receive_buffer_bytes;
        self.reach = reach;
        self.looks = 0;
    }

    /// Closes the sockets of `protocol`. Says whether there is such a subscription.
    pub(super) async fn release(&mut self, protocol: u8) -> Result<bool, Error> {
        let list = self.own_first();
        let work = move || {
            // What cannot be read has nothing registered: then it is closed for the moment.
            let seen: Vec<_> = list.iter().map(Space::presence).collect();
            (list, seen)
        };
        let (list, seen) = elsewhere(self.enters(), work).await?;
        self.list = list;
        for (space, presence) in self.list.iter_mut().zip(&seen) {
            space.release(protocol, presence).await;
        }
        Ok(self.subscriptions.contains_key(&protocol))
    }

    /// Takes back a release. Says whether there is such a subscription.
    pub(super) fn resume(&mut self, protocol: u8) -> bool {
        self.list.iter_mut().for_each(|space| space.resume(protocol));
        self.subscriptions.contains_key(&protocol)
    }

    /// Whether there are other namespaces to enter.
    fn enters(&self) -> bool {
        self.reach != Reach::Own
    }

    /// Takes the list, the own namespace first: a thread that has left it does not come back.
    fn own_first(&mut self) -> Vec<Space> {
        let mut list = take(&mut self.list);
        list.sort_by_key(|space| space.namespace.is_some());
        list
    }

    /// Visits every namespace that is due, one after the other, on one thread.
    async fn visit(&mut self) -> Result<(), Error> {
        let (mut list, mut groups) = (self.own_first(), take(&mut self.groups));
        let pause = self.look_interval;
        let work = move || {
            groups.ask();
            for space in list.iter_mut().filter(|space| space.is_due(&groups)) {
                space.visit(&groups, pause);
            }
            (list, groups)
        };
        (self.list, self.groups) = elsewhere(self.enters(), work).await?;
        Ok(())
    }

    /// Adds new namespaces, marks those that are gone, and notes how to reach each now. nlmon may
    /// reach a namespace through a process that ends long before the namespace.
    async fn search(&mut self) -> Result<(), Error> {
        let (reach, own) = (self.reach.clone(), self.own);
        let found = match reach {
            Reach::Own => Found::from([(own, None)]),
            _ => match elsewhere(false, move || find(&reach, own)).await? {
                Ok(found) => found,
                Err(error) => {
                    // What cannot be looked for is not gone. The next search is soon.
                    throttle::UNREADABLE
                        .warn(format_args!("cannot look for network namespaces: {error}"));
                    return Ok(());
                }
            },
        };
        let mut found: HashMap<_, _> = found.into_iter().collect();
        for space in &mut self.list {
            match found.remove(&space.common.netns) {
                Some(namespace) => {
                    space.leaving = false;
                    space.found(namespace);
                }
                None => space.leaving = true,
            }
        }
        let room = SPACES_MAX.saturating_sub(self.list.len());
        for (netns, namespace) in found.into_iter().take(room) {
            let common = Common {
                netns,
                is_own: netns == self.own,
                receive_buffer_bytes: self.receive_buffer_bytes,
                events: self.events.clone(),
                poller: Arc::clone(&self.poller),
                status: Arc::clone(&self.status),
                lists: self.lists.clone(),
            };
            self.list.push(Space::new(common, namespace, &self.subscriptions));
        }
        Ok(())
    }
}

/// Every namespace that there is and is to be followed.
fn find(reach: &Reach, own_netns: u32) -> io::Result<Found> {
    let own = (own_netns, None);
    let other = |namespace: Namespace| {
        let netns = u32::try_from(namespace.inode).ok()?;
        (netns != own_netns).then_some((netns, Some(namespace)))
    };
    Ok(match reach {
        Reach::Own => Found::from([own]),
        Reach::All => {
            let all = Namespaces::find()?.list.into_iter().filter_map(other);
            all.chain([own]).collect()
        }
        Reach::Named(names) => {
            let wanted = named()?.filter(|namespace| names.contains(&namespace.name));
            let own = names.contains("self").then_some(own);
            wanted.filter_map(other).chain(own).collect()
        }
    })
}
