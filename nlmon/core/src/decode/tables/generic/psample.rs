//! Attributes of the generic family `psample`: numbers and names of `include/uapi/linux/psample.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Hex, Index, Num, Secret};
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
    (8, "PSAMPLE_ATTR_TUNNEL", Hex),
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
