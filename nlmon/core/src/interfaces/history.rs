//! The names of one namespace's interfaces, each with the time from which it was so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of one index that are remembered: the last ones.
const SPANS_MAX: usize = 8;

/// The part of the indexes that has to be gone before it is looked for them.
const GONE_SHARE: usize = 16;

/// The name from a time on. `None`: the interface was not there, or its name is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Naming {
    from_ns: u64,
    name: Option<Arc<str>>,
}

/// What was so at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At<'a> {
    pub(super) from_ns: u64,
    pub(super) name: Option<&'a Arc<str>>,
}

/// Spans by index, in the order of time.
#[derive(Debug, Default)]
pub(super) struct NameHistory {
    indexes: BTreeMap<u32, Vec<Naming>>,
    /// How many of them are gone.
    gone: usize,
    /// When the last list of all interfaces began and was complete.
    listed: (u64, u64),
}

impl NameHistory {
    pub(super) fn len(&self) -> usize {
        self.indexes.len()
    }

    /// From `at_ns` on, until what is known of a later time, it is called so.
    fn set(&mut self, index: u32, at_ns: u64, name: Option<Arc<str>>) {
        if name.is_none() && !self.indexes.contains_key(&index) {
            return;
        }
        let spans = self.indexes.entry(index).or_default();
        let was_gone = is_gone(spans);
        let place = spans.partition_point(|span| span.from_ns <= at_ns);
        if place > 0 && spans[place - 1].name == name {
            return;
        }
        if place > 0 && spans[place - 1].from_ns == at_ns {
            spans[place - 1].name = name;
        } else {
            spans.insert(place, Naming { from_ns: at_ns, name });
        }
        // A name that is followed by itself is one.
        spans.dedup_by(|later, earlier| later.name == earlier.name);
        if spans.len() > SPANS_MAX {
            spans.remove(0);
        }
        self.gone = self.gone + usize::from(is_gone(spans)) - usize::from(was_gone);
    }

    /// A list of all interfaces began and was complete at these times. What was known before counts
    /// until it began.
    pub(super) fn list(&mut self, began_ns: u64, complete_ns: u64) {
        self.end(began_ns, &BTreeSet::new());
        self.listed = (began_ns, complete_ns);
    }

    /// The list has this interface. It was in force at some time of the list, which counts from its
    /// end, unless something has changed meanwhile or since: then that is known to be newer.
    pub(super) fn listed(&mut self, index: u32, name: Option<Arc<str>>) {
        let (began_ns, complete_ns) = self.listed;
        let spans = self.indexes.get(&index).map_or(&[][..], Vec::as_slice);
        if spans.last().is_none_or(|span| span.from_ns <= began_ns) {
            self.set(index, complete_ns, name);
        }
    }

    /// The kernel told of a change.
    pub(super) fn change(&mut self, index: u32, at_ns: u64, name: Option<Arc<str>>) {
        let (began_ns, complete_ns) = self.listed;
        let spans = self.indexes.get_mut(&index);
        if let Some(spans) = spans.filter(|_| (began_ns..complete_ns).contains(&at_ns)) {
            // What the list said may be older.
            let was_gone = is_gone(spans);
            spans.retain(|span| span.from_ns != complete_ns);
            self.gone = self.gone + usize::from(is_gone(spans)) - usize::from(was_gone);
        }
        self.set(index, at_ns, name);
    }

    /// What was known then; `None` if nothing was.
    pub(super) fn at(&self, index: u32, at_ns: u64) -> Option<At<'_>> {
        let spans = self.indexes.get(&index)?;
        let place = spans.partition_point(|span| span.from_ns <= at_ns);
        let span = spans.get(place.checked_sub(1)?)?;
        Some(At { from_ns: span.from_ns, name: span.name.as_ref() })
    }

    /// From `at_ns` on nothing is known but what was learnt of a later time, and of the exceptions.
    pub(super) fn end(&mut self, at_ns: u64, except: &BTreeSet<u32>) {
        let ended = self.indexes.keys().filter(|index| !except.contains(index));
        let indexes: Vec<u32> = ended.copied().collect();
        for index in indexes {
            self.set(index, at_ns, None);
        }
    }

    /// Forgets an index. Says how many names that were.
    pub(super) fn remove(&mut self, index: u32) -> usize {
        let Some(spans) = self.indexes.remove(&index) else { return 0 };
        self.gone -= usize::from(is_gone(&spans));
        1
    }

    /// Forgets interfaces that are gone, if they are so many that it is worth looking through all.
    /// Says how many.
    pub(super) fn shrink(&mut self) -> usize {
        if self.gone == 0 || self.gone < self.len() / GONE_SHARE {
            return 0;
        }
        self.gone = 0;
        let before = self.len();
        self.indexes.retain(|_, spans| !is_gone(spans));
        before - self.len()
    }
}

fn is_gone(spans: &[Naming]) -> bool {
    spans.last().is_some_and(|span| span.name.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(namespace: &NameHistory, at_ns: u64) -> Option<&str> {
        namespace.at(6, at_ns)?.name.map(|name| &**name)
    }

    #[test]
    fn a_name_is_that_of_its_time_in_whatever_order_it_is_learnt() {
        let facts = [(10, Some("a")), (20, Some("b")), (30, None), (40, Some("c"))];
        let mut orders = vec![facts.to_vec()];
        orders.push(facts.iter().rev().copied().collect());
        orders.push([2, 0, 3, 1].map(|place| facts[place]).to_vec());
        for order in orders {
            let mut namespace = NameHistory::default();
            // One that is there, so that its end can be learnt before its beginning.
            namespace.set(6, 1, Some("first".into()));
            for (at_ns, name) in order {
                namespace.set(6, at_ns, name.map(Arc::from));
            }
            let found = [0, 1, 9, 10, 19, 20, 29, 30, 39, 40].map(|at_ns| name(&namespace, at_ns));
            let first = Some("first");
            let (a, b, c) = (Some("a"), Some("b"), Some("c"));
            assert_eq!(found, [None, first, first, a, a, b, b, None, None, c]);
        }
    }

    #[test]
    fn a_name_that_is_told_again_is_the_same() {
        let mut namespace = NameHistory::default();
        namespace.set(6, 20, Some("a".into()));
        namespace.set(6, 30, Some("a".into()));
        namespace.set(6, 10, Some("a".into()));
        assert_eq!((name(&namespace, 10), namespace.indexes[&6].len()), (Some("a"), 1));
    }

    #[test]
    fn only_the_last_names_of_an_index_are_kept() {
        let mut namespace = NameHistory::default();
        for at_ns in 0..100 {
            namespace.set(6, at_ns, Some(format!("v{at_ns}").into()));
        }
        assert_eq!((name(&namespace, 50), name(&namespace, 99)), (None, Some("v99")));
        assert_eq!(namespace.indexes[&6].len(), SPANS_MAX);
    }
}
