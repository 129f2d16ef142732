//! Names of message types, by protocol. Taken from the kernel's UAPI headers, named at each table.

use super::{Table, find, find_number, names, protocol};

/// The type's name; `None` for an unknown one.
pub(super) fn name(protocol: u8, message_type: u16) -> Option<&'static str> {
    let number = u32::from(message_type);
    find(CONTROL, number).or_else(|| match subsystem(protocol, message_type) {
        Some(table) => find(table, number & 0xff),
        None => find(table(protocol), number),
    })
}

/// The number of a name within a protocol.
pub(super) fn number(protocol: u8, name: &str) -> Option<u16> {
    let fixed = find_number(CONTROL, name).or_else(|| find_number(table(protocol), name));
    let in_subsystem = |(subsystem, table): &(u16, Table)| {
        Some((u32::from(*subsystem) << 8) | find_number(table, name)?)
    };
    let number = fixed.or_else(|| match protocol {
        protocol::NETFILTER => NETFILTER_SUBSYSTEMS.iter().find_map(in_subsystem),
        _ => None,
    });
    number.and_then(|number| u16::try_from(number).ok())
}

/// Every name of every protocol.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    tables().flat_map(names)
}

/// Every table.
pub(super) fn tables() -> impl Iterator<Item = Table> {
    let subsystems = NETFILTER_SUBSYSTEMS.iter().map(|entry| entry.1);
    std::iter::once(CONTROL).chain((0..=u8::MAX).map(table)).chain(subsystems)
}

fn table(protocol: u8) -> Table {
    match protocol {
        protocol::ROUTE => ROUTE,
        protocol::SOCK_DIAG => SOCK_DIAG,
        protocol::XFRM => XFRM,
        protocol::SELINUX => SELINUX,
        protocol::AUDIT => AUDIT,
        protocol::NETFILTER => NETFILTER,
        protocol::GENERIC => GENERIC,
        protocol::TEST => TEST,
        protocol::CRYPTO => CRYPTO,
        _ => &[],
    }
}

/// Netfilter puts its subsystem into the high byte of the type.
fn subsystem(protocol: u8, message_type: u16) -> Option<Table> {
    let wanted = message_type >> 8;
    if protocol != protocol::NETFILTER || wanted == 0 {
        return None;
    }
    NETFILTER_SUBSYSTEMS.iter().find(|entry| entry.0 == wanted).map(|entry| entry.1)
}

/// `include/uapi/linux/netlink.h`: below `NLMSG_MIN_TYPE`, the same in every protocol.
const CONTROL: Table =
    &[(1, "NLMSG_NOOP"), (2, "NLMSG_ERROR"), (3, "NLMSG_DONE"), (4, "NLMSG_OVERRUN")];

/// `include/uapi/linux/genetlink.h`: the ids that are no family's own choice.
const GENERIC: Table = &[(16, "nlctrl"), (17, "VFS_DQUOT"), (18, "pmcraid")];

/// `include/uapi/linux/sock_diag.h` and `inet_diag.h`
const SOCK_DIAG: Table = &[
    (18, "TCPDIAG_GETSOCK"),
    (19, "DCCPDIAG_GETSOCK"),
    (20, "SOCK_DIAG_BY_FAMILY"),
    (21, "SOCK_DESTROY"),
];

/// `include/uapi/linux/selinux_netlink.h`
const SELINUX: Table = &[(16, "SELNL_MSG_SETENFORCE"), (17, "SELNL_MSG_POLICYLOAD")];

/// `kmod/netlink_test.h` of this repository.
const TEST: Table = &[
    (16, "NLTEST_MSG_ECHO"),
    (17, "NLTEST_MSG_GREET"),
    (18, "NLTEST_MSG_GREETING"),
    (19, "NLTEST_MSG_LOAD"),
    (20, "NLTEST_MSG_DATA"),
];

/// `include/uapi/linux/netfilter/nfnetlink.h`
const NETFILTER: Table = &[(16, "NFNL_MSG_BATCH_BEGIN"), (17, "NFNL_MSG_BATCH_END")];

/// `include/uapi/linux/netfilter/nfnetlink.h`: `NFNL_SUBSYS_*`
const NETFILTER_SUBSYSTEMS: &[(u16, Table)] = &[
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

/// `include/uapi/linux/rtnetlink.h`
const ROUTE: Table = &[
    (16, "RTM_NEWLINK"),
    (17, "RTM_DELLINK"),
    (18, "RTM_GETLINK"),
    (19, "RTM_SETLINK"),
    (20, "RTM_NEWADDR"),
    (21, "RTM_DELADDR"),
    (22, "RTM_GETADDR"),
    (24, "RTM_NEWROUTE"),
    (25, "RTM_DELROUTE"),
    (26, "RTM_GETROUTE"),
    (28, "RTM_NEWNEIGH"),
    (29, "RTM_DELNEIGH"),
    (30, "RTM_GETNEIGH"),
    (32, "RTM_NEWRULE"),
    (33, "RTM_DELRULE"),
    (34, "RTM_GETRULE"),
    (36, "RTM_NEWQDISC"),
    (37, "RTM_DELQDISC"),
    (38, "RTM_GETQDISC"),
    (40, "RTM_NEWTCLASS"),
    (41, "RTM_DELTCLASS"),
    (42, "RTM_GETTCLASS"),
    (44, "RTM_NEWTFILTER"),
    (45, "RTM_DELTFILTER"),
    (46, "RTM_GETTFILTER"),
    (48, "RTM_NEWACTION"),
    (49, "RTM_DELACTION"),
    (50, "RTM_GETACTION"),
    (52, "RTM_NEWPREFIX"),
    (56, "RTM_NEWMULTICAST"),
    (57, "RTM_DELMULTICAST"),
    (58, "RTM_GETMULTICAST"),
    (60, "RTM_NEWANYCAST"),
    (61, "RTM_DELANYCAST"),
    (62, "RTM_GETANYCAST"),
    (64, "RTM_NEWNEIGHTBL"),
    (66, "RTM_GETNEIGHTBL"),
    (67, "RTM_SETNEIGHTBL"),
    (68, "RTM_NEWNDUSEROPT"),
    (72, "RTM_NEWADDRLABEL"),
    (73, "RTM_DELADDRLABEL"),
    (74, "RTM_GETADDRLABEL"),
    (78, "RTM_GETDCB"),
    (79, "RTM_SETDCB"),
    (80, "RTM_NEWNETCONF"),
    (81, "RTM_DELNETCONF"),
    (82, "RTM_GETNETCONF"),
    (84, "RTM_NEWMDB"),
    (85, "RTM_DELMDB"),
    (86, "RTM_GETMDB"),
    (88, "RTM_NEWNSID"),
    (89, "RTM_DELNSID"),
    (90, "RTM_GETNSID"),
    (92, "RTM_NEWSTATS"),
    (94, "RTM_GETSTATS"),
    (95, "RTM_SETSTATS"),
    (96, "RTM_NEWCACHEREPORT"),
    (100, "RTM_NEWCHAIN"),
    (101, "RTM_DELCHAIN"),
    (102, "RTM_GETCHAIN"),
    (104, "RTM_NEWNEXTHOP"),
    (105, "RTM_DELNEXTHOP"),
    (106, "RTM_GETNEXTHOP"),
    (108, "RTM_NEWLINKPROP"),
    (109, "RTM_DELLINKPROP"),
    (110, "RTM_GETLINKPROP"),
    (112, "RTM_NEWVLAN"),
    (113, "RTM_DELVLAN"),
    (114, "RTM_GETVLAN"),
    (116, "RTM_NEWNEXTHOPBUCKET"),
    (117, "RTM_DELNEXTHOPBUCKET"),
    (118, "RTM_GETNEXTHOPBUCKET"),
    (120, "RTM_NEWTUNNEL"),
    (121, "RTM_DELTUNNEL"),
    (122, "RTM_GETTUNNEL"),
];

/// `include/uapi/linux/xfrm.h`
const XFRM: Table = &[
    (16, "XFRM_MSG_NEWSA"),
    (17, "XFRM_MSG_DELSA"),
    (18, "XFRM_MSG_GETSA"),
    (19, "XFRM_MSG_NEWPOLICY"),
    (20, "XFRM_MSG_DELPOLICY"),
    (21, "XFRM_MSG_GETPOLICY"),
    (22, "XFRM_MSG_ALLOCSPI"),
    (23, "XFRM_MSG_ACQUIRE"),
    (24, "XFRM_MSG_EXPIRE"),
    (25, "XFRM_MSG_UPDPOLICY"),
    (26, "XFRM_MSG_UPDSA"),
    (27, "XFRM_MSG_POLEXPIRE"),
    (28, "XFRM_MSG_FLUSHSA"),
    (29, "XFRM_MSG_FLUSHPOLICY"),
    (30, "XFRM_MSG_NEWAE"),
    (31, "XFRM_MSG_GETAE"),
    (32, "XFRM_MSG_REPORT"),
    (33, "XFRM_MSG_MIGRATE"),
    (34, "XFRM_MSG_NEWSADINFO"),
    (35, "XFRM_MSG_GETSADINFO"),
    (36, "XFRM_MSG_NEWSPDINFO"),
    (37, "XFRM_MSG_GETSPDINFO"),
    (38, "XFRM_MSG_MAPPING"),
    (39, "XFRM_MSG_SETDEFAULT"),
    (40, "XFRM_MSG_GETDEFAULT"),
];

/// `include/uapi/linux/cryptouser.h`
const CRYPTO: Table = &[
    (16, "CRYPTO_MSG_NEWALG"),
    (17, "CRYPTO_MSG_DELALG"),
    (18, "CRYPTO_MSG_UPDATEALG"),
    (19, "CRYPTO_MSG_GETALG"),
    (20, "CRYPTO_MSG_DELRNG"),
    (21, "CRYPTO_MSG_GETSTAT"),
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

/// `include/uapi/linux/audit.h`
const AUDIT: Table = &[
    (1000, "AUDIT_GET"),
    (1001, "AUDIT_SET"),
    (1002, "AUDIT_LIST"),
    (1003, "AUDIT_ADD"),
    (1004, "AUDIT_DEL"),
    (1005, "AUDIT_USER"),
    (1006, "AUDIT_LOGIN"),
    (1007, "AUDIT_WATCH_INS"),
    (1008, "AUDIT_WATCH_REM"),
    (1009, "AUDIT_WATCH_LIST"),
    (1010, "AUDIT_SIGNAL_INFO"),
    (1011, "AUDIT_ADD_RULE"),
    (1012, "AUDIT_DEL_RULE"),
    (1013, "AUDIT_LIST_RULES"),
    (1014, "AUDIT_TRIM"),
    (1015, "AUDIT_MAKE_EQUIV"),
    (1016, "AUDIT_TTY_GET"),
    (1017, "AUDIT_TTY_SET"),
    (1018, "AUDIT_SET_FEATURE"),
    (1019, "AUDIT_GET_FEATURE"),
    (1107, "AUDIT_USER_AVC"),
    (1124, "AUDIT_USER_TTY"),
    (1200, "AUDIT_DAEMON_START"),
    (1201, "AUDIT_DAEMON_END"),
    (1202, "AUDIT_DAEMON_ABORT"),
    (1203, "AUDIT_DAEMON_CONFIG"),
    (1300, "AUDIT_SYSCALL"),
    (1302, "AUDIT_PATH"),
    (1303, "AUDIT_IPC"),
    (1304, "AUDIT_SOCKETCALL"),
    (1305, "AUDIT_CONFIG_CHANGE"),
    (1306, "AUDIT_SOCKADDR"),
    (1307, "AUDIT_CWD"),
    (1309, "AUDIT_EXECVE"),
    (1311, "AUDIT_IPC_SET_PERM"),
    (1312, "AUDIT_MQ_OPEN"),
    (1313, "AUDIT_MQ_SENDRECV"),
    (1314, "AUDIT_MQ_NOTIFY"),
    (1315, "AUDIT_MQ_GETSETATTR"),
    (1316, "AUDIT_KERNEL_OTHER"),
    (1317, "AUDIT_FD_PAIR"),
    (1318, "AUDIT_OBJ_PID"),
    (1319, "AUDIT_TTY"),
    (1320, "AUDIT_EOE"),
    (1321, "AUDIT_BPRM_FCAPS"),
    (1322, "AUDIT_CAPSET"),
    (1323, "AUDIT_MMAP"),
    (1324, "AUDIT_NETFILTER_PKT"),
    (1325, "AUDIT_NETFILTER_CFG"),
    (1326, "AUDIT_SECCOMP"),
    (1327, "AUDIT_PROCTITLE"),
    (1328, "AUDIT_FEATURE_CHANGE"),
    (1329, "AUDIT_REPLACE"),
    (1330, "AUDIT_KERN_MODULE"),
    (1331, "AUDIT_FANOTIFY"),
    (1332, "AUDIT_TIME_INJOFFSET"),
    (1333, "AUDIT_TIME_ADJNTPVAL"),
    (1334, "AUDIT_BPF"),
    (1335, "AUDIT_EVENT_LISTENER"),
    (1336, "AUDIT_URINGOP"),
    (1337, "AUDIT_OPENAT2"),
    (1338, "AUDIT_DM_CTRL"),
    (1339, "AUDIT_DM_EVENT"),
    (1400, "AUDIT_AVC"),
    (1401, "AUDIT_SELINUX_ERR"),
    (1402, "AUDIT_AVC_PATH"),
    (1403, "AUDIT_MAC_POLICY_LOAD"),
    (1404, "AUDIT_MAC_STATUS"),
    (1405, "AUDIT_MAC_CONFIG_CHANGE"),
    (1406, "AUDIT_MAC_UNLBL_ALLOW"),
    (1407, "AUDIT_MAC_CIPSOV4_ADD"),
    (1408, "AUDIT_MAC_CIPSOV4_DEL"),
    (1409, "AUDIT_MAC_MAP_ADD"),
    (1410, "AUDIT_MAC_MAP_DEL"),
    (1411, "AUDIT_MAC_IPSEC_ADDSA"),
    (1412, "AUDIT_MAC_IPSEC_DELSA"),
    (1413, "AUDIT_MAC_IPSEC_ADDSPD"),
    (1414, "AUDIT_MAC_IPSEC_DELSPD"),
    (1415, "AUDIT_MAC_IPSEC_EVENT"),
    (1416, "AUDIT_MAC_UNLBL_STCADD"),
    (1417, "AUDIT_MAC_UNLBL_STCDEL"),
    (1418, "AUDIT_MAC_CALIPSO_ADD"),
    (1419, "AUDIT_MAC_CALIPSO_DEL"),
    (1420, "AUDIT_IPE_ACCESS"),
    (1421, "AUDIT_IPE_CONFIG_CHANGE"),
    (1422, "AUDIT_IPE_POLICY_LOAD"),
    (1423, "AUDIT_LANDLOCK_ACCESS"),
    (1424, "AUDIT_LANDLOCK_DOMAIN"),
    (1700, "AUDIT_ANOM_PROMISCUOUS"),
    (1701, "AUDIT_ANOM_ABEND"),
    (1702, "AUDIT_ANOM_LINK"),
    (1703, "AUDIT_ANOM_CREAT"),
    (1800, "AUDIT_INTEGRITY_DATA"),
    (1801, "AUDIT_INTEGRITY_METADATA"),
    (1802, "AUDIT_INTEGRITY_STATUS"),
    (1803, "AUDIT_INTEGRITY_HASH"),
    (1804, "AUDIT_INTEGRITY_PCR"),
    (1805, "AUDIT_INTEGRITY_RULE"),
    (1806, "AUDIT_INTEGRITY_EVM_XATTR"),
    (1807, "AUDIT_INTEGRITY_POLICY_RULE"),
];
