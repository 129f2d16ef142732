//! `struct rtmsg`: `192.0.2.0/24 via 198.51.100.1 dev 3 proto static metric 100`; `struct nhmsg`.

use std::borrow::Cow;

use super::prefix;
use crate::decode::attribute::{Attribute, Tree};
use crate::decode::flags::Verb;
use crate::decode::line::Line;

pub(super) fn summary(verb: Verb, tree: Tree<'_>) -> String {
    let head = tree.inside("rtmsg");
    let word = |name| head.text(name).unwrap_or_default();
    let mut line = Line::default();
    let kind = word("rtm_type");
    if !matches!(&*kind, "unspec" | "unicast") {
        line.word(&kind);
    }
    line.word(&destination(head, tree, verb));
    let source_len = head.number("rtm_src_len").unwrap_or_default();
    line.optional("from", tree.text("RTA_SRC").map(|ip| prefix(ip, source_len)));
    line.optional("as to", tree.text("RTA_NEWDST"));
    line.optional("nhid", tree.text("RTA_NH_ID")).optional("via", via(tree));
    line.optional("dev", tree.device("RTA_OIF"));
    let table = tree.text("RTA_TABLE").unwrap_or_else(|| word("rtm_table"));
    line.optional("table", shows_table(&table, verb).then_some(table));
    if verb != Verb::Get {
        line.optional("proto", head.text("rtm_protocol"));
        line.optional("scope", head.text("rtm_scope").filter(|scope| scope != "global"));
    }
    line.optional("src", tree.text("RTA_PREFSRC")).optional("metric", tree.text("RTA_PRIORITY"));
    line.optional("realms", tree.text("RTA_FLOW"));
    line.optional("encap", tree.text("RTA_ENCAP_TYPE").filter(|kind| kind != "none"));
    for hop in tree.inside("RTA_MULTIPATH").iter() {
        line.pair("nexthop", next_hop(hop));
    }
    line.finish()
}

/// `main` goes without saying.
fn shows_table(table: &str, verb: Verb) -> bool {
    !table.is_empty() && table != "main" && !(table == "unspec" && verb == Verb::Get)
}

/// A route without destination is a default route; `ip -6` prints the same word, so the family is
/// added where nothing else tells.
fn destination<'a>(head: Tree<'a>, tree: Tree<'a>, verb: Verb) -> Cow<'a, str> {
    let family = head.text("rtm_family").unwrap_or_default();
    match tree.text("RTA_DST") {
        Some(label) if family == "mpls" => label,
        Some(ip) => prefix(ip, head.number("rtm_dst_len").unwrap_or_default()),
        None if verb == Verb::Get => "".into(),
        None if family == "inet" => "default".into(),
        None => format!("default ({family})").into(),
    }
}

fn via(tree: Tree<'_>) -> Option<Cow<'_, str>> {
    let other = tree.inside("RTA_VIA");
    let other =
        || Some(format!("{} {}", other.text("rtvia_family")?, other.text("rtvia_addr")?).into());
    tree.text("RTA_GATEWAY").or_else(other)
}

/// `rtnh_hops` is the weight less one.
fn next_hop(hop: &Attribute) -> String {
    let tree = hop.tree();
    let mut line = Line::default();
    line.optional("via", via(tree)).optional("dev", tree.device("rtnh_ifindex"));
    line.optional("weight", tree.number("rtnh_hops").map(|hops| hops + 1));
    line.finish()
}

/// `10`, or `10,3` if it weighs more than one. The kernel stores the weight less one.
fn member(member: &Attribute) -> Option<Cow<'_, str>> {
    let tree = member.tree();
    let high = tree.number("weight_high").unwrap_or_default() << 8;
    let weight = (tree.number("weight").unwrap_or_default() | high) + 1;
    let id = tree.text("id")?;
    Some(if weight == 1 { id } else { format!("{id},{weight}").into() })
}

/// `id 10 via 192.0.2.254 dev 3`
pub(super) fn next_hop_object(tree: Tree<'_>) -> String {
    let head = tree.inside("nhmsg");
    let mut line = Line::default();
    line.optional("id", tree.text("NHA_ID"));
    let members = tree.inside("NHA_GROUP");
    let members: Vec<_> = members.iter().filter_map(member).collect();
    line.optional("group", (!members.is_empty()).then(|| members.join("/")));
    line.word(if tree.has("NHA_BLACKHOLE") { "blackhole" } else { "" });
    line.optional("via", tree.text("NHA_GATEWAY")).optional("dev", tree.device("NHA_OIF"));
    line.word(if tree.has("NHA_FDB") { "fdb" } else { "" });
    line.optional("proto", head.text("nh_protocol").filter(|protocol| protocol != "unspec"));
    line.finish()
}
