//! Attributes of a next hop object: numbers and names of `include/uapi/linux/nexthop.h`.

use super::kind::Kind::{Be, Each, Flag, Index, Ip, Mask, Nest, Num, Pad, Select, Struct, Word};
use super::kind::{Fields, Set, structure};
use super::route::{ENCAP_TYPES, ENCAPS, ROUTE_FLAGS};
use crate::decode::names::Table;
use crate::decode::names::words::{FAMILIES, ROUTE_PROTOCOLS, SCOPES};

pub(in crate::decode) static NHMSG: Fields = structure("nhmsg").of(&[
    ("nh_family", 1, Word(&FAMILIES)),
    ("nh_scope", 1, Word(&SCOPES)),
    ("nh_protocol", 1, Word(&ROUTE_PROTOCOLS)),
    ("resvd", 1, Pad),
    ("nh_flags", 4, Mask(&ROUTE_FLAGS)),
]);

static NEXTHOP_GRP: Fields = structure("nexthop_grp").of(&[
    ("id", 4, Num),
    ("weight", 1, Num),
    ("weight_high", 1, Num),
    ("resvd2", 2, Pad),
]);

static GROUP_TYPES: Table = &[(0, "mpath"), (1, "resilient")];

pub(in crate::decode) static NEXTHOP: Set = &[
    (1, "NHA_ID", Num),
    (2, "NHA_GROUP", Each(8, &Struct(&NEXTHOP_GRP))),
    (3, "NHA_GROUP_TYPE", Word(&GROUP_TYPES)),
    (4, "NHA_BLACKHOLE", Flag),
    (5, "NHA_OIF", Index),
    (6, "NHA_GATEWAY", Ip),
    (7, "NHA_ENCAP_TYPE", Word(&ENCAP_TYPES)),
    (8, "NHA_ENCAP", Select(7, &ENCAPS)),
    (9, "NHA_GROUPS", Flag),
    (10, "NHA_MASTER", Index),
    (11, "NHA_FDB", Flag),
    (12, "NHA_RES_GROUP", Nest(&RES_GROUP)),
    (13, "NHA_RES_BUCKET", Nest(&RES_BUCKET)),
    (14, "NHA_OP_FLAGS", Num),
    (15, "NHA_GROUP_STATS", Nest(&GROUP_STATS)),
    (16, "NHA_HW_STATS_ENABLE", Num),
    (17, "NHA_HW_STATS_USED", Num),
    (18, "NHA_DST_PORT", Be),
];

static RES_GROUP: Set = &[
    (1, "NHA_RES_GROUP_BUCKETS", Num),
    (2, "NHA_RES_GROUP_IDLE_TIMER", Num),
    (3, "NHA_RES_GROUP_UNBALANCED_TIMER", Num),
    (4, "NHA_RES_GROUP_UNBALANCED_TIME", Num),
];

static RES_BUCKET: Set = &[
    (1, "NHA_RES_BUCKET_INDEX", Num),
    (2, "NHA_RES_BUCKET_IDLE_TIME", Num),
    (3, "NHA_RES_BUCKET_NH_ID", Num),
];

static GROUP_STATS: Set = &[(1, "NHA_GROUP_STATS_ENTRY", Nest(&GROUP_STATS_ENTRY))];

static GROUP_STATS_ENTRY: Set = &[
    (1, "NHA_GROUP_STATS_ENTRY_ID", Num),
    (2, "NHA_GROUP_STATS_ENTRY_PACKETS", Num),
    (3, "NHA_GROUP_STATS_ENTRY_PACKETS_HW", Num),
];
