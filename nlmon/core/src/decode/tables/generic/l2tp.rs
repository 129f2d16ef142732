//! Attributes of the generic family `l2tp`: numbers and names of `include/uapi/linux/l2tp.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Ip, Nest, Num, Secret, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static L2TP: Set = &[
    (1, "L2TP_ATTR_PW_TYPE", Num),
    (2, "L2TP_ATTR_ENCAP_TYPE", Num),
    (3, "L2TP_ATTR_OFFSET", Num),
    (4, "L2TP_ATTR_DATA_SEQ", Num),
    (5, "L2TP_ATTR_L2SPEC_TYPE", Num),
    (6, "L2TP_ATTR_L2SPEC_LEN", Num),
    (7, "L2TP_ATTR_PROTO_VERSION", Num),
    (8, "L2TP_ATTR_IFNAME", Text),
    (9, "L2TP_ATTR_CONN_ID", Num),
    (10, "L2TP_ATTR_PEER_CONN_ID", Num),
    (11, "L2TP_ATTR_SESSION_ID", Num),
    (12, "L2TP_ATTR_PEER_SESSION_ID", Num),
    (13, "L2TP_ATTR_UDP_CSUM", Num),
    (14, "L2TP_ATTR_VLAN_ID", Num),
    (15, "L2TP_ATTR_COOKIE", Secret),
    (16, "L2TP_ATTR_PEER_COOKIE", Secret),
    (17, "L2TP_ATTR_DEBUG", Num),
    (18, "L2TP_ATTR_RECV_SEQ", Num),
    (19, "L2TP_ATTR_SEND_SEQ", Num),
    (20, "L2TP_ATTR_LNS_MODE", Num),
    (21, "L2TP_ATTR_USING_IPSEC", Num),
    (22, "L2TP_ATTR_RECV_TIMEOUT", Num),
    (23, "L2TP_ATTR_FD", Num),
    (24, "L2TP_ATTR_IP_SADDR", Ip),
    (25, "L2TP_ATTR_IP_DADDR", Ip),
    (26, "L2TP_ATTR_UDP_SPORT", Num),
    (27, "L2TP_ATTR_UDP_DPORT", Num),
    (28, "L2TP_ATTR_MTU", Num),
    (29, "L2TP_ATTR_MRU", Num),
    (30, "L2TP_ATTR_STATS", Nest(&STATS)),
    (31, "L2TP_ATTR_IP6_SADDR", Ip),
    (32, "L2TP_ATTR_IP6_DADDR", Ip),
    (33, "L2TP_ATTR_UDP_ZERO_CSUM6_TX", Flag),
    (34, "L2TP_ATTR_UDP_ZERO_CSUM6_RX", Flag),
    (35, "L2TP_ATTR_PAD", Num),
];

static STATS: Set = &[
    (1, "L2TP_ATTR_TX_PACKETS", Num),
    (2, "L2TP_ATTR_TX_BYTES", Num),
    (3, "L2TP_ATTR_TX_ERRORS", Num),
    (4, "L2TP_ATTR_RX_PACKETS", Num),
    (5, "L2TP_ATTR_RX_BYTES", Num),
    (6, "L2TP_ATTR_RX_SEQ_DISCARDS", Num),
    (7, "L2TP_ATTR_RX_OOS_PACKETS", Num),
    (8, "L2TP_ATTR_RX_ERRORS", Num),
    (9, "L2TP_ATTR_STATS_PAD", Num),
    (10, "L2TP_ATTR_RX_COOKIE_DISCARDS", Num),
    (11, "L2TP_ATTR_RX_INVALID", Num),
];

static COMMANDS: Words = &[
    (0, "L2TP_CMD_NOOP", &L2TP),
    (1, "L2TP_CMD_TUNNEL_CREATE", &L2TP),
    (2, "L2TP_CMD_TUNNEL_DELETE", &L2TP),
    (3, "L2TP_CMD_TUNNEL_MODIFY", &L2TP),
    (4, "L2TP_CMD_TUNNEL_GET", &L2TP),
    (5, "L2TP_CMD_SESSION_CREATE", &L2TP),
    (6, "L2TP_CMD_SESSION_DELETE", &L2TP),
    (7, "L2TP_CMD_SESSION_MODIFY", &L2TP),
    (8, "L2TP_CMD_SESSION_GET", &L2TP),
];

/// The family `l2tp`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "l2tp", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
