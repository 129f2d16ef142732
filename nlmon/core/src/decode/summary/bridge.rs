//! A bridge's multicast and VLAN databases, as `bridge monitor` has them.

use super::index;
use crate::decode::attribute::{Attribute, Tree};
use crate::decode::line::Line;

/// `dev 4 port 3 grp 239.1.1.1 temp vid 10`
pub(super) fn mdb(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("dev", tree.inside("br_port_msg").device("ifindex"));
    let entries = tree.inside("MDBA_MDB");
    for entry in
        entries.iter().flat_map(|entry| &entry.attributes).chain(tree.get("MDBA_SET_ENTRY"))
    {
        member(&mut line, entry);
    }
    for port in tree.inside("MDBA_ROUTER").iter() {
        line.optional("router on", port.tree().device("ifindex"));
    }
    line.finish()
}

fn member(line: &mut Line, entry: &Attribute) {
    let tree = entry.tree();
    line.optional("port", tree.device("ifindex")).optional("grp", tree.text("addr"));
    line.optional("", tree.text("state")).optional("vid", index(tree, "vid"));
}

/// `dev 3 vid 10 pvid,untagged`
pub(super) fn vlan(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("dev", tree.inside("br_vlan_msg").device("ifindex"));
    for entry in tree.iter().skip(1) {
        let info = entry.tree().inside("BRIDGE_VLANDB_ENTRY_INFO");
        line.optional("vid", info.text("vid"));
        line.optional("", info.text("flags").filter(|flags| flags != "0"));
        line.optional("global vid", entry.tree().text("BRIDGE_VLANDB_GOPTS_ID"));
    }
    line.finish()
}
