//! The smaller subsystems of nfnetlink: numbers and names of `include/uapi/linux/netfilter/`.
//! Beginnings of other people's packets are withheld like keys.

use super::conntrack::{CONNTRACK_ATTRS, EXPECTATION};
use super::kind::Kind::{
    Be, BeInt, BeMask, BeWord, Each, Nest, Num, Pad, PaddedMac, Secret, Select, Struct, Text, Word,
};
use super::kind::{Bits, Fields, Options, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::{ETHERTYPES, IP_PROTOCOLS, LINK_LAYERS, NETFILTER_FAMILIES};

pub(in crate::decode) static NFGENMSG: Fields = structure("nfgenmsg").of(&[
    ("nfgen_family", 1, Word(&NETFILTER_FAMILIES)),
    ("version", 1, Num),
    ("res_id", 2, Be),
]);

pub(in crate::decode) static LOG: Set = &[
    (1, "NFULA_PACKET_HDR", Struct(&LOG_PACKET)),
    (2, "NFULA_MARK", Be),
    (3, "NFULA_TIMESTAMP", Struct(&TIMESTAMP)),
    (4, "NFULA_IFINDEX_INDEV", Be),
    (5, "NFULA_IFINDEX_OUTDEV", Be),
    (6, "NFULA_IFINDEX_PHYSINDEV", Be),
    (7, "NFULA_IFINDEX_PHYSOUTDEV", Be),
    (8, "NFULA_HWADDR", Struct(&HARDWARE)),
    (9, "NFULA_PAYLOAD", Secret),
    (10, "NFULA_PREFIX", Text),
    (11, "NFULA_UID", Be),
    (12, "NFULA_SEQ", Be),
    (13, "NFULA_SEQ_GLOBAL", Be),
    (14, "NFULA_GID", Be),
    (15, "NFULA_HWTYPE", BeWord(&LINK_LAYERS)),
    (16, "NFULA_HWHEADER", Secret),
    (17, "NFULA_HWLEN", Be),
    (18, "NFULA_CT", Nest(&CONNTRACK_ATTRS)),
    (19, "NFULA_CT_INFO", Be),
    (20, "NFULA_VLAN", Nest(&LOG_VLAN)),
    (21, "NFULA_L2HDR", Secret),
];

pub(in crate::decode) static LOG_CONFIG: Set = &[
    (1, "NFULA_CFG_CMD", Word(&LOG_COMMANDS)),
    (2, "NFULA_CFG_MODE", Struct(&LOG_MODE)),
    (3, "NFULA_CFG_NLBUFSIZ", Be),
    (4, "NFULA_CFG_TIMEOUT", Be),
    (5, "NFULA_CFG_QTHRESH", Be),
    (6, "NFULA_CFG_FLAGS", BeMask(&LOG_FLAGS)),
];

static LOG_COMMANDS: Table =
    &[(0, "none"), (1, "bind"), (2, "unbind"), (3, "pf_bind"), (4, "pf_unbind")];

pub(in crate::decode) static QUEUE: Set = &[
    (1, "NFQA_PACKET_HDR", Struct(&QUEUE_PACKET)),
    (2, "NFQA_VERDICT_HDR", Struct(&QUEUE_VERDICT)),
    (3, "NFQA_MARK", Be),
    (4, "NFQA_TIMESTAMP", Struct(&TIMESTAMP)),
    (5, "NFQA_IFINDEX_INDEV", Be),
    (6, "NFQA_IFINDEX_OUTDEV", Be),
    (7, "NFQA_IFINDEX_PHYSINDEV", Be),
    (8, "NFQA_IFINDEX_PHYSOUTDEV", Be),
    (9, "NFQA_HWADDR", Struct(&HARDWARE)),
    (10, "NFQA_PAYLOAD", Secret),
    (11, "NFQA_CT", Nest(&CONNTRACK_ATTRS)),
    (12, "NFQA_CT_INFO", Be),
    (13, "NFQA_CAP_LEN", Be),
    (14, "NFQA_SKB_INFO", Be),
    (15, "NFQA_EXP", Nest(&EXPECTATION)),
    (16, "NFQA_UID", Be),
    (17, "NFQA_GID", Be),
    (18, "NFQA_SECCTX", Text),
    (19, "NFQA_VLAN", Nest(&QUEUE_VLAN)),
    (20, "NFQA_L2HDR", Secret),
    (21, "NFQA_PRIORITY", Be),
    (22, "NFQA_CGROUP_CLASSID", Be),
];

static QUEUE_PACKET: Fields = structure("nfqnl_msg_packet_hdr").of(&[
    ("packet_id", 4, Be),
    ("hw_protocol", 2, BeWord(&ETHERTYPES)),
    ("hook", 1, Num),
]);

static QUEUE_VERDICT: Fields =
    structure("nfqnl_msg_verdict_hdr").of(&[("verdict", 4, BeWord(&VERDICTS)), ("id", 4, Be)]);

static VERDICTS: Table =
    &[(0, "drop"), (1, "accept"), (2, "stolen"), (3, "queue"), (4, "repeat"), (5, "stop")];

pub(in crate::decode) static QUEUE_CONFIG: Set = &[
    (1, "NFQA_CFG_CMD", Struct(&QUEUE_COMMAND)),
    (2, "NFQA_CFG_PARAMS", Struct(&QUEUE_PARAMETERS)),
    (3, "NFQA_CFG_QUEUE_MAXLEN", Be),
    (4, "NFQA_CFG_MASK", BeMask(&QUEUE_FLAGS)),
    (5, "NFQA_CFG_FLAGS", BeMask(&QUEUE_FLAGS)),
];

static QUEUE_COMMAND: Fields = structure("nfqnl_msg_config_cmd").of(&[
    ("command", 1, Word(&LOG_COMMANDS)),
    ("pad", 1, Pad),
    ("pf", 2, Be),
]);

pub(in crate::decode) static ACCOUNTING: Set = &[
    (1, "NFACCT_NAME", Text),
    (2, "NFACCT_PKTS", Be),
    (3, "NFACCT_BYTES", Be),
    (4, "NFACCT_USE", Be),
    (5, "NFACCT_FLAGS", Be),
    (6, "NFACCT_QUOTA", Be),
    (7, "NFACCT_FILTER", Nest(&ACCOUNT_FILTER)),
    (8, "NFACCT_PAD", Be),
];

pub(in crate::decode) static TIMEOUT: Set = &[
    (1, "CTA_TIMEOUT_NAME", Text),
    (2, "CTA_TIMEOUT_L3PROTO", Be),
    (3, "CTA_TIMEOUT_L4PROTO", Word(&IP_PROTOCOLS)),
    (4, "CTA_TIMEOUT_DATA", Select(3, &TIMEOUTS)),
    (5, "CTA_TIMEOUT_USE", Be),
];

pub(in crate::decode) static HELPER: Set = &[
    (1, "NFCTH_NAME", Text),
    (2, "NFCTH_TUPLE", Nest(&HELPER_TUPLE)),
    (3, "NFCTH_QUEUE_NUM", Be),
    (4, "NFCTH_POLICY", Nest(&HELPER_POLICIES)),
    (5, "NFCTH_PRIV_DATA_LEN", Be),
    (6, "NFCTH_STATUS", Be),
];

pub(in crate::decode) static HOOK: Set = &[
    (1, "NFNLA_HOOK_HOOKNUM", Be),
    (2, "NFNLA_HOOK_PRIORITY", BeInt),
    (3, "NFNLA_HOOK_DEV", Text),
    (4, "NFNLA_HOOK_FUNCTION_NAME", Text),
    (5, "NFNLA_HOOK_MODULE_NAME", Text),
    (6, "NFNLA_HOOK_CHAIN_INFO", Nest(&HOOK_CHAIN)),
];

static LOG_PACKET: Fields = structure("nfulnl_msg_packet_hdr").of(&[
    ("hw_protocol", 2, BeWord(&ETHERTYPES)),
    ("hook", 1, Num),
    ("pad", 1, Pad),
]);

static TIMESTAMP: Fields =
    structure("nfulnl_msg_packet_timestamp").of(&[("sec", 8, Be), ("usec", 8, Be)]);

static HARDWARE: Fields = structure("nfulnl_msg_packet_hw").of(&[
    ("hw_addrlen", 2, Be),
    ("pad", 2, Pad),
    ("hw_addr", 8, PaddedMac),
]);

static LOG_MODE: Fields = structure("nfulnl_msg_config_mode").of(&[
    ("copy_range", 4, Be),
    ("copy_mode", 1, Word(&COPY_MODES)),
    ("pad", 1, Pad),
]);

static QUEUE_PARAMETERS: Fields = structure("nfqnl_msg_config_params")
    .of(&[("copy_range", 4, Be), ("copy_mode", 1, Word(&COPY_MODES))]);

static COPY_MODES: Table = &[(0, "none"), (1, "meta"), (2, "packet")];

static LOG_FLAGS: Bits = &[(0x1, "seq"), (0x2, "seq-global"), (0x4, "conntrack")];

static QUEUE_FLAGS: Bits =
    &[(0x1, "fail-open"), (0x2, "conntrack"), (0x4, "gso"), (0x8, "uid-gid"), (0x10, "secctx")];

static LOG_VLAN: Set = &[(1, "NFULA_VLAN_PROTO", BeWord(&ETHERTYPES)), (2, "NFULA_VLAN_TCI", Be)];

static QUEUE_VLAN: Set = &[(1, "NFQA_VLAN_PROTO", BeWord(&ETHERTYPES)), (2, "NFQA_VLAN_TCI", Be)];

static ACCOUNT_FILTER: Set = &[(1, "NFACCT_FILTER_MASK", Be), (2, "NFACCT_FILTER_VALUE", Be)];

static HELPER_TUPLE: Set =
    &[(1, "NFCTH_TUPLE_L3PROTONUM", Be), (2, "NFCTH_TUPLE_L4PROTONUM", Word(&IP_PROTOCOLS))];

static HELPER_POLICIES: Set = &[
    (1, "NFCTH_POLICY_SET_NUM", Be),
    (2, "NFCTH_POLICY_SET1", Nest(&HELPER_POLICY)),
    (3, "NFCTH_POLICY_SET2", Nest(&HELPER_POLICY)),
    (4, "NFCTH_POLICY_SET3", Nest(&HELPER_POLICY)),
    (5, "NFCTH_POLICY_SET4", Nest(&HELPER_POLICY)),
];

static HELPER_POLICY: Set = &[
    (1, "NFCTH_POLICY_NAME", Text),
    (2, "NFCTH_POLICY_EXPECT_MAX", Be),
    (3, "NFCTH_POLICY_EXPECT_TIMEOUT", Be),
];

static HOOK_CHAIN: Set = &[
    (1, "NFNLA_HOOK_INFO_DESC", Select(2, &HOOK_DESCRIPTIONS)),
    (2, "NFNLA_HOOK_INFO_TYPE", BeWord(&HOOK_TYPES)),
];

/// `NFNL_HOOK_TYPE_*`
static HOOK_TYPES: Table = &[(1, "nftables"), (2, "bpf"), (3, "nft_flowtable")];

/// By the type beside.
static HOOK_DESCRIPTIONS: Options = &[
    ("nftables", Nest(&HOOK_DESCRIPTION)),
    ("bpf", Nest(&HOOK_PROGRAM)),
    ("nft_flowtable", Nest(&HOOK_DESCRIPTION)),
];

static HOOK_PROGRAM: Set = &[(1, "NFNLA_HOOK_BPF_ID", Be)];

static HOOK_DESCRIPTION: Set = &[
    (1, "NFNLA_CHAIN_TABLE", Text),
    (2, "NFNLA_CHAIN_FAMILY", Word(&NETFILTER_FAMILIES)),
    (3, "NFNLA_CHAIN_NAME", Text),
];

/// How the packets of a system look.
pub(in crate::decode) static FINGERPRINT: Set = &[(1, "OSF_ATTR_FINGER", Struct(&FINGER))];

/// Bytes of an option.
const OPTION_LEN: usize = 12;
/// `MAX_IPOPTLEN`
const OPTIONS_MAX: usize = 40;

static FINGER: Fields = structure("nf_osf_user_finger").of(&[
    ("wss", 8, Struct(&WILDCARD)),
    ("ttl", 1, Num),
    ("df", 1, Num),
    ("ss", 2, Num),
    ("mss", 2, Num),
    ("opt_num", 2, Num),
    ("genre", 32, Text),
    ("version", 32, Text),
    ("subtype", 32, Text),
    ("opt", OPTION_LEN * OPTIONS_MAX, Each(OPTION_LEN, &Struct(&TCP_OPTION))),
]);

static WILDCARD: Fields = structure("nf_osf_wc").of(&[("wc", 4, Num), ("val", 4, Num)]);

static TCP_OPTION: Fields = structure("nf_osf_opt").of(&[
    ("kind", 2, Num),
    ("length", 2, Num),
    ("wc", 8, Struct(&WILDCARD)),
]);

/// By the protocol beside.
pub(in crate::decode) static TIMEOUTS: Options = &[
    ("tcp", Nest(&TIMEOUT_TCP)),
    ("udp", Nest(&TIMEOUT_UDP)),
    ("icmp", Nest(&TIMEOUT_ICMP)),
    ("icmpv6", Nest(&TIMEOUT_ICMPV6)),
    ("sctp", Nest(&TIMEOUT_SCTP)),
    ("gre", Nest(&TIMEOUT_GRE)),
    ("255", Nest(&TIMEOUT_GENERIC)),
    ("any", Nest(&TIMEOUT_GENERIC)),
];

static TIMEOUT_TCP: Set = &[
    (1, "CTA_TIMEOUT_TCP_SYN_SENT", Be),
    (2, "CTA_TIMEOUT_TCP_SYN_RECV", Be),
    (3, "CTA_TIMEOUT_TCP_ESTABLISHED", Be),
    (4, "CTA_TIMEOUT_TCP_FIN_WAIT", Be),
    (5, "CTA_TIMEOUT_TCP_CLOSE_WAIT", Be),
    (6, "CTA_TIMEOUT_TCP_LAST_ACK", Be),
    (7, "CTA_TIMEOUT_TCP_TIME_WAIT", Be),
    (8, "CTA_TIMEOUT_TCP_CLOSE", Be),
    (9, "CTA_TIMEOUT_TCP_SYN_SENT2", Be),
    (10, "CTA_TIMEOUT_TCP_RETRANS", Be),
    (11, "CTA_TIMEOUT_TCP_UNACK", Be),
];

static TIMEOUT_UDP: Set =
    &[(1, "CTA_TIMEOUT_UDP_UNREPLIED", Be), (2, "CTA_TIMEOUT_UDP_REPLIED", Be)];

static TIMEOUT_ICMP: Set = &[(1, "CTA_TIMEOUT_ICMP_TIMEOUT", Be)];

static TIMEOUT_ICMPV6: Set = &[(1, "CTA_TIMEOUT_ICMPV6_TIMEOUT", Be)];

static TIMEOUT_SCTP: Set = &[
    (1, "CTA_TIMEOUT_SCTP_CLOSED", Be),
    (2, "CTA_TIMEOUT_SCTP_COOKIE_WAIT", Be),
    (3, "CTA_TIMEOUT_SCTP_COOKIE_ECHOED", Be),
    (4, "CTA_TIMEOUT_SCTP_ESTABLISHED", Be),
    (5, "CTA_TIMEOUT_SCTP_SHUTDOWN_SENT", Be),
    (6, "CTA_TIMEOUT_SCTP_SHUTDOWN_RECD", Be),
    (7, "CTA_TIMEOUT_SCTP_SHUTDOWN_ACK_SENT", Be),
    (8, "CTA_TIMEOUT_SCTP_HEARTBEAT_SENT", Be),
    (9, "CTA_TIMEOUT_SCTP_HEARTBEAT_ACKED", Be),
];

static TIMEOUT_GRE: Set =
    &[(1, "CTA_TIMEOUT_GRE_UNREPLIED", Be), (2, "CTA_TIMEOUT_GRE_REPLIED", Be)];

static TIMEOUT_GENERIC: Set = &[(1, "CTA_TIMEOUT_GENERIC_TIMEOUT", Be)];
