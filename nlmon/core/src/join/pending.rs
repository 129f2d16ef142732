//! Things that wait for their other half: found by the hash of their key in the order they came,
//! given up in the order their time is up, and never more than the capacity. Knows nothing of what
//! they are. A key is hashed once and not kept: whoever looks for a thing compares it.

use std::{
    collections::VecDeque,
    hash::{BuildHasher as _, Hash},
};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::expiry::{Links, Queues};

/// Names one waiting thing, also when another has its place by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    index: u32,
    /// Rises with every insertion.
    number: u64,
}

#[derive(Debug)]
struct Slot<V> {
    /// `None` if the slot is free.
    value: Option<V>,
    number: u64,
    hash: u64,
}

/// The things under one hash, in the order they came. Nearly always it is one.
#[derive(Debug)]
enum Ids {
    One(Id),
    Many(VecDeque<Id>),
}

impl Ids {
    fn as_slices(&self) -> (&[Id], &[Id]) {
        match self {
            Self::One(id) => (std::slice::from_ref(id), &[]),
            Self::Many(ids) => ids.as_slices(),
        }
    }

    fn first(&self) -> Option<Id> {
        match self {
            Self::One(id) => Some(*id),
            Self::Many(ids) => ids.front().copied(),
        }
    }

    fn push(&mut self, id: Id) {
        match self {
            Self::One(first) => *self = Self::Many(VecDeque::from([*first, id])),
            Self::Many(ids) => ids.push_back(id),
        }
    }

    /// Takes one out. Says whether it was the last.
    fn remove(&mut self, id: Id) -> bool {
        match self {
            Self::One(only) => *only == id,
            Self::Many(ids) => {
                if let Ok(at) = ids.binary_search_by_key(&id.number, |id| id.number) {
                    ids.remove(at);
                }
                ids.is_empty()
            }
        }
    }
}

/// A bounded table of waiting things.
#[derive(Debug)]
pub(super) struct Pending<V> {
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
    by_hash: HashTable<Ids>,
    /// Parallel to `slots`.
    queues: Queues,
    /// With a seed of this process.
    hasher: DefaultHashBuilder,
    next_number: u64,
    capacity: usize,
}

impl<V> Pending<V> {
    /// An empty table for at most `capacity` things.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_hash: HashTable::new(),
            queues: Queues::default(),
            hasher: DefaultHashBuilder::default(),
            next_number: 0,
            capacity,
        }
    }

    pub(super) fn len(&self) -> u64 {
        (self.slots.len() - self.free.len()) as u64
    }

    /// What a key goes by in this table. Two keys may have the same, by chance.
    pub(super) fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Adds a thing that waits until `expires_ns`. If the table is full, returns the thing that
    /// would expire first. That may be the new one itself.
    pub(super) fn insert(&mut self, hash: u64, value: V, expires_ns: u64) -> Option<V> {
        let number = self.next_number;
        self.next_number += 1;
        let slot = Slot { value: Some(value), number, hash };
        let index = if let Some(index) = self.free.pop() {
            self.slots[index as usize] = slot;
            index
        } else {
            self.slots.push(slot);
            // Bounded by the capacity, which is far less.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        };
        let id = Id { index, number };
        self.queues.add(index, Links::new(expires_ns, number));
        let slots = &self.slots;
        let hash_of = |ids: &Ids| hash_of(slots, ids);
        match self.by_hash.find_mut(hash, |ids| hash_of(ids) == hash) {
            Some(ids) => ids.push(id),
            None => {
                self.by_hash.insert_unique(hash, Ids::One(id), hash_of);
            }
        }
        if self.len() <= self.capacity as u64 {
            return None;
        }
        let first = self.queues.first()?;
        self.remove(self.id(first)?)
    }

    /// The first thing under `hash`, in the order they came, that `fits`: which has to compare the
    /// key as well.
    pub(super) fn find(&self, hash: u64, fits: impl Fn(&V) -> bool) -> Option<Id> {
        let (first, second) = self.ids(hash)?.as_slices();
        let ids = first.iter().chain(second).copied();
        ids.into_iter().find(|id| self.get(*id).is_some_and(&fits))
    }

    /// The same for things that all fit from some point on, without looking at each: thousands may
    /// wait under one key.
    pub(super) fn find_sorted(&self, hash: u64, fits: impl Fn(&V) -> bool) -> Option<Id> {
        let fits = |id: &Id| self.get(*id).is_some_and(&fits);
        match self.ids(hash)? {
            Ids::One(id) => Some(*id).filter(fits),
            Ids::Many(ids) => {
                let at = ids.partition_point(|id| !fits(id));
                ids.get(at).copied().filter(fits)
            }
        }
    }

    pub(super) fn get(&self, id: Id) -> Option<&V> {
        let slot = self.slots.get(id.index as usize)?;
        slot.value.as_ref().filter(|_| slot.number == id.number)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut V> {
        let slot = self.slots.get_mut(id.index as usize)?;
        slot.value.as_mut().filter(|_| slot.number == id.number)
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<V> {
        self.get(id)?;
        let hash = self.slots[id.index as usize].hash;
        let found = self.by_hash.find_entry(hash, |ids| hash_of(&self.slots, ids) == hash);
        if let Ok(mut entry) = found
            && entry.get_mut().remove(id)
        {
            entry.remove();
        }
        self.queues.remove(id.index);
        self.free.push(id.index);
        let value = self.slots[id.index as usize].value.take();
        self.shrink();
        value
    }

    /// Gives back what only a storm needed.
    fn shrink(&mut self) {
        const KEPT: usize = 256;
        if self.free.len() == self.slots.len() && self.slots.len() > KEPT {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.by_hash = HashTable::new();
            self.queues = Queues::default();
        }
    }

    /// Takes everything, in the order it came.
    pub(super) fn drain(&mut self) -> Vec<V> {
        let next_number = self.next_number;
        let old = std::mem::replace(self, Self { next_number, ..Self::new(self.capacity) });
        let mut slots = old.slots;
        slots.sort_unstable_by_key(|slot| slot.number);
        slots.into_iter().filter_map(|slot| slot.value).collect()
    }

    /// A thing whose time is up at `now_ns`, the longest overdue first.
    pub(super) fn expired(&self, now_ns: u64) -> Option<Id> {
        self.id(self.queues.first().filter(|index| self.queues.expires_ns(*index) <= now_ns)?)
    }

    /// When the next thing's time is up.
    pub(super) fn next_expiry_ns(&self) -> Option<u64> {
        self.queues.first().map(|index| self.queues.expires_ns(index))
    }

    /// Lets a thing wait until `expires_ns` instead. It keeps its place under its key.
    pub(super) fn postpone(&mut self, id: Id, expires_ns: u64) {
        if self.get(id).is_some() {
            self.queues.remove(id.index);
            self.queues.add(id.index, Links::new(expires_ns, id.number));
        }
    }

    fn id(&self, index: u32) -> Option<Id> {
        let slot = self.slots.get(index as usize)?;
        Some(Id { index, number: slot.number })
    }

    fn ids(&self, hash: u64) -> Option<&Ids> {
        self.by_hash.find(hash, |ids| hash_of(&self.slots, ids) == hash)
    }
}

/// The hash that things are under. There is always one.
fn hash_of<V>(slots: &[Slot<V>], ids: &Ids) -> u64 {
    ids.first().map_or(0, |id| slots[id.index as usize].hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_in_order_of_arrival() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 30);
        pending.insert(1, 'b', 10);
        let first = pending.find(1, |_| true).unwrap();
        assert_eq!(pending.remove(first), Some('a'));
        assert_eq!(pending.remove(first), None);
        let second = pending.find(1, |_| true).unwrap();
        assert_eq!(pending.remove(second), Some('b'));
        assert_eq!(pending.find(1, |_| true), None);
        assert!(pending.by_hash.is_empty() && pending.queues.first().is_none());
    }

    #[test]
    fn finds_only_what_fits() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 0);
        pending.insert(1, 'b', 0);
        let id = pending.find(1, |value| *value == 'b').unwrap();
        assert_eq!(pending.remove(id), Some('b'));
        assert_eq!(pending.find(2, |_| true), None);
    }

    #[test]
    fn finds_among_the_sorted_as_among_all() {
        let mut pending = Pending::new(8);
        for value in [1, 1, 2, 4] {
            pending.insert(1, value, 0);
        }
        for least in 0..6 {
            let fits = |value: &i32| *value >= least;
            assert_eq!(pending.find_sorted(1, fits), pending.find(1, fits), "{least}");
        }
        assert_eq!(pending.find_sorted(2, |_| true), None);
    }

    #[test]
    fn drains_in_order_of_arrival() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 30);
        pending.insert(2, 'b', 10);
        let first = pending.find(1, |_| true).unwrap();
        pending.remove(first);
        pending.insert(1, 'c', 20);
        assert_eq!(pending.drain(), ['b', 'c']);
        assert_eq!((pending.len(), pending.find(1, |_| true)), (0, None));
        assert_eq!(pending.expired(u64::MAX), None);
    }

    #[test]
    fn a_storm_leaves_no_memory_behind() {
        let mut pending = Pending::new(4096);
        let ids: Vec<_> = (0..1000)
            .map(|key| {
                pending.insert(key, key, 10);
                pending.find(key, |_| true).unwrap()
            })
            .collect();
        assert!(ids.into_iter().all(|id| pending.remove(id).is_some()));
        assert_eq!((pending.slots.capacity(), pending.len()), (0, 0));
        pending.insert(7, 7, 10);
        assert_eq!(pending.find(7, |value| *value == 7).and_then(|id| pending.remove(id)), Some(7));
    }

    #[test]
    fn evicts_the_first_to_expire() {
        let mut pending = Pending::new(2);
        assert_eq!(pending.insert(1, 'a', 20), None);
        assert_eq!(pending.insert(2, 'b', 10), None);
        assert_eq!(pending.insert(3, 'c', 30), Some('b'));
        assert_eq!(pending.insert(4, 'd', 5), Some('d'));
        assert_eq!(pending.len(), 2);
    }

    #[test]
    fn expires_in_order_of_time_and_keeps_the_postponed_in_place() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 10);
        pending.insert(1, 'b', 20);
        assert_eq!(pending.expired(9), None);
        let id = pending.expired(10).unwrap();
        pending.postpone(id, 30);
        assert_eq!(pending.expired(19), None);
        assert_eq!(pending.find(1, |_| true), Some(id));
        let next = pending.expired(30).unwrap();
        assert_eq!(pending.get(next), Some(&'b'));
    }
}
