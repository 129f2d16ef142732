//! Attributes of the generic family `nfsd`: numbers and names of `include/uapi/linux/nfsd_netlink.h`.

use crate::decode::tables::kind::Kind::{Be, Flag, Int, Ip, Nest, Num, Secret, Sockaddr, Text};
use crate::decode::tables::kind::{Generic, Set, Words};
use crate::decode::tables::{NO_ATTRIBUTES, NO_FIELDS};

static RPC_STATUS: Set = &[
    (1, "NFSD_A_RPC_STATUS_XID", Be),
    (2, "NFSD_A_RPC_STATUS_FLAGS", Num),
    (3, "NFSD_A_RPC_STATUS_PROG", Num),
    (4, "NFSD_A_RPC_STATUS_VERSION", Num),
    (5, "NFSD_A_RPC_STATUS_PROC", Num),
    (6, "NFSD_A_RPC_STATUS_SERVICE_TIME", Int),
    (7, "NFSD_A_RPC_STATUS_PAD", Num),
    (8, "NFSD_A_RPC_STATUS_SADDR4", Ip),
    (9, "NFSD_A_RPC_STATUS_DADDR4", Ip),
    (10, "NFSD_A_RPC_STATUS_SADDR6", Ip),
    (11, "NFSD_A_RPC_STATUS_DADDR6", Ip),
    (12, "NFSD_A_RPC_STATUS_SPORT", Be),
    (13, "NFSD_A_RPC_STATUS_DPORT", Be),
    (14, "NFSD_A_RPC_STATUS_COMPOUND_OPS", Num),
];

static SERVER: Set = &[
    (1, "NFSD_A_SERVER_THREADS", Num),
    (2, "NFSD_A_SERVER_GRACETIME", Num),
    (3, "NFSD_A_SERVER_LEASETIME", Num),
    (4, "NFSD_A_SERVER_SCOPE", Text),
    (5, "NFSD_A_SERVER_MIN_THREADS", Num),
    (6, "NFSD_A_SERVER_FH_KEY", Secret),
];

static VERSION: Set = &[
    (1, "NFSD_A_VERSION_MAJOR", Num),
    (2, "NFSD_A_VERSION_MINOR", Num),
    (3, "NFSD_A_VERSION_ENABLED", Flag),
];

static SERVER_PROTO: Set = &[(1, "NFSD_A_SERVER_PROTO_VERSION", Nest(&VERSION))];

static SOCK: Set = &[(1, "NFSD_A_SOCK_ADDR", Sockaddr), (2, "NFSD_A_SOCK_TRANSPORT_NAME", Text)];

static SERVER_SOCK: Set = &[(1, "NFSD_A_SERVER_SOCK_ADDR", Nest(&SOCK))];

static POOL_MODE: Set = &[(1, "NFSD_A_POOL_MODE_MODE", Text), (2, "NFSD_A_POOL_MODE_NPOOLS", Num)];

static COMMANDS: Words = &[
    (1, "NFSD_CMD_RPC_STATUS_GET", &RPC_STATUS),
    (2, "NFSD_CMD_THREADS_SET", &SERVER),
    (3, "NFSD_CMD_THREADS_GET", &SERVER),
    (4, "NFSD_CMD_VERSION_SET", &SERVER_PROTO),
    (5, "NFSD_CMD_VERSION_GET", &SERVER_PROTO),
    (6, "NFSD_CMD_LISTENER_SET", &SERVER_SOCK),
    (7, "NFSD_CMD_LISTENER_GET", &SERVER_SOCK),
    (8, "NFSD_CMD_POOL_MODE_SET", &POOL_MODE),
    (9, "NFSD_CMD_POOL_MODE_GET", &POOL_MODE),
    (10, "NFSD_CMD_CACHE_NOTIFY", &NO_ATTRIBUTES),
    (11, "NFSD_CMD_SVC_EXPORT_GET_REQS", &NO_ATTRIBUTES),
    (12, "NFSD_CMD_SVC_EXPORT_SET_REQS", &NO_ATTRIBUTES),
    (13, "NFSD_CMD_EXPKEY_GET_REQS", &NO_ATTRIBUTES),
    (14, "NFSD_CMD_EXPKEY_SET_REQS", &NO_ATTRIBUTES),
    (15, "NFSD_CMD_CACHE_FLUSH", &NO_ATTRIBUTES),
    (16, "NFSD_CMD_UNLOCK_IP", &NO_ATTRIBUTES),
    (17, "NFSD_CMD_UNLOCK_FILESYSTEM", &NO_ATTRIBUTES),
    (18, "NFSD_CMD_UNLOCK_EXPORT", &NO_ATTRIBUTES),
    (19, "NFSD_CMD_SERVER_STATS_GET", &NO_ATTRIBUTES),
];

/// The family `nfsd`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "nfsd", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
