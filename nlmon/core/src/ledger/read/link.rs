//! Interfaces and their addresses.

use std::borrow::Cow;

use super::{Told, Word, text};
use crate::decode::attribute::Tree;
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// Flags that say what `operstate` and `admin` say, too.
const STATE_FLAGS: [&str; 3] = ["UP", "RUNNING", "LOWER_UP"];

/// An interface is its index: `__dev_get_by_index` in `net/core/dev.c`.
pub(super) fn link(tells: Tells, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("ifinfomsg");
    // A bridge tells of its ports, IPv6 of its settings, and wireless of its events with the same
    // types, and each leaves out most. The interface of another namespace is not here.
    let is_other = text(head, "ifi_family").is_none_or(|family| family != "unspec")
        || tree.has("IFLA_WIRELESS")
        || tree.has("IFLA_TARGET_NETNSID");
    let index = head.number("ifi_index").filter(|&index| index != 0 && !is_other)?;
    let name = text(tree, "IFLA_IFNAME");
    let flags = text(head, "ifi_flags").unwrap_or_default();
    let is_up = flags.split(',').any(|flag| flag == "UP");
    let rest = flags.split(',').filter(|flag| !STATE_FLAGS.contains(flag) && *flag != "0");
    let info = tree.inside("IFLA_LINKINFO");
    let data = info.inside("IFLA_INFO_DATA");
    let names = tree.inside("IFLA_PROP_LIST");
    let names = names.iter().filter_map(|name| Some(name.value.as_ref()?.to_string()));
    let mut facts = Noting::new();
    facts
        .note("name", name.as_ref())
        .note("admin", Some(if is_up { "up" } else { "down" }))
        .note("operstate", text(tree, "IFLA_OPERSTATE"))
        .note("mtu", text(tree, "IFLA_MTU"))
        .note("master", super::index(tree, "IFLA_MASTER"))
        .note("address", text(tree, "IFLA_ADDRESS"))
        .note("kind", text(info, "IFLA_INFO_KIND"))
        .note("id", text(data, "IFLA_VLAN_ID").or_else(|| text(data, "IFLA_VXLAN_ID")))
        .note("table", text(data, "IFLA_VRF_TABLE"))
        .note("lower", super::index(tree, "IFLA_LINK"))
        .note("qdisc", text(tree, "IFLA_QDISC"))
        .note("txqlen", text(tree, "IFLA_TXQLEN"))
        .note("group", text(tree, "IFLA_GROUP"))
        .note("flags", Some(rest.collect::<Vec<_>>().join(",")))
        .note("alias", text(tree, "IFLA_IFALIAS"))
        .note("altnames", Some(names.collect::<Vec<_>>().join(",")));
    let title = name.map_or_else(|| index.to_string(), Cow::into_owned);
    Some(Told::new(Kind::Link, tells, index.to_string(), title, facts.finish()))
}

/// An IPv4 address is its interface, its own address, its length and its peer (`inet_rtm_deladdr` in
/// `net/ipv4/devinet.c`); an IPv6 address its interface and itself (`ipv6_get_ifaddr` in
/// `net/ipv6/addrconf.c`).
pub(super) fn address(tells: Tells, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("ifaddrmsg");
    let family = text(head, "ifa_family")?;
    let index = head.number("ifa_index")?;
    let len = head.number("ifa_prefixlen")?;
    let other = text(tree, "IFA_ADDRESS");
    let own = text(tree, "IFA_LOCAL").or_else(|| other.clone())?;
    if tree.has("IFA_TARGET_NETNSID") {
        return None;
    }
    let peer = other.filter(|other| *other != own);
    let base = match (&*family, &peer) {
        ("inet", Some(peer)) => format!("{family} {index} {own} peer {peer}/{len}"),
        ("inet", None) => format!("{family} {index} {own}/{len}"),
        _ => format!("{family} {index} {own}"),
    };
    let bits = text(tree, "IFA_FLAGS").or_else(|| text(head, "ifa_flags")).unwrap_or_default();
    let mut facts = Noting::new();
    facts
        .note("address", Some(&own))
        .note("length", Some(len.to_string()))
        .note("dev", super::index(head, "ifa_index"))
        .note("peer", peer.as_ref())
        .note("scope", text(head, "ifa_scope"))
        .note("flags", Some(bits).filter(|bits| bits != "0"))
        .note("broadcast", text(tree, "IFA_BROADCAST"))
        .note("label", text(tree, "IFA_LABEL"))
        .note("metric", text(tree, "IFA_RT_PRIORITY"))
        .note("proto", text(tree, "IFA_PROTO"));
    let title = format!("{own}{}/{len}{}", Word("peer", peer), super::device(head, "ifa_index"));
    Some(Told::new(Kind::Address, tells, base, title, facts.finish()))
}
