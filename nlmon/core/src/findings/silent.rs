//! Routes that went without a message, and that nobody has put back: whoever keeps routes still
//! believes in them.

use std::collections::BTreeMap;

use super::{Condition, Kind, Severity, Thresholds, detect::minutes, fight::identity};
use crate::ledger::{Change, Kind as Object, Learnt, Verb};
use crate::record::Cause;

/// Routes that are remembered; of more, the number alone.
const ROUTES_MAX: usize = 4096;

/// Routes that are named.
const NAMED_MAX: usize = 3;

/// A route that went.
#[derive(Clone, Debug)]
struct Gone {
    at_ns: u64,
    route: String,
    why: Option<String>,
}

/// Namespace, and the route without its hop.
type Key = (u32, String);

/// What went and did not come back.
#[derive(Clone, Debug, Default)]
pub(super) struct Silent {
    gone: BTreeMap<Key, Gone>,
    /// Those that had no room, and when the last of them went.
    more: u64,
    more_ns: u64,
}

impl Silent {
    /// Takes a change in. Routes to a link's own addresses and network go with the link, and come
    /// back with it: who listens to addresses knows. Those over a hop are somebody's.
    pub(super) fn change(&mut self, change: &Change) {
        if change.kind != Object::Route {
            return;
        }
        let key = (change.netns, identity(change));
        let is_silent = change.learnt == Learnt::Silent
            || (change.learnt == Learnt::Listed && change.because.is_some());
        if change.verb != Verb::Deleted {
            self.gone.remove(&key);
        } else if is_silent && has_hop(&change.object) {
            if self.gone.len() >= ROUTES_MAX && !self.gone.contains_key(&key) {
                (self.more, self.more_ns) = (self.more + 1, change.time_ns);
                return;
            }
            let (at_ns, route, why) = (change.time_ns, change.object.clone(), why(change));
            self.gone.insert(key, Gone { at_ns, route, why });
        }
    }

    /// Each namespace with routes that went so.
    pub(super) fn look(&mut self, at_ns: u64, thresholds: &Thresholds) -> Vec<Condition> {
        let oldest_ns = at_ns.saturating_sub(thresholds.window_ns);
        self.gone.retain(|_, gone| gone.at_ns >= oldest_ns);
        if self.more_ns < oldest_ns {
            self.more = 0;
        }
        let mut by_netns: BTreeMap<u32, Vec<&Gone>> = BTreeMap::new();
        for ((netns, _), gone) in &self.gone {
            by_netns.entry(*netns).or_default().push(gone);
        }
        by_netns.retain(|_, gone| gone.len() as u64 >= thresholds.silent_routes.max(1));
        let each = by_netns.into_iter();
        each.map(|(netns, gone)| condition(netns, &gone, self.more, thresholds)).collect()
    }
}

fn has_hop(object: &str) -> bool {
    let is_local = object.contains(" table local");
    !is_local && [" via ", " nhid ", " nexthop "].iter().any(|word| object.contains(word))
}

/// By whom it was, or what it was due to.
fn why(change: &Change) -> Option<String> {
    let because = change.because.as_ref().map(|because| format!("probably because {because}"));
    let who = change.process.as_ref().filter(|_| change.cause != Some(Cause::Kernel));
    because.or_else(|| who.map(|who| format!("by {}[{}]", who.comm, who.pid)))
}

fn condition(netns: u32, gone: &[&Gone], more: u64, thresholds: &Thresholds) -> Condition {
    let named: Vec<&str> = gone.iter().take(NAMED_MAX).map(|gone| &*gone.route).collect();
    let others = gone.len() - named.len();
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    let mut whys: Vec<&str> = gone.iter().filter_map(|gone| gone.why.as_deref()).collect();
    whys.sort_unstable();
    whys.dedup();
    let mut evidence = vec![format!("Gone: {}{others}.", named.join(", "))];
    if !whys.is_empty() {
        evidence.push(format!("Removed {}.", whys[..whys.len().min(NAMED_MAX)].join(", ")));
    }
    if more > 0 {
        evidence.push(format!("{more} more, of which it is not known whether they came back."));
    }
    let s = if gone.len() == 1 { "" } else { "s" };
    Condition {
        kind: Kind::Silent,
        subject: format!("netns {netns}"),
        severity: Severity::Warning,
        text: format!(
            "The kernel removed {} route{s} without a message in the last {}, and nothing has put \
             {} back.",
            gone.len(),
            minutes(thresholds.window_ns),
            if gone.len() == 1 { "it" } else { "them" }
        ),
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fight::tests::change;
    use super::*;

    fn gone(at_s: u64, object: &str) -> Change {
        Change { learnt: Learnt::Silent, ..change(at_s, "", Verb::Deleted, object) }
    }

    fn look(changes: &[Change], at_s: u64) -> Vec<Condition> {
        let mut silent = Silent::default();
        for change in changes {
            silent.change(change);
        }
        silent.look(at_s * 1_000_000_000, &Thresholds::default())
    }

    #[test]
    fn routes_that_went_unsaid_are_told_until_they_are_back_or_long_gone() {
        let route = |n: u64| gone(n, &format!("10.0.{n}.0/24 via 10.9.0.1 dev eth0"));
        let mut changes: Vec<_> = (1..=5).map(route).collect();
        let found = look(&changes, 10);
        assert_eq!(
            found[0].text,
            "The kernel removed 5 routes without a message in the last 5 minutes, and nothing has \
             put them back."
        );
        assert_eq!(found[0].evidence[1], "Removed by ip[7].");
        assert!(found[0].evidence[0].ends_with(" and 2 more."), "{found:?}");
        // Over another hop it is back all the same.
        changes.extend((1..=5).map(|n| {
            change(10 + n, "", Verb::Added, &format!("10.0.{n}.0/24 via 10.9.0.2 dev eth1"))
        }));
        assert_eq!(look(&changes[..9], 20).len(), 1);
        assert_eq!(look(&changes, 20), []);
        assert_eq!(look(&changes[..5], 400), []);
    }

    #[test]
    fn what_goes_with_the_link_and_what_was_told_is_none() {
        let told = change(1, "", Verb::Deleted, "10.0.0.0/24 via 10.9.0.1 dev eth0");
        let own = gone(1, "10.9.0.0/24 dev eth0");
        let local = gone(1, "local 10.9.0.1 dev eth0 table local");
        assert_eq!(look(&[told, own, local], 2), []);
    }

    #[test]
    fn many_routes_fill_no_memory() {
        let mut silent = Silent::default();
        for n in 0..5000 {
            silent.change(&gone(1, &format!("10.{n} via 10.9.0.1")));
        }
        assert_eq!((silent.gone.len(), silent.more), (ROUTES_MAX, 904));
        let found = silent.look(2_000_000_000, &Thresholds::default());
        assert!(found[0].evidence[2].starts_with("904 more"), "{found:?}");
    }
}
