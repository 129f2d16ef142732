//! Attributes of the generic family `ila`: numbers and names of `include/uapi/linux/ila.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Be, Index, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

pub(in crate::decode) static ILA: Set = &[
    (1, "ILA_ATTR_LOCATOR", Be),
    (2, "ILA_ATTR_IDENTIFIER", Be),
    (3, "ILA_ATTR_LOCATOR_MATCH", Be),
    (4, "ILA_ATTR_IFINDEX", Index),
    (5, "ILA_ATTR_DIR", Num),
    (6, "ILA_ATTR_PAD", Num),
    (7, "ILA_ATTR_CSUM_MODE", Num),
    (8, "ILA_ATTR_IDENT_TYPE", Num),
    (9, "ILA_ATTR_HOOK_TYPE", Num),
];

static COMMANDS: Words = &[
    (1, "ILA_CMD_ADD", &ILA),
    (2, "ILA_CMD_DEL", &ILA),
    (3, "ILA_CMD_GET", &ILA),
    (4, "ILA_CMD_FLUSH", &ILA),
];

/// The family `ila`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ila", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
