//! Attributes of connection tracking: numbers and names of
//! `include/uapi/linux/netfilter/nfnetlink_conntrack.h`.

use super::kind::Kind::{Be, BeMask, Hex, Ip, Mask, Nest, Num, Pad, Struct, Text, Word};
use super::kind::{Bits, Fields, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::IP_PROTOCOLS;

static TUPLE_IP_ATTRS: Set = &[
    (1, "CTA_IP_V4_SRC", Ip),
    (2, "CTA_IP_V4_DST", Ip),
    (3, "CTA_IP_V6_SRC", Ip),
    (4, "CTA_IP_V6_DST", Ip),
];

static TUPLE_PROTO_ATTRS: Set = &[
    (1, "CTA_PROTO_NUM", Word(&IP_PROTOCOLS)),
    (2, "CTA_PROTO_SRC_PORT", Be),
    (3, "CTA_PROTO_DST_PORT", Be),
    (4, "CTA_PROTO_ICMP_ID", Be),
    (5, "CTA_PROTO_ICMP_TYPE", Num),
    (6, "CTA_PROTO_ICMP_CODE", Num),
    (7, "CTA_PROTO_ICMPV6_ID", Be),
    (8, "CTA_PROTO_ICMPV6_TYPE", Num),
    (9, "CTA_PROTO_ICMPV6_CODE", Num),
];

static TUPLE_ATTRS: Set = &[
    (1, "CTA_TUPLE_IP", Nest(&TUPLE_IP_ATTRS)),
    (2, "CTA_TUPLE_PROTO", Nest(&TUPLE_PROTO_ATTRS)),
    (3, "CTA_TUPLE_ZONE", Be),
];

pub(in crate::decode) static NF_CT_STATUS: Bits = &[
    (0x1, "expected"),
    (0x2, "seen-reply"),
    (0x4, "assured"),
    (0x8, "confirmed"),
    (0x10, "src-nat"),
    (0x20, "dst-nat"),
    (0x40, "seq-adj"),
    (0x80, "src-nat-done"),
    (0x100, "dst-nat-done"),
    (0x200, "dying"),
    (0x400, "fixed-timeout"),
    (0x800, "template"),
    (0x1000, "nat-clash"),
    (0x2000, "helper"),
    (0x4000, "offload"),
    (0x8000, "hw-offload"),
];

static NF_CT_TCP_STATE: Table = &[
    (0, "none"),
    (1, "syn-sent"),
    (2, "syn-recv"),
    (3, "established"),
    (4, "fin-wait"),
    (5, "close-wait"),
    (6, "last-ack"),
    (7, "time-wait"),
    (8, "close"),
    (9, "syn-sent2"),
    (10, "max"),
    (11, "ignore"),
    (12, "retrans"),
    (13, "unack"),
    (14, "timeout-max"),
];

static NF_CT_TCP_FLAGS: Bits = &[
    (0x1, "window-scale"),
    (0x2, "sack-perm"),
    (0x4, "close-init"),
    (0x8, "be-liberal"),
    (0x10, "unacked"),
    (0x20, "maxack"),
    (0x40, "challenge-ack"),
    (0x80, "simultaneous-open"),
];

static NF_CT_TCP_FLAGS_MASK: Fields = structure("nf_ct_tcp_flags")
    .of(&[("flags", 1, Mask(&NF_CT_TCP_FLAGS)), ("mask", 1, Mask(&NF_CT_TCP_FLAGS))]);

static PROTOINFO_TCP_ATTRS: Set = &[
    (1, "CTA_PROTOINFO_TCP_STATE", Word(&NF_CT_TCP_STATE)),
    (2, "CTA_PROTOINFO_TCP_WSCALE_ORIGINAL", Num),
    (3, "CTA_PROTOINFO_TCP_WSCALE_REPLY", Num),
    (4, "CTA_PROTOINFO_TCP_FLAGS_ORIGINAL", Struct(&NF_CT_TCP_FLAGS_MASK)),
    (5, "CTA_PROTOINFO_TCP_FLAGS_REPLY", Struct(&NF_CT_TCP_FLAGS_MASK)),
];

static PROTOINFO_DCCP_ATTRS: Set = &[
    (1, "CTA_PROTOINFO_DCCP_STATE", Num),
    (2, "CTA_PROTOINFO_DCCP_ROLE", Num),
    (3, "CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ", Be),
    (4, "CTA_PROTOINFO_DCCP_PAD", Num),
];

static NF_CT_SCTP_STATE: Table = &[
    (0, "none"),
    (1, "closed"),
    (2, "cookie-wait"),
    (3, "cookie-echoed"),
    (4, "established"),
    (5, "shutdown-sent"),
    (6, "shutdown-recd"),
    (7, "shutdown-ack-sent"),
    (8, "heartbeat-sent"),
    (9, "heartbeat-acked"),
];

static PROTOINFO_SCTP_ATTRS: Set = &[
    (1, "CTA_PROTOINFO_SCTP_STATE", Word(&NF_CT_SCTP_STATE)),
    (2, "CTA_PROTOINFO_SCTP_VTAG_ORIGINAL", Be),
    (3, "CTA_PROTOINFO_SCTP_VTAG_REPLY", Be),
];

static PROTOINFO_ATTRS: Set = &[
    (1, "CTA_PROTOINFO_TCP", Nest(&PROTOINFO_TCP_ATTRS)),
    (2, "CTA_PROTOINFO_DCCP", Nest(&PROTOINFO_DCCP_ATTRS)),
    (3, "CTA_PROTOINFO_SCTP", Nest(&PROTOINFO_SCTP_ATTRS)),
];

static HELP_ATTRS: Set = &[(1, "CTA_HELP_NAME", Text), (2, "CTA_HELP_INFO", Hex)];

static NAT_PROTO_ATTRS: Set = &[(1, "CTA_PROTONAT_PORT_MIN", Be), (2, "CTA_PROTONAT_PORT_MAX", Be)];

static NAT_ATTRS: Set = &[
    (1, "CTA_NAT_V4_MINIP", Ip),
    (2, "CTA_NAT_V4_MAXIP", Ip),
    (3, "CTA_NAT_PROTO", Nest(&NAT_PROTO_ATTRS)),
    (4, "CTA_NAT_V6_MINIP", Ip),
    (5, "CTA_NAT_V6_MAXIP", Ip),
];

static COUNTER_ATTRS: Set = &[
    (1, "CTA_COUNTERS_PACKETS", Be),
    (2, "CTA_COUNTERS_BYTES", Be),
    (3, "CTA_COUNTERS32_PACKETS", Be),
    (4, "CTA_COUNTERS32_BYTES", Be),
    (5, "CTA_COUNTERS_PAD", Num),
];

static SEQADJ_ATTRS: Set = &[
    (1, "CTA_SEQADJ_CORRECTION_POS", Be),
    (2, "CTA_SEQADJ_OFFSET_BEFORE", Be),
    (3, "CTA_SEQADJ_OFFSET_AFTER", Be),
];

static SECCTX_ATTRS: Set = &[(1, "CTA_SECCTX_NAME", Text)];

static SYNPROXY_ATTRS: Set =
    &[(1, "CTA_SYNPROXY_ISN", Be), (2, "CTA_SYNPROXY_ITS", Be), (3, "CTA_SYNPROXY_TSOFF", Be)];

static TIMESTAMP: Set =
    &[(1, "CTA_TIMESTAMP_START", Be), (2, "CTA_TIMESTAMP_STOP", Be), (3, "CTA_TIMESTAMP_PAD", Pad)];

static FILTER: Set = &[(1, "CTA_FILTER_ORIG_FLAGS", Num), (2, "CTA_FILTER_REPLY_FLAGS", Num)];

pub(in crate::decode) static CONNTRACK_ATTRS: Set = &[
    (1, "CTA_TUPLE_ORIG", Nest(&TUPLE_ATTRS)),
    (2, "CTA_TUPLE_REPLY", Nest(&TUPLE_ATTRS)),
    (3, "CTA_STATUS", BeMask(&NF_CT_STATUS)),
    (4, "CTA_PROTOINFO", Nest(&PROTOINFO_ATTRS)),
    (5, "CTA_HELP", Nest(&HELP_ATTRS)),
    (6, "CTA_NAT_SRC", Nest(&NAT_ATTRS)),
    (7, "CTA_TIMEOUT", Be),
    (8, "CTA_MARK", Be),
    (9, "CTA_COUNTERS_ORIG", Nest(&COUNTER_ATTRS)),
    (10, "CTA_COUNTERS_REPLY", Nest(&COUNTER_ATTRS)),
    (11, "CTA_USE", Be),
    (12, "CTA_ID", Be),
    (13, "CTA_NAT_DST", Nest(&NAT_ATTRS)),
    (14, "CTA_TUPLE_MASTER", Nest(&TUPLE_ATTRS)),
    (15, "CTA_SEQ_ADJ_ORIG", Nest(&SEQADJ_ATTRS)),
    (16, "CTA_SEQ_ADJ_REPLY", Nest(&SEQADJ_ATTRS)),
    (17, "CTA_SECMARK", Be),
    (18, "CTA_ZONE", Be),
    (19, "CTA_SECCTX", Nest(&SECCTX_ATTRS)),
    (20, "CTA_TIMESTAMP", Nest(&TIMESTAMP)),
    (21, "CTA_MARK_MASK", Be),
    (22, "CTA_LABELS", Hex),
    (23, "CTA_LABELS_MASK", Hex),
    (24, "CTA_SYNPROXY", Nest(&SYNPROXY_ATTRS)),
    (25, "CTA_FILTER", Nest(&FILTER)),
    (26, "CTA_STATUS_MASK", BeMask(&NF_CT_STATUS)),
    (27, "CTA_TIMESTAMP_EVENT", Be),
];

pub(in crate::decode) static CONNTRACK_STATS_ATTRS: Set = &[
    (1, "CTA_STATS_SEARCHED", Be),
    (2, "CTA_STATS_FOUND", Be),
    (3, "CTA_STATS_NEW", Be),
    (4, "CTA_STATS_INVALID", Be),
    (5, "CTA_STATS_IGNORE", Be),
    (6, "CTA_STATS_DELETE", Be),
    (7, "CTA_STATS_DELETE_LIST", Be),
    (8, "CTA_STATS_INSERT", Be),
    (9, "CTA_STATS_INSERT_FAILED", Be),
    (10, "CTA_STATS_DROP", Be),
    (11, "CTA_STATS_EARLY_DROP", Be),
    (12, "CTA_STATS_ERROR", Be),
    (13, "CTA_STATS_SEARCH_RESTART", Be),
    (14, "CTA_STATS_CLASH_RESOLVE", Be),
    (15, "CTA_STATS_CHAIN_TOOLONG", Be),
];

pub(in crate::decode) static EXPECTATION: Set = &[
    (1, "CTA_EXPECT_MASTER", Nest(&TUPLE_ATTRS)),
    (2, "CTA_EXPECT_TUPLE", Nest(&TUPLE_ATTRS)),
    (3, "CTA_EXPECT_MASK", Nest(&TUPLE_ATTRS)),
    (4, "CTA_EXPECT_TIMEOUT", Be),
    (5, "CTA_EXPECT_ID", Be),
    (6, "CTA_EXPECT_HELP_NAME", Text),
    (7, "CTA_EXPECT_ZONE", Be),
    (8, "CTA_EXPECT_FLAGS", Be),
    (9, "CTA_EXPECT_CLASS", Be),
    (10, "CTA_EXPECT_NAT", Nest(&EXPECTATION_NAT)),
    (11, "CTA_EXPECT_FN", Text),
];

static EXPECTATION_NAT: Set =
    &[(1, "CTA_EXPECT_NAT_DIR", Be), (2, "CTA_EXPECT_NAT_TUPLE", Nest(&TUPLE_ATTRS))];

/// Of expectations, of one processor.
pub(in crate::decode) static EXPECTATION_STATS: Set = &[
    (1, "CTA_STATS_EXP_NEW", Be),
    (2, "CTA_STATS_EXP_CREATE", Be),
    (3, "CTA_STATS_EXP_DELETE", Be),
];

pub(in crate::decode) static GLOBAL_STATS: Set =
    &[(1, "CTA_STATS_GLOBAL_ENTRIES", Be), (2, "CTA_STATS_GLOBAL_MAX_ENTRIES", Be)];
