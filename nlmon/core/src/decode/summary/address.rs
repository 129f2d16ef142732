//! `struct ifaddrmsg`: `192.0.2.1/24 dev 5 scope global secondary`.

use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let head = tree.inside("ifaddrmsg");
    let mut line = Line::default();
    address(&mut line, tree, head.number("ifa_prefixlen").unwrap_or_default());
    line.optional("brd", tree.text("IFA_BROADCAST"));
    line.optional("dev", head.device("ifa_index"));
    line.optional("scope", head.text("ifa_scope"));
    // The attribute widens the header's eight bits; a request may have just those.
    let bits = tree.text("IFA_FLAGS").or_else(|| head.text("ifa_flags")).unwrap_or_default();
    // What is permanent says nothing, as in `ip`.
    let named = bits.split(',').filter(|bit| !bit.starts_with('0') && *bit != "permanent");
    line.word(&named.collect::<Vec<_>>().join(" ")).optional("label", tree.text("IFA_LABEL"));
    line.finish()
}

/// On a point-to-point link `IFA_ADDRESS` is the other end, as in `local peer other/32`.
fn address(line: &mut Line, tree: Tree<'_>, len: u64) {
    // A group is joined whole, whatever the length says.
    if let Some(group) = tree.text("IFA_MULTICAST").or_else(|| tree.text("IFA_ANYCAST")) {
        line.word(&group);
        return;
    }
    match (tree.text("IFA_LOCAL"), tree.text("IFA_ADDRESS")) {
        (Some(local), Some(peer)) if local != peer => {
            line.word(&local).pair("peer", format_args!("{peer}/{len}"));
        }
        (Some(ip), _) | (None, Some(ip)) => {
            line.word(&format!("{ip}/{len}"));
        }
        (None, None) => {}
    }
}
