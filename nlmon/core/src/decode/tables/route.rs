//! Attributes of a route: numbers and names of `include/uapi/linux/rtnetlink.h`, `lwtunnel.h`,
//! `mpls_iptunnel.h` and `seg6_local.h`.

use super::kind::Kind::{
    Be, BeMask, Hex, Hops, Index, Int, Ip, Labels, Mask, Nest, Num, Realms, Select, Struct, Text,
    Word,
};
use super::kind::{Bits, Fields, Options, Set};
use crate::decode::names::Table;
use crate::decode::names::words::{
    FAMILIES, IP_PROTOCOLS, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES, SCOPES,
};

static METRICS: Set = &[
    (1, "RTAX_LOCK", Num),
    (2, "RTAX_MTU", Num),
    (3, "RTAX_WINDOW", Num),
    (4, "RTAX_RTT", Num),
    (5, "RTAX_RTTVAR", Num),
    (6, "RTAX_SSTHRESH", Num),
    (7, "RTAX_CWND", Num),
    (8, "RTAX_ADVMSS", Num),
    (9, "RTAX_REORDERING", Num),
    (10, "RTAX_HOPLIMIT", Num),
    (11, "RTAX_INITCWND", Num),
    (12, "RTAX_FEATURES", Num),
    (13, "RTAX_RTO_MIN", Num),
    (14, "RTAX_INITRWND", Num),
    (15, "RTAX_QUICKACK", Num),
    (16, "RTAX_CC_ALGO", Text),
    (17, "RTAX_FASTOPEN_NO_COOKIE", Num),
];

static RTA_CACHEINFO: Fields = &[
    ("rta_clntref", 4, Num),
    ("rta_lastuse", 4, Num),
    ("rta_expires", 4, Int),
    ("rta_error", 4, Num),
    ("rta_used", 4, Num),
    ("rta_id", 4, Num),
    ("rta_ts", 4, Num),
    ("rta_tsage", 4, Num),
];

pub(in crate::decode) static ROUTE_ATTRS: Set = &[
    (1, "RTA_DST", Ip),
    (2, "RTA_SRC", Ip),
    (3, "RTA_IIF", Index),
    (4, "RTA_OIF", Index),
    (5, "RTA_GATEWAY", Ip),
    (6, "RTA_PRIORITY", Num),
    (7, "RTA_PREFSRC", Ip),
    (8, "RTA_METRICS", Nest(&METRICS)),
    (9, "RTA_MULTIPATH", Hops(&RTNEXTHOP, &ROUTE_ATTRS)),
    (10, "RTA_PROTOINFO", Hex),
    (11, "RTA_FLOW", Realms),
    (12, "RTA_CACHEINFO", Struct(&RTA_CACHEINFO)),
    (13, "RTA_SESSION", Hex),
    (14, "RTA_MP_ALGO", Num),
    (15, "RTA_TABLE", Word(&ROUTE_TABLES)),
    (16, "RTA_MARK", Num),
    (17, "RTA_MFC_STATS", Hex),
    (18, "RTA_VIA", Struct(&RTVIA)),
    (19, "RTA_NEWDST", Labels),
    (20, "RTA_PREF", Word(&ROUTE_PREFERENCES)),
    (21, "RTA_ENCAP_TYPE", Word(&ENCAP_TYPES)),
    (22, "RTA_ENCAP", Select(21, &ENCAPS)),
    (23, "RTA_EXPIRES", Num),
    (24, "RTA_PAD", Hex),
    (25, "RTA_UID", Num),
    (26, "RTA_TTL_PROPAGATE", Num),
    (27, "RTA_IP_PROTO", Word(&IP_PROTOCOLS)),
    (28, "RTA_SPORT", Be),
    (29, "RTA_DPORT", Be),
    (30, "RTA_NH_ID", Num),
    (31, "RTA_FLOWLABEL", Be),
];

pub(in crate::decode) static RTMSG: Fields = &[
    ("rtm_family", 1, Word(&FAMILIES)),
    ("rtm_dst_len", 1, Num),
    ("rtm_src_len", 1, Num),
    ("rtm_tos", 1, Num),
    ("rtm_table", 1, Word(&ROUTE_TABLES)),
    ("rtm_protocol", 1, Word(&ROUTE_PROTOCOLS)),
    ("rtm_scope", 1, Word(&SCOPES)),
    ("rtm_type", 1, Word(&ROUTE_TYPES)),
    ("rtm_flags", 4, Mask(&ROUTE_FLAGS)),
];

static RTNEXTHOP: Fields = &[
    ("rtnh_len", 2, Num),
    ("rtnh_flags", 1, Mask(&ROUTE_FLAGS)),
    ("rtnh_hops", 1, Num),
    ("rtnh_ifindex", 4, Index),
];

static RTVIA: Fields = &[("rtvia_family", 2, Word(&FAMILIES)), ("rtvia_addr", 0, Ip)];

pub(in crate::decode) static ROUTE_FLAGS: Bits = &[
    (1, "dead"),
    (2, "pervasive"),
    (4, "onlink"),
    (8, "offload"),
    (0x10, "linkdown"),
    (0x20, "unresolved"),
    (0x40, "trap"),
    (0x100, "notify"),
    (0x200, "cloned"),
    (0x400, "equalize"),
    (0x800, "prefix"),
    (0x1000, "lookup_table"),
    (0x2000, "fib_match"),
    (0x4000, "rt_offload"),
    (0x8000, "rt_trap"),
    (0x2000_0000, "offload_failed"),
];

static ROUTE_PREFERENCES: Table = &[(0, "medium"), (1, "high"), (3, "low")];

pub(in crate::decode) static ENCAP_TYPES: Table = &[
    (0, "none"),
    (1, "mpls"),
    (2, "ip"),
    (3, "ila"),
    (4, "ip6"),
    (5, "seg6"),
    (6, "bpf"),
    (7, "seg6local"),
    (8, "rpl"),
    (9, "ioam6"),
    (10, "xfrm"),
];

pub(in crate::decode) static ENCAPS: Options = &[
    ("mpls", Nest(&MPLS_ENCAP)),
    ("ip", Nest(&IP_ENCAP)),
    ("ip6", Nest(&IP6_ENCAP)),
    ("seg6local", Nest(&SEG6_LOCAL)),
    ("xfrm", Nest(&XFRM_ENCAP)),
];

static MPLS_ENCAP: Set = &[(1, "MPLS_IPTUNNEL_DST", Labels), (2, "MPLS_IPTUNNEL_TTL", Num)];

/// `TUNNEL_*` of `if_tunnel.h`
static TUNNEL_FLAGS: Bits = &[
    (0x1, "csum"),
    (0x2, "routing"),
    (0x4, "key"),
    (0x8, "seq"),
    (0x10, "strict"),
    (0x20, "rec"),
    (0x40, "version"),
    (0x80, "no-key"),
    (0x100, "dont-fragment"),
    (0x200, "oam"),
    (0x400, "crit-opt"),
    (0x800, "geneve-opt"),
    (0x1000, "vxlan-opt"),
    (0x2000, "nocache"),
    (0x4000, "erspan-opt"),
    (0x8000, "gtp-opt"),
];

static IP_ENCAP: Set = &[
    (1, "LWTUNNEL_IP_ID", Be),
    (2, "LWTUNNEL_IP_DST", Ip),
    (3, "LWTUNNEL_IP_SRC", Ip),
    (4, "LWTUNNEL_IP_TTL", Num),
    (5, "LWTUNNEL_IP_TOS", Num),
    (6, "LWTUNNEL_IP_FLAGS", BeMask(&TUNNEL_FLAGS)),
    (7, "LWTUNNEL_IP_PAD", Num),
    (8, "LWTUNNEL_IP_OPTS", Num),
];

static IP6_ENCAP: Set = &[
    (1, "LWTUNNEL_IP6_ID", Be),
    (2, "LWTUNNEL_IP6_DST", Ip),
    (3, "LWTUNNEL_IP6_SRC", Ip),
    (4, "LWTUNNEL_IP6_HOPLIMIT", Num),
    (5, "LWTUNNEL_IP6_TC", Num),
    (6, "LWTUNNEL_IP6_FLAGS", BeMask(&TUNNEL_FLAGS)),
    (7, "LWTUNNEL_IP6_PAD", Num),
    (8, "LWTUNNEL_IP6_OPTS", Num),
];

static SEG6_LOCAL: Set = &[
    (1, "SEG6_LOCAL_ACTION", Num),
    (2, "SEG6_LOCAL_SRH", Hex),
    (3, "SEG6_LOCAL_TABLE", Num),
    (4, "SEG6_LOCAL_NH4", Ip),
    (5, "SEG6_LOCAL_NH6", Ip),
    (6, "SEG6_LOCAL_IIF", Index),
    (7, "SEG6_LOCAL_OIF", Index),
    (8, "SEG6_LOCAL_BPF", Num),
    (9, "SEG6_LOCAL_VRFTABLE", Num),
    (10, "SEG6_LOCAL_COUNTERS", Num),
    (11, "SEG6_LOCAL_FLAVORS", Num),
];

static XFRM_ENCAP: Set = &[(1, "LWT_XFRM_IF_ID", Num), (2, "LWT_XFRM_LINK", Index)];
