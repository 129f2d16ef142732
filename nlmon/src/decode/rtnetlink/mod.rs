//! rtnetlink: the one line that says what a link, address, route, neighbour or rule message is
//! about, in the words of `ip`. Attributes are parsed by netlink-packet-route, one at a time, so
//! that one the library refuses, or one that was cut off, does not hide the others.
//!
//! A device that a message knows only by index is printed as its index: names are the host's
//! state, and this code has none.

mod address;
mod link;
mod neighbour;
mod route;
mod rule;

use super::flags::Verb;
use super::names::words;
use crate::message::flag::DUMP;

/// What a message of `type_name` is about; `None` if its payload is not understood.
pub(super) fn summary(type_name: &str, flags: u16, payload: &[u8]) -> Option<String> {
    let verb = Verb::of(type_name);
    let line = match type_name.get("RTM_xxx".len()..)? {
        "LINK" => link::summary(verb, payload),
        "ADDR" => address::summary(payload),
        "ROUTE" => route::summary(verb, payload),
        "NEIGH" => neighbour::summary(payload),
        "RULE" => rule::summary(payload),
        _ => None,
    };
    match verb {
        Verb::Get => Some(question(line, flags & DUMP == DUMP, payload)),
        _ => line,
    }
}

/// What a GET asks for. A dump is one question whatever its header holds, and `ip` sends some with
/// less than the whole header.
fn question(line: Option<String>, dump: bool, payload: &[u8]) -> String {
    let family = payload.first().copied().filter(|&family| family != 0).map(words::family);
    match (dump, family, line) {
        (true, Some(family), _) => format!("all {family}"),
        (true, None, _) => "all".to_owned(),
        (false, _, Some(line)) => line,
        (false, _, None) => String::new(),
    }
}
