//! Which name a namespace number had at which time. Pure.
//!
//! A number goes from one namespace to another, and several of them may have had the same name. What
//! is known of them: names, and since when each namespace has its own, at each look; that a process
//! was seen in the namespace; that the kernel made a namespace with the number.
//!
//! Invariant: a name does not reach back behind the time at which it was given, but to the kernel's
//! own word that the namespace was made just before.

use std::{collections::VecDeque, sync::Arc};

/// Names, and new namespaces, that are remembered of a number.
const SPANS_MAX: usize = 8;
/// How long the kernel may take to clear a namespace away that has lost its name.
const GOING_NS: u64 = 1_000_000_000;
/// How long `ip netns add` may take from making a namespace to naming it.
const NAMING_NS: u64 = 100_000_000;
/// The time at which a name was given is that of the last tick before.
const TICK_NS: u64 = 20_000_000;

/// A name that a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) name: Arc<str>,
    /// When it was given, by the time of day: another time is another namespace.
    pub(super) at_ns: i64,
    /// The same by the clock of the records.
    pub(super) since_ns: u64,
}

/// What a number was called.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Oldest first. The last one may still be there.
    spans: VecDeque<Span>,
    /// When namespaces with this number were made.
    made: VecDeque<u64>,
}

/// The time that one namespace had one name.
#[derive(Debug)]
struct Span {
    given: Given,
    /// What began earlier does not have the name.
    from_ns: u64,
    end: Option<End>,
}

/// The name is no longer there.
#[derive(Clone, Copy, Debug)]
struct End {
    /// When it was last known to be there.
    seen_ns: u64,
    /// What began at this time or later is of another namespace, or of none that has a name.
    until_ns: u64,
}

impl History {
    /// Whether the number has a name, as far as is known.
    pub(super) fn is_named(&self) -> bool {
        self.spans.back().is_some_and(|span| span.end.is_none())
    }

    /// Takes in what a look at `now_ns` found, the one before which was at `seen_ns`.
    pub(super) fn set(&mut self, mut given: Option<Given>, seen_ns: u64, now_ns: u64) {
        if let Some(span) = self.spans.back_mut().filter(|span| span.end.is_none()) {
            if let Some(given) = &mut given
                && given.at_ns == span.given.at_ns
            {
                if given.name == span.given.name {
                    return;
                }
                // The same namespace has another name first among its names now.
                given.since_ns = now_ns;
            }
            let going_ns = now_ns.saturating_add(GOING_NS);
            let made = self.made.iter().copied().filter(|made_ns| *made_ns > seen_ns);
            span.end = Some(End { seen_ns, until_ns: made.fold(going_ns, u64::min) });
        }
        if let Some(given) = given {
            let mut span = Span { from_ns: given.since_ns, given, end: None };
            self.made.iter().for_each(|made_ns| span.reach_back(*made_ns));
            push(&mut self.spans, span);
        }
    }

    /// A process sent something there at `start_ns`: it cannot be in a namespace that is gone.
    pub(super) fn note_process(&mut self, start_ns: u64) {
        self.end_before(start_ns);
    }

    /// The kernel made a namespace with this number at `start_ns`.
    pub(super) fn note_new(&mut self, start_ns: u64) {
        if self.made.contains(&start_ns) {
            return;
        }
        push(&mut self.made, start_ns);
        self.end_before(start_ns);
        self.spans.iter_mut().for_each(|span| span.reach_back(start_ns));
    }

    fn end_before(&mut self, start_ns: u64) {
        for end in self.spans.iter_mut().filter_map(|span| span.end.as_mut()) {
            if start_ns > end.seen_ns {
                end.until_ns = end.until_ns.min(start_ns);
            }
        }
    }

    /// The name at `time_ns`, if the last look was at `looked_ns`.
    pub(super) fn name_at(&self, time_ns: u64, looked_ns: u64) -> Option<Arc<str>> {
        let span = self.spans.iter().rev().find(|span| span.from_ns <= time_ns)?;
        let is_there = match span.end {
            Some(end) => time_ns < end.until_ns,
            None => time_ns <= looked_ns,
        };
        is_there.then(|| Arc::clone(&span.given.name))
    }
}

impl Span {
    /// Has the name from `made_ns` on, when the kernel made a namespace with its number, if that was
    /// just before the name was given.
    fn reach_back(&mut self, made_ns: u64) {
        let since_ns = self.given.since_ns;
        let latest_ns = since_ns.saturating_add(TICK_NS);
        if (since_ns.saturating_sub(NAMING_NS)..=latest_ns).contains(&made_ns) {
            self.from_ns = self.from_ns.min(made_ns);
        }
    }
}

/// Keeps the newest.
fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() >= SPANS_MAX {
        queue.pop_front();
    }
    queue.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn given(name: &str, since_ms: u64) -> Given {
        let time_ns = since_ms * MS;
        Given { name: name.into(), at_ns: time_ns.cast_signed(), since_ns: time_ns }
    }

    /// Looks at times, each with what it found.
    fn history(looks: &[(u64, Option<Given>)]) -> History {
        let (mut history, mut seen_ms) = (History::default(), 0);
        for (now_ms, found) in looks {
            history.set(found.clone(), seen_ms * MS, now_ms * MS);
            seen_ms = *now_ms;
        }
        history
    }

    /// The name at each time, `-` for none.
    fn at<const N: usize>(history: &History, times_ms: [u64; N]) -> [String; N] {
        let name = |time_ms| history.name_at(time_ms * MS, 9_000 * MS);
        times_ms.map(|time_ms| name(time_ms).as_deref().unwrap_or("-").to_owned())
    }

    #[test]
    fn a_name_that_is_first_met_late_does_not_reach_back_to_a_nameless_namespace() {
        // The number is first looked up when another namespace has it already.
        let history = history(&[(900, Some(given("blue", 800)))]);
        assert_eq!(at(&history, [100, 700, 800, 900]), ["-", "-", "blue", "blue"]);
    }

    #[test]
    fn a_namespace_that_came_and_went_between_two_of_one_name_has_none() {
        // No look sees the number without the name.
        let looks = [(100, Some(given("blue", 90))), (900, Some(given("blue", 800)))];
        let mut history = history(&looks);
        history.note_new(500 * MS);
        history.note_process(510 * MS);
        let shown = at(&history, [95, 499, 500, 510, 700, 800]);
        assert_eq!(shown, ["blue", "blue", "-", "-", "-", "blue"]);
    }

    #[test]
    fn what_the_kernel_told_as_it_made_the_namespace_has_its_name() {
        let looks = [(900, Some(given("blue", 800)))];
        let (mut before, mut after) = (History::default(), history(&looks));
        before.note_new(790 * MS);
        before.set(Some(given("blue", 800)), 0, 900 * MS);
        after.note_new(790 * MS);
        assert_eq!(at(&before, [789, 790, 900]), ["-", "blue", "blue"]);
        assert_eq!(at(&after, [789, 790, 900]), ["-", "blue", "blue"]);
    }

    #[test]
    fn a_name_for_an_older_namespace_begins_when_it_is_given() {
        let mut history = history(&[(900, Some(given("blue", 800)))]);
        history.note_new(100 * MS);
        assert_eq!(at(&history, [100, 799, 800]), ["-", "-", "blue"]);
    }

    #[test]
    fn a_name_ends_with_the_first_sign_of_another_namespace() {
        let looks = [(100, Some(given("blue", 90))), (200, None)];
        let gone = || history(&looks);
        // Without a sign, the kernel has a second to clear the namespace away.
        assert_eq!(at(&gone(), [1_199, 1_200]), ["blue", "-"]);
        let mut by_process = gone();
        // What began before the last look at the name is of its namespace.
        by_process.note_process(99 * MS);
        assert_eq!(at(&by_process, [1_199]), ["blue"]);
        by_process.note_process(150 * MS);
        assert_eq!(at(&by_process, [99, 149, 150]), ["blue", "blue", "-"]);
        let mut by_kernel = gone();
        by_kernel.note_new(160 * MS);
        assert_eq!(at(&by_kernel, [159, 160]), ["blue", "-"]);
    }

    #[test]
    fn a_namespace_made_before_the_look_that_misses_the_name_ends_it() {
        let (mut history, mut seen) = (History::default(), 0);
        history.set(Some(given("blue", 90)), seen, 100 * MS);
        seen = 100 * MS;
        history.note_new(160 * MS);
        history.set(None, seen, 200 * MS);
        assert_eq!(at(&history, [159, 160]), ["blue", "-"]);
    }

    #[test]
    fn a_namespace_that_has_another_name_first_is_still_called_so() {
        let looks = [(100, Some(given("blue", 90))), (200, Some(given("azure", 90)))];
        let history = history(&looks);
        assert_eq!(at(&history, [90, 199, 200, 300]), ["blue", "blue", "azure", "azure"]);
    }

    #[test]
    fn a_name_is_not_known_behind_the_last_look() {
        let history = history(&[(100, Some(given("blue", 90)))]);
        assert_eq!(history.name_at(101 * MS, 100 * MS), None);
    }

    #[test]
    fn remembers_a_bounded_number_of_names() {
        let looks: Vec<_> = (1..100).map(|n| (n * 10, Some(given("blue", n * 10 - 1)))).collect();
        let mut history = history(&looks);
        (0..100).for_each(|n| history.note_new(n * MS));
        assert_eq!((history.spans.len(), history.made.len()), (SPANS_MAX, SPANS_MAX));
        assert_eq!(at(&history, [500, 989]), ["-", "blue"]);
    }
}
