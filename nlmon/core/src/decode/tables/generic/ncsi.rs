//! Attributes of the generic family `NCSI`: numbers and names of `include/uapi/linux/ncsi.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Index, Nest, Num, Secret, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static CHANNEL: Set = &[
    (1, "NCSI_CHANNEL_ATTR", Nest(&CHANNEL)),
    (2, "NCSI_CHANNEL_ATTR_ID", Num),
    (3, "NCSI_CHANNEL_ATTR_VERSION_MAJOR", Num),
    (4, "NCSI_CHANNEL_ATTR_VERSION_MINOR", Num),
    (5, "NCSI_CHANNEL_ATTR_VERSION_STR", Text),
    (6, "NCSI_CHANNEL_ATTR_LINK_STATE", Num),
    (7, "NCSI_CHANNEL_ATTR_ACTIVE", Flag),
    (8, "NCSI_CHANNEL_ATTR_FORCED", Flag),
    (9, "NCSI_CHANNEL_ATTR_VLAN_LIST", Nest(&CHANNEL)),
    (10, "NCSI_CHANNEL_ATTR_VLAN_ID", Num),
];

static PACKAGE: Set = &[
    (1, "NCSI_PKG_ATTR", Nest(&PACKAGE)),
    (2, "NCSI_PKG_ATTR_ID", Num),
    (3, "NCSI_PKG_ATTR_FORCED", Flag),
    (4, "NCSI_PKG_ATTR_CHANNEL_LIST", Nest(&CHANNEL)),
];

/// What goes to the network controller and comes from it is between it and the management controller.
static ATTRS: Set = &[
    (1, "NCSI_ATTR_IFINDEX", Index),
    (2, "NCSI_ATTR_PACKAGE_LIST", Nest(&PACKAGE)),
    (3, "NCSI_ATTR_PACKAGE_ID", Num),
    (4, "NCSI_ATTR_CHANNEL_ID", Num),
    (5, "NCSI_ATTR_DATA", Secret),
    (6, "NCSI_ATTR_MULTI_FLAG", Flag),
    (7, "NCSI_ATTR_PACKAGE_MASK", Num),
    (8, "NCSI_ATTR_CHANNEL_MASK", Num),
];

static COMMANDS: Words = &[
    (1, "NCSI_CMD_PKG_INFO", &ATTRS),
    (2, "NCSI_CMD_SET_INTERFACE", &ATTRS),
    (3, "NCSI_CMD_CLEAR_INTERFACE", &ATTRS),
    (4, "NCSI_CMD_SEND_CMD", &ATTRS),
    (5, "NCSI_CMD_SET_PACKAGE_MASK", &ATTRS),
    (6, "NCSI_CMD_SET_CHANNEL_MASK", &ATTRS),
];

/// The family `NCSI`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "NCSI", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
