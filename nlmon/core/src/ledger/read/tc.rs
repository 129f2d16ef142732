//! Queueing disciplines.

use super::{Told, device, text};
use crate::decode::attribute::Tree;
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// A qdisc is its interface and its place there: `qdisc_leaf` in `net/sched/sch_api.c`, and for a
/// root the device's own. The kernel tells of one that takes another's place together with that.
pub(super) fn qdisc(tells: Tells, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("tcmsg");
    let index = head.number("tcm_ifindex").filter(|&index| index != 0)?;
    let parent = text(head, "tcm_parent")?;
    let kind = text(tree, "TCA_KIND")?;
    let handle = text(head, "tcm_handle").filter(|handle| handle != "none");
    let mut facts = Noting::new();
    facts
        .note("kind", Some(&kind))
        .note("handle", handle.as_ref())
        .note("dev", super::index(head, "tcm_ifindex"))
        .note("parent", Some(&parent));
    let (handle, space) = handle.as_deref().map_or(("", ""), |handle| (handle, " "));
    let title = format!("{kind}{space}{handle}{} parent {parent}", device(head, "tcm_ifindex"));
    Some(Told::new(Kind::Qdisc, tells, format!("{index} {parent}"), title, facts.finish()))
}
