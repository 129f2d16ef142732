//! Things that wait for their other half: found by key in the order they came, given up in the
//! order their time is up, and never more than the capacity. Knows nothing of what they are.

use std::{
    collections::{BTreeSet, HashMap, VecDeque, hash_map},
    hash::Hash,
    sync::Arc,
};

/// Names one waiting thing. Rises with every insertion.
pub(super) type Id = u64;

#[derive(Debug)]
struct Entry<K, V> {
    // Shared with `by_key`, because a key carries up to a snap length of bytes.
    key: Arc<K>,
    value: V,
    expires_ns: u64,
}

/// A bounded table of waiting things.
#[derive(Debug)]
pub(super) struct Pending<K, V> {
    entries: HashMap<Id, Entry<K, V>>,
    by_key: HashMap<Arc<K>, VecDeque<Id>>,
    by_expiry: BTreeSet<(u64, Id)>,
    next_id: Id,
    capacity: usize,
}

impl<K: Hash + Eq, V> Pending<K, V> {
    /// An empty table for at most `capacity` things.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            by_key: HashMap::new(),
            by_expiry: BTreeSet::new(),
            next_id: 0,
            capacity,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Adds a thing that waits until `expires_ns`. If the table is full, returns the thing that
    /// would expire first. That may be the new one itself.
    pub(super) fn insert(&mut self, key: K, value: V, expires_ns: u64) -> Option<V> {
        let id = self.next_id;
        self.next_id += 1;
        let key = Arc::new(key);
        self.by_key.entry(Arc::clone(&key)).or_default().push_back(id);
        self.by_expiry.insert((expires_ns, id));
        self.entries.insert(id, Entry { key, value, expires_ns });
        if self.entries.len() <= self.capacity {
            return None;
        }
        let &(_, first) = self.by_expiry.first()?;
        self.remove(first)
    }

    /// The first thing under `key`, in the order they came, that `fits`.
    pub(super) fn find(&self, key: &K, fits: impl Fn(&V) -> bool) -> Option<Id> {
        let ids = self.by_key.get(key)?;
        ids.iter().copied().find(|id| self.get(*id).is_some_and(&fits))
    }

    /// The same for things that all fit from some point on, without looking at each: thousands may
    /// wait under one key.
    pub(super) fn find_sorted(&self, key: &K, fits: impl Fn(&V) -> bool) -> Option<Id> {
        let ids = self.by_key.get(key)?;
        let fits = |id: &Id| self.get(*id).is_some_and(&fits);
        let at = ids.partition_point(|id| !fits(id));
        ids.get(at).copied().filter(fits)
    }

    pub(super) fn get(&self, id: Id) -> Option<&V> {
        self.entries.get(&id).map(|entry| &entry.value)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut V> {
        self.entries.get_mut(&id).map(|entry| &mut entry.value)
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<V> {
        let entry = self.entries.remove(&id)?;
        self.by_expiry.remove(&(entry.expires_ns, id));
        if let hash_map::Entry::Occupied(mut ids) = self.by_key.entry(entry.key) {
            if let Ok(at) = ids.get().binary_search(&id) {
                ids.get_mut().remove(at);
            }
            if ids.get().is_empty() {
                ids.remove();
            }
        }
        Some(entry.value)
    }

    /// Takes everything, in the order it came.
    pub(super) fn drain(&mut self) -> Vec<V> {
        let (entries, next_id) = (std::mem::take(&mut self.entries), self.next_id);
        *self = Self { next_id, ..Self::new(self.capacity) };
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable_by_key(|(id, _)| *id);
        entries.into_iter().map(|(_, entry)| entry.value).collect()
    }

    /// A thing whose time is up at `now_ns`, the longest overdue first.
    pub(super) fn expired(&self, now_ns: u64) -> Option<Id> {
        self.by_expiry.first().filter(|(expires_ns, _)| *expires_ns <= now_ns).map(|(_, id)| *id)
    }

    /// Lets a thing wait until `expires_ns` instead. It keeps its place under its key.
    pub(super) fn postpone(&mut self, id: Id, expires_ns: u64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            self.by_expiry.remove(&(entry.expires_ns, id));
            self.by_expiry.insert((expires_ns, id));
            entry.expires_ns = expires_ns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_in_order_of_arrival() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 30);
        pending.insert(1, 'b', 10);
        let first = pending.find(&1, |_| true).unwrap();
        assert_eq!(pending.remove(first), Some('a'));
        let second = pending.find(&1, |_| true).unwrap();
        assert_eq!(pending.remove(second), Some('b'));
        assert_eq!(pending.find(&1, |_| true), None);
        assert!(pending.by_key.is_empty() && pending.by_expiry.is_empty());
    }

    #[test]
    fn finds_only_what_fits() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 0);
        pending.insert(1, 'b', 0);
        let id = pending.find(&1, |value| *value == 'b').unwrap();
        assert_eq!(pending.remove(id), Some('b'));
        assert_eq!(pending.find(&2, |_| true), None);
    }

    #[test]
    fn finds_among_the_sorted_as_among_all() {
        let mut pending = Pending::new(8);
        for value in [1, 1, 2, 4] {
            pending.insert(1, value, 0);
        }
        for least in 0..6 {
            let fits = |value: &i32| *value >= least;
            assert_eq!(pending.find_sorted(&1, fits), pending.find(&1, fits), "{least}");
        }
        assert_eq!(pending.find_sorted(&2, |_| true), None);
    }

    #[test]
    fn drains_in_order_of_arrival() {
        let mut pending = Pending::new(8);
        pending.insert(1, 'a', 30);
        pending.insert(2, 'b', 10);
        pending.insert(1, 'c', 20);
        assert_eq!(pending.drain(), ['a', 'b', 'c']);
        assert_eq!((pending.len(), pending.find(&1, |_| true)), (0, None));
        assert_eq!(pending.expired(u64::MAX), None);
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
        assert_eq!(pending.find(&1, |_| true), Some(id));
        let next = pending.expired(30).unwrap();
        assert_eq!(pending.get(next), Some(&'b'));
    }
}
