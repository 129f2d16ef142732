//! Two that take turns on one object: each undoes what the other has done.
//!
//! A turn is a change that puts back what was before the last change of the same thing, by somebody
//! else. Who adds to what another did takes no turn.

use std::collections::{BTreeMap, VecDeque};

use super::{Condition, Kind, Severity, Thresholds, detect::minutes};
use crate::ledger::{Change, Kind as Object, Learnt, Verb, Who};
use crate::record::Cause;

/// Things of objects that are remembered. The one that changed longest ago makes room.
const THINGS_MAX: usize = 4096;

/// Turns that are kept of one object: more make no difference.
const TURNS_MAX: usize = 64;

/// Namespace, object, and what of it: a field, or that it is there.
type Thing = (u32, String, String);

/// The last change of a thing.
#[derive(Clone, Debug)]
struct Last {
    at_ns: u64,
    by: String,
    from: Option<String>,
    to: Option<String>,
}

/// A turn: when, of whom, and against whom.
#[derive(Clone, Debug)]
struct Turn {
    at_ns: u64,
    by: String,
    against: String,
    record: u64,
}

/// What was changed, and by whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Fights {
    last: BTreeMap<Thing, Last>,
    turns: BTreeMap<(u32, String), VecDeque<Turn>>,
}

impl Fights {
    /// Takes a change in.
    pub(super) fn change(&mut self, change: &Change) {
        let Some(by) = who(change) else { return };
        let object = format!("{} {}", change.kind.name(), identity(change));
        let there = |is: bool| is.then(|| "there".to_owned());
        match change.verb {
            Verb::Added => self.thing(change, &object, "", &by, (there(false), there(true))),
            Verb::Deleted => self.thing(change, &object, "", &by, (there(true), there(false))),
            Verb::Changed => {
                for of in &change.differences {
                    let values = (of.from.clone(), of.to.clone());
                    self.thing(change, &object, &of.field, &by, values);
                }
            }
        }
    }

    fn thing(
        &mut self,
        change: &Change,
        object: &str,
        field: &str,
        by: &str,
        (from, to): (Option<String>, Option<String>),
    ) {
        let thing = (change.netns, object.to_owned(), field.to_owned());
        let now = Last { at_ns: change.time_ns, by: by.to_owned(), from, to };
        let before = self.last.insert(thing, now.clone());
        if let Some(before) = before.filter(|before| before.by != by && before.from == now.to) {
            let turns = self.turns.entry((change.netns, object.to_owned())).or_default();
            let record = change.time_ns;
            let turn = Turn { at_ns: now.at_ns, by: now.by, against: before.by, record };
            // Several fields that are put back by one message are one turn.
            if turns.back().is_none_or(|last| last.record != record) {
                turns.push_back(turn);
            }
            if turns.len() > TURNS_MAX {
                turns.pop_front();
            }
        }
        if self.last.len() > THINGS_MAX {
            let oldest = self.last.iter().min_by_key(|(_, last)| last.at_ns);
            if let Some(oldest) = oldest.map(|(thing, _)| thing.clone()) {
                self.last.remove(&oldest);
            }
        }
    }

    /// Which fights there are.
    pub(super) fn look(&mut self, at_ns: u64, thresholds: &Thresholds) -> Vec<Condition> {
        let oldest_ns = at_ns.saturating_sub(thresholds.fight_ns);
        self.last.retain(|_, last| last.at_ns >= oldest_ns);
        self.turns.retain(|_, turns| {
            while turns.front().is_some_and(|turn| turn.at_ns < oldest_ns) {
                turns.pop_front();
            }
            !turns.is_empty()
        });
        let are_many = |turns: &VecDeque<Turn>| turns.len() as u64 >= thresholds.fight_turns.max(1);
        let fights = self.turns.iter().filter(|(_, turns)| are_many(turns));
        fights
            .map(|((netns, object), turns)| condition(*netns, object, turns, thresholds))
            .collect()
    }
}

fn condition(
    netns: u32,
    object: &str,
    turns: &VecDeque<Turn>,
    thresholds: &Thresholds,
) -> Condition {
    let mut parties: BTreeMap<&str, u64> = BTreeMap::new();
    for turn in turns {
        *parties.entry(&turn.by).or_default() += 1;
        parties.entry(&turn.against).or_default();
    }
    let mut parties: Vec<(&str, u64)> = parties.into_iter().collect();
    parties.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let names: Vec<&str> = parties.iter().map(|(name, _)| *name).collect();
    let each: Vec<String> = parties.iter().map(|(name, n)| format!("{name} ({n})")).collect();
    let last: Vec<String> =
        turns.iter().rev().take(5).map(|turn| format!("{} by {}", turn.record, turn.by)).collect();
    Condition {
        kind: Kind::Fight,
        subject: format!("{object} in netns {netns}"),
        severity: Severity::Warning,
        text: format!(
            "{} undo each other's changes of {object}: {} turns in the last {}.",
            names.join(" and "),
            turns.len(),
            minutes(thresholds.fight_ns)
        ),
        evidence: vec![
            format!("Turns: {}.", each.join(", ")),
            format!("The last records: {}.", last.join(", ")),
        ],
    }
}

/// Who made a change, as far as that can be told: by pod, unit or container, because the programs of
/// one work together; else by the process's name.
fn who(change: &Change) -> Option<String> {
    let did = matches!(change.cause, Some(Cause::Request | Cause::SystemCall));
    let who: &Who = change.process.as_ref()?;
    let Who { comm, unit, container, pod, .. } = who;
    let place = pod.as_ref().or(unit.as_ref()).or(container.as_ref());
    (did && change.learnt == Learnt::Told).then(|| place.unwrap_or(comm).clone())
}

/// The object without what it may be changed to: of a route not over which hop.
pub(super) fn identity(change: &Change) -> String {
    if change.kind != Object::Route {
        return change.object.clone();
    }
    let (mut words, mut is_hop, mut is_value) = (Vec::new(), false, false);
    for word in change.object.split(' ') {
        is_hop |= matches!(word, "via" | "dev" | "nexthop" | "nhid");
        if matches!(word, "table" | "metric") {
            (is_hop, is_value) = (false, true);
        }
        if !is_hop || std::mem::take(&mut is_value) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ledger::Difference;

    pub(in crate::findings) fn change(at_s: u64, unit: &str, verb: Verb, object: &str) -> Change {
        Change {
            number: at_s,
            time_ns: at_s * 1_000_000_000,
            time: String::new(),
            netns: 1,
            netns_name: None,
            kind: Object::Route,
            object: object.to_owned(),
            verb,
            differences: Vec::new(),
            learnt: Learnt::Told,
            process: Some(
                Who {
                    pid: 7,
                    comm: "ip".to_owned(),
                    unit: Some(unit.to_owned()),
                    ..Who::default()
                }
                .into(),
            ),
            cause: Some(Cause::Request),
            call: None,
            request: None,
            result: None.into(),
            because: None,
        }
    }

    fn to(at_s: u64, unit: &str, field: &str, from: &str, to: &str) -> Change {
        let value = |text: &str| Some(text.to_owned());
        let difference = Difference { field: field.to_owned(), from: value(from), to: value(to) };
        let differences = vec![difference];
        let change = change(at_s, unit, Verb::Changed, "eth0");
        Change { kind: Object::Link, differences, ..change }
    }

    fn look(changes: &[Change], at_s: u64) -> Vec<Condition> {
        let mut fights = Fights::default();
        for change in changes {
            fights.change(change);
        }
        fights.look(at_s * 1_000_000_000, &Thresholds::default())
    }

    #[test]
    fn who_adds_what_another_deletes_fights_with_him_until_they_stop() {
        let turn = |n: u64| match n % 2 {
            0 => change(n, "cilium.service", Verb::Added, "default via 10.0.0.1 dev eth0 table 7"),
            _ => change(
                n,
                "networkd.service",
                Verb::Deleted,
                "default via 10.0.0.1 dev eth0 table 7",
            ),
        };
        let changes: Vec<_> = (0..5).map(turn).collect();
        assert_eq!(look(&changes[..4], 5), []);
        let found = look(&changes, 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "route default table 7 in netns 1");
        assert_eq!(
            found[0].text,
            "cilium.service and networkd.service undo each other's changes of route default table 7: \
             4 turns in the last 10 minutes."
        );
        assert_eq!(found[0].evidence[0], "Turns: cilium.service (2), networkd.service (2).");
        assert_eq!(look(&changes, 700), []);
    }

    #[test]
    fn who_puts_a_value_back_fights_and_who_sets_another_does_not() {
        let fight = |n: u64| match n % 2 {
            0 => to(n, "a.service", "mtu", "1500", "1400"),
            _ => to(n, "b.service", "mtu", "1400", "1500"),
        };
        assert_eq!(look(&(0..9).map(fight).collect::<Vec<_>>(), 9).len(), 1);
        // Each its own field; one alone back and forth; values that never come back.
        let own = |n: u64| match n % 2 {
            0 => to(n, "a.service", "mtu", &n.to_string(), &(n + 2).to_string()),
            _ => to(n, "b.service", "alias", &n.to_string(), &(n + 2).to_string()),
        };
        assert_eq!(look(&(0..40).map(own).collect::<Vec<_>>(), 40), []);
        let alone =
            |n: u64| change(n, "a.service", [Verb::Added, Verb::Deleted][(n % 2) as usize], "x");
        assert_eq!(look(&(0..40).map(alone).collect::<Vec<_>>(), 40), []);
        let on = |n: u64| {
            to(n, ["a", "b"][(n % 2) as usize], "mtu", &n.to_string(), &(n + 1).to_string())
        };
        assert_eq!(look(&(0..40).map(on).collect::<Vec<_>>(), 40), []);
    }

    #[test]
    fn what_the_kernel_does_is_no_turn_and_memory_is_bounded() {
        let kernel = |n: u64| Change {
            cause: Some(if n.is_multiple_of(2) { Cause::Kernel } else { Cause::Request }),
            ..change(n, "a.service", [Verb::Added, Verb::Deleted][(n % 2) as usize], "x")
        };
        assert_eq!(look(&(0..40).map(kernel).collect::<Vec<_>>(), 40), []);
        let mut fights = Fights::default();
        for n in 0..5000 {
            fights.change(&change(1, "a", Verb::Added, &n.to_string()));
        }
        assert_eq!(fights.last.len(), THINGS_MAX);
    }

    #[test]
    fn a_route_is_the_same_over_whatever_hop() {
        let of = |object: &str| identity(&change(1, "a", Verb::Added, object));
        assert_eq!(of("default via 10.0.0.1 dev eth0"), "default");
        assert_eq!(of("10.0.0.0/8 nhid 7 table 77 metric 5"), "10.0.0.0/8 table 77 metric 5");
        assert_eq!(of("blackhole 10.0.0.0/8 metric 5"), "blackhole 10.0.0.0/8 metric 5");
    }
}
