//! Attributes of the generic family `nfsd`: numbers and names of `include/uapi/linux/nfsd_netlink.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Be, Flag, Hex, Int, Ip, Mask, Nest, Num, Pad, Secret, Sockaddr, Text, Word,
};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

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

static CACHE_TYPES: Table = &[(1, "svc_export"), (2, "expkey")];

/// A bit for each of the same.
static CACHES: Bits = &[(1, "svc_export"), (2, "expkey")];

static NOTIFY: Set = &[(1, "NFSD_A_CACHE_NOTIFY_CACHE_TYPE", Word(&CACHE_TYPES))];

static FLUSH: Set = &[(1, "NFSD_A_CACHE_FLUSH_MASK", Mask(&CACHES))];

/// `enum nfsd_export_flags`
static EXPORT_FLAGS: Bits = &[
    (1, "readonly"),
    (2, "insecure-port"),
    (4, "rootsquash"),
    (8, "allsquash"),
    (16, "async"),
    (32, "gathered-writes"),
    (64, "noreaddirplus"),
    (128, "security-label"),
    (256, "sign-fh"),
    (512, "nohide"),
    (1024, "nosubtreecheck"),
    (2048, "noauthnlm"),
    (4096, "msnfs"),
    (8192, "fsid"),
    (16384, "crossmount"),
    (32768, "noacl"),
    (65536, "v4root"),
    (131_072, "pnfs"),
];

/// `enum nfsd_xprtsec_mode`
static TRANSPORT_SECURITY: Bits = &[(1, "none"), (2, "tls"), (4, "mtls")];

static LOCATION: Set = &[(1, "NFSD_A_FSLOCATION_HOST", Text), (2, "NFSD_A_FSLOCATION_PATH", Text)];

static LOCATIONS: Set = &[(1, "NFSD_A_FSLOCATIONS_LOCATION", Nest(&LOCATION))];

static FLAVOR: Set = &[
    (1, "NFSD_A_AUTH_FLAVOR_PSEUDOFLAVOR", Num),
    (2, "NFSD_A_AUTH_FLAVOR_FLAGS", Mask(&EXPORT_FLAGS)),
];

static EXPORT: Set = &[
    (1, "NFSD_A_SVC_EXPORT_SEQNO", Num),
    (2, "NFSD_A_SVC_EXPORT_CLIENT", Text),
    (3, "NFSD_A_SVC_EXPORT_PATH", Text),
    (4, "NFSD_A_SVC_EXPORT_NEGATIVE", Flag),
    (5, "NFSD_A_SVC_EXPORT_EXPIRY", Num),
    (6, "NFSD_A_SVC_EXPORT_ANON_UID", Num),
    (7, "NFSD_A_SVC_EXPORT_ANON_GID", Num),
    (8, "NFSD_A_SVC_EXPORT_FSLOCATIONS", Nest(&LOCATIONS)),
    (9, "NFSD_A_SVC_EXPORT_UUID", Hex),
    (10, "NFSD_A_SVC_EXPORT_SECINFO", Nest(&FLAVOR)),
    (11, "NFSD_A_SVC_EXPORT_XPRTSEC", Mask(&TRANSPORT_SECURITY)),
    (12, "NFSD_A_SVC_EXPORT_FLAGS", Mask(&EXPORT_FLAGS)),
    (13, "NFSD_A_SVC_EXPORT_FSID", Int),
];

static EXPORT_REQS: Set = &[(1, "NFSD_A_SVC_EXPORT_REQS_REQUESTS", Nest(&EXPORT))];

static EXPKEY: Set = &[
    (1, "NFSD_A_EXPKEY_SEQNO", Num),
    (2, "NFSD_A_EXPKEY_CLIENT", Text),
    (3, "NFSD_A_EXPKEY_FSIDTYPE", Num),
    (4, "NFSD_A_EXPKEY_FSID", Hex),
    (5, "NFSD_A_EXPKEY_NEGATIVE", Flag),
    (6, "NFSD_A_EXPKEY_EXPIRY", Num),
    (7, "NFSD_A_EXPKEY_PATH", Text),
];

static EXPKEY_REQS: Set = &[(1, "NFSD_A_EXPKEY_REQS_REQUESTS", Nest(&EXPKEY))];

static UNLOCK_IP: Set = &[(1, "NFSD_A_UNLOCK_IP_ADDRESS", Sockaddr)];

static UNLOCK_FILESYSTEM: Set = &[(1, "NFSD_A_UNLOCK_FILESYSTEM_PATH", Text)];

static UNLOCK_EXPORT: Set = &[(1, "NFSD_A_UNLOCK_EXPORT_PATH", Text)];

static PROC_ENTRY: Set = &[
    (1, "NFSD_A_SERVER_PROC_ENTRY_OP", Num),
    (2, "NFSD_A_SERVER_PROC_ENTRY_COUNT", Num),
    (3, "NFSD_A_SERVER_PROC_ENTRY_PAD", Pad),
];

static STATS: Set = &[
    (1, "NFSD_A_SERVER_STATS_RC_HITS", Num),
    (2, "NFSD_A_SERVER_STATS_RC_MISSES", Num),
    (3, "NFSD_A_SERVER_STATS_RC_NOCACHE", Num),
    (4, "NFSD_A_SERVER_STATS_PAD", Pad),
    (5, "NFSD_A_SERVER_STATS_FH_STALE", Num),
    (6, "NFSD_A_SERVER_STATS_IO_READ", Num),
    (7, "NFSD_A_SERVER_STATS_IO_WRITE", Num),
    (8, "NFSD_A_SERVER_STATS_NETCNT", Num),
    (9, "NFSD_A_SERVER_STATS_NETUDPCNT", Num),
    (10, "NFSD_A_SERVER_STATS_NETTCPCNT", Num),
    (11, "NFSD_A_SERVER_STATS_NETTCPCONN", Num),
    (12, "NFSD_A_SERVER_STATS_RPCCNT", Num),
    (13, "NFSD_A_SERVER_STATS_RPCBADFMT", Num),
    (14, "NFSD_A_SERVER_STATS_RPCBADAUTH", Num),
    (15, "NFSD_A_SERVER_STATS_RPCBADCLNT", Num),
    (16, "NFSD_A_SERVER_STATS_PROC2_OPS", Nest(&PROC_ENTRY)),
    (17, "NFSD_A_SERVER_STATS_PROC3_OPS", Nest(&PROC_ENTRY)),
    (18, "NFSD_A_SERVER_STATS_PROC4_OPS", Nest(&PROC_ENTRY)),
    (19, "NFSD_A_SERVER_STATS_PROC4OPS_OPS", Nest(&PROC_ENTRY)),
    (20, "NFSD_A_SERVER_STATS_PROC4CB_OPS", Nest(&PROC_ENTRY)),
];

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
    (10, "NFSD_CMD_CACHE_NOTIFY", &NOTIFY),
    (11, "NFSD_CMD_SVC_EXPORT_GET_REQS", &EXPORT_REQS),
    (12, "NFSD_CMD_SVC_EXPORT_SET_REQS", &EXPORT_REQS),
    (13, "NFSD_CMD_EXPKEY_GET_REQS", &EXPKEY_REQS),
    (14, "NFSD_CMD_EXPKEY_SET_REQS", &EXPKEY_REQS),
    (15, "NFSD_CMD_CACHE_FLUSH", &FLUSH),
    (16, "NFSD_CMD_UNLOCK_IP", &UNLOCK_IP),
    (17, "NFSD_CMD_UNLOCK_FILESYSTEM", &UNLOCK_FILESYSTEM),
    (18, "NFSD_CMD_UNLOCK_EXPORT", &UNLOCK_EXPORT),
    (19, "NFSD_CMD_SERVER_STATS_GET", &STATS),
];

/// The family `nfsd`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "nfsd", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
