//! `struct ndmsg`: `192.0.2.9 dev 3 lladdr 02:00:00:00:00:01 REACHABLE`; for a bridge's forwarding
//! table `02:00:00:00:00:01 dev 3 vlan 10 master 4 PERMANENT`.

use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let head = tree.inside("ndmsg");
    let (destination, address) = (tree.text("NDA_DST"), tree.text("NDA_LLADDR"));
    let mut line = Line::default();
    let bridge = head.text("ndm_family").is_some_and(|family| family == "bridge");
    if bridge {
        line.word(&address.clone().unwrap_or_default()).optional("dst", destination);
    } else {
        line.word(&destination.unwrap_or_default());
    }
    line.optional("dev", head.device("ndm_ifindex"));
    line.optional("lladdr", address.filter(|_| !bridge)).optional("vlan", tree.text("NDA_VLAN"));
    line.optional("vni", tree.text("NDA_VNI")).optional("master", tree.device("NDA_MASTER"));
    let flags = head.text("ndm_flags").filter(|flags| flags != "0").unwrap_or_default();
    line.word(&flags.replace(',', " "));
    let state = head.text("ndm_state").unwrap_or_default();
    line.word(if state == "0" { "NONE" } else { &state });
    line.finish()
}
