//! Attributes of the generic family `net-shaper`: numbers and names of
//! `include/uapi/linux/net_shaper.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Index, Nest, Num, Word};
use crate::decode::tables::kind::{Generic, Set, Words};

static SCOPES: Table = &[(0, "unspec"), (1, "netdev"), (2, "queue"), (3, "node")];

static METRICS: Table = &[(0, "bps"), (1, "pps")];

static HANDLE: Set =
    &[(1, "NET_SHAPER_A_HANDLE_SCOPE", Word(&SCOPES)), (2, "NET_SHAPER_A_HANDLE_ID", Num)];

static SHAPER: Set = &[
    (1, "NET_SHAPER_A_HANDLE", Nest(&HANDLE)),
    (2, "NET_SHAPER_A_METRIC", Word(&METRICS)),
    (3, "NET_SHAPER_A_BW_MIN", Num),
    (4, "NET_SHAPER_A_BW_MAX", Num),
    (5, "NET_SHAPER_A_BURST", Num),
    (6, "NET_SHAPER_A_PRIORITY", Num),
    (7, "NET_SHAPER_A_WEIGHT", Num),
    (8, "NET_SHAPER_A_IFINDEX", Index),
    (9, "NET_SHAPER_A_PARENT", Nest(&HANDLE)),
    (10, "NET_SHAPER_A_LEAVES", Nest(&SHAPER)),
];

static CAPS: Set = &[
    (1, "NET_SHAPER_A_CAPS_IFINDEX", Index),
    (2, "NET_SHAPER_A_CAPS_SCOPE", Word(&SCOPES)),
    (3, "NET_SHAPER_A_CAPS_SUPPORT_METRIC_BPS", Flag),
    (4, "NET_SHAPER_A_CAPS_SUPPORT_METRIC_PPS", Flag),
    (5, "NET_SHAPER_A_CAPS_SUPPORT_NESTING", Flag),
    (6, "NET_SHAPER_A_CAPS_SUPPORT_BW_MIN", Flag),
    (7, "NET_SHAPER_A_CAPS_SUPPORT_BW_MAX", Flag),
    (8, "NET_SHAPER_A_CAPS_SUPPORT_BURST", Flag),
    (9, "NET_SHAPER_A_CAPS_SUPPORT_PRIORITY", Flag),
    (10, "NET_SHAPER_A_CAPS_SUPPORT_WEIGHT", Flag),
];

static COMMANDS: Words = &[
    (1, "NET_SHAPER_CMD_GET", &SHAPER),
    (2, "NET_SHAPER_CMD_SET", &SHAPER),
    (3, "NET_SHAPER_CMD_DELETE", &SHAPER),
    (4, "NET_SHAPER_CMD_GROUP", &SHAPER),
    (5, "NET_SHAPER_CMD_CAP_GET", &CAPS),
];

/// The family `net-shaper`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "net-shaper", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
