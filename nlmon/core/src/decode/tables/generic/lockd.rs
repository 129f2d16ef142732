//! Attributes of the generic family `lockd`: numbers and names of `include/uapi/linux/lockd_netlink.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::Num;
use crate::decode::tables::kind::{Generic, Set, Words};

static SERVER: Set = &[
    (1, "LOCKD_A_SERVER_GRACETIME", Num),
    (2, "LOCKD_A_SERVER_TCP_PORT", Num),
    (3, "LOCKD_A_SERVER_UDP_PORT", Num),
];

static COMMANDS: Words =
    &[(1, "LOCKD_CMD_SERVER_SET", &SERVER), (2, "LOCKD_CMD_SERVER_GET", &SERVER)];

/// The family `lockd`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "lockd", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
