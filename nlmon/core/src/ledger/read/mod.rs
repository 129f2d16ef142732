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
use std::fmt;

use super::facts::Facts;
use super::kind::{Kind, Tells, told_by};
use crate::decode::Body;
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
pub(super) fn told(protocol: u8, message: &Body) -> Vec<Told> {
    let Some((kind, tells)) = told_by(protocol, message.header.message_type) else {
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

/// The value as text; `None` if there is none, or an empty one.
fn text<'a>(tree: Tree<'a>, name: &str) -> Option<Cow<'a, str>> {
    tree.text(name)
}

/// The interface, by index; 0 is none.
fn index(tree: Tree<'_>, name: &str) -> Option<String> {
    tree.number(name).filter(|&index| index != 0).map(|index| index.to_string())
}

/// ` dev 5`
fn device(tree: Tree<'_>, name: &str) -> Word<'static, String> {
    Word("dev", index(tree, name))
}

/// ` name value`; nothing without a value.
struct Word<'a, T>(&'a str, Option<T>);

impl<T: fmt::Display> fmt::Display for Word<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, value) = self;
        value.as_ref().map_or(Ok(()), |value| write!(f, " {name} {value}"))
    }
}
