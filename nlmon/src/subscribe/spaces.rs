//! The subscriptions of every network namespace that is followed, as namespaces come and go.
//!
//! A socket keeps its namespace alive. An observer must not be why one stays, so the sockets are
//! closed as soon as no process is in it any more and no name leads to it; until the next look
//! they delay its end, and what happens in a namespace on its way down is nobody's to receive.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
    thread,
};

use tokio::{runtime::Handle, sync::mpsc};

use super::{
    Error, Event, Reach, Status, SubscribeSettings, Subscription, own_netns,
    presence::Presence,
    source::{Common, Source},
};
use crate::namespaces::{Namespace, Namespaces, named};

/// Namespaces that are followed at one time.
const SPACES_MAX: usize = 1024;

/// How often, in looks, other namespaces are looked for: that takes a system call a process.
const LOOKS_PER_SEARCH: u32 = 4;

/// A namespace with its subscriptions.
#[derive(Debug)]
struct Space {
    common: Common,
    /// `None` for the own one.
    namespace: Option<Namespace>,
    sources: Vec<Source>,
    /// It is gone, but for the sockets.
    leaving: bool,
    /// Why it cannot be entered has been said.
    refused: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Spaces {
    list: Vec<Space>,
    own: u32,
    reach: Reach,
    subscriptions: BTreeMap<u8, Subscription>,
    receive_buffer_bytes: usize,
    events: mpsc::Sender<Event>,
    status: Arc<Status>,
    looks: u32,
}

impl Spaces {
    /// Those of the calling thread's namespace, and of others as `settings` say.
    pub(super) fn new(
        settings: SubscribeSettings,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, Error> {
        let SubscribeSettings { reach, mut subscriptions, receive_buffer_bytes, .. } = settings;
        subscriptions.retain(|_, wanted| !(wanted.groups.is_empty() && wanted.named.is_empty()));
        let own = own_netns()?;
        let list = Vec::new();
        let status = Arc::default();
        Ok(Self { list, own, reach, subscriptions, receive_buffer_bytes, events, status, looks: 0 })
    }

    /// What becomes of them.
    pub(super) fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Opens and closes what has to be.
    pub(super) async fn look(&mut self) {
        if self.looks.is_multiple_of(LOOKS_PER_SEARCH) {
            self.search();
        }
        self.looks = self.looks.wrapping_add(1);
        for space in &mut self.list {
            space.look().await;
        }
        self.list.retain(|space| !space.is_over());
    }

    /// Closes the sockets of `protocol`. Says whether there is such a subscription.
    pub(super) async fn release(&mut self, protocol: u8) -> bool {
        for space in &mut self.list {
            space.release(protocol).await;
        }
        self.subscriptions.contains_key(&protocol)
    }

    /// Takes back a release. Says whether there is such a subscription.
    pub(super) fn resume(&mut self, protocol: u8) -> bool {
        let sources = self.list.iter_mut().flat_map(|space| &mut space.sources);
        sources.filter(|source| source.protocol == protocol).for_each(Source::resume);
        self.subscriptions.contains_key(&protocol)
    }

    /// Takes in what has come, and marks what is gone.
    fn search(&mut self) {
        let found = self.find();
        for space in &mut self.list {
            space.leaving = !found.contains_key(&space.common.netns);
        }
        let known: BTreeSet<u32> = self.list.iter().map(|space| space.common.netns).collect();
        for (netns, namespace) in found {
            if !known.contains(&netns) && self.list.len() < SPACES_MAX {
                let common = Common {
                    netns,
                    receive_buffer_bytes: self.receive_buffer_bytes,
                    events: self.events.clone(),
                    status: Arc::clone(&self.status),
                };
                self.list.push(Space::new(common, namespace, &self.subscriptions));
            }
        }
    }

    /// Every namespace that there is and is to be followed.
    fn find(&self) -> BTreeMap<u32, Option<Namespace>> {
        let own = (self.own, None);
        let other = |namespace: Namespace| {
            let netns = u32::try_from(namespace.inode).ok()?;
            (netns != self.own).then_some((netns, Some(namespace)))
        };
        match &self.reach {
            Reach::Own => BTreeMap::from([own]),
            Reach::All => {
                let all = Namespaces::find().list.into_iter().filter_map(other);
                all.chain([own]).collect()
            }
            Reach::Named(names) => {
                let wanted = named().filter(|namespace| names.contains(&namespace.name));
                let own = names.contains("self").then_some(own);
                wanted.filter_map(other).chain(own).collect()
            }
        }
    }
}

impl Space {
    fn new(
        common: Common,
        namespace: Option<Namespace>,
        subscriptions: &BTreeMap<u8, Subscription>,
    ) -> Self {
        let source =
            |(protocol, wanted): (&u8, &Subscription)| Source::new(*protocol, wanted.clone());
        let sources = subscriptions.iter().map(source).collect();
        Self { common, namespace, sources, leaving: false, refused: false }
    }

    fn is_over(&self) -> bool {
        self.leaving && self.sources.iter().all(Source::is_closed)
    }

    async fn look(&mut self) {
        for source in &mut self.sources {
            source.settle(&self.common);
        }
        if self.leaving {
            for source in &mut self.sources {
                source.close(&self.common).await;
            }
            return;
        }
        if self.sources.iter().all(Source::is_settled) {
            return;
        }
        let (common, sources) = (&self.common, &mut self.sources);
        let updated = within(self.namespace.as_ref(), || {
            let presence = Presence::read()?;
            Ok(sources.iter_mut().map(|source| source.update(&presence, common)).collect())
        });
        match updated {
            Ok(Ok(close)) => self.close(close).await,
            Ok(Err(error)) => {
                if let Some(source) = self.sources.first_mut() {
                    source.report(error, &self.common.events);
                }
            }
            Err(error) => self.refuse(&error),
        }
    }

    async fn close(&mut self, close: Vec<bool>) {
        for (source, close) in self.sources.iter_mut().zip(close) {
            if close {
                source.close(&self.common).await;
            }
        }
    }

    async fn release(&mut self, protocol: u8) {
        for source in &mut self.sources {
            if source.protocol == protocol {
                // What cannot be read has nothing registered: then it is closed for the moment.
                let presence = within(self.namespace.as_ref(), Presence::read);
                let presence = presence.ok().and_then(Result::ok);
                source.release(&presence.unwrap_or_default(), &self.common).await;
            }
        }
    }

    /// Says once that the namespace cannot be entered; one that has just gone is no news.
    fn refuse(&mut self, error: &io::Error) {
        let Some(namespace) = self.namespace.as_ref().filter(|found| found.exists()) else {
            return;
        };
        if !self.refused {
            self.refused = true;
            log::warn!(
                "no subscription in the network namespace {}: {error} (needs CAP_SYS_ADMIN)",
                namespace.name
            );
        }
    }
}

/// Runs `work` in a namespace: in another one than the own on a thread that does not come back.
fn within<T: Send>(
    namespace: Option<&Namespace>,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    let Some(namespace) = namespace else { return Ok(work()) };
    let runtime = Handle::current();
    thread::scope(|scope| {
        let visit = move || {
            namespace.enter()?;
            let _entered = runtime.enter();
            Ok(work())
        };
        let visitor =
            thread::Builder::new().name("namespaces".to_owned()).spawn_scoped(scope, visit)?;
        visitor.join().unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_in_another_namespace_leaves_the_own_thread_where_it_is() {
        let before = own_netns().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let gone = Namespace::fake(1, "gone");
        let refused = runtime.block_on(async { within(Some(&gone), || ()) });
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(within(None, own_netns).unwrap().unwrap(), before);
    }
}
