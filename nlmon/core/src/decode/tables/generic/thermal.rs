//! Attributes of the generic family `thermal`: numbers and names of `include/uapi/linux/thermal.h`..
//! Events share their numbers with commands: what the kernel sends to its group is an event.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Nest, Num, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static THERMAL: Set = &[
    (1, "THERMAL_GENL_ATTR_TZ", Nest(&THERMAL)),
    (2, "THERMAL_GENL_ATTR_TZ_ID", Num),
    (3, "THERMAL_GENL_ATTR_TZ_TEMP", Num),
    (4, "THERMAL_GENL_ATTR_TZ_TRIP", Nest(&THERMAL)),
    (5, "THERMAL_GENL_ATTR_TZ_TRIP_ID", Num),
    (6, "THERMAL_GENL_ATTR_TZ_TRIP_TYPE", Num),
    (7, "THERMAL_GENL_ATTR_TZ_TRIP_TEMP", Num),
    (8, "THERMAL_GENL_ATTR_TZ_TRIP_HYST", Num),
    (9, "THERMAL_GENL_ATTR_TZ_MODE", Num),
    (10, "THERMAL_GENL_ATTR_TZ_NAME", Text),
    (11, "THERMAL_GENL_ATTR_TZ_CDEV_WEIGHT", Num),
    (12, "THERMAL_GENL_ATTR_TZ_GOV", Nest(&THERMAL)),
    (13, "THERMAL_GENL_ATTR_TZ_GOV_NAME", Text),
    (14, "THERMAL_GENL_ATTR_CDEV", Nest(&THERMAL)),
    (15, "THERMAL_GENL_ATTR_CDEV_ID", Num),
    (16, "THERMAL_GENL_ATTR_CDEV_CUR_STATE", Num),
    (17, "THERMAL_GENL_ATTR_CDEV_MAX_STATE", Num),
    (18, "THERMAL_GENL_ATTR_CDEV_NAME", Text),
    (19, "THERMAL_GENL_ATTR_GOV_NAME", Text),
    (20, "THERMAL_GENL_ATTR_CPU_CAPABILITY", Nest(&THERMAL)),
    (21, "THERMAL_GENL_ATTR_CPU_CAPABILITY_ID", Num),
    (22, "THERMAL_GENL_ATTR_CPU_CAPABILITY_PERFORMANCE", Num),
    (23, "THERMAL_GENL_ATTR_CPU_CAPABILITY_EFFICIENCY", Num),
];

/// What the kernel tells the group `event`.
pub(in crate::decode) static EVENTS: Words = &[
    (1, "THERMAL_GENL_EVENT_TZ_CREATE", &THERMAL),
    (2, "THERMAL_GENL_EVENT_TZ_DELETE", &THERMAL),
    (3, "THERMAL_GENL_EVENT_TZ_DISABLE", &THERMAL),
    (4, "THERMAL_GENL_EVENT_TZ_ENABLE", &THERMAL),
    (5, "THERMAL_GENL_EVENT_TZ_TRIP_UP", &THERMAL),
    (6, "THERMAL_GENL_EVENT_TZ_TRIP_DOWN", &THERMAL),
    (7, "THERMAL_GENL_EVENT_TZ_TRIP_CHANGE", &THERMAL),
    (8, "THERMAL_GENL_EVENT_TZ_TRIP_ADD", &THERMAL),
    (9, "THERMAL_GENL_EVENT_TZ_TRIP_DELETE", &THERMAL),
    (10, "THERMAL_GENL_EVENT_CDEV_ADD", &THERMAL),
    (11, "THERMAL_GENL_EVENT_CDEV_DELETE", &THERMAL),
    (12, "THERMAL_GENL_EVENT_CDEV_STATE_UPDATE", &THERMAL),
    (13, "THERMAL_GENL_EVENT_TZ_GOV_CHANGE", &THERMAL),
    (14, "THERMAL_GENL_EVENT_CPU_CAPABILITY_CHANGE", &THERMAL),
];

static COMMANDS: Words = &[
    (1, "THERMAL_GENL_CMD_TZ_GET_ID", &THERMAL),
    (2, "THERMAL_GENL_CMD_TZ_GET_TRIP", &THERMAL),
    (3, "THERMAL_GENL_CMD_TZ_GET_TEMP", &THERMAL),
    (4, "THERMAL_GENL_CMD_TZ_GET_GOV", &THERMAL),
    (5, "THERMAL_GENL_CMD_TZ_GET_MODE", &THERMAL),
    (6, "THERMAL_GENL_CMD_CDEV_GET", &THERMAL),
];

/// The family `thermal`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "thermal", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
