//! How much totals have grown in the last while.

use std::collections::{BTreeMap, VecDeque};

/// Growth is kept in pieces of this many nanoseconds, so that a window has a few pieces however
/// often somebody looks.
const PIECE_NS: u64 = 10_000_000_000;

/// The growth of totals, each over the same time.
#[derive(Clone, Debug)]
pub(super) struct Windows<K> {
    window_ns: u64,
    totals: BTreeMap<K, u64>,
    grown: BTreeMap<K, VecDeque<(u64, u64)>>,
    has_looked: bool,
}

impl<K: Ord + Clone> Windows<K> {
    pub(super) fn new(window_ns: u64) -> Self {
        Self { window_ns, totals: BTreeMap::new(), grown: BTreeMap::new(), has_looked: false }
    }

    /// Takes totals in. What was there at the first look has grown at no known time, and does not
    /// count; what comes later has grown from 0.
    pub(super) fn add<'a>(&mut self, at_ns: u64, totals: impl Iterator<Item = (&'a K, u64)>)
    where
        K: 'a,
    {
        let mut now = BTreeMap::new();
        for (key, total) in totals {
            let before = self.totals.get(key).copied();
            let before = before.unwrap_or(if self.has_looked { 0 } else { total });
            let grown = total.saturating_sub(before);
            if grown > 0 {
                self.grow(key, at_ns, grown);
            }
            now.insert(key.clone(), total);
        }
        (self.totals, self.has_looked) = (now, true);
        let oldest_ns = at_ns.saturating_sub(self.window_ns);
        self.grown.retain(|_, pieces| {
            while pieces.front().is_some_and(|(ns, _)| *ns < oldest_ns) {
                pieces.pop_front();
            }
            !pieces.is_empty()
        });
    }

    fn grow(&mut self, key: &K, at_ns: u64, grown: u64) {
        let pieces = self.grown.entry(key.clone()).or_default();
        match pieces.back_mut() {
            Some((ns, sum)) if at_ns / PIECE_NS == *ns / PIECE_NS => *sum += grown,
            _ => pieces.push_back((at_ns, grown)),
        }
    }

    /// What has grown, and by how much in the window.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.grown.iter().map(|(key, pieces)| (key, pieces.iter().map(|(_, sum)| sum).sum()))
    }

    /// How much one has grown.
    pub(super) fn of(&self, key: &K) -> u64 {
        self.grown.get(key).map_or(0, |pieces| pieces.iter().map(|(_, sum)| sum).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn growth_counts_as_long_as_the_window_is() {
        let mut windows = Windows::new(30 * SECOND);
        windows.add(0, [(&"a", 5)].into_iter());
        assert_eq!(windows.of(&"a"), 0);
        windows.add(SECOND, [(&"a", 7), (&"b", 3)].into_iter());
        windows.add(12 * SECOND, [(&"a", 8), (&"b", 3)].into_iter());
        let grown: Vec<_> = windows.iter().map(|(key, sum)| (*key, sum)).collect();
        assert_eq!(grown, [("a", 3), ("b", 3)]);
        windows.add(32 * SECOND, [(&"a", 8), (&"b", 3)].into_iter());
        assert_eq!((windows.of(&"a"), windows.of(&"b")), (1, 0));
    }

    #[test]
    fn a_total_that_went_back_has_not_grown() {
        let mut windows = Windows::new(30 * SECOND);
        windows.add(0, [(&"a", 5)].into_iter());
        windows.add(SECOND, [(&"a", 2)].into_iter());
        windows.add(2 * SECOND, [(&"a", 4)].into_iter());
        assert_eq!(windows.of(&"a"), 2);
    }

    #[test]
    fn a_window_has_few_pieces_however_often_somebody_looks() {
        let mut windows = Windows::new(60 * SECOND);
        for look in 0..6000_u64 {
            windows.add(look * SECOND / 10, [(&"a", look)].into_iter());
        }
        assert!(windows.grown[&"a"].len() <= 8);
        assert!((590..=710).contains(&windows.of(&"a")));
    }
}
