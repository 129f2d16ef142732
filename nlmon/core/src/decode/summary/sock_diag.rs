//! Socket statistics, in the words of `ss`.

use super::{Kind, index};
use crate::decode::attribute::Tree;
use crate::decode::line::Line;
use crate::message::flag::{DUMP, REQUEST};

pub(super) fn summary(kind: &Kind<'_>, tree: Tree<'_>) -> String {
    let Some(head) = tree.iter().next() else { return String::new() };
    let fields = head.tree();
    let mut line = Line::default();
    let member = |end: &str| {
        let found = fields.iter().find(|member| member.name.ends_with(end))?;
        found.value.as_ref().map(ToString::to_string)
    };
    line.word(if kind.header.flags & (DUMP | REQUEST) == DUMP | REQUEST { "all" } else { "" });
    line.word(&member("_family").unwrap_or_default());
    let protocol = member("_protocol").filter(|protocol| protocol != "0");
    line.word(&protocol.unwrap_or_default());
    if kind.header.flags & REQUEST == 0 {
        line.word(&member("_type").unwrap_or_default());
        line.word(&member("_state").unwrap_or_default());
    }
    ends(&mut line, fields.inside("id"));
    line.optional("port id", member("_portid"));
    line.optional("ino", member("_ino").or_else(|| member("_inode")).filter(|ino| ino != "0"));
    line.optional("name", tree.text("UNIX_DIAG_NAME"));
    line.finish()
}

fn ends(line: &mut Line, id: Tree<'_>) {
    let end = |ip, port| Some(format!("{}:{}", id.text(ip)?, index(id, port)?));
    line.word(&end("idiag_src", "idiag_sport").unwrap_or_default());
    line.optional("->", end("idiag_dst", "idiag_dport"));
}
