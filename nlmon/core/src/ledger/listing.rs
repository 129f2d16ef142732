//! Lists of all objects: the first of a namespace, which says what is there, and later ones, which
//! set right what was missed.
//!
//! Invariant: a list is of some moment between its begin and its end. What the kernel told of that
//! time or later is newer, and stays.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::change::{Learnt, Verb};
use super::kind::{Cover, Kind, Tells};
use super::read::{self, Told};
use super::store::{Key, Object};
use super::{Ledger, Notice};
use crate::decode::Body;

/// Times without knowledge that are remembered, of one namespace.
const GAPS_MAX: usize = 64;

/// Why a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The daemon's own socket ran over, or was opened anew.
    Overrun,
    /// The ledger could not keep up with the log.
    Behind,
    /// Of a message only the beginning was seen.
    Cut,
    /// Routes may be gone without a message, because of this.
    Silent(String),
}

/// A time of which something was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) since_ns: u64,
    pub(super) why: Why,
}

/// A namespace that is listened in.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// When the last list of each began.
    listed: BTreeMap<Cover, u64>,
    /// What was missed and is not made up for yet.
    pub(super) pending: Option<Gap>,
    /// What may have taken routes away.
    pub(super) suspects: Option<Why>,
    /// Times of which something was missed: since, until, why.
    pub(super) gaps: VecDeque<(u64, u64, Why)>,
}

impl Space {
    pub(super) fn covers(&self, kind: Kind) -> bool {
        self.listed.keys().any(|cover| cover.kind == kind)
    }

    /// When the last list began that an object with this base would be in.
    pub(super) fn listed_ns(&self, kind: Kind, base: &str) -> Option<u64> {
        let is_in = |cover: &&Cover| cover.kind == kind && holds(cover, base);
        self.listed.keys().find(is_in).and_then(|cover| self.listed.get(cover)).copied()
    }
}

/// Whether an object with this base is of the family.
fn holds(cover: &Cover, base: &str) -> bool {
    cover.family.is_empty() || base.split(' ').next() == Some(cover.family)
}

/// A list that is being taken in.
#[derive(Clone, Debug)]
pub struct List {
    /// Inode number of the namespace.
    pub netns: u32,
    /// Its name in `/run/netns`.
    pub netns_name: Option<String>,
    /// What it lists.
    pub covers: Vec<Cover>,
    /// When it began, `CLOCK_MONOTONIC` nanoseconds.
    pub began_ns: u64,
    /// When it was complete, by the same clock.
    pub complete_ns: u64,
    /// The same by the time of day, as RFC 3339.
    pub time: Arc<str>,
}

impl List {
    /// Whether an object with this base would be in it.
    pub(super) fn holds(&self, kind: Kind, base: &str) -> bool {
        self.covers.iter().any(|cover| cover.kind == kind && holds(cover, base))
    }

    fn notice(&self) -> Notice<'_> {
        Notice {
            netns: self.netns,
            netns_name: self.netns_name.as_deref(),
            time_ns: self.complete_ns,
            time: &self.time,
            protocol: 0,
            process: None,
            cause: None,
            call: None,
            request: None,
            result: None,
            messages: &[],
        }
    }
}

impl Ledger {
    /// Whether nothing of this has been listed before.
    pub fn is_first(&self, list: &List) -> bool {
        let space = self.spaces.get(&list.netns);
        let known = |cover| space.is_some_and(|space| space.listed.contains_key(cover));
        !list.covers.iter().any(known)
    }

    /// Begins to take in a list.
    pub fn begin_list(&mut self, list: &List) {
        self.listings = self.listings.wrapping_add(1).max(1);
        self.counts.lists += u64::from(!self.is_first(list));
        self.spaces.entry(list.netns).or_default();
        self.absent.clear();
        self.listed = 0;
        for cover in &list.covers {
            if self.store.missing(list.netns, cover.kind) > 0 {
                self.absent.insert(cover.kind);
                self.store.complete(list.netns, cover.kind);
            }
        }
    }

    /// Takes in messages of the list that was begun last.
    pub fn list(&mut self, list: &List, protocol: u8, messages: &[Body]) {
        for message in messages.iter().filter(|message| message.whole) {
            for told in read::told(protocol, message) {
                let is_listed = |cover: &Cover| cover.kind == told.kind && holds(cover, &told.base);
                let Some(cover) = list.covers.iter().find(|cover| is_listed(cover)) else {
                    continue;
                };
                if told.tells == Tells::There && !told.passing {
                    self.listed(list, *cover, told);
                }
            }
        }
    }

    fn listed(&mut self, list: &List, cover: Cover, told: Told) {
        let key = Key::new(list.netns, told.kind, &*told.base, &*told.rest);
        // The kernel lists alternatives in their order.
        let order = self.listed;
        self.listed += 1;
        let known = self.store.get(&key);
        let is_newer = known.is_some_and(|object| object.changed_ns >= list.began_ns);
        if known.is_some_and(|object| object.is_live) {
            let differences = known.map(|o| o.facts.differences(&told.facts)).unwrap_or_default();
            self.store.mark(&key, self.listings, Some(order).filter(|_| !is_newer));
            if is_newer || differences.is_empty() {
                return;
            }
            let Some(mut object) = self.store.remove(&key) else { return };
            let change =
                self.new_change(&list.notice(), &key, &told.title, Verb::Changed, differences);
            (object.title, object.facts) = (told.title.into(), told.facts);
            return self.record_listed(key, object, change);
        }
        if is_newer {
            return;
        }
        let is_first = self.spaces.get(&list.netns).is_none_or(|s| !s.listed.contains_key(&cover));
        // What was there, and had no room, has not come.
        let was_there = is_first || self.absent.contains(&told.kind);
        let mut object = self.store.remove(&key).unwrap_or_default();
        let change = (!was_there)
            .then(|| self.new_change(&list.notice(), &key, &told.title, Verb::Added, Vec::new()));
        object = Object {
            title: told.title.into(),
            facts: told.facts,
            is_live: true,
            listed_at: was_there.then(|| Arc::clone(&list.time)),
            order,
            listing: self.listings,
            ..object
        };
        match change {
            Some(change) => self.record_listed(key, object, change),
            None => self.store.put(key, object),
        }
    }

    fn record_listed(&mut self, key: Key, object: Object, mut change: super::Change) {
        change.learnt = Learnt::Listed;
        self.record(key, object, change);
    }

    /// The list is complete: what it lacks is gone, but for what came meanwhile.
    pub fn end_list(&mut self, list: &List) {
        let space = self.spaces.entry(list.netns).or_default();
        let (pending, suspects) = (space.pending.take(), space.suspects.take());
        let silent = match (&pending, suspects) {
            (None, Some(Why::Silent(what))) => Some(what),
            _ => None,
        };
        if let Some(Gap { since_ns, why }) = pending {
            space.gaps.push_back((since_ns, list.complete_ns, why));
            if space.gaps.len() > GAPS_MAX {
                space.gaps.pop_front();
            }
        }
        let mut gone = Vec::new();
        for cover in &list.covers {
            let start = if cover.family.is_empty() { "" } else { cover.family };
            let below = self.store.below(list.netns, cover.kind, start);
            let is_gone = |(key, object): &(&Key, &Object)| {
                object.is_live
                    && object.listing != self.listings
                    && object.changed_ns < list.began_ns
                    && holds(cover, key.base())
            };
            gone.extend(below.filter(is_gone).map(|(key, _)| key.clone()));
        }
        let notice = list.notice();
        for key in gone {
            let is_silent = key.kind() == Kind::Route && key.base().starts_with("inet ");
            let because = silent.as_deref().filter(|_| is_silent);
            self.delete(&notice, &key, Learnt::Listed, because);
        }
        let space = self.spaces.entry(list.netns).or_default();
        space.listed.extend(list.covers.iter().map(|cover| (*cover, list.began_ns)));
    }

    /// Nothing is listened to in a namespace any more: what was known of it is forgotten.
    pub fn forget(&mut self, netns: u32, protocol: u8) {
        self.store.forget(netns, protocol);
        if let Some(space) = self.spaces.get_mut(&netns) {
            space.listed.retain(|cover, _| cover.kind.protocol() != protocol);
            if space.listed.is_empty() {
                self.spaces.remove(&netns);
            }
        }
    }
}
