//! Answers that came before their request. The request claims them when it comes; without one they
//! are given up in the order of their arrival.
//!
//! This is a table beside [`Pending`](super::pending::Pending), because a request claims all
//! answers of a key from some time on. Thousands may wait under one key, and a claim never looks at
//! the answers of older requests.
//!
//! The newest answer is kept aside. The request that it was sent in is nearly always the next thing
//! to come, so that most answers never are in the table.

use std::collections::{BTreeMap, VecDeque};

/// How many that are gone are kept in the order of arrival, besides as many as wait.
const GONE_MAX: usize = 1024;

/// Order of arrival.
type Arrival = u64;

#[derive(Debug)]
struct Waiting<L> {
    arrival: Arrival,
    is_gone: bool,
    link: L,
    start_ns: u64,
    expires_ns: u64,
}

/// An answer that is not in the table.
#[derive(Debug)]
struct Newest<L, V> {
    link: L,
    start_ns: u64,
    expires_ns: u64,
    answer: V,
}

/// A bounded table of answers, each under a link and its own start.
#[derive(Debug)]
pub(super) struct Orphans<L, V> {
    newest: Option<Newest<L, V>>,
    answers: BTreeMap<(L, u64, Arrival), V>,
    /// In the order in which they came, with some that are gone behind the first.
    by_arrival: VecDeque<Waiting<L>>,
    next: Arrival,
    capacity: usize,
}

impl<L: Copy + Ord, V> Orphans<L, V> {
    /// An empty table for at most `capacity` answers.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            newest: None,
            answers: BTreeMap::new(),
            by_arrival: VecDeque::new(),
            next: 0,
            capacity,
        }
    }

    pub(super) fn len(&self) -> u64 {
        (self.answers.len() + usize::from(self.newest.is_some())) as u64
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
        let newest = Newest { link, start_ns, expires_ns, answer };
        if let Some(before) = self.newest.replace(newest) {
            self.keep(before);
        }
        if self.len() <= self.capacity as u64 { None } else { self.pop_oldest() }
    }

    fn keep(&mut self, Newest { link, start_ns, expires_ns, answer }: Newest<L, V>) {
        let arrival = self.next;
        self.next += 1;
        self.answers.insert((link, start_ns, arrival), answer);
        self.by_arrival.push_back(Waiting { arrival, is_gone: false, link, start_ns, expires_ns });
    }

    /// Hands over every answer under `link` that began at `from_ns` or later, in order of their
    /// start.
    pub(super) fn claim(&mut self, link: L, from_ns: u64, take: impl FnMut(V)) {
        let fits = |newest: &mut Newest<L, V>| newest.link == link && newest.start_ns >= from_ns;
        let newest = self.newest.take_if(fits);
        if self.answers.is_empty() {
            newest.map(|newest| newest.answer).into_iter().for_each(take);
            return;
        }
        if let Some(newest) = newest {
            self.keep(newest);
        }
        let range = (link, from_ns, 0)..=(link, u64::MAX, u64::MAX);
        let keys: Vec<_> = self.answers.range(range).map(|(key, _)| *key).collect();
        for (_, _, arrival) in &keys {
            let found = self.by_arrival.binary_search_by_key(arrival, |waiting| waiting.arrival);
            if let Ok(index) = found {
                self.by_arrival[index].is_gone = true;
            }
        }
        keys.into_iter().filter_map(|key| self.answers.remove(&key)).for_each(take);
        self.drop_gone();
    }

    /// Lets the first be one that is there, and most of the others.
    fn drop_gone(&mut self) {
        while self.by_arrival.front().is_some_and(|waiting| waiting.is_gone) {
            self.by_arrival.pop_front();
        }
        if self.by_arrival.len() > 2 * self.answers.len() + GONE_MAX {
            self.by_arrival.retain(|waiting| !waiting.is_gone);
        }
    }

    /// Takes an answer whose time is up at `now_ns`, the oldest first.
    pub(super) fn pop_expired(&mut self, now_ns: u64) -> Option<V> {
        if self.next_expiry_ns()? <= now_ns { self.pop_oldest() } else { None }
    }

    /// When the next answer's time is up.
    pub(super) fn next_expiry_ns(&self) -> Option<u64> {
        let oldest = self.by_arrival.front().map(|oldest| oldest.expires_ns);
        oldest.or_else(|| self.newest.as_ref().map(|newest| newest.expires_ns))
    }

    fn pop_oldest(&mut self) -> Option<V> {
        let Some(Waiting { arrival, link, start_ns, .. }) = self.by_arrival.pop_front() else {
            return self.newest.take().map(|newest| newest.answer);
        };
        let answer = self.answers.remove(&(link, start_ns, arrival));
        self.drop_gone();
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed<L: Copy + Ord, V>(orphans: &mut Orphans<L, V>, link: L, from_ns: u64) -> Vec<V> {
        let mut claimed = Vec::new();
        orphans.claim(link, from_ns, |answer| claimed.push(answer));
        claimed
    }

    #[test]
    fn a_request_claims_what_began_after_it() {
        let mut orphans = Orphans::new(8);
        for (link, start_ns, name) in [(1, 30, 'c'), (1, 10, 'a'), (2, 40, 'x'), (1, 20, 'b')] {
            assert_eq!(orphans.insert(link, start_ns, name, 100), None);
        }
        assert_eq!(claimed(&mut orphans, 1, 20), ['b', 'c']);
        assert_eq!(claimed(&mut orphans, 1, 20), []);
        let there = orphans.by_arrival.iter().filter(|waiting| !waiting.is_gone).count();
        assert_eq!((orphans.len(), there), (2, 2));
        assert!(!orphans.by_arrival[0].is_gone);
    }

    #[test]
    fn what_was_claimed_takes_no_room_behind_what_waits() {
        let mut orphans = Orphans::new(8);
        orphans.insert(0, 1, 'a', 100);
        for number in 1..10 * GONE_MAX as u64 {
            orphans.insert(1, number, 'b', 100);
            orphans.insert(1, number, 'c', 100);
            assert_eq!(claimed(&mut orphans, 1, number), ['b', 'c']);
            assert!(orphans.by_arrival.len() <= GONE_MAX + 4);
        }
        assert_eq!(orphans.pop_expired(100), Some('a'));
        assert_eq!((orphans.len(), orphans.by_arrival.len()), (0, 0));
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
        assert_eq!(claimed(&mut orphans, 1, 0), ['a', 'b']);
    }
}
