//! Attributes of a bridge's multicast and VLAN databases: numbers and names of
//! `include/uapi/linux/if_bridge.h`.

use super::kind::Kind::{
    EtherFamily, Family, Headed, Index, Int, Ip, LongIp, Mask, Nest, Num, Pad, PaddedMac, Struct,
    Word,
};
use super::kind::{Bits, Fields, Set, structure};
use super::link::{BRIDGE_VLAN_INFO, PORT_STATES};
use crate::decode::names::Table;
use crate::decode::names::words::{FAMILIES, ROUTE_PROTOCOLS};

pub(in crate::decode) static BR_PORT_MSG: Fields = structure("br_port_msg").of(&[
    ("family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("ifindex", 4, Index),
]);

pub(in crate::decode) static BR_VLAN_MSG: Fields = structure("br_vlan_msg").of(&[
    ("family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("ifindex", 4, Index),
]);

static BR_MDB_ENTRY: Fields = structure("br_mdb_entry").of(&[
    ("ifindex", 4, Index),
    ("state", 1, Word(&MDB_STATES)),
    ("flags", 1, Mask(&MDB_FLAGS)),
    ("vid", 2, Num),
    ("addr", 16, Family(&[(2, LongIp), (10, LongIp)], &PaddedMac)),
    ("proto", 2, EtherFamily),
    ("pad", 2, Pad),
]);

static MDB_STATES: Table = &[(0, "temp"), (1, "permanent")];

static MDB_FLAGS: Bits = &[
    (1, "offload"),
    (2, "fast_leave"),
    (4, "added_by_star_ex"),
    (8, "blocked"),
    (16, "offload_failed"),
];

pub(in crate::decode) static MDB: Set =
    &[(1, "MDBA_MDB", Nest(&MDB_ENTRIES)), (2, "MDBA_ROUTER", Nest(&MDB_ROUTER))];

static MDB_ENTRIES: Set = &[(1, "MDBA_MDB_ENTRY", Nest(&MDB_ENTRY))];

static MDB_ENTRY: Set = &[(1, "MDBA_MDB_ENTRY_INFO", Headed(&BR_MDB_ENTRY, &MDB_EATTR))];

static MDB_EATTR: Set = &[
    (1, "MDBA_MDB_EATTR_TIMER", Num),
    (2, "MDBA_MDB_EATTR_SRC_LIST", Nest(&SOURCES)),
    (3, "MDBA_MDB_EATTR_GROUP_MODE", Word(&GROUP_MODES)),
    (4, "MDBA_MDB_EATTR_SOURCE", Ip),
    (5, "MDBA_MDB_EATTR_RTPROT", Word(&ROUTE_PROTOCOLS)),
    (6, "MDBA_MDB_EATTR_DST", Ip),
    (7, "MDBA_MDB_EATTR_DST_PORT", Num),
    (8, "MDBA_MDB_EATTR_VNI", Num),
    (9, "MDBA_MDB_EATTR_IFINDEX", Num),
    (10, "MDBA_MDB_EATTR_SRC_VNI", Num),
];

static MDB_ROUTER: Set = &[(1, "MDBA_ROUTER_PORT", Headed(&ROUTER_PORT, &ROUTER_PATTR))];

static ROUTER_PORT: Fields = structure("").of(&[("ifindex", 4, Index)]);

static ROUTER_PATTR: Set = &[
    (1, "MDBA_ROUTER_PATTR_TIMER", Num),
    (2, "MDBA_ROUTER_PATTR_TYPE", Num),
    (3, "MDBA_ROUTER_PATTR_INET_TIMER", Num),
    (4, "MDBA_ROUTER_PATTR_INET6_TIMER", Num),
    (5, "MDBA_ROUTER_PATTR_VID", Num),
];

pub(in crate::decode) static MDB_REQUEST: Set =
    &[(1, "MDBA_SET_ENTRY", Struct(&BR_MDB_ENTRY)), (2, "MDBA_SET_ENTRY_ATTRS", Nest(&MDB_SET))];

/// What a question for one entry holds.
pub(in crate::decode) static MDB_GET: Set =
    &[(1, "MDBA_GET_ENTRY", Struct(&BR_MDB_ENTRY)), (2, "MDBA_GET_ENTRY_ATTRS", Nest(&MDB_SET))];

static MDB_SET: Set = &[
    (1, "MDBE_ATTR_SOURCE", Ip),
    (2, "MDBE_ATTR_SRC_LIST", Nest(&SET_SOURCES)),
    (3, "MDBE_ATTR_GROUP_MODE", Word(&GROUP_MODES)),
    (4, "MDBE_ATTR_RTPROT", Word(&ROUTE_PROTOCOLS)),
    (5, "MDBE_ATTR_DST", Ip),
    (6, "MDBE_ATTR_DST_PORT", Num),
    (7, "MDBE_ATTR_VNI", Num),
    (8, "MDBE_ATTR_IFINDEX", Int),
    (9, "MDBE_ATTR_SRC_VNI", Num),
    (10, "MDBE_ATTR_STATE_MASK", Num),
];

pub(in crate::decode) static VLANDB: Set = &[
    (1, "BRIDGE_VLANDB_ENTRY", Nest(&VLANDB_ENTRY)),
    (2, "BRIDGE_VLANDB_GLOBAL_OPTIONS", Nest(&VLANDB_GLOBAL)),
];

/// `BRIDGE_VLANDB_DUMPF_*`
static DUMP_FLAGS: Bits = &[(1, "stats"), (2, "global")];

/// What a question for VLANs holds.
pub(in crate::decode) static VLANDB_DUMP: Set =
    &[(1, "BRIDGE_VLANDB_DUMP_FLAGS", Mask(&DUMP_FLAGS))];

static VLANDB_ENTRY: Set = &[
    (1, "BRIDGE_VLANDB_ENTRY_INFO", Struct(&BRIDGE_VLAN_INFO)),
    (2, "BRIDGE_VLANDB_ENTRY_RANGE", Num),
    (3, "BRIDGE_VLANDB_ENTRY_STATE", Word(&PORT_STATES)),
    (4, "BRIDGE_VLANDB_ENTRY_TUNNEL_INFO", Nest(&TUNNEL_INFO)),
    (5, "BRIDGE_VLANDB_ENTRY_STATS", Nest(&VLAN_STATS)),
    (6, "BRIDGE_VLANDB_ENTRY_MCAST_ROUTER", Num),
    (7, "BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS", Num),
    (8, "BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS", Num),
    (9, "BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS", Num),
    (10, "BRIDGE_VLANDB_ENTRY_NEIGH_FORWARD_GRAT", Num),
];

static VLANDB_GLOBAL: Set = &[
    (1, "BRIDGE_VLANDB_GOPTS_ID", Num),
    (2, "BRIDGE_VLANDB_GOPTS_RANGE", Num),
    (3, "BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING", Num),
    (4, "BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION", Num),
    (5, "BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION", Num),
    (6, "BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT", Num),
    (7, "BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT", Num),
    (8, "BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL", Num),
    (9, "BRIDGE_VLANDB_GOPTS_PAD", Num),
    (10, "BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL", Num),
    (11, "BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL", Num),
    (12, "BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL", Num),
    (13, "BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL", Num),
    (14, "BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL", Num),
    (15, "BRIDGE_VLANDB_GOPTS_MCAST_QUERIER", Num),
    (16, "BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS", Nest(&MDB_ROUTER)),
    (17, "BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE", Nest(&QUERIER)),
    (18, "BRIDGE_VLANDB_GOPTS_MSTI", Num),
];

static SOURCES: Set = &[(1, "MDBA_MDB_SRCLIST_ENTRY", Nest(&SOURCE))];

static SOURCE: Set = &[(1, "MDBA_MDB_SRCATTR_ADDRESS", Ip), (2, "MDBA_MDB_SRCATTR_TIMER", Num)];

static SET_SOURCES: Set = &[(1, "MDBE_SRC_LIST_ENTRY", Nest(&SET_SOURCE))];

static SET_SOURCE: Set = &[(1, "MDBE_SRCATTR_ADDRESS", Ip)];

/// `MCAST_EXCLUDE` and `MCAST_INCLUDE`
static GROUP_MODES: Table = &[(0, "exclude"), (1, "include")];

static TUNNEL_INFO: Set =
    &[(1, "BRIDGE_VLANDB_TINFO_ID", Num), (2, "BRIDGE_VLANDB_TINFO_CMD", Num)];

static VLAN_STATS: Set = &[
    (1, "BRIDGE_VLANDB_STATS_RX_BYTES", Num),
    (2, "BRIDGE_VLANDB_STATS_RX_PACKETS", Num),
    (3, "BRIDGE_VLANDB_STATS_TX_BYTES", Num),
    (4, "BRIDGE_VLANDB_STATS_TX_PACKETS", Num),
    (5, "BRIDGE_VLANDB_STATS_PAD", Pad),
];

pub(in crate::decode) static QUERIER: Set = &[
    (1, "BRIDGE_QUERIER_IP_ADDRESS", Ip),
    (2, "BRIDGE_QUERIER_IP_PORT", Num),
    (3, "BRIDGE_QUERIER_IP_OTHER_TIMER", Num),
    (4, "BRIDGE_QUERIER_PAD", Pad),
    (5, "BRIDGE_QUERIER_IPV6_ADDRESS", Ip),
    (6, "BRIDGE_QUERIER_IPV6_PORT", Num),
    (7, "BRIDGE_QUERIER_IPV6_OTHER_TIMER", Num),
];
