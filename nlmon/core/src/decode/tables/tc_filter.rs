//! What each kind of filter has: numbers and names of `include/uapi/linux/pkt_cls.h`.

use super::kind::Kind::{
    Be, BeMask, BeWord, Each, Handle, HashHandle, Hex, Index, Int, Ip, List, Mac, Mask, Nest, Num,
    Pad, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Set, structure};
use super::tc_action::{ACT_ATTRS, POLICE_ATTRS, SOCK_FILTER};
use crate::decode::names::Table;
use crate::decode::names::words::{ETHERTYPES, IP_PROTOCOLS};

static TCF_EMATCH_TREE_HDR: Fields =
    structure("tcf_ematch_tree_hdr").of(&[("nmatches", 2, Num), ("progid", 2, Num)]);

static EMATCH_ATTRS: Set = &[
    (1, "TCA_EMATCH_TREE_HDR", Struct(&TCF_EMATCH_TREE_HDR)),
    (2, "TCA_EMATCH_TREE_LIST", List(&Struct(&EMATCH))),
];

static TC_BASIC_PCNT: Fields = structure("tc_basic_pcnt").of(&[("rcnt", 8, Num), ("rhit", 8, Num)]);

pub(in crate::decode) static BASIC_ATTRS: Set = &[
    (1, "TCA_BASIC_CLASSID", Handle),
    (2, "TCA_BASIC_EMATCHES", Nest(&EMATCH_ATTRS)),
    (3, "TCA_BASIC_ACT", List(&Nest(&ACT_ATTRS))),
    (4, "TCA_BASIC_POLICE", Nest(&POLICE_ATTRS)),
    (5, "TCA_BASIC_PCNT", Struct(&TC_BASIC_PCNT)),
    (6, "TCA_BASIC_PAD", Num),
];

pub(in crate::decode) static BPF_ATTRS: Set = &[
    (1, "TCA_BPF_ACT", List(&Nest(&ACT_ATTRS))),
    (2, "TCA_BPF_POLICE", Nest(&POLICE_ATTRS)),
    (3, "TCA_BPF_CLASSID", Handle),
    (4, "TCA_BPF_OPS_LEN", Num),
    (5, "TCA_BPF_OPS", Each(8, &Struct(&SOCK_FILTER))),
    (6, "TCA_BPF_FD", Num),
    (7, "TCA_BPF_NAME", Text),
    (8, "TCA_BPF_FLAGS", Num),
    (9, "TCA_BPF_FLAGS_GEN", Mask(&CLS_FLAGS)),
    (10, "TCA_BPF_TAG", Hex),
    (11, "TCA_BPF_ID", Num),
];

pub(in crate::decode) static CGROUP_ATTRS: Set = &[
    (1, "TCA_CGROUP_ACT", List(&Nest(&ACT_ATTRS))),
    (2, "TCA_CGROUP_POLICE", Nest(&POLICE_ATTRS)),
    (3, "TCA_CGROUP_EMATCHES", Nest(&EMATCH_ATTRS)),
];

pub(in crate::decode) static FLOW_ATTRS: Set = &[
    (1, "TCA_FLOW_KEYS", Num),
    (2, "TCA_FLOW_MODE", Num),
    (3, "TCA_FLOW_BASECLASS", Handle),
    (4, "TCA_FLOW_RSHIFT", Num),
    (5, "TCA_FLOW_ADDEND", Num),
    (6, "TCA_FLOW_MASK", Num),
    (7, "TCA_FLOW_XOR", Num),
    (8, "TCA_FLOW_DIVISOR", Num),
    (9, "TCA_FLOW_ACT", List(&Nest(&ACT_ATTRS))),
    (10, "TCA_FLOW_POLICE", Nest(&POLICE_ATTRS)),
    (11, "TCA_FLOW_EMATCHES", Nest(&EMATCH_ATTRS)),
    (12, "TCA_FLOW_PERTURB", Num),
];

static CLS_FLAGS: Bits =
    &[(0x1, "skip-hw"), (0x2, "skip-sw"), (0x4, "in-hw"), (0x8, "not-in-hw"), (0x10, "verbose")];

static FLOWER_KEY_CTRL_FLAGS: Bits = &[
    (0x1, "frag"),
    (0x2, "firstfrag"),
    (0x4, "tuncsum"),
    (0x8, "tundf"),
    (0x10, "tunoam"),
    (0x20, "tuncrit"),
];

static FLOWER_KEY_ENC_OPT_GENEVE_ATTRS: Set = &[
    (1, "TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS", Be),
    (2, "TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE", Num),
    (3, "TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA", Hex),
];

static FLOWER_KEY_ENC_OPT_VXLAN_ATTRS: Set = &[(1, "TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP", Num)];

static FLOWER_KEY_ENC_OPT_ERSPAN_ATTRS: Set = &[
    (1, "TCA_FLOWER_KEY_ENC_OPT_ERSPAN_VER", Num),
    (2, "TCA_FLOWER_KEY_ENC_OPT_ERSPAN_INDEX", Be),
    (3, "TCA_FLOWER_KEY_ENC_OPT_ERSPAN_DIR", Num),
    (4, "TCA_FLOWER_KEY_ENC_OPT_ERSPAN_HWID", Num),
];

static FLOWER_KEY_ENC_OPT_GTP_ATTRS: Set =
    &[(1, "TCA_FLOWER_KEY_ENC_OPT_GTP_PDU_TYPE", Num), (2, "TCA_FLOWER_KEY_ENC_OPT_GTP_QFI", Num)];

static FLOWER_KEY_ENC_OPT_PFCP: Set =
    &[(1, "TCA_FLOWER_KEY_ENC_OPT_PFCP_TYPE", Num), (2, "TCA_FLOWER_KEY_ENC_OPT_PFCP_SEID", Be)];

static FLOWER_KEY_ENC_OPTS_ATTRS: Set = &[
    (1, "TCA_FLOWER_KEY_ENC_OPTS_GENEVE", Nest(&FLOWER_KEY_ENC_OPT_GENEVE_ATTRS)),
    (2, "TCA_FLOWER_KEY_ENC_OPTS_VXLAN", Nest(&FLOWER_KEY_ENC_OPT_VXLAN_ATTRS)),
    (3, "TCA_FLOWER_KEY_ENC_OPTS_ERSPAN", Nest(&FLOWER_KEY_ENC_OPT_ERSPAN_ATTRS)),
    (4, "TCA_FLOWER_KEY_ENC_OPTS_GTP", Nest(&FLOWER_KEY_ENC_OPT_GTP_ATTRS)),
    (5, "TCA_FLOWER_KEY_ENC_OPTS_PFCP", Nest(&FLOWER_KEY_ENC_OPT_PFCP)),
];

static FLOWER_KEY_MPLS_OPT_ATTRS: Set = &[
    (1, "TCA_FLOWER_KEY_MPLS_OPT_LSE_DEPTH", Num),
    (2, "TCA_FLOWER_KEY_MPLS_OPT_LSE_TTL", Num),
    (3, "TCA_FLOWER_KEY_MPLS_OPT_LSE_BOS", Num),
    (4, "TCA_FLOWER_KEY_MPLS_OPT_LSE_TC", Num),
    (5, "TCA_FLOWER_KEY_MPLS_OPT_LSE_LABEL", Num),
];

static FLOWER_KEY_MPLS_OPTS: Set =
    &[(1, "TCA_FLOWER_KEY_MPLS_OPTS_LSE", Nest(&FLOWER_KEY_MPLS_OPT_ATTRS))];

static FLOWER_KEY_CFM_ATTRS: Set =
    &[(1, "TCA_FLOWER_KEY_CFM_MD_LEVEL", Num), (2, "TCA_FLOWER_KEY_CFM_OPCODE", Num)];

pub(in crate::decode) static FLOWER_ATTRS: Set = &[
    (1, "TCA_FLOWER_CLASSID", Handle),
    (2, "TCA_FLOWER_INDEV", Text),
    (3, "TCA_FLOWER_ACT", List(&Nest(&ACT_ATTRS))),
    (4, "TCA_FLOWER_KEY_ETH_DST", Mac),
    (5, "TCA_FLOWER_KEY_ETH_DST_MASK", Mac),
    (6, "TCA_FLOWER_KEY_ETH_SRC", Mac),
    (7, "TCA_FLOWER_KEY_ETH_SRC_MASK", Mac),
    (8, "TCA_FLOWER_KEY_ETH_TYPE", BeWord(&ETHERTYPES)),
    (9, "TCA_FLOWER_KEY_IP_PROTO", Word(&IP_PROTOCOLS)),
    (10, "TCA_FLOWER_KEY_IPV4_SRC", Ip),
    (11, "TCA_FLOWER_KEY_IPV4_SRC_MASK", Ip),
    (12, "TCA_FLOWER_KEY_IPV4_DST", Ip),
    (13, "TCA_FLOWER_KEY_IPV4_DST_MASK", Ip),
    (14, "TCA_FLOWER_KEY_IPV6_SRC", Ip),
    (15, "TCA_FLOWER_KEY_IPV6_SRC_MASK", Ip),
    (16, "TCA_FLOWER_KEY_IPV6_DST", Ip),
    (17, "TCA_FLOWER_KEY_IPV6_DST_MASK", Ip),
    (18, "TCA_FLOWER_KEY_TCP_SRC", Be),
    (19, "TCA_FLOWER_KEY_TCP_DST", Be),
    (20, "TCA_FLOWER_KEY_UDP_SRC", Be),
    (21, "TCA_FLOWER_KEY_UDP_DST", Be),
    (22, "TCA_FLOWER_FLAGS", Mask(&CLS_FLAGS)),
    (23, "TCA_FLOWER_KEY_VLAN_ID", Num),
    (24, "TCA_FLOWER_KEY_VLAN_PRIO", Num),
    (25, "TCA_FLOWER_KEY_VLAN_ETH_TYPE", BeWord(&ETHERTYPES)),
    (26, "TCA_FLOWER_KEY_ENC_KEY_ID", Be),
    (27, "TCA_FLOWER_KEY_ENC_IPV4_SRC", Ip),
    (28, "TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK", Ip),
    (29, "TCA_FLOWER_KEY_ENC_IPV4_DST", Ip),
    (30, "TCA_FLOWER_KEY_ENC_IPV4_DST_MASK", Ip),
    (31, "TCA_FLOWER_KEY_ENC_IPV6_SRC", Ip),
    (32, "TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK", Ip),
    (33, "TCA_FLOWER_KEY_ENC_IPV6_DST", Ip),
    (34, "TCA_FLOWER_KEY_ENC_IPV6_DST_MASK", Ip),
    (35, "TCA_FLOWER_KEY_TCP_SRC_MASK", Be),
    (36, "TCA_FLOWER_KEY_TCP_DST_MASK", Be),
    (37, "TCA_FLOWER_KEY_UDP_SRC_MASK", Be),
    (38, "TCA_FLOWER_KEY_UDP_DST_MASK", Be),
    (39, "TCA_FLOWER_KEY_SCTP_SRC_MASK", Be),
    (40, "TCA_FLOWER_KEY_SCTP_DST_MASK", Be),
    (41, "TCA_FLOWER_KEY_SCTP_SRC", Be),
    (42, "TCA_FLOWER_KEY_SCTP_DST", Be),
    (43, "TCA_FLOWER_KEY_ENC_UDP_SRC_PORT", Be),
    (44, "TCA_FLOWER_KEY_ENC_UDP_SRC_PORT_MASK", Be),
    (45, "TCA_FLOWER_KEY_ENC_UDP_DST_PORT", Be),
    (46, "TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK", Be),
    (47, "TCA_FLOWER_KEY_FLAGS", BeMask(&FLOWER_KEY_CTRL_FLAGS)),
    (48, "TCA_FLOWER_KEY_FLAGS_MASK", BeMask(&FLOWER_KEY_CTRL_FLAGS)),
    (49, "TCA_FLOWER_KEY_ICMPV4_CODE", Num),
    (50, "TCA_FLOWER_KEY_ICMPV4_CODE_MASK", Num),
    (51, "TCA_FLOWER_KEY_ICMPV4_TYPE", Num),
    (52, "TCA_FLOWER_KEY_ICMPV4_TYPE_MASK", Num),
    (53, "TCA_FLOWER_KEY_ICMPV6_CODE", Num),
    (54, "TCA_FLOWER_KEY_ICMPV6_CODE_MASK", Num),
    (55, "TCA_FLOWER_KEY_ICMPV6_TYPE", Num),
    (56, "TCA_FLOWER_KEY_ICMPV6_TYPE_MASK", Num),
    (57, "TCA_FLOWER_KEY_ARP_SIP", Ip),
    (58, "TCA_FLOWER_KEY_ARP_SIP_MASK", Ip),
    (59, "TCA_FLOWER_KEY_ARP_TIP", Ip),
    (60, "TCA_FLOWER_KEY_ARP_TIP_MASK", Ip),
    (61, "TCA_FLOWER_KEY_ARP_OP", Num),
    (62, "TCA_FLOWER_KEY_ARP_OP_MASK", Num),
    (63, "TCA_FLOWER_KEY_ARP_SHA", Mac),
    (64, "TCA_FLOWER_KEY_ARP_SHA_MASK", Mac),
    (65, "TCA_FLOWER_KEY_ARP_THA", Mac),
    (66, "TCA_FLOWER_KEY_ARP_THA_MASK", Mac),
    (67, "TCA_FLOWER_KEY_MPLS_TTL", Num),
    (68, "TCA_FLOWER_KEY_MPLS_BOS", Num),
    (69, "TCA_FLOWER_KEY_MPLS_TC", Num),
    (70, "TCA_FLOWER_KEY_MPLS_LABEL", Num),
    (71, "TCA_FLOWER_KEY_TCP_FLAGS", Be),
    (72, "TCA_FLOWER_KEY_TCP_FLAGS_MASK", Be),
    (73, "TCA_FLOWER_KEY_IP_TOS", Num),
    (74, "TCA_FLOWER_KEY_IP_TOS_MASK", Num),
    (75, "TCA_FLOWER_KEY_IP_TTL", Num),
    (76, "TCA_FLOWER_KEY_IP_TTL_MASK", Num),
    (77, "TCA_FLOWER_KEY_CVLAN_ID", Num),
    (78, "TCA_FLOWER_KEY_CVLAN_PRIO", Num),
    (79, "TCA_FLOWER_KEY_CVLAN_ETH_TYPE", BeWord(&ETHERTYPES)),
    (80, "TCA_FLOWER_KEY_ENC_IP_TOS", Num),
    (81, "TCA_FLOWER_KEY_ENC_IP_TOS_MASK", Num),
    (82, "TCA_FLOWER_KEY_ENC_IP_TTL", Num),
    (83, "TCA_FLOWER_KEY_ENC_IP_TTL_MASK", Num),
    (84, "TCA_FLOWER_KEY_ENC_OPTS", Nest(&FLOWER_KEY_ENC_OPTS_ATTRS)),
    (85, "TCA_FLOWER_KEY_ENC_OPTS_MASK", Nest(&FLOWER_KEY_ENC_OPTS_ATTRS)),
    (86, "TCA_FLOWER_IN_HW_COUNT", Num),
    (87, "TCA_FLOWER_KEY_PORT_SRC_MIN", Be),
    (88, "TCA_FLOWER_KEY_PORT_SRC_MAX", Be),
    (89, "TCA_FLOWER_KEY_PORT_DST_MIN", Be),
    (90, "TCA_FLOWER_KEY_PORT_DST_MAX", Be),
    (91, "TCA_FLOWER_KEY_CT_STATE", Num),
    (92, "TCA_FLOWER_KEY_CT_STATE_MASK", Num),
    (93, "TCA_FLOWER_KEY_CT_ZONE", Num),
    (94, "TCA_FLOWER_KEY_CT_ZONE_MASK", Num),
    (95, "TCA_FLOWER_KEY_CT_MARK", Num),
    (96, "TCA_FLOWER_KEY_CT_MARK_MASK", Num),
    (97, "TCA_FLOWER_KEY_CT_LABELS", Hex),
    (98, "TCA_FLOWER_KEY_CT_LABELS_MASK", Hex),
    (99, "TCA_FLOWER_KEY_MPLS_OPTS", Nest(&FLOWER_KEY_MPLS_OPTS)),
    (100, "TCA_FLOWER_KEY_HASH", Num),
    (101, "TCA_FLOWER_KEY_HASH_MASK", Num),
    (102, "TCA_FLOWER_KEY_NUM_OF_VLANS", Num),
    (103, "TCA_FLOWER_KEY_PPPOE_SID", Be),
    (104, "TCA_FLOWER_KEY_PPP_PROTO", Be),
    (105, "TCA_FLOWER_KEY_L2TPV3_SID", Be),
    (106, "TCA_FLOWER_L2_MISS", Num),
    (107, "TCA_FLOWER_KEY_CFM", Nest(&FLOWER_KEY_CFM_ATTRS)),
    (108, "TCA_FLOWER_KEY_SPI", Be),
    (109, "TCA_FLOWER_KEY_SPI_MASK", Be),
    (110, "TCA_FLOWER_KEY_ENC_FLAGS", BeMask(&FLOWER_KEY_CTRL_FLAGS)),
    (111, "TCA_FLOWER_KEY_ENC_FLAGS_MASK", BeMask(&FLOWER_KEY_CTRL_FLAGS)),
];

pub(in crate::decode) static FW_ATTRS: Set = &[
    (1, "TCA_FW_CLASSID", Handle),
    (2, "TCA_FW_POLICE", Nest(&POLICE_ATTRS)),
    (3, "TCA_FW_INDEV", Text),
    (4, "TCA_FW_ACT", List(&Nest(&ACT_ATTRS))),
    (5, "TCA_FW_MASK", Num),
];

static TC_MATCHALL_PCNT: Fields = structure("tc_matchall_pcnt").of(&[("rhit", 8, Num)]);

pub(in crate::decode) static MATCHALL_ATTRS: Set = &[
    (1, "TCA_MATCHALL_CLASSID", Handle),
    (2, "TCA_MATCHALL_ACT", List(&Nest(&ACT_ATTRS))),
    (3, "TCA_MATCHALL_FLAGS", Mask(&CLS_FLAGS)),
    (4, "TCA_MATCHALL_PCNT", Struct(&TC_MATCHALL_PCNT)),
    (5, "TCA_MATCHALL_PAD", Num),
];

pub(in crate::decode) static ROUTE_ATTRS: Set = &[
    (1, "TCA_ROUTE4_CLASSID", Handle),
    (2, "TCA_ROUTE4_TO", Num),
    (3, "TCA_ROUTE4_FROM", Num),
    (4, "TCA_ROUTE4_IIF", Index),
    (5, "TCA_ROUTE4_POLICE", Nest(&POLICE_ATTRS)),
    (6, "TCA_ROUTE4_ACT", List(&Nest(&ACT_ATTRS))),
];

static TC_U32_KEY: Fields = structure("tc_u32_key").of(&[
    ("mask", 4, Hex),
    ("val", 4, Hex),
    ("off", 4, Int),
    ("offmask", 4, Int),
]);

static TC_U32_SEL: Fields = structure("tc_u32_sel").of(&[
    ("flags", 1, Num),
    ("offshift", 1, Num),
    ("nkeys", 1, Num),
    ("pad", 1, Pad),
    ("offmask", 2, Be),
    ("off", 2, Num),
    ("offoff", 2, Int),
    ("hoff", 2, Int),
    ("hmask", 4, Be),
    ("keys", 0, Each(16, &Struct(&TC_U32_KEY))),
]);

static TC_U32_PCNT: Fields =
    structure("tc_u32_pcnt").of(&[("rcnt", 8, Num), ("rhit", 8, Num), ("kcnts", 0, Each(8, &Num))]);

static TC_U32_MARK: Fields =
    structure("tc_u32_mark").of(&[("val", 4, Num), ("mask", 4, Num), ("success", 4, Num)]);

pub(in crate::decode) static U32_ATTRS: Set = &[
    (1, "TCA_U32_CLASSID", Handle),
    (2, "TCA_U32_HASH", HashHandle),
    (3, "TCA_U32_LINK", HashHandle),
    (4, "TCA_U32_DIVISOR", Num),
    (5, "TCA_U32_SEL", Struct(&TC_U32_SEL)),
    (6, "TCA_U32_POLICE", Nest(&POLICE_ATTRS)),
    (7, "TCA_U32_ACT", List(&Nest(&ACT_ATTRS))),
    (8, "TCA_U32_INDEV", Text),
    (9, "TCA_U32_PCNT", Struct(&TC_U32_PCNT)),
    (10, "TCA_U32_MARK", Struct(&TC_U32_MARK)),
    (11, "TCA_U32_FLAGS", Mask(&CLS_FLAGS)),
    (12, "TCA_U32_PAD", Num),
];

/// `struct tcf_ematch_hdr`, and what the kind of match has.
static EMATCH: Fields = structure("tcf_ematch_hdr").of(&[
    ("matchid", 2, Num),
    ("kind", 2, Word(&EMATCH_KINDS)),
    ("flags", 2, Num),
    ("pad", 2, Pad),
    ("data", 0, Hex),
]);

/// `TCF_EM_*`
static EMATCH_KINDS: Table = &[
    (0, "container"),
    (1, "cmp"),
    (2, "nbyte"),
    (3, "u32"),
    (4, "meta"),
    (5, "text"),
    (6, "vlan"),
    (7, "canid"),
    (8, "ipset"),
    (9, "ipt"),
];
