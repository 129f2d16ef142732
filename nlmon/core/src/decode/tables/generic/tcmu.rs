//! Attributes of the generic family `TCM-USER`: numbers and names of
//! `include/uapi/linux/target_core_user.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, Num, Pad, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static DEVICE: Set = &[
    (1, "TCMU_ATTR_DEVICE", Text),
    (2, "TCMU_ATTR_MINOR", Num),
    (3, "TCMU_ATTR_PAD", Pad),
    (4, "TCMU_ATTR_DEV_CFG", Text),
    (5, "TCMU_ATTR_DEV_SIZE", Num),
    (6, "TCMU_ATTR_WRITECACHE", Num),
    (7, "TCMU_ATTR_CMD_STATUS", Int),
    (8, "TCMU_ATTR_DEVICE_ID", Num),
    (9, "TCMU_ATTR_SUPP_KERN_CMD_REPLY", Num),
];

static COMMANDS: Words = &[
    (1, "TCMU_CMD_ADDED_DEVICE", &DEVICE),
    (2, "TCMU_CMD_REMOVED_DEVICE", &DEVICE),
    (3, "TCMU_CMD_RECONFIG_DEVICE", &DEVICE),
    (4, "TCMU_CMD_ADDED_DEVICE_DONE", &DEVICE),
    (5, "TCMU_CMD_REMOVED_DEVICE_DONE", &DEVICE),
    (6, "TCMU_CMD_RECONFIG_DEVICE_DONE", &DEVICE),
    (7, "TCMU_CMD_SET_FEATURES", &DEVICE),
];

/// The family `TCM-USER`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "TCM-USER", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
