//! What each kind of link (`IFLA_INFO_KIND`) has of its own: numbers and names of
//! `include/uapi/linux/if_link.h`, `if_tunnel.h` and `veth.h`.

use super::bridge::QUERIER;
use super::kind::Kind::{
    Be, BeWord, Each, Elsewhere, Flag, Headed, Hex, Index, Int, Ip, LinkIndex, List, Mac, Mask,
    Nest, Num, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Options, Set, structure};
use super::link::{IFINFOMSG, IFLA_BRIDGE_ID, LINK_ATTRS, LINKINFO_BRPORT_ATTRS};
use crate::decode::names::Table;
use crate::decode::names::words::ETHERTYPES;

static BOND_AD_INFO_ATTRS: Set = &[
    (1, "IFLA_BOND_AD_INFO_AGGREGATOR", Num),
    (2, "IFLA_BOND_AD_INFO_NUM_PORTS", Num),
    (3, "IFLA_BOND_AD_INFO_ACTOR_KEY", Num),
    (4, "IFLA_BOND_AD_INFO_PARTNER_KEY", Num),
    (5, "IFLA_BOND_AD_INFO_PARTNER_MAC", Mac),
];

static LINKINFO_BOND_ATTRS: Set = &[
    (1, "IFLA_BOND_MODE", Word(&BOND_MODES)),
    (2, "IFLA_BOND_ACTIVE_SLAVE", Index),
    (3, "IFLA_BOND_MIIMON", Num),
    (4, "IFLA_BOND_UPDELAY", Num),
    (5, "IFLA_BOND_DOWNDELAY", Num),
    (6, "IFLA_BOND_USE_CARRIER", Num),
    (7, "IFLA_BOND_ARP_INTERVAL", Num),
    (8, "IFLA_BOND_ARP_IP_TARGET", List(&Ip)),
    (9, "IFLA_BOND_ARP_VALIDATE", Num),
    (10, "IFLA_BOND_ARP_ALL_TARGETS", Num),
    (11, "IFLA_BOND_PRIMARY", Index),
    (12, "IFLA_BOND_PRIMARY_RESELECT", Num),
    (13, "IFLA_BOND_FAIL_OVER_MAC", Word(&BOND_FAIL_OVER)),
    (14, "IFLA_BOND_XMIT_HASH_POLICY", Word(&BOND_POLICIES)),
    (15, "IFLA_BOND_RESEND_IGMP", Num),
    (16, "IFLA_BOND_NUM_PEER_NOTIF", Num),
    (17, "IFLA_BOND_ALL_SLAVES_ACTIVE", Num),
    (18, "IFLA_BOND_MIN_LINKS", Num),
    (19, "IFLA_BOND_LP_INTERVAL", Num),
    (20, "IFLA_BOND_PACKETS_PER_SLAVE", Num),
    (21, "IFLA_BOND_AD_LACP_RATE", Word(&LACP_RATES)),
    (22, "IFLA_BOND_AD_SELECT", Word(&AD_SELECTS)),
    (23, "IFLA_BOND_AD_INFO", Nest(&BOND_AD_INFO_ATTRS)),
    (24, "IFLA_BOND_AD_ACTOR_SYS_PRIO", Num),
    (25, "IFLA_BOND_AD_USER_PORT_KEY", Num),
    (26, "IFLA_BOND_AD_ACTOR_SYSTEM", Mac),
    (27, "IFLA_BOND_TLB_DYNAMIC_LB", Num),
    (28, "IFLA_BOND_PEER_NOTIF_DELAY", Num),
    (29, "IFLA_BOND_AD_LACP_ACTIVE", Num),
    (30, "IFLA_BOND_MISSED_MAX", Num),
    (31, "IFLA_BOND_NS_IP6_TARGET", List(&Ip)),
    (32, "IFLA_BOND_COUPLED_CONTROL", Num),
    (33, "IFLA_BOND_BROADCAST_NEIGH", Num),
    (34, "IFLA_BOND_LACP_STRICT", Num),
];

static BR_BOOLOPT_MULTI: Fields =
    structure("br_boolopt_multi").of(&[("optval", 4, Num), ("optmask", 4, Num)]);

static LINKINFO_BRIDGE_ATTRS: Set = &[
    (1, "IFLA_BR_FORWARD_DELAY", Num),
    (2, "IFLA_BR_HELLO_TIME", Num),
    (3, "IFLA_BR_MAX_AGE", Num),
    (4, "IFLA_BR_AGEING_TIME", Num),
    (5, "IFLA_BR_STP_STATE", Num),
    (6, "IFLA_BR_PRIORITY", Num),
    (7, "IFLA_BR_VLAN_FILTERING", Num),
    (8, "IFLA_BR_VLAN_PROTOCOL", BeWord(&ETHERTYPES)),
    (9, "IFLA_BR_GROUP_FWD_MASK", Num),
    (10, "IFLA_BR_ROOT_ID", Struct(&IFLA_BRIDGE_ID)),
    (11, "IFLA_BR_BRIDGE_ID", Struct(&IFLA_BRIDGE_ID)),
    (12, "IFLA_BR_ROOT_PORT", Num),
    (13, "IFLA_BR_ROOT_PATH_COST", Num),
    (14, "IFLA_BR_TOPOLOGY_CHANGE", Num),
    (15, "IFLA_BR_TOPOLOGY_CHANGE_DETECTED", Num),
    (16, "IFLA_BR_HELLO_TIMER", Num),
    (17, "IFLA_BR_TCN_TIMER", Num),
    (18, "IFLA_BR_TOPOLOGY_CHANGE_TIMER", Num),
    (19, "IFLA_BR_GC_TIMER", Num),
    (20, "IFLA_BR_GROUP_ADDR", Mac),
    (21, "IFLA_BR_FDB_FLUSH", Flag),
    (22, "IFLA_BR_MCAST_ROUTER", Num),
    (23, "IFLA_BR_MCAST_SNOOPING", Num),
    (24, "IFLA_BR_MCAST_QUERY_USE_IFADDR", Num),
    (25, "IFLA_BR_MCAST_QUERIER", Num),
    (26, "IFLA_BR_MCAST_HASH_ELASTICITY", Num),
    (27, "IFLA_BR_MCAST_HASH_MAX", Num),
    (28, "IFLA_BR_MCAST_LAST_MEMBER_CNT", Num),
    (29, "IFLA_BR_MCAST_STARTUP_QUERY_CNT", Num),
    (30, "IFLA_BR_MCAST_LAST_MEMBER_INTVL", Num),
    (31, "IFLA_BR_MCAST_MEMBERSHIP_INTVL", Num),
    (32, "IFLA_BR_MCAST_QUERIER_INTVL", Num),
    (33, "IFLA_BR_MCAST_QUERY_INTVL", Num),
    (34, "IFLA_BR_MCAST_QUERY_RESPONSE_INTVL", Num),
    (35, "IFLA_BR_MCAST_STARTUP_QUERY_INTVL", Num),
    (36, "IFLA_BR_NF_CALL_IPTABLES", Num),
    (37, "IFLA_BR_NF_CALL_IP6TABLES", Num),
    (38, "IFLA_BR_NF_CALL_ARPTABLES", Num),
    (39, "IFLA_BR_VLAN_DEFAULT_PVID", Num),
    (40, "IFLA_BR_PAD", Num),
    (41, "IFLA_BR_VLAN_STATS_ENABLED", Num),
    (42, "IFLA_BR_MCAST_STATS_ENABLED", Num),
    (43, "IFLA_BR_MCAST_IGMP_VERSION", Num),
    (44, "IFLA_BR_MCAST_MLD_VERSION", Num),
    (45, "IFLA_BR_VLAN_STATS_PER_PORT", Num),
    (46, "IFLA_BR_MULTI_BOOLOPT", Struct(&BR_BOOLOPT_MULTI)),
    (47, "IFLA_BR_MCAST_QUERIER_STATE", Nest(&QUERIER)),
    (48, "IFLA_BR_FDB_N_LEARNED", Num),
    (49, "IFLA_BR_FDB_MAX_LEARNED", Num),
    (50, "IFLA_BR_STP_MODE", Num),
];

static LINKINFO_GRE_ATTRS: Set = &[
    (1, "IFLA_GRE_LINK", LinkIndex),
    (2, "IFLA_GRE_IFLAGS", Be),
    (3, "IFLA_GRE_OFLAGS", Be),
    (4, "IFLA_GRE_IKEY", Be),
    (5, "IFLA_GRE_OKEY", Be),
    (6, "IFLA_GRE_LOCAL", Ip),
    (7, "IFLA_GRE_REMOTE", Ip),
    (8, "IFLA_GRE_TTL", Num),
    (9, "IFLA_GRE_TOS", Num),
    (10, "IFLA_GRE_PMTUDISC", Num),
    (11, "IFLA_GRE_ENCAP_LIMIT", Num),
    (12, "IFLA_GRE_FLOWINFO", Be),
    (13, "IFLA_GRE_FLAGS", Num),
    (14, "IFLA_GRE_ENCAP_TYPE", Num),
    (15, "IFLA_GRE_ENCAP_FLAGS", Num),
    (16, "IFLA_GRE_ENCAP_SPORT", Be),
    (17, "IFLA_GRE_ENCAP_DPORT", Be),
    (18, "IFLA_GRE_COLLECT_METADATA", Flag),
    (19, "IFLA_GRE_IGNORE_DF", Num),
    (20, "IFLA_GRE_FWMARK", Num),
    (21, "IFLA_GRE_ERSPAN_INDEX", Num),
    (22, "IFLA_GRE_ERSPAN_VER", Num),
    (23, "IFLA_GRE_ERSPAN_DIR", Num),
    (24, "IFLA_GRE_ERSPAN_HWID", Num),
];

static IFLA_GENEVE_PORT_RANGE: Fields =
    structure("ifla_geneve_port_range").of(&[("low", 2, Be), ("high", 2, Be)]);

static LINKINFO_GENEVE_ATTRS: Set = &[
    (1, "IFLA_GENEVE_ID", Num),
    (2, "IFLA_GENEVE_REMOTE", Ip),
    (3, "IFLA_GENEVE_TTL", Num),
    (4, "IFLA_GENEVE_TOS", Num),
    (5, "IFLA_GENEVE_PORT", Be),
    (6, "IFLA_GENEVE_COLLECT_METADATA", Flag),
    (7, "IFLA_GENEVE_REMOTE6", Ip),
    (8, "IFLA_GENEVE_UDP_CSUM", Num),
    (9, "IFLA_GENEVE_UDP_ZERO_CSUM6_TX", Num),
    (10, "IFLA_GENEVE_UDP_ZERO_CSUM6_RX", Num),
    (11, "IFLA_GENEVE_LABEL", Be),
    (12, "IFLA_GENEVE_TTL_INHERIT", Num),
    (13, "IFLA_GENEVE_DF", Num),
    (14, "IFLA_GENEVE_INNER_PROTO_INHERIT", Flag),
    (15, "IFLA_GENEVE_PORT_RANGE", Struct(&IFLA_GENEVE_PORT_RANGE)),
    (16, "IFLA_GENEVE_GRO_HINT", Flag),
    (17, "IFLA_GENEVE_LOCAL", Ip),
    (18, "IFLA_GENEVE_LOCAL6", Ip),
];

/// `IP6_TNL_F_*` of `ip6_tunnel.h`: a tunnel over IPv6 has 32 bits in the host's byte order.
static TUNNEL_6_FLAGS: Bits = &[
    (0x1, "ign-encap-limit"),
    (0x2, "use-orig-tclass"),
    (0x4, "use-orig-flowlabel"),
    (0x8, "mip6-dev"),
    (0x10, "rcv-dscp-copy"),
    (0x20, "use-orig-fwmark"),
    (0x40, "allow-local-remote"),
    (0x1_0000, "cap-xmit"),
    (0x2_0000, "cap-rcv"),
    (0x4_0000, "cap-per-packet"),
];

static LINKINFO_IPTUN_ATTRS: Set = &[
    (1, "IFLA_IPTUN_LINK", LinkIndex),
    (2, "IFLA_IPTUN_LOCAL", Ip),
    (3, "IFLA_IPTUN_REMOTE", Ip),
    (4, "IFLA_IPTUN_TTL", Num),
    (5, "IFLA_IPTUN_TOS", Num),
    (6, "IFLA_IPTUN_ENCAP_LIMIT", Num),
    (7, "IFLA_IPTUN_FLOWINFO", Be),
    (8, "IFLA_IPTUN_FLAGS", Mask(&TUNNEL_6_FLAGS)),
    (9, "IFLA_IPTUN_PROTO", Num),
    (10, "IFLA_IPTUN_PMTUDISC", Num),
    (11, "IFLA_IPTUN_6RD_PREFIX", Ip),
    (12, "IFLA_IPTUN_6RD_RELAY_PREFIX", Ip),
    (13, "IFLA_IPTUN_6RD_PREFIXLEN", Num),
    (14, "IFLA_IPTUN_6RD_RELAY_PREFIXLEN", Num),
    (15, "IFLA_IPTUN_ENCAP_TYPE", Num),
    (16, "IFLA_IPTUN_ENCAP_FLAGS", Num),
    (17, "IFLA_IPTUN_ENCAP_SPORT", Be),
    (18, "IFLA_IPTUN_ENCAP_DPORT", Be),
    (19, "IFLA_IPTUN_COLLECT_METADATA", Flag),
    (20, "IFLA_IPTUN_FWMARK", Num),
];

/// `SIT_ISATAP` of `if_tunnel.h`. `sit` says that its 16 bits are in network byte order, and has them
/// in the order of the host; so reads `ip`.
static SIT_FLAGS: Bits = &[(0x1, "isatap")];

static LINKINFO_SIT_ATTRS: Set = &[
    (1, "IFLA_IPTUN_LINK", LinkIndex),
    (2, "IFLA_IPTUN_LOCAL", Ip),
    (3, "IFLA_IPTUN_REMOTE", Ip),
    (4, "IFLA_IPTUN_TTL", Num),
    (5, "IFLA_IPTUN_TOS", Num),
    (6, "IFLA_IPTUN_ENCAP_LIMIT", Num),
    (7, "IFLA_IPTUN_FLOWINFO", Be),
    (8, "IFLA_IPTUN_FLAGS", Mask(&SIT_FLAGS)),
    (9, "IFLA_IPTUN_PROTO", Num),
    (10, "IFLA_IPTUN_PMTUDISC", Num),
    (11, "IFLA_IPTUN_6RD_PREFIX", Ip),
    (12, "IFLA_IPTUN_6RD_RELAY_PREFIX", Ip),
    (13, "IFLA_IPTUN_6RD_PREFIXLEN", Num),
    (14, "IFLA_IPTUN_6RD_RELAY_PREFIXLEN", Num),
    (15, "IFLA_IPTUN_ENCAP_TYPE", Num),
    (16, "IFLA_IPTUN_ENCAP_FLAGS", Num),
    (17, "IFLA_IPTUN_ENCAP_SPORT", Be),
    (18, "IFLA_IPTUN_ENCAP_DPORT", Be),
    (19, "IFLA_IPTUN_COLLECT_METADATA", Flag),
    (20, "IFLA_IPTUN_FWMARK", Num),
];

static LINKINFO_TUN_ATTRS: Set = &[
    (1, "IFLA_TUN_OWNER", Num),
    (2, "IFLA_TUN_GROUP", Num),
    (3, "IFLA_TUN_TYPE", Num),
    (4, "IFLA_TUN_PI", Num),
    (5, "IFLA_TUN_VNET_HDR", Num),
    (6, "IFLA_TUN_PERSIST", Num),
    (7, "IFLA_TUN_MULTI_QUEUE", Num),
    (8, "IFLA_TUN_NUM_QUEUES", Num),
    (9, "IFLA_TUN_NUM_DISABLED_QUEUES", Num),
];

static VLAN_FLAGS: Bits = &[
    (0x1, "reorder-hdr"),
    (0x2, "gvrp"),
    (0x4, "loose-binding"),
    (0x8, "mvrp"),
    (0x10, "bridge-binding"),
];

static IFLA_VLAN_FLAGS: Fields =
    structure("ifla_vlan_flags").of(&[("flags", 4, Mask(&VLAN_FLAGS)), ("mask", 4, Num)]);

static IFLA_VLAN_QOS_MAPPING: Fields =
    structure("ifla_vlan_qos_mapping").of(&[("from", 4, Num), ("to", 4, Num)]);

static IFLA_VLAN_QOS: Set = &[(1, "IFLA_VLAN_QOS_MAPPING", Struct(&IFLA_VLAN_QOS_MAPPING))];

static LINKINFO_VLAN_ATTRS: Set = &[
    (1, "IFLA_VLAN_ID", Num),
    (2, "IFLA_VLAN_FLAGS", Struct(&IFLA_VLAN_FLAGS)),
    (3, "IFLA_VLAN_EGRESS_QOS", Nest(&IFLA_VLAN_QOS)),
    (4, "IFLA_VLAN_INGRESS_QOS", Nest(&IFLA_VLAN_QOS)),
    (5, "IFLA_VLAN_PROTOCOL", BeWord(&ETHERTYPES)),
];

static LINKINFO_VRF_ATTRS: Set = &[(1, "IFLA_VRF_TABLE", Num)];

static LINKINFO_VTI_ATTRS: Set = &[
    (1, "IFLA_VTI_LINK", LinkIndex),
    (2, "IFLA_VTI_IKEY", Be),
    (3, "IFLA_VTI_OKEY", Be),
    (4, "IFLA_VTI_LOCAL", Ip),
    (5, "IFLA_VTI_REMOTE", Ip),
    (6, "IFLA_VTI_FWMARK", Num),
];

static NETKIT_POLICY: Table = &[(0, "forward"), (2, "blackhole")];

static NETKIT_MODE: Table = &[(0, "l2"), (1, "l3")];

static NETKIT_SCRUB: Table = &[(0, "none"), (1, "default")];

static LINKINFO_NETKIT_ATTRS: Set = &[
    (1, "IFLA_NETKIT_PEER_INFO", Elsewhere(&Headed(&IFINFOMSG, &LINK_ATTRS))),
    (2, "IFLA_NETKIT_PRIMARY", Num),
    (3, "IFLA_NETKIT_POLICY", Word(&NETKIT_POLICY)),
    (4, "IFLA_NETKIT_PEER_POLICY", Word(&NETKIT_POLICY)),
    (5, "IFLA_NETKIT_MODE", Word(&NETKIT_MODE)),
    (6, "IFLA_NETKIT_SCRUB", Word(&NETKIT_SCRUB)),
    (7, "IFLA_NETKIT_PEER_SCRUB", Word(&NETKIT_SCRUB)),
    (8, "IFLA_NETKIT_HEADROOM", Num),
    (9, "IFLA_NETKIT_TAILROOM", Num),
    (10, "IFLA_NETKIT_PAIRING", Num),
];

static OVPN_MODE: Table = &[(0, "p2p"), (1, "mp")];

static LINKINFO_OVPN_ATTRS: Set = &[(1, "IFLA_OVPN_MODE", Word(&OVPN_MODE))];

pub(in crate::decode) static LINKINFO_DATA_MSG: Options = &[
    ("bond", Nest(&LINKINFO_BOND_ATTRS)),
    ("bridge", Nest(&LINKINFO_BRIDGE_ATTRS)),
    ("erspan", Nest(&LINKINFO_GRE_ATTRS)),
    ("gre", Nest(&LINKINFO_GRE_ATTRS)),
    ("gretap", Nest(&LINKINFO_GRE_ATTRS)),
    ("ip6gre", Nest(&LINKINFO_GRE_ATTRS)),
    ("geneve", Nest(&LINKINFO_GENEVE_ATTRS)),
    ("ipip", Nest(&LINKINFO_IPTUN_ATTRS)),
    ("ip6tnl", Nest(&LINKINFO_IPTUN_ATTRS)),
    ("sit", Nest(&LINKINFO_SIT_ATTRS)),
    ("tun", Nest(&LINKINFO_TUN_ATTRS)),
    ("vlan", Nest(&LINKINFO_VLAN_ATTRS)),
    ("vrf", Nest(&LINKINFO_VRF_ATTRS)),
    ("vti", Nest(&LINKINFO_VTI_ATTRS)),
    ("vti6", Nest(&LINKINFO_VTI_ATTRS)),
    ("netkit", Nest(&LINKINFO_NETKIT_ATTRS)),
    ("ovpn", Nest(&LINKINFO_OVPN_ATTRS)),
    ("vxlan", Nest(&VXLAN)),
    ("macvlan", Nest(&MACVLAN)),
    ("macvtap", Nest(&MACVLAN)),
    ("ipvlan", Nest(&IPVLAN)),
    ("ipvtap", Nest(&IPVLAN)),
    ("xfrm", Nest(&XFRM)),
    ("hsr", Nest(&HSR)),
    ("macsec", Nest(&MACSEC)),
    ("gtp", Nest(&GTP)),
    ("rmnet", Nest(&RMNET)),
    ("veth", Nest(&VETH)),
    ("can", Nest(&CAN)),
    ("ip6gretap", Nest(&LINKINFO_GRE_ATTRS)),
    ("ip6erspan", Nest(&LINKINFO_GRE_ATTRS)),
    ("vxcan", Nest(&VXCAN)),
    ("ipoib", Nest(&IPOIB)),
    ("wwan", Nest(&WWAN)),
    ("bareudp", Nest(&BAREUDP)),
    ("amt", Nest(&AMT)),
    ("batadv", Nest(&BATADV)),
    ("dsa", Nest(&DSA)),
    ("ppp", Nest(&PPP)),
];

static BOND_SLAVE_ATTRS: Set = &[
    (1, "IFLA_BOND_SLAVE_STATE", Word(&BOND_STATES)),
    (2, "IFLA_BOND_SLAVE_MII_STATUS", Word(&BOND_LINKS)),
    (3, "IFLA_BOND_SLAVE_LINK_FAILURE_COUNT", Num),
    (4, "IFLA_BOND_SLAVE_PERM_HWADDR", Mac),
    (5, "IFLA_BOND_SLAVE_QUEUE_ID", Num),
    (6, "IFLA_BOND_SLAVE_AD_AGGREGATOR_ID", Num),
    (7, "IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", Mask(&AD_PORT_STATES)),
    (8, "IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", Mask(&AD_PORT_STATES)),
    (9, "IFLA_BOND_SLAVE_PRIO", Int),
    (10, "IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", Num),
    (11, "IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE", Num),
    (12, "IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE", Num),
];

pub(in crate::decode) static LINKINFO_MEMBER_DATA_MSG: Options = &[
    ("bridge", Nest(&LINKINFO_BRPORT_ATTRS)),
    ("bond", Nest(&BOND_SLAVE_ATTRS)),
    ("vrf", Nest(&VRF_PORT)),
];

static VXLAN: Set = &[
    (1, "IFLA_VXLAN_ID", Num),
    (2, "IFLA_VXLAN_GROUP", Ip),
    (3, "IFLA_VXLAN_LINK", LinkIndex),
    (4, "IFLA_VXLAN_LOCAL", Ip),
    (5, "IFLA_VXLAN_TTL", Num),
    (6, "IFLA_VXLAN_TOS", Num),
    (7, "IFLA_VXLAN_LEARNING", Num),
    (8, "IFLA_VXLAN_AGEING", Num),
    (9, "IFLA_VXLAN_LIMIT", Num),
    (10, "IFLA_VXLAN_PORT_RANGE", Struct(&VXLAN_PORT_RANGE)),
    (11, "IFLA_VXLAN_PROXY", Num),
    (12, "IFLA_VXLAN_RSC", Num),
    (13, "IFLA_VXLAN_L2MISS", Num),
    (14, "IFLA_VXLAN_L3MISS", Num),
    (15, "IFLA_VXLAN_PORT", Be),
    (16, "IFLA_VXLAN_GROUP6", Ip),
    (17, "IFLA_VXLAN_LOCAL6", Ip),
    (18, "IFLA_VXLAN_UDP_CSUM", Num),
    (19, "IFLA_VXLAN_UDP_ZERO_CSUM6_TX", Num),
    (20, "IFLA_VXLAN_UDP_ZERO_CSUM6_RX", Num),
    (21, "IFLA_VXLAN_REMCSUM_TX", Num),
    (22, "IFLA_VXLAN_REMCSUM_RX", Num),
    (23, "IFLA_VXLAN_GBP", Flag),
    (24, "IFLA_VXLAN_REMCSUM_NOPARTIAL", Flag),
    (25, "IFLA_VXLAN_COLLECT_METADATA", Num),
    (26, "IFLA_VXLAN_LABEL", Be),
    (27, "IFLA_VXLAN_GPE", Flag),
    (28, "IFLA_VXLAN_TTL_INHERIT", Num),
    (29, "IFLA_VXLAN_DF", Num),
    (30, "IFLA_VXLAN_VNIFILTER", Num),
    (31, "IFLA_VXLAN_LOCALBYPASS", Num),
    (32, "IFLA_VXLAN_LABEL_POLICY", Num),
    (33, "IFLA_VXLAN_RESERVED_BITS", Hex),
    (34, "IFLA_VXLAN_MC_ROUTE", Num),
];

static MACVLAN_MODES: Bits =
    &[(1, "private"), (2, "vepa"), (4, "bridge"), (8, "passthru"), (16, "source")];

static MACVLAN: Set = &[
    (1, "IFLA_MACVLAN_MODE", Mask(&MACVLAN_MODES)),
    (2, "IFLA_MACVLAN_FLAGS", Num),
    (3, "IFLA_MACVLAN_MACADDR_MODE", Num),
    (4, "IFLA_MACVLAN_MACADDR", Mac),
    (5, "IFLA_MACVLAN_MACADDR_DATA", Nest(&MACVLAN)),
    (6, "IFLA_MACVLAN_MACADDR_COUNT", Num),
    (7, "IFLA_MACVLAN_BC_QUEUE_LEN", Num),
    (8, "IFLA_MACVLAN_BC_QUEUE_LEN_USED", Num),
    (9, "IFLA_MACVLAN_BC_CUTOFF", Int),
];

static IPVLAN_MODES: Table = &[(0, "l2"), (1, "l3"), (2, "l3s")];

static IPVLAN: Set = &[(1, "IFLA_IPVLAN_MODE", Word(&IPVLAN_MODES)), (2, "IFLA_IPVLAN_FLAGS", Num)];

static XFRM: Set = &[
    (1, "IFLA_XFRM_LINK", LinkIndex),
    (2, "IFLA_XFRM_IF_ID", Num),
    (3, "IFLA_XFRM_COLLECT_METADATA", Flag),
];

static HSR: Set = &[
    (1, "IFLA_HSR_SLAVE1", LinkIndex),
    (2, "IFLA_HSR_SLAVE2", LinkIndex),
    (3, "IFLA_HSR_MULTICAST_SPEC", Num),
    (4, "IFLA_HSR_SUPERVISION_ADDR", Mac),
    (5, "IFLA_HSR_SEQ_NR", Num),
    (6, "IFLA_HSR_VERSION", Num),
    (7, "IFLA_HSR_PROTOCOL", Num),
    (8, "IFLA_HSR_INTERLINK", LinkIndex),
];

static MACSEC: Set = &[
    (1, "IFLA_MACSEC_SCI", Be),
    (2, "IFLA_MACSEC_PORT", Be),
    (3, "IFLA_MACSEC_ICV_LEN", Num),
    (4, "IFLA_MACSEC_CIPHER_SUITE", Num),
    (5, "IFLA_MACSEC_WINDOW", Num),
    (6, "IFLA_MACSEC_ENCODING_SA", Num),
    (7, "IFLA_MACSEC_ENCRYPT", Num),
    (8, "IFLA_MACSEC_PROTECT", Num),
    (9, "IFLA_MACSEC_INC_SCI", Num),
    (10, "IFLA_MACSEC_ES", Num),
    (11, "IFLA_MACSEC_SCB", Num),
    (12, "IFLA_MACSEC_REPLAY_PROTECT", Num),
    (13, "IFLA_MACSEC_VALIDATION", Num),
    (14, "IFLA_MACSEC_PAD", Num),
    (15, "IFLA_MACSEC_OFFLOAD", Num),
];

static GTP: Set = &[
    (1, "IFLA_GTP_FD0", Num),
    (2, "IFLA_GTP_FD1", Num),
    (3, "IFLA_GTP_PDP_HASHSIZE", Num),
    (4, "IFLA_GTP_ROLE", Num),
    (5, "IFLA_GTP_CREATE_SOCKETS", Num),
    (6, "IFLA_GTP_RESTART_COUNT", Num),
    (7, "IFLA_GTP_LOCAL", Ip),
    (8, "IFLA_GTP_LOCAL6", Ip),
];

static RMNET: Set = &[(1, "IFLA_RMNET_MUX_ID", Num), (2, "IFLA_RMNET_FLAGS", Struct(&RMNET_FLAGS))];

static VETH: Set = &[(1, "VETH_INFO_PEER", Elsewhere(&Headed(&IFINFOMSG, &LINK_ATTRS)))];

static CAN: Set = &[
    (1, "IFLA_CAN_BITTIMING", Struct(&CAN_BITTIMING)),
    (2, "IFLA_CAN_BITTIMING_CONST", Struct(&CAN_BITTIMING_CONST)),
    (3, "IFLA_CAN_CLOCK", Struct(&CAN_CLOCK)),
    (4, "IFLA_CAN_STATE", Word(&CAN_STATES)),
    (5, "IFLA_CAN_CTRLMODE", Struct(&CAN_CTRLMODE)),
    (6, "IFLA_CAN_RESTART_MS", Num),
    (7, "IFLA_CAN_RESTART", Num),
    (8, "IFLA_CAN_BERR_COUNTER", Struct(&CAN_BERR_COUNTER)),
    (9, "IFLA_CAN_DATA_BITTIMING", Struct(&CAN_BITTIMING)),
    (10, "IFLA_CAN_DATA_BITTIMING_CONST", Struct(&CAN_BITTIMING_CONST)),
    (11, "IFLA_CAN_TERMINATION", Num),
    (12, "IFLA_CAN_TERMINATION_CONST", Each(2, &Num)),
    (13, "IFLA_CAN_BITRATE_CONST", Each(4, &Num)),
    (14, "IFLA_CAN_DATA_BITRATE_CONST", Each(4, &Num)),
    (16, "IFLA_CAN_TDC", Nest(&CAN_TDC)),
    (17, "IFLA_CAN_CTRLMODE_EXT", Nest(&CAN_CTRLMODE_EXT)),
    (18, "IFLA_CAN_XL_DATA_BITTIMING", Struct(&CAN_BITTIMING)),
    (19, "IFLA_CAN_XL_DATA_BITTIMING_CONST", Struct(&CAN_BITTIMING_CONST)),
    (20, "IFLA_CAN_XL_DATA_BITRATE_CONST", Each(4, &Num)),
    (21, "IFLA_CAN_XL_TDC", Nest(&CAN_TDC)),
    (22, "IFLA_CAN_XL_PWM", Nest(&CAN_PWM)),
];

static CAN_STATES: Table = &[
    (0, "error-active"),
    (1, "error-warning"),
    (2, "error-passive"),
    (3, "bus-off"),
    (4, "stopped"),
    (5, "sleeping"),
];

static CAN_CTRLMODES: Bits = &[
    (0x1, "loopback"),
    (0x2, "listen-only"),
    (0x4, "triple-sampling"),
    (0x8, "one-shot"),
    (0x10, "berr-reporting"),
    (0x20, "fd"),
    (0x40, "presume-ack"),
    (0x80, "fd-non-iso"),
    (0x100, "cc-len8-dlc"),
    (0x200, "tdc-auto"),
    (0x400, "tdc-manual"),
    (0x800, "restricted"),
    (0x1000, "xl"),
    (0x2000, "xl-tdc-auto"),
    (0x4000, "xl-tdc-manual"),
    (0x8000, "xl-tms"),
];

static CAN_CTRLMODE: Fields = structure("can_ctrlmode")
    .of(&[("mask", 4, Mask(&CAN_CTRLMODES)), ("flags", 4, Mask(&CAN_CTRLMODES))]);

static CAN_CTRLMODE_EXT: Set = &[(1, "IFLA_CAN_CTRLMODE_SUPPORTED", Mask(&CAN_CTRLMODES))];

static CAN_BERR_COUNTER: Fields =
    structure("can_berr_counter").of(&[("txerr", 2, Num), ("rxerr", 2, Num)]);

static CAN_CLOCK: Fields = structure("can_clock").of(&[("freq", 4, Num)]);

static CAN_BITTIMING: Fields = structure("can_bittiming").of(&[
    ("bitrate", 4, Num),
    ("sample_point", 4, Num),
    ("tq", 4, Num),
    ("prop_seg", 4, Num),
    ("phase_seg1", 4, Num),
    ("phase_seg2", 4, Num),
    ("sjw", 4, Num),
    ("brp", 4, Num),
]);

static CAN_BITTIMING_CONST: Fields = structure("can_bittiming_const").of(&[
    ("name", 16, Text),
    ("tseg1_min", 4, Num),
    ("tseg1_max", 4, Num),
    ("tseg2_min", 4, Num),
    ("tseg2_max", 4, Num),
    ("sjw_max", 4, Num),
    ("brp_min", 4, Num),
    ("brp_max", 4, Num),
    ("brp_inc", 4, Num),
]);

static CAN_TDC: Set = &[
    (1, "IFLA_CAN_TDC_TDCV_MIN", Num),
    (2, "IFLA_CAN_TDC_TDCV_MAX", Num),
    (3, "IFLA_CAN_TDC_TDCO_MIN", Num),
    (4, "IFLA_CAN_TDC_TDCO_MAX", Num),
    (5, "IFLA_CAN_TDC_TDCF_MIN", Num),
    (6, "IFLA_CAN_TDC_TDCF_MAX", Num),
    (7, "IFLA_CAN_TDC_TDCV", Num),
    (8, "IFLA_CAN_TDC_TDCO", Num),
    (9, "IFLA_CAN_TDC_TDCF", Num),
];

static CAN_PWM: Set = &[
    (1, "IFLA_CAN_PWM_PWMS_MIN", Num),
    (2, "IFLA_CAN_PWM_PWMS_MAX", Num),
    (3, "IFLA_CAN_PWM_PWML_MIN", Num),
    (4, "IFLA_CAN_PWM_PWML_MAX", Num),
    (5, "IFLA_CAN_PWM_PWMO_MIN", Num),
    (6, "IFLA_CAN_PWM_PWMO_MAX", Num),
    (7, "IFLA_CAN_PWM_PWMS", Num),
    (8, "IFLA_CAN_PWM_PWML", Num),
    (9, "IFLA_CAN_PWM_PWMO", Num),
];

static IPOIB: Set =
    &[(1, "IFLA_IPOIB_PKEY", Num), (2, "IFLA_IPOIB_MODE", Num), (3, "IFLA_IPOIB_UMCAST", Num)];

static WWAN: Set = &[(1, "IFLA_WWAN_LINK_ID", Num)];

static BAREUDP: Set = &[
    (1, "IFLA_BAREUDP_PORT", Be),
    (2, "IFLA_BAREUDP_ETHERTYPE", BeWord(&ETHERTYPES)),
    (3, "IFLA_BAREUDP_SRCPORT_MIN", Num),
    (4, "IFLA_BAREUDP_MULTIPROTO_MODE", Flag),
];

static AMT: Set = &[
    (1, "IFLA_AMT_MODE", Num),
    (2, "IFLA_AMT_RELAY_PORT", Be),
    (3, "IFLA_AMT_GATEWAY_PORT", Be),
    (4, "IFLA_AMT_LINK", Num),
    (5, "IFLA_AMT_LOCAL_IP", Ip),
    (6, "IFLA_AMT_REMOTE_IP", Ip),
    (7, "IFLA_AMT_DISCOVERY_IP", Ip),
    (8, "IFLA_AMT_MAX_TUNNELS", Num),
];

static BATADV: Set = &[(1, "IFLA_BATADV_ALGO_NAME", Text)];

static DSA: Set = &[(1, "IFLA_DSA_CONDUIT", Index)];

static PPP: Set = &[(1, "IFLA_PPP_DEV_FD", Int)];

static VRF_PORT: Set = &[(1, "IFLA_VRF_PORT_TABLE", Num)];

static VXCAN: Set = &[(1, "VXCAN_INFO_PEER", Elsewhere(&Headed(&IFINFOMSG, &LINK_ATTRS)))];

static RMNET_FLAGS: Fields = structure("ifla_rmnet_flags")
    .of(&[("flags", 4, Mask(&RMNET_FLAG_BITS)), ("mask", 4, Mask(&RMNET_FLAG_BITS))]);

static RMNET_FLAG_BITS: Bits = &[
    (0x1, "ingress-deaggregation"),
    (0x2, "ingress-map-commands"),
    (0x4, "ingress-map-ckscsum-v4"),
    (0x8, "egress-map-ckscsum-v4"),
    (0x10, "ingress-map-ckscsum-v5"),
    (0x20, "egress-map-ckscsum-v5"),
];

/// `BOND_MODE_*`, in the words of `ip`
static BOND_MODES: Table = &[
    (0, "balance-rr"),
    (1, "active-backup"),
    (2, "balance-xor"),
    (3, "broadcast"),
    (4, "802.3ad"),
    (5, "balance-tlb"),
    (6, "balance-alb"),
];

/// `BOND_XMIT_POLICY_*`
static BOND_POLICIES: Table = &[
    (0, "layer2"),
    (1, "layer3+4"),
    (2, "layer2+3"),
    (3, "encap2+3"),
    (4, "encap3+4"),
    (5, "vlan+srcmac"),
];

static LACP_RATES: Table = &[(0, "slow"), (1, "fast")];

static AD_SELECTS: Table = &[(0, "stable"), (1, "bandwidth"), (2, "count"), (3, "actor_port_prio")];

static BOND_FAIL_OVER: Table = &[(0, "none"), (1, "active"), (2, "follow")];

static BOND_STATES: Table = &[(0, "ACTIVE"), (1, "BACKUP")];

static BOND_LINKS: Table = &[(0, "UP"), (1, "GOING_DOWN"), (2, "DOWN"), (3, "GOING_BACK")];

/// `LACP_STATE_*` of `if_bonding.h`
static AD_PORT_STATES: Bits = &[
    (0x1, "active"),
    (0x2, "short_timeout"),
    (0x4, "aggregating"),
    (0x8, "in_sync"),
    (0x10, "collecting"),
    (0x20, "distributing"),
    (0x40, "defaulted"),
    (0x80, "expired"),
];

static VXLAN_PORT_RANGE: Fields =
    structure("ifla_vxlan_port_range").of(&[("low", 2, Be), ("high", 2, Be)]);
