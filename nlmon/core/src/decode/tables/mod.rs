//! The tables of attributes, by protocol: which message type holds which structure and attributes.
//! Adding what a kernel has added means adding a line to one of these files.

mod address;
mod audit;
mod bridge;
mod can;
mod connector;
mod conntrack;
mod crypto;
mod devconf;
pub(super) mod generic;
pub mod inventory;
mod ipset;
pub(super) mod kind;
mod link;
mod link_kinds;
mod neighbour;
mod netfilter;
mod nexthop;
mod nftables;
mod nftables_expressions;
mod rdma;
mod route;
mod rule;
mod sock_diag;
mod sources;
mod tc;
mod tc_action;
mod tc_filter;
mod tc_qdisc;
mod various;
mod xfrm;

use super::names::words::FAMILIES;
pub(super) use audit::{AUDIT_FEATURES, AUDIT_RULE, AUDIT_STATUS};
pub(super) use connector::{CN_MSG, PROC_EVENT, PROC_INPUT, event as process_event};
pub(super) use generic::nl80211::security::{
    CIPHERS as WLAN_CIPHERS, ELEMENTS as WLAN_ELEMENTS, KEY_MANAGEMENT as WLAN_AKMS,
};
use kind::{Fields, Kind, Layout, Set, structure};
pub(super) use nftables::CT_STATES;
pub(super) use nftables_expressions::{ICMP_UNREACHABLE, ICMP6_UNREACHABLE};
pub(super) use sock_diag::{
    layout as sock_diag, old_layout as sock_diag_old, sctp_layout as sock_diag_sctp,
    tipc_layout as sock_diag_tipc,
};
pub(super) use various::{ND_OPTIONS, NDUSEROPT, NDUSEROPTMSG, nd_option};
pub(super) use xfrm::layout as xfrm;

pub(super) static NO_FIELDS: Fields = structure("").of(&[]);
pub(super) static NO_ATTRIBUTES: Set = &[];
static ADDRESS_FAMILY: Fields = structure("rtgenmsg").of(&[("family", 1, Kind::Word(&FAMILIES))]);

/// Attributes of an extended acknowledgement, `include/uapi/linux/netlink.h`.
pub(super) static ACKNOWLEDGEMENT: Set = &[
    (1, "NLMSGERR_ATTR_MSG", Kind::Text),
    (2, "NLMSGERR_ATTR_OFFS", Kind::Num),
    (3, "NLMSGERR_ATTR_COOKIE", Kind::Hex),
    (4, "NLMSGERR_ATTR_POLICY", Kind::Nest(&generic::nlctrl::POLICY_ATTRS)),
    (5, "NLMSGERR_ATTR_MISS_TYPE", Kind::Num),
    (6, "NLMSGERR_ATTR_MISS_NEST", Kind::Num),
];

/// What an rtnetlink message holds. Types come in fours for one object: new, delete, get, set.
pub(super) fn route(message_type: u16) -> Option<Layout> {
    let (name, header, attributes): (_, &'static Fields, &'static Set) = match message_type {
        16..=19 | 108..=110 => ("ifinfomsg", &link::IFINFOMSG, &link::LINK_ATTRS),
        20..=23 | 56..=63 => ("ifaddrmsg", &address::IFADDRMSG, &address::ADDR_ATTRS),
        24..=27 => ("rtmsg", &route::RTMSG, &route::ROUTE_ATTRS),
        28..=31 => ("ndmsg", &neighbour::NDMSG, &neighbour::NEIGHBOUR_ATTRS),
        32..=35 => ("fib_rule_hdr", &rule::FIB_RULE_HDR, &rule::FIB_RULE_ATTRS),
        36..=39 | 100..=103 => ("tcmsg", &tc::TCMSG, &tc::ATTRS),
        40..=43 => ("tcmsg", &tc::TCMSG_CLASS, &tc::CLASS_ATTRS),
        44..=47 => ("tcmsg", &tc::TCMSG_FILTER, &tc::ATTRS),
        48..=51 => ("tcamsg", &tc::TCAMSG, &tc::ACTIONS),
        52..=55 => ("prefixmsg", &various::PREFIXMSG, &various::PREFIX),
        64..=67 => ("ndtmsg", &neighbour::NDTMSG, &neighbour::NDT_ATTRS),
        68..=71 => ("nduseroptmsg", &NDUSEROPTMSG, &NDUSEROPT),
        72..=75 => ("ifaddrlblmsg", &various::IFADDRLBLMSG, &various::ADDRESS_LABEL),
        76..=79 => ("dcbmsg", &various::DCBMSG, &various::DCB),
        80..=83 => ("netconfmsg", &various::NETCONFMSG, &various::NETCONF),
        84..=87 => ("br_port_msg", &bridge::BR_PORT_MSG, &bridge::MDB),
        88..=91 => ("rtgenmsg", &various::RTGENMSG, &various::NETNS),
        94 | 95 => ("if_stats_msg", &link::IF_STATS_MSG, &link::STATS_REQUEST),
        92 | 93 => ("if_stats_msg", &link::IF_STATS_MSG, &link::STATS_ATTRS),
        96..=99 => ("rtgenmsg", &various::RTGENMSG, &various::CACHE_REPORT),
        104..=107 | 116..=119 => ("nhmsg", &nexthop::NHMSG, &nexthop::NEXTHOP),
        114 => ("br_vlan_msg", &bridge::BR_VLAN_MSG, &bridge::VLANDB_DUMP),
        112..=115 => ("br_vlan_msg", &bridge::BR_VLAN_MSG, &bridge::VLANDB),
        120..=123 => ("tunnel_msg", &various::TUNNEL_MSG, &various::VNI_FILTER),
        _ => return None,
    };
    Some(Layout { name, header, attributes })
}

/// What an nfnetlink message holds, by its subsystem and its number within that. A request to change
/// a bridge's multicast database is `MDBA_SET_ENTRY`, which shares its number with a reply's nest.
pub(super) fn netfilter(message_type: u16) -> Option<Layout> {
    let attributes: &'static Set = match (message_type >> 8, message_type & 0xff) {
        (0, 16 | 17) => &nftables::BATCH_ATTRS,
        (1, 4) => &conntrack::CONNTRACK_STATS_ATTRS,
        (1, 5) => &conntrack::GLOBAL_STATS,
        (1, _) => &conntrack::CONNTRACK_ATTRS,
        (2, 3) => &conntrack::EXPECTATION_STATS,
        (2, _) => &conntrack::EXPECTATION,
        (3, 2) => &netfilter::QUEUE_CONFIG,
        (3, _) => &netfilter::QUEUE,
        (4, 1) => &netfilter::LOG_CONFIG,
        (4, _) => &netfilter::LOG,
        (5, _) => &netfilter::FINGERPRINT,
        (6, 2 | 7 | 8) => &ipset::IPSET_CREATE,
        (6, 5 | 6) => &ipset::IPSET_TWO,
        (6, _) => &ipset::IPSET,
        (7, _) => &netfilter::ACCOUNTING,
        (8, _) => &netfilter::TIMEOUT,
        (9, _) => &netfilter::HELPER,
        (10, kind) => nftables_attributes(kind)?,
        (11, _) => &nftables::COMPAT_ATTRS,
        (12, _) => &netfilter::HOOK,
        _ => return None,
    };
    Some(Layout { name: "nfgenmsg", header: &netfilter::NFGENMSG, attributes })
}

fn nftables_attributes(kind: u16) -> Option<&'static Set> {
    Some(match kind {
        0..=2 | 26 => &nftables::TABLE_ATTRS,
        3..=5 | 27 => &nftables::CHAIN_ATTRS,
        6..=8 | 25 | 28 => &nftables::RULE_ATTRS,
        9..=11 | 29 => &nftables::SET_ATTRS,
        12..=14 | 30 | 33 => &nftables::SETELEM_LIST_ATTRS,
        15 | 16 => &nftables::GEN_ATTRS,
        17 => &nftables::TRACE,
        18..=21 | 31 => &nftables::OBJ_ATTRS,
        22..=24 | 32 => &nftables::FLOWTABLE_ATTRS,
        _ => return None,
    })
}

/// What a request to change a bridge's multicast database holds.
pub(super) fn mdb_request() -> Layout {
    Layout { name: "br_port_msg", header: &bridge::BR_PORT_MSG, attributes: &bridge::MDB_REQUEST }
}

/// What a question for an entry of that holds. Its answers have the same type.
pub(super) fn mdb_question() -> Layout {
    Layout { name: "br_port_msg", header: &bridge::BR_PORT_MSG, attributes: &bridge::MDB_GET }
}

/// What a request for a bridge's forwarding entries held once.
pub(super) fn old_fdb_dump() -> Layout {
    Layout { name: "ifinfomsg", header: &link::IFINFOMSG, attributes: &link::LINK_ATTRS }
}

/// What a message of `SELinux` holds.
pub(super) fn selinux(message_type: u16) -> Option<Layout> {
    let (name, header): (_, &'static Fields) = match message_type {
        16 => ("selnl_msg_setenforce", &various::SETENFORCE),
        17 => ("selnl_msg_policyload", &various::POLICYLOAD),
        _ => return None,
    };
    Some(Layout { name, header, attributes: &NO_ATTRIBUTES })
}

/// What a request for all states or policies of IP security holds: attributes alone, if any.
pub(super) fn xfrm_dump() -> Layout {
    Layout { name: "", header: &NO_FIELDS, attributes: &xfrm::XFRM }
}

/// What a message of the crypto user API holds.
pub(super) fn crypto() -> Layout {
    Layout { name: "crypto_user_alg", header: &crypto::USER_ALG, attributes: &crypto::CRYPTO }
}

/// What a message of RDMA's device client holds.
pub(super) fn rdma() -> Layout {
    Layout { name: "", header: &NO_FIELDS, attributes: &rdma::RDMA }
}

/// What a job of the CAN gateway holds: it is a route by its type.
pub(super) fn can_gateway() -> Layout {
    Layout { name: "rtcanmsg", header: &can::RTCANMSG, attributes: &can::GATEWAY }
}

/// What a report of a packet without a multicast route holds in IPv6.
pub(super) fn cache_report_6() -> Layout {
    let (header, attributes) = (&various::RTGENMSG, &various::CACHE_REPORT_6);
    Layout { name: "rtgenmsg", header, attributes }
}

/// What a question that gives only an address family holds: some programs send no more.
pub(super) fn address_family() -> Layout {
    Layout { name: "rtgenmsg", header: &ADDRESS_FAMILY, attributes: &NO_ATTRIBUTES }
}
