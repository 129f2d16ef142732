//! Attributes of the objects of nftables: numbers and names of
//! `include/uapi/linux/netfilter/nf_tables.h`.

use super::conntrack::NF_CT_STATUS;
use super::kind::Kind::{
    Be, BeIndex, BeInt, BeMask, BeWord, Hex, Ip, Nest, Num, Pad, Secret, Select, Text, Userdata,
    Word,
};
use super::kind::{Bits, Options, Set};
use super::netfilter::TIMEOUTS;
use super::nftables_expressions::{
    CONNLIMIT, CT_DIRECTION, EXPR_OPS, LIMIT, QUOTA_ATTRS, SYNPROXY,
};
use crate::decode::names::Table;
use crate::decode::names::words::{IP_PROTOCOLS, NETFILTER_FAMILIES};

static TABLE_FLAGS: Bits = &[(0x1, "dormant"), (0x2, "owner"), (0x4, "persist")];

pub(in crate::decode) static TABLE_ATTRS: Set = &[
    (1, "NFTA_TABLE_NAME", Text),
    (2, "NFTA_TABLE_FLAGS", BeMask(&TABLE_FLAGS)),
    (3, "NFTA_TABLE_USE", Be),
    (4, "NFTA_TABLE_HANDLE", Be),
    (5, "NFTA_TABLE_PAD", Num),
    (6, "NFTA_TABLE_USERDATA", Userdata),
    (7, "NFTA_TABLE_OWNER", Be),
];

static HOOK_DEV_ATTRS: Set = &[(1, "NFTA_DEVICE_NAME", Text), (2, "NFTA_DEVICE_PREFIX", Text)];

static NFT_HOOK_ATTRS: Set = &[
    (1, "NFTA_HOOK_HOOKNUM", Be),
    (2, "NFTA_HOOK_PRIORITY", BeInt),
    (3, "NFTA_HOOK_DEV", Text),
    (4, "NFTA_HOOK_DEVS", Nest(&HOOK_DEV_ATTRS)),
];

static NFT_COUNTER_ATTRS: Set = &[(1, "NFTA_COUNTER_BYTES", Be), (2, "NFTA_COUNTER_PACKETS", Be)];

static CHAIN_FLAGS: Bits = &[(0x1, "base"), (0x2, "hw-offload"), (0x4, "binding")];

pub(in crate::decode) static CHAIN_ATTRS: Set = &[
    (1, "NFTA_CHAIN_TABLE", Text),
    (2, "NFTA_CHAIN_HANDLE", Be),
    (3, "NFTA_CHAIN_NAME", Text),
    (4, "NFTA_CHAIN_HOOK", Nest(&NFT_HOOK_ATTRS)),
    (5, "NFTA_CHAIN_POLICY", Be),
    (6, "NFTA_CHAIN_USE", Be),
    (7, "NFTA_CHAIN_TYPE", Text),
    (8, "NFTA_CHAIN_COUNTERS", Nest(&NFT_COUNTER_ATTRS)),
    (9, "NFTA_CHAIN_PAD", Pad),
    (10, "NFTA_CHAIN_FLAGS", BeMask(&CHAIN_FLAGS)),
    (11, "NFTA_CHAIN_ID", Be),
    (12, "NFTA_CHAIN_USERDATA", Userdata),
];

/// `NF_*` of `netfilter.h`, and `enum nft_verdicts`, which are below zero.
static VERDICT_CODE: Table = &[
    (0, "drop"),
    (1, "accept"),
    (2, "stolen"),
    (3, "queue"),
    (4, "repeat"),
    (0xffff_fffb, "return"),
    (0xffff_fffc, "goto"),
    (0xffff_fffd, "jump"),
    (0xffff_fffe, "break"),
    (0xffff_ffff, "continue"),
];

static VERDICT_ATTRS: Set = &[
    (1, "NFTA_VERDICT_CODE", BeWord(&VERDICT_CODE)),
    (2, "NFTA_VERDICT_CHAIN", Text),
    (3, "NFTA_VERDICT_CHAIN_ID", Be),
];

pub(in crate::decode) static DATA_ATTRS: Set =
    &[(1, "NFTA_DATA_VALUE", Hex), (2, "NFTA_DATA_VERDICT", Nest(&VERDICT_ATTRS))];

pub(in crate::decode) static EXPR_ATTRS: Set =
    &[(1, "NFTA_EXPR_NAME", Text), (2, "NFTA_EXPR_DATA", Select(1, &EXPR_OPS))];

pub(in crate::decode) static EXPR_LIST_ATTRS: Set = &[(1, "NFTA_LIST_ELEM", Nest(&EXPR_ATTRS))];

static RULE_COMPAT_ATTRS: Set =
    &[(1, "NFTA_RULE_COMPAT_PROTO", Be), (2, "NFTA_RULE_COMPAT_FLAGS", Be)];

pub(in crate::decode) static RULE_ATTRS: Set = &[
    (1, "NFTA_RULE_TABLE", Text),
    (2, "NFTA_RULE_CHAIN", Text),
    (3, "NFTA_RULE_HANDLE", Be),
    (4, "NFTA_RULE_EXPRESSIONS", Nest(&EXPR_LIST_ATTRS)),
    (5, "NFTA_RULE_COMPAT", Nest(&RULE_COMPAT_ATTRS)),
    (6, "NFTA_RULE_POSITION", Be),
    (7, "NFTA_RULE_USERDATA", Userdata),
    (8, "NFTA_RULE_PAD", Num),
    (9, "NFTA_RULE_ID", Be),
    (10, "NFTA_RULE_POSITION_ID", Be),
    (11, "NFTA_RULE_CHAIN_ID", Be),
];

static SET_FLAGS: Bits = &[
    (0x1, "anonymous"),
    (0x2, "constant"),
    (0x4, "interval"),
    (0x8, "map"),
    (0x10, "timeout"),
    (0x20, "eval"),
    (0x40, "object"),
    (0x80, "concat"),
    (0x100, "expr"),
];

static SET_FIELD_ATTRS: Set = &[(1, "NFTA_SET_FIELD_LEN", Be)];

static SET_DESC_CONCAT_ATTRS: Set = &[(1, "NFTA_LIST_ELEM", Nest(&SET_FIELD_ATTRS))];

static SET_DESC_ATTRS: Set =
    &[(1, "NFTA_SET_DESC_SIZE", Be), (2, "NFTA_SET_DESC_CONCAT", Nest(&SET_DESC_CONCAT_ATTRS))];

static SET_LIST_ATTRS: Set = &[(1, "NFTA_LIST_ELEM", Nest(&EXPR_ATTRS))];

pub(in crate::decode) static SET_ATTRS: Set = &[
    (1, "NFTA_SET_TABLE", Text),
    (2, "NFTA_SET_NAME", Text),
    (3, "NFTA_SET_FLAGS", BeMask(&SET_FLAGS)),
    (4, "NFTA_SET_KEY_TYPE", Be),
    (5, "NFTA_SET_KEY_LEN", Be),
    (6, "NFTA_SET_DATA_TYPE", Be),
    (7, "NFTA_SET_DATA_LEN", Be),
    (8, "NFTA_SET_POLICY", BeWord(&SET_POLICIES)),
    (9, "NFTA_SET_DESC", Nest(&SET_DESC_ATTRS)),
    (10, "NFTA_SET_ID", Be),
    (11, "NFTA_SET_TIMEOUT", Be),
    (12, "NFTA_SET_GC_INTERVAL", Be),
    (13, "NFTA_SET_USERDATA", Hex),
    (14, "NFTA_SET_PAD", Num),
    (15, "NFTA_SET_OBJ_TYPE", Be),
    (16, "NFTA_SET_HANDLE", Be),
    (17, "NFTA_SET_EXPR", Nest(&EXPR_ATTRS)),
    (18, "NFTA_SET_EXPRESSIONS", Nest(&SET_LIST_ATTRS)),
    (19, "NFTA_SET_TYPE", Text),
    (20, "NFTA_SET_COUNT", Be),
];

static SET_ELEM_FLAGS: Bits = &[(0x1, "interval-end"), (0x2, "catchall")];

static SETELEM_ATTRS: Set = &[
    (1, "NFTA_SET_ELEM_KEY", Nest(&DATA_ATTRS)),
    (2, "NFTA_SET_ELEM_DATA", Nest(&DATA_ATTRS)),
    (3, "NFTA_SET_ELEM_FLAGS", BeMask(&SET_ELEM_FLAGS)),
    (4, "NFTA_SET_ELEM_TIMEOUT", Be),
    (5, "NFTA_SET_ELEM_EXPIRATION", Be),
    (6, "NFTA_SET_ELEM_USERDATA", Userdata),
    (7, "NFTA_SET_ELEM_EXPR", Nest(&EXPR_ATTRS)),
    (8, "NFTA_SET_ELEM_PAD", Pad),
    (9, "NFTA_SET_ELEM_OBJREF", Text),
    (10, "NFTA_SET_ELEM_KEY_END", Nest(&DATA_ATTRS)),
    (11, "NFTA_SET_ELEM_EXPRESSIONS", Nest(&EXPR_LIST_ATTRS)),
];

static SETELEM_LIST_ELEM_ATTRS: Set = &[(1, "NFTA_LIST_ELEM", Nest(&SETELEM_ATTRS))];

pub(in crate::decode) static SETELEM_LIST_ATTRS: Set = &[
    (1, "NFTA_SET_ELEM_LIST_TABLE", Text),
    (2, "NFTA_SET_ELEM_LIST_SET", Text),
    (3, "NFTA_SET_ELEM_LIST_ELEMENTS", Nest(&SETELEM_LIST_ELEM_ATTRS)),
    (4, "NFTA_SET_ELEM_LIST_SET_ID", Be),
];

pub(in crate::decode) static GEN_ATTRS: Set =
    &[(1, "NFTA_GEN_ID", Be), (2, "NFTA_GEN_PROC_PID", Be), (3, "NFTA_GEN_PROC_NAME", Text)];

static OBJECT_TYPE: Table = &[
    (0, "unspec"),
    (1, "counter"),
    (2, "quota"),
    (3, "ct-helper"),
    (4, "limit"),
    (5, "connlimit"),
    (6, "tunnel"),
    (7, "ct-timeout"),
    (8, "secmark"),
    (9, "ct-expect"),
    (10, "synproxy"),
];

static COUNTER_ATTRS: Set =
    &[(1, "NFTA_COUNTER_BYTES", Be), (2, "NFTA_COUNTER_PACKETS", Be), (3, "NFTA_COUNTER_PAD", Num)];

static OBJ_DATA: Options = &[
    ("counter", Nest(&COUNTER_ATTRS)),
    ("quota", Nest(&QUOTA_ATTRS)),
    ("ct-helper", Nest(&CT_HELPER)),
    ("limit", Nest(&LIMIT)),
    ("connlimit", Nest(&CONNLIMIT)),
    ("tunnel", Nest(&TUNNEL)),
    ("ct-timeout", Nest(&CT_TIMEOUT)),
    ("secmark", Nest(&SECMARK)),
    ("ct-expect", Nest(&CT_EXPECT)),
    ("synproxy", Nest(&SYNPROXY)),
];

pub(in crate::decode) static OBJ_ATTRS: Set = &[
    (1, "NFTA_OBJ_TABLE", Text),
    (2, "NFTA_OBJ_NAME", Text),
    (3, "NFTA_OBJ_TYPE", BeWord(&OBJECT_TYPE)),
    (4, "NFTA_OBJ_DATA", Select(3, &OBJ_DATA)),
    (5, "NFTA_OBJ_USE", Be),
    (6, "NFTA_OBJ_HANDLE", Be),
    (7, "NFTA_OBJ_PAD", Num),
    (8, "NFTA_OBJ_USERDATA", Userdata),
];

static FLOWTABLE_HOOK_ATTRS: Set = &[
    (1, "NFTA_FLOWTABLE_HOOK_NUM", Be),
    (2, "NFTA_FLOWTABLE_HOOK_PRIORITY", BeInt),
    (3, "NFTA_FLOWTABLE_HOOK_DEVS", Nest(&HOOK_DEV_ATTRS)),
];

static FLOWTABLE_FLAGS: Bits = &[(0x1, "hw-offload"), (0x2, "counter")];

pub(in crate::decode) static FLOWTABLE_ATTRS: Set = &[
    (1, "NFTA_FLOWTABLE_TABLE", Text),
    (2, "NFTA_FLOWTABLE_NAME", Text),
    (3, "NFTA_FLOWTABLE_HOOK", Nest(&FLOWTABLE_HOOK_ATTRS)),
    (4, "NFTA_FLOWTABLE_USE", Be),
    (5, "NFTA_FLOWTABLE_HANDLE", Be),
    (6, "NFTA_FLOWTABLE_PAD", Num),
    (7, "NFTA_FLOWTABLE_FLAGS", BeMask(&FLOWTABLE_FLAGS)),
];

pub(in crate::decode) static BATCH_ATTRS: Set = &[(1, "NFNL_BATCH_GENID", Be)];

pub(in crate::decode) static COMPAT_ATTRS: Set =
    &[(1, "NFTA_COMPAT_NAME", Text), (2, "NFTA_COMPAT_REV", Be), (3, "NFTA_COMPAT_TYPE", Be)];

pub(in crate::decode) static TRACE: Set = &[
    (1, "NFTA_TRACE_TABLE", Text),
    (2, "NFTA_TRACE_CHAIN", Text),
    (3, "NFTA_TRACE_RULE_HANDLE", Be),
    (4, "NFTA_TRACE_TYPE", BeWord(&TRACE_TYPES)),
    (5, "NFTA_TRACE_VERDICT", Nest(&VERDICT_ATTRS)),
    (6, "NFTA_TRACE_ID", Be),
    (7, "NFTA_TRACE_LL_HEADER", Secret),
    (8, "NFTA_TRACE_NETWORK_HEADER", Secret),
    (9, "NFTA_TRACE_TRANSPORT_HEADER", Secret),
    (10, "NFTA_TRACE_IIF", BeIndex),
    (11, "NFTA_TRACE_IIFTYPE", Be),
    (12, "NFTA_TRACE_OIF", BeIndex),
    (13, "NFTA_TRACE_OIFTYPE", Be),
    (14, "NFTA_TRACE_MARK", Be),
    (15, "NFTA_TRACE_NFPROTO", Be),
    (16, "NFTA_TRACE_POLICY", Be),
    (17, "NFTA_TRACE_PAD", Be),
    (18, "NFTA_TRACE_CT_ID", Be),
    (19, "NFTA_TRACE_CT_DIRECTION", Word(&CT_DIRECTION)),
    (20, "NFTA_TRACE_CT_STATUS", BeMask(&NF_CT_STATUS)),
    (21, "NFTA_TRACE_CT_STATE", BeMask(&CT_STATES)),
];

static TRACE_TYPES: Table = &[(0, "unspec"), (1, "policy"), (2, "return"), (3, "rule")];

static CT_HELPER: Set = &[
    (1, "NFTA_CT_HELPER_NAME", Text),
    (2, "NFTA_CT_HELPER_L3PROTO", BeWord(&NETFILTER_FAMILIES)),
    (3, "NFTA_CT_HELPER_L4PROTO", Word(&IP_PROTOCOLS)),
];

static CT_TIMEOUT: Set = &[
    (1, "NFTA_CT_TIMEOUT_L3PROTO", BeWord(&NETFILTER_FAMILIES)),
    (2, "NFTA_CT_TIMEOUT_L4PROTO", Word(&IP_PROTOCOLS)),
    (3, "NFTA_CT_TIMEOUT_DATA", Select(2, &TIMEOUTS)),
];

static CT_EXPECT: Set = &[
    (1, "NFTA_CT_EXPECT_L3PROTO", BeWord(&NETFILTER_FAMILIES)),
    (2, "NFTA_CT_EXPECT_L4PROTO", Word(&IP_PROTOCOLS)),
    (3, "NFTA_CT_EXPECT_DPORT", Be),
    (4, "NFTA_CT_EXPECT_TIMEOUT", Num),
    (5, "NFTA_CT_EXPECT_SIZE", Num),
];

static SECMARK: Set = &[(1, "NFTA_SECMARK_CTX", Text)];

static TUNNEL: Set = &[
    (1, "NFTA_TUNNEL_KEY_ID", Be),
    (2, "NFTA_TUNNEL_KEY_IP", Nest(&TUNNEL_IP)),
    (3, "NFTA_TUNNEL_KEY_IP6", Nest(&TUNNEL_IP6)),
    (4, "NFTA_TUNNEL_KEY_FLAGS", Be),
    (5, "NFTA_TUNNEL_KEY_TOS", Num),
    (6, "NFTA_TUNNEL_KEY_TTL", Num),
    (7, "NFTA_TUNNEL_KEY_SPORT", Be),
    (8, "NFTA_TUNNEL_KEY_DPORT", Be),
    (9, "NFTA_TUNNEL_KEY_OPTS", Nest(&TUNNEL_OPTIONS)),
];

static TUNNEL_IP: Set = &[(1, "NFTA_TUNNEL_KEY_IP_SRC", Ip), (2, "NFTA_TUNNEL_KEY_IP_DST", Ip)];

static TUNNEL_IP6: Set = &[
    (1, "NFTA_TUNNEL_KEY_IP6_SRC", Ip),
    (2, "NFTA_TUNNEL_KEY_IP6_DST", Ip),
    (3, "NFTA_TUNNEL_KEY_IP6_FLOWLABEL", Be),
];

static TUNNEL_OPTIONS: Set = &[
    (1, "NFTA_TUNNEL_KEY_OPTS_VXLAN", Nest(&TUNNEL_VXLAN)),
    (2, "NFTA_TUNNEL_KEY_OPTS_ERSPAN", Nest(&TUNNEL_ERSPAN)),
    (3, "NFTA_TUNNEL_KEY_OPTS_GENEVE", Nest(&TUNNEL_GENEVE)),
];

static TUNNEL_VXLAN: Set = &[(1, "NFTA_TUNNEL_KEY_VXLAN_GBP", Be)];

static TUNNEL_ERSPAN: Set = &[
    (1, "NFTA_TUNNEL_KEY_ERSPAN_VERSION", Be),
    (2, "NFTA_TUNNEL_KEY_ERSPAN_V1_INDEX", Be),
    (3, "NFTA_TUNNEL_KEY_ERSPAN_V2_HWID", Num),
    (4, "NFTA_TUNNEL_KEY_ERSPAN_V2_DIR", Num),
];

static TUNNEL_GENEVE: Set = &[
    (1, "NFTA_TUNNEL_KEY_GENEVE_CLASS", Be),
    (2, "NFTA_TUNNEL_KEY_GENEVE_TYPE", Num),
    (3, "NFTA_TUNNEL_KEY_GENEVE_DATA", Hex),
];

/// `NF_CT_STATE_*_BIT`, as `nft` has them.
pub(in crate::decode) static CT_STATES: Bits =
    &[(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];

static SET_POLICIES: Table = &[(0, "performance"), (1, "memory")];
