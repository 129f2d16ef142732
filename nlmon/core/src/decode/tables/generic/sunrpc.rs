//! Attributes of the generic family `sunrpc`: numbers and names of
//! `include/uapi/linux/sunrpc_netlink.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Flag, Mask, Nest, Num, Text, Word};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static CACHE_TYPES: Table = &[(1, "ip_map"), (2, "unix_gid")];

/// Bits of the same.
static CACHES: Bits = &[(1, "ip_map"), (2, "unix_gid")];

static NOTIFY: Set = &[(1, "SUNRPC_A_CACHE_NOTIFY_CACHE_TYPE", Word(&CACHE_TYPES))];

static IP_MAP: Set = &[
    (1, "SUNRPC_A_IP_MAP_SEQNO", Num),
    (2, "SUNRPC_A_IP_MAP_CLASS", Text),
    (3, "SUNRPC_A_IP_MAP_ADDR", Text),
    (4, "SUNRPC_A_IP_MAP_DOMAIN", Text),
    (5, "SUNRPC_A_IP_MAP_NEGATIVE", Flag),
    (6, "SUNRPC_A_IP_MAP_EXPIRY", Num),
];

static IP_MAP_REQS: Set = &[(1, "SUNRPC_A_IP_MAP_REQS_REQUESTS", Nest(&IP_MAP))];

static UNIX_GID: Set = &[
    (1, "SUNRPC_A_UNIX_GID_SEQNO", Num),
    (2, "SUNRPC_A_UNIX_GID_UID", Num),
    (3, "SUNRPC_A_UNIX_GID_GIDS", Num),
    (4, "SUNRPC_A_UNIX_GID_NEGATIVE", Flag),
    (5, "SUNRPC_A_UNIX_GID_EXPIRY", Num),
];

static UNIX_GID_REQS: Set = &[(1, "SUNRPC_A_UNIX_GID_REQS_REQUESTS", Nest(&UNIX_GID))];

static FLUSH: Set = &[(1, "SUNRPC_A_CACHE_FLUSH_MASK", Mask(&CACHES))];

static COMMANDS: Words = &[
    (1, "SUNRPC_CMD_CACHE_NOTIFY", &NOTIFY),
    (2, "SUNRPC_CMD_IP_MAP_GET_REQS", &IP_MAP_REQS),
    (3, "SUNRPC_CMD_IP_MAP_SET_REQS", &IP_MAP_REQS),
    (4, "SUNRPC_CMD_UNIX_GID_GET_REQS", &UNIX_GID_REQS),
    (5, "SUNRPC_CMD_UNIX_GID_SET_REQS", &UNIX_GID_REQS),
    (6, "SUNRPC_CMD_CACHE_FLUSH", &FLUSH),
];

/// The family `sunrpc`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "sunrpc", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
