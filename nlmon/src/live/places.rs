//! Places for clients of the log. How many there are may change meanwhile: who has one keeps it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many are taken.
#[derive(Debug, Default)]
pub(super) struct Places(AtomicUsize);

/// A place that is taken. Dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Place(Arc<Places>);

impl Places {
    /// Takes one of `most`; `None` if there is none left.
    pub(super) fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let one_more = |taken| (taken < most).then_some(taken + 1);
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.ok().map(|_before| Place(Arc::clone(self)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_places_take_none_away_and_more_are_there_at_once() {
        let places = Arc::new(Places::default());
        let held: Vec<_> = (0..3).map(|_| places.take(3).unwrap()).collect();
        assert!(places.take(3).is_none());
        assert!(places.take(2).is_none());
        let more = places.take(4);
        assert!(more.is_some());
        drop(held);
        assert!(places.take(2).is_some());
    }
}
