//! The one line that says what a message is about, made of its tree: a few words for each type, in
//! those of `ip`, `tc`, `bridge`, `nft`, `conntrack`, `ss` and `iw`.
//!
//! A device that a message knows only by index is printed by the name that the reader was told of it,
//! or as its index: names are the host's state, and this code has none.

mod address;
mod bridge;
mod generic;
mod ipvs;
mod link;
mod neighbour;
mod netfilter;
mod nft_rule;
mod nft_value;
mod nftables;
mod nl80211;
mod route;
mod rule;
mod sock_diag;
mod tc;
mod various;
mod xfrm;

use std::borrow::Cow;

use super::attribute::Tree;
use super::flags::Verb;
use super::line::Line;
use super::names::{protocol, words};
use super::netlink_test;
use crate::message::Header;
use crate::message::flag::{DUMP, REQUEST};

/// What is known of a message besides its tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind<'a> {
    pub(super) protocol: u8,
    pub(super) header: &'a Header,
    /// The type's name.
    pub(super) name: &'a str,
    /// Bytes of the payload.
    pub(super) len: usize,
}

/// What a message is about; empty if its payload says nothing.
pub(super) fn summary(kind: &Kind<'_>, command: Option<&str>, tree: Tree<'_>) -> String {
    match kind.protocol {
        protocol::ROUTE => route_summary(kind, tree),
        protocol::GENERIC => generic::summary(kind, command.unwrap_or_default(), tree),
        protocol::NETFILTER => netfilter::summary(kind, tree),
        protocol::XFRM => xfrm::summary(kind, tree),
        protocol::SOCK_DIAG => sock_diag::summary(kind, tree),
        protocol::TEST => {
            netlink_test::summary(kind.header.message_type, tree, kind.len).unwrap_or_default()
        }
        protocol::SELINUX => various::selinux(tree),
        protocol::AUDIT | protocol::CRYPTO | protocol::CONNECTOR | protocol::RDMA => {
            various::other_protocols(tree)
        }
        _ => String::new(),
    }
}

fn route_summary(kind: &Kind<'_>, tree: Tree<'_>) -> String {
    let verb = Verb::of(kind.name);
    let object = kind.name.get("RTM_xxx".len()..).unwrap_or_default();
    let line = match object {
        "LINK" | "LINKPROP" => link::summary(verb, tree),
        "ADDR" | "MULTICAST" | "ANYCAST" => address::summary(tree),
        "ROUTE" => route::summary(verb, tree),
        "NEIGH" => neighbour::summary(tree),
        "RULE" => rule::summary(tree),
        "NEXTHOP" | "NEXTHOPBUCKET" => route::next_hop_object(tree),
        "QDISC" | "TCLASS" | "TFILTER" | "CHAIN" => tc::summary(tree),
        "ACTION" => tc::actions(tree),
        "MDB" => bridge::mdb(tree),
        "VLAN" => bridge::vlan(tree),
        _ => various::summary(object, tree),
    };
    let asks = kind.header.flags & (DUMP | REQUEST) == DUMP | REQUEST;
    match verb {
        Verb::Get => question(line, asks, tree),
        // A further name of a link is always appended.
        Verb::New if object != "LINKPROP" => format!("{}{line}", manner(kind.header.flags)),
        Verb::New | Verb::Delete | Verb::Answer => line,
    }
}

/// Whether an object takes the place of another one, or comes behind others.
fn manner(flags: u16) -> &'static str {
    const REPLACE: u16 = 0x100;
    const APPEND: u16 = 0x800;
    match (flags & REQUEST != 0, flags & REPLACE != 0, flags & APPEND != 0) {
        (true, true, _) => "replace ",
        (false, true, _) => "replaced ",
        (true, false, true) => "append ",
        (false, false, true) => "appended ",
        (_, false, false) => "",
    }
}

/// What a GET asks for. A dump is one question whatever its header holds, and `ip` sends some with
/// less than the whole header.
fn question(line: String, dump: bool, tree: Tree<'_>) -> String {
    if !dump {
        return line;
    }
    let mut all = Line::default();
    all.word("all").word(&family(tree).unwrap_or_default());
    all.finish()
}

/// The address family that the structure in front says.
fn family(tree: Tree<'_>) -> Option<String> {
    let head = tree.iter().next()?;
    let family = head.attributes.first().filter(|member| member.name.ends_with("family"))?;
    let family = family.value.as_ref()?.to_string();
    (family != words::family(0)).then_some(family)
}

/// A host's address goes without its length.
fn prefix(ip: Cow<'_, str>, len: u64) -> Cow<'_, str> {
    let host = if ip.contains(':') { 128 } else { 32 };
    if len == host { ip } else { format!("{ip}/{len}").into() }
}

/// A number that is not 0.
fn index(tree: Tree<'_>, name: &str) -> Option<u64> {
    tree.number(name).filter(|&index| index != 0)
}
