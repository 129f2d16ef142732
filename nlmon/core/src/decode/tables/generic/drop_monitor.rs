//! Attributes of the generic family `NET_DM`, the drop monitor: numbers and names of
//! `include/uapi/linux/net_dropmon.h`.

use crate::decode::names::Table;
use crate::decode::names::words::ETHERTYPES;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Each, Flag, Hex, Index, Nest, Num, Pad, Secret, Struct, Text, Word,
};
use crate::decode::tables::kind::{Fields, Generic, Set, Words, structure};

static ALERT_MODES: Table = &[(0, "summary"), (1, "packet")];

static ORIGINS: Table = &[(0, "sw"), (1, "hw")];

/// `pc` is a pointer of the kernel in the host's order, in bytes that no compiler aligns.
static DROP_POINT: Fields =
    structure("net_dm_drop_point").of(&[("pc", 8, Each(8, &Num)), ("count", 4, Num)]);

/// Bytes of a drop point.
const DROP_POINT_LEN: usize = 12;

static ALERT: Fields = structure("net_dm_alert_msg")
    .of(&[("entries", 4, Num), ("points", 0, Each(DROP_POINT_LEN, &Struct(&DROP_POINT)))]);

static PORT: Set =
    &[(0, "NET_DM_ATTR_PORT_NETDEV_IFINDEX", Index), (1, "NET_DM_ATTR_PORT_NETDEV_NAME", Text)];

static STATS: Set = &[(0, "NET_DM_ATTR_STATS_DROPPED", Num)];

/// A summary's structure has the number of what is unspecified.
static ATTRS: Set = &[
    (0, "NET_DM_ATTR_UNSPEC", Struct(&ALERT)),
    (1, "NET_DM_ATTR_ALERT_MODE", Word(&ALERT_MODES)),
    (2, "NET_DM_ATTR_PC", Num),
    (3, "NET_DM_ATTR_SYMBOL", Text),
    (4, "NET_DM_ATTR_IN_PORT", Nest(&PORT)),
    (5, "NET_DM_ATTR_TIMESTAMP", Num),
    (6, "NET_DM_ATTR_PROTO", Word(&ETHERTYPES)),
    (7, "NET_DM_ATTR_PAYLOAD", Secret),
    (8, "NET_DM_ATTR_PAD", Pad),
    (9, "NET_DM_ATTR_TRUNC_LEN", Num),
    (10, "NET_DM_ATTR_ORIG_LEN", Num),
    (11, "NET_DM_ATTR_QUEUE_LEN", Num),
    (12, "NET_DM_ATTR_STATS", Nest(&STATS)),
    (13, "NET_DM_ATTR_HW_STATS", Nest(&STATS)),
    (14, "NET_DM_ATTR_ORIGIN", Word(&ORIGINS)),
    (15, "NET_DM_ATTR_HW_TRAP_GROUP_NAME", Text),
    (16, "NET_DM_ATTR_HW_TRAP_NAME", Text),
    (17, "NET_DM_ATTR_HW_ENTRIES", Nest(&ATTRS)),
    (18, "NET_DM_ATTR_HW_ENTRY", Nest(&ATTRS)),
    (19, "NET_DM_ATTR_HW_TRAP_COUNT", Num),
    (20, "NET_DM_ATTR_SW_DROPS", Flag),
    (21, "NET_DM_ATTR_HW_DROPS", Flag),
    (22, "NET_DM_ATTR_FLOW_ACTION_COOKIE", Hex),
    (23, "NET_DM_ATTR_REASON", Text),
];

static COMMANDS: Words = &[
    (1, "NET_DM_CMD_ALERT", &ATTRS),
    (2, "NET_DM_CMD_CONFIG", &ATTRS),
    (3, "NET_DM_CMD_START", &ATTRS),
    (4, "NET_DM_CMD_STOP", &ATTRS),
    (5, "NET_DM_CMD_PACKET_ALERT", &ATTRS),
    (6, "NET_DM_CMD_CONFIG_GET", &ATTRS),
    (7, "NET_DM_CMD_CONFIG_NEW", &ATTRS),
    (8, "NET_DM_CMD_STATS_GET", &ATTRS),
    (9, "NET_DM_CMD_STATS_NEW", &ATTRS),
];

/// The family `NET_DM`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "NET_DM", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
