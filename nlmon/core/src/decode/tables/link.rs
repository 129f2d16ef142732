//! Attributes of a link, of any kind: numbers and names of `include/uapi/linux/if_link.h` and
//! `if_bridge.h`.

use super::devconf::{ICMP6_STATS, INET_CONF, INET6_CONF, INET6_STATS};
use super::generic::devlink::DEVLINK;
use super::kind::Kind::{
    Be, BeWord, Each, Family, Flag, Hex, Index, Int, Ip, LinkIndex, List, Mac, Mask, Named, Nest,
    Num, Pad, PaddedMac, Secret, Select, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Kind, Options, Set, structure};
use super::link_kinds::{LINKINFO_DATA_MSG, LINKINFO_MEMBER_DATA_MSG};
use super::various::MULTICAST_TABLE;
use crate::decode::names::Table;
use crate::decode::names::words::{ETHERTYPES, FAMILIES, LINK_FLAGS, LINK_LAYERS, OPER_STATES};

static RTNL_LINK_STATS: Fields = structure("rtnl_link_stats").of(&[
    ("rx_packets", 4, Num),
    ("tx_packets", 4, Num),
    ("rx_bytes", 4, Num),
    ("tx_bytes", 4, Num),
    ("rx_errors", 4, Num),
    ("tx_errors", 4, Num),
    ("rx_dropped", 4, Num),
    ("tx_dropped", 4, Num),
    ("multicast", 4, Num),
    ("collisions", 4, Num),
    ("rx_length_errors", 4, Num),
    ("rx_over_errors", 4, Num),
    ("rx_crc_errors", 4, Num),
    ("rx_frame_errors", 4, Num),
    ("rx_fifo_errors", 4, Num),
    ("rx_missed_errors", 4, Num),
    ("tx_aborted_errors", 4, Num),
    ("tx_carrier_errors", 4, Num),
    ("tx_fifo_errors", 4, Num),
    ("tx_heartbeat_errors", 4, Num),
    ("tx_window_errors", 4, Num),
    ("rx_compressed", 4, Num),
    ("tx_compressed", 4, Num),
    ("rx_nohandler", 4, Num),
]);

static RTNL_LINK_IFMAP: Fields = structure("rtnl_link_ifmap").of(&[
    ("mem_start", 8, Num),
    ("mem_end", 8, Num),
    ("base_addr", 8, Num),
    ("irq", 2, Num),
    ("dma", 1, Num),
    ("port", 1, Num),
    ("pad", 4, Pad),
]);

pub(in crate::decode) static IFLA_BRIDGE_ID: Fields =
    structure("ifla_bridge_id").of(&[("prio", 2, Be), ("addr", 6, Mac)]);

/// `BR_STATE_*`
pub(in crate::decode) static PORT_STATES: Table =
    &[(0, "disabled"), (1, "listening"), (2, "learning"), (3, "forwarding"), (4, "blocking")];

pub(in crate::decode) static LINKINFO_BRPORT_ATTRS: Set = &[
    (1, "IFLA_BRPORT_STATE", Word(&PORT_STATES)),
    (2, "IFLA_BRPORT_PRIORITY", Num),
    (3, "IFLA_BRPORT_COST", Num),
    (4, "IFLA_BRPORT_MODE", Num),
    (5, "IFLA_BRPORT_GUARD", Num),
    (6, "IFLA_BRPORT_PROTECT", Num),
    (7, "IFLA_BRPORT_FAST_LEAVE", Num),
    (8, "IFLA_BRPORT_LEARNING", Num),
    (9, "IFLA_BRPORT_UNICAST_FLOOD", Num),
    (10, "IFLA_BRPORT_PROXYARP", Num),
    (11, "IFLA_BRPORT_LEARNING_SYNC", Num),
    (12, "IFLA_BRPORT_PROXYARP_WIFI", Num),
    (13, "IFLA_BRPORT_ROOT_ID", Struct(&IFLA_BRIDGE_ID)),
    (14, "IFLA_BRPORT_BRIDGE_ID", Struct(&IFLA_BRIDGE_ID)),
    (15, "IFLA_BRPORT_DESIGNATED_PORT", Num),
    (16, "IFLA_BRPORT_DESIGNATED_COST", Num),
    (17, "IFLA_BRPORT_ID", Num),
    (18, "IFLA_BRPORT_NO", Num),
    (19, "IFLA_BRPORT_TOPOLOGY_CHANGE_ACK", Num),
    (20, "IFLA_BRPORT_CONFIG_PENDING", Num),
    (21, "IFLA_BRPORT_MESSAGE_AGE_TIMER", Num),
    (22, "IFLA_BRPORT_FORWARD_DELAY_TIMER", Num),
    (23, "IFLA_BRPORT_HOLD_TIMER", Num),
    (24, "IFLA_BRPORT_FLUSH", Flag),
    (25, "IFLA_BRPORT_MULTICAST_ROUTER", Num),
    (26, "IFLA_BRPORT_PAD", Pad),
    (27, "IFLA_BRPORT_MCAST_FLOOD", Num),
    (28, "IFLA_BRPORT_MCAST_TO_UCAST", Num),
    (29, "IFLA_BRPORT_VLAN_TUNNEL", Num),
    (30, "IFLA_BRPORT_BCAST_FLOOD", Num),
    (31, "IFLA_BRPORT_GROUP_FWD_MASK", Num),
    (32, "IFLA_BRPORT_NEIGH_SUPPRESS", Num),
    (33, "IFLA_BRPORT_ISOLATED", Num),
    (34, "IFLA_BRPORT_BACKUP_PORT", Index),
    (35, "IFLA_BRPORT_MRP_RING_OPEN", Num),
    (36, "IFLA_BRPORT_MRP_IN_OPEN", Num),
    (37, "IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT", Num),
    (38, "IFLA_BRPORT_MCAST_EHT_HOSTS_CNT", Num),
    (39, "IFLA_BRPORT_LOCKED", Num),
    (40, "IFLA_BRPORT_MAB", Num),
    (41, "IFLA_BRPORT_MCAST_N_GROUPS", Num),
    (42, "IFLA_BRPORT_MCAST_MAX_GROUPS", Num),
    (43, "IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", Num),
    (44, "IFLA_BRPORT_BACKUP_NHID", Num),
    (45, "IFLA_BRPORT_NEIGH_FORWARD_GRAT", Num),
];

static LINKINFO_ATTRS: Set = &[
    (1, "IFLA_INFO_KIND", Text),
    (2, "IFLA_INFO_DATA", Select(1, &LINKINFO_DATA_MSG)),
    (3, "IFLA_INFO_XSTATS", Select(1, &KIND_STATS)),
    (4, "IFLA_INFO_SLAVE_KIND", Text),
    (5, "IFLA_INFO_SLAVE_DATA", Select(4, &LINKINFO_MEMBER_DATA_MSG)),
];

/// By the kind beside.
static KIND_STATS: Options = &[("can", Struct(&CAN_DEVICE_STATS))];

static CAN_DEVICE_STATS: Fields = structure("can_device_stats").of(&[
    ("bus_error", 4, Num),
    ("error_warning", 4, Num),
    ("error_passive", 4, Num),
    ("bus_off", 4, Num),
    ("arbitration_lost", 4, Num),
    ("restarts", 4, Num),
]);

static IFLA_VF_MAC: Fields = structure("ifla_vf_mac").of(&[("vf", 4, Num), ("mac", 32, PaddedMac)]);

static IFLA_VF_VLAN: Fields =
    structure("ifla_vf_vlan").of(&[("vf", 4, Num), ("vlan", 4, Num), ("qos", 4, Num)]);

static IFLA_VF_TX_RATE: Fields =
    structure("ifla_vf_tx_rate").of(&[("vf", 4, Num), ("rate", 4, Num)]);

static IFLA_VF_SPOOFCHK: Fields =
    structure("ifla_vf_spoofchk").of(&[("vf", 4, Num), ("setting", 4, Num)]);

static IFLA_VF_LINK_STATE_ENUM: Table = &[(0, "auto"), (1, "enable"), (2, "disable")];

static IFLA_VF_LINK_STATE: Fields = structure("ifla_vf_link_state")
    .of(&[("vf", 4, Num), ("link_state", 4, Word(&IFLA_VF_LINK_STATE_ENUM))]);

static IFLA_VF_RATE: Fields = structure("ifla_vf_rate").of(&[
    ("vf", 4, Num),
    ("min_tx_rate", 4, Num),
    ("max_tx_rate", 4, Num),
]);

static IFLA_VF_RSS_QUERY_EN: Fields =
    structure("ifla_vf_rss_query_en").of(&[("vf", 4, Num), ("setting", 4, Num)]);

static VF_STATS_ATTRS: Set = &[
    (0, "IFLA_VF_STATS_RX_PACKETS", Num),
    (1, "IFLA_VF_STATS_TX_PACKETS", Num),
    (2, "IFLA_VF_STATS_RX_BYTES", Num),
    (3, "IFLA_VF_STATS_TX_BYTES", Num),
    (4, "IFLA_VF_STATS_BROADCAST", Num),
    (5, "IFLA_VF_STATS_MULTICAST", Num),
    (6, "IFLA_VF_STATS_PAD", Num),
    (7, "IFLA_VF_STATS_RX_DROPPED", Num),
    (8, "IFLA_VF_STATS_TX_DROPPED", Num),
];

static IFLA_VF_TRUST: Fields =
    structure("ifla_vf_trust").of(&[("vf", 4, Num), ("setting", 4, Num)]);

static IFLA_VF_GUID: Fields =
    structure("ifla_vf_guid").of(&[("vf", 4, Num), ("pad", 4, Pad), ("guid", 8, Num)]);

static IFLA_VF_VLAN_INFO: Fields = structure("ifla_vf_vlan_info").of(&[
    ("vf", 4, Num),
    ("vlan", 4, Num),
    ("qos", 4, Num),
    ("vlan_proto", 2, BeWord(&ETHERTYPES)),
    ("pad", 2, Pad),
]);

static VF_VLAN_ATTRS: Set = &[(1, "IFLA_VF_VLAN_INFO", Struct(&IFLA_VF_VLAN_INFO))];

static VFINFO_ATTRS: Set = &[
    (1, "IFLA_VF_MAC", Struct(&IFLA_VF_MAC)),
    (2, "IFLA_VF_VLAN", Struct(&IFLA_VF_VLAN)),
    (3, "IFLA_VF_TX_RATE", Struct(&IFLA_VF_TX_RATE)),
    (4, "IFLA_VF_SPOOFCHK", Struct(&IFLA_VF_SPOOFCHK)),
    (5, "IFLA_VF_LINK_STATE", Struct(&IFLA_VF_LINK_STATE)),
    (6, "IFLA_VF_RATE", Struct(&IFLA_VF_RATE)),
    (7, "IFLA_VF_RSS_QUERY_EN", Struct(&IFLA_VF_RSS_QUERY_EN)),
    (8, "IFLA_VF_STATS", Nest(&VF_STATS_ATTRS)),
    (9, "IFLA_VF_TRUST", Struct(&IFLA_VF_TRUST)),
    (10, "IFLA_VF_IB_NODE_GUID", Struct(&IFLA_VF_GUID)),
    (11, "IFLA_VF_IB_PORT_GUID", Struct(&IFLA_VF_GUID)),
    (12, "IFLA_VF_VLAN_LIST", Nest(&VF_VLAN_ATTRS)),
    (13, "IFLA_VF_BROADCAST", PaddedMac),
];

static VFINFO_LIST_ATTRS: Set = &[(1, "IFLA_VF_INFO", Nest(&VFINFO_ATTRS))];

static RTNL_LINK_STATS64: Fields = structure("rtnl_link_stats64").of(&[
    ("rx_packets", 8, Num),
    ("tx_packets", 8, Num),
    ("rx_bytes", 8, Num),
    ("tx_bytes", 8, Num),
    ("rx_errors", 8, Num),
    ("tx_errors", 8, Num),
    ("rx_dropped", 8, Num),
    ("tx_dropped", 8, Num),
    ("multicast", 8, Num),
    ("collisions", 8, Num),
    ("rx_length_errors", 8, Num),
    ("rx_over_errors", 8, Num),
    ("rx_crc_errors", 8, Num),
    ("rx_frame_errors", 8, Num),
    ("rx_fifo_errors", 8, Num),
    ("rx_missed_errors", 8, Num),
    ("tx_aborted_errors", 8, Num),
    ("tx_carrier_errors", 8, Num),
    ("tx_fifo_errors", 8, Num),
    ("tx_heartbeat_errors", 8, Num),
    ("tx_window_errors", 8, Num),
    ("rx_compressed", 8, Num),
    ("tx_compressed", 8, Num),
    ("rx_nohandler", 8, Num),
    ("rx_otherhost_dropped", 8, Num),
]);

static VF_PORTS_ATTRS: Set = &[(1, "IFLA_VF_PORT", Nest(&PORT_ATTRS))];

static RTEXT_FILTER: Bits = &[
    (0x1, "vf"),
    (0x2, "brvlan"),
    (0x4, "brvlan-compressed"),
    (0x8, "skip-stats"),
    (0x10, "mrp"),
    (0x20, "cfm-config"),
    (0x40, "cfm-status"),
    (0x80, "mst"),
];

static XDP_ATTRS: Set = &[
    (1, "IFLA_XDP_FD", Int),
    (2, "IFLA_XDP_ATTACHED", Word(&XDP_ATTACHED)),
    (3, "IFLA_XDP_FLAGS", Mask(&XDP_FLAGS)),
    (4, "IFLA_XDP_PROG_ID", Num),
    (5, "IFLA_XDP_DRV_PROG_ID", Num),
    (6, "IFLA_XDP_SKB_PROG_ID", Num),
    (7, "IFLA_XDP_HW_PROG_ID", Num),
    (8, "IFLA_XDP_EXPECTED_FD", Int),
];

static LINK_DPLL_PIN_ATTRS: Set = &[(1, "DPLL_A_ID", Num)];

static PROTO_DOWN_REASON: Set =
    &[(1, "IFLA_PROTO_DOWN_REASON_MASK", Num), (2, "IFLA_PROTO_DOWN_REASON_VALUE", Num)];

/// `struct iw_event` of the wireless extensions, which repeat what nl80211 withholds.
static IW_EVENT: Fields =
    structure("iw_event").of(&[("len", 2, Num), ("cmd", 2, Word(&IW_EVENTS)), ("u", 0, Secret)]);

/// `IWEV*` and `SIOC*` of `wireless.h`, as far as drivers send them.
static IW_EVENTS: Table = &[
    (0x8b04, "SIOCSIWFREQ"),
    (0x8b06, "SIOCSIWMODE"),
    (0x8b15, "SIOCGIWAP"),
    (0x8b19, "SIOCGIWSCAN"),
    (0x8b1a, "SIOCSIWESSID"),
    (0x8c00, "IWEVTXDROP"),
    (0x8c01, "IWEVQUAL"),
    (0x8c02, "IWEVCUSTOM"),
    (0x8c03, "IWEVREGISTERED"),
    (0x8c04, "IWEVEXPIRED"),
    (0x8c05, "IWEVGENIE"),
    (0x8c06, "IWEVMICHAELMICFAILURE"),
    (0x8c07, "IWEVASSOCREQIE"),
    (0x8c08, "IWEVASSOCRESPIE"),
    (0x8c09, "IWEVPMKIDCAND"),
];

pub(in crate::decode) static LINK_ATTRS: Set = &[
    (1, "IFLA_ADDRESS", Mac),
    (2, "IFLA_BROADCAST", Mac),
    (3, "IFLA_IFNAME", Text),
    (4, "IFLA_MTU", Num),
    (5, "IFLA_LINK", LinkIndex),
    (6, "IFLA_QDISC", Text),
    (7, "IFLA_STATS", Struct(&RTNL_LINK_STATS)),
    (8, "IFLA_COST", Hex),
    (9, "IFLA_PRIORITY", Num),
    (10, "IFLA_MASTER", Index),
    (11, "IFLA_WIRELESS", Struct(&IW_EVENT)),
    (
        12,
        "IFLA_PROTINFO",
        Family(&[(7, Nest(&LINKINFO_BRPORT_ATTRS)), (10, Nest(&IFLA6_ATTRS))], &Hex),
    ),
    (13, "IFLA_TXQLEN", Num),
    (14, "IFLA_MAP", Struct(&RTNL_LINK_IFMAP)),
    (15, "IFLA_WEIGHT", Num),
    (16, "IFLA_OPERSTATE", Word(&OPER_STATES)),
    (17, "IFLA_LINKMODE", Word(&LINK_MODES)),
    (18, "IFLA_LINKINFO", Nest(&LINKINFO_ATTRS)),
    (19, "IFLA_NET_NS_PID", Num),
    (20, "IFLA_IFALIAS", Text),
    (21, "IFLA_NUM_VF", Num),
    (22, "IFLA_VFINFO_LIST", Nest(&VFINFO_LIST_ATTRS)),
    (23, "IFLA_STATS64", Struct(&RTNL_LINK_STATS64)),
    (24, "IFLA_VF_PORTS", Nest(&VF_PORTS_ATTRS)),
    (25, "IFLA_PORT_SELF", Nest(&PORT_ATTRS)),
    (26, "IFLA_AF_SPEC", Family(AF_SPECS, &Nest(&AF_SPEC_ATTRS))),
    (27, "IFLA_GROUP", Num),
    (28, "IFLA_NET_NS_FD", Num),
    (29, "IFLA_EXT_MASK", Mask(&RTEXT_FILTER)),
    (30, "IFLA_PROMISCUITY", Num),
    (31, "IFLA_NUM_TX_QUEUES", Num),
    (32, "IFLA_NUM_RX_QUEUES", Num),
    (33, "IFLA_CARRIER", Num),
    (34, "IFLA_PHYS_PORT_ID", Hex),
    (35, "IFLA_CARRIER_CHANGES", Num),
    (36, "IFLA_PHYS_SWITCH_ID", Hex),
    (37, "IFLA_LINK_NETNSID", Int),
    (38, "IFLA_PHYS_PORT_NAME", Text),
    (39, "IFLA_PROTO_DOWN", Num),
    (40, "IFLA_GSO_MAX_SEGS", Num),
    (41, "IFLA_GSO_MAX_SIZE", Num),
    (42, "IFLA_PAD", Num),
    (43, "IFLA_XDP", Nest(&XDP_ATTRS)),
    (44, "IFLA_EVENT", Word(&LINK_EVENTS)),
    (45, "IFLA_NEW_NETNSID", Int),
    (46, "IFLA_TARGET_NETNSID", Int),
    (47, "IFLA_CARRIER_UP_COUNT", Num),
    (48, "IFLA_CARRIER_DOWN_COUNT", Num),
    (49, "IFLA_NEW_IFINDEX", Int),
    (50, "IFLA_MIN_MTU", Num),
    (51, "IFLA_MAX_MTU", Num),
    (52, "IFLA_PROP_LIST", Nest(&LINK_ATTRS)),
    (53, "IFLA_ALT_IFNAME", Text),
    (54, "IFLA_PERM_ADDRESS", Mac),
    (55, "IFLA_PROTO_DOWN_REASON", Nest(&PROTO_DOWN_REASON)),
    (56, "IFLA_PARENT_DEV_NAME", Text),
    (57, "IFLA_PARENT_DEV_BUS_NAME", Text),
    (58, "IFLA_GRO_MAX_SIZE", Num),
    (59, "IFLA_TSO_MAX_SIZE", Num),
    (60, "IFLA_TSO_MAX_SEGS", Num),
    (61, "IFLA_ALLMULTI", Num),
    (62, "IFLA_DEVLINK_PORT", Nest(&DEVLINK)),
    (63, "IFLA_GSO_IPV4_MAX_SIZE", Num),
    (64, "IFLA_GRO_IPV4_MAX_SIZE", Num),
    (65, "IFLA_DPLL_PIN", Nest(&LINK_DPLL_PIN_ATTRS)),
    (66, "IFLA_MAX_PACING_OFFLOAD_HORIZON", Num),
    (67, "IFLA_NETNS_IMMUTABLE", Num),
    (68, "IFLA_HEADROOM", Num),
    (69, "IFLA_TAILROOM", Num),
];

static HW_S_INFO_ONE: Set = &[
    (1, "IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST", Num),
    (2, "IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED", Num),
];

static LINK_OFFLOAD_XSTATS: Set = &[
    (1, "IFLA_OFFLOAD_XSTATS_CPU_HIT", Struct(&RTNL_LINK_STATS64)),
    (2, "IFLA_OFFLOAD_XSTATS_HW_S_INFO", List(&Nest(&HW_S_INFO_ONE))),
    (3, "IFLA_OFFLOAD_XSTATS_L3_STATS", Struct(&RTNL_HW_STATS64)),
];

pub(in crate::decode) static STATS_ATTRS: Set = &[
    (1, "IFLA_STATS_LINK_64", Struct(&RTNL_LINK_STATS64)),
    (2, "IFLA_STATS_LINK_XSTATS", Nest(&LINK_XSTATS)),
    (3, "IFLA_STATS_LINK_XSTATS_SLAVE", Nest(&LINK_XSTATS)),
    (4, "IFLA_STATS_LINK_OFFLOAD_XSTATS", Nest(&LINK_OFFLOAD_XSTATS)),
    (5, "IFLA_STATS_AF_SPEC", Nest(&STATS_AF_SPEC)),
];

/// What a question for statistics and a request to collect some hold. The filters are numbered as the
/// statistics are.
pub(in crate::decode) static STATS_REQUEST: Set = &[
    (1, "IFLA_STATS_GET_FILTERS", List(&Num)),
    (2, "IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS", Num),
];

static IFLA_CACHEINFO: Fields = structure("ifla_cacheinfo").of(&[
    ("max_reasm_len", 4, Num),
    ("tstamp", 4, Num),
    ("reachable_time", 4, Num),
    ("retrans_time", 4, Num),
]);

static IFLA6_ATTRS: Set = &[
    (1, "IFLA_INET6_FLAGS", Mask(&INET6_FLAGS)),
    (2, "IFLA_INET6_CONF", Named(4, &Int, INET6_CONF)),
    (3, "IFLA_INET6_STATS", Named(8, &Num, INET6_STATS)),
    (4, "IFLA_INET6_MCAST", Hex),
    (5, "IFLA_INET6_CACHEINFO", Struct(&IFLA_CACHEINFO)),
    (6, "IFLA_INET6_ICMP6STATS", Named(8, &Num, ICMP6_STATS)),
    (7, "IFLA_INET6_TOKEN", Ip),
    (8, "IFLA_INET6_ADDR_GEN_MODE", Word(&ADDR_GEN_MODES)),
    (9, "IFLA_INET6_RA_MTU", Num),
];

static IFLA_ATTRS: Set = &[(1, "IFLA_INET_CONF", Named(4, &Int, INET_CONF))];

static MCTP_ATTRS: Set = &[(1, "IFLA_MCTP_NET", Num), (2, "IFLA_MCTP_PHYS_BINDING", Num)];

/// Bridges and IPv4's multicast routing have attributes of their own there.
static AF_SPECS: &[(u8, Kind)] = &[(7, Nest(&BRIDGE_AF_SPEC)), (128, Nest(&MULTICAST_TABLE))];

static AF_SPEC_ATTRS: Set = &[
    (2, "AF_INET", Nest(&IFLA_ATTRS)),
    (10, "AF_INET6", Nest(&IFLA6_ATTRS)),
    (45, "AF_MCTP", Nest(&MCTP_ATTRS)),
];

pub(in crate::decode) static IF_STATS_MSG: Fields = structure("if_stats_msg").of(&[
    ("family", 1, Num),
    ("pad", 3, Pad),
    ("ifindex", 4, Index),
    ("filter_mask", 4, Mask(&STATS_FILTER)),
]);

pub(in crate::decode) static BRIDGE_VLAN_INFO: Fields =
    structure("bridge_vlan_info").of(&[("flags", 2, Mask(&BRIDGE_VLAN_FLAGS)), ("vid", 2, Num)]);

static BRIDGE_VLAN_FLAGS: Bits = &[
    (1, "master"),
    (2, "pvid"),
    (4, "untagged"),
    (8, "range_begin"),
    (16, "range_end"),
    (32, "brentry"),
    (64, "only_opts"),
];

static BRIDGE_AF_SPEC: Set = &[
    (0, "IFLA_BRIDGE_FLAGS", Mask(&BRIDGE_FLAGS)),
    (1, "IFLA_BRIDGE_MODE", Word(&BRIDGE_MODES)),
    (2, "IFLA_BRIDGE_VLAN_INFO", Struct(&BRIDGE_VLAN_INFO)),
    (3, "IFLA_BRIDGE_VLAN_TUNNEL_INFO", Nest(&BRIDGE_VLAN_TUNNEL)),
    (4, "IFLA_BRIDGE_MRP", Nest(&BRIDGE_MRP)),
    (5, "IFLA_BRIDGE_CFM", Nest(&BRIDGE_CFM)),
    (6, "IFLA_BRIDGE_MST", Nest(&BRIDGE_MST)),
];

static BRIDGE_VLAN_TUNNEL: Set = &[
    (1, "IFLA_BRIDGE_VLAN_TUNNEL_ID", Num),
    (2, "IFLA_BRIDGE_VLAN_TUNNEL_VID", Num),
    (3, "IFLA_BRIDGE_VLAN_TUNNEL_FLAGS", Num),
];

pub(in crate::decode) static IFINFOMSG: Fields = structure("ifinfomsg").of(&[
    ("ifi_family", 1, Word(&FAMILIES)),
    ("pad", 1, Pad),
    ("ifi_type", 2, Word(&LINK_LAYERS)),
    ("ifi_index", 4, Index),
    ("ifi_flags", 4, Mask(&LINK_FLAGS)),
    ("ifi_change", 4, Mask(&LINK_FLAGS)),
]);

/// `IF_*` of `net/if_inet6.h`
static INET6_FLAGS: Bits = &[
    (0x10, "rs_sent"),
    (0x20, "ra_rcvd"),
    (0x40, "ra_managed"),
    (0x80, "ra_otherconf"),
    (0x8000_0000, "ready"),
];

/// `IN6_ADDR_GEN_MODE_*`, in the words of `ip`
static ADDR_GEN_MODES: Table = &[(0, "eui64"), (1, "none"), (2, "stable_secret"), (3, "random")];

/// `IF_LINK_MODE_*`
static LINK_MODES: Table = &[(0, "default"), (1, "dormant"), (2, "testing")];

static LINK_EVENTS: Table = &[
    (0, "none"),
    (1, "reboot"),
    (2, "features"),
    (3, "bonding-failover"),
    (4, "notify-peers"),
    (5, "igmp-resend"),
    (6, "bonding-options"),
];

static XDP_ATTACHED: Table = &[(0, "none"), (1, "drv"), (2, "skb"), (3, "hw"), (4, "multi")];

static XDP_FLAGS: Bits = &[
    (0x1, "update-if-noexist"),
    (0x2, "skb-mode"),
    (0x4, "drv-mode"),
    (0x8, "hw-mode"),
    (0x10, "replace"),
];

static PORT_ATTRS: Set = &[
    (1, "IFLA_PORT_VF", Num),
    (2, "IFLA_PORT_PROFILE", Text),
    (3, "IFLA_PORT_VSI_TYPE", Struct(&PORT_VSI)),
    (4, "IFLA_PORT_INSTANCE_UUID", Hex),
    (5, "IFLA_PORT_HOST_UUID", Text),
    (6, "IFLA_PORT_REQUEST", Num),
    (7, "IFLA_PORT_RESPONSE", Num),
];

static PORT_VSI: Fields = structure("ifla_port_vsi").of(&[
    ("vsi_mgr_id", 1, Num),
    ("vsi_type_id", 3, Hex),
    ("vsi_type_version", 1, Num),
    ("pad", 3, Pad),
]);

static LINK_XSTATS: Set = &[
    (1, "LINK_XSTATS_TYPE_BRIDGE", Nest(&BRIDGE_XSTATS)),
    (2, "LINK_XSTATS_TYPE_BOND", Nest(&BOND_XSTATS)),
];

pub(in crate::decode) static BRIDGE_XSTATS: Set = &[
    (1, "BRIDGE_XSTATS_VLAN", Struct(&BRIDGE_VLAN_XSTATS)),
    (2, "BRIDGE_XSTATS_MCAST", Struct(&BR_MCAST_STATS)),
    (3, "BRIDGE_XSTATS_PAD", Pad),
    (4, "BRIDGE_XSTATS_STP", Struct(&BRIDGE_STP_XSTATS)),
];

static BRIDGE_VLAN_XSTATS: Fields = structure("bridge_vlan_xstats").of(&[
    ("rx_bytes", 8, Num),
    ("rx_packets", 8, Num),
    ("tx_bytes", 8, Num),
    ("tx_packets", 8, Num),
    ("vid", 2, Num),
    ("flags", 2, Mask(&BRIDGE_VLAN_FLAGS)),
    ("pad2", 4, Pad),
]);

static BR_MCAST_STATS: Fields = structure("br_mcast_stats").of(&[
    ("igmp_v1queries", 16, Each(8, &Num)),
    ("igmp_v2queries", 16, Each(8, &Num)),
    ("igmp_v3queries", 16, Each(8, &Num)),
    ("igmp_leaves", 16, Each(8, &Num)),
    ("igmp_v1reports", 16, Each(8, &Num)),
    ("igmp_v2reports", 16, Each(8, &Num)),
    ("igmp_v3reports", 16, Each(8, &Num)),
    ("igmp_parse_errors", 8, Num),
    ("mld_v1queries", 16, Each(8, &Num)),
    ("mld_v2queries", 16, Each(8, &Num)),
    ("mld_leaves", 16, Each(8, &Num)),
    ("mld_v1reports", 16, Each(8, &Num)),
    ("mld_v2reports", 16, Each(8, &Num)),
    ("mld_parse_errors", 8, Num),
    ("mcast_bytes", 16, Each(8, &Num)),
    ("mcast_packets", 16, Each(8, &Num)),
]);

static BRIDGE_STP_XSTATS: Fields = structure("bridge_stp_xstats").of(&[
    ("transition_blk", 8, Num),
    ("transition_fwd", 8, Num),
    ("rx_bpdu", 8, Num),
    ("tx_bpdu", 8, Num),
    ("rx_tcn", 8, Num),
    ("tx_tcn", 8, Num),
]);

static BOND_XSTATS: Set = &[(1, "BOND_XSTATS_3AD", Nest(&BOND_3AD_STATS))];

static BOND_3AD_STATS: Set = &[
    (0, "BOND_3AD_STAT_LACPDU_RX", Num),
    (1, "BOND_3AD_STAT_LACPDU_TX", Num),
    (2, "BOND_3AD_STAT_LACPDU_UNKNOWN_RX", Num),
    (3, "BOND_3AD_STAT_LACPDU_ILLEGAL_RX", Num),
    (4, "BOND_3AD_STAT_MARKER_RX", Num),
    (5, "BOND_3AD_STAT_MARKER_TX", Num),
    (6, "BOND_3AD_STAT_MARKER_RESP_RX", Num),
    (7, "BOND_3AD_STAT_MARKER_RESP_TX", Num),
    (8, "BOND_3AD_STAT_MARKER_UNKNOWN_RX", Num),
    (9, "BOND_3AD_STAT_PAD", Pad),
];

static RTNL_HW_STATS64: Fields = structure("rtnl_hw_stats64").of(&[
    ("rx_packets", 8, Num),
    ("tx_packets", 8, Num),
    ("rx_bytes", 8, Num),
    ("tx_bytes", 8, Num),
    ("rx_errors", 8, Num),
    ("tx_errors", 8, Num),
    ("rx_dropped", 8, Num),
    ("tx_dropped", 8, Num),
    ("multicast", 8, Num),
]);

static STATS_AF_SPEC: Set = &[(28, "AF_MPLS", Nest(&MPLS_STATS))];

static MPLS_STATS: Set = &[(1, "MPLS_STATS_LINK", Struct(&MPLS_LINK_STATS))];

static MPLS_LINK_STATS: Fields = structure("mpls_link_stats").of(&[
    ("rx_packets", 8, Num),
    ("tx_packets", 8, Num),
    ("rx_bytes", 8, Num),
    ("tx_bytes", 8, Num),
    ("rx_errors", 8, Num),
    ("tx_errors", 8, Num),
    ("rx_dropped", 8, Num),
    ("tx_dropped", 8, Num),
    ("rx_noroute", 8, Num),
]);

/// `IFLA_STATS_FILTER_BIT(IFLA_STATS_*)`
static STATS_FILTER: Bits = &[
    (0x1, "link-64"),
    (0x2, "link-xstats"),
    (0x4, "link-xstats-slave"),
    (0x8, "link-offload-xstats"),
    (0x10, "af-spec"),
];

static BRIDGE_MRP: Set = &[
    (1, "IFLA_BRIDGE_MRP_INSTANCE", Nest(&BRIDGE_MRP_INSTANCE)),
    (2, "IFLA_BRIDGE_MRP_PORT_STATE", Nest(&BRIDGE_MRP_PORT_STATE)),
    (3, "IFLA_BRIDGE_MRP_PORT_ROLE", Nest(&BRIDGE_MRP_PORT_ROLE)),
    (4, "IFLA_BRIDGE_MRP_RING_STATE", Nest(&BRIDGE_MRP_RING_STATE)),
    (5, "IFLA_BRIDGE_MRP_RING_ROLE", Nest(&BRIDGE_MRP_RING_ROLE)),
    (6, "IFLA_BRIDGE_MRP_START_TEST", Nest(&BRIDGE_MRP_START_TEST)),
    (7, "IFLA_BRIDGE_MRP_INFO", List(&Nest(&BRIDGE_MRP_INFO))),
    (8, "IFLA_BRIDGE_MRP_IN_ROLE", Nest(&BRIDGE_MRP_IN_ROLE)),
    (9, "IFLA_BRIDGE_MRP_IN_STATE", Nest(&BRIDGE_MRP_IN_STATE)),
    (10, "IFLA_BRIDGE_MRP_START_IN_TEST", Nest(&BRIDGE_MRP_START_IN_TEST)),
];

static BRIDGE_MRP_INSTANCE: Set = &[
    (1, "IFLA_BRIDGE_MRP_INSTANCE_RING_ID", Num),
    (2, "IFLA_BRIDGE_MRP_INSTANCE_P_IFINDEX", Num),
    (3, "IFLA_BRIDGE_MRP_INSTANCE_S_IFINDEX", Num),
    (4, "IFLA_BRIDGE_MRP_INSTANCE_PRIO", Num),
];

static BRIDGE_MRP_PORT_STATE: Set = &[(1, "IFLA_BRIDGE_MRP_PORT_STATE_STATE", Num)];

static BRIDGE_MRP_PORT_ROLE: Set = &[(1, "IFLA_BRIDGE_MRP_PORT_ROLE_ROLE", Num)];

static BRIDGE_MRP_RING_STATE: Set =
    &[(1, "IFLA_BRIDGE_MRP_RING_STATE_RING_ID", Num), (2, "IFLA_BRIDGE_MRP_RING_STATE_STATE", Num)];

static BRIDGE_MRP_RING_ROLE: Set =
    &[(1, "IFLA_BRIDGE_MRP_RING_ROLE_RING_ID", Num), (2, "IFLA_BRIDGE_MRP_RING_ROLE_ROLE", Num)];

static BRIDGE_MRP_START_TEST: Set = &[
    (1, "IFLA_BRIDGE_MRP_START_TEST_RING_ID", Num),
    (2, "IFLA_BRIDGE_MRP_START_TEST_INTERVAL", Num),
    (3, "IFLA_BRIDGE_MRP_START_TEST_MAX_MISS", Num),
    (4, "IFLA_BRIDGE_MRP_START_TEST_PERIOD", Num),
    (5, "IFLA_BRIDGE_MRP_START_TEST_MONITOR", Num),
];

static BRIDGE_MRP_INFO: Set = &[
    (1, "IFLA_BRIDGE_MRP_INFO_RING_ID", Num),
    (2, "IFLA_BRIDGE_MRP_INFO_P_IFINDEX", Num),
    (3, "IFLA_BRIDGE_MRP_INFO_S_IFINDEX", Num),
    (4, "IFLA_BRIDGE_MRP_INFO_PRIO", Num),
    (5, "IFLA_BRIDGE_MRP_INFO_RING_STATE", Num),
    (6, "IFLA_BRIDGE_MRP_INFO_RING_ROLE", Num),
    (7, "IFLA_BRIDGE_MRP_INFO_TEST_INTERVAL", Num),
    (8, "IFLA_BRIDGE_MRP_INFO_TEST_MAX_MISS", Num),
    (9, "IFLA_BRIDGE_MRP_INFO_TEST_MONITOR", Num),
    (10, "IFLA_BRIDGE_MRP_INFO_I_IFINDEX", Num),
    (11, "IFLA_BRIDGE_MRP_INFO_IN_STATE", Num),
    (12, "IFLA_BRIDGE_MRP_INFO_IN_ROLE", Num),
    (13, "IFLA_BRIDGE_MRP_INFO_IN_TEST_INTERVAL", Num),
    (14, "IFLA_BRIDGE_MRP_INFO_IN_TEST_MAX_MISS", Num),
];

static BRIDGE_MRP_IN_ROLE: Set = &[
    (1, "IFLA_BRIDGE_MRP_IN_ROLE_RING_ID", Num),
    (2, "IFLA_BRIDGE_MRP_IN_ROLE_IN_ID", Num),
    (3, "IFLA_BRIDGE_MRP_IN_ROLE_ROLE", Num),
    (4, "IFLA_BRIDGE_MRP_IN_ROLE_I_IFINDEX", Num),
];

static BRIDGE_MRP_IN_STATE: Set =
    &[(1, "IFLA_BRIDGE_MRP_IN_STATE_IN_ID", Num), (2, "IFLA_BRIDGE_MRP_IN_STATE_STATE", Num)];

static BRIDGE_MRP_START_IN_TEST: Set = &[
    (1, "IFLA_BRIDGE_MRP_START_IN_TEST_IN_ID", Num),
    (2, "IFLA_BRIDGE_MRP_START_IN_TEST_INTERVAL", Num),
    (3, "IFLA_BRIDGE_MRP_START_IN_TEST_MAX_MISS", Num),
    (4, "IFLA_BRIDGE_MRP_START_IN_TEST_PERIOD", Num),
];

static BRIDGE_CFM: Set = &[
    (1, "IFLA_BRIDGE_CFM_MEP_CREATE", Nest(&CFM_MEP_CREATE)),
    (2, "IFLA_BRIDGE_CFM_MEP_DELETE", Nest(&CFM_MEP_DELETE)),
    (3, "IFLA_BRIDGE_CFM_MEP_CONFIG", Nest(&CFM_MEP_CONFIG)),
    (4, "IFLA_BRIDGE_CFM_CC_CONFIG", Nest(&CFM_CC_CONFIG)),
    (5, "IFLA_BRIDGE_CFM_CC_PEER_MEP_ADD", Nest(&CFM_CC_PEER_MEP)),
    (6, "IFLA_BRIDGE_CFM_CC_PEER_MEP_REMOVE", Nest(&CFM_CC_PEER_MEP)),
    (7, "IFLA_BRIDGE_CFM_CC_RDI", Nest(&CFM_CC_RDI)),
    (8, "IFLA_BRIDGE_CFM_CC_CCM_TX", Nest(&CFM_CC_CCM_TX)),
    (9, "IFLA_BRIDGE_CFM_MEP_CREATE_INFO", Nest(&CFM_MEP_CREATE)),
    (10, "IFLA_BRIDGE_CFM_MEP_CONFIG_INFO", Nest(&CFM_MEP_CONFIG)),
    (11, "IFLA_BRIDGE_CFM_CC_CONFIG_INFO", Nest(&CFM_CC_CONFIG)),
    (12, "IFLA_BRIDGE_CFM_CC_RDI_INFO", Nest(&CFM_CC_RDI)),
    (13, "IFLA_BRIDGE_CFM_CC_CCM_TX_INFO", Nest(&CFM_CC_CCM_TX)),
    (14, "IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO", Nest(&CFM_CC_PEER_MEP)),
    (15, "IFLA_BRIDGE_CFM_MEP_STATUS_INFO", Nest(&CFM_MEP_STATUS)),
    (16, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_INFO", Nest(&CFM_CC_PEER_STATUS)),
];

static CFM_MEP_CREATE: Set = &[
    (1, "IFLA_BRIDGE_CFM_MEP_CREATE_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_MEP_CREATE_DOMAIN", Num),
    (3, "IFLA_BRIDGE_CFM_MEP_CREATE_DIRECTION", Num),
    (4, "IFLA_BRIDGE_CFM_MEP_CREATE_IFINDEX", Num),
];

static CFM_MEP_DELETE: Set = &[(1, "IFLA_BRIDGE_CFM_MEP_DELETE_INSTANCE", Num)];

static CFM_MEP_CONFIG: Set = &[
    (1, "IFLA_BRIDGE_CFM_MEP_CONFIG_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_MEP_CONFIG_UNICAST_MAC", Mac),
    (3, "IFLA_BRIDGE_CFM_MEP_CONFIG_MDLEVEL", Num),
    (4, "IFLA_BRIDGE_CFM_MEP_CONFIG_MEPID", Num),
];

static CFM_CC_CONFIG: Set = &[
    (1, "IFLA_BRIDGE_CFM_CC_CONFIG_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_CC_CONFIG_ENABLE", Num),
    (3, "IFLA_BRIDGE_CFM_CC_CONFIG_EXP_INTERVAL", Num),
    (4, "IFLA_BRIDGE_CFM_CC_CONFIG_EXP_MAID", Hex),
];

static CFM_CC_PEER_MEP: Set =
    &[(1, "IFLA_BRIDGE_CFM_CC_PEER_MEP_INSTANCE", Num), (2, "IFLA_BRIDGE_CFM_CC_PEER_MEPID", Num)];

static CFM_CC_RDI: Set =
    &[(1, "IFLA_BRIDGE_CFM_CC_RDI_INSTANCE", Num), (2, "IFLA_BRIDGE_CFM_CC_RDI_RDI", Num)];

static CFM_CC_CCM_TX: Set = &[
    (1, "IFLA_BRIDGE_CFM_CC_CCM_TX_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_CC_CCM_TX_DMAC", Mac),
    (3, "IFLA_BRIDGE_CFM_CC_CCM_TX_SEQ_NO_UPDATE", Num),
    (4, "IFLA_BRIDGE_CFM_CC_CCM_TX_PERIOD", Num),
    (5, "IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV", Num),
    (6, "IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV_VALUE", Num),
    (7, "IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV", Num),
    (8, "IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV_VALUE", Num),
];

static CFM_MEP_STATUS: Set = &[
    (1, "IFLA_BRIDGE_CFM_MEP_STATUS_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_MEP_STATUS_OPCODE_UNEXP_SEEN", Num),
    (3, "IFLA_BRIDGE_CFM_MEP_STATUS_VERSION_UNEXP_SEEN", Num),
    (4, "IFLA_BRIDGE_CFM_MEP_STATUS_RX_LEVEL_LOW_SEEN", Num),
];

static CFM_CC_PEER_STATUS: Set = &[
    (1, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_INSTANCE", Num),
    (2, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_PEER_MEPID", Num),
    (3, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_CCM_DEFECT", Num),
    (4, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_RDI", Num),
    (5, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_PORT_TLV_VALUE", Num),
    (6, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_IF_TLV_VALUE", Num),
    (7, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEEN", Num),
    (8, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_TLV_SEEN", Num),
    (9, "IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEQ_UNEXP_SEEN", Num),
];

static BRIDGE_MST: Set = &[(1, "IFLA_BRIDGE_MST_ENTRY", Nest(&BRIDGE_MST_ENTRY))];

static BRIDGE_MST_ENTRY: Set = &[
    (1, "IFLA_BRIDGE_MST_ENTRY_MSTI", Num),
    (2, "IFLA_BRIDGE_MST_ENTRY_STATE", Word(&PORT_STATES)),
];

static BRIDGE_FLAGS: Bits = &[(1, "master"), (2, "self")];

static BRIDGE_MODES: Table = &[(0, "veb"), (1, "vepa"), (0xffff, "undef")];
