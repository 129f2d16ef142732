//! Routes, rules and nexthop objects.

use std::borrow::Cow;

use super::{Told, Word, device, text};
use crate::decode::Body;
use crate::decode::attribute::{Attribute, Tree};
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// `NLM_F_REPLACE`, `NLM_F_CREATE` and `NLM_F_APPEND`
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;

/// Routes to one destination with one metric: `fib_find_alias` in `net/ipv4/fib_trie.c` looks for
/// table, prefix, TOS and priority, and `fib6_add_rt2node` in `net/ipv6/ip6_fib.c` for table, both
/// prefixes and metric. IPv4 keeps alternatives in order, told apart by `fib_info`; IPv6 has one
/// `fib6_info` for each nexthop, and tells of all siblings in one message.
pub(super) fn routes(tells: Tells, message: &Body, tree: Tree<'_>) -> Vec<Told> {
    let Some(route) = Route::of(tree) else { return Vec::new() };
    let nhid = Word("nhid", text(tree, "RTA_NH_ID"));
    let listed = tree.inside("RTA_MULTIPATH");
    // By a nexthop object, the hops that are listed are those of the object at that time.
    let hops: Vec<_> = match (listed.iter().len(), &nhid.1) {
        (0, _) => vec![format!("{nhid}{}", hop(tree, "RTA_OIF"))],
        (_, None) => listed.iter().map(listed_hop).collect(),
        (_, Some(_)) => vec![nhid.to_string()],
    };
    let is_new = tells == Tells::There;
    let has = |flag: u16| is_new && message.header.flags & flag != 0;
    let flags = |told: Told| Told {
        replaces: has(REPLACE),
        first: route.family == "inet" && has(CREATE) && !has(APPEND),
        ..told
    };
    if route.family == "inet6" {
        let each = hops.into_iter();
        return each.map(|hop| flags(route.told(tells, tree, &hop, hop.clone()))).collect();
    }
    // `fib_table_delete` also compares type, scope, protocol and preferred source.
    let head = tree.inside("rtmsg");
    let word = |name| text(head, name).unwrap_or_default();
    let mut identity = format!(
        "{} {} {} {}",
        word("rtm_type"),
        word("rtm_scope"),
        word("rtm_protocol"),
        text(tree, "RTA_PREFSRC").unwrap_or_default(),
    );
    let is_one = hops.len() == 1;
    let mut shown = String::new();
    for hop in hops {
        identity.push_str(&hop);
        shown.push_str(if is_one { "" } else { " nexthop" });
        shown.push_str(&hop);
    }
    vec![flags(route.told(tells, tree, &shown, identity))]
}

/// What the kernel looks a route up by, in words.
struct Route<'a> {
    family: Cow<'a, str>,
    table: Cow<'a, str>,
    dst: Cow<'a, str>,
    from: Option<Cow<'a, str>>,
    tos: Option<Cow<'a, str>>,
    metric: Option<Cow<'a, str>>,
}

impl<'a> Route<'a> {
    /// `None` for one that is no entry of a table: of a cache, or of multicast routing.
    fn of(tree: Tree<'a>) -> Option<Self> {
        let head = tree.inside("rtmsg");
        let word = |name| text(head, name).unwrap_or_default();
        let family = word("rtm_family");
        let is_cached = word("rtm_flags").split(',').any(|flag| flag == "cloned");
        if !matches!(&*family, "inet" | "inet6" | "mpls") || is_cached {
            return None;
        }
        let host = if family == "inet" { 32 } else { 128 };
        let is_label = family == "mpls";
        let prefix = |ip: Cow<'a, str>, len: u64| {
            if len == host || is_label { ip } else { Cow::Owned(format!("{ip}/{len}")) }
        };
        let len = head.number("rtm_dst_len").unwrap_or_default();
        let dst = text(tree, "RTA_DST").filter(|_| len != 0 || is_label);
        let source_len = head.number("rtm_src_len").unwrap_or_default();
        Some(Self {
            dst: dst.map_or(Cow::Borrowed("default"), |ip| prefix(ip, len)),
            from: text(tree, "RTA_SRC").map(|ip| prefix(ip, source_len)),
            table: text(tree, "RTA_TABLE").unwrap_or_else(|| word("rtm_table")),
            tos: text(head, "rtm_tos").filter(|tos| tos != "0"),
            // Without one it is 0, and only IPv6 says so.
            metric: text(tree, "RTA_PRIORITY").filter(|metric| metric != "0"),
            family,
        })
    }

    /// The route over these hops.
    fn told(&self, tells: Tells, tree: Tree<'_>, hops: &str, rest: String) -> Told {
        let Self { family, table, dst, from, tos, metric } = self;
        let (shown_from, shown_metric) =
            (Word("from", from.as_ref()), Word("metric", metric.as_ref()));
        let shown_tos = Word("tos", tos.as_ref());
        let base = format!("{family} {table} {dst}{shown_from}{shown_tos}{shown_metric}");
        let head = tree.inside("rtmsg");
        let kind = text(head, "rtm_type").filter(|kind| kind != "unicast");
        let shown_table = Word("table", Some(table).filter(|table| *table != "main"));
        let (sort, space) = kind.as_ref().map_or(("", ""), |kind| (&**kind, " "));
        let title = format!("{sort}{space}{dst}{shown_from}{hops}{shown_table}{shown_metric}");
        let mut facts = Noting::new();
        facts
            .note("family", Some(family))
            .note("type", kind)
            .note("dst", Some(dst))
            .note("from", from.as_ref())
            .note("table", Some(table))
            .note("metric", metric.as_ref())
            .note("tos", tos.as_ref())
            .note("nexthop", Some(hops.trim_start()))
            .note("proto", text(head, "rtm_protocol"))
            .note("scope", text(head, "rtm_scope").filter(|scope| scope != "global"))
            .note("src", text(tree, "RTA_PREFSRC"))
            .note("pref", text(tree, "RTA_PREF").filter(|pref| pref != "medium"))
            .note("metrics", Some(metrics(tree)));
        Told { rest, ..Told::new(Kind::Route, tells, base, title, facts.finish()) }
    }
}

/// `advmss`, `mtu` and the like, which belong to the route.
fn metrics(tree: Tree<'_>) -> String {
    let each = tree.inside("RTA_METRICS");
    let words = each.iter().filter_map(|metric| {
        let value = metric.value.as_ref()?;
        Some(format!("{} {value}", metric.name))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// ` via 192.0.2.1 dev 5`
fn hop(tree: Tree<'_>, index: &str) -> String {
    let other = tree.inside("RTA_VIA");
    let other = || Some(format!("{} {}", text(other, "rtvia_family")?, text(other, "rtvia_addr")?));
    let via = Word("via", text(tree, "RTA_GATEWAY").or_else(|| other().map(Cow::Owned)));
    format!("{via}{}", device(tree, index))
}

/// One of several.
fn listed_hop(attribute: &Attribute) -> String {
    let tree = attribute.tree();
    let hops = tree.number("rtnh_hops").filter(|&hops| hops != 0);
    let weight = Word("weight", hops.map(|hops| hops + 1));
    format!("{}{weight}", hop(tree, "rtnh_ifindex"))
}

/// A rule is everything that selects by it: `rule_exists` in `net/core/fib_rules.c` compares all of
/// it, and the kernel never changes one.
pub(super) fn rule(tells: Tells, message: &Body, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("fib_rule_hdr");
    let family = text(head, "family").filter(|family| matches!(&**family, "inet" | "inet6"))?;
    let priority = text(tree, "FRA_PRIORITY").unwrap_or(Cow::Borrowed("0"));
    // The manner of a notification, `replace `, is no part of the rule.
    let summary = message.summary();
    let selector = summary.split_once(": ").map_or(&*summary, |(_, rest)| rest);
    let mut facts = Noting::new();
    facts
        .note("family", Some(&family))
        .note("priority", Some(&priority))
        .note("selector", Some(selector))
        .note("proto", text(tree, "FRA_PROTOCOL"));
    let six = if family == "inet6" { " (inet6)" } else { "" };
    let title = format!("{priority}: {selector}{six}");
    Some(Told {
        rest: selector.to_owned(),
        ..Told::new(Kind::Rule, tells, format!("{family} {priority}"), title, facts.finish())
    })
}

/// A nexthop object is its id: `nexthop_find_by_id` in `net/ipv4/nexthop.c`.
pub(super) fn nexthop(tells: Tells, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("nhmsg");
    let id = text(tree, "NHA_ID")?;
    let members = tree.inside("NHA_GROUP");
    let members = members.iter().filter_map(|member| {
        let tree = member.tree();
        let weight = tree.number("weight").unwrap_or_default() + 1;
        Some(format!("{},{weight}", text(tree, "id")?))
    });
    let members = members.collect::<Vec<_>>().join("/");
    let mut facts = Noting::new();
    facts
        .note("id", Some(&id))
        .note("group", Some(&members))
        .note("blackhole", tree.has("NHA_BLACKHOLE").then_some("yes"))
        .note("via", text(tree, "NHA_GATEWAY"))
        .note("dev", super::index(tree, "NHA_OIF"))
        .note("fdb", tree.has("NHA_FDB").then_some("yes"))
        .note("scope", text(head, "nh_scope"))
        .note("proto", text(head, "nh_protocol").filter(|proto| proto != "unspec"));
    let via = Word("via", text(tree, "NHA_GATEWAY"));
    let group = Word("group", Some(members).filter(|members| !members.is_empty()));
    let title = format!("{id}{group}{via}{}", device(tree, "NHA_OIF"));
    Some(Told::new(Kind::Nexthop, tells, id.into_owned(), title, facts.finish()))
}
