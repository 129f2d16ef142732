//! Which label values have series of their own, within a fixed number. Pure.
//!
//! [`Shares`] is for values that any user of the host can make up. Each user has a share, and root
//! has a reserve. A quiet value makes room for a new one. [`Budget`] is for the other values: first
//! come, first served.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

/// The label value that stands for those without a series.
pub(crate) const OTHER: &str = "other";

/// The user whose values nobody else can drive out.
pub(crate) const ROOT: u32 = 0;

/// Stands for a user who is not known.
pub(crate) const NOBODY: u32 = u32::MAX;

/// One in this many places is root's.
const RESERVED_PART: usize = 4;

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission<T> {
    /// It has a series.
    Own,
    /// It has one now, and this other one has none any more: what it counted is to be folded.
    InsteadOf(T),
    /// It is counted as other.
    Other,
}

/// Values with series, shared among the users who make them.
#[derive(Debug)]
pub(crate) struct Shares<T> {
    most: usize,
    values: BTreeMap<T, Use>,
    /// Values by user.
    users: BTreeMap<u32, usize>,
    /// Users for whom there was no room for a value that counts so much, since anything changed.
    full: BTreeMap<u32, u64>,
    turned_away: BTreeSet<T>,
    /// Values that were counted as other, at first or in the end.
    pub(crate) refused: u64,
}

#[derive(Clone, Copy, Debug)]
struct Use {
    user: u32,
    /// How much it has counted, the older the less.
    score: u64,
}

impl<T: Ord + Clone> Shares<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            values: BTreeMap::new(),
            users: BTreeMap::new(),
            full: BTreeMap::new(),
            turned_away: BTreeSet::new(),
            refused: 0,
        }
    }

    /// Whether `value`, which has counted `weight` more on behalf of `user`, has a series.
    pub(crate) fn admit(&mut self, value: &T, user: u32, weight: u64) -> Admission<T> {
        let user = group(user);
        if let Some(known) = self.values.get_mut(value) {
            known.score = known.score.saturating_add(weight);
            if user == ROOT && known.user != ROOT {
                // What root uses too is as safe as root's own.
                let before = std::mem::replace(&mut known.user, ROOT);
                self.count(before, -1);
                self.count(ROOT, 1);
            }
            return Admission::Own;
        }
        if self.has_room(user) {
            self.insert(value, user, weight);
            return Admission::Own;
        }
        if self.full.get(&user).is_some_and(|tried| *tried >= weight) {
            self.turn_away(value);
            return Admission::Other;
        }
        let Some(victim) = self.victim(user, weight) else {
            self.full.insert(user, weight);
            self.turn_away(value);
            return Admission::Other;
        };
        if let Some(folded) = self.values.remove(&victim) {
            self.count(folded.user, -1);
            self.refused += 1;
        }
        self.insert(value, user, weight);
        Admission::InsteadOf(victim)
    }

    /// The label value that `value` is counted under: itself, or [`OTHER`]. `fold` moves what another
    /// one has counted to `OTHER`, which has no series any more.
    pub(crate) fn label(&mut self, value: T, user: u32, weight: u64, fold: impl FnOnce(&T)) -> T
    where
        T: From<&'static str>,
    {
        match self.admit(&value, user, weight) {
            Admission::Own => value,
            Admission::Other => OTHER.into(),
            Admission::InsteadOf(folded) => {
                fold(&folded);
                value
            }
        }
    }

    /// Lets time pass: what counts nothing becomes quiet within minutes.
    pub(crate) fn age(&mut self) {
        for used in self.values.values_mut() {
            used.score = (used.score - used.score / 8).saturating_sub(1);
        }
        self.full.clear();
    }

    fn reserved(&self) -> usize {
        self.most / RESERVED_PART
    }

    fn has_room(&self, user: u32) -> bool {
        let of_root = self.users.get(&ROOT).copied().unwrap_or_default();
        let of_others = self.values.len() - of_root;
        let is_room = self.values.len() < self.most;
        is_room && (user == ROOT || of_others < self.most - self.reserved())
    }

    /// Who has to go: of the user with the most values the quietest, if that user has clearly more
    /// than `user`; or else of both of them one that is quieter than the new one. Root's reserve is
    /// not among them.
    fn victim(&self, user: u32, weight: u64) -> Option<T> {
        let counted = |user: u32| {
            let count = self.users.get(&user).copied().unwrap_or_default();
            if user == ROOT { count.saturating_sub(self.reserved()) } else { count }
        };
        let heaviest = self.users.keys().copied().max_by_key(|user| counted(*user))?;
        let takes_from_richer = counted(heaviest) > counted(user) + 1;
        let quietest = self
            .values
            .iter()
            .filter(|(_, used)| used.user == heaviest || !takes_from_richer && used.user == user)
            .filter(|(_, used)| used.user != ROOT || user == ROOT || counted(ROOT) > 0)
            .min_by_key(|(_, used)| used.score)?;
        (takes_from_richer || quietest.1.score < weight).then(|| quietest.0.clone())
    }

    fn insert(&mut self, value: &T, user: u32, score: u64) {
        self.values.insert(value.clone(), Use { user, score });
        self.count(user, 1);
        self.turned_away.remove(value);
    }

    fn count(&mut self, user: u32, change: isize) {
        let count = self.users.entry(user).or_default();
        *count = count.saturating_add_signed(change);
        if *count == 0 {
            self.users.remove(&user);
        }
        self.full.clear();
    }

    /// Each counts once, as long as there is room to remember them.
    fn turn_away(&mut self, value: &T) {
        if self.turned_away.contains(value) {
            return;
        }
        self.refused += 1;
        if self.turned_away.len() < self.most {
            self.turned_away.insert(value.clone());
        }
    }
}

/// Users who are one: a user may have 65,536 subordinate ids, from 100,000 on, and use them all.
fn group(user: u32) -> u32 {
    const FIRST: u32 = 100_000;
    const EACH: u32 = 65_536;
    if user == NOBODY || user < FIRST { user } else { user - (user - FIRST) % EACH }
}

/// Moves what was counted under some keys to where `target` says that it goes.
pub(crate) fn fold<K: Ord + Clone, V: AddAssign + Default>(
    counts: &mut BTreeMap<K, V>,
    target: impl Fn(&K) -> Option<K>,
) {
    let moves: Vec<(K, K)> =
        counts.keys().filter_map(|key| Some((key.clone(), target(key)?))).collect();
    for (from, to) in moves {
        if let Some(count) = counts.remove(&from) {
            *counts.entry(to).or_default() += count;
        }
    }
}

/// A set of label values that stops growing.
#[derive(Debug)]
pub(crate) struct Budget<T> {
    admitted: BTreeSet<T>,
    refused_values: BTreeSet<T>,
    pub(crate) refused: u64,
}

impl<T> Default for Budget<T> {
    fn default() -> Self {
        Self { admitted: BTreeSet::new(), refused_values: BTreeSet::new(), refused: 0 }
    }
}

impl<T: Ord> Budget<T> {
    pub(crate) fn admits(&mut self, value: T, max: usize) -> bool {
        if self.admitted.contains(&value) {
            return true;
        }
        if self.admitted.len() < max {
            self.admitted.insert(value);
            return true;
        }
        // Each refused value counts once, as long as there is room to remember them.
        if self.refused_values.len() < max {
            self.refused += u64::from(self.refused_values.insert(value));
        } else if !self.refused_values.contains(&value) {
            self.refused += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: u32 = 1000;

    fn has(shares: &Shares<u32>, value: u32) -> bool {
        shares.values.contains_key(&value)
    }

    #[test]
    fn a_user_who_makes_values_up_drives_out_its_own_alone() {
        let mut shares = Shares::new(64);
        let others = [(1, ROOT), (2, 1001), (3, 1001)];
        for (value, user) in others {
            assert_eq!(shares.admit(&value, user, 1), Admission::Own);
        }
        for value in 1000..6000 {
            shares.admit(&value, USER, 1000);
            if value % 100 == 0 {
                shares.age();
            }
        }
        assert!(others.iter().all(|(value, _)| has(&shares, *value)));
        // Whoever comes later finds room too, root in its reserve and another user in a fair share.
        for value in 10..25 {
            assert_eq!(shares.admit(&value, ROOT, 1), Admission::Own, "{value}");
        }
        for value in 30..40 {
            let admission = shares.admit(&value, 1002, 1);
            assert!(matches!(admission, Admission::InsteadOf(1000..)), "{admission:?}");
        }
        assert!((10..25).chain(30..40).all(|value| has(&shares, value)));
        assert!(shares.values.len() <= 64);
    }

    #[test]
    fn the_quiet_makes_room_for_the_busy() {
        let mut shares = Shares::new(4);
        for value in 0..3 {
            shares.admit(&value, USER, 10);
        }
        assert_eq!(shares.admit(&9, USER, 5), Admission::Other);
        for _ in 0..20 {
            shares.age();
            shares.admit(&0, USER, 10);
            shares.admit(&2, USER, 10);
        }
        assert_eq!(shares.admit(&9, USER, 5), Admission::InsteadOf(1));
        assert_eq!(shares.admit(&1, USER, 1), Admission::Other);
        assert_eq!(shares.refused, 3);
    }

    #[test]
    fn what_root_uses_too_becomes_roots() {
        let mut shares = Shares::new(4);
        shares.admit(&7, USER, 0);
        shares.admit(&7, ROOT, 0);
        for value in 100..200 {
            shares.admit(&value, USER, 1000);
        }
        assert!(has(&shares, 7));
    }

    #[test]
    fn subordinate_ids_of_a_user_are_one_user() {
        assert_eq!(group(100_000), group(165_535));
        assert_ne!(group(100_000), group(165_536));
        assert_eq!((group(1000), group(NOBODY)), (1000, NOBODY));
    }

    #[test]
    fn folding_moves_counts_and_loses_none() {
        let mut counts = BTreeMap::from([(1, 5), (2, 7), (9, 1)]);
        fold(&mut counts, |key| (*key < 9).then_some(9));
        assert_eq!(counts, BTreeMap::from([(9, 13)]));
    }
}
