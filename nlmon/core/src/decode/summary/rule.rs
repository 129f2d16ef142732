//! `struct fib_rule_hdr`: `100: from 198.51.100.0/24 fwmark 0x1 lookup 200`.

use std::borrow::Cow;

use super::prefix;
use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let head = tree.inside("fib_rule_hdr");
    let len = |name| head.number(name).unwrap_or_default();
    let mut line = Line::default();
    line.word(&tree.text("FRA_PRIORITY").map_or_else(String::new, |number| format!("{number}:")));
    let inverted = head.text("flags").is_some_and(|flags| flags.split(',').any(|bit| bit == "not"));
    line.word(if inverted { "not" } else { "" });
    let source = tree.text("FRA_SRC").map(|ip| prefix(ip, len("src_len")));
    line.pair("from", source.unwrap_or_else(|| "all".into()));
    line.optional("to", tree.text("FRA_DST").map(|ip| prefix(ip, len("dst_len"))));
    line.optional("fwmark", mark(tree));
    line.optional("iif", tree.text("FRA_IIFNAME")).optional("oif", tree.text("FRA_OIFNAME"));
    line.optional("ipproto", tree.text("FRA_IP_PROTO"));
    line.optional("sport", range(tree.inside("FRA_SPORT_RANGE")));
    line.optional("dport", range(tree.inside("FRA_DPORT_RANGE")));
    let users = tree.inside("FRA_UID_RANGE");
    let users = users.text("start").zip(users.text("end"));
    line.optional("uidrange", users.map(|(first, last)| format!("{first}-{last}")));
    line.optional("tun_id", tree.text("FRA_TUN_ID"));
    line.optional("dscp", tree.text("FRA_DSCP"));
    action(&mut line, head, tree);
    line.finish()
}

fn action(line: &mut Line, head: Tree<'_>, tree: Tree<'_>) {
    let table = tree.text("FRA_TABLE").or_else(|| head.text("table")).unwrap_or_default();
    match head.text("action").unwrap_or_default().as_ref() {
        "lookup" if tree.number("FRA_L3MDEV").is_some_and(|on| on != 0) => {
            line.word("lookup [l3mdev-table]")
        }
        "lookup" => {
            line.pair("lookup", table);
            line.optional("suppress_prefixlength", suppressed(tree, "FRA_SUPPRESS_PREFIXLEN"));
            line.optional("suppress_ifgroup", suppressed(tree, "FRA_SUPPRESS_IFGROUP"))
        }
        "goto" => line.pair("goto", tree.text("FRA_GOTO").unwrap_or_default()),
        other => line.word(other),
    };
}

/// One port, or the first and the last.
fn range(ports: Tree<'_>) -> Option<Cow<'_, str>> {
    let (first, last) = (ports.text("start")?, ports.text("end")?);
    Some(if first == last { first } else { format!("{first}-{last}").into() })
}

/// All bits are set where nothing is suppressed.
fn suppressed(tree: Tree<'_>, name: &str) -> Option<u64> {
    tree.number(name).filter(|&number| number != u64::from(u32::MAX))
}

fn mark(tree: Tree<'_>) -> Option<String> {
    let value = tree.number("FRA_FWMARK")?;
    Some(match tree.number("FRA_FWMASK") {
        None | Some(0xffff_ffff) => format!("{value:#x}"),
        Some(mask) => format!("{value:#x}/{mask:#x}"),
    })
}
