//! Attributes of a route: numbers and names of `include/uapi/linux/rtnetlink.h`, `lwtunnel.h`,
//! `mpls_iptunnel.h` and `seg6_local.h`.

use super::generic::ila::ILA;
use super::kind::Kind::{
    Be, BeMask, Each, Hex, Hops, Index, Int, Ip, Labels, Mask, Nest, Num, Pad, Realms, Select,
    Struct, Text, Word,
};
use super::kind::{Bits, Fields, Options, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::{
    FAMILIES, IP_PROTOCOLS, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES, SCOPES,
};

static METRICS: Set = &[
    (1, "RTAX_LOCK", Mask(&LOCKED_METRICS)),
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
    (12, "RTAX_FEATURES", Mask(&ROUTE_FEATURES)),
    (13, "RTAX_RTO_MIN", Num),
    (14, "RTAX_INITRWND", Num),
    (15, "RTAX_QUICKACK", Num),
    (16, "RTAX_CC_ALGO", Text),
    (17, "RTAX_FASTOPEN_NO_COOKIE", Num),
];

static RTA_CACHEINFO: Fields = structure("rta_cacheinfo").of(&[
    ("rta_clntref", 4, Num),
    ("rta_lastuse", 4, Num),
    ("rta_expires", 4, Int),
    ("rta_error", 4, Num),
    ("rta_used", 4, Num),
    ("rta_id", 4, Num),
    ("rta_ts", 4, Num),
    ("rta_tsage", 4, Num),
]);

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
    (17, "RTA_MFC_STATS", Struct(&RTA_MFC_STATS)),
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
    (32, "RTA_DEL_REASON", Num),
];

pub(in crate::decode) static RTMSG: Fields = structure("rtmsg").of(&[
    ("rtm_family", 1, Word(&FAMILIES)),
    ("rtm_dst_len", 1, Num),
    ("rtm_src_len", 1, Num),
    ("rtm_tos", 1, Num),
    ("rtm_table", 1, Word(&ROUTE_TABLES)),
    ("rtm_protocol", 1, Word(&ROUTE_PROTOCOLS)),
    ("rtm_scope", 1, Word(&SCOPES)),
    ("rtm_type", 1, Word(&ROUTE_TYPES)),
    ("rtm_flags", 4, Mask(&ROUTE_FLAGS)),
]);

static RTNEXTHOP: Fields = structure("rtnexthop").of(&[
    ("rtnh_len", 2, Num),
    ("rtnh_flags", 1, Mask(&ROUTE_FLAGS)),
    ("rtnh_hops", 1, Num),
    ("rtnh_ifindex", 4, Index),
]);

static RTVIA: Fields =
    structure("rtvia").of(&[("rtvia_family", 2, Word(&FAMILIES)), ("rtvia_addr", 0, Ip)]);

/// `RTNH_F_*` and `RTM_F_*`, and of a cloned route `RTCF_*`, one of which shares its bit.
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
    (0x1_0000, "cache_notify"),
    (0x2_0000, "direct_dst"),
    (0x4_0000, "redirected"),
    (0x8_0000, "tproxy"),
    (0x20_0000, "fast"),
    (0x40_0000, "masq"),
    (0x80_0000, "snat"),
    (0x100_0000, "do_redirect"),
    (0x400_0000, "direct_src"),
    (0x800_0000, "dnat"),
    (0x1000_0000, "broadcast"),
    (0x2000_0000, "offload_failed/multicast"),
    (0x4000_0000, "reject"),
    (0x8000_0000, "local"),
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
    ("seg6", Nest(&SEG6_ENCAP)),
    ("rpl", Nest(&RPL_ENCAP)),
    ("ioam6", Nest(&IOAM6_ENCAP)),
    ("bpf", Nest(&BPF_ENCAP)),
    ("ila", Nest(&ILA)),
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
    (8, "LWTUNNEL_IP_OPTS", Nest(&IP_OPTIONS)),
];

static IP6_ENCAP: Set = &[
    (1, "LWTUNNEL_IP6_ID", Be),
    (2, "LWTUNNEL_IP6_DST", Ip),
    (3, "LWTUNNEL_IP6_SRC", Ip),
    (4, "LWTUNNEL_IP6_HOPLIMIT", Num),
    (5, "LWTUNNEL_IP6_TC", Num),
    (6, "LWTUNNEL_IP6_FLAGS", BeMask(&TUNNEL_FLAGS)),
    (7, "LWTUNNEL_IP6_PAD", Num),
    (8, "LWTUNNEL_IP6_OPTS", Nest(&IP_OPTIONS)),
];

static SEG6_LOCAL: Set = &[
    (1, "SEG6_LOCAL_ACTION", Word(&SEG6_LOCAL_ACTIONS)),
    (2, "SEG6_LOCAL_SRH", Struct(&SRH)),
    (3, "SEG6_LOCAL_TABLE", Num),
    (4, "SEG6_LOCAL_NH4", Ip),
    (5, "SEG6_LOCAL_NH6", Ip),
    (6, "SEG6_LOCAL_IIF", Index),
    (7, "SEG6_LOCAL_OIF", Index),
    (8, "SEG6_LOCAL_BPF", Nest(&SEG6_LOCAL_PROGRAM)),
    (9, "SEG6_LOCAL_VRFTABLE", Num),
    (10, "SEG6_LOCAL_COUNTERS", Nest(&SEG6_LOCAL_CNT)),
    (11, "SEG6_LOCAL_FLAVORS", Nest(&SEG6_LOCAL_FLV)),
];

static XFRM_ENCAP: Set = &[(1, "LWT_XFRM_IF_ID", Num), (2, "LWT_XFRM_LINK", Index)];

static SEG6_ENCAP: Set = &[
    (1, "SEG6_IPTUNNEL_SRH", Struct(&SEG6_IPTUNNEL_ENCAP)),
    (2, "SEG6_IPTUNNEL_SRC", Ip),
    (3, "SEG6_IPTUNNEL_TABLE", Num),
];

static SEG6_IPTUNNEL_ENCAP: Fields = structure("seg6_iptunnel_encap")
    .of(&[("mode", 4, Word(&SEG6_MODES)), ("srh", 0, Struct(&SRH))]);

static SEG6_MODES: Table =
    &[(0, "inline"), (1, "encap"), (2, "l2encap"), (3, "encap.red"), (4, "l2encap.red")];

/// `struct ipv6_sr_hdr`; TLVs may be behind the segments.
static SRH: Fields = structure("ipv6_sr_hdr").of(&[
    ("nexthdr", 1, Num),
    ("hdrlen", 1, Num),
    ("type", 1, Num),
    ("segments_left", 1, Num),
    ("first_segment", 1, Num),
    ("flags", 1, Num),
    ("tag", 2, Be),
    ("segments", 0, Each(16, &Ip)),
]);

static RPL_ENCAP: Set = &[(1, "RPL_IPTUNNEL_SRH", Struct(&RPL_SRH))];

/// `struct ipv6_rpl_sr_hdr`; the addresses may be compressed.
static RPL_SRH: Fields = structure("ipv6_rpl_sr_hdr").of(&[
    ("nexthdr", 1, Num),
    ("hdrlen", 1, Num),
    ("type", 1, Num),
    ("segments_left", 1, Num),
    ("cmpr_pad", 4, Hex),
    ("segments", 0, Each(16, &Ip)),
]);

static IOAM6_ENCAP: Set = &[
    (1, "IOAM6_IPTUNNEL_MODE", Word(&IOAM6_MODES)),
    (2, "IOAM6_IPTUNNEL_DST", Ip),
    (3, "IOAM6_IPTUNNEL_TRACE", Struct(&IOAM6_TRACE)),
    (4, "IOAM6_IPTUNNEL_FREQ_K", Num),
    (5, "IOAM6_IPTUNNEL_FREQ_N", Num),
    (6, "IOAM6_IPTUNNEL_SRC", Ip),
];

static IOAM6_MODES: Table = &[(1, "inline"), (2, "encap"), (3, "auto")];

/// `struct ioam6_trace_hdr`
static IOAM6_TRACE: Fields = structure("ioam6_trace_hdr").of(&[
    ("namespace_id", 2, Be),
    ("nodelen_flags_remlen", 2, Hex),
    ("type", 4, Hex),
    ("data", 0, Hex),
]);

static BPF_ENCAP: Set = &[
    (1, "LWT_BPF_IN", Nest(&BPF_PROGRAM)),
    (2, "LWT_BPF_OUT", Nest(&BPF_PROGRAM)),
    (3, "LWT_BPF_XMIT", Nest(&BPF_PROGRAM)),
    (4, "LWT_BPF_XMIT_HEADROOM", Num),
];

static BPF_PROGRAM: Set = &[(1, "LWT_BPF_PROG_FD", Num), (2, "LWT_BPF_PROG_NAME", Text)];

static SEG6_LOCAL_PROGRAM: Set =
    &[(1, "SEG6_LOCAL_BPF_PROG", Num), (2, "SEG6_LOCAL_BPF_PROG_NAME", Text)];

static SEG6_LOCAL_ACTIONS: Table = &[
    (1, "End"),
    (2, "End.X"),
    (3, "End.T"),
    (4, "End.DX2"),
    (5, "End.DX6"),
    (6, "End.DX4"),
    (7, "End.DT6"),
    (8, "End.DT4"),
    (9, "End.B6"),
    (10, "End.B6.Encaps"),
    (11, "End.BM"),
    (12, "End.S"),
    (13, "End.AS"),
    (14, "End.AM"),
    (15, "End.BPF"),
    (16, "End.DT46"),
];

static SEG6_LOCAL_CNT: Set = &[
    (1, "SEG6_LOCAL_CNT_PAD", Pad),
    (2, "SEG6_LOCAL_CNT_PACKETS", Num),
    (3, "SEG6_LOCAL_CNT_BYTES", Num),
    (4, "SEG6_LOCAL_CNT_ERRORS", Num),
];

static SEG6_LOCAL_FLV: Set = &[
    (1, "SEG6_LOCAL_FLV_OPERATION", Num),
    (2, "SEG6_LOCAL_FLV_LCBLOCK_BITS", Num),
    (3, "SEG6_LOCAL_FLV_LCNODE_FN_BITS", Num),
];

static IP_OPTIONS: Set = &[
    (1, "LWTUNNEL_IP_OPTS_GENEVE", Nest(&GENEVE_OPTION)),
    (2, "LWTUNNEL_IP_OPTS_VXLAN", Nest(&VXLAN_OPTION)),
    (3, "LWTUNNEL_IP_OPTS_ERSPAN", Nest(&ERSPAN_OPTION)),
];

static GENEVE_OPTION: Set = &[
    (1, "LWTUNNEL_IP_OPT_GENEVE_CLASS", Be),
    (2, "LWTUNNEL_IP_OPT_GENEVE_TYPE", Num),
    (3, "LWTUNNEL_IP_OPT_GENEVE_DATA", Hex),
];

static VXLAN_OPTION: Set = &[(1, "LWTUNNEL_IP_OPT_VXLAN_GBP", Num)];

static ERSPAN_OPTION: Set = &[
    (1, "LWTUNNEL_IP_OPT_ERSPAN_VER", Num),
    (2, "LWTUNNEL_IP_OPT_ERSPAN_INDEX", Be),
    (3, "LWTUNNEL_IP_OPT_ERSPAN_DIR", Num),
    (4, "LWTUNNEL_IP_OPT_ERSPAN_HWID", Num),
];

static RTA_MFC_STATS: Fields = structure("rta_mfc_stats").of(&[
    ("mfcs_packets", 8, Num),
    ("mfcs_bytes", 8, Num),
    ("mfcs_wrong_if", 8, Num),
]);

/// `1 << RTAX_*`: metrics that path MTU discovery and others must leave.
static LOCKED_METRICS: Bits = &[
    (1 << 2, "mtu"),
    (1 << 3, "window"),
    (1 << 4, "rtt"),
    (1 << 5, "rttvar"),
    (1 << 6, "ssthresh"),
    (1 << 7, "cwnd"),
    (1 << 8, "advmss"),
    (1 << 9, "reordering"),
    (1 << 10, "hoplimit"),
    (1 << 11, "initcwnd"),
    (1 << 12, "features"),
    (1 << 13, "rto_min"),
    (1 << 14, "initrwnd"),
    (1 << 15, "quickack"),
    (1 << 16, "congctl"),
    (1 << 17, "fastopen_no_cookie"),
];

/// `RTAX_FEATURE_*`
static ROUTE_FEATURES: Bits =
    &[(1, "ecn"), (2, "sack"), (4, "timestamp"), (8, "allfrag"), (16, "tcp_usec_ts")];
