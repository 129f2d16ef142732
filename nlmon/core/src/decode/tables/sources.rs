//! From where the tables are reached: every message and structure that a payload is read by. For
//! [`super::inventory`] alone; which table a message has is said in `tables` and `payload`.

use super::kind::{Fields, Layout};
use super::{
    ACKNOWLEDGEMENT, AUDIT_FEATURES, AUDIT_RULE, AUDIT_STATUS, CN_MSG, NDUSEROPT, NDUSEROPTMSG,
    NO_FIELDS, PROC_EVENT, PROC_INPUT, address_family, cache_report_6, can_gateway, crypto,
    mdb_question, mdb_request, nd_option, netfilter, process_event, rdma, route, selinux,
    sock_diag, sock_diag_old, sock_diag_tipc, xfrm,
};
use crate::decode::names::{message_type_name, protocol};

/// Numbers of message types that any of the tables knows.
const TYPES: std::ops::Range<u16> = 0..0x1000;
/// Address families.
const FAMILIES: std::ops::Range<u8> = 0..64;
/// Neighbour discovery's options, and one of each kind that is not known.
const ND_OPTIONS: std::ops::Range<u8> = 0..64;

/// Every message of a protocol without families of its own, by the name of its type.
pub(super) fn messages() -> Vec<(String, Layout)> {
    let mut found = Vec::new();
    for (number, table) in [
        (protocol::ROUTE, route as fn(u16) -> Option<Layout>),
        (protocol::NETFILTER, netfilter),
        (protocol::XFRM, xfrm),
        (protocol::SELINUX, selinux),
    ] {
        let named = |t| Some((message_type_name(number, t).into_owned(), table(t)?));
        found.extend(TYPES.filter_map(named));
    }
    for family in FAMILIES {
        for (request, name) in [(true, "SOCK_DIAG request"), (false, "SOCK_DIAG")] {
            let layout = sock_diag(family, request);
            found.extend(layout.map(|layout| (format!("{name} {family}"), layout)));
        }
    }
    let user_option = Layout { name: "", header: &NDUSEROPTMSG, attributes: &NDUSEROPT };
    let answer = Layout { name: "", header: &NO_FIELDS, attributes: &ACKNOWLEDGEMENT };
    let others = [
        ("TCPDIAG_GETSOCK", sock_diag_old()),
        ("SOCK_DIAG TIPC", sock_diag_tipc()),
        ("MDB question", mdb_question()),
        ("MDB request", mdb_request()),
        ("RTM_GET", address_family()),
        ("RTM_NEWROUTE of CAN", can_gateway()),
        ("RTM_NEWCACHEREPORT of IPv6", cache_report_6()),
        ("CRYPTO", crypto()),
        ("RDMA", rdma()),
        ("RTM_NEWNDUSEROPT", user_option),
        ("NLMSG_ERROR", answer),
    ];
    found.extend(others.map(|(name, layout)| (name.to_owned(), layout)));
    found
}

/// Every structure of messages that hold no attributes.
pub(super) fn structures() -> Vec<(&'static str, &'static Fields)> {
    let mut found = vec![
        ("AUDIT_GET", &AUDIT_STATUS),
        ("AUDIT_GET_FEATURE", &AUDIT_FEATURES),
        ("AUDIT_ADD_RULE", &AUDIT_RULE),
        ("CONNECTOR", &CN_MSG),
        ("CONNECTOR", &PROC_EVENT),
        ("CONNECTOR", &PROC_INPUT),
    ];
    let events = (0..u32::BITS).filter_map(|bit| process_event(1 << bit));
    found.extend(events.map(|fields| ("CONNECTOR/proc_event", fields)));
    found.extend(ND_OPTIONS.map(|kind| ("RTM_NEWNDUSEROPT/option", nd_option(kind))));
    found
}
