//! Attributes of a neighbour and of a neighbour table: numbers and names of
//! `include/uapi/linux/neighbour.h`.

use super::kind::Kind::{
    Be, Flag, Index, Int, Ip, LinkIndex, Mac, Mask, Nest, Num, Pad, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Set, structure};
use crate::decode::names::words::{
    FAMILIES, NEIGHBOUR_FLAGS, NEIGHBOUR_STATES, ROUTE_PROTOCOLS, ROUTE_TYPES,
};

static NDA_CACHEINFO: Fields = structure("nda_cacheinfo").of(&[
    ("confirmed", 4, Num),
    ("used", 4, Num),
    ("updated", 4, Num),
    ("refcnt", 4, Num),
]);

static NTF_EXT_FLAGS: Bits = &[(0x1, "managed"), (0x2, "locked"), (0x4, "ext-validated")];

pub(in crate::decode) static NEIGHBOUR_ATTRS: Set = &[
    (1, "NDA_DST", Ip),
    (2, "NDA_LLADDR", Mac),
    (3, "NDA_CACHEINFO", Struct(&NDA_CACHEINFO)),
    (4, "NDA_PROBES", Num),
    (5, "NDA_VLAN", Num),
    (6, "NDA_PORT", Be),
    (7, "NDA_VNI", Num),
    (8, "NDA_IFINDEX", LinkIndex),
    (9, "NDA_MASTER", Index),
    (10, "NDA_LINK_NETNSID", Int),
    (11, "NDA_SRC_VNI", Num),
    (12, "NDA_PROTOCOL", Word(&ROUTE_PROTOCOLS)),
    (13, "NDA_NH_ID", Num),
    (14, "NDA_FDB_EXT_ATTRS", Nest(&FDB_EXT)),
    (15, "NDA_FLAGS_EXT", Mask(&NTF_EXT_FLAGS)),
    (16, "NDA_NDM_STATE_MASK", Num),
    (17, "NDA_NDM_FLAGS_MASK", Num),
];

static NDT_CONFIG: Fields = structure("ndt_config").of(&[
    ("key_len", 2, Num),
    ("entry_size", 2, Num),
    ("entries", 4, Num),
    ("last_flush", 4, Num),
    ("last_rand", 4, Num),
    ("hash_rnd", 4, Num),
    ("hash_mask", 4, Num),
    ("hash_chain_gc", 4, Num),
    ("proxy_qlen", 4, Num),
]);

static NDTPA_ATTRS: Set = &[
    (1, "NDTPA_IFINDEX", Index),
    (2, "NDTPA_REFCNT", Num),
    (3, "NDTPA_REACHABLE_TIME", Num),
    (4, "NDTPA_BASE_REACHABLE_TIME", Num),
    (5, "NDTPA_RETRANS_TIME", Num),
    (6, "NDTPA_GC_STALETIME", Num),
    (7, "NDTPA_DELAY_PROBE_TIME", Num),
    (8, "NDTPA_QUEUE_LEN", Num),
    (9, "NDTPA_APP_PROBES", Num),
    (10, "NDTPA_UCAST_PROBES", Num),
    (11, "NDTPA_MCAST_PROBES", Num),
    (12, "NDTPA_ANYCAST_DELAY", Num),
    (13, "NDTPA_PROXY_DELAY", Num),
    (14, "NDTPA_PROXY_QLEN", Num),
    (15, "NDTPA_LOCKTIME", Num),
    (16, "NDTPA_QUEUE_LENBYTES", Num),
    (17, "NDTPA_MCAST_REPROBES", Num),
    (18, "NDTPA_PAD", Num),
    (19, "NDTPA_INTERVAL_PROBE_TIME_MS", Num),
];

static NDT_STATS: Fields = structure("ndt_stats").of(&[
    ("allocs", 8, Num),
    ("destroys", 8, Num),
    ("hash_grows", 8, Num),
    ("res_failed", 8, Num),
    ("lookups", 8, Num),
    ("hits", 8, Num),
    ("rcv_probes_mcast", 8, Num),
    ("rcv_probes_ucast", 8, Num),
    ("periodic_gc_runs", 8, Num),
    ("forced_gc_runs", 8, Num),
    ("table_fulls", 8, Num),
]);

pub(in crate::decode) static NDT_ATTRS: Set = &[
    (1, "NDTA_NAME", Text),
    (2, "NDTA_THRESH1", Num),
    (3, "NDTA_THRESH2", Num),
    (4, "NDTA_THRESH3", Num),
    (5, "NDTA_CONFIG", Struct(&NDT_CONFIG)),
    (6, "NDTA_PARMS", Nest(&NDTPA_ATTRS)),
    (7, "NDTA_STATS", Struct(&NDT_STATS)),
    (8, "NDTA_GC_INTERVAL", Num),
    (9, "NDTA_PAD", Num),
];

pub(in crate::decode) static NDMSG: Fields = structure("ndmsg").of(&[
    ("ndm_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("ndm_ifindex", 4, Index),
    ("ndm_state", 2, Mask(&NEIGHBOUR_STATES)),
    ("ndm_flags", 1, Mask(&NEIGHBOUR_FLAGS)),
    ("ndm_type", 1, Word(&ROUTE_TYPES)),
]);

pub(in crate::decode) static NDTMSG: Fields =
    structure("ndtmsg").of(&[("ndtm_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)]);

static FDB_EXT: Set = &[(1, "NFEA_ACTIVITY_NOTIFY", Num), (2, "NFEA_DONT_REFRESH", Flag)];
