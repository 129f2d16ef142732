//! The smaller subsystems of nfnetlink: numbers and names of `include/uapi/linux/netfilter/`.
//! Beginnings of other people's packets are withheld like keys.

use super::conntrack::{CONNTRACK_ATTRS, EXPECTATION};
use super::kind::Kind::{
    Be, BeIndex, BeInt, BeWord, Hex, Nest, Num, Pad, Secret, Struct, Text, Word,
};
use super::kind::{Fields, Set};
use crate::decode::names::Table;
use crate::decode::names::words::{IP_PROTOCOLS, NETFILTER_FAMILIES};

pub(in crate::decode) static NFGENMSG: Fields =
    &[("nfgen_family", 1, Word(&NETFILTER_FAMILIES)), ("version", 1, Num), ("res_id", 2, Be)];

pub(in crate::decode) static LOG: Set = &[
    (1, "NFULA_PACKET_HDR", Hex),
    (2, "NFULA_MARK", Be),
    (3, "NFULA_TIMESTAMP", Hex),
    (4, "NFULA_IFINDEX_INDEV", BeIndex),
    (5, "NFULA_IFINDEX_OUTDEV", BeIndex),
    (6, "NFULA_IFINDEX_PHYSINDEV", BeIndex),
    (7, "NFULA_IFINDEX_PHYSOUTDEV", BeIndex),
    (8, "NFULA_HWADDR", Hex),
    (9, "NFULA_PAYLOAD", Secret),
    (10, "NFULA_PREFIX", Text),
    (11, "NFULA_UID", Be),
    (12, "NFULA_SEQ", Be),
    (13, "NFULA_SEQ_GLOBAL", Be),
    (14, "NFULA_GID", Be),
    (15, "NFULA_HWTYPE", Be),
    (16, "NFULA_HWHEADER", Secret),
    (17, "NFULA_HWLEN", Be),
    (18, "NFULA_CT", Nest(&CONNTRACK_ATTRS)),
    (19, "NFULA_CT_INFO", Be),
    (20, "NFULA_VLAN", Hex),
    (21, "NFULA_L2HDR", Secret),
];

pub(in crate::decode) static LOG_CONFIG: Set = &[
    (1, "NFULA_CFG_CMD", Word(&LOG_COMMANDS)),
    (2, "NFULA_CFG_MODE", Hex),
    (3, "NFULA_CFG_NLBUFSIZ", Be),
    (4, "NFULA_CFG_TIMEOUT", Be),
    (5, "NFULA_CFG_QTHRESH", Be),
    (6, "NFULA_CFG_FLAGS", Be),
];

static LOG_COMMANDS: Table =
    &[(0, "none"), (1, "bind"), (2, "unbind"), (3, "pf_bind"), (4, "pf_unbind")];

pub(in crate::decode) static QUEUE: Set = &[
    (1, "NFQA_PACKET_HDR", Struct(&QUEUE_PACKET)),
    (2, "NFQA_VERDICT_HDR", Struct(&QUEUE_VERDICT)),
    (3, "NFQA_MARK", Be),
    (4, "NFQA_TIMESTAMP", Hex),
    (5, "NFQA_IFINDEX_INDEV", BeIndex),
    (6, "NFQA_IFINDEX_OUTDEV", BeIndex),
    (7, "NFQA_IFINDEX_PHYSINDEV", BeIndex),
    (8, "NFQA_IFINDEX_PHYSOUTDEV", BeIndex),
    (9, "NFQA_HWADDR", Hex),
    (10, "NFQA_PAYLOAD", Secret),
    (11, "NFQA_CT", Nest(&CONNTRACK_ATTRS)),
    (12, "NFQA_CT_INFO", Be),
    (13, "NFQA_CAP_LEN", Be),
    (14, "NFQA_SKB_INFO", Be),
    (15, "NFQA_EXP", Nest(&EXPECTATION)),
    (16, "NFQA_UID", Be),
    (17, "NFQA_GID", Be),
    (18, "NFQA_SECCTX", Text),
    (19, "NFQA_VLAN", Hex),
    (20, "NFQA_L2HDR", Secret),
    (21, "NFQA_PRIORITY", Be),
    (22, "NFQA_CGROUP_CLASSID", Be),
];

static QUEUE_PACKET: Fields = &[("packet_id", 4, Be), ("hw_protocol", 2, Be), ("hook", 1, Num)];

static QUEUE_VERDICT: Fields = &[("verdict", 4, BeWord(&VERDICTS)), ("id", 4, Be)];

static VERDICTS: Table =
    &[(0, "drop"), (1, "accept"), (2, "stolen"), (3, "queue"), (4, "repeat"), (5, "stop")];

pub(in crate::decode) static QUEUE_CONFIG: Set = &[
    (1, "NFQA_CFG_CMD", Struct(&QUEUE_COMMAND)),
    (2, "NFQA_CFG_PARAMS", Hex),
    (3, "NFQA_CFG_QUEUE_MAXLEN", Be),
    (4, "NFQA_CFG_MASK", Be),
    (5, "NFQA_CFG_FLAGS", Be),
];

static QUEUE_COMMAND: Fields =
    &[("command", 1, Word(&LOG_COMMANDS)), ("pad", 1, Pad), ("pf", 2, Be)];

pub(in crate::decode) static ACCOUNTING: Set = &[
    (1, "NFACCT_NAME", Text),
    (2, "NFACCT_PKTS", Be),
    (3, "NFACCT_BYTES", Be),
    (4, "NFACCT_USE", Be),
    (5, "NFACCT_FLAGS", Be),
    (6, "NFACCT_QUOTA", Be),
    (7, "NFACCT_FILTER", Hex),
    (8, "NFACCT_PAD", Be),
];

pub(in crate::decode) static TIMEOUT: Set = &[
    (1, "CTA_TIMEOUT_NAME", Text),
    (2, "CTA_TIMEOUT_L3PROTO", Be),
    (3, "CTA_TIMEOUT_L4PROTO", Word(&IP_PROTOCOLS)),
    (4, "CTA_TIMEOUT_DATA", Hex),
    (5, "CTA_TIMEOUT_USE", Be),
];

pub(in crate::decode) static HELPER: Set = &[
    (1, "NFCTH_NAME", Text),
    (2, "NFCTH_TUPLE", Hex),
    (3, "NFCTH_QUEUE_NUM", Be),
    (4, "NFCTH_POLICY", Hex),
    (5, "NFCTH_PRIV_DATA_LEN", Be),
    (6, "NFCTH_STATUS", Be),
];

pub(in crate::decode) static HOOK: Set = &[
    (1, "NFNLA_HOOK_HOOKNUM", Be),
    (2, "NFNLA_HOOK_PRIORITY", BeInt),
    (3, "NFNLA_HOOK_DEV", Text),
    (4, "NFNLA_HOOK_FUNCTION_NAME", Text),
    (5, "NFNLA_HOOK_MODULE_NAME", Text),
    (6, "NFNLA_HOOK_CHAIN_INFO", Hex),
];
