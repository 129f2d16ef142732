//! The smaller objects of rtnetlink: numbers and names of `include/uapi/linux/netconf.h`,
//! `rtnetlink.h`, `net_namespace.h`, `if_addrlabel.h`, `dcbnl.h`, `mroute.h` and `if_link.h`.

use super::kind::Kind::{
    Be, Each, Flag, Hex, Index, Int, Ip, Limit, List, Mac, Mask, Nest, Num, Pad, Secret, Struct,
    Text, Word,
};
use super::kind::{Bits, Fields, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::{FAMILIES, ROUTE_TABLES};

pub(in crate::decode) static RTGENMSG: Fields =
    structure("rtgenmsg").of(&[("rtgen_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)]);

pub(in crate::decode) static NETCONFMSG: Fields =
    structure("netconfmsg").of(&[("ncm_family", 1, Word(&FAMILIES)), ("pad", 3, Pad)]);

pub(in crate::decode) static NETCONF: Set = &[
    (1, "NETCONFA_IFINDEX", Index),
    (2, "NETCONFA_FORWARDING", Int),
    (3, "NETCONFA_RP_FILTER", Int),
    (4, "NETCONFA_MC_FORWARDING", Int),
    (5, "NETCONFA_PROXY_NEIGH", Int),
    (6, "NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN", Int),
    (7, "NETCONFA_INPUT", Int),
    (8, "NETCONFA_BC_FORWARDING", Int),
    (9, "NETCONFA_FORCE_FORWARDING", Int),
];

pub(in crate::decode) static PREFIXMSG: Fields = structure("prefixmsg").of(&[
    ("prefix_family", 1, Word(&FAMILIES)),
    ("pad", 3, Pad),
    ("prefix_ifindex", 4, Index),
    ("prefix_type", 1, Num),
    ("prefix_len", 1, Num),
    ("prefix_flags", 1, Num),
    ("pad", 1, Pad),
]);

static PREFIX_CACHEINFO: Fields = structure("prefix_cacheinfo")
    .of(&[("preferred_time", 4, Limit("forever")), ("valid_time", 4, Limit("forever"))]);

pub(in crate::decode) static PREFIX: Set =
    &[(1, "PREFIX_ADDRESS", Ip), (2, "PREFIX_CACHEINFO", Struct(&PREFIX_CACHEINFO))];

pub(in crate::decode) static NETNS: Set = &[
    (1, "NETNSA_NSID", Int),
    (2, "NETNSA_PID", Num),
    (3, "NETNSA_FD", Num),
    (4, "NETNSA_TARGET_NSID", Int),
    (5, "NETNSA_CURRENT_NSID", Int),
];

pub(in crate::decode) static IFADDRLBLMSG: Fields = structure("ifaddrlblmsg").of(&[
    ("ifal_family", 1, Word(&FAMILIES)),
    ("pad", 1, Pad),
    ("ifal_prefixlen", 1, Num),
    ("ifal_flags", 1, Num),
    ("ifal_index", 4, Index),
    ("ifal_seq", 4, Num),
]);

pub(in crate::decode) static ADDRESS_LABEL: Set =
    &[(1, "IFAL_ADDRESS", Ip), (2, "IFAL_LABEL", Num)];

pub(in crate::decode) static NDUSEROPTMSG: Fields = structure("nduseroptmsg").of(&[
    ("nduseropt_family", 1, Word(&FAMILIES)),
    ("pad", 1, Pad),
    ("nduseropt_opts_len", 2, Num),
    ("nduseropt_ifindex", 4, Index),
    ("nduseropt_icmp_type", 1, Num),
    ("nduseropt_icmp_code", 1, Num),
    ("pad", 6, Pad),
]);

pub(in crate::decode) static DCBMSG: Fields = structure("dcbmsg").of(&[
    ("dcb_family", 1, Word(&FAMILIES)),
    ("cmd", 1, Word(&DCB_COMMANDS)),
    ("dcb_pad", 2, Pad),
]);

pub(in crate::decode) static DCB: Set = &[
    (1, "DCB_ATTR_IFNAME", Text),
    (2, "DCB_ATTR_STATE", Num),
    (3, "DCB_ATTR_PFC_STATE", Num),
    (4, "DCB_ATTR_PFC_CFG", Nest(&PFC_CONFIG)),
    (5, "DCB_ATTR_NUM_TC", Num),
    (6, "DCB_ATTR_PG_CFG", Nest(&PG_CONFIG)),
    (7, "DCB_ATTR_SET_ALL", Num),
    (8, "DCB_ATTR_PERM_HWADDR", Mac),
    (9, "DCB_ATTR_CAP", Nest(&DCB_CAPABILITIES)),
    (10, "DCB_ATTR_NUMTCS", Nest(&DCB_NUMTCS)),
    (11, "DCB_ATTR_BCN", Nest(&CONGESTION)),
    (12, "DCB_ATTR_APP", Nest(&APP_CONFIG)),
    (13, "DCB_ATTR_IEEE", Nest(&DCB_IEEE)),
    (14, "DCB_ATTR_DCBX", Num),
    (15, "DCB_ATTR_FEATCFG", Nest(&DCB_FEATURES)),
    (16, "DCB_ATTR_CEE", Nest(&DCB_CEE)),
];

static DCB_IEEE: Set = &[
    (1, "DCB_ATTR_IEEE_ETS", Struct(&IEEE_ETS)),
    (2, "DCB_ATTR_IEEE_PFC", Struct(&IEEE_PFC)),
    (3, "DCB_ATTR_IEEE_APP_TABLE", Nest(&APP_TABLE)),
    (4, "DCB_ATTR_IEEE_PEER_ETS", Struct(&IEEE_ETS)),
    (5, "DCB_ATTR_IEEE_PEER_PFC", Struct(&IEEE_PFC)),
    (6, "DCB_ATTR_IEEE_PEER_APP", Nest(&APP_TABLE)),
    (7, "DCB_ATTR_IEEE_MAXRATE", Struct(&IEEE_MAXRATE)),
    (8, "DCB_ATTR_IEEE_QCN", Struct(&IEEE_QCN)),
    (9, "DCB_ATTR_IEEE_QCN_STATS", Struct(&IEEE_QCN_STATS)),
    (10, "DCB_ATTR_DCB_BUFFER", Struct(&DCBNL_BUFFER)),
    (11, "DCB_ATTR_DCB_APP_TRUST_TABLE", List(&Num)),
    (12, "DCB_ATTR_DCB_REWR_TABLE", Nest(&APP_TABLE)),
];

pub(in crate::decode) static CACHE_REPORT: Set = &[
    (1, "IPMRA_CREPORT_MSGTYPE", Num),
    (2, "IPMRA_CREPORT_VIF_ID", Num),
    (3, "IPMRA_CREPORT_SRC_ADDR", Ip),
    (4, "IPMRA_CREPORT_DST_ADDR", Ip),
    (5, "IPMRA_CREPORT_PKT", Secret),
    (6, "IPMRA_CREPORT_TABLE", Num),
];

pub(in crate::decode) static CACHE_REPORT_6: Set = &[
    (1, "IP6MRA_CREPORT_MSGTYPE", Num),
    (2, "IP6MRA_CREPORT_MIF_ID", Num),
    (3, "IP6MRA_CREPORT_SRC_ADDR", Ip),
    (4, "IP6MRA_CREPORT_DST_ADDR", Ip),
    (5, "IP6MRA_CREPORT_PKT", Secret),
];

/// A table of multicast routing, and its interfaces.
pub(super) static MULTICAST_TABLE: Set = &[
    (1, "IPMRA_TABLE_ID", Word(&ROUTE_TABLES)),
    (2, "IPMRA_TABLE_CACHE_RES_QUEUE_LEN", Num),
    (3, "IPMRA_TABLE_MROUTE_REG_VIF_NUM", Int),
    (4, "IPMRA_TABLE_MROUTE_DO_ASSERT", Num),
    (5, "IPMRA_TABLE_MROUTE_DO_PIM", Num),
    (6, "IPMRA_TABLE_VIFS", Nest(&MULTICAST_VIFS)),
    (7, "IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE", Num),
];

static MULTICAST_VIFS: Set = &[(1, "IPMRA_VIF", Nest(&MULTICAST_VIF))];

static MULTICAST_VIF: Set = &[
    (1, "IPMRA_VIFA_IFINDEX", Index),
    (2, "IPMRA_VIFA_VIF_ID", Num),
    (3, "IPMRA_VIFA_FLAGS", Mask(&VIF_FLAGS)),
    (4, "IPMRA_VIFA_BYTES_IN", Num),
    (5, "IPMRA_VIFA_BYTES_OUT", Num),
    (6, "IPMRA_VIFA_PACKETS_IN", Num),
    (7, "IPMRA_VIFA_PACKETS_OUT", Num),
    (8, "IPMRA_VIFA_LOCAL_ADDR", Ip),
    (9, "IPMRA_VIFA_REMOTE_ADDR", Ip),
    (10, "IPMRA_VIFA_PAD", Pad),
];

/// `VIFF_*` of `include/uapi/linux/mroute.h`
static VIF_FLAGS: Bits = &[(1, "tunnel"), (2, "srcrt"), (4, "register"), (8, "use-ifindex")];

pub(in crate::decode) static TUNNEL_MSG: Fields = structure("tunnel_msg").of(&[
    ("family", 1, Word(&FAMILIES)),
    ("flags", 1, Num),
    ("pad", 2, Pad),
    ("ifindex", 4, Index),
]);

pub(in crate::decode) static VNI_FILTER: Set =
    &[(1, "VXLAN_VNIFILTER_ENTRY", Nest(&VNI_FILTER_ENTRY))];

static VNI_FILTER_ENTRY: Set = &[
    (1, "VXLAN_VNIFILTER_ENTRY_START", Num),
    (2, "VXLAN_VNIFILTER_ENTRY_END", Num),
    (3, "VXLAN_VNIFILTER_ENTRY_GROUP", Ip),
    (4, "VXLAN_VNIFILTER_ENTRY_GROUP6", Ip),
    (5, "VXLAN_VNIFILTER_ENTRY_STATS", Nest(&VNI_FILTER_STATS)),
];

pub(in crate::decode) static NDUSEROPT: Set = &[(1, "NDUSEROPT_SRCADDR", Ip)];

/// `ND_OPT_*` of `include/net/ndisc.h`, in the words of `ip monitor` and the RFCs.
pub(in crate::decode) static ND_OPTIONS: Table = &[
    (1, "SOURCE_LL_ADDR"),
    (2, "TARGET_LL_ADDR"),
    (3, "PREFIX_INFO"),
    (4, "REDIRECT_HDR"),
    (5, "MTU"),
    (14, "NONCE"),
    (24, "ROUTE_INFO"),
    (25, "RDNSS"),
    (31, "DNSSL"),
    (34, "6CO"),
    (37, "CAPTIVE_PORTAL"),
    (38, "PREF64"),
];

/// Names of domains, as in a message of DNS: their labels begin with their length.
static DNSSL: Fields =
    structure("").of(&[("reserved", 2, Pad), ("lifetime", 4, Be), ("domains", 0, Hex)]);

/// RFC 8106
static RDNSS: Fields =
    structure("").of(&[("reserved", 2, Pad), ("lifetime", 4, Be), ("addresses", 0, Each(16, &Ip))]);

/// RFC 8781: the lifetime in units of eight seconds, and a code of the prefix's length.
static PREF64: Fields = structure("").of(&[("lifetime_plc", 2, Be), ("prefix", 12, Hex)]);

/// RFC 8910
static CAPTIVE_PORTAL: Fields = structure("").of(&[("uri", 0, Text)]);

static ND_UNKNOWN: Fields = structure("").of(&[("data", 0, Hex)]);

/// What follows the length of an option.
pub(in crate::decode) fn nd_option(kind: u8) -> &'static Fields {
    match kind {
        25 => &RDNSS,
        31 => &DNSSL,
        37 => &CAPTIVE_PORTAL,
        38 => &PREF64,
        _ => &ND_UNKNOWN,
    }
}

static IEEE_ETS: Fields = structure("ieee_ets").of(&[
    ("willing", 1, Num),
    ("ets_cap", 1, Num),
    ("cbs", 1, Num),
    ("tc_tx_bw", 8, Each(1, &Num)),
    ("tc_rx_bw", 8, Each(1, &Num)),
    ("tc_tsa", 8, Each(1, &Num)),
    ("prio_tc", 8, Each(1, &Num)),
    ("tc_reco_bw", 8, Each(1, &Num)),
    ("tc_reco_tsa", 8, Each(1, &Num)),
    ("reco_prio_tc", 8, Each(1, &Num)),
]);

static IEEE_PFC: Fields = structure("ieee_pfc").of(&[
    ("pfc_cap", 1, Num),
    ("pfc_en", 1, Num),
    ("mbc", 1, Num),
    ("pad", 1, Pad),
    ("delay", 2, Num),
    ("pad", 2, Pad),
    ("requests", 64, Each(8, &Num)),
    ("indications", 64, Each(8, &Num)),
]);

static IEEE_MAXRATE: Fields = structure("ieee_maxrate").of(&[("tc_maxrate", 64, Each(8, &Num))]);

static IEEE_QCN: Fields = structure("ieee_qcn").of(&[
    ("rpg_enable", 8, Each(1, &Num)),
    ("rppp_max_rps", 32, Each(4, &Num)),
    ("rpg_time_reset", 32, Each(4, &Num)),
    ("rpg_byte_reset", 32, Each(4, &Num)),
    ("rpg_threshold", 32, Each(4, &Num)),
    ("rpg_max_rate", 32, Each(4, &Num)),
    ("rpg_ai_rate", 32, Each(4, &Num)),
    ("rpg_hai_rate", 32, Each(4, &Num)),
    ("rpg_gd", 32, Each(4, &Num)),
    ("rpg_min_dec_fac", 32, Each(4, &Num)),
    ("rpg_min_rate", 32, Each(4, &Num)),
    ("cndd_state_machine", 32, Each(4, &Num)),
]);

static IEEE_QCN_STATS: Fields = structure("ieee_qcn_stats")
    .of(&[("rppp_rp_centiseconds", 64, Each(8, &Num)), ("rppp_created_rps", 32, Each(4, &Num))]);

static DCBNL_BUFFER: Fields = structure("dcbnl_buffer").of(&[
    ("prio2buffer", 8, Each(1, &Num)),
    ("buffer_size", 32, Each(4, &Num)),
    ("total_size", 4, Num),
]);

static APP_TABLE: Set =
    &[(1, "DCB_ATTR_IEEE_APP", Struct(&DCB_APP)), (2, "DCB_ATTR_DCB_APP", Struct(&DCB_APP))];

static DCB_APP: Fields =
    structure("dcb_app").of(&[("selector", 1, Num), ("priority", 1, Num), ("protocol", 2, Num)]);

static DCB_COMMANDS: Table = &[
    (1, "DCB_CMD_GSTATE"),
    (2, "DCB_CMD_SSTATE"),
    (3, "DCB_CMD_PGTX_GCFG"),
    (4, "DCB_CMD_PGTX_SCFG"),
    (5, "DCB_CMD_PGRX_GCFG"),
    (6, "DCB_CMD_PGRX_SCFG"),
    (7, "DCB_CMD_PFC_GCFG"),
    (8, "DCB_CMD_PFC_SCFG"),
    (9, "DCB_CMD_SET_ALL"),
    (10, "DCB_CMD_GPERM_HWADDR"),
    (11, "DCB_CMD_GCAP"),
    (12, "DCB_CMD_GNUMTCS"),
    (13, "DCB_CMD_SNUMTCS"),
    (14, "DCB_CMD_PFC_GSTATE"),
    (15, "DCB_CMD_PFC_SSTATE"),
    (16, "DCB_CMD_BCN_GCFG"),
    (17, "DCB_CMD_BCN_SCFG"),
    (18, "DCB_CMD_GAPP"),
    (19, "DCB_CMD_SAPP"),
    (20, "DCB_CMD_IEEE_SET"),
    (21, "DCB_CMD_IEEE_GET"),
    (22, "DCB_CMD_GDCBX"),
    (23, "DCB_CMD_SDCBX"),
    (24, "DCB_CMD_GFEATCFG"),
    (25, "DCB_CMD_SFEATCFG"),
    (26, "DCB_CMD_CEE_GET"),
    (27, "DCB_CMD_IEEE_DEL"),
];

static VNI_FILTER_STATS: Set = &[
    (1, "VNIFILTER_ENTRY_STATS_RX_BYTES", Num),
    (2, "VNIFILTER_ENTRY_STATS_RX_PKTS", Num),
    (3, "VNIFILTER_ENTRY_STATS_RX_DROPS", Num),
    (4, "VNIFILTER_ENTRY_STATS_RX_ERRORS", Num),
    (5, "VNIFILTER_ENTRY_STATS_TX_BYTES", Num),
    (6, "VNIFILTER_ENTRY_STATS_TX_PKTS", Num),
    (7, "VNIFILTER_ENTRY_STATS_TX_DROPS", Num),
    (8, "VNIFILTER_ENTRY_STATS_TX_ERRORS", Num),
    (9, "VNIFILTER_ENTRY_STATS_PAD", Pad),
];

/// `struct selnl_msg_setenforce` of `selinux_netlink.h`
pub(in crate::decode) static SETENFORCE: Fields =
    structure("selnl_msg_setenforce").of(&[("val", 4, Int)]);

/// `struct selnl_msg_policyload` of the same
pub(in crate::decode) static POLICYLOAD: Fields =
    structure("selnl_msg_policyload").of(&[("seqno", 4, Num)]);

static PFC_CONFIG: Set = &[
    (1, "DCB_PFC_UP_ATTR_0", Num),
    (2, "DCB_PFC_UP_ATTR_1", Num),
    (3, "DCB_PFC_UP_ATTR_2", Num),
    (4, "DCB_PFC_UP_ATTR_3", Num),
    (5, "DCB_PFC_UP_ATTR_4", Num),
    (6, "DCB_PFC_UP_ATTR_5", Num),
    (7, "DCB_PFC_UP_ATTR_6", Num),
    (8, "DCB_PFC_UP_ATTR_7", Num),
    (9, "DCB_PFC_UP_ATTR_ALL", Flag),
];

static PG_CONFIG: Set = &[
    (1, "DCB_PG_ATTR_TC_0", Nest(&PG_CLASS)),
    (2, "DCB_PG_ATTR_TC_1", Nest(&PG_CLASS)),
    (3, "DCB_PG_ATTR_TC_2", Nest(&PG_CLASS)),
    (4, "DCB_PG_ATTR_TC_3", Nest(&PG_CLASS)),
    (5, "DCB_PG_ATTR_TC_4", Nest(&PG_CLASS)),
    (6, "DCB_PG_ATTR_TC_5", Nest(&PG_CLASS)),
    (7, "DCB_PG_ATTR_TC_6", Nest(&PG_CLASS)),
    (8, "DCB_PG_ATTR_TC_7", Nest(&PG_CLASS)),
    (10, "DCB_PG_ATTR_TC_ALL", Nest(&PG_CLASS)),
    (11, "DCB_PG_ATTR_BW_ID_0", Num),
    (12, "DCB_PG_ATTR_BW_ID_1", Num),
    (13, "DCB_PG_ATTR_BW_ID_2", Num),
    (14, "DCB_PG_ATTR_BW_ID_3", Num),
    (15, "DCB_PG_ATTR_BW_ID_4", Num),
    (16, "DCB_PG_ATTR_BW_ID_5", Num),
    (17, "DCB_PG_ATTR_BW_ID_6", Num),
    (18, "DCB_PG_ATTR_BW_ID_7", Num),
    (20, "DCB_PG_ATTR_BW_ID_ALL", Flag),
];

static PG_CLASS: Set = &[
    (1, "DCB_TC_ATTR_PARAM_PGID", Num),
    (2, "DCB_TC_ATTR_PARAM_UP_MAPPING", Num),
    (3, "DCB_TC_ATTR_PARAM_STRICT_PRIO", Num),
    (4, "DCB_TC_ATTR_PARAM_BW_PCT", Num),
    (5, "DCB_TC_ATTR_PARAM_ALL", Flag),
];

static DCB_CAPABILITIES: Set = &[
    (1, "DCB_CAP_ATTR_ALL", Flag),
    (2, "DCB_CAP_ATTR_PG", Num),
    (3, "DCB_CAP_ATTR_PFC", Num),
    (4, "DCB_CAP_ATTR_UP2TC", Num),
    (5, "DCB_CAP_ATTR_PG_TCS", Num),
    (6, "DCB_CAP_ATTR_PFC_TCS", Num),
    (7, "DCB_CAP_ATTR_GSP", Num),
    (8, "DCB_CAP_ATTR_BCN", Num),
    (9, "DCB_CAP_ATTR_DCBX", Num),
];

static DCB_NUMTCS: Set = &[
    (1, "DCB_NUMTCS_ATTR_ALL", Flag),
    (2, "DCB_NUMTCS_ATTR_PG", Num),
    (3, "DCB_NUMTCS_ATTR_PFC", Num),
];

static DCB_FEATURES: Set = &[
    (1, "DCB_FEATCFG_ATTR_ALL", Flag),
    (2, "DCB_FEATCFG_ATTR_PG", Num),
    (3, "DCB_FEATCFG_ATTR_PFC", Num),
    (4, "DCB_FEATCFG_ATTR_APP", Num),
];

/// What the older standard, CEE, has of the same.
static DCB_CEE: Set = &[
    (1, "DCB_ATTR_CEE_PEER_PG", Struct(&CEE_PG)),
    (2, "DCB_ATTR_CEE_PEER_PFC", Struct(&CEE_PFC)),
    (3, "DCB_ATTR_CEE_PEER_APP_TABLE", Nest(&CEE_PEER_APPS)),
    (4, "DCB_ATTR_CEE_TX_PG", Nest(&PG_CONFIG)),
    (5, "DCB_ATTR_CEE_RX_PG", Nest(&PG_CONFIG)),
    (6, "DCB_ATTR_CEE_PFC", Nest(&PFC_CONFIG)),
    (7, "DCB_ATTR_CEE_APP_TABLE", Nest(&CEE_APPS)),
    (8, "DCB_ATTR_CEE_FEAT", Nest(&DCB_FEATURES)),
];

static CEE_PEER_APPS: Set = &[
    (1, "DCB_ATTR_CEE_PEER_APP_INFO", Struct(&PEER_APP_INFO)),
    (2, "DCB_ATTR_CEE_PEER_APP", Struct(&DCB_APP)),
];

static CEE_APPS: Set = &[(1, "DCB_ATTR_CEE_APP", Struct(&DCB_APP))];

static PEER_APP_INFO: Fields =
    structure("dcb_peer_app_info").of(&[("willing", 1, Num), ("error", 1, Num)]);

static CEE_PG: Fields = structure("cee_pg").of(&[
    ("willing", 1, Num),
    ("error", 1, Num),
    ("pg_en", 1, Num),
    ("tcs_supported", 1, Num),
    ("pg_bw", 8, Each(1, &Num)),
    ("prio_pg", 8, Each(1, &Num)),
]);

static CEE_PFC: Fields = structure("cee_pfc").of(&[
    ("willing", 1, Num),
    ("error", 1, Num),
    ("pfc_en", 1, Num),
    ("tcs_supported", 1, Num),
]);

static APP_CONFIG: Set = &[
    (1, "DCB_APP_ATTR_IDTYPE", Num),
    (2, "DCB_APP_ATTR_ID", Num),
    (3, "DCB_APP_ATTR_PRIORITY", Num),
];

/// Backward congestion notification.
static CONGESTION: Set = &[
    (1, "DCB_BCN_ATTR_RP_0", Num),
    (2, "DCB_BCN_ATTR_RP_1", Num),
    (3, "DCB_BCN_ATTR_RP_2", Num),
    (4, "DCB_BCN_ATTR_RP_3", Num),
    (5, "DCB_BCN_ATTR_RP_4", Num),
    (6, "DCB_BCN_ATTR_RP_5", Num),
    (7, "DCB_BCN_ATTR_RP_6", Num),
    (8, "DCB_BCN_ATTR_RP_7", Num),
    (9, "DCB_BCN_ATTR_RP_ALL", Flag),
    (10, "DCB_BCN_ATTR_BCNA_0", Num),
    (11, "DCB_BCN_ATTR_BCNA_1", Num),
    (12, "DCB_BCN_ATTR_ALPHA", Num),
    (13, "DCB_BCN_ATTR_BETA", Num),
    (14, "DCB_BCN_ATTR_GD", Num),
    (15, "DCB_BCN_ATTR_GI", Num),
    (16, "DCB_BCN_ATTR_TMAX", Num),
    (17, "DCB_BCN_ATTR_TD", Num),
    (18, "DCB_BCN_ATTR_RMIN", Num),
    (19, "DCB_BCN_ATTR_W", Num),
    (20, "DCB_BCN_ATTR_RD", Num),
    (21, "DCB_BCN_ATTR_RU", Num),
    (22, "DCB_BCN_ATTR_WRTT", Num),
    (23, "DCB_BCN_ATTR_RI", Num),
    (24, "DCB_BCN_ATTR_C", Num),
    (25, "DCB_BCN_ATTR_ALL", Flag),
];
