//! The objects in memory, within limits. What has no room goes: of objects that are gone the one that
//! went first, if many are, or else of the kind with the most objects the one that has not changed
//! for longest. So a table of a hundred thousand routes costs no interface its history.
//!
//! Invariant: neither limit is exceeded when a call returns, and whatever went is counted.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::change::Change;
use super::facts::Facts;
use super::kind::Kind;

/// What the ledger may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Objects, those included that are gone.
    pub objects: usize,
    /// Changes that are remembered of one object.
    pub events: usize,
    /// Memory of objects and changes, by estimate.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { objects: 65_536, events: 16, bytes: 32 << 20 }
    }
}

/// The part of the objects that may be gone before one of these goes first.
const GONE_SHARE: usize = 8;

/// What an object takes besides its text: itself, its key, and its places in two trees.
const FIXED_BYTES: usize = size_of::<Object>() + size_of::<Inner>() + 192;

/// What an object is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Arc<Inner>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Inner {
    netns: u32,
    kind: Kind,
    base: Box<str>,
    rest: Box<str>,
}

impl Key {
    pub(super) fn new(
        netns: u32,
        kind: Kind,
        base: impl Into<Box<str>>,
        rest: impl Into<Box<str>>,
    ) -> Self {
        Self(Arc::new(Inner { netns, kind, base: base.into(), rest: rest.into() }))
    }

    pub(super) fn netns(&self) -> u32 {
        self.0.netns
    }

    pub(super) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(super) fn base(&self) -> &str {
        &self.0.base
    }

    pub(super) fn rest(&self) -> &str {
        &self.0.rest
    }
}

/// One object, or what is remembered of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) title: Box<str>,
    pub(super) facts: Facts,
    /// It is there.
    pub(super) is_live: bool,
    /// The time of day of the first list that had it: since when it is there is not known.
    pub(super) listed_at: Option<Arc<str>>,
    /// Its place among alternatives.
    pub(super) order: i64,
    /// The list that had it last.
    pub(super) listing: u32,
    /// When it last changed.
    pub(super) changed_ns: u64,
    /// Its last changes, oldest first.
    pub(super) history: VecDeque<Arc<Change>>,
    /// How many of them are forgotten.
    pub(super) forgotten: u64,
    /// Kept by the store alone.
    pub(super) touched: u64,
    pub(super) bytes: usize,
}

/// What had no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Objects that are there.
    pub live: u64,
    /// Objects that are gone.
    pub gone: u64,
    /// Changes of objects that are kept.
    pub events: u64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Store {
    limits: Limits,
    objects: BTreeMap<Key, Object>,
    /// In the order in which they last changed: those that are there, by kind.
    live: BTreeMap<Kind, BTreeMap<u64, Key>>,
    gone: BTreeMap<u64, Key>,
    touches: u64,
    bytes: usize,
    pub(super) evicted: Evicted,
    /// Kinds by namespace of which some that are there are not kept any more.
    incomplete: BTreeMap<(u32, Kind), u64>,
}

impl Store {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            objects: BTreeMap::new(),
            live: BTreeMap::new(),
            gone: BTreeMap::new(),
            touches: 0,
            bytes: 0,
            evicted: Evicted::default(),
            incomplete: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many are there, by kind.
    pub(super) fn live(&self) -> impl Iterator<Item = (Kind, usize)> {
        self.live.iter().map(|(kind, ages)| (*kind, ages.len()))
    }

    /// How many that are there are not kept, of this kind in this namespace.
    pub(super) fn missing(&self, netns: u32, kind: Kind) -> u64 {
        self.incomplete.get(&(netns, kind)).copied().unwrap_or_default()
    }

    /// From now on all of this kind are kept again, as far as there is room.
    pub(super) fn complete(&mut self, netns: u32, kind: Kind) {
        self.incomplete.remove(&(netns, kind));
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// Says that the list of this number has it, and where, if that is news.
    pub(super) fn mark(&mut self, key: &Key, listing: u32, order: Option<i64>) {
        if let Some(object) = self.objects.get_mut(key) {
            object.listing = listing;
            object.order = order.unwrap_or(object.order);
        }
    }

    /// Objects of a namespace and kind whose base begins so.
    pub(super) fn below<'a>(
        &'a self,
        netns: u32,
        kind: Kind,
        start: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        let from = Key::new(netns, kind, start, "");
        let is_below = move |key: &Key| {
            key.netns() == netns && key.kind() == kind && key.base().starts_with(start)
        };
        let range = self.objects.range((Bound::Included(from), Bound::Unbounded));
        range.take_while(move |(key, _)| is_below(key))
    }

    /// Alternatives: objects with this base.
    pub(super) fn alternatives<'a>(
        &'a self,
        netns: u32,
        kind: Kind,
        base: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        self.below(netns, kind, base).take_while(move |(key, _)| key.base() == base)
    }

    /// Takes an object in, or what has become of it, as the one that changed last; then makes room.
    pub(super) fn put(&mut self, key: Key, mut object: Object) {
        while object.history.len() > self.limits.events {
            object.history.pop_front();
            object.forgotten += 1;
            self.evicted.events += 1;
        }
        self.touches += 1;
        object.touched = self.touches;
        let texts = key.base().len() + key.rest().len() + object.title.len() + object.facts.len();
        let changes: usize = object.history.iter().map(|change| change.bytes()).sum();
        object.bytes = FIXED_BYTES + texts + changes;
        self.bytes += object.bytes;
        let kind = key.kind();
        self.ages(kind, object.is_live).insert(object.touched, key.clone());
        if let Some(before) = self.objects.insert(key, object) {
            self.gone_from(kind, &before);
        }
        self.make_room();
    }

    /// Takes one out.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Object> {
        let object = self.objects.remove(key)?;
        self.gone_from(key.kind(), &object);
        Some(object)
    }

    /// An object is not in its place any more.
    fn gone_from(&mut self, kind: Kind, object: &Object) {
        self.bytes -= object.bytes;
        self.ages(kind, object.is_live).remove(&object.touched);
    }

    /// Takes out what is known of a namespace by this protocol.
    pub(super) fn forget(&mut self, netns: u32, protocol: u8) {
        let is_of = |key: &&Key| key.netns() == netns && key.kind().protocol() == protocol;
        let keys: Vec<Key> = self.objects.keys().filter(is_of).cloned().collect();
        for key in keys {
            self.remove(&key);
        }
        self.incomplete.retain(|(of, kind), _| *of != netns || kind.protocol() != protocol);
    }

    fn ages(&mut self, kind: Kind, is_live: bool) -> &mut BTreeMap<u64, Key> {
        if is_live { self.live.entry(kind).or_default() } else { &mut self.gone }
    }

    fn make_room(&mut self) {
        while self.objects.len() > self.limits.objects || self.bytes > self.limits.bytes {
            let many_are_gone = self.gone.len() > self.limits.objects / GONE_SHARE
                || self.gone.len() > self.objects.len() / 2;
            let most = self.live.values().max_by_key(|ages| ages.len());
            let live = most.and_then(|ages| ages.values().next());
            let gone = self.gone.values().next();
            let first = if many_are_gone { gone.or(live) } else { live.or(gone) };
            let Some(key) = first.cloned() else { return };
            let is_live = self.remove(&key).is_some_and(|object| object.is_live);
            if is_live {
                self.evicted.live += 1;
                *self.incomplete.entry((key.netns(), key.kind())).or_default() += 1;
            } else {
                self.evicted.gone += 1;
            }
        }
    }
}
