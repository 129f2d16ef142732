//! Attributes of the generic family `nlctrl`: numbers and names of `include/uapi/linux/genetlink.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, List, Mask, Nest, Num, Text, Word};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static OP_FLAGS: Bits = &[
    (0x1, "admin-perm"),
    (0x2, "cmd-cap-do"),
    (0x4, "cmd-cap-dump"),
    (0x8, "cmd-cap-haspol"),
    (0x10, "uns-admin-perm"),
];

static OP_ATTRS: Set = &[(1, "CTRL_ATTR_OP_ID", Num), (2, "CTRL_ATTR_OP_FLAGS", Mask(&OP_FLAGS))];

static MCAST_GROUP_ATTRS: Set =
    &[(1, "CTRL_ATTR_MCAST_GRP_NAME", Text), (2, "CTRL_ATTR_MCAST_GRP_ID", Num)];

static ATTR_TYPE: Table = &[
    (0, "invalid"),
    (1, "flag"),
    (2, "u8"),
    (3, "u16"),
    (4, "u32"),
    (5, "u64"),
    (6, "s8"),
    (7, "s16"),
    (8, "s32"),
    (9, "s64"),
    (10, "binary"),
    (11, "string"),
    (12, "nul-string"),
    (13, "nested"),
    (14, "nested-array"),
    (15, "bitfield32"),
    (16, "sint"),
    (17, "uint"),
];

pub(in crate::decode) static POLICY_ATTRS: Set = &[
    (1, "NL_POLICY_TYPE_ATTR_TYPE", Word(&ATTR_TYPE)),
    (2, "NL_POLICY_TYPE_ATTR_MIN_VALUE_S", Int),
    (3, "NL_POLICY_TYPE_ATTR_MAX_VALUE_S", Int),
    (4, "NL_POLICY_TYPE_ATTR_MIN_VALUE_U", Num),
    (5, "NL_POLICY_TYPE_ATTR_MAX_VALUE_U", Num),
    (6, "NL_POLICY_TYPE_ATTR_MIN_LENGTH", Num),
    (7, "NL_POLICY_TYPE_ATTR_MAX_LENGTH", Num),
    (8, "NL_POLICY_TYPE_ATTR_POLICY_IDX", Num),
    (9, "NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE", Num),
    (10, "NL_POLICY_TYPE_ATTR_BITFIELD32_MASK", Num),
    (11, "NL_POLICY_TYPE_ATTR_PAD", Num),
    (12, "NL_POLICY_TYPE_ATTR_MASK", Num),
];

static OP_POLICY_ATTRS: Set = &[(1, "CTRL_ATTR_POLICY_DO", Num), (2, "CTRL_ATTR_POLICY_DUMP", Num)];

static CTRL_ATTRS: Set = &[
    (1, "CTRL_ATTR_FAMILY_ID", Num),
    (2, "CTRL_ATTR_FAMILY_NAME", Text),
    (3, "CTRL_ATTR_VERSION", Num),
    (4, "CTRL_ATTR_HDRSIZE", Num),
    (5, "CTRL_ATTR_MAXATTR", Num),
    (6, "CTRL_ATTR_OPS", List(&Nest(&OP_ATTRS))),
    (7, "CTRL_ATTR_MCAST_GROUPS", List(&Nest(&MCAST_GROUP_ATTRS))),
    (8, "CTRL_ATTR_POLICY", List(&List(&Nest(&POLICY_ATTRS)))),
    (9, "CTRL_ATTR_OP_POLICY", List(&Nest(&OP_POLICY_ATTRS))),
    (10, "CTRL_ATTR_OP", Num),
];

static COMMANDS: Words = &[
    (1, "CTRL_CMD_NEWFAMILY", &CTRL_ATTRS),
    (2, "CTRL_CMD_DELFAMILY", &CTRL_ATTRS),
    (3, "CTRL_CMD_GETFAMILY", &CTRL_ATTRS),
    (4, "CTRL_CMD_NEWOPS", &CTRL_ATTRS),
    (5, "CTRL_CMD_DELOPS", &CTRL_ATTRS),
    (6, "CTRL_CMD_GETOPS", &CTRL_ATTRS),
    (7, "CTRL_CMD_NEWMCAST_GRP", &CTRL_ATTRS),
    (8, "CTRL_CMD_DELMCAST_GRP", &CTRL_ATTRS),
    (9, "CTRL_CMD_GETMCAST_GRP", &CTRL_ATTRS),
    (10, "CTRL_CMD_GETPOLICY", &CTRL_ATTRS),
];

/// The family `nlctrl`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "nlctrl", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
