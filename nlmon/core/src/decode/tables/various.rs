//! The smaller objects of rtnetlink: numbers and names of `include/uapi/linux/netconf.h`,
//! `rtnetlink.h`, `net_namespace.h`, `if_addrlabel.h`, `dcbnl.h`, `mroute.h` and `if_link.h`.

use super::kind::Kind::{
    Be, Each, Hex, Index, Int, Ip, Mac, Nest, Num, Pad, Secret, Struct, Text, Word,
};
use super::kind::{Fields, Set};
use crate::decode::names::Table;
use crate::decode::names::words::FAMILIES;

pub(in crate::decode) static RTGENMSG: Fields =
    &[("rtgen_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)];

pub(in crate::decode) static NETCONFMSG: Fields =
    &[("ncm_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)];

pub(in crate::decode) static NETCONF: Set = &[
    (1, "NETCONFA_IFINDEX", Index),
    (2, "NETCONFA_FORWARDING", Int),
    (3, "NETCONFA_RP_FILTER", Int),
    (4, "NETCONFA_MC_FORWARDING", Int),
    (5, "NETCONFA_PROXY_NEIGH", Int),
    (6, "NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN", Int),
    (7, "NETCONFA_INPUT", Int),
    (8, "NETCONFA_BC_FORWARDING", Int),
];

pub(in crate::decode) static PREFIXMSG: Fields = &[
    ("prefix_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("prefix_ifindex", 4, Index),
    ("prefix_type", 1, Num),
    ("prefix_len", 1, Num),
    ("prefix_flags", 1, Num),
    ("pad", 1, Pad),
];

static PREFIX_CACHEINFO: Fields = &[("preferred_time", 4, Num), ("valid_time", 4, Num)];

pub(in crate::decode) static PREFIX: Set =
    &[(1, "PREFIX_ADDRESS", Ip), (2, "PREFIX_CACHEINFO", Struct(&PREFIX_CACHEINFO))];

pub(in crate::decode) static NETNS: Set = &[
    (1, "NETNSA_NSID", Int),
    (2, "NETNSA_PID", Num),
    (3, "NETNSA_FD", Num),
    (4, "NETNSA_TARGET_NSID", Int),
    (5, "NETNSA_CURRENT_NSID", Int),
];

pub(in crate::decode) static IFADDRLBLMSG: Fields = &[
    ("ifal_family", 1, Word(&FAMILIES)),
    ("pad", 1, Pad),
    ("ifal_prefixlen", 1, Num),
    ("ifal_flags", 1, Num),
    ("ifal_index", 4, Index),
    ("ifal_seq", 4, Num),
];

pub(in crate::decode) static ADDRESS_LABEL: Set =
    &[(1, "IFAL_ADDRESS", Ip), (2, "IFAL_LABEL", Num)];

pub(in crate::decode) static NDUSEROPTMSG: Fields = &[
    ("nduseropt_family", 1, Word(&FAMILIES)),
    ("pad", 1, Pad),
    ("nduseropt_opts_len", 2, Num),
    ("nduseropt_ifindex", 4, Index),
    ("nduseropt_icmp_type", 1, Num),
    ("nduseropt_icmp_code", 1, Num),
    ("pad", 6, Pad),
];

pub(in crate::decode) static DCBMSG: Fields =
    &[("dcb_family", 1, Word(&FAMILIES)), ("cmd", 1, Num), ("dcb_pad", 2, Pad)];

pub(in crate::decode) static DCB: Set = &[
    (1, "DCB_ATTR_IFNAME", Text),
    (2, "DCB_ATTR_STATE", Num),
    (3, "DCB_ATTR_PFC_STATE", Num),
    (4, "DCB_ATTR_PFC_CFG", Hex),
    (5, "DCB_ATTR_NUM_TC", Num),
    (6, "DCB_ATTR_PG_CFG", Hex),
    (7, "DCB_ATTR_SET_ALL", Num),
    (8, "DCB_ATTR_PERM_HWADDR", Mac),
    (9, "DCB_ATTR_CAP", Num),
    (10, "DCB_ATTR_NUMTCS", Num),
    (11, "DCB_ATTR_BCN", Num),
    (12, "DCB_ATTR_APP", Num),
    (13, "DCB_ATTR_IEEE", Nest(&DCB_IEEE)),
    (14, "DCB_ATTR_DCBX", Num),
    (15, "DCB_ATTR_FEATCFG", Num),
    (16, "DCB_ATTR_CEE", Num),
];

static DCB_IEEE: Set = &[
    (1, "DCB_ATTR_IEEE_ETS", Hex),
    (2, "DCB_ATTR_IEEE_PFC", Hex),
    (3, "DCB_ATTR_IEEE_APP_TABLE", Num),
    (4, "DCB_ATTR_IEEE_PEER_ETS", Num),
    (5, "DCB_ATTR_IEEE_PEER_PFC", Num),
    (6, "DCB_ATTR_IEEE_PEER_APP", Num),
    (7, "DCB_ATTR_IEEE_MAXRATE", Num),
    (8, "DCB_ATTR_IEEE_QCN", Num),
    (9, "DCB_ATTR_IEEE_QCN_STATS", Num),
    (10, "DCB_ATTR_DCB_BUFFER", Num),
    (11, "DCB_ATTR_DCB_APP_TRUST_TABLE", Num),
    (12, "DCB_ATTR_DCB_REWR_TABLE", Num),
];

pub(in crate::decode) static CACHE_REPORT: Set = &[
    (1, "IPMRA_CREPORT_MSGTYPE", Num),
    (2, "IPMRA_CREPORT_VIF_ID", Num),
    (3, "IPMRA_CREPORT_SRC_ADDR", Ip),
    (4, "IPMRA_CREPORT_DST_ADDR", Ip),
    (5, "IPMRA_CREPORT_PKT", Secret),
    (6, "IPMRA_CREPORT_TABLE", Num),
];

pub(in crate::decode) static TUNNEL_MSG: Fields =
    &[("family", 1, Word(&FAMILIES)), ("flags", 1, Num), ("pad", 2, Pad), ("ifindex", 4, Index)];

pub(in crate::decode) static VNI_FILTER: Set =
    &[(1, "VXLAN_VNIFILTER_ENTRY", Nest(&VNI_FILTER_ENTRY))];

static VNI_FILTER_ENTRY: Set = &[
    (1, "VXLAN_VNIFILTER_ENTRY_START", Num),
    (3, "VXLAN_VNIFILTER_ENTRY_GROUP", Ip),
    (4, "VXLAN_VNIFILTER_ENTRY_GROUP6", Ip),
    (5, "VXLAN_VNIFILTER_ENTRY_STATS", Hex),
];

pub(in crate::decode) static NDUSEROPT: Set = &[(1, "NDUSEROPT_SRCADDR", Ip)];

/// `ND_OPT_*` of `include/net/ndisc.h`, in the words of `ip monitor` and the RFCs.
pub(in crate::decode) static ND_OPTIONS: Table = &[
    (1, "SOURCE_LL_ADDR"),
    (2, "TARGET_LL_ADDR"),
    (3, "PREFIX_INFO"),
    (4, "REDIRECT_HDR"),
    (5, "MTU"),
    (14, "NONCE"),
    (24, "ROUTE_INFO"),
    (25, "RDNSS"),
    (31, "DNSSL"),
    (34, "6CO"),
    (37, "CAPTIVE_PORTAL"),
    (38, "PREF64"),
];

/// Names of domains, as in a message of DNS: their labels begin with their length.
static DNSSL: Fields = &[("reserved", 2, Pad), ("lifetime", 4, Be), ("domains", 0, Hex)];

/// RFC 8106
static RDNSS: Fields =
    &[("reserved", 2, Pad), ("lifetime", 4, Be), ("addresses", 0, Each(16, &Ip))];

/// RFC 8781: the lifetime in units of eight seconds, and a code of the prefix's length.
static PREF64: Fields = &[("lifetime_plc", 2, Be), ("prefix", 12, Hex)];

/// RFC 8910
static CAPTIVE_PORTAL: Fields = &[("uri", 0, Text)];

static ND_UNKNOWN: Fields = &[("data", 0, Hex)];

/// What follows the length of an option.
pub(in crate::decode) fn nd_option(kind: u8) -> Fields {
    match kind {
        25 => RDNSS,
        31 => DNSSL,
        37 => CAPTIVE_PORTAL,
        38 => PREF64,
        _ => ND_UNKNOWN,
    }
}
