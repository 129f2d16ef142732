//! Attributes of the generic family `HSR`: numbers and names of `include/uapi/linux/hsr_netlink.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Index, Mac, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

static HSR: Set = &[
    (1, "HSR_A_NODE_ADDR", Mac),
    (2, "HSR_A_IFINDEX", Index),
    (3, "HSR_A_IF1_AGE", Num),
    (4, "HSR_A_IF2_AGE", Num),
    (5, "HSR_A_NODE_ADDR_B", Mac),
    (6, "HSR_A_IF1_SEQ", Num),
    (7, "HSR_A_IF2_SEQ", Num),
    (8, "HSR_A_IF1_IFINDEX", Num),
    (9, "HSR_A_IF2_IFINDEX", Num),
    (10, "HSR_A_ADDR_B_IFINDEX", Num),
];

static COMMANDS: Words = &[
    (1, "HSR_C_RING_ERROR", &HSR),
    (2, "HSR_C_NODE_DOWN", &HSR),
    (3, "HSR_C_GET_NODE_STATUS", &HSR),
    (4, "HSR_C_SET_NODE_STATUS", &HSR),
    (5, "HSR_C_GET_NODE_LIST", &HSR),
    (6, "HSR_C_SET_NODE_LIST", &HSR),
];

/// The family `HSR`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "HSR", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
