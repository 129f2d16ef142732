//! The names of interfaces in what is shown. The ledger keeps interfaces by index, because a name
//! changes; it knows the names itself, as it keeps the links.

use super::facts::Difference;
use super::kind::Kind;
use super::store::{Key, Store};

/// Facts whose value is an interface, and one that has interfaces in it.
const INDEXES: [&str; 3] = ["dev", "master", "lower"];
const HOPS: &str = "nexthop";

/// The name of an interface, also of one that is gone; its index where that is not known.
fn name<'a>(store: &'a Store, netns: u32, index: &'a str) -> &'a str {
    let link = store.get(&Key::new(netns, Kind::Link, index, ""));
    link.and_then(|link| link.facts.get("name")).unwrap_or(index)
}

/// The text with `dev 5` as `dev eth0`.
pub(super) fn in_text(store: &Store, netns: u32, kind: Kind, text: &str) -> String {
    if kind.protocol() != Kind::Link.protocol() || !text.contains("dev ") {
        return text.to_owned();
    }
    let mut named = String::with_capacity(text.len() + 16);
    let mut is_device = false;
    for (place, word) in text.split(' ').enumerate() {
        if place > 0 {
            named.push(' ');
        }
        let is_index = std::mem::replace(&mut is_device, word == "dev")
            && word.bytes().all(|byte| byte.is_ascii_digit());
        named.push_str(if is_index { name(store, netns, word) } else { word });
    }
    named
}

/// The value of a fact with names.
pub(super) fn in_fact(store: &Store, netns: u32, field: &str, value: &str) -> String {
    match field {
        _ if INDEXES.contains(&field) => name(store, netns, value).to_owned(),
        HOPS => in_text(store, netns, Kind::Route, value),
        _ => value.to_owned(),
    }
}

/// The differences with names.
pub(super) fn in_differences(store: &Store, netns: u32, differences: &mut [Difference]) {
    for Difference { field, from, to } in differences {
        for value in [from, to].into_iter().flatten() {
            *value = in_fact(store, netns, field, value);
        }
    }
}
