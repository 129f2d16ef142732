//! Attributes of the generic family `IOAM6`: numbers and names of `include/uapi/linux/ioam6_genl.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Hex, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

static IOAM6: Set = &[
    (1, "IOAM6_ATTR_NS_ID", Num),
    (2, "IOAM6_ATTR_NS_DATA", Num),
    (3, "IOAM6_ATTR_NS_DATA_WIDE", Num),
    (4, "IOAM6_ATTR_SC_ID", Num),
    (5, "IOAM6_ATTR_SC_DATA", Hex),
    (6, "IOAM6_ATTR_SC_NONE", Flag),
    (7, "IOAM6_ATTR_PAD", Num),
];

static COMMANDS: Words = &[
    (1, "IOAM6_CMD_ADD_NAMESPACE", &IOAM6),
    (2, "IOAM6_CMD_DEL_NAMESPACE", &IOAM6),
    (3, "IOAM6_CMD_DUMP_NAMESPACES", &IOAM6),
    (4, "IOAM6_CMD_ADD_SCHEMA", &IOAM6),
    (5, "IOAM6_CMD_DEL_SCHEMA", &IOAM6),
    (6, "IOAM6_CMD_DUMP_SCHEMAS", &IOAM6),
    (7, "IOAM6_CMD_NS_SET_SCHEMA", &IOAM6),
];

static TRACE: Set = &[
    (1, "IOAM6_EVENT_ATTR_TRACE_NAMESPACE", Num),
    (2, "IOAM6_EVENT_ATTR_TRACE_NODELEN", Num),
    (3, "IOAM6_EVENT_ATTR_TRACE_TYPE", Num),
    (4, "IOAM6_EVENT_ATTR_TRACE_DATA", Hex),
];

/// `enum ioam6_event_type`
pub(super) static EVENTS: Words = &[(1, "IOAM6_EVENT_TRACE", &TRACE)];

/// The family `IOAM6`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "IOAM6", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
