//! `struct tcmsg`: `htb dev 3 handle 1: parent root`, as `tc monitor` has it.

use super::index;
use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let head = tree.inside("tcmsg");
    let mut line = Line::default();
    line.word(&tree.text("TCA_KIND").unwrap_or_default());
    line.optional("dev", index(head, "tcm_ifindex"));
    line.optional("handle", head.text("tcm_handle").filter(|handle| handle != "none"));
    line.optional("parent", head.text("tcm_parent").filter(|parent| parent != "none"));
    line.optional("chain", tree.text("TCA_CHAIN"));
    line.finish()
}

/// `mirred index 1, gact index 2`
pub(super) fn actions(tree: Tree<'_>) -> String {
    let each = tree.inside("TCA_ACT_TAB");
    let each = each.iter().map(|action| {
        let mut line = Line::default();
        line.word(&action.tree().text("TCA_ACT_KIND").unwrap_or_default());
        line.optional("index", action.tree().text("TCA_ACT_INDEX"));
        line.finish()
    });
    each.collect::<Vec<_>>().join(", ")
}
