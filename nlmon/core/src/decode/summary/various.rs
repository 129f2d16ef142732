//! The smaller objects of rtnetlink, and protocols of few words.

use std::borrow::Cow;

use super::{family, index, prefix};
use crate::decode::attribute::{Tree, Value};
use crate::decode::audit_rule;
use crate::decode::line::Line;

/// What a message about `object` (`NETCONF`, `NSID`) says.
pub(super) fn summary(object: &str, tree: Tree<'_>) -> String {
    let mut line = Line::default();
    match object {
        "NETCONF" => {
            line.word(&family(tree).unwrap_or_default());
            // Below 0 it is all interfaces, or those to come.
            let all = tree.text("NETCONFA_IFINDEX");
            line.optional("dev", tree.device("NETCONFA_IFINDEX").or(all));
            for setting in tree.iter().filter(|a| a.name.starts_with("NETCONFA_")) {
                let name = setting.name.trim_start_matches("NETCONFA_").to_lowercase();
                let value = setting.value.as_ref().filter(|_| name != "ifindex");
                line.optional(&name, value.filter(|value| **value != Value::Number(0)));
            }
        }
        "PREFIX" => {
            let head = tree.inside("prefixmsg");
            let len = head.number("prefix_len").unwrap_or_default();
            line.word(&tree.text("PREFIX_ADDRESS").map_or_else(Cow::default, |ip| prefix(ip, len)));
            line.optional("dev", head.device("prefix_ifindex"));
        }
        "NSID" => {
            line.optional("nsid", tree.text("NETNSA_NSID"));
            line.optional("of pid", tree.text("NETNSA_PID"));
            line.optional("of fd", tree.text("NETNSA_FD"));
        }
        "STATS" => {
            let head = tree.inside("if_stats_msg");
            match head.ifname("ifindex") {
                Some(name) => line.pair("dev", name),
                None => line.optional("ifindex", index(head, "ifindex")),
            };
        }
        "NEIGHTBL" => {
            line.word(&tree.text("NDTA_NAME").unwrap_or_default());
            line.optional("dev", tree.inside("NDTA_PARMS").device("NDTPA_IFINDEX"));
        }
        "ADDRLABEL" => {
            let len = tree.inside("ifaddrlblmsg").number("ifal_prefixlen").unwrap_or_default();
            line.word(&tree.text("IFAL_ADDRESS").map_or_else(Cow::default, |ip| prefix(ip, len)));
            line.optional("label", tree.text("IFAL_LABEL"));
        }
        "NDUSEROPT" => {
            line.optional("dev", tree.inside("nduseroptmsg").device("nduseropt_ifindex"));
            for option in tree.iter().skip(1).filter(|option| !option.attributes.is_empty()) {
                advertised(&mut line, &option.name, option.tree());
            }
        }
        "TUNNEL" => {
            line.optional("dev", tree.inside("tunnel_msg").device("ifindex"));
            let entry = tree.inside("VXLAN_VNIFILTER_ENTRY");
            line.optional("vni", entry.text("VXLAN_VNIFILTER_ENTRY_START"));
        }
        "DCB" => {
            line.word(&tree.text("DCB_ATTR_IFNAME").unwrap_or_default());
        }
        _ => {}
    }
    line.finish()
}

/// `rdnss 2001:db8::53 lifetime 1800`, as in a router advertisement.
fn advertised(line: &mut Line, name: &str, option: Tree<'_>) {
    let addresses = option.inside("addresses");
    let addresses = addresses.iter().filter_map(|ip| Some(ip.value.as_ref()?.to_string()));
    line.pair(&name.to_lowercase(), addresses.collect::<Vec<_>>().join(","));
    line.optional("", option.text("uri")).optional("lifetime", option.text("lifetime"));
}

/// `enforce 1`, `policy seqno 5`
pub(super) fn selinux(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.optional("enforce", tree.inside("selnl_msg_setenforce").text("val"));
    line.optional("policy seqno", tree.inside("selnl_msg_policyload").text("seqno"));
    line.finish()
}

/// Audit's text, an algorithm's name, a process event, a device of RDMA.
pub(super) fn other_protocols(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    line.word(&tree.text("text").unwrap_or_default());
    line.word(&tree.inside("crypto_user_alg").text("cru_name").unwrap_or_default());
    let rule = tree.inside("audit_rule_data");
    line.word(&rule.text("action").unwrap_or_default());
    line.word(&rule.text("flags").unwrap_or_default());
    line.word(&rule.text("buf").unwrap_or_default());
    line.word(&audit_rule::line(rule.inside("fields").0));
    let event = tree.inside("proc_event");
    line.word(&event.text("what").unwrap_or_default());
    for (name, shown) in [
        ("process_pid", "pid"),
        ("parent_pid", "parent"),
        ("child_pid", "child"),
        ("comm", "comm"),
        ("exit_code", "status"),
        ("enabled", "enabled"),
        ("mcast_op", ""),
        ("RDMA_NLDEV_ATTR_DEV_NAME", "dev"),
    ] {
        line.optional(shown, tree.text(name));
    }
    line.finish()
}
