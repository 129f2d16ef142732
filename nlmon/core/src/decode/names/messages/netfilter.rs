//! Types of netfilter's messages: a subsystem in the high byte, a number within it in the low one.

use crate::decode::names::Table;

/// `include/uapi/linux/netfilter/nfnetlink.h`
pub(super) const NETFILTER: Table = &[(16, "NFNL_MSG_BATCH_BEGIN"), (17, "NFNL_MSG_BATCH_END")];

/// `include/uapi/linux/netfilter/nfnetlink.h`: `NFNL_SUBSYS_*`
pub(super) const SUBSYSTEMS: &[(u16, Table)] = &[
    (1, CONNTRACK),
    (2, EXPECTATION),
    (3, QUEUE),
    (4, ULOG),
    (5, OSF),
    (6, IPSET),
    (7, ACCT),
    (8, TIMEOUT),
    (9, CTHELPER),
    (10, NFTABLES),
    (11, COMPAT),
    (12, HOOK),
];

/// `include/uapi/linux/netfilter/nfnetlink_conntrack.h`
const CONNTRACK: Table = &[
    (0, "IPCTNL_MSG_CT_NEW"),
    (1, "IPCTNL_MSG_CT_GET"),
    (2, "IPCTNL_MSG_CT_DELETE"),
    (3, "IPCTNL_MSG_CT_GET_CTRZERO"),
    (4, "IPCTNL_MSG_CT_GET_STATS_CPU"),
    (5, "IPCTNL_MSG_CT_GET_STATS"),
    (6, "IPCTNL_MSG_CT_GET_DYING"),
    (7, "IPCTNL_MSG_CT_GET_UNCONFIRMED"),
];

/// `include/uapi/linux/netfilter/nfnetlink_conntrack.h`
const EXPECTATION: Table = &[
    (0, "IPCTNL_MSG_EXP_NEW"),
    (1, "IPCTNL_MSG_EXP_GET"),
    (2, "IPCTNL_MSG_EXP_DELETE"),
    (3, "IPCTNL_MSG_EXP_GET_STATS_CPU"),
];

/// `include/uapi/linux/netfilter/nfnetlink_queue.h`
const QUEUE: Table = &[
    (0, "NFQNL_MSG_PACKET"),
    (1, "NFQNL_MSG_VERDICT"),
    (2, "NFQNL_MSG_CONFIG"),
    (3, "NFQNL_MSG_VERDICT_BATCH"),
];

/// `include/uapi/linux/netfilter/nfnetlink_log.h`
const ULOG: Table = &[(0, "NFULNL_MSG_PACKET"), (1, "NFULNL_MSG_CONFIG")];

/// `include/uapi/linux/netfilter/nfnetlink_osf.h`
const OSF: Table = &[(0, "OSF_MSG_ADD"), (1, "OSF_MSG_REMOVE")];

/// `include/uapi/linux/netfilter/ipset/ip_set.h`
const IPSET: Table = &[
    (1, "IPSET_CMD_PROTOCOL"),
    (2, "IPSET_CMD_CREATE"),
    (3, "IPSET_CMD_DESTROY"),
    (4, "IPSET_CMD_FLUSH"),
    (5, "IPSET_CMD_RENAME"),
    (6, "IPSET_CMD_SWAP"),
    (7, "IPSET_CMD_LIST"),
    (8, "IPSET_CMD_SAVE"),
    (9, "IPSET_CMD_ADD"),
    (10, "IPSET_CMD_DEL"),
    (11, "IPSET_CMD_TEST"),
    (12, "IPSET_CMD_HEADER"),
    (13, "IPSET_CMD_TYPE"),
    (14, "IPSET_CMD_GET_BYNAME"),
    (15, "IPSET_CMD_GET_BYINDEX"),
];

/// `include/uapi/linux/netfilter/nfnetlink_acct.h`
const ACCT: Table = &[
    (0, "NFNL_MSG_ACCT_NEW"),
    (1, "NFNL_MSG_ACCT_GET"),
    (2, "NFNL_MSG_ACCT_GET_CTRZERO"),
    (3, "NFNL_MSG_ACCT_DEL"),
    (4, "NFNL_MSG_ACCT_OVERQUOTA"),
];

/// `include/uapi/linux/netfilter/nfnetlink_cttimeout.h`
const TIMEOUT: Table = &[
    (0, "IPCTNL_MSG_TIMEOUT_NEW"),
    (1, "IPCTNL_MSG_TIMEOUT_GET"),
    (2, "IPCTNL_MSG_TIMEOUT_DELETE"),
    (3, "IPCTNL_MSG_TIMEOUT_DEFAULT_SET"),
    (4, "IPCTNL_MSG_TIMEOUT_DEFAULT_GET"),
];

/// `include/uapi/linux/netfilter/nfnetlink_cthelper.h`
const CTHELPER: Table =
    &[(0, "NFNL_MSG_CTHELPER_NEW"), (1, "NFNL_MSG_CTHELPER_GET"), (2, "NFNL_MSG_CTHELPER_DEL")];

/// `include/uapi/linux/netfilter/nf_tables.h`
const NFTABLES: Table = &[
    (0, "NFT_MSG_NEWTABLE"),
    (1, "NFT_MSG_GETTABLE"),
    (2, "NFT_MSG_DELTABLE"),
    (3, "NFT_MSG_NEWCHAIN"),
    (4, "NFT_MSG_GETCHAIN"),
    (5, "NFT_MSG_DELCHAIN"),
    (6, "NFT_MSG_NEWRULE"),
    (7, "NFT_MSG_GETRULE"),
    (8, "NFT_MSG_DELRULE"),
    (9, "NFT_MSG_NEWSET"),
    (10, "NFT_MSG_GETSET"),
    (11, "NFT_MSG_DELSET"),
    (12, "NFT_MSG_NEWSETELEM"),
    (13, "NFT_MSG_GETSETELEM"),
    (14, "NFT_MSG_DELSETELEM"),
    (15, "NFT_MSG_NEWGEN"),
    (16, "NFT_MSG_GETGEN"),
    (17, "NFT_MSG_TRACE"),
    (18, "NFT_MSG_NEWOBJ"),
    (19, "NFT_MSG_GETOBJ"),
    (20, "NFT_MSG_DELOBJ"),
    (21, "NFT_MSG_GETOBJ_RESET"),
    (22, "NFT_MSG_NEWFLOWTABLE"),
    (23, "NFT_MSG_GETFLOWTABLE"),
    (24, "NFT_MSG_DELFLOWTABLE"),
    (25, "NFT_MSG_GETRULE_RESET"),
    (26, "NFT_MSG_DESTROYTABLE"),
    (27, "NFT_MSG_DESTROYCHAIN"),
    (28, "NFT_MSG_DESTROYRULE"),
    (29, "NFT_MSG_DESTROYSET"),
    (30, "NFT_MSG_DESTROYSETELEM"),
    (31, "NFT_MSG_DESTROYOBJ"),
    (32, "NFT_MSG_DESTROYFLOWTABLE"),
    (33, "NFT_MSG_GETSETELEM_RESET"),
];

/// `include/uapi/linux/netfilter/nf_tables_compat.h`
const COMPAT: Table = &[(0, "NFNL_MSG_COMPAT_GET")];

/// `include/uapi/linux/netfilter/nfnetlink_hook.h`
const HOOK: Table = &[(0, "NFNL_MSG_HOOK_GET")];
