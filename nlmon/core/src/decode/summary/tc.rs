//! `struct tcmsg`: `htb dev 3 handle 1: parent root`, as `tc monitor` has it; of a filter also
//! what it is for and what it does: `flower dev 3 parent root protocol ip pref 8 handle 0x1 action drop`.

use std::borrow::Cow;

use super::index;
use crate::decode::attribute::{Attribute, Tree};
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let head = tree.inside("tcmsg");
    let info = head.inside("tcm_info");
    let kind = tree.text("TCA_KIND").unwrap_or_default();
    let mut line = Line::default();
    line.word(&kind);
    line.optional("dev", head.device("tcm_ifindex"));
    if info.has("pref") {
        line.optional("parent", head.text("tcm_parent").filter(|parent| parent != "none"));
        line.optional("protocol", info.text("protocol").filter(|protocol| protocol != "0"));
        line.optional("pref", index(info, "pref")).optional("chain", tree.text("TCA_CHAIN"));
        line.optional("handle", index(head, "tcm_handle").map(|handle| filter(&kind, handle)));
        line.word(&options(tree.inside("TCA_OPTIONS")));
        return line.finish();
    }
    line.optional("handle", head.text("tcm_handle").filter(|handle| handle != "none"));
    line.optional("parent", head.text("tcm_parent").filter(|parent| parent != "none"));
    line.optional("chain", tree.text("TCA_CHAIN"));
    line.finish()
}

/// A filter's handle is a number, but of `u32` a table, a bucket in it and a node.
fn filter(kind: &str, handle: u64) -> String {
    match (kind, handle >> 20, handle >> 12 & 0xff, handle & 0xfff) {
        ("u32", table, 0, 0) => format!("{table:x}:"),
        ("u32", table, 0, node) => format!("{table:x}::{node:x}"),
        ("u32", table, bucket, node) => format!("{table:x}:{bucket:x}:{node:x}"),
        _ => format!("{handle:#x}"),
    }
}

/// The class that is chosen, and the actions.
fn options(options: Tree<'_>) -> String {
    let mut line = Line::default();
    let class = options.iter().find(|option| option.name.ends_with("_CLASSID"));
    line.optional("classid", class.and_then(|class| class.value.as_ref()));
    for list in options.iter().filter(|option| option.name.ends_with("_ACT")) {
        for action in &list.attributes {
            line.optional("action", action_words(action));
        }
    }
    line.finish()
}

/// `mirred index 1, gact drop index 2`
pub(super) fn actions(tree: Tree<'_>) -> String {
    let each = tree.inside("TCA_ROOT_TAB");
    let each = each.iter().map(|action| {
        let mut line = Line::default();
        line.word(&action_words(action).unwrap_or_default());
        line.optional("index", action.tree().text("TCA_ACT_INDEX"));
        line.finish()
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The kind, and of the generic action what it does.
fn action_words(action: &Attribute) -> Option<Cow<'_, str>> {
    let kind = action.tree().text("TCA_ACT_KIND")?;
    let parameters = action.tree().inside("TCA_ACT_OPTIONS").inside("TCA_GACT_PARMS");
    Some(match parameters.text("action") {
        Some(what) => format!("{kind} {what}").into(),
        None => kind,
    })
}
