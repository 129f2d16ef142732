//! Attributes of the generic family `psample`: numbers and names of `include/uapi/linux/psample.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Be, Flag, Hex, Index, Ip, Nest, Num, Pad, Secret};
use crate::decode::tables::kind::{Generic, Set, Words};

static PSAMPLE: Set = &[
    (0, "PSAMPLE_ATTR_IIFINDEX", Index),
    (1, "PSAMPLE_ATTR_OIFINDEX", Num),
    (2, "PSAMPLE_ATTR_ORIGSIZE", Num),
    (3, "PSAMPLE_ATTR_SAMPLE_GROUP", Num),
    (4, "PSAMPLE_ATTR_GROUP_SEQ", Num),
    (5, "PSAMPLE_ATTR_SAMPLE_RATE", Num),
    (6, "PSAMPLE_ATTR_DATA", Secret),
    (7, "PSAMPLE_ATTR_GROUP_REFCOUNT", Num),
    (8, "PSAMPLE_ATTR_TUNNEL", Nest(&TUNNEL)),
    (9, "PSAMPLE_ATTR_PAD", Num),
    (10, "PSAMPLE_ATTR_OUT_TC", Num),
    (11, "PSAMPLE_ATTR_OUT_TC_OCC", Num),
    (12, "PSAMPLE_ATTR_LATENCY", Num),
    (13, "PSAMPLE_ATTR_TIMESTAMP", Num),
    (14, "PSAMPLE_ATTR_PROTO", Num),
    (15, "PSAMPLE_ATTR_USER_COOKIE", Hex),
    (16, "PSAMPLE_ATTR_SAMPLE_PROBABILITY", Flag),
];

static COMMANDS: Words = &[
    (0, "PSAMPLE_CMD_SAMPLE", &PSAMPLE),
    (1, "PSAMPLE_CMD_GET_GROUP", &PSAMPLE),
    (2, "PSAMPLE_CMD_NEW_GROUP", &PSAMPLE),
    (3, "PSAMPLE_CMD_DEL_GROUP", &PSAMPLE),
];

/// The family `psample`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "psample", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };

static TUNNEL: Set = &[
    (0, "PSAMPLE_TUNNEL_KEY_ATTR_ID", Be),
    (1, "PSAMPLE_TUNNEL_KEY_ATTR_IPV4_SRC", Ip),
    (2, "PSAMPLE_TUNNEL_KEY_ATTR_IPV4_DST", Ip),
    (3, "PSAMPLE_TUNNEL_KEY_ATTR_TOS", Num),
    (4, "PSAMPLE_TUNNEL_KEY_ATTR_TTL", Num),
    (5, "PSAMPLE_TUNNEL_KEY_ATTR_DONT_FRAGMENT", Flag),
    (6, "PSAMPLE_TUNNEL_KEY_ATTR_CSUM", Flag),
    (7, "PSAMPLE_TUNNEL_KEY_ATTR_OAM", Flag),
    (8, "PSAMPLE_TUNNEL_KEY_ATTR_GENEVE_OPTS", Hex),
    (9, "PSAMPLE_TUNNEL_KEY_ATTR_TP_SRC", Be),
    (10, "PSAMPLE_TUNNEL_KEY_ATTR_TP_DST", Be),
    (11, "PSAMPLE_TUNNEL_KEY_ATTR_VXLAN_OPTS", Num),
    (12, "PSAMPLE_TUNNEL_KEY_ATTR_IPV6_SRC", Ip),
    (13, "PSAMPLE_TUNNEL_KEY_ATTR_IPV6_DST", Ip),
    (14, "PSAMPLE_TUNNEL_KEY_ATTR_PAD", Pad),
    (15, "PSAMPLE_TUNNEL_KEY_ATTR_ERSPAN_OPTS", Hex),
    (16, "PSAMPLE_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE", Flag),
];
