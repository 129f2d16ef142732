//! Routes, rules and nexthop objects.

use super::{Told, device, has_flag, text};
use crate::decode::Message;
use crate::decode::attribute::{Attribute, Tree};
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// Routes to one destination with one metric: `fib_find_alias` in `net/ipv4/fib_trie.c` looks for
/// table, prefix, TOS and priority, and `fib6_add_rt2node` in `net/ipv6/ip6_fib.c` for table, both
/// prefixes and metric. IPv4 keeps alternatives in order, told apart by `fib_info`; IPv6 has one
/// `fib6_info` for each nexthop, and tells of all siblings in one message.
pub(super) fn routes(tells: Tells, message: &Message, tree: Tree<'_>) -> Vec<Told> {
    let Some(route) = Route::of(tree) else { return Vec::new() };
    let nhid = text(tree, "RTA_NH_ID").map_or_else(String::new, |id| format!(" nhid {id}"));
    let listed = tree.inside("RTA_MULTIPATH");
    // By a nexthop object, the hops that are listed are those of the object at that time.
    let mut hops: Vec<_> = match (listed.iter().len(), &*nhid) {
        (0, nhid) => vec![format!("{nhid}{}", hop(tree, "RTA_OIF"))],
        (_, "") => listed.iter().map(listed_hop).collect(),
        (_, nhid) => vec![nhid.to_owned()],
    };
    let flags = |told: Told| Told {
        replaces: has_flag(message, "REPLACE"),
        first: tells == Tells::There
            && route.family == "inet"
            && has_flag(message, "CREATE")
            && !has_flag(message, "APPEND"),
        ..told
    };
    if route.family == "inet6" {
        let each = hops.into_iter();
        return each.map(|hop| flags(route.told(tells, tree, &hop, hop.clone()))).collect();
    }
    // `fib_table_delete` also compares type, scope, protocol and preferred source.
    let word = |name| text(tree.inside("rtmsg"), name).unwrap_or_default();
    let identity = format!(
        "{} {} {} {}{}",
        word("rtm_type"),
        word("rtm_scope"),
        word("rtm_protocol"),
        text(tree, "RTA_PREFSRC").unwrap_or_default(),
        hops.join("")
    );
    if hops.len() > 1 {
        hops = hops.iter().map(|hop| format!(" nexthop{hop}")).collect();
    }
    vec![flags(route.told(tells, tree, &hops.join(""), identity))]
}

/// What the kernel looks a route up by, in words.
struct Route {
    family: String,
    table: String,
    dst: String,
    from: Option<String>,
    tos: Option<String>,
    metric: Option<String>,
}

impl Route {
    /// `None` for one that is no entry of a table: of a cache, or of multicast routing.
    fn of(tree: Tree<'_>) -> Option<Self> {
        let head = tree.inside("rtmsg");
        let word = |name| text(head, name).unwrap_or_default();
        let family = word("rtm_family");
        let is_cached = word("rtm_flags").split(',').any(|flag| flag == "cloned");
        if !matches!(&*family, "inet" | "inet6" | "mpls") || is_cached {
            return None;
        }
        let host = if family == "inet" { 32 } else { 128 };
        let is_label = family == "mpls";
        let prefix = |ip: String, len: u64| {
            if len == host || is_label { ip } else { format!("{ip}/{len}") }
        };
        let len = head.number("rtm_dst_len").unwrap_or_default();
        let dst = text(tree, "RTA_DST").filter(|_| len != 0 || is_label);
        let source_len = head.number("rtm_src_len").unwrap_or_default();
        Some(Self {
            dst: dst.map_or_else(|| "default".to_owned(), |ip| prefix(ip, len)),
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
        let from_words = optional("from", from.as_ref());
        let metric_words = optional("metric", metric.as_ref());
        let base = format!(
            "{family} {table} {dst}{from_words}{}{metric_words}",
            optional("tos", tos.as_ref())
        );
        let head = tree.inside("rtmsg");
        let kind = text(head, "rtm_type").filter(|kind| kind != "unicast");
        let shown_table = optional("table", Some(table).filter(|table| *table != "main"));
        let sort = kind.as_ref().map_or_else(String::new, |kind| format!("{kind} "));
        let title = format!("{sort}{dst}{from_words}{hops}{shown_table}{metric_words}");
        let mut facts = Noting::default();
        facts
            .note("family", Some(family.clone()))
            .note("type", kind)
            .note("dst", Some(dst.clone()))
            .note("from", from.clone())
            .note("table", Some(table.clone()))
            .note("metric", metric.clone())
            .note("tos", tos.clone())
            .note("nexthop", Some(hops.trim_start().to_owned()))
            .note("proto", text(head, "rtm_protocol"))
            .note("scope", text(head, "rtm_scope").filter(|scope| scope != "global"))
            .note("src", text(tree, "RTA_PREFSRC"))
            .note("pref", text(tree, "RTA_PREF").filter(|pref| pref != "medium"))
            .note("metrics", Some(metrics(tree)));
        Told { rest, ..Told::new(Kind::Route, tells, base, title, facts.finish()) }
    }
}

/// ` name value`, or nothing.
fn optional(name: &str, value: Option<&String>) -> String {
    value.map_or_else(String::new, |value| format!(" {name} {value}"))
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
    let via = text(tree, "RTA_GATEWAY").or_else(other);
    let via = via.map_or_else(String::new, |via| format!(" via {via}"));
    via + &device(tree, index)
}

/// One of several.
fn listed_hop(attribute: &Attribute) -> String {
    let tree = attribute.tree();
    let weight = tree.number("rtnh_hops").filter(|&hops| hops != 0);
    let weight = weight.map_or_else(String::new, |hops| format!(" weight {}", hops + 1));
    hop(tree, "rtnh_ifindex") + &weight
}

/// A rule is everything that selects by it: `rule_exists` in `net/core/fib_rules.c` compares all of
/// it, and the kernel never changes one.
pub(super) fn rule(tells: Tells, message: &Message, tree: Tree<'_>) -> Option<Told> {
    let head = tree.inside("fib_rule_hdr");
    let family = text(head, "family").filter(|family| matches!(&**family, "inet" | "inet6"))?;
    let priority = text(tree, "FRA_PRIORITY").unwrap_or_else(|| "0".to_owned());
    // The manner of a notification, `replace `, is no part of the rule.
    let selector = message.summary.split_once(": ").map_or(&*message.summary, |(_, rest)| rest);
    let mut facts = Noting::default();
    facts
        .note("family", Some(family.clone()))
        .note("priority", Some(priority.clone()))
        .note("selector", Some(selector.to_owned()))
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
    let mut facts = Noting::default();
    facts
        .note("id", Some(id.clone()))
        .note("group", Some(members.clone()))
        .note("blackhole", tree.has("NHA_BLACKHOLE").then(|| "yes".to_owned()))
        .note("via", text(tree, "NHA_GATEWAY"))
        .note("dev", super::index(tree, "NHA_OIF"))
        .note("fdb", tree.has("NHA_FDB").then(|| "yes".to_owned()))
        .note("scope", text(head, "nh_scope"))
        .note("proto", text(head, "nh_protocol").filter(|proto| proto != "unspec"));
    let via = text(tree, "NHA_GATEWAY").map_or_else(String::new, |via| format!(" via {via}"));
    let group = if members.is_empty() { String::new() } else { format!(" group {members}") };
    let title = format!("{id}{group}{via}{}", device(tree, "NHA_OIF"));
    Some(Told::new(Kind::Nexthop, tells, id, title, facts.finish()))
}
