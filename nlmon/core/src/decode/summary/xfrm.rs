//! The kernel's IP security, in the words of `ip xfrm`:
//! `src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00000100 mode tunnel`.

use super::{Kind, prefix};
use crate::decode::attribute::Tree;
use crate::decode::line::Line;
use crate::message::flag::{DUMP, REQUEST};

pub(super) fn summary(kind: &Kind<'_>, tree: Tree<'_>) -> String {
    if kind.header.flags & (DUMP | REQUEST) == DUMP | REQUEST {
        return "all".to_owned();
    }
    let Some(head) = tree.iter().next() else { return String::new() };
    let mut line = Line::default();
    let inside = ["info", "state", "sa_id"].map(|name| head.tree().inside(name));
    let outer = inside.into_iter().find(|found| found.iter().next().is_some());
    describe(&mut line, outer.unwrap_or(head.tree()), tree);
    policy(&mut line, head.tree());
    policy(&mut line, head.tree().inside("pol"));
    line.optional("expired", head.tree().text("hard"));
    line.finish()
}

fn describe(line: &mut Line, state: Tree<'_>, tree: Tree<'_>) {
    let id = if state.has("id") { state.inside("id") } else { state };
    let source = state.text("saddr").or_else(|| tree.text("XFRMA_SRCADDR"));
    line.optional("src", source.filter(|_| id.has("daddr"))).optional("dst", id.text("daddr"));
    line.optional("proto", id.text("proto"));
    line.optional("spi", id.number("spi").map(|spi| format!("{spi:#010x}")));
    line.optional("mode", state.text("mode").filter(|_| id.has("spi")));
}

fn policy(line: &mut Line, policy: Tree<'_>) {
    let selector = policy.inside("sel");
    if !policy.has("dir") {
        return;
    }
    let len = |name| selector.number(name).unwrap_or_default();
    line.optional("src", selector.text("saddr").map(|ip| prefix(ip, len("prefixlen_s"))));
    line.optional("dst", selector.text("daddr").map(|ip| prefix(ip, len("prefixlen_d"))));
    line.optional("dir", policy.text("dir")).optional("action", policy.text("action"));
    line.optional("priority", policy.text("priority"));
}
