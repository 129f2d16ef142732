//! Attributes of the generic family `team`: numbers and names of `include/uapi/linux/if_team.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Hex, Index, Int, Nest, Num, Select, Text, Word};
use crate::decode::tables::kind::{Generic, Options, Set, Words};

/// Types of netlink's policies, `include/net/netlink.h`.
static OPTION_TYPES: Table = &[(3, "u32"), (5, "string"), (6, "flag"), (11, "binary"), (14, "s32")];

static OPTION_DATA: Options =
    &[("u32", Num), ("string", Text), ("flag", Flag), ("binary", Hex), ("s32", Int)];

static ATTR_OPTION: Set = &[
    (1, "TEAM_ATTR_OPTION_NAME", Text),
    (2, "TEAM_ATTR_OPTION_CHANGED", Flag),
    (3, "TEAM_ATTR_OPTION_TYPE", Word(&OPTION_TYPES)),
    (4, "TEAM_ATTR_OPTION_DATA", Select(3, &OPTION_DATA)),
    (5, "TEAM_ATTR_OPTION_REMOVED", Flag),
    (6, "TEAM_ATTR_OPTION_PORT_IFINDEX", Index),
    (7, "TEAM_ATTR_OPTION_ARRAY_INDEX", Num),
];

static ITEM_OPTION: Set =
    &[(0, "TEAM_ATTR_ITEM_OPTION_UNSPEC", Num), (1, "TEAM_ATTR_ITEM_OPTION", Nest(&ATTR_OPTION))];

static ATTR_PORT: Set = &[
    (1, "TEAM_ATTR_PORT_IFINDEX", Index),
    (2, "TEAM_ATTR_PORT_CHANGED", Flag),
    (3, "TEAM_ATTR_PORT_LINKUP", Flag),
    (4, "TEAM_ATTR_PORT_SPEED", Num),
    (5, "TEAM_ATTR_PORT_DUPLEX", Num),
    (6, "TEAM_ATTR_PORT_REMOVED", Flag),
];

static ITEM_PORT: Set =
    &[(0, "TEAM_ATTR_ITEM_PORT_UNSPEC", Num), (1, "TEAM_ATTR_ITEM_PORT", Nest(&ATTR_PORT))];

static TEAM: Set = &[
    (1, "TEAM_ATTR_TEAM_IFINDEX", Index),
    (2, "TEAM_ATTR_LIST_OPTION", Nest(&ITEM_OPTION)),
    (3, "TEAM_ATTR_LIST_PORT", Nest(&ITEM_PORT)),
];

static COMMANDS: Words = &[
    (0, "TEAM_CMD_NOOP", &TEAM),
    (1, "TEAM_CMD_OPTIONS_SET", &TEAM),
    (2, "TEAM_CMD_OPTIONS_GET", &TEAM),
    (3, "TEAM_CMD_PORT_LIST_GET", &TEAM),
];

/// The family `team`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "team", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
