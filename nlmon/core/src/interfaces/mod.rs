//! The names of network interfaces by namespace, index and time. Names come from the kernel's own
//! notifications, as probes saw them sent and as the daemon's socket received them, and from dumps.
//! Owns which of these is believed; `facts` reads the messages.
//!
//! Invariant: a name is given only for a namespace, an index and a time for which it is known. A
//! rename, an index that is used again and a gap in the notifications end what was known. Memory is
//! bounded: where there is no room, an index has no name.

mod facts;
mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::record::{Delivery, Observation, Path};
use facts::{Fact, facts};
use history::NameHistory;

const ROUTE: u8 = 0;

/// Namespaces whose names are remembered at one time.
const NAMESPACES_MAX: usize = 1024;
/// Names in one namespace, and in all of them.
const NAMES_MAX: usize = 16_384;
const ALL_NAMES_MAX: usize = 65_536;

/// What is known.
#[derive(Debug)]
pub struct Interfaces {
    /// Probes see what the kernel sends.
    probes: bool,
    namespaces: BTreeMap<u32, NameHistories>,
    /// How many names there are in all of them.
    names: usize,
    /// Names that found no room.
    refused: u64,
}

/// The names in one namespace. A message that is sent at one time and received at a later time is
/// in both histories, at its own time in each.
#[derive(Debug, Default)]
struct NameHistories {
    /// By when notifications were sent.
    sent: NameHistory,
    /// By when the daemon's socket received them, and by its dumps.
    received: NameHistory,
    /// The socket is there: what it receives is complete but for overruns.
    subscribed: bool,
    /// When it last missed something. A dump from before that is of no use: another one follows.
    lost_ns: u64,
}

/// Whether a datagram of this protocol may tell of interfaces.
pub fn tells_of_interfaces(protocol: u8, data: &[u8]) -> bool {
    protocol == ROUTE && facts::may_have_facts(data)
}

/// Whether the kernel tells of the loopback interface that every namespace begins with: it has just
/// made the one that this was sent in, whatever had its number before.
pub fn tells_of_new_namespace(observation: &Observation) -> bool {
    let from_kernel = observation.src_portid == 0 && observation.path == Path::Multicast;
    let whole = usize::try_from(observation.len).unwrap_or(usize::MAX);
    from_kernel
        && tells_of_interfaces(observation.protocol, &observation.data)
        && facts(&observation.data, whole).any(|fact| fact.first)
}

/// The indexes and names of interfaces that a whole datagram of this protocol tells of.
pub fn named(protocol: u8, data: &[u8]) -> impl Iterator<Item = (u32, Arc<str>)> {
    let told = tells_of_interfaces(protocol, data).then(|| facts(data, data.len()));
    told.into_iter().flatten().filter_map(|fact| Some((fact.index, fact.name?)))
}

impl Interfaces {
    /// Knows nothing yet. With `probes` that sample every message of rtnetlink, each notification
    /// should be seen sent. Otherwise a notification that was seen sent may be old, and is left
    /// out.
    pub fn new(probes: bool) -> Self {
        Self { probes, namespaces: BTreeMap::new(), names: 0, refused: 0 }
    }

    /// Whether probes sample every message of rtnetlink from now on.
    pub fn set_probes(&mut self, probes: bool) {
        self.probes = probes;
    }

    /// Learns from what a probe saw the kernel send.
    pub fn observe(&mut self, observation: &Observation) {
        let from_kernel = observation.src_portid == 0 && observation.path != Path::Request;
        if self.probes && observation.protocol == ROUTE && from_kernel {
            let whole = usize::try_from(observation.len).unwrap_or(usize::MAX);
            for fact in facts(&observation.data, whole) {
                self.sent(observation.netns, observation.start_ns, fact);
            }
        }
    }

    /// Learns from what the daemon's socket received.
    pub fn deliver(&mut self, delivery: &Delivery) {
        if delivery.protocol == ROUTE && delivery.src_portid == 0 {
            let whole = usize::try_from(delivery.len).unwrap_or(usize::MAX);
            for fact in facts(&delivery.data, whole) {
                self.learn(delivery.netns, fact, |known, fact| {
                    known.received.change(
                        fact.index,
                        fact.since_ns(delivery.received_ns),
                        fact.name,
                    );
                });
            }
        }
    }

    /// Learns from a delivery that has turned out to be seen by no probe.
    pub fn unobserved(&mut self, delivery: &Delivery) {
        if delivery.protocol == ROUTE && delivery.src_portid == 0 {
            let whole = usize::try_from(delivery.len).unwrap_or(usize::MAX);
            for fact in facts(&delivery.data, whole) {
                self.sent(delivery.netns, delivery.received_ns, fact);
            }
        }
    }

    /// A dump, which took from `began_ns` to `complete_ns`, listed all interfaces of a namespace in
    /// which the daemon has subscribed to their changes.
    pub fn dumped(&mut self, netns: u32, began_ns: u64, complete_ns: u64, messages: &[Vec<u8>]) {
        let known = self.namespaces.entry(netns).or_default();
        if began_ns <= known.lost_ns {
            return;
        }
        known.subscribed = true;
        known.received.list(began_ns, complete_ns);
        known.sent.list(began_ns, complete_ns);
        let probes = self.probes;
        for fact in messages.iter().filter_map(|payload| facts::listed(payload)) {
            self.learn(netns, fact, |known, Fact { index, name, .. }| {
                if probes {
                    known.sent.listed(index, name.clone());
                }
                known.received.listed(index, name);
            });
        }
    }

    /// The daemon's socket missed something, or is no more: until the next dump nothing that it
    /// told can be relied on.
    pub fn lost_track(&mut self, netns: u32, at_ns: u64) {
        if let Some(known) = self.namespaces.get_mut(&netns) {
            known.end(at_ns, &BTreeSet::new());
            (known.subscribed, known.lost_ns) = (false, at_ns);
        }
    }

    /// The name that the interface of this index had there at that time.
    pub fn name(&self, netns: u32, index: u32, at_ns: u64) -> Option<Arc<str>> {
        let known = self.namespaces.get(&netns)?;
        let (sent, received) = (known.sent.at(index, at_ns), known.received.at(index, at_ns));
        let name = match (sent, received) {
            (None, other) | (other, None) => other?.name,
            // Sent and not yet received, or both: the later word of the one that is always first.
            (Some(sent), Some(received)) if sent.from_ns >= received.from_ns => sent.name,
            // Received after what was last seen sent: that may be late, or new and not seen.
            (Some(sent), Some(received)) => received.name.filter(|name| sent.name == Some(*name)),
        };
        name.cloned()
    }

    /// How many names are remembered.
    pub fn len(&self) -> usize {
        self.names
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names that found no room since the last call.
    pub fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }

    fn sent(&mut self, netns: u32, at_ns: u64, fact: Fact) {
        if fact.first {
            // The namespace is new, whatever had its number before.
            if let Some(known) = self.namespaces.get_mut(&netns) {
                known.end(at_ns, &BTreeSet::from([fact.index]));
            }
        }
        self.learn(netns, fact, |known, fact| {
            known.sent.change(fact.index, fact.since_ns(at_ns), fact.name);
        });
    }

    fn learn(&mut self, netns: u32, fact: Fact, write: impl Fn(&mut NameHistories, Fact)) {
        if fact.name.is_none() && !self.namespaces.contains_key(&netns) {
            return;
        }
        if !self.has_room(netns) {
            self.refused += 1;
            return;
        }
        let index = fact.index;
        let known = self.namespaces.entry(netns).or_default();
        let before = known.len();
        write(known, fact);
        self.names += known.len() - before;
        if known.len() > NAMES_MAX {
            self.names -= known.shrink();
        }
        if known.len() > NAMES_MAX {
            self.names -= known.sent.remove(index) + known.received.remove(index);
            self.refused += 1;
        }
    }

    /// Makes room for one more: of namespaces that are only observed, the largest goes first, so
    /// that no user's namespace takes the room of the daemon's own.
    fn has_room(&mut self, netns: u32) -> bool {
        let fits = |all: &Self| {
            let known = all.namespaces.contains_key(&netns);
            (known || all.namespaces.len() < NAMESPACES_MAX) && all.names < ALL_NAMES_MAX
        };
        if fits(self) {
            return true;
        }
        self.names -= self.namespaces.values_mut().map(NameHistories::shrink).sum::<usize>();
        self.namespaces.retain(|_, known| known.len() > 0);
        if fits(self) {
            return true;
        }
        let others =
            self.namespaces.iter().filter(|(inode, known)| !known.subscribed && **inode != netns);
        let largest = others.max_by_key(|(_, known)| known.len()).map(|(inode, _)| *inode);
        let removed = largest.and_then(|inode| self.namespaces.remove(&inode));
        self.names -= removed.map_or(0, |known| known.len());
        fits(self)
    }
}

impl NameHistories {
    fn len(&self) -> usize {
        self.sent.len() + self.received.len()
    }

    fn end(&mut self, at_ns: u64, except: &BTreeSet<u32>) {
        self.sent.end(at_ns, except);
        self.received.end(at_ns, except);
    }

    /// Forgets interfaces that are gone, if there are many. Says how many names that were.
    fn shrink(&mut self) -> usize {
        self.sent.shrink() + self.received.shrink()
    }
}
