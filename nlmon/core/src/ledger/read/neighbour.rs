//! Neighbours, entries of a bridge's forwarding database and its VLANs.

use super::{Told, Word, device, text};
use crate::decode::attribute::Tree;
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// Most VLANs that there are.
const VLANS_MAX: u64 = 4096;

/// A neighbour is its interface and address (`neigh_lookup` in `net/core/neighbour.c`), an entry of a
/// forwarding database its interface, address and VLAN (`br_fdb_find` in `net/bridge/br_fdb.c`; of a
/// VXLAN also VNI and destination, `vxlan_fdb_find_rdst`). What the kernel learns and forgets by
/// itself is passing.
pub(super) fn neighbour(tells: Tells, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("ndmsg");
    let family = text(head, "ndm_family")?;
    let index = head.number("ndm_ifindex")?;
    let states = text(head, "ndm_state").unwrap_or_default();
    let has_state = |state: &str| states.split(',').any(|found| found == state);
    let flags = text(head, "ndm_flags").filter(|flags| flags != "0").unwrap_or_default();
    let address = text(tree, "NDA_LLADDR");
    let dst = text(tree, "NDA_DST");
    let mut facts = Noting::new();
    facts
        .note("address", if family == "bridge" { address.as_ref() } else { dst.as_ref() })
        .note("dev", super::index(head, "ndm_ifindex"))
        .note("lladdr", address.as_ref().filter(|_| family != "bridge"))
        .note("dst", dst.as_ref().filter(|_| family == "bridge"))
        .note("vlan", text(tree, "NDA_VLAN"))
        .note("vni", text(tree, "NDA_VNI"))
        .note("master", super::index(tree, "NDA_MASTER"))
        .note("state", Some(&states))
        .note("flags", Some(&flags));
    let shown = device(head, "ndm_ifindex");
    let (kind, base, title, kept) = match &*family {
        "bridge" => {
            let address = address?;
            let of = format!(
                "{}{}{}",
                Word("vlan", text(tree, "NDA_VLAN")),
                Word("vni", text(tree, "NDA_VNI")),
                Word("dst", dst)
            );
            // A bridge may know an address as its own and as its port's.
            let side = if flags.split(',').any(|flag| flag == "self") { " self" } else { "" };
            let base = format!("{index} {address}{of}{side}");
            // The addresses that a device listens to are listed too, and never told of.
            let is_of_bridge = ["NDA_MASTER", "NDA_DST", "NDA_VNI", "NDA_NH_ID"];
            let is_of_bridge = is_of_bridge.iter().any(|name| tree.has(name));
            let kept = is_of_bridge && (has_state("PERMANENT") || has_state("NOARP"));
            (Kind::Fdb, base, format!("{address}{shown}{of}"), kept)
        }
        "inet" | "inet6" => {
            let dst = dst?;
            // The kernel keeps those in a table of their own: `pneigh_lookup`.
            let is_proxy = flags.split(',').any(|flag| flag == "proxy");
            let proxy = if is_proxy { " proxy" } else { "" };
            let base = format!("{family} {index} {dst}{proxy}");
            let lladdr = Word("lladdr", address);
            // A dump does not list the proxies unless it asks for them alone.
            let kept = has_state("PERMANENT") && !is_proxy;
            (Kind::Neighbour, base, format!("{proxy}{dst}{lladdr}{shown}"), kept)
        }
        _ => return None,
    };
    // What says that one is gone may call its state something else by then.
    let passing = !kept && tells == Tells::There;
    Some(Told { passing, ..Told::new(kind, tells, base, title, facts.finish()) })
}

/// A VLAN is its number at a bridge or a port: `br_vlan_find` in `net/bridge/br_vlan.c`. A message has
/// several, and some as the last of a range.
pub(super) fn vlans(tells: Tells, tree: Tree<'_>) -> Vec<Told> {
    let head = tree.inside("br_vlan_msg");
    let Some(index) = head.number("ifindex") else { return Vec::new() };
    let entries = tree.iter().filter(|entry| entry.name == "BRIDGE_VLANDB_ENTRY");
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.tree();
        let info = entry.inside("BRIDGE_VLANDB_ENTRY_INFO");
        let Some(first) = info.number("vid") else { continue };
        let last = entry.number("BRIDGE_VLANDB_ENTRY_RANGE").unwrap_or(first);
        for vid in first..=last.min(VLANS_MAX) {
            let mut facts = Noting::new();
            facts
                .note("dev", super::index(head, "ifindex"))
                .note("vid", Some(vid.to_string()))
                .note("flags", text(info, "flags").filter(|flags| flags != "0"))
                .note("state", text(entry, "BRIDGE_VLANDB_ENTRY_STATE"));
            let title = format!("{vid}{}", device(head, "ifindex"));
            all.push(Told::new(Kind::Vlan, tells, format!("{index} {vid}"), title, facts.finish()));
        }
    }
    all
}
