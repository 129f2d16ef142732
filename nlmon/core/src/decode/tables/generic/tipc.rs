//! Attributes of the generic family `TIPCv2`: numbers and names of `include/uapi/linux/tipc_netlink.h`.
//! Sockets of TIPC are told of by `sock_diag` too, with the same attributes.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Each, Flag, Hex, Nest, Num, Pad, Secret, Sockaddr, Text, Word,
};
use crate::decode::tables::kind::{Generic, Set, Words};

pub(in crate::decode::tables) static TIPC: Set = &[
    (1, "TIPC_NLA_BEARER", Nest(&BEARER)),
    (2, "TIPC_NLA_SOCK", Nest(&SOCKET)),
    (3, "TIPC_NLA_PUBL", Nest(&PUBLICATION)),
    (4, "TIPC_NLA_LINK", Nest(&LINK)),
    (5, "TIPC_NLA_MEDIA", Nest(&MEDIA)),
    (6, "TIPC_NLA_NODE", Nest(&NODE)),
    (7, "TIPC_NLA_NET", Nest(&NETWORK)),
    (8, "TIPC_NLA_NAME_TABLE", Nest(&NAME_TABLE)),
    (9, "TIPC_NLA_MON", Nest(&MONITOR)),
    (10, "TIPC_NLA_MON_PEER", Nest(&MONITOR_PEER)),
];

static BEARER: Set = &[
    (1, "TIPC_NLA_BEARER_NAME", Text),
    (2, "TIPC_NLA_BEARER_PROP", Nest(&PROPERTIES)),
    (3, "TIPC_NLA_BEARER_DOMAIN", Num),
    (4, "TIPC_NLA_BEARER_UDP_OPTS", Nest(&UDP)),
];

static UDP: Set = &[
    (1, "TIPC_NLA_UDP_LOCAL", Sockaddr),
    (2, "TIPC_NLA_UDP_REMOTE", Sockaddr),
    (3, "TIPC_NLA_UDP_MULTI_REMOTEIP", Flag),
];

/// `SOCK_*`
static SOCKET_TYPES: Table = &[(1, "stream"), (2, "dgram"), (4, "rdm"), (5, "seqpacket")];

/// `TIPC_LISTEN` and others of `net/tipc/socket.c`
static SOCKET_STATES: Table =
    &[(1, "established"), (2, "connecting"), (7, "open"), (8, "disconnecting"), (10, "listen")];

static SOCKET: Set = &[
    (1, "TIPC_NLA_SOCK_ADDR", Num),
    (2, "TIPC_NLA_SOCK_REF", Num),
    (3, "TIPC_NLA_SOCK_CON", Nest(&CONNECTION)),
    (4, "TIPC_NLA_SOCK_HAS_PUBL", Flag),
    (5, "TIPC_NLA_SOCK_STAT", Nest(&SOCKET_STATS)),
    (6, "TIPC_NLA_SOCK_TYPE", Word(&SOCKET_TYPES)),
    (7, "TIPC_NLA_SOCK_INO", Num),
    (8, "TIPC_NLA_SOCK_UID", Num),
    (9, "TIPC_NLA_SOCK_TIPC_STATE", Word(&SOCKET_STATES)),
    (10, "TIPC_NLA_SOCK_COOKIE", Num),
    (11, "TIPC_NLA_SOCK_PAD", Pad),
    (12, "TIPC_NLA_SOCK_GROUP", Nest(&GROUP)),
];

static CONNECTION: Set = &[
    (1, "TIPC_NLA_CON_FLAG", Flag),
    (2, "TIPC_NLA_CON_NODE", Num),
    (3, "TIPC_NLA_CON_SOCK", Num),
    (4, "TIPC_NLA_CON_TYPE", Num),
    (5, "TIPC_NLA_CON_INST", Num),
];

static SOCKET_STATS: Set = &[
    (0, "TIPC_NLA_SOCK_STAT_RCVQ", Num),
    (1, "TIPC_NLA_SOCK_STAT_SENDQ", Num),
    (2, "TIPC_NLA_SOCK_STAT_LINK_CONG", Flag),
    (3, "TIPC_NLA_SOCK_STAT_CONN_CONG", Flag),
    (4, "TIPC_NLA_SOCK_STAT_DROP", Num),
];

static GROUP: Set = &[
    (0, "TIPC_NLA_SOCK_GROUP_ID", Num),
    (1, "TIPC_NLA_SOCK_GROUP_OPEN", Flag),
    (2, "TIPC_NLA_SOCK_GROUP_NODE_SCOPE", Flag),
    (3, "TIPC_NLA_SOCK_GROUP_CLUSTER_SCOPE", Flag),
    (4, "TIPC_NLA_SOCK_GROUP_INSTANCE", Num),
    (5, "TIPC_NLA_SOCK_GROUP_BC_SEND_NEXT", Num),
];

static LINK: Set = &[
    (1, "TIPC_NLA_LINK_NAME", Text),
    (2, "TIPC_NLA_LINK_DEST", Num),
    (3, "TIPC_NLA_LINK_MTU", Num),
    (4, "TIPC_NLA_LINK_BROADCAST", Flag),
    (5, "TIPC_NLA_LINK_UP", Flag),
    (6, "TIPC_NLA_LINK_ACTIVE", Flag),
    (7, "TIPC_NLA_LINK_PROP", Nest(&PROPERTIES)),
    (8, "TIPC_NLA_LINK_STATS", Nest(&LINK_STATS)),
    (9, "TIPC_NLA_LINK_RX", Num),
    (10, "TIPC_NLA_LINK_TX", Num),
];

static LINK_STATS: Set = &[
    (1, "TIPC_NLA_STATS_RX_INFO", Num),
    (2, "TIPC_NLA_STATS_RX_FRAGMENTS", Num),
    (3, "TIPC_NLA_STATS_RX_FRAGMENTED", Num),
    (4, "TIPC_NLA_STATS_RX_BUNDLES", Num),
    (5, "TIPC_NLA_STATS_RX_BUNDLED", Num),
    (6, "TIPC_NLA_STATS_TX_INFO", Num),
    (7, "TIPC_NLA_STATS_TX_FRAGMENTS", Num),
    (8, "TIPC_NLA_STATS_TX_FRAGMENTED", Num),
    (9, "TIPC_NLA_STATS_TX_BUNDLES", Num),
    (10, "TIPC_NLA_STATS_TX_BUNDLED", Num),
    (11, "TIPC_NLA_STATS_MSG_PROF_TOT", Num),
    (12, "TIPC_NLA_STATS_MSG_LEN_CNT", Num),
    (13, "TIPC_NLA_STATS_MSG_LEN_TOT", Num),
    (14, "TIPC_NLA_STATS_MSG_LEN_P0", Num),
    (15, "TIPC_NLA_STATS_MSG_LEN_P1", Num),
    (16, "TIPC_NLA_STATS_MSG_LEN_P2", Num),
    (17, "TIPC_NLA_STATS_MSG_LEN_P3", Num),
    (18, "TIPC_NLA_STATS_MSG_LEN_P4", Num),
    (19, "TIPC_NLA_STATS_MSG_LEN_P5", Num),
    (20, "TIPC_NLA_STATS_MSG_LEN_P6", Num),
    (21, "TIPC_NLA_STATS_RX_STATES", Num),
    (22, "TIPC_NLA_STATS_RX_PROBES", Num),
    (23, "TIPC_NLA_STATS_RX_NACKS", Num),
    (24, "TIPC_NLA_STATS_RX_DEFERRED", Num),
    (25, "TIPC_NLA_STATS_TX_STATES", Num),
    (26, "TIPC_NLA_STATS_TX_PROBES", Num),
    (27, "TIPC_NLA_STATS_TX_NACKS", Num),
    (28, "TIPC_NLA_STATS_TX_ACKS", Num),
    (29, "TIPC_NLA_STATS_RETRANSMITTED", Num),
    (30, "TIPC_NLA_STATS_DUPLICATES", Num),
    (31, "TIPC_NLA_STATS_LINK_CONGS", Num),
    (32, "TIPC_NLA_STATS_MAX_QUEUE", Num),
    (33, "TIPC_NLA_STATS_AVG_QUEUE", Num),
];

static PROPERTIES: Set = &[
    (1, "TIPC_NLA_PROP_PRIO", Num),
    (2, "TIPC_NLA_PROP_TOL", Num),
    (3, "TIPC_NLA_PROP_WIN", Num),
    (4, "TIPC_NLA_PROP_MTU", Num),
    (5, "TIPC_NLA_PROP_BROADCAST", Num),
    (6, "TIPC_NLA_PROP_BROADCAST_RATIO", Num),
];

static MEDIA: Set =
    &[(1, "TIPC_NLA_MEDIA_NAME", Text), (2, "TIPC_NLA_MEDIA_PROP", Nest(&PROPERTIES))];

static NODE: Set = &[
    (1, "TIPC_NLA_NODE_ADDR", Num),
    (2, "TIPC_NLA_NODE_UP", Flag),
    (3, "TIPC_NLA_NODE_ID", Hex),
    (4, "TIPC_NLA_NODE_KEY", Secret),
    (5, "TIPC_NLA_NODE_KEY_MASTER", Flag),
    (6, "TIPC_NLA_NODE_REKEYING", Num),
];

static NETWORK: Set = &[
    (1, "TIPC_NLA_NET_ID", Num),
    (2, "TIPC_NLA_NET_ADDR", Num),
    (3, "TIPC_NLA_NET_NODEID", Num),
    (4, "TIPC_NLA_NET_NODEID_W1", Num),
    (5, "TIPC_NLA_NET_ADDR_LEGACY", Flag),
];

static NAME_TABLE: Set = &[(1, "TIPC_NLA_NAME_TABLE_PUBL", Nest(&PUBLICATION))];

static PUBLICATION: Set = &[
    (1, "TIPC_NLA_PUBL_TYPE", Num),
    (2, "TIPC_NLA_PUBL_LOWER", Num),
    (3, "TIPC_NLA_PUBL_UPPER", Num),
    (4, "TIPC_NLA_PUBL_SCOPE", Num),
    (5, "TIPC_NLA_PUBL_NODE", Num),
    (6, "TIPC_NLA_PUBL_REF", Num),
    (7, "TIPC_NLA_PUBL_KEY", Num),
];

static MONITOR: Set = &[
    (1, "TIPC_NLA_MON_ACTIVATION_THRESHOLD", Num),
    (2, "TIPC_NLA_MON_REF", Num),
    (3, "TIPC_NLA_MON_ACTIVE", Flag),
    (4, "TIPC_NLA_MON_BEARER_NAME", Text),
    (5, "TIPC_NLA_MON_PEERCNT", Num),
    (6, "TIPC_NLA_MON_LISTGEN", Num),
];

static MONITOR_PEER: Set = &[
    (1, "TIPC_NLA_MON_PEER_ADDR", Num),
    (2, "TIPC_NLA_MON_PEER_DOMGEN", Num),
    (3, "TIPC_NLA_MON_PEER_APPLIED", Num),
    (4, "TIPC_NLA_MON_PEER_UPMAP", Num),
    (5, "TIPC_NLA_MON_PEER_MEMBERS", Each(4, &Num)),
    (6, "TIPC_NLA_MON_PEER_UP", Flag),
    (7, "TIPC_NLA_MON_PEER_HEAD", Flag),
    (8, "TIPC_NLA_MON_PEER_LOCAL", Flag),
    (9, "TIPC_NLA_MON_PEER_PAD", Pad),
];

static COMMANDS: Words = &[
    (1, "TIPC_NL_LEGACY", &TIPC),
    (2, "TIPC_NL_BEARER_DISABLE", &TIPC),
    (3, "TIPC_NL_BEARER_ENABLE", &TIPC),
    (4, "TIPC_NL_BEARER_GET", &TIPC),
    (5, "TIPC_NL_BEARER_SET", &TIPC),
    (6, "TIPC_NL_SOCK_GET", &TIPC),
    (7, "TIPC_NL_PUBL_GET", &TIPC),
    (8, "TIPC_NL_LINK_GET", &TIPC),
    (9, "TIPC_NL_LINK_SET", &TIPC),
    (10, "TIPC_NL_LINK_RESET_STATS", &TIPC),
    (11, "TIPC_NL_MEDIA_GET", &TIPC),
    (12, "TIPC_NL_MEDIA_SET", &TIPC),
    (13, "TIPC_NL_NODE_GET", &TIPC),
    (14, "TIPC_NL_NET_GET", &TIPC),
    (15, "TIPC_NL_NET_SET", &TIPC),
    (16, "TIPC_NL_NAME_TABLE_GET", &TIPC),
    (17, "TIPC_NL_MON_SET", &TIPC),
    (18, "TIPC_NL_MON_GET", &TIPC),
    (19, "TIPC_NL_MON_PEER_GET", &TIPC),
    (20, "TIPC_NL_PEER_REMOVE", &TIPC),
    (21, "TIPC_NL_BEARER_ADD", &TIPC),
    (22, "TIPC_NL_UDP_GET_REMOTEIP", &TIPC),
    (23, "TIPC_NL_KEY_SET", &TIPC),
    (24, "TIPC_NL_KEY_FLUSH", &TIPC),
    (25, "TIPC_NL_ADDR_LEGACY_GET", &TIPC),
];

/// The family `TIPCv2`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "TIPCv2", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
