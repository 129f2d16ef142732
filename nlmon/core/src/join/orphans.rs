//! Answers that came before their request. The request claims them when it comes; without one they
//! are given up in the order of their arrival.
//!
//! This is a table beside [`Pending`](super::pending::Pending), because a request claims all
//! answers of a key from some time on. Thousands may wait under one key, and a claim never looks at
//! the answers of older requests.

use std::collections::BTreeMap;

/// Order of arrival.
type Arrival = u64;

#[derive(Debug)]
struct Waiting<L> {
    link: L,
    start_ns: u64,
    expires_ns: u64,
}

/// A bounded table of answers, each under a link and its own start.
#[derive(Debug)]
pub(super) struct Orphans<L, V> {
    answers: BTreeMap<(L, u64, Arrival), V>,
    by_arrival: BTreeMap<Arrival, Waiting<L>>,
    next: Arrival,
    capacity: usize,
}

impl<L: Copy + Ord, V> Orphans<L, V> {
    /// An empty table for at most `capacity` answers.
    pub(super) fn new(capacity: usize) -> Self {
        Self { answers: BTreeMap::new(), by_arrival: BTreeMap::new(), next: 0, capacity }
    }

    pub(super) fn len(&self) -> u64 {
        self.answers.len() as u64
    }

    /// Adds an answer that began at `start_ns`. The oldest goes if there is no room, and is
    /// returned. `expires_ns` must not be before that of an earlier call.
    pub(super) fn insert(
        &mut self,
        link: L,
        start_ns: u64,
        answer: V,
        expires_ns: u64,
    ) -> Option<V> {
        let arrival = self.next;
        self.next += 1;
        self.answers.insert((link, start_ns, arrival), answer);
        self.by_arrival.insert(arrival, Waiting { link, start_ns, expires_ns });
        if self.answers.len() <= self.capacity { None } else { self.pop_oldest() }
    }

    /// Takes every answer under `link` that began at `from_ns` or later, in order of their start.
    pub(super) fn claim(&mut self, link: L, from_ns: u64) -> Vec<V> {
        let range = (link, from_ns, 0)..=(link, u64::MAX, u64::MAX);
        let keys: Vec<_> = self.answers.range(range).map(|(key, _)| *key).collect();
        let take = |key: (L, u64, Arrival)| {
            self.by_arrival.remove(&key.2);
            self.answers.remove(&key)
        };
        keys.into_iter().filter_map(take).collect()
    }

    /// Takes an answer whose time is up at `now_ns`, the oldest first.
    pub(super) fn pop_expired(&mut self, now_ns: u64) -> Option<V> {
        let (_, oldest) = self.by_arrival.first_key_value()?;
        if oldest.expires_ns <= now_ns { self.pop_oldest() } else { None }
    }

    /// When the next answer's time is up.
    pub(super) fn next_expiry_ns(&self) -> Option<u64> {
        self.by_arrival.first_key_value().map(|(_, oldest)| oldest.expires_ns)
    }

    fn pop_oldest(&mut self) -> Option<V> {
        let (arrival, Waiting { link, start_ns, .. }) = self.by_arrival.pop_first()?;
        self.answers.remove(&(link, start_ns, arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_claims_what_began_after_it() {
        let mut orphans = Orphans::new(8);
        for (link, start_ns, name) in [(1, 30, 'c'), (1, 10, 'a'), (2, 40, 'x'), (1, 20, 'b')] {
            assert_eq!(orphans.insert(link, start_ns, name, 100), None);
        }
        assert_eq!(orphans.claim(1, 20), ['b', 'c']);
        assert_eq!(orphans.claim(1, 20), []);
        assert_eq!((orphans.len(), orphans.by_arrival.len()), (2, 2));
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut orphans = Orphans::new(2);
        assert_eq!(orphans.insert(1, 30, 'a', 100), None);
        assert_eq!(orphans.insert(1, 20, 'b', 110), None);
        assert_eq!(orphans.insert(1, 10, 'c', 120), Some('a'));
        assert_eq!(orphans.pop_expired(109), None);
        assert_eq!(orphans.pop_expired(110), Some('b'));
        assert_eq!(orphans.pop_expired(u64::MAX), Some('c'));
        assert_eq!((orphans.len(), orphans.by_arrival.len()), (0, 0));
    }

    #[test]
    fn two_that_began_at_once_are_two() {
        let mut orphans = Orphans::new(8);
        orphans.insert(1, 10, 'a', 100);
        orphans.insert(1, 10, 'b', 100);
        assert_eq!(orphans.claim(1, 0), ['a', 'b']);
    }
}
