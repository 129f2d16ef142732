//! Attributes of the generic family `fou`: numbers and names of `include/uapi/linux/fou.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Be, Flag, Index, Ip, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

static FOU: Set = &[
    (1, "FOU_ATTR_PORT", Be),
    (2, "FOU_ATTR_AF", Num),
    (3, "FOU_ATTR_IPPROTO", Num),
    (4, "FOU_ATTR_TYPE", Num),
    (5, "FOU_ATTR_REMCSUM_NOPARTIAL", Flag),
    (6, "FOU_ATTR_LOCAL_V4", Ip),
    (7, "FOU_ATTR_LOCAL_V6", Ip),
    (8, "FOU_ATTR_PEER_V4", Ip),
    (9, "FOU_ATTR_PEER_V6", Ip),
    (10, "FOU_ATTR_PEER_PORT", Be),
    (11, "FOU_ATTR_IFINDEX", Index),
];

static COMMANDS: Words =
    &[(1, "FOU_CMD_ADD", &FOU), (2, "FOU_CMD_DEL", &FOU), (3, "FOU_CMD_GET", &FOU)];

/// The family `fou`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "fou", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
