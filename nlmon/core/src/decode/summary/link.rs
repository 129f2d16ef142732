//! `struct ifinfomsg`: `dummy0 (ifindex 5) <BROADCAST,NOARP,UP> mtu 1500 state UP kind dummy`.

use super::index;
use crate::decode::attribute::Tree;
use crate::decode::flags::Verb;
use crate::decode::line::Line;

pub(super) fn summary(verb: Verb, tree: Tree<'_>) -> String {
    let head = tree.inside("ifinfomsg");
    let mut line = Line::default();
    // A bridge reports its ports with the same types: a port that leaves it is no link deleted.
    let bridge = head.text("ifi_family").is_some_and(|family| family == "bridge");
    line.word(if bridge { "bridge port" } else { "" });
    name(&mut line, tree, index(head, "ifi_index"));
    if verb == Verb::New {
        flags(&mut line, head, tree);
    }
    line.optional("mtu", tree.text("IFLA_MTU")).optional("master", tree.device("IFLA_MASTER"));
    line.optional("state", tree.text("IFLA_OPERSTATE")).optional("kind", kind(tree));
    if let Some(address) = tree.text("IFLA_ADDRESS") {
        let layer = head.text("ifi_type").unwrap_or_default();
        let word = if layer == "0" { "address".to_owned() } else { format!("link/{layer}") };
        line.pair(&word, address);
    }
    line.optional("netns of pid", tree.text("IFLA_NET_NS_PID"));
    line.optional("netns of fd", tree.text("IFLA_NET_NS_FD"));
    let alias =
        tree.text("IFLA_IFALIAS").map(|alias| format!("\"{}\"", alias.replace('"', "\\\"")));
    line.optional("alias", alias);
    line.optional("altname", altnames(tree));
    line.finish()
}

/// `veth0@if2` is a link with another, by index, below it or at its other end.
fn name(line: &mut Line, tree: Tree<'_>, own: Option<u64>) {
    let lower = index(tree, "IFLA_LINK").filter(|&lower| Some(lower) != own);
    let at = match (lower, tree.ifname("IFLA_LINK")) {
        (None, _) => String::new(),
        (Some(_), Some(name)) => format!("@{name}"),
        (Some(lower), None) => format!("@if{lower}"),
    };
    let known = || Some(tree.inside("ifinfomsg").ifname("ifi_index")?.into());
    match (tree.text("IFLA_IFNAME").or_else(known), own) {
        (Some(name), None) => line.word(&format!("{name}{at}")),
        (Some(name), Some(index)) => line.word(&format!("{name}{at} (ifindex {index})")),
        (None, None) => line,
        (None, Some(index)) => line.pair("ifindex", index),
    };
}

/// A notification lists the flags that are set; a request (which has no state) says `up` or `down`
/// if it changes that.
fn flags(line: &mut Line, head: Tree<'_>, tree: Tree<'_>) {
    let bits = head.text("ifi_flags").unwrap_or_default();
    let up = |bits: &str| bits.split(',').any(|bit| bit == "UP" || bit == "0xffffffff");
    if tree.has("IFLA_OPERSTATE") {
        let has = |name: &str| bits.split(',').any(|bit| bit == name);
        let named = bits.split(',').filter(|bit| !bit.starts_with('0') && *bit != "RUNNING");
        // As in `ip`: up, but nothing is plugged in.
        let carrier = (has("UP") && !has("RUNNING")).then_some("NO-CARRIER");
        let named = carrier.into_iter().chain(named);
        line.word(&format!("<{}>", named.collect::<Vec<_>>().join(",")));
    } else if up(&head.text("ifi_change").unwrap_or_default()) {
        line.word(if up(&bits) { "up" } else { "down" });
    }
}

/// The kind, and of some what tells them apart.
fn kind(tree: Tree<'_>) -> Option<String> {
    let info = tree.inside("IFLA_LINKINFO");
    let data = info.inside("IFLA_INFO_DATA");
    let mut line = Line::default();
    line.word(&info.text("IFLA_INFO_KIND")?);
    line.optional("id", data.text("IFLA_VLAN_ID").or_else(|| data.text("IFLA_VXLAN_ID")));
    line.optional("table", data.text("IFLA_VRF_TABLE"));
    line.optional("peer", data.inside("VETH_INFO_PEER").text("IFLA_IFNAME"));
    Some(line.finish())
}

fn altnames(tree: Tree<'_>) -> Option<String> {
    let names = tree.inside("IFLA_PROP_LIST");
    let names: Vec<_> =
        names.iter().filter_map(|name| Some(name.value.as_ref()?.to_string())).collect();
    (!names.is_empty()).then(|| names.join(","))
}
