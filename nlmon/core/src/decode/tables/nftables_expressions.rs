//! What each expression of an nftables rule has: numbers and names of
//! `include/uapi/linux/netfilter/nf_tables.h`.

use super::kind::Kind::{Be, BeMask, BeWord, Family, Hex, Nest, Num, Select, Text, Word};
use super::kind::{Bits, Options, Set};
use super::nftables::{DATA_ATTRS, EXPR_ATTRS, EXPR_LIST_ATTRS};
use crate::decode::names::Table;
use crate::decode::names::words::NETFILTER_FAMILIES;

static BITWISE_OPS: Table =
    &[(0, "mask-xor"), (1, "lshift"), (2, "rshift"), (3, "and"), (4, "or"), (5, "xor")];

static EXPR_BITWISE_ATTRS: Set = &[
    (1, "NFTA_BITWISE_SREG", Be),
    (2, "NFTA_BITWISE_DREG", Be),
    (3, "NFTA_BITWISE_LEN", Be),
    (4, "NFTA_BITWISE_MASK", Nest(&DATA_ATTRS)),
    (5, "NFTA_BITWISE_XOR", Nest(&DATA_ATTRS)),
    (6, "NFTA_BITWISE_OP", BeWord(&BITWISE_OPS)),
    (7, "NFTA_BITWISE_DATA", Nest(&DATA_ATTRS)),
    (8, "NFTA_BITWISE_SREG2", Be),
];

static CMP_OPS: Table = &[(0, "eq"), (1, "neq"), (2, "lt"), (3, "lte"), (4, "gt"), (5, "gte")];

static EXPR_CMP_ATTRS: Set = &[
    (1, "NFTA_CMP_SREG", Be),
    (2, "NFTA_CMP_OP", BeWord(&CMP_OPS)),
    (3, "NFTA_CMP_DATA", Nest(&DATA_ATTRS)),
];

static EXPR_COUNTER_ATTRS: Set =
    &[(1, "NFTA_COUNTER_BYTES", Be), (2, "NFTA_COUNTER_PACKETS", Be), (3, "NFTA_COUNTER_PAD", Num)];

static CT_KEYS: Table = &[
    (0, "state"),
    (1, "direction"),
    (2, "status"),
    (3, "mark"),
    (4, "secmark"),
    (5, "expiration"),
    (6, "helper"),
    (7, "l3protocol"),
    (8, "src"),
    (9, "dst"),
    (10, "protocol"),
    (11, "proto-src"),
    (12, "proto-dst"),
    (13, "labels"),
    (14, "pkts"),
    (15, "bytes"),
    (16, "avgpkt"),
    (17, "zone"),
    (18, "eventmask"),
    (19, "src-ip"),
    (20, "dst-ip"),
    (21, "src-ip6"),
    (22, "dst-ip6"),
    (23, "ct-id"),
];

pub(in crate::decode) static CT_DIRECTION: Table = &[(0, "original"), (1, "reply")];

static EXPR_CT_ATTRS: Set = &[
    (1, "NFTA_CT_DREG", Be),
    (2, "NFTA_CT_KEY", BeWord(&CT_KEYS)),
    (3, "NFTA_CT_DIRECTION", Word(&CT_DIRECTION)),
    (4, "NFTA_CT_SREG", Be),
];

static FIB_RESULT: Table = &[(0, "unspec"), (1, "oif"), (2, "oifname"), (3, "addrtype")];

static FIB_FLAGS: Bits = &[
    (0x1, "saddr"),
    (0x2, "daddr"),
    (0x4, "mark"),
    (0x8, "iif"),
    (0x10, "oif"),
    (0x20, "present"),
];

static EXPR_FIB_ATTRS: Set = &[
    (1, "NFTA_FIB_DREG", Be),
    (2, "NFTA_FIB_RESULT", BeWord(&FIB_RESULT)),
    (3, "NFTA_FIB_FLAGS", BeMask(&FIB_FLAGS)),
];

static EXPR_FLOW_OFFLOAD_ATTRS: Set = &[(1, "NFTA_FLOW_TABLE_NAME", Text)];

static EXPR_IMMEDIATE_ATTRS: Set =
    &[(1, "NFTA_IMMEDIATE_DREG", Be), (2, "NFTA_IMMEDIATE_DATA", Nest(&DATA_ATTRS))];

static LOOKUP_FLAGS: Bits = &[(0x1, "invert")];

static EXPR_LOOKUP_ATTRS: Set = &[
    (1, "NFTA_LOOKUP_SET", Text),
    (2, "NFTA_LOOKUP_SREG", Be),
    (3, "NFTA_LOOKUP_DREG", Be),
    (4, "NFTA_LOOKUP_SET_ID", Be),
    (5, "NFTA_LOOKUP_FLAGS", BeMask(&LOOKUP_FLAGS)),
];

static META_KEYS: Table = &[
    (0, "len"),
    (1, "protocol"),
    (2, "priority"),
    (3, "mark"),
    (4, "iif"),
    (5, "oif"),
    (6, "iifname"),
    (7, "oifname"),
    (8, "iftype"),
    (9, "oiftype"),
    (10, "skuid"),
    (11, "skgid"),
    (12, "nftrace"),
    (13, "rtclassid"),
    (14, "secmark"),
    (15, "nfproto"),
    (16, "l4-proto"),
    (17, "bri-iifname"),
    (18, "bri-oifname"),
    (19, "pkttype"),
    (20, "cpu"),
    (21, "iifgroup"),
    (22, "oifgroup"),
    (23, "cgroup"),
    (24, "prandom"),
    (25, "secpath"),
    (26, "iifkind"),
    (27, "oifkind"),
    (28, "bri-iifpvid"),
    (29, "bri-iifvproto"),
    (30, "time-ns"),
    (31, "time-day"),
    (32, "time-hour"),
    (33, "sdif"),
    (34, "sdifname"),
    (35, "bri-broute"),
    (37, "bri-iifhwaddr"),
];

static EXPR_META_ATTRS: Set = &[
    (1, "NFTA_META_DREG", Be),
    (2, "NFTA_META_KEY", BeWord(&META_KEYS)),
    (3, "NFTA_META_SREG", Be),
];

static NAT_RANGE_FLAGS: Bits = &[
    (0x1, "map-ips"),
    (0x2, "proto-specified"),
    (0x4, "proto-random"),
    (0x8, "persistent"),
    (0x10, "proto-random-fully"),
    (0x20, "proto-offset"),
    (0x40, "netmap"),
];

static EXPR_NAT_ATTRS: Set = &[
    (1, "NFTA_NAT_TYPE", BeWord(&NAT_TYPES)),
    (2, "NFTA_NAT_FAMILY", BeWord(&NETFILTER_FAMILIES)),
    (3, "NFTA_NAT_REG_ADDR_MIN", Be),
    (4, "NFTA_NAT_REG_ADDR_MAX", Be),
    (5, "NFTA_NAT_REG_PROTO_MIN", Be),
    (6, "NFTA_NAT_REG_PROTO_MAX", Be),
    (7, "NFTA_NAT_FLAGS", BeMask(&NAT_RANGE_FLAGS)),
];

static EXPR_OBJREF_ATTRS: Set = &[
    (1, "NFTA_OBJREF_IMM_TYPE", Be),
    (2, "NFTA_OBJREF_IMM_NAME", Text),
    (3, "NFTA_OBJREF_SET_SREG", Be),
    (4, "NFTA_OBJREF_SET_NAME", Text),
    (5, "NFTA_OBJREF_SET_ID", Be),
];

static REGISTERS: Table = &[
    (0, "reg-verdict"),
    (1, "reg-1"),
    (2, "reg-2"),
    (3, "reg-3"),
    (4, "reg-4"),
    (8, "reg32-00"),
    (9, "reg32-01"),
    (10, "reg32-02"),
    (11, "reg32-03"),
    (12, "reg32-04"),
    (13, "reg32-05"),
    (14, "reg32-06"),
    (15, "reg32-07"),
    (16, "reg32-08"),
    (17, "reg32-09"),
    (18, "reg32-10"),
    (19, "reg32-11"),
    (20, "reg32-12"),
    (21, "reg32-13"),
    (22, "reg32-14"),
    (23, "reg32-15"),
];

static PAYLOAD_BASE: Table = &[
    (0, "link-layer-header"),
    (1, "network-header"),
    (2, "transport-header"),
    (3, "inner-header"),
    (4, "tun-header"),
];

static EXPR_PAYLOAD_ATTRS: Set = &[
    (1, "NFTA_PAYLOAD_DREG", BeWord(&REGISTERS)),
    (2, "NFTA_PAYLOAD_BASE", BeWord(&PAYLOAD_BASE)),
    (3, "NFTA_PAYLOAD_OFFSET", Be),
    (4, "NFTA_PAYLOAD_LEN", Be),
    (5, "NFTA_PAYLOAD_SREG", BeWord(&REGISTERS)),
    (6, "NFTA_PAYLOAD_CSUM_TYPE", Be),
    (7, "NFTA_PAYLOAD_CSUM_OFFSET", Be),
    (8, "NFTA_PAYLOAD_CSUM_FLAGS", Be),
];

static QUOTA_FLAGS: Bits = &[(0x1, "invert"), (0x2, "depleted")];

pub(in crate::decode) static QUOTA_ATTRS: Set = &[
    (1, "NFTA_QUOTA_BYTES", Be),
    (2, "NFTA_QUOTA_FLAGS", BeMask(&QUOTA_FLAGS)),
    (3, "NFTA_QUOTA_PAD", Num),
    (4, "NFTA_QUOTA_CONSUMED", Be),
];

static REJECT_TYPES: Table = &[(0, "icmp-unreach"), (1, "tcp-rst"), (2, "icmpx-unreach")];

static REJECT_INET_CODE: Table = &[
    (0, "icmpx-no-route"),
    (1, "icmpx-port-unreach"),
    (2, "icmpx-host-unreach"),
    (3, "icmpx-admin-prohibited"),
];

/// A code of ICMP or `ICMPv6`, by the family of the table; of `icmpx` one of nftables' own.
static REJECT_CODES: Options = &[
    ("icmp-unreach", Family(&[(10, Word(&ICMP6_UNREACHABLE))], &Word(&ICMP_UNREACHABLE))),
    ("icmpx-unreach", Word(&REJECT_INET_CODE)),
];

/// `ICMP_*_UNREACH` of `icmp.h`, in the words of `nft`
pub(in crate::decode) static ICMP_UNREACHABLE: Table = &[
    (0, "net-unreachable"),
    (1, "host-unreachable"),
    (2, "prot-unreachable"),
    (3, "port-unreachable"),
    (4, "frag-needed"),
    (9, "net-prohibited"),
    (10, "host-prohibited"),
    (13, "admin-prohibited"),
];

/// `ICMPV6_*` of `icmpv6.h`, in the words of `nft`
pub(in crate::decode) static ICMP6_UNREACHABLE: Table = &[
    (0, "no-route"),
    (1, "admin-prohibited"),
    (3, "addr-unreachable"),
    (4, "port-unreachable"),
    (5, "policy-fail"),
    (6, "reject-route"),
];

static EXPR_REJECT_ATTRS: Set = &[
    (1, "NFTA_REJECT_TYPE", BeWord(&REJECT_TYPES)),
    (2, "NFTA_REJECT_ICMP_CODE", Select(1, &REJECT_CODES)),
];

static EXPR_TARGET_ATTRS: Set =
    &[(1, "NFTA_TARGET_NAME", Text), (2, "NFTA_TARGET_REV", Be), (3, "NFTA_TARGET_INFO", Hex)];

static EXPR_TPROXY_ATTRS: Set = &[
    (1, "NFTA_TPROXY_FAMILY", BeWord(&NETFILTER_FAMILIES)),
    (2, "NFTA_TPROXY_REG_ADDR", Be),
    (3, "NFTA_TPROXY_REG_PORT", Be),
];

static COMPAT_MATCH_ATTRS: Set =
    &[(1, "NFTA_MATCH_NAME", Text), (2, "NFTA_MATCH_REV", Be), (3, "NFTA_MATCH_INFO", Hex)];

static RANGE_OPS: Table = &[(0, "eq"), (1, "neq")];

static RANGE_ATTRS: Set = &[
    (1, "NFTA_RANGE_SREG", BeWord(&REGISTERS)),
    (2, "NFTA_RANGE_OP", BeWord(&RANGE_OPS)),
    (3, "NFTA_RANGE_FROM_DATA", Nest(&DATA_ATTRS)),
    (4, "NFTA_RANGE_TO_DATA", Nest(&DATA_ATTRS)),
];

static NUMGEN_TYPES: Table = &[(0, "incremental"), (1, "random")];

static NUMGEN_ATTRS: Set = &[
    (1, "NFTA_NG_DREG", BeWord(&REGISTERS)),
    (2, "NFTA_NG_MODULUS", Be),
    (3, "NFTA_NG_TYPE", BeWord(&NUMGEN_TYPES)),
    (4, "NFTA_NG_OFFSET", Be),
    (5, "NFTA_NG_SET_NAME", Text),
    (6, "NFTA_NG_SET_ID", Be),
];

static LOG_LEVEL: Table = &[
    (0, "emerg"),
    (1, "alert"),
    (2, "crit"),
    (3, "err"),
    (4, "warning"),
    (5, "notice"),
    (6, "info"),
    (7, "debug"),
    (8, "audit"),
];

static LOG_FLAGS: Bits = &[
    (0x1, "tcpseq"),
    (0x2, "tcpopt"),
    (0x4, "ipopt"),
    (0x8, "uid"),
    (0x10, "nflog"),
    (0x20, "macdecode"),
];

static LOG_ATTRS: Set = &[
    (1, "NFTA_LOG_GROUP", Be),
    (2, "NFTA_LOG_PREFIX", Text),
    (3, "NFTA_LOG_SNAPLEN", Be),
    (4, "NFTA_LOG_QTHRESHOLD", Be),
    (5, "NFTA_LOG_LEVEL", BeWord(&LOG_LEVEL)),
    (6, "NFTA_LOG_FLAGS", BeMask(&LOG_FLAGS)),
];

static EXPR_MASQ_ATTRS: Set = &[
    (1, "NFTA_MASQ_FLAGS", BeMask(&NAT_RANGE_FLAGS)),
    (2, "NFTA_MASQ_REG_PROTO_MIN", BeWord(&REGISTERS)),
    (3, "NFTA_MASQ_REG_PROTO_MAX", BeWord(&REGISTERS)),
];

pub(in crate::decode) static EXPR_OPS: Options = &[
    ("bitwise", Nest(&EXPR_BITWISE_ATTRS)),
    ("cmp", Nest(&EXPR_CMP_ATTRS)),
    ("counter", Nest(&EXPR_COUNTER_ATTRS)),
    ("ct", Nest(&EXPR_CT_ATTRS)),
    ("fib", Nest(&EXPR_FIB_ATTRS)),
    ("flow_offload", Nest(&EXPR_FLOW_OFFLOAD_ATTRS)),
    ("immediate", Nest(&EXPR_IMMEDIATE_ATTRS)),
    ("lookup", Nest(&EXPR_LOOKUP_ATTRS)),
    ("meta", Nest(&EXPR_META_ATTRS)),
    ("nat", Nest(&EXPR_NAT_ATTRS)),
    ("objref", Nest(&EXPR_OBJREF_ATTRS)),
    ("payload", Nest(&EXPR_PAYLOAD_ATTRS)),
    ("quota", Nest(&QUOTA_ATTRS)),
    ("reject", Nest(&EXPR_REJECT_ATTRS)),
    ("target", Nest(&EXPR_TARGET_ATTRS)),
    ("tproxy", Nest(&EXPR_TPROXY_ATTRS)),
    ("match", Nest(&COMPAT_MATCH_ATTRS)),
    ("range", Nest(&RANGE_ATTRS)),
    ("numgen", Nest(&NUMGEN_ATTRS)),
    ("log", Nest(&LOG_ATTRS)),
    ("masq", Nest(&EXPR_MASQ_ATTRS)),
    ("dynset", Nest(&DYNSET)),
    ("limit", Nest(&LIMIT)),
    ("connlimit", Nest(&CONNLIMIT)),
    ("queue", Nest(&QUEUE)),
    ("redir", Nest(&REDIR)),
    ("exthdr", Nest(&EXTHDR)),
    ("fwd", Nest(&FWD)),
    ("dup", Nest(&DUP)),
    ("socket", Nest(&SOCKET)),
    ("hash", Nest(&HASH)),
    ("rt", Nest(&RT)),
    ("osf", Nest(&OSF)),
    ("synproxy", Nest(&SYNPROXY)),
    ("xfrm", Nest(&XFRM)),
    ("last", Nest(&LAST)),
    ("byteorder", Nest(&BYTEORDER)),
    ("inner", Nest(&INNER)),
    ("tunnel", Nest(&TUNNEL_EXPRESSION)),
];

static DYNSET: Set = &[
    (1, "NFTA_DYNSET_SET_NAME", Text),
    (2, "NFTA_DYNSET_SET_ID", Be),
    (3, "NFTA_DYNSET_OP", BeWord(&DYNSET_OPS)),
    (4, "NFTA_DYNSET_SREG_KEY", Be),
    (5, "NFTA_DYNSET_SREG_DATA", Be),
    (6, "NFTA_DYNSET_TIMEOUT", Be),
    (7, "NFTA_DYNSET_EXPR", Nest(&EXPR_ATTRS)),
    (8, "NFTA_DYNSET_PAD", Be),
    (9, "NFTA_DYNSET_FLAGS", Be),
    (10, "NFTA_DYNSET_EXPRESSIONS", Nest(&EXPR_LIST_ATTRS)),
];

pub(in crate::decode) static LIMIT: Set = &[
    (1, "NFTA_LIMIT_RATE", Be),
    (2, "NFTA_LIMIT_UNIT", Be),
    (3, "NFTA_LIMIT_BURST", Be),
    (4, "NFTA_LIMIT_TYPE", BeWord(&LIMIT_TYPES)),
    (5, "NFTA_LIMIT_FLAGS", BeMask(&LIMIT_FLAGS)),
    (6, "NFTA_LIMIT_PAD", Be),
];

pub(in crate::decode) static CONNLIMIT: Set =
    &[(1, "NFTA_CONNLIMIT_COUNT", Be), (2, "NFTA_CONNLIMIT_FLAGS", Be)];

static QUEUE: Set = &[
    (1, "NFTA_QUEUE_NUM", Be),
    (2, "NFTA_QUEUE_TOTAL", Be),
    (3, "NFTA_QUEUE_FLAGS", Be),
    (4, "NFTA_QUEUE_SREG_QNUM", Be),
];

static REDIR: Set = &[
    (1, "NFTA_REDIR_REG_PROTO_MIN", Be),
    (2, "NFTA_REDIR_REG_PROTO_MAX", Be),
    (3, "NFTA_REDIR_FLAGS", BeMask(&NAT_RANGE_FLAGS)),
];

static EXTHDR: Set = &[
    (1, "NFTA_EXTHDR_DREG", Be),
    (2, "NFTA_EXTHDR_TYPE", Be),
    (3, "NFTA_EXTHDR_OFFSET", Be),
    (4, "NFTA_EXTHDR_LEN", Be),
    (5, "NFTA_EXTHDR_FLAGS", Be),
    (6, "NFTA_EXTHDR_OP", BeWord(&EXTHDR_OPS)),
    (7, "NFTA_EXTHDR_SREG", Be),
];

static FWD: Set =
    &[(1, "NFTA_FWD_SREG_DEV", Be), (2, "NFTA_FWD_SREG_ADDR", Be), (3, "NFTA_FWD_NFPROTO", Be)];

static DUP: Set = &[(1, "NFTA_DUP_SREG_ADDR", Be), (2, "NFTA_DUP_SREG_DEV", Be)];

static SOCKET: Set = &[
    (1, "NFTA_SOCKET_KEY", BeWord(&SOCKET_KEYS)),
    (2, "NFTA_SOCKET_DREG", Be),
    (3, "NFTA_SOCKET_LEVEL", Be),
];

static HASH: Set = &[
    (1, "NFTA_HASH_SREG", Be),
    (2, "NFTA_HASH_DREG", Be),
    (3, "NFTA_HASH_LEN", Be),
    (4, "NFTA_HASH_MODULUS", Be),
    (5, "NFTA_HASH_SEED", Be),
    (6, "NFTA_HASH_OFFSET", Be),
    (7, "NFTA_HASH_TYPE", BeWord(&HASH_TYPES)),
    (8, "NFTA_HASH_SET_NAME", Text),
    (9, "NFTA_HASH_SET_ID", Be),
];

static RT: Set = &[(1, "NFTA_RT_DREG", Be), (2, "NFTA_RT_KEY", BeWord(&RT_KEYS))];

static OSF: Set = &[(1, "NFTA_OSF_DREG", Be), (2, "NFTA_OSF_TTL", Be), (3, "NFTA_OSF_FLAGS", Be)];

/// `NF_SYNPROXY_OPT_*`, `include/uapi/linux/netfilter/nf_synproxy.h`.
static SYNPROXY_FLAGS: Bits =
    &[(0x1, "mss"), (0x2, "wscale"), (0x4, "sack-perm"), (0x8, "timestamp"), (0x10, "ecn")];

pub(in crate::decode) static SYNPROXY: Set = &[
    (1, "NFTA_SYNPROXY_MSS", Be),
    (2, "NFTA_SYNPROXY_WSCALE", Be),
    (3, "NFTA_SYNPROXY_FLAGS", BeMask(&SYNPROXY_FLAGS)),
];

static XFRM: Set = &[
    (1, "NFTA_XFRM_DREG", Be),
    (2, "NFTA_XFRM_KEY", BeWord(&XFRM_KEYS)),
    (3, "NFTA_XFRM_DIR", Be),
    (4, "NFTA_XFRM_SPNUM", Be),
];

static LAST: Set =
    &[(1, "NFTA_LAST_SET", Be), (2, "NFTA_LAST_MSECS", Be), (3, "NFTA_LAST_PAD", Be)];

static BYTEORDER: Set = &[
    (1, "NFTA_BYTEORDER_SREG", Be),
    (2, "NFTA_BYTEORDER_DREG", Be),
    (3, "NFTA_BYTEORDER_OP", BeWord(&BYTEORDER_OPS)),
    (4, "NFTA_BYTEORDER_LEN", Be),
    (5, "NFTA_BYTEORDER_SIZE", Be),
];

static INNER: Set = &[
    (1, "NFTA_INNER_NUM", Be),
    (2, "NFTA_INNER_TYPE", Be),
    (3, "NFTA_INNER_FLAGS", Be),
    (4, "NFTA_INNER_HDRSIZE", Be),
    (5, "NFTA_INNER_EXPR", Nest(&EXPR_ATTRS)),
];

static TUNNEL_EXPRESSION: Set = &[
    (1, "NFTA_TUNNEL_KEY", BeWord(&TUNNEL_KEYS)),
    (2, "NFTA_TUNNEL_DREG", BeWord(&REGISTERS)),
    (3, "NFTA_TUNNEL_MODE", BeWord(&TUNNEL_MODES)),
];

static TUNNEL_KEYS: Table = &[(0, "path"), (1, "id")];

static TUNNEL_MODES: Table = &[(0, "none"), (1, "rx"), (2, "tx")];

static NAT_TYPES: Table = &[(0, "snat"), (1, "dnat")];

static RT_KEYS: Table =
    &[(0, "classid"), (1, "nexthop4"), (2, "nexthop6"), (3, "tcpmss"), (4, "ipsec")];

static DYNSET_OPS: Table = &[(0, "add"), (1, "update"), (2, "delete")];

static EXTHDR_OPS: Table = &[(0, "ipv6"), (1, "tcpopt"), (2, "ipv4"), (3, "sctp"), (4, "dccp")];

static SOCKET_KEYS: Table = &[(0, "transparent"), (1, "mark"), (2, "wildcard"), (3, "cgroupv2")];

static XFRM_KEYS: Table = &[
    (1, "daddr-ip4"),
    (2, "daddr-ip6"),
    (3, "saddr-ip4"),
    (4, "saddr-ip6"),
    (5, "reqid"),
    (6, "spi"),
];

static HASH_TYPES: Table = &[(0, "jenkins"), (1, "sym")];

static LIMIT_TYPES: Table = &[(0, "packets"), (1, "bytes")];

static LIMIT_FLAGS: Bits = &[(1, "inv")];

static BYTEORDER_OPS: Table = &[(0, "ntoh"), (1, "hton")];
