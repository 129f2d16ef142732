//! What each kind of action has: numbers and names of `include/uapi/linux/tc_act/*.h`.

use super::kind::Kind::{
    Be, BeWord, Bitfield, Each, Flag, Hex, Index, Int, Ip, Limit, Mac, Mask, Nest, Num, Pad,
    Select, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Options, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::ETHERTYPES;

/// `TC_ACT_*` of `pkt_cls.h`, in the words of `tc`
static ACTIONS: Table = &[
    (0, "pass"),
    (1, "reclassify"),
    (2, "drop"),
    (3, "pipe"),
    (4, "stolen"),
    (5, "queued"),
    (6, "repeat"),
    (7, "redirect"),
    (8, "trap"),
    (0xffff_ffff, "continue"),
];

static TCF_T: Fields = structure("tcf_t").of(&[
    ("install", 8, Num),
    ("lastuse", 8, Num),
    ("expires", 8, Num),
    ("firstuse", 8, Num),
]);

static ACT_BPF_ATTRS: Set = &[
    (1, "TCA_ACT_BPF_TM", Struct(&TCF_T)),
    (2, "TCA_ACT_BPF_PARMS", Struct(&TC_GEN)),
    (3, "TCA_ACT_BPF_OPS_LEN", Num),
    (4, "TCA_ACT_BPF_OPS", Each(8, &Struct(&SOCK_FILTER))),
    (5, "TCA_ACT_BPF_FD", Num),
    (6, "TCA_ACT_BPF_NAME", Text),
    (7, "TCA_ACT_BPF_PAD", Num),
    (8, "TCA_ACT_BPF_TAG", Hex),
    (9, "TCA_ACT_BPF_ID", Num),
];

static ACT_CONNMARK_ATTRS: Set = &[
    (1, "TCA_CONNMARK_PARMS", Struct(&TC_CONNMARK)),
    (2, "TCA_CONNMARK_TM", Struct(&TCF_T)),
    (3, "TCA_CONNMARK_PAD", Num),
];

static ACT_CSUM_ATTRS: Set = &[
    (1, "TCA_CSUM_PARMS", Struct(&TC_CSUM)),
    (2, "TCA_CSUM_TM", Struct(&TCF_T)),
    (3, "TCA_CSUM_PAD", Num),
];

static ACT_CT_ATTRS: Set = &[
    (1, "TCA_CT_PARMS", Struct(&TC_GEN)),
    (2, "TCA_CT_TM", Struct(&TCF_T)),
    (3, "TCA_CT_ACTION", Num),
    (4, "TCA_CT_ZONE", Num),
    (5, "TCA_CT_MARK", Num),
    (6, "TCA_CT_MARK_MASK", Num),
    (7, "TCA_CT_LABELS", Hex),
    (8, "TCA_CT_LABELS_MASK", Hex),
    (9, "TCA_CT_NAT_IPV4_MIN", Ip),
    (10, "TCA_CT_NAT_IPV4_MAX", Ip),
    (11, "TCA_CT_NAT_IPV6_MIN", Ip),
    (12, "TCA_CT_NAT_IPV6_MAX", Ip),
    (13, "TCA_CT_NAT_PORT_MIN", Be),
    (14, "TCA_CT_NAT_PORT_MAX", Be),
    (15, "TCA_CT_PAD", Num),
    (16, "TCA_CT_HELPER_NAME", Text),
    (17, "TCA_CT_HELPER_FAMILY", Num),
    (18, "TCA_CT_HELPER_PROTO", Num),
];

static ACT_CTINFO_ATTRS: Set = &[
    (1, "TCA_CTINFO_PAD", Num),
    (2, "TCA_CTINFO_TM", Struct(&TCF_T)),
    (3, "TCA_CTINFO_ACT", Struct(&TC_GEN)),
    (4, "TCA_CTINFO_ZONE", Num),
    (5, "TCA_CTINFO_PARMS_DSCP_MASK", Num),
    (6, "TCA_CTINFO_PARMS_DSCP_STATEMASK", Num),
    (7, "TCA_CTINFO_PARMS_CPMARK_MASK", Num),
    (8, "TCA_CTINFO_STATS_DSCP_SET", Num),
    (9, "TCA_CTINFO_STATS_DSCP_ERROR", Num),
    (10, "TCA_CTINFO_STATS_CPMARK_SET", Num),
];

static TC_GACT: Fields = structure("tc_gact").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
]);

static TC_GACT_P: Fields = structure("tc_gact_p").of(&[
    ("ptype", 2, Num),
    ("pval", 2, Num),
    ("paction", 4, Word(&ACTIONS)),
]);

static ACT_GACT_ATTRS: Set = &[
    (1, "TCA_GACT_TM", Struct(&TCF_T)),
    (2, "TCA_GACT_PARMS", Struct(&TC_GACT)),
    (3, "TCA_GACT_PROB", Struct(&TC_GACT_P)),
    (4, "TCA_GACT_PAD", Num),
];

static ACT_GATE_ATTRS: Set = &[
    (1, "TCA_GATE_TM", Struct(&TCF_T)),
    (2, "TCA_GATE_PARMS", Struct(&TC_GEN)),
    (3, "TCA_GATE_PAD", Num),
    (4, "TCA_GATE_PRIORITY", Int),
    (5, "TCA_GATE_ENTRY_LIST", Nest(&GATE_ENTRIES)),
    (6, "TCA_GATE_BASE_TIME", Num),
    (7, "TCA_GATE_CYCLE_TIME", Num),
    (8, "TCA_GATE_CYCLE_TIME_EXT", Num),
    (9, "TCA_GATE_FLAGS", Num),
    (10, "TCA_GATE_CLOCKID", Int),
];

static ACT_IFE_ATTRS: Set = &[
    (1, "TCA_IFE_PARMS", Struct(&TC_IFE)),
    (2, "TCA_IFE_TM", Struct(&TCF_T)),
    (3, "TCA_IFE_DMAC", Mac),
    (4, "TCA_IFE_SMAC", Mac),
    (5, "TCA_IFE_TYPE", Num),
    (6, "TCA_IFE_METALST", Nest(&IFE_METADATA)),
    (7, "TCA_IFE_PAD", Num),
];

static ACT_MIRRED_ATTRS: Set = &[
    (1, "TCA_MIRRED_TM", Struct(&TCF_T)),
    (2, "TCA_MIRRED_PARMS", Struct(&TC_MIRRED)),
    (3, "TCA_MIRRED_PAD", Num),
    (4, "TCA_MIRRED_BLOCKID", Num),
];

static TC_MPLS: Fields = structure("tc_mpls").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("m_action", 4, Int),
]);

static ACT_MPLS_ATTRS: Set = &[
    (1, "TCA_MPLS_TM", Struct(&TCF_T)),
    (2, "TCA_MPLS_PARMS", Struct(&TC_MPLS)),
    (3, "TCA_MPLS_PAD", Num),
    (4, "TCA_MPLS_PROTO", BeWord(&ETHERTYPES)),
    (5, "TCA_MPLS_LABEL", Num),
    (6, "TCA_MPLS_TC", Num),
    (7, "TCA_MPLS_TTL", Num),
    (8, "TCA_MPLS_BOS", Num),
];

static ACT_NAT_ATTRS: Set = &[
    (1, "TCA_NAT_PARMS", Struct(&TC_NAT)),
    (2, "TCA_NAT_TM", Struct(&TCF_T)),
    (3, "TCA_NAT_PAD", Num),
];

static TC_PEDIT_KEY: Fields = structure("tc_pedit_key").of(&[
    ("mask", 4, Hex),
    ("val", 4, Hex),
    ("off", 4, Num),
    ("at", 4, Num),
    ("offmask", 4, Num),
    ("shift", 4, Num),
]);

static TC_PEDIT_SEL: Fields = structure("tc_pedit_sel").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("nkeys", 1, Num),
    ("flags", 1, Num),
    ("pad", 2, Pad),
    ("keys", 0, Each(24, &Struct(&TC_PEDIT_KEY))),
]);

static ACT_PEDIT_ATTRS: Set = &[
    (1, "TCA_PEDIT_TM", Struct(&TCF_T)),
    (2, "TCA_PEDIT_PARMS", Struct(&TC_PEDIT_SEL)),
    (3, "TCA_PEDIT_PAD", Num),
    (4, "TCA_PEDIT_PARMS_EX", Struct(&TC_PEDIT_SEL)),
    (5, "TCA_PEDIT_KEYS_EX", Nest(&PEDIT_KEY_EX_LIST)),
    (6, "TCA_PEDIT_KEY_EX", Nest(&PEDIT_KEY_EX)),
];

pub(in crate::decode) static TC_RATESPEC: Fields = structure("tc_ratespec").of(&[
    ("cell_log", 1, Num),
    ("linklayer", 1, Num),
    ("overhead", 2, Num),
    ("cell_align", 2, Int),
    ("mpu", 2, Num),
    ("rate", 4, Num),
]);

static TC_POLICE: Fields = structure("tc_police").of(&[
    ("index", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("limit", 4, Num),
    ("burst", 4, Num),
    ("mtu", 4, Limit("unlimited")),
    ("rate", 12, Struct(&TC_RATESPEC)),
    ("peakrate", 12, Struct(&TC_RATESPEC)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("capab", 4, Num),
]);

pub(in crate::decode) static POLICE_ATTRS: Set = &[
    (1, "TCA_POLICE_TBF", Struct(&TC_POLICE)),
    (2, "TCA_POLICE_RATE", Hex),
    (3, "TCA_POLICE_PEAKRATE", Hex),
    (4, "TCA_POLICE_AVRATE", Num),
    (5, "TCA_POLICE_RESULT", Word(&ACTIONS)),
    (6, "TCA_POLICE_TM", Struct(&TCF_T)),
    (7, "TCA_POLICE_PAD", Num),
    (8, "TCA_POLICE_RATE64", Num),
    (9, "TCA_POLICE_PEAKRATE64", Num),
    (10, "TCA_POLICE_PKTRATE64", Num),
    (11, "TCA_POLICE_PKTBURST64", Num),
];

static ACT_SAMPLE_ATTRS: Set = &[
    (1, "TCA_SAMPLE_TM", Struct(&TCF_T)),
    (2, "TCA_SAMPLE_PARMS", Struct(&TC_GEN)),
    (3, "TCA_SAMPLE_RATE", Num),
    (4, "TCA_SAMPLE_TRUNC_SIZE", Num),
    (5, "TCA_SAMPLE_PSAMPLE_GROUP", Num),
    (6, "TCA_SAMPLE_PAD", Num),
];

static ACT_SIMPLE_ATTRS: Set = &[
    (1, "TCA_DEF_TM", Struct(&TCF_T)),
    (2, "TCA_DEF_PARMS", Struct(&TC_GEN)),
    (3, "TCA_DEF_DATA", Text),
    (4, "TCA_DEF_PAD", Num),
];

static ACT_SKBEDIT_ATTRS: Set = &[
    (1, "TCA_SKBEDIT_TM", Struct(&TCF_T)),
    (2, "TCA_SKBEDIT_PARMS", Struct(&TC_GEN)),
    (3, "TCA_SKBEDIT_PRIORITY", Num),
    (4, "TCA_SKBEDIT_QUEUE_MAPPING", Num),
    (5, "TCA_SKBEDIT_MARK", Num),
    (6, "TCA_SKBEDIT_PAD", Num),
    (7, "TCA_SKBEDIT_PTYPE", Num),
    (8, "TCA_SKBEDIT_MASK", Num),
    (9, "TCA_SKBEDIT_FLAGS", Num),
    (10, "TCA_SKBEDIT_QUEUE_MAPPING_MAX", Num),
];

static ACT_SKBMOD_ATTRS: Set = &[
    (1, "TCA_SKBMOD_TM", Struct(&TCF_T)),
    (2, "TCA_SKBMOD_PARMS", Struct(&TC_SKBMOD)),
    (3, "TCA_SKBMOD_DMAC", Mac),
    (4, "TCA_SKBMOD_SMAC", Mac),
    (5, "TCA_SKBMOD_ETYPE", Num),
    (6, "TCA_SKBMOD_PAD", Num),
];

static ACT_TUNNEL_KEY_ATTRS: Set = &[
    (1, "TCA_TUNNEL_KEY_TM", Struct(&TCF_T)),
    (2, "TCA_TUNNEL_KEY_PARMS", Struct(&TC_TUNNEL_KEY)),
    (3, "TCA_TUNNEL_KEY_ENC_IPV4_SRC", Ip),
    (4, "TCA_TUNNEL_KEY_ENC_IPV4_DST", Ip),
    (5, "TCA_TUNNEL_KEY_ENC_IPV6_SRC", Ip),
    (6, "TCA_TUNNEL_KEY_ENC_IPV6_DST", Ip),
    (7, "TCA_TUNNEL_KEY_ENC_KEY_ID", Be),
    (8, "TCA_TUNNEL_KEY_PAD", Num),
    (9, "TCA_TUNNEL_KEY_ENC_DST_PORT", Be),
    (10, "TCA_TUNNEL_KEY_NO_CSUM", Num),
    (11, "TCA_TUNNEL_KEY_ENC_OPTS", Nest(&TUNNEL_OPTIONS)),
    (12, "TCA_TUNNEL_KEY_ENC_TOS", Num),
    (13, "TCA_TUNNEL_KEY_ENC_TTL", Num),
    (14, "TCA_TUNNEL_KEY_NO_FRAG", Flag),
];

static TC_VLAN: Fields = structure("tc_vlan").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("v_action", 4, Word(&VLAN_ACTIONS)),
]);

static ACT_VLAN_ATTRS: Set = &[
    (1, "TCA_VLAN_TM", Struct(&TCF_T)),
    (2, "TCA_VLAN_PARMS", Struct(&TC_VLAN)),
    (3, "TCA_VLAN_PUSH_VLAN_ID", Num),
    (4, "TCA_VLAN_PUSH_VLAN_PROTOCOL", BeWord(&ETHERTYPES)),
    (5, "TCA_VLAN_PAD", Num),
    (6, "TCA_VLAN_PUSH_VLAN_PRIORITY", Num),
    (7, "TCA_VLAN_PUSH_ETH_DST", Mac),
    (8, "TCA_VLAN_PUSH_ETH_SRC", Mac),
];

static ACT_OPTIONS_MSG: Options = &[
    ("bpf", Nest(&ACT_BPF_ATTRS)),
    ("connmark", Nest(&ACT_CONNMARK_ATTRS)),
    ("csum", Nest(&ACT_CSUM_ATTRS)),
    ("ct", Nest(&ACT_CT_ATTRS)),
    ("ctinfo", Nest(&ACT_CTINFO_ATTRS)),
    ("gact", Nest(&ACT_GACT_ATTRS)),
    ("gate", Nest(&ACT_GATE_ATTRS)),
    ("ife", Nest(&ACT_IFE_ATTRS)),
    ("mirred", Nest(&ACT_MIRRED_ATTRS)),
    ("mpls", Nest(&ACT_MPLS_ATTRS)),
    ("nat", Nest(&ACT_NAT_ATTRS)),
    ("pedit", Nest(&ACT_PEDIT_ATTRS)),
    ("police", Nest(&POLICE_ATTRS)),
    ("sample", Nest(&ACT_SAMPLE_ATTRS)),
    ("simple", Nest(&ACT_SIMPLE_ATTRS)),
    ("skbedit", Nest(&ACT_SKBEDIT_ATTRS)),
    ("skbmod", Nest(&ACT_SKBMOD_ATTRS)),
    ("tunnel_key", Nest(&ACT_TUNNEL_KEY_ATTRS)),
    ("vlan", Nest(&ACT_VLAN_ATTRS)),
];

pub(in crate::decode) static GNET_STATS_BASIC: Fields =
    structure("gnet_stats_basic").of(&[("bytes", 8, Num), ("packets", 4, Num), ("pad", 4, Pad)]);

pub(in crate::decode) static GNET_STATS_RATE_EST: Fields =
    structure("gnet_stats_rate_est").of(&[("bps", 4, Num), ("pps", 4, Num)]);

pub(in crate::decode) static GNET_STATS_QUEUE: Fields = structure("gnet_stats_queue").of(&[
    ("qlen", 4, Num),
    ("backlog", 4, Num),
    ("drops", 4, Num),
    ("requeues", 4, Num),
    ("overlimits", 4, Num),
]);

pub(in crate::decode) static GNET_STATS_RATE_EST64: Fields =
    structure("gnet_stats_rate_est64").of(&[("bps", 8, Num), ("pps", 8, Num)]);

pub(in crate::decode) static TCA_STATS_ATTRS: Set = &[
    (1, "TCA_STATS_BASIC", Struct(&GNET_STATS_BASIC)),
    (2, "TCA_STATS_RATE_EST", Struct(&GNET_STATS_RATE_EST)),
    (3, "TCA_STATS_QUEUE", Struct(&GNET_STATS_QUEUE)),
    (4, "TCA_STATS_APP", Hex),
    (5, "TCA_STATS_RATE_EST64", Struct(&GNET_STATS_RATE_EST64)),
    (6, "TCA_STATS_PAD", Num),
    (7, "TCA_STATS_BASIC_HW", Struct(&GNET_STATS_BASIC)),
    (8, "TCA_STATS_PKT64", Num),
];

pub(in crate::decode) static ACT_ATTRS: Set = &[
    (1, "TCA_ACT_KIND", Text),
    (2, "TCA_ACT_OPTIONS", Select(1, &ACT_OPTIONS_MSG)),
    (3, "TCA_ACT_INDEX", Num),
    (4, "TCA_ACT_STATS", Nest(&TCA_STATS_ATTRS)),
    (5, "TCA_ACT_PAD", Num),
    (6, "TCA_ACT_COOKIE", Hex),
    (7, "TCA_ACT_FLAGS", Bitfield),
    (8, "TCA_ACT_HW_STATS", Bitfield),
    (9, "TCA_ACT_USED_HW_STATS", Bitfield),
    (10, "TCA_ACT_IN_HW_COUNT", Num),
];

static TC_GEN: Fields = structure("tc_gact").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
]);

static TC_CONNMARK: Fields = structure("tc_connmark").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("zone", 2, Num),
    ("pad", 2, Pad),
]);

static TC_CSUM: Fields = structure("tc_csum").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("update_flags", 4, Mask(&CSUM_FLAGS)),
]);

static TC_IFE: Fields = structure("tc_ife").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("flags", 2, Num),
    ("pad", 2, Pad),
]);

static TC_MIRRED: Fields = structure("tc_mirred").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("eaction", 4, Word(&MIRRED_ACTIONS)),
    ("ifindex", 4, Index),
]);

static TC_NAT: Fields = structure("tc_nat").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("old_addr", 4, Ip),
    ("new_addr", 4, Ip),
    ("mask", 4, Ip),
    ("flags", 4, Num),
]);

static TC_SKBMOD: Fields = structure("tc_skbmod").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("pad", 4, Pad),
    ("flags", 8, Num),
]);

static TC_TUNNEL_KEY: Fields = structure("tc_tunnel_key").of(&[
    ("index", 4, Num),
    ("capab", 4, Num),
    ("action", 4, Word(&ACTIONS)),
    ("refcnt", 4, Int),
    ("bindcnt", 4, Int),
    ("t_action", 4, Word(&TUNNEL_KEY_ACTIONS)),
]);

static CSUM_FLAGS: Bits = &[
    (0x1, "iph"),
    (0x2, "icmp"),
    (0x4, "igmp"),
    (0x8, "tcp"),
    (0x10, "udp"),
    (0x20, "udplite"),
    (0x40, "sctp"),
];

static MIRRED_ACTIONS: Table =
    &[(1, "egress-redirect"), (2, "egress-mirror"), (3, "ingress-redirect"), (4, "ingress-mirror")];

static TUNNEL_KEY_ACTIONS: Table = &[(1, "set"), (2, "unset")];

static VLAN_ACTIONS: Table =
    &[(1, "pop"), (2, "push"), (3, "modify"), (4, "pop_eth"), (5, "push_eth")];

static PEDIT_KEY_EX_LIST: Set = &[(6, "TCA_PEDIT_KEY_EX", Nest(&PEDIT_KEY_EX))];

static PEDIT_KEY_EX: Set = &[(1, "TCA_PEDIT_KEY_EX_HTYPE", Num), (2, "TCA_PEDIT_KEY_EX_CMD", Num)];

static GATE_ENTRIES: Set = &[(1, "TCA_GATE_ONE_ENTRY", Nest(&GATE_ENTRY))];

static GATE_ENTRY: Set = &[
    (1, "TCA_GATE_ENTRY_INDEX", Num),
    (2, "TCA_GATE_ENTRY_GATE", Flag),
    (3, "TCA_GATE_ENTRY_INTERVAL", Num),
    (4, "TCA_GATE_ENTRY_IPV", Int),
    (5, "TCA_GATE_ENTRY_MAX_OCTETS", Int),
];

static TUNNEL_OPTIONS: Set = &[
    (1, "TCA_TUNNEL_KEY_ENC_OPTS_GENEVE", Nest(&GENEVE_OPTION)),
    (2, "TCA_TUNNEL_KEY_ENC_OPTS_VXLAN", Nest(&VXLAN_OPTION)),
    (3, "TCA_TUNNEL_KEY_ENC_OPTS_ERSPAN", Nest(&ERSPAN_OPTION)),
];

static GENEVE_OPTION: Set = &[
    (1, "TCA_TUNNEL_KEY_ENC_OPT_GENEVE_CLASS", Be),
    (2, "TCA_TUNNEL_KEY_ENC_OPT_GENEVE_TYPE", Num),
    (3, "TCA_TUNNEL_KEY_ENC_OPT_GENEVE_DATA", Hex),
];

static VXLAN_OPTION: Set = &[(1, "TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP", Num)];

static ERSPAN_OPTION: Set = &[
    (1, "TCA_TUNNEL_KEY_ENC_OPT_ERSPAN_VER", Num),
    (2, "TCA_TUNNEL_KEY_ENC_OPT_ERSPAN_INDEX", Be),
    (3, "TCA_TUNNEL_KEY_ENC_OPT_ERSPAN_DIR", Num),
    (4, "TCA_TUNNEL_KEY_ENC_OPT_ERSPAN_HWID", Num),
];

static IFE_METADATA: Set = &[
    (1, "IFE_META_SKBMARK", Num),
    (2, "IFE_META_HASHID", Num),
    (3, "IFE_META_PRIO", Num),
    (4, "IFE_META_QMAP", Num),
    (5, "IFE_META_TCINDEX", Num),
];

/// An instruction of the classic BPF.
pub(in crate::decode) static SOCK_FILTER: Fields =
    structure("sock_filter").of(&[("code", 2, Num), ("jt", 1, Num), ("jf", 1, Num), ("k", 4, Num)]);
