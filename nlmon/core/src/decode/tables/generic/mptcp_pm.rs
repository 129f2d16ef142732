//! Attributes of the generic family `mptcp_pm`: numbers and names of `include/uapi/linux/mptcp_pm.h`..
//! Events share their numbers with commands: what the kernel sends to its group is an event.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Be, Index, Ip, Nest, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

static ADDRESS: Set = &[
    (1, "MPTCP_PM_ADDR_ATTR_FAMILY", Num),
    (2, "MPTCP_PM_ADDR_ATTR_ID", Num),
    (3, "MPTCP_PM_ADDR_ATTR_ADDR4", Ip),
    (4, "MPTCP_PM_ADDR_ATTR_ADDR6", Ip),
    (5, "MPTCP_PM_ADDR_ATTR_PORT", Num),
    (6, "MPTCP_PM_ADDR_ATTR_FLAGS", Num),
    (7, "MPTCP_PM_ADDR_ATTR_IF_IDX", Index),
];

static ENDPOINT: Set = &[(1, "MPTCP_PM_ENDPOINT_ADDR", Nest(&ADDRESS))];

static ATTR: Set = &[
    (1, "MPTCP_PM_ATTR_ADDR", Nest(&ADDRESS)),
    (2, "MPTCP_PM_ATTR_RCV_ADD_ADDRS", Num),
    (3, "MPTCP_PM_ATTR_SUBFLOWS", Num),
    (4, "MPTCP_PM_ATTR_TOKEN", Num),
    (5, "MPTCP_PM_ATTR_LOC_ID", Num),
    (6, "MPTCP_PM_ATTR_ADDR_REMOTE", Nest(&ADDRESS)),
];

static EVENT_ATTR: Set = &[
    (1, "MPTCP_ATTR_TOKEN", Num),
    (2, "MPTCP_ATTR_FAMILY", Num),
    (3, "MPTCP_ATTR_LOC_ID", Num),
    (4, "MPTCP_ATTR_REM_ID", Num),
    (5, "MPTCP_ATTR_SADDR4", Ip),
    (6, "MPTCP_ATTR_SADDR6", Ip),
    (7, "MPTCP_ATTR_DADDR4", Ip),
    (8, "MPTCP_ATTR_DADDR6", Ip),
    (9, "MPTCP_ATTR_SPORT", Be),
    (10, "MPTCP_ATTR_DPORT", Be),
    (11, "MPTCP_ATTR_BACKUP", Num),
    (12, "MPTCP_ATTR_ERROR", Num),
    (13, "MPTCP_ATTR_FLAGS", Num),
    (14, "MPTCP_ATTR_TIMEOUT", Num),
    (15, "MPTCP_ATTR_IF_IDX", Index),
    (16, "MPTCP_ATTR_RESET_REASON", Num),
    (17, "MPTCP_ATTR_RESET_FLAGS", Num),
    (18, "MPTCP_ATTR_SERVER_SIDE", Num),
];

/// What the kernel tells the group `mptcp_pm_events`.
pub(in crate::decode) static EVENTS: Words = &[
    (1, "MPTCP_EVENT_CREATED", &EVENT_ATTR),
    (2, "MPTCP_EVENT_ESTABLISHED", &EVENT_ATTR),
    (3, "MPTCP_EVENT_CLOSED", &EVENT_ATTR),
    (6, "MPTCP_EVENT_ANNOUNCED", &EVENT_ATTR),
    (7, "MPTCP_EVENT_REMOVED", &EVENT_ATTR),
    (10, "MPTCP_EVENT_SUB_ESTABLISHED", &EVENT_ATTR),
    (11, "MPTCP_EVENT_SUB_CLOSED", &EVENT_ATTR),
    (13, "MPTCP_EVENT_SUB_PRIORITY", &EVENT_ATTR),
    (15, "MPTCP_EVENT_LISTENER_CREATED", &EVENT_ATTR),
    (16, "MPTCP_EVENT_LISTENER_CLOSED", &EVENT_ATTR),
];

static COMMANDS: Words = &[
    (1, "MPTCP_PM_CMD_ADD_ADDR", &ENDPOINT),
    (2, "MPTCP_PM_CMD_DEL_ADDR", &ENDPOINT),
    (3, "MPTCP_PM_CMD_GET_ADDR", &ATTR),
    (4, "MPTCP_PM_CMD_FLUSH_ADDRS", &ENDPOINT),
    (5, "MPTCP_PM_CMD_SET_LIMITS", &ATTR),
    (6, "MPTCP_PM_CMD_GET_LIMITS", &ATTR),
    (7, "MPTCP_PM_CMD_SET_FLAGS", &ATTR),
    (8, "MPTCP_PM_CMD_ANNOUNCE", &ATTR),
    (9, "MPTCP_PM_CMD_REMOVE", &ATTR),
    (10, "MPTCP_PM_CMD_SUBFLOW_CREATE", &ATTR),
    (11, "MPTCP_PM_CMD_SUBFLOW_DESTROY", &ATTR),
];

/// The family `mptcp_pm`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "mptcp_pm", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
