//! nfnetlink but nftables: connection tracking in the words of `conntrack`, sets in those of
//! `ipset`, packets that were logged or queued.

use super::{Kind, nftables};
use crate::decode::attribute::{Attribute, Tree};
use crate::decode::flags::Verb;
use crate::decode::line::Line;
use crate::message::flag::{DUMP, REQUEST};

pub(super) fn summary(kind: &Kind<'_>, tree: Tree<'_>) -> String {
    let head = tree.inside("nfgenmsg");
    let line = match kind.header.message_type >> 8 {
        0 => batch(tree, head),
        1 => connection(tree, head),
        2 => expectation(tree),
        3 => queue(tree, head),
        4 => log(tree, head),
        6 => set(tree),
        7 => named(tree, "NFACCT_NAME"),
        8 => named(tree, "CTA_TIMEOUT_NAME"),
        9 => named(tree, "NFCTH_NAME"),
        10 => nftables::summary(tree, head),
        11 => named(tree, "NFTA_COMPAT_NAME"),
        _ => String::new(),
    };
    let asks = kind.header.flags & (DUMP | REQUEST) == DUMP | REQUEST;
    if asks && Verb::of(kind.name) == Verb::Get {
        let family = head.text("nfgen_family").filter(|family| family != "unspec");
        let mut all = Line::default();
        all.word("all").word(&family.filter(|_| line.is_empty()).unwrap_or_default()).word(&line);
        return all.finish();
    }
    line
}

fn named(tree: Tree<'_>, name: &str) -> String {
    tree.text(name).unwrap_or_default().into_owned()
}

/// The batch belongs to the subsystem that the header names; its generation may be asked for.
fn batch(tree: Tree<'_>, head: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("subsystem", head.text("res_id"))
        .optional("generation", tree.text("NFNL_BATCH_GENID"));
    line.finish()
}

/// `tcp src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 [seen-reply] timeout 30`
fn connection(tree: Tree<'_>, head: Tree<'_>) -> String {
    let mut line = Line::default();
    if tree.has("CTA_STATS_GLOBAL_ENTRIES") || tree.has("CTA_STATS_FOUND") {
        line.optional("entries", tree.text("CTA_STATS_GLOBAL_ENTRIES"));
        line.optional("cpu", head.text("res_id").filter(|_| tree.has("CTA_STATS_FOUND")));
        return line.finish();
    }
    let original = tree.inside("CTA_TUPLE_ORIG");
    line.word(&tuple(original));
    line.word(&answers(original, tree.inside("CTA_TUPLE_REPLY")));
    let protocol = tree.inside("CTA_PROTOINFO").inside("CTA_PROTOINFO_TCP");
    line.word(&protocol.text("CTA_PROTOINFO_TCP_STATE").unwrap_or_default());
    let status = tree.text("CTA_STATUS").filter(|status| status != "0");
    line.optional("", status.map(|status| format!("[{status}]")));
    line.optional("timeout", tree.text("CTA_TIMEOUT")).optional("mark", mark(tree));
    line.optional("zone", tree.text("CTA_ZONE")).optional("id", tree.text("CTA_ID"));
    line.finish()
}

/// The tuple of the answers, without the protocol, where it is not the original one turned round:
/// where addresses or ports are translated.
fn answers(original: Tree<'_>, reply: Tree<'_>) -> String {
    const TURNED: [(&str, &str, &str); 4] = [
        ("CTA_TUPLE_IP", "CTA_IP_V4_SRC", "CTA_IP_V4_DST"),
        ("CTA_TUPLE_IP", "CTA_IP_V6_SRC", "CTA_IP_V6_DST"),
        ("CTA_TUPLE_PROTO", "CTA_PROTO_SRC_PORT", "CTA_PROTO_DST_PORT"),
        ("CTA_TUPLE_PROTO", "CTA_PROTO_DST_PORT", "CTA_PROTO_SRC_PORT"),
    ];
    let differs = |nest: &str, from: &str, to: &str| {
        let (from, to) = (original.inside(nest).text(from), reply.inside(nest).text(to));
        from.is_some() && to.is_some() && from != to
    };
    let translated = TURNED.iter().any(|(nest, source, destination)| {
        differs(nest, source, destination) || differs(nest, destination, source)
    });
    if !translated {
        return String::new();
    }
    let tuple = tuple(reply);
    tuple.split_once(' ').map_or(String::new(), |(_protocol, ends)| format!("answers {ends}"))
}

fn mark(tree: Tree<'_>) -> Option<String> {
    tree.number("CTA_MARK").filter(|&mark| mark != 0).map(|mark| format!("{mark:#x}"))
}

fn tuple(tuple: Tree<'_>) -> String {
    let (ip, protocol) = (tuple.inside("CTA_TUPLE_IP"), tuple.inside("CTA_TUPLE_PROTO"));
    let mut line = Line::default();
    line.word(&protocol.text("CTA_PROTO_NUM").unwrap_or_default());
    for (key, tree, names) in [
        ("src=", ip, ["CTA_IP_V4_SRC", "CTA_IP_V6_SRC"]),
        ("dst=", ip, ["CTA_IP_V4_DST", "CTA_IP_V6_DST"]),
        ("sport=", protocol, ["CTA_PROTO_SRC_PORT", ""]),
        ("dport=", protocol, ["CTA_PROTO_DST_PORT", ""]),
        ("type=", protocol, ["CTA_PROTO_ICMP_TYPE", "CTA_PROTO_ICMPV6_TYPE"]),
    ] {
        if let Some(value) = names.into_iter().find_map(|name| tree.text(name)) {
            line.word(&format!("{key}{value}"));
        }
    }
    line.finish()
}

fn expectation(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.word(&tuple(tree.inside("CTA_EXPECT_TUPLE")));
    line.optional("helper", tree.text("CTA_EXPECT_HELP_NAME"));
    line.finish()
}

fn queue(tree: Tree<'_>, head: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("queue", head.text("res_id"));
    line.optional("packet", tree.inside("NFQA_PACKET_HDR").text("packet_id"));
    let verdict = tree.inside("NFQA_VERDICT_HDR");
    line.optional("packet", verdict.text("id")).optional("verdict", verdict.text("verdict"));
    line.optional("", tree.inside("NFQA_CFG_CMD").text("command"));
    line.finish()
}

fn log(tree: Tree<'_>, head: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("group", head.text("res_id")).optional("", tree.text("NFULA_CFG_CMD"));
    line.optional("prefix", tree.text("NFULA_PREFIX").map(|text| format!("\"{text}\"")));
    line.finish()
}

/// `blocked 192.0.2.1/24`
fn set(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.word(&tree.text("IPSET_ATTR_SETNAME").unwrap_or_default());
    line.word(&tree.text("IPSET_ATTR_SETNAME2").unwrap_or_default());
    line.word(&tree.text("IPSET_ATTR_TYPENAME").unwrap_or_default());
    line.word(&entry(tree.inside("IPSET_ATTR_DATA")));
    let entries = tree.inside("IPSET_ATTR_ADT");
    let entries: Vec<_> = entries.iter().map(Attribute::tree).map(entry).collect();
    line.word(&entries.join(", "));
    line.finish()
}

fn entry(data: Tree<'_>) -> String {
    let ip = |name| {
        let ip = data.inside(name);
        ip.iter().next().and_then(|ip| Some(ip.value.as_ref()?.to_string()))
    };
    let mut line = Line::default();
    let cidr = data.text("IPSET_ATTR_CIDR").map_or_else(String::new, |len| format!("/{len}"));
    line.optional("", ip("IPSET_ATTR_IP").map(|ip| ip + &cidr));
    line.optional("to", ip("IPSET_ATTR_IP_TO")).optional("", data.text("IPSET_ATTR_PROTO"));
    line.optional("port", data.text("IPSET_ATTR_PORT")).optional("", data.text("IPSET_ATTR_ETHER"));
    line.optional("timeout", data.text("IPSET_ATTR_TIMEOUT"));
    line.finish()
}
