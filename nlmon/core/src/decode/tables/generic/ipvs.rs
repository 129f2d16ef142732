//! Attributes of the generic family `IPVS`, the kernel's load balancer: numbers and names of
//! `include/uapi/linux/ip_vs.h`.

use crate::decode::names::Table;
use crate::decode::names::words::FAMILIES;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Be, Ip, LongIp, Mask, Nest, Num, Pad, Select, Struct, Text, Word,
};
use crate::decode::tables::kind::{Bits, Fields, Generic, Options, Set, Words, structure};

static PROTOCOLS: Table = &[(6, "tcp"), (17, "udp"), (132, "sctp")];

static SERVICE_BITS: Bits = &[
    (0x1, "persistent"),
    (0x2, "hashed"),
    (0x4, "one-packet"),
    (0x8, "sched1"),
    (0x10, "sched2"),
    (0x20, "sched3"),
];

/// `struct ip_vs_flags`
static FLAGS: Fields =
    structure("ip_vs_flags").of(&[("flags", 4, Mask(&SERVICE_BITS)), ("mask", 4, Num)]);

/// The lowest bits of `IP_VS_CONN_F_*`.
static FORWARDING: Table =
    &[(0, "masq"), (1, "localnode"), (2, "tunnel"), (3, "route"), (4, "bypass")];

static TUNNELS: Table = &[(0, "ipip"), (1, "gue"), (2, "gre")];

static TUNNEL_BITS: Bits = &[(0x1, "csum"), (0x2, "remcsum")];

static STATES: Bits = &[(0x1, "master"), (0x2, "backup")];

static STATS: Set = &[
    (1, "IPVS_STATS_ATTR_CONNS", Num),
    (2, "IPVS_STATS_ATTR_INPKTS", Num),
    (3, "IPVS_STATS_ATTR_OUTPKTS", Num),
    (4, "IPVS_STATS_ATTR_INBYTES", Num),
    (5, "IPVS_STATS_ATTR_OUTBYTES", Num),
    (6, "IPVS_STATS_ATTR_CPS", Num),
    (7, "IPVS_STATS_ATTR_INPPS", Num),
    (8, "IPVS_STATS_ATTR_OUTPPS", Num),
    (9, "IPVS_STATS_ATTR_INBPS", Num),
    (10, "IPVS_STATS_ATTR_OUTBPS", Num),
    (11, "IPVS_STATS_ATTR_PAD", Pad),
];

/// Of IPv6 it is a prefix's length (`net/netfilter/ipvs/ip_vs_ctl.c`), by the text of the family.
static NETMASKS: Options = &[("inet", Ip), ("inet6", Num)];

static SERVICE: Set = &[
    (1, "IPVS_SVC_ATTR_AF", Word(&FAMILIES)),
    (2, "IPVS_SVC_ATTR_PROTOCOL", Word(&PROTOCOLS)),
    (3, "IPVS_SVC_ATTR_ADDR", LongIp),
    (4, "IPVS_SVC_ATTR_PORT", Be),
    (5, "IPVS_SVC_ATTR_FWMARK", Num),
    (6, "IPVS_SVC_ATTR_SCHED_NAME", Text),
    (7, "IPVS_SVC_ATTR_FLAGS", Struct(&FLAGS)),
    (8, "IPVS_SVC_ATTR_TIMEOUT", Num),
    (9, "IPVS_SVC_ATTR_NETMASK", Select(1, &NETMASKS)),
    (10, "IPVS_SVC_ATTR_STATS", Nest(&STATS)),
    (11, "IPVS_SVC_ATTR_PE_NAME", Text),
    (12, "IPVS_SVC_ATTR_STATS64", Nest(&STATS)),
];

static DESTINATION: Set = &[
    (1, "IPVS_DEST_ATTR_ADDR", LongIp),
    (2, "IPVS_DEST_ATTR_PORT", Be),
    (3, "IPVS_DEST_ATTR_FWD_METHOD", Word(&FORWARDING)),
    (4, "IPVS_DEST_ATTR_WEIGHT", Num),
    (5, "IPVS_DEST_ATTR_U_THRESH", Num),
    (6, "IPVS_DEST_ATTR_L_THRESH", Num),
    (7, "IPVS_DEST_ATTR_ACTIVE_CONNS", Num),
    (8, "IPVS_DEST_ATTR_INACT_CONNS", Num),
    (9, "IPVS_DEST_ATTR_PERSIST_CONNS", Num),
    (10, "IPVS_DEST_ATTR_STATS", Nest(&STATS)),
    (11, "IPVS_DEST_ATTR_ADDR_FAMILY", Word(&FAMILIES)),
    (12, "IPVS_DEST_ATTR_STATS64", Nest(&STATS)),
    (13, "IPVS_DEST_ATTR_TUN_TYPE", Word(&TUNNELS)),
    (14, "IPVS_DEST_ATTR_TUN_PORT", Be),
    (15, "IPVS_DEST_ATTR_TUN_FLAGS", Mask(&TUNNEL_BITS)),
];

static DAEMON: Set = &[
    (1, "IPVS_DAEMON_ATTR_STATE", Mask(&STATES)),
    (2, "IPVS_DAEMON_ATTR_MCAST_IFN", Text),
    (3, "IPVS_DAEMON_ATTR_SYNC_ID", Num),
    (4, "IPVS_DAEMON_ATTR_SYNC_MAXLEN", Num),
    (5, "IPVS_DAEMON_ATTR_MCAST_GROUP", Ip),
    (6, "IPVS_DAEMON_ATTR_MCAST_GROUP6", Ip),
    (7, "IPVS_DAEMON_ATTR_MCAST_PORT", Num),
    (8, "IPVS_DAEMON_ATTR_MCAST_TTL", Num),
];

static ATTRIBUTES: Set = &[
    (1, "IPVS_CMD_ATTR_SERVICE", Nest(&SERVICE)),
    (2, "IPVS_CMD_ATTR_DEST", Nest(&DESTINATION)),
    (3, "IPVS_CMD_ATTR_DAEMON", Nest(&DAEMON)),
    (4, "IPVS_CMD_ATTR_TIMEOUT_TCP", Num),
    (5, "IPVS_CMD_ATTR_TIMEOUT_TCP_FIN", Num),
    (6, "IPVS_CMD_ATTR_TIMEOUT_UDP", Num),
];

static INFO: Set = &[(1, "IPVS_INFO_ATTR_VERSION", Num), (2, "IPVS_INFO_ATTR_CONN_TAB_SIZE", Num)];

static COMMANDS: Words = &[
    (1, "IPVS_CMD_NEW_SERVICE", &ATTRIBUTES),
    (2, "IPVS_CMD_SET_SERVICE", &ATTRIBUTES),
    (3, "IPVS_CMD_DEL_SERVICE", &ATTRIBUTES),
    (4, "IPVS_CMD_GET_SERVICE", &ATTRIBUTES),
    (5, "IPVS_CMD_NEW_DEST", &ATTRIBUTES),
    (6, "IPVS_CMD_SET_DEST", &ATTRIBUTES),
    (7, "IPVS_CMD_DEL_DEST", &ATTRIBUTES),
    (8, "IPVS_CMD_GET_DEST", &ATTRIBUTES),
    (9, "IPVS_CMD_NEW_DAEMON", &ATTRIBUTES),
    (10, "IPVS_CMD_DEL_DAEMON", &ATTRIBUTES),
    (11, "IPVS_CMD_GET_DAEMON", &ATTRIBUTES),
    (12, "IPVS_CMD_SET_CONFIG", &ATTRIBUTES),
    (13, "IPVS_CMD_GET_CONFIG", &ATTRIBUTES),
    (14, "IPVS_CMD_SET_INFO", &INFO),
    (15, "IPVS_CMD_GET_INFO", &INFO),
    (16, "IPVS_CMD_ZERO", &ATTRIBUTES),
    (17, "IPVS_CMD_FLUSH", &ATTRIBUTES),
];

/// The family `IPVS`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "IPVS", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
