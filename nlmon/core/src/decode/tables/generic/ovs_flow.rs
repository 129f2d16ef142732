//! Attributes of the generic family `ovs_flow`: numbers and names of `include/uapi/linux/openvswitch.h`.

use crate::decode::names::Table;
use crate::decode::names::words::ETHERTYPES;
use crate::decode::tables::kind::Kind::{
    Be, BeWord, Each, Flag, Hex, Index, Ip, Mac, Mask, Named, Nest, Num, Pad, Struct, Text, Word,
};
use crate::decode::tables::kind::{Bits, Fields, Generic, Set, Words, structure};

static OVS_KEY_ETHERNET: Fields =
    structure("ovs_key_ethernet").of(&[("eth_src", 6, Mac), ("eth_dst", 6, Mac)]);

static OVS_FRAG_TYPE: Table = &[(0, "none"), (1, "first"), (2, "later")];

static OVS_KEY_IPV4: Fields = structure("ovs_key_ipv4").of(&[
    ("ipv4_src", 4, Ip),
    ("ipv4_dst", 4, Ip),
    ("ipv4_proto", 1, Num),
    ("ipv4_tos", 1, Num),
    ("ipv4_ttl", 1, Num),
    ("ipv4_frag", 1, Word(&OVS_FRAG_TYPE)),
]);

static OVS_KEY_IPV6: Fields = structure("ovs_key_ipv6").of(&[
    ("ipv6_src", 16, Ip),
    ("ipv6_dst", 16, Ip),
    ("ipv6_label", 4, Be),
    ("ipv6_proto", 1, Num),
    ("ipv6_tclass", 1, Num),
    ("ipv6_hlimit", 1, Num),
    ("ipv6_frag", 1, Word(&OVS_FRAG_TYPE)),
]);

static OVS_KEY_TCP: Fields = structure("ovs_key_tcp").of(&[("tcp_src", 2, Be), ("tcp_dst", 2, Be)]);

static OVS_KEY_UDP: Fields = structure("ovs_key_udp").of(&[("udp_src", 2, Be), ("udp_dst", 2, Be)]);

static OVS_KEY_ICMP: Fields =
    structure("ovs_key_icmp").of(&[("icmp_type", 1, Num), ("icmp_code", 1, Num)]);

static OVS_KEY_ARP: Fields = structure("ovs_key_arp").of(&[
    ("arp_sip", 4, Ip),
    ("arp_tip", 4, Ip),
    ("arp_op", 2, Be),
    ("arp_sha", 6, Mac),
    ("arp_tha", 6, Mac),
    ("pad", 2, Pad),
]);

static OVS_KEY_ND: Fields =
    structure("ovs_key_nd").of(&[("nd_target", 16, Ip), ("nd_sll", 6, Mac), ("nd_tll", 6, Mac)]);

static VXLAN_EXT_ATTRS: Set = &[(1, "OVS_VXLAN_EXT_GBP", Num)];

pub(super) static TUNNEL_KEY_ATTRS: Set = &[
    (0, "OVS_TUNNEL_KEY_ATTR_ID", Be),
    (1, "OVS_TUNNEL_KEY_ATTR_IPV4_SRC", Ip),
    (2, "OVS_TUNNEL_KEY_ATTR_IPV4_DST", Ip),
    (3, "OVS_TUNNEL_KEY_ATTR_TOS", Num),
    (4, "OVS_TUNNEL_KEY_ATTR_TTL", Num),
    (5, "OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT", Flag),
    (6, "OVS_TUNNEL_KEY_ATTR_CSUM", Flag),
    (7, "OVS_TUNNEL_KEY_ATTR_OAM", Flag),
    (8, "OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS", Each(4, &Num)),
    (9, "OVS_TUNNEL_KEY_ATTR_TP_SRC", Be),
    (10, "OVS_TUNNEL_KEY_ATTR_TP_DST", Be),
    (11, "OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS", Nest(&VXLAN_EXT_ATTRS)),
    (12, "OVS_TUNNEL_KEY_ATTR_IPV6_SRC", Ip),
    (13, "OVS_TUNNEL_KEY_ATTR_IPV6_DST", Ip),
    (14, "OVS_TUNNEL_KEY_ATTR_PAD", Hex),
    (15, "OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS", Hex),
    (16, "OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE", Flag),
];

static OVS_KEY_SCTP: Fields =
    structure("ovs_key_sctp").of(&[("sctp_src", 2, Be), ("sctp_dst", 2, Be)]);

static OVS_KEY_MPLS: Fields = structure("ovs_key_mpls").of(&[("mpls_lse", 4, Be)]);

static CT_STATE_FLAGS: Bits = &[
    (0x1, "new"),
    (0x2, "established"),
    (0x4, "related"),
    (0x8, "reply-dir"),
    (0x10, "invalid"),
    (0x20, "tracked"),
    (0x40, "src-nat"),
    (0x80, "dst-nat"),
];

static OVS_KEY_CT_TUPLE_IPV4: Fields = structure("ovs_key_ct_tuple_ipv4").of(&[
    ("ipv4_src", 4, Ip),
    ("ipv4_dst", 4, Ip),
    ("src_port", 2, Be),
    ("dst_port", 2, Be),
    ("ipv4_proto", 1, Num),
    ("pad", 3, Pad),
]);

static OVS_NSH_KEY_ATTRS: Set = &[
    (1, "OVS_NSH_KEY_ATTR_BASE", Struct(&OVS_NSH_KEY_BASE)),
    (2, "OVS_NSH_KEY_ATTR_MD1", Struct(&OVS_NSH_KEY_MD1)),
    (3, "OVS_NSH_KEY_ATTR_MD2", Hex),
];

static OVS_KEY_IPV6_EXTHDRS: Fields = structure("ovs_key_ipv6_exthdrs").of(&[("hdrs", 2, Num)]);

pub(super) static KEY_ATTRS: Set = &[
    (1, "OVS_KEY_ATTR_ENCAP", Nest(&KEY_ATTRS)),
    (2, "OVS_KEY_ATTR_PRIORITY", Num),
    (3, "OVS_KEY_ATTR_IN_PORT", Num),
    (4, "OVS_KEY_ATTR_ETHERNET", Struct(&OVS_KEY_ETHERNET)),
    (5, "OVS_KEY_ATTR_VLAN", Be),
    (6, "OVS_KEY_ATTR_ETHERTYPE", BeWord(&ETHERTYPES)),
    (7, "OVS_KEY_ATTR_IPV4", Struct(&OVS_KEY_IPV4)),
    (8, "OVS_KEY_ATTR_IPV6", Struct(&OVS_KEY_IPV6)),
    (9, "OVS_KEY_ATTR_TCP", Struct(&OVS_KEY_TCP)),
    (10, "OVS_KEY_ATTR_UDP", Struct(&OVS_KEY_UDP)),
    (11, "OVS_KEY_ATTR_ICMP", Struct(&OVS_KEY_ICMP)),
    (12, "OVS_KEY_ATTR_ICMPV6", Struct(&OVS_KEY_ICMPV6)),
    (13, "OVS_KEY_ATTR_ARP", Struct(&OVS_KEY_ARP)),
    (14, "OVS_KEY_ATTR_ND", Struct(&OVS_KEY_ND)),
    (15, "OVS_KEY_ATTR_SKB_MARK", Num),
    (16, "OVS_KEY_ATTR_TUNNEL", Nest(&TUNNEL_KEY_ATTRS)),
    (17, "OVS_KEY_ATTR_SCTP", Struct(&OVS_KEY_SCTP)),
    (18, "OVS_KEY_ATTR_TCP_FLAGS", Be),
    (19, "OVS_KEY_ATTR_DP_HASH", Num),
    (20, "OVS_KEY_ATTR_RECIRC_ID", Num),
    (21, "OVS_KEY_ATTR_MPLS", Struct(&OVS_KEY_MPLS)),
    (22, "OVS_KEY_ATTR_CT_STATE", Mask(&CT_STATE_FLAGS)),
    (23, "OVS_KEY_ATTR_CT_ZONE", Num),
    (24, "OVS_KEY_ATTR_CT_MARK", Num),
    (25, "OVS_KEY_ATTR_CT_LABELS", Hex),
    (26, "OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4", Struct(&OVS_KEY_CT_TUPLE_IPV4)),
    (27, "OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6", Struct(&OVS_KEY_CT_TUPLE_IPV6)),
    (28, "OVS_KEY_ATTR_NSH", Nest(&OVS_NSH_KEY_ATTRS)),
    (29, "OVS_KEY_ATTR_PACKET_TYPE", Be),
    (30, "OVS_KEY_ATTR_ND_EXTENSIONS", Hex),
    (31, "OVS_KEY_ATTR_TUNNEL_INFO", Hex),
    (32, "OVS_KEY_ATTR_IPV6_EXTHDRS", Struct(&OVS_KEY_IPV6_EXTHDRS)),
];

/// A value, and the bits of it that are set: `validate_set` of `net/openvswitch/flow_netlink.c`.
static VALUE_AND_MASK: &[&str] = &["value", "mask"];

/// Keys as they are set: both in one attribute.
static MASKED_KEYS: Set = &[
    (2, "OVS_KEY_ATTR_PRIORITY", Named(4, &Num, VALUE_AND_MASK)),
    (4, "OVS_KEY_ATTR_ETHERNET", Named(12, &Struct(&OVS_KEY_ETHERNET), VALUE_AND_MASK)),
    (7, "OVS_KEY_ATTR_IPV4", Named(12, &Struct(&OVS_KEY_IPV4), VALUE_AND_MASK)),
    (8, "OVS_KEY_ATTR_IPV6", Named(40, &Struct(&OVS_KEY_IPV6), VALUE_AND_MASK)),
    (9, "OVS_KEY_ATTR_TCP", Named(4, &Struct(&OVS_KEY_TCP), VALUE_AND_MASK)),
    (10, "OVS_KEY_ATTR_UDP", Named(4, &Struct(&OVS_KEY_UDP), VALUE_AND_MASK)),
    (15, "OVS_KEY_ATTR_SKB_MARK", Named(4, &Num, VALUE_AND_MASK)),
    (17, "OVS_KEY_ATTR_SCTP", Named(4, &Struct(&OVS_KEY_SCTP), VALUE_AND_MASK)),
    (21, "OVS_KEY_ATTR_MPLS", Named(4, &Struct(&OVS_KEY_MPLS), VALUE_AND_MASK)),
    (24, "OVS_KEY_ATTR_CT_MARK", Named(4, &Num, VALUE_AND_MASK)),
    (25, "OVS_KEY_ATTR_CT_LABELS", Named(16, &Hex, VALUE_AND_MASK)),
    (28, "OVS_KEY_ATTR_NSH", Nest(&MASKED_NSH)),
];

static MASKED_NSH: Set = &[
    (1, "OVS_NSH_KEY_ATTR_BASE", Named(8, &Struct(&OVS_NSH_KEY_BASE), VALUE_AND_MASK)),
    (2, "OVS_NSH_KEY_ATTR_MD1", Named(16, &Struct(&OVS_NSH_KEY_MD1), VALUE_AND_MASK)),
];

/// `struct md_mark` of `net/openvswitch/conntrack.c`
static MD_MARK: Fields = structure("").of(&[("value", 4, Num), ("mask", 4, Num)]);

/// `struct md_labels` of `net/openvswitch/conntrack.c`
static MD_LABELS: Fields = structure("").of(&[("value", 16, Hex), ("mask", 16, Hex)]);

static OVS_ACTION_PUSH_ETH: Fields =
    structure("ovs_action_push_eth").of(&[("addresses", 12, Struct(&OVS_KEY_ETHERNET))]);

static USERSPACE_ATTRS: Set = &[
    (1, "OVS_USERSPACE_ATTR_PID", Num),
    (2, "OVS_USERSPACE_ATTR_USERDATA", Hex),
    (3, "OVS_USERSPACE_ATTR_EGRESS_TUN_PORT", Num),
    (4, "OVS_USERSPACE_ATTR_ACTIONS", Flag),
];

static OVS_ACTION_PUSH_VLAN: Fields =
    structure("ovs_action_push_vlan").of(&[("vlan_tpid", 2, Be), ("vlan_tci", 2, Be)]);

static SAMPLE_ATTRS: Set =
    &[(1, "OVS_SAMPLE_ATTR_PROBABILITY", Num), (2, "OVS_SAMPLE_ATTR_ACTIONS", Nest(&ACTION_ATTRS))];

static OVS_ACTION_HASH: Fields =
    structure("ovs_action_hash").of(&[("hash_alg", 4, Num), ("hash_basis", 4, Num)]);

static OVS_ACTION_PUSH_MPLS: Fields = structure("ovs_action_push_mpls").of(&[
    ("mpls_lse", 4, Be),
    ("mpls_ethertype", 2, BeWord(&ETHERTYPES)),
    ("pad", 2, Pad),
]);

static NAT_ATTRS: Set = &[
    (1, "OVS_NAT_ATTR_SRC", Flag),
    (2, "OVS_NAT_ATTR_DST", Flag),
    (3, "OVS_NAT_ATTR_IP_MIN", Ip),
    (4, "OVS_NAT_ATTR_IP_MAX", Ip),
    (5, "OVS_NAT_ATTR_PROTO_MIN", Num),
    (6, "OVS_NAT_ATTR_PROTO_MAX", Num),
    (7, "OVS_NAT_ATTR_PERSISTENT", Flag),
    (8, "OVS_NAT_ATTR_PROTO_HASH", Flag),
    (9, "OVS_NAT_ATTR_PROTO_RANDOM", Flag),
];

static CT_ATTRS: Set = &[
    (1, "OVS_CT_ATTR_COMMIT", Flag),
    (2, "OVS_CT_ATTR_ZONE", Num),
    (3, "OVS_CT_ATTR_MARK", Struct(&MD_MARK)),
    (4, "OVS_CT_ATTR_LABELS", Struct(&MD_LABELS)),
    (5, "OVS_CT_ATTR_HELPER", Text),
    (6, "OVS_CT_ATTR_NAT", Nest(&NAT_ATTRS)),
    (7, "OVS_CT_ATTR_FORCE_COMMIT", Flag),
    (8, "OVS_CT_ATTR_EVENTMASK", Num),
    (9, "OVS_CT_ATTR_TIMEOUT", Text),
];

static CHECK_PKT_LEN_ATTRS: Set = &[
    (1, "OVS_CHECK_PKT_LEN_ATTR_PKT_LEN", Num),
    (2, "OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER", Nest(&ACTION_ATTRS)),
    (3, "OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL", Nest(&ACTION_ATTRS)),
];

static OVS_ACTION_ADD_MPLS: Fields = structure("ovs_action_add_mpls").of(&[
    ("mpls_lse", 4, Be),
    ("mpls_ethertype", 2, BeWord(&ETHERTYPES)),
    ("tun_flags", 2, Num),
]);

static DEC_TTL_ATTRS: Set = &[(1, "OVS_DEC_TTL_ATTR_ACTION", Nest(&ACTION_ATTRS))];

static PSAMPLE_ATTRS: Set =
    &[(1, "OVS_PSAMPLE_ATTR_GROUP", Num), (2, "OVS_PSAMPLE_ATTR_COOKIE", Hex)];

pub(super) static ACTION_ATTRS: Set = &[
    (1, "OVS_ACTION_ATTR_OUTPUT", Num),
    (2, "OVS_ACTION_ATTR_USERSPACE", Nest(&USERSPACE_ATTRS)),
    (3, "OVS_ACTION_ATTR_SET", Nest(&KEY_ATTRS)),
    (4, "OVS_ACTION_ATTR_PUSH_VLAN", Struct(&OVS_ACTION_PUSH_VLAN)),
    (5, "OVS_ACTION_ATTR_POP_VLAN", Flag),
    (6, "OVS_ACTION_ATTR_SAMPLE", Nest(&SAMPLE_ATTRS)),
    (7, "OVS_ACTION_ATTR_RECIRC", Num),
    (8, "OVS_ACTION_ATTR_HASH", Struct(&OVS_ACTION_HASH)),
    (9, "OVS_ACTION_ATTR_PUSH_MPLS", Struct(&OVS_ACTION_PUSH_MPLS)),
    (10, "OVS_ACTION_ATTR_POP_MPLS", BeWord(&ETHERTYPES)),
    (11, "OVS_ACTION_ATTR_SET_MASKED", Nest(&MASKED_KEYS)),
    (12, "OVS_ACTION_ATTR_CT", Nest(&CT_ATTRS)),
    (13, "OVS_ACTION_ATTR_TRUNC", Num),
    (14, "OVS_ACTION_ATTR_PUSH_ETH", Struct(&OVS_ACTION_PUSH_ETH)),
    (15, "OVS_ACTION_ATTR_POP_ETH", Flag),
    (16, "OVS_ACTION_ATTR_CT_CLEAR", Flag),
    (17, "OVS_ACTION_ATTR_PUSH_NSH", Nest(&OVS_NSH_KEY_ATTRS)),
    (18, "OVS_ACTION_ATTR_POP_NSH", Flag),
    (19, "OVS_ACTION_ATTR_METER", Num),
    (20, "OVS_ACTION_ATTR_CLONE", Nest(&ACTION_ATTRS)),
    (21, "OVS_ACTION_ATTR_CHECK_PKT_LEN", Nest(&CHECK_PKT_LEN_ATTRS)),
    (22, "OVS_ACTION_ATTR_ADD_MPLS", Struct(&OVS_ACTION_ADD_MPLS)),
    (23, "OVS_ACTION_ATTR_DEC_TTL", Nest(&DEC_TTL_ATTRS)),
    (24, "OVS_ACTION_ATTR_DROP", Num),
    (25, "OVS_ACTION_ATTR_PSAMPLE", Nest(&PSAMPLE_ATTRS)),
];

pub(super) static OVS_FLOW_STATS: Fields =
    structure("ovs_flow_stats").of(&[("n_packets", 8, Num), ("n_bytes", 8, Num)]);

static OVS_UFID_FLAGS: Bits = &[(0x1, "omit-key"), (0x2, "omit-mask"), (0x4, "omit-actions")];

static FLOW_ATTRS: Set = &[
    (1, "OVS_FLOW_ATTR_KEY", Nest(&KEY_ATTRS)),
    (2, "OVS_FLOW_ATTR_ACTIONS", Nest(&ACTION_ATTRS)),
    (3, "OVS_FLOW_ATTR_STATS", Struct(&OVS_FLOW_STATS)),
    (4, "OVS_FLOW_ATTR_TCP_FLAGS", Num),
    (5, "OVS_FLOW_ATTR_USED", Num),
    (6, "OVS_FLOW_ATTR_CLEAR", Flag),
    (7, "OVS_FLOW_ATTR_MASK", Nest(&KEY_ATTRS)),
    (8, "OVS_FLOW_ATTR_PROBE", Flag),
    (9, "OVS_FLOW_ATTR_UFID", Hex),
    (10, "OVS_FLOW_ATTR_UFID_FLAGS", Mask(&OVS_UFID_FLAGS)),
    (11, "OVS_FLOW_ATTR_PAD", Hex),
];

pub(super) static OVS_HEADER: Fields = structure("ovs_header").of(&[("dp_ifindex", 4, Index)]);

static COMMANDS: Words = &[
    (1, "OVS_FLOW_CMD_NEW", &FLOW_ATTRS),
    (2, "OVS_FLOW_CMD_DEL", &FLOW_ATTRS),
    (3, "OVS_FLOW_CMD_GET", &FLOW_ATTRS),
    (4, "OVS_FLOW_CMD_SET", &FLOW_ATTRS),
];

/// The family `ovs_flow`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_flow", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };

static OVS_KEY_ICMPV6: Fields =
    structure("ovs_key_icmpv6").of(&[("icmpv6_type", 1, Num), ("icmpv6_code", 1, Num)]);

static OVS_KEY_CT_TUPLE_IPV6: Fields = structure("ovs_key_ct_tuple_ipv6").of(&[
    ("ipv6_src", 16, Ip),
    ("ipv6_dst", 16, Ip),
    ("src_port", 2, Be),
    ("dst_port", 2, Be),
    ("ipv6_proto", 1, Num),
    ("pad", 3, Pad),
]);

static OVS_NSH_KEY_BASE: Fields = structure("ovs_nsh_key_base").of(&[
    ("flags", 1, Num),
    ("ttl", 1, Num),
    ("mdtype", 1, Num),
    ("np", 1, Num),
    ("path_hdr", 4, Be),
]);

static OVS_NSH_KEY_MD1: Fields = structure("ovs_nsh_key_md1").of(&[("context", 16, Each(4, &Hex))]);
