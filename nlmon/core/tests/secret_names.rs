//! Every attribute and member whose name sounds like a secret against what is decided of it, in
//! `data/secret_names.txt`. A name without a decision fails, and so does a decision about nothing.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::collections::{BTreeMap, BTreeSet};

use nlmon_core::decode::inventory::{Form, Inventory};

/// What names of secrets have in them.
const WORDS: &[&str] =
    &["key", "psk", "secret", "pass", "cookie", "nonce", "salt", "pmk", "token", "kek", "kck"];

struct Decision {
    name: &'static str,
    withheld: bool,
}

impl Decision {
    fn parse(line: &'static str) -> Self {
        if let Some(name) = line.strip_prefix("withheld ") {
            return Self { name, withheld: true };
        }
        let (name, reason) = line.strip_prefix("shown ").unwrap().split_once(": ").unwrap();
        assert!(!reason.is_empty(), "{line}");
        Self { name, withheld: false }
    }

    fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.name,
        }
    }
}

/// The names that sound so, and whether each is withheld where it is: in all places alike, it should be.
fn names() -> BTreeMap<&'static str, BTreeSet<bool>> {
    let inventory = Inventory::of_tables();
    let attributes = inventory.sets.iter().flat_map(|set| &set.attributes);
    let members = inventory.structures.iter().flat_map(|structure| &structure.members);
    let all = attributes.map(|a| (a.name, &a.form)).chain(members.map(|m| (m.name, &m.form)));
    let mut found = BTreeMap::<_, BTreeSet<bool>>::new();
    for (name, form) in all {
        let lower = name.to_lowercase();
        if WORDS.iter().any(|word| lower.contains(word)) && !lower.ends_with("_pad") {
            found.entry(name).or_default().insert(*form == Form::Secret);
        }
    }
    found
}

#[test]
fn each_name_that_sounds_like_a_secret_has_a_decision() {
    let lines = include_str!("data/secret_names.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let decisions: Vec<_> = lines.map(Decision::parse).collect();
    let names = names();
    assert!(names.len() > 350, "{}", names.len());
    let mut used = BTreeSet::new();
    for (name, withheld) in &names {
        let place = decisions.iter().position(|decision| decision.fits(name));
        let place = place.unwrap_or_else(|| panic!("{name}: withheld or shown?"));
        let decided = BTreeSet::from([decisions[place].withheld]);
        assert_eq!(*withheld, decided, "{name} is not as {} decides", decisions[place].name);
        used.insert(place);
    }
    for (place, decision) in decisions.iter().enumerate() {
        assert!(used.contains(&place), "{} is in no table", decision.name);
    }
}
