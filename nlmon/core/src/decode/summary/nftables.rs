//! The objects of nftables in the words of `nft`.

use super::nft_rule;
use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>, head: Tree<'_>) -> String {
    let mut line = Line::default();
    let family = head.text("nfgen_family").filter(|family| family != "unspec").unwrap_or_default();
    let word = |name: &str| tree.text(name).unwrap_or_default();
    let known = tree.iter().len() > 1;
    line.word(if known { &family } else { "" });
    for (table, name) in [
        ("", "NFTA_TABLE_NAME"),
        ("NFTA_CHAIN_TABLE", "NFTA_CHAIN_NAME"),
        ("NFTA_RULE_TABLE", "NFTA_RULE_CHAIN"),
        ("NFTA_SET_TABLE", "NFTA_SET_NAME"),
        ("NFTA_SET_ELEM_LIST_TABLE", "NFTA_SET_ELEM_LIST_SET"),
        ("NFTA_OBJ_TABLE", "NFTA_OBJ_NAME"),
        ("NFTA_FLOWTABLE_TABLE", "NFTA_FLOWTABLE_NAME"),
        ("NFTA_TRACE_TABLE", "NFTA_TRACE_CHAIN"),
    ] {
        line.word(&word(table)).word(&word(name));
    }
    line.optional("handle", tree.text("NFTA_RULE_HANDLE"));
    line.word(&chain(&family, tree)).word(&elements(tree)).word(&generation(tree));
    line.word(&nft_rule::rule(&family, tree.inside("NFTA_RULE_EXPRESSIONS")));
    line.optional("trace", tree.text("NFTA_TRACE_TYPE"));
    line.finish()
}

fn chain(family: &str, tree: Tree<'_>) -> String {
    let hook = tree.inside("NFTA_CHAIN_HOOK");
    let mut line = Line::default();
    line.optional("type", tree.text("NFTA_CHAIN_TYPE"));
    line.optional("hook", hook.number("NFTA_HOOK_HOOKNUM").map(|number| hook_name(family, number)));
    line.optional("priority", hook.text("NFTA_HOOK_PRIORITY"));
    let policy = tree.number("NFTA_CHAIN_POLICY");
    line.optional("policy", policy.map(|policy| if policy == 0 { "drop" } else { "accept" }));
    line.finish()
}

/// `NF_INET_*` of `include/uapi/linux/netfilter.h`; a device has others.
fn hook_name(family: &str, number: u64) -> String {
    let names: &[&str] = match family {
        "netdev" => &["ingress", "egress"],
        "arp" => &["input", "output", "forward"],
        _ => &["prerouting", "input", "forward", "output", "postrouting", "ingress"],
    };
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    names.get(index).map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

fn elements(tree: Tree<'_>) -> String {
    match tree.inside("NFTA_SET_ELEM_LIST_ELEMENTS").iter().len() {
        0 => String::new(),
        1 => "1 element".to_owned(),
        count => format!("{count} elements"),
    }
}

fn generation(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("generation", tree.text("NFTA_GEN_ID"));
    line.optional("by", tree.text("NFTA_GEN_PROC_NAME"));
    line.optional("pid", tree.text("NFTA_GEN_PROC_PID"));
    line.finish()
}
