//! Attributes of the generic family `SEG6`: numbers and names of `include/uapi/linux/seg6_genl.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, Ip, Num, Secret};
use crate::decode::tables::kind::{Generic, Set, Words};

static SEG6: Set = &[
    (1, "SEG6_ATTR_DST", Ip),
    (2, "SEG6_ATTR_DSTLEN", Int),
    (3, "SEG6_ATTR_HMACKEYID", Num),
    (4, "SEG6_ATTR_SECRET", Secret),
    (5, "SEG6_ATTR_SECRETLEN", Num),
    (6, "SEG6_ATTR_ALGID", Num),
    (7, "SEG6_ATTR_HMACINFO", Secret),
];

static COMMANDS: Words = &[
    (1, "SEG6_CMD_SETHMAC", &SEG6),
    (2, "SEG6_CMD_DUMPHMAC", &SEG6),
    (3, "SEG6_CMD_SET_TUNSRC", &SEG6),
    (4, "SEG6_CMD_GET_TUNSRC", &SEG6),
];

/// The family `SEG6`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "SEG6", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
