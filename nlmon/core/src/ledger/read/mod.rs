//! What a decoded message tells of objects: which one by the kernel's own identity, what a person
//! calls it, and what is so about it. No state: what was before is the ledger's to know.
//!
//! Invariant: two messages about one object of the kernel have one key, and two about different
//! objects have different ones. So a key holds what the kernel itself looks an object up by, which is
//! named at each; interfaces in it go by index, because names change.

mod link;
mod neighbour;
mod nftables;
mod route;
mod tc;

use std::borrow::Cow;

use super::facts::Facts;
use super::kind::{Kind, Tells, told_by};
use crate::decode::Message;
use crate::decode::attribute::Tree;

/// What a message says about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: Kind,
    /// The part of the key that alternatives have in common: routes to one destination.
    pub(super) base: String,
    /// What tells alternatives apart; empty where there are none.
    pub(super) rest: String,
    /// What a person calls it, without its kind; interfaces by index, as `dev 5`.
    pub(super) title: String,
    pub(super) facts: Facts,
    pub(super) tells: Tells,
    /// It takes the place of an alternative.
    pub(super) replaces: bool,
    /// It comes before its alternatives.
    pub(super) first: bool,
    /// It is of no kept sort: what was kept under its key is not any more.
    pub(super) passing: bool,
}

impl Told {
    fn new(kind: Kind, tells: Tells, base: String, title: String, facts: Facts) -> Self {
        Self {
            kind,
            base,
            rest: String::new(),
            title,
            facts,
            tells,
            replaces: false,
            first: false,
            passing: false,
        }
    }
}

/// What a message tells of objects that are kept, one after the other.
pub(super) fn told(protocol: u8, message: &Message) -> Vec<Told> {
    let Some((kind, tells)) = message.type_number.and_then(|number| told_by(protocol, number))
    else {
        return Vec::new();
    };
    let tree = Tree(&message.attributes);
    let one = match kind {
        Kind::Link => link::link(tells, tree),
        Kind::Address => link::address(tells, tree),
        Kind::Route => return route::routes(tells, message, tree),
        Kind::Rule => route::rule(tells, message, tree),
        Kind::Nexthop => route::nexthop(tells, tree),
        Kind::Neighbour | Kind::Fdb => neighbour::neighbour(tells, tree),
        Kind::Vlan => return neighbour::vlans(tells, tree),
        Kind::Qdisc => tc::qdisc(tells, tree),
        Kind::NftTable | Kind::NftChain | Kind::NftSet | Kind::NftRule => {
            nftables::object(kind, tells, message, tree)
        }
    };
    one.into_iter().collect()
}

/// Whether a flag of the header has this name.
fn has_flag(message: &Message, name: &str) -> bool {
    message.flags.iter().any(|flag| flag == name)
}

/// The value as text; `None` if there is none, or an empty one.
fn text(tree: Tree<'_>, name: &str) -> Option<String> {
    tree.text(name).map(Cow::into_owned)
}

/// The interface, by index; 0 is none.
fn index(tree: Tree<'_>, name: &str) -> Option<String> {
    tree.number(name).filter(|&index| index != 0).map(|index| index.to_string())
}

/// ` dev 5`
fn device(tree: Tree<'_>, name: &str) -> String {
    index(tree, name).map_or_else(String::new, |index| format!(" dev {index}"))
}
