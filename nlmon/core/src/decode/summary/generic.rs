//! Generic netlink: what tells one object of a family from another: its device,
//! its address, its name.

use super::{Kind, ipvs, nl80211};
use crate::decode::attribute::{Attribute, Tree};
use crate::decode::line::Line;

/// Attributes that name an object, by the end of their names, and the word before them. The first
/// of each word is shown.
const TELLING: &[(&str, &str)] = &[
    ("FAMILY_NAME", ""),
    ("FAMILY_ID", "id"),
    ("BUS_NAME", ""),
    ("DEV_NAME", ""),
    ("IFNAME", ""),
    ("ATTR_IIFINDEX", "in dev"),
    ("ATTR_OIFINDEX", "out dev"),
    ("_IFINDEX", "ifindex"),
    ("DEV_INDEX", "ifindex"),
    ("PORT_INDEX", "port"),
    ("ATTR_MAC", ""),
    ("TOKEN", "token"),
    ("SADDR4", "src"),
    ("SADDR6", "src"),
    ("DADDR4", "dst"),
    ("DADDR6", "dst"),
    ("ADDR_ATTR_ADDR4", ""),
    ("ADDR_ATTR_ADDR6", ""),
    ("ADDR_ATTR_ID", "id"),
    ("ADDR_IPV4", ""),
    ("ADDR_IPV6", ""),
    ("CONN_ID", "tunnel"),
    ("SESSION_ID", "session"),
    ("PEER_ID", "peer"),
];

/// Nests that are looked into.
const NESTS: [&str; 5] = ["HEADER", "PEER", "ENDPOINT_ADDR", "ATTR_ADDR", "KEYCONF"];

pub(super) fn summary(kind: &Kind<'_>, command: &str, tree: Tree<'_>) -> String {
    let mut line = Line::default();
    if command.bytes().all(|byte| byte.is_ascii_digit()) {
        let version = tree.inside("genlmsghdr").text("version").unwrap_or_default();
        if kind.name.bytes().all(|byte| byte.is_ascii_digit()) {
            line.pair("family", kind.name);
        }
        line.pair("command", command).pair("version", version);
        return line.finish();
    }
    match kind.name {
        "nl80211" => return nl80211::summary(tree),
        "IPVS" => return ipvs::summary(tree),
        _ => {}
    }
    let all = flatten(tree);
    let mut said = Vec::new();
    for (end, word) in TELLING {
        let found = all.iter().find(|attribute| attribute.name.ends_with(end));
        let value = found.and_then(|attribute| attribute.value.as_ref());
        let Some(value) = value.filter(|_| word.is_empty() || !said.contains(word)) else {
            continue;
        };
        match found.and_then(|attribute| attribute.ifname.as_deref()) {
            Some(_) if all.iter().any(|attribute| named(attribute)) => line.pair(word, value),
            Some(name) => line.pair("dev", name),
            None => line.pair(word, value),
        };
        said.push(word);
    }
    let peers = tree.inside("WGDEVICE_A_PEERS").iter().len();
    line.optional("peers", (peers > 0).then_some(peers));
    line.finish()
}

/// Whether the message itself says how its interface is called.
fn named(attribute: &Attribute) -> bool {
    attribute.name.ends_with("IFNAME") || attribute.name.ends_with("DEV_NAME")
}

fn flatten(tree: Tree<'_>) -> Vec<&Attribute> {
    let looked_into =
        |attribute: &&Attribute| NESTS.iter().any(|end| attribute.name.ends_with(end));
    let inner = tree.iter().filter(looked_into).flat_map(|nest| &nest.attributes);
    tree.iter().chain(inner).collect()
}
