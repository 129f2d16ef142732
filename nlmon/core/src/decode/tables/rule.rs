//! Attributes of a routing rule: numbers and names of `include/uapi/linux/fib_rules.h`.

use super::kind::Kind::{Be, Ip, Mask, Num, Pad, Realms, Struct, Text, Word};
use super::kind::{Bits, Fields, Set, structure};
use crate::decode::names::words::{
    FAMILIES, IP_PROTOCOLS, ROUTE_PROTOCOLS, ROUTE_TABLES, RULE_ACTIONS,
};

static FIB_RULE_UID_RANGE: Fields =
    structure("fib_rule_uid_range").of(&[("start", 4, Num), ("end", 4, Num)]);

static FIB_RULE_PORT_RANGE: Fields =
    structure("fib_rule_port_range").of(&[("start", 2, Num), ("end", 2, Num)]);

pub(in crate::decode) static FIB_RULE_ATTRS: Set = &[
    (1, "FRA_DST", Ip),
    (2, "FRA_SRC", Ip),
    (3, "FRA_IIFNAME", Text),
    (4, "FRA_GOTO", Num),
    (5, "FRA_UNUSED2", Num),
    (6, "FRA_PRIORITY", Num),
    (7, "FRA_UNUSED3", Num),
    (8, "FRA_UNUSED4", Num),
    (9, "FRA_UNUSED5", Num),
    (10, "FRA_FWMARK", Num),
    (11, "FRA_FLOW", Realms),
    (12, "FRA_TUN_ID", Be),
    (13, "FRA_SUPPRESS_IFGROUP", Num),
    (14, "FRA_SUPPRESS_PREFIXLEN", Num),
    (15, "FRA_TABLE", Word(&ROUTE_TABLES)),
    (16, "FRA_FWMASK", Num),
    (17, "FRA_OIFNAME", Text),
    (18, "FRA_PAD", Num),
    (19, "FRA_L3MDEV", Num),
    (20, "FRA_UID_RANGE", Struct(&FIB_RULE_UID_RANGE)),
    (21, "FRA_PROTOCOL", Word(&ROUTE_PROTOCOLS)),
    (22, "FRA_IP_PROTO", Word(&IP_PROTOCOLS)),
    (23, "FRA_SPORT_RANGE", Struct(&FIB_RULE_PORT_RANGE)),
    (24, "FRA_DPORT_RANGE", Struct(&FIB_RULE_PORT_RANGE)),
    (25, "FRA_DSCP", Num),
    (26, "FRA_FLOWLABEL", Be),
    (27, "FRA_FLOWLABEL_MASK", Be),
    (28, "FRA_SPORT_MASK", Num),
    (29, "FRA_DPORT_MASK", Num),
    (30, "FRA_DSCP_MASK", Num),
];

pub(in crate::decode) static FIB_RULE_HDR: Fields = structure("fib_rule_hdr").of(&[
    ("family", 1, Word(&FAMILIES)),
    ("dst_len", 1, Num),
    ("src_len", 1, Num),
    ("tos", 1, Num),
    ("table", 1, Word(&ROUTE_TABLES)),
    ("res1", 1, Pad),
    ("res2", 1, Pad),
    ("action", 1, Word(&RULE_ACTIONS)),
    ("flags", 4, Mask(&RULE_FLAGS)),
]);

static RULE_FLAGS: Bits = &[
    (1, "permanent"),
    (2, "not"),
    (4, "unresolved"),
    (8, "iif_detached"),
    (0x10, "oif_detached"),
    (0x0001_0000, "find_saddr"),
];
