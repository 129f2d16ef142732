//! Attributes of the generic families `SMC_GEN_NETLINK` and `SMC_PNETID`: numbers and names of
//! `include/uapi/linux/smc.h`.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Index, Nest, Num, Pad, Text, Word};
use crate::decode::tables::kind::{Generic, Set, Words};
use crate::decode::tables::{NO_ATTRIBUTES, NO_FIELDS};

/// `enum smc_lgr_role` of `net/smc/smc_core.h`
static ROLES: Table = &[(0, "client"), (1, "server")];

/// `enum smc_lgr_type` of `net/smc/smc_core.h`
static GROUP_TYPES: Table = &[
    (0, "none"),
    (1, "single"),
    (2, "symmetric"),
    (3, "asymmetric-peer"),
    (4, "asymmetric-local"),
];

/// `enum smcr_buf_type` of `net/smc/smc_core.h`
static BUFFER_TYPES: Table = &[(0, "physical"), (1, "virtual"), (2, "mixed")];

/// `enum smc_link_state` of `net/smc/smc_core.h`
static LINK_STATES: Table = &[(0, "unused"), (1, "inactive"), (2, "activating"), (3, "active")];

static SYSTEM: Set = &[
    (1, "SMC_NLA_SYS_VER", Num),
    (2, "SMC_NLA_SYS_REL", Num),
    (3, "SMC_NLA_SYS_IS_ISM_V2", Num),
    (4, "SMC_NLA_SYS_LOCAL_HOST", Text),
    (5, "SMC_NLA_SYS_SEID", Text),
    (6, "SMC_NLA_SYS_IS_SMCR_V2", Num),
];

static GROUP_V2: Set = &[
    (0, "SMC_NLA_LGR_V2_VER", Num),
    (1, "SMC_NLA_LGR_V2_REL", Num),
    (2, "SMC_NLA_LGR_V2_OS", Num),
    (3, "SMC_NLA_LGR_V2_NEG_EID", Text),
    (4, "SMC_NLA_LGR_V2_PEER_HOST", Text),
];

static GROUP_R_V2: Set = &[
    (1, "SMC_NLA_LGR_R_V2_DIRECT", Num),
    (2, "SMC_NLA_LGR_R_V2_MAX_CONNS", Num),
    (3, "SMC_NLA_LGR_R_V2_MAX_LINKS", Num),
];

static GROUP_R: Set = &[
    (1, "SMC_NLA_LGR_R_ID", Num),
    (2, "SMC_NLA_LGR_R_ROLE", Word(&ROLES)),
    (3, "SMC_NLA_LGR_R_TYPE", Word(&GROUP_TYPES)),
    (4, "SMC_NLA_LGR_R_PNETID", Text),
    (5, "SMC_NLA_LGR_R_VLAN_ID", Num),
    (6, "SMC_NLA_LGR_R_CONNS_NUM", Num),
    (7, "SMC_NLA_LGR_R_V2_COMMON", Nest(&GROUP_V2)),
    (8, "SMC_NLA_LGR_R_V2", Nest(&GROUP_R_V2)),
    (9, "SMC_NLA_LGR_R_NET_COOKIE", Num),
    (10, "SMC_NLA_LGR_R_PAD", Pad),
    (11, "SMC_NLA_LGR_R_BUF_TYPE", Word(&BUFFER_TYPES)),
    (12, "SMC_NLA_LGR_R_SNDBUF_ALLOC", Num),
    (13, "SMC_NLA_LGR_R_RMB_ALLOC", Num),
];

static LINK: Set = &[
    (1, "SMC_NLA_LINK_ID", Num),
    (2, "SMC_NLA_LINK_IB_DEV", Text),
    (3, "SMC_NLA_LINK_IB_PORT", Num),
    (4, "SMC_NLA_LINK_GID", Text),
    (5, "SMC_NLA_LINK_PEER_GID", Text),
    (6, "SMC_NLA_LINK_CONN_CNT", Num),
    (7, "SMC_NLA_LINK_NET_DEV", Index),
    (8, "SMC_NLA_LINK_UID", Num),
    (9, "SMC_NLA_LINK_PEER_UID", Num),
    (10, "SMC_NLA_LINK_STATE", Word(&LINK_STATES)),
];

static GROUP_D: Set = &[
    (1, "SMC_NLA_LGR_D_ID", Num),
    (2, "SMC_NLA_LGR_D_GID", Num),
    (3, "SMC_NLA_LGR_D_PEER_GID", Num),
    (4, "SMC_NLA_LGR_D_VLAN_ID", Num),
    (5, "SMC_NLA_LGR_D_CONNS_NUM", Num),
    (6, "SMC_NLA_LGR_D_PNETID", Text),
    (7, "SMC_NLA_LGR_D_CHID", Num),
    (8, "SMC_NLA_LGR_D_PAD", Pad),
    (9, "SMC_NLA_LGR_D_V2_COMMON", Nest(&GROUP_V2)),
    (10, "SMC_NLA_LGR_D_EXT_GID", Num),
    (11, "SMC_NLA_LGR_D_PEER_EXT_GID", Num),
    (12, "SMC_NLA_LGR_D_SNDBUF_ALLOC", Num),
    (13, "SMC_NLA_LGR_D_DMB_ALLOC", Num),
];

static PORT: Set = &[
    (1, "SMC_NLA_DEV_PORT_PNET_USR", Num),
    (2, "SMC_NLA_DEV_PORT_PNETID", Text),
    (3, "SMC_NLA_DEV_PORT_NETDEV", Index),
    (4, "SMC_NLA_DEV_PORT_STATE", Num),
    (5, "SMC_NLA_DEV_PORT_VALID", Num),
    (6, "SMC_NLA_DEV_PORT_LNK_CNT", Num),
];

static DEVICE: Set = &[
    (1, "SMC_NLA_DEV_USE_CNT", Num),
    (2, "SMC_NLA_DEV_IS_CRIT", Num),
    (3, "SMC_NLA_DEV_PCI_FID", Num),
    (4, "SMC_NLA_DEV_PCI_CHID", Num),
    (5, "SMC_NLA_DEV_PCI_VENDOR", Num),
    (6, "SMC_NLA_DEV_PCI_DEVICE", Num),
    (7, "SMC_NLA_DEV_PCI_ID", Text),
    (8, "SMC_NLA_DEV_PORT", Nest(&PORT)),
    (9, "SMC_NLA_DEV_PORT2", Nest(&PORT)),
    (10, "SMC_NLA_DEV_IB_NAME", Text),
];

static PAYLOAD: Set = &[
    (0, "SMC_NLA_STATS_PLOAD_PAD", Pad),
    (1, "SMC_NLA_STATS_PLOAD_8K", Num),
    (2, "SMC_NLA_STATS_PLOAD_16K", Num),
    (3, "SMC_NLA_STATS_PLOAD_32K", Num),
    (4, "SMC_NLA_STATS_PLOAD_64K", Num),
    (5, "SMC_NLA_STATS_PLOAD_128K", Num),
    (6, "SMC_NLA_STATS_PLOAD_256K", Num),
    (7, "SMC_NLA_STATS_PLOAD_512K", Num),
    (8, "SMC_NLA_STATS_PLOAD_1024K", Num),
    (9, "SMC_NLA_STATS_PLOAD_G_1024K", Num),
];

static BUFFERS: Set = &[
    (0, "SMC_NLA_STATS_RMB_PAD", Pad),
    (1, "SMC_NLA_STATS_RMB_SIZE_SM_PEER_CNT", Num),
    (2, "SMC_NLA_STATS_RMB_SIZE_SM_CNT", Num),
    (3, "SMC_NLA_STATS_RMB_FULL_PEER_CNT", Num),
    (4, "SMC_NLA_STATS_RMB_FULL_CNT", Num),
    (5, "SMC_NLA_STATS_RMB_REUSE_CNT", Num),
    (6, "SMC_NLA_STATS_RMB_ALLOC_CNT", Num),
    (7, "SMC_NLA_STATS_RMB_DGRADE_CNT", Num),
];

static TECHNOLOGY: Set = &[
    (0, "SMC_NLA_STATS_T_PAD", Pad),
    (1, "SMC_NLA_STATS_T_TX_RMB_SIZE", Nest(&PAYLOAD)),
    (2, "SMC_NLA_STATS_T_RX_RMB_SIZE", Nest(&PAYLOAD)),
    (3, "SMC_NLA_STATS_T_TXPLOAD_SIZE", Nest(&PAYLOAD)),
    (4, "SMC_NLA_STATS_T_RXPLOAD_SIZE", Nest(&PAYLOAD)),
    (5, "SMC_NLA_STATS_T_TX_RMB_STATS", Nest(&BUFFERS)),
    (6, "SMC_NLA_STATS_T_RX_RMB_STATS", Nest(&BUFFERS)),
    (7, "SMC_NLA_STATS_T_CLNT_V1_SUCC", Num),
    (8, "SMC_NLA_STATS_T_CLNT_V2_SUCC", Num),
    (9, "SMC_NLA_STATS_T_SRV_V1_SUCC", Num),
    (10, "SMC_NLA_STATS_T_SRV_V2_SUCC", Num),
    (11, "SMC_NLA_STATS_T_SENDPAGE_CNT", Num),
    (12, "SMC_NLA_STATS_T_SPLICE_CNT", Num),
    (13, "SMC_NLA_STATS_T_CORK_CNT", Num),
    (14, "SMC_NLA_STATS_T_NDLY_CNT", Num),
    (15, "SMC_NLA_STATS_T_URG_DATA_CNT", Num),
    (16, "SMC_NLA_STATS_T_RX_BYTES", Num),
    (17, "SMC_NLA_STATS_T_TX_BYTES", Num),
    (18, "SMC_NLA_STATS_T_RX_CNT", Num),
    (19, "SMC_NLA_STATS_T_TX_CNT", Num),
    (20, "SMC_NLA_STATS_T_RX_RMB_USAGE", Num),
    (21, "SMC_NLA_STATS_T_TX_RMB_USAGE", Num),
];

static STATS: Set = &[
    (0, "SMC_NLA_STATS_PAD", Pad),
    (1, "SMC_NLA_STATS_SMCD_TECH", Nest(&TECHNOLOGY)),
    (2, "SMC_NLA_STATS_SMCR_TECH", Nest(&TECHNOLOGY)),
    (3, "SMC_NLA_STATS_CLNT_HS_ERR_CNT", Num),
    (4, "SMC_NLA_STATS_SRV_HS_ERR_CNT", Num),
];

static FALLBACK: Set = &[
    (0, "SMC_NLA_FBACK_STATS_PAD", Pad),
    (1, "SMC_NLA_FBACK_STATS_TYPE", Word(&ROLES)),
    (2, "SMC_NLA_FBACK_STATS_SRV_CNT", Num),
    (3, "SMC_NLA_FBACK_STATS_CLNT_CNT", Num),
    (4, "SMC_NLA_FBACK_STATS_RSN_CODE", Num),
    (5, "SMC_NLA_FBACK_STATS_RSN_CNT", Num),
];

static TOP: Set = &[
    (1, "SMC_GEN_SYS_INFO", Nest(&SYSTEM)),
    (2, "SMC_GEN_LGR_SMCR", Nest(&GROUP_R)),
    (3, "SMC_GEN_LINK_SMCR", Nest(&LINK)),
    (4, "SMC_GEN_LGR_SMCD", Nest(&GROUP_D)),
    (5, "SMC_GEN_DEV_SMCD", Nest(&DEVICE)),
    (6, "SMC_GEN_DEV_SMCR", Nest(&DEVICE)),
    (7, "SMC_GEN_STATS", Nest(&STATS)),
    (8, "SMC_GEN_FBACK_STATS", Nest(&FALLBACK)),
];

static USER_EID: Set = &[(1, "SMC_NLA_EID_TABLE_ENTRY", Text)];

static SYSTEM_EID: Set = &[(1, "SMC_NLA_SEID_ENTRY", Text), (2, "SMC_NLA_SEID_ENABLED", Num)];

static LIMITATION: Set = &[(1, "SMC_NLA_HS_LIMITATION_ENABLED", Num)];

static COMMANDS: Words = &[
    (1, "SMC_NETLINK_GET_SYS_INFO", &TOP),
    (2, "SMC_NETLINK_GET_LGR_SMCR", &TOP),
    (3, "SMC_NETLINK_GET_LINK_SMCR", &TOP),
    (4, "SMC_NETLINK_GET_LGR_SMCD", &TOP),
    (5, "SMC_NETLINK_GET_DEV_SMCD", &TOP),
    (6, "SMC_NETLINK_GET_DEV_SMCR", &TOP),
    (7, "SMC_NETLINK_GET_STATS", &TOP),
    (8, "SMC_NETLINK_GET_FBACK_STATS", &TOP),
    (9, "SMC_NETLINK_DUMP_UEID", &USER_EID),
    (10, "SMC_NETLINK_ADD_UEID", &USER_EID),
    (11, "SMC_NETLINK_REMOVE_UEID", &USER_EID),
    (12, "SMC_NETLINK_FLUSH_UEID", &NO_ATTRIBUTES),
    (13, "SMC_NETLINK_DUMP_SEID", &SYSTEM_EID),
    (14, "SMC_NETLINK_ENABLE_SEID", &NO_ATTRIBUTES),
    (15, "SMC_NETLINK_DISABLE_SEID", &NO_ATTRIBUTES),
    (16, "SMC_NETLINK_DUMP_HS_LIMITATION", &LIMITATION),
    (17, "SMC_NETLINK_ENABLE_HS_LIMITATION", &NO_ATTRIBUTES),
    (18, "SMC_NETLINK_DISABLE_HS_LIMITATION", &NO_ATTRIBUTES),
];

/// The family `SMC_GEN_NETLINK`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "SMC_GEN_NETLINK", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };

static PNET: Set = &[
    (1, "SMC_PNETID_NAME", Text),
    (2, "SMC_PNETID_ETHNAME", Text),
    (3, "SMC_PNETID_IBNAME", Text),
    (4, "SMC_PNETID_IBPORT", Num),
];

static PNET_COMMANDS: Words = &[
    (1, "SMC_PNETID_GET", &PNET),
    (2, "SMC_PNETID_ADD", &PNET),
    (3, "SMC_PNETID_DEL", &PNET),
    (4, "SMC_PNETID_FLUSH", &PNET),
];

/// The family `SMC_PNETID`.
pub(in crate::decode) static PNETID: Generic = Generic {
    name: "SMC_PNETID",
    header: &NO_FIELDS,
    requests: PNET_COMMANDS,
    replies: PNET_COMMANDS,
};
