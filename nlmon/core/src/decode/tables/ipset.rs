//! Attributes of ipset: numbers and names of `include/uapi/linux/netfilter/ipset/ip_set.h`. What
//! `IPSET_ATTR_DATA` holds depends on the command.

use super::kind::Kind::{Be, BeMask, ByFlag, Ip, List, Mac, Nest, Num, Pad, Text, Word};
use super::kind::{Bits, Set};
use crate::decode::names::words::{IP_PROTOCOLS, NETFILTER_FAMILIES};

/// `enum ipset_cadt_flags`
static CADT_FLAGS: Bits = &[
    (0x1, "before"),
    (0x2, "physdev"),
    (0x4, "nomatch"),
    (0x8, "with-counters"),
    (0x10, "with-comment"),
    (0x20, "with-forceadd"),
    (0x40, "with-skbinfo"),
    (0x80, "iface-wildcard"),
];

/// `enum ipset_cmd_flags`
static COMMAND_FLAGS: Bits = &[
    (0x1, "exist"),
    (0x2, "list-setname"),
    (0x4, "list-header"),
    (0x8, "skip-counter-update"),
    (0x10, "skip-subcounter-update"),
    (0x20, "match-counters"),
    (0x80, "return-nomatch"),
    (0x100, "map-skbmark"),
    (0x200, "map-skbprio"),
    (0x400, "map-skbqueue"),
];

pub(in crate::decode) static IPSET_CREATE: Set = &[
    (1, "IPSET_ATTR_PROTOCOL", Num),
    (2, "IPSET_ATTR_SETNAME", Text),
    (3, "IPSET_ATTR_TYPENAME", Text),
    (4, "IPSET_ATTR_REVISION", Num),
    (5, "IPSET_ATTR_FAMILY", Word(&NETFILTER_FAMILIES)),
    (6, "IPSET_ATTR_FLAGS", BeMask(&COMMAND_FLAGS)),
    (7, "IPSET_ATTR_DATA", Nest(&CREATE_DATA)),
    (8, "IPSET_ATTR_ADT", List(&Nest(&ENTRY))),
    (9, "IPSET_ATTR_LINENO", Num),
    (10, "IPSET_ATTR_PROTOCOL_MIN", Num),
    (11, "IPSET_ATTR_INDEX", Be),
];

pub(in crate::decode) static IPSET: Set = &[
    (1, "IPSET_ATTR_PROTOCOL", Num),
    (2, "IPSET_ATTR_SETNAME", Text),
    (3, "IPSET_ATTR_TYPENAME", Text),
    (4, "IPSET_ATTR_REVISION", Num),
    (5, "IPSET_ATTR_FAMILY", Word(&NETFILTER_FAMILIES)),
    (6, "IPSET_ATTR_FLAGS", BeMask(&COMMAND_FLAGS)),
    (7, "IPSET_ATTR_DATA", Nest(&ENTRY)),
    (8, "IPSET_ATTR_ADT", List(&Nest(&ENTRY))),
    (9, "IPSET_ATTR_LINENO", Num),
    (10, "IPSET_ATTR_PROTOCOL_MIN", Num),
    (11, "IPSET_ATTR_INDEX", Be),
];

/// `IPSET_CMD_RENAME` and `IPSET_CMD_SWAP`, which name two sets.
pub(in crate::decode) static IPSET_TWO: Set = &[
    (1, "IPSET_ATTR_PROTOCOL", Num),
    (2, "IPSET_ATTR_SETNAME", Text),
    (3, "IPSET_ATTR_SETNAME2", Text),
];

static CREATE_DATA: Set = &[
    (1, "IPSET_ATTR_IP", Nest(&IP)),
    (2, "IPSET_ATTR_IP_TO", Nest(&IP)),
    (3, "IPSET_ATTR_CIDR", Be),
    (4, "IPSET_ATTR_PORT", Be),
    (5, "IPSET_ATTR_PORT_TO", Be),
    (6, "IPSET_ATTR_TIMEOUT", Be),
    (7, "IPSET_ATTR_PROTO", Word(&IP_PROTOCOLS)),
    (8, "IPSET_ATTR_CADT_FLAGS", BeMask(&CADT_FLAGS)),
    (9, "IPSET_ATTR_CADT_LINENO", Be),
    (10, "IPSET_ATTR_MARK", Be),
    (11, "IPSET_ATTR_MARKMASK", ByFlag),
    (12, "IPSET_ATTR_BITMASK", Nest(&IP)),
    (17, "IPSET_ATTR_INITVAL", Be),
    (18, "IPSET_ATTR_HASHSIZE", Be),
    (19, "IPSET_ATTR_MAXELEM", Be),
    (20, "IPSET_ATTR_NETMASK", Be),
    (21, "IPSET_ATTR_BUCKETSIZE", Be),
    (22, "IPSET_ATTR_RESIZE", Be),
    (23, "IPSET_ATTR_SIZE", Be),
    (24, "IPSET_ATTR_ELEMENTS", Be),
    (25, "IPSET_ATTR_REFERENCES", Be),
    (26, "IPSET_ATTR_MEMSIZE", Be),
];

static ENTRY: Set = &[
    (1, "IPSET_ATTR_IP", Nest(&IP)),
    (2, "IPSET_ATTR_IP_TO", Nest(&IP)),
    (3, "IPSET_ATTR_CIDR", Be),
    (4, "IPSET_ATTR_PORT", Be),
    (5, "IPSET_ATTR_PORT_TO", Be),
    (6, "IPSET_ATTR_TIMEOUT", Be),
    (7, "IPSET_ATTR_PROTO", Word(&IP_PROTOCOLS)),
    (8, "IPSET_ATTR_CADT_FLAGS", BeMask(&CADT_FLAGS)),
    (9, "IPSET_ATTR_CADT_LINENO", Be),
    (10, "IPSET_ATTR_MARK", Be),
    (11, "IPSET_ATTR_MARKMASK", ByFlag),
    (12, "IPSET_ATTR_BITMASK", Nest(&IP)),
    (17, "IPSET_ATTR_ETHER", Mac),
    (18, "IPSET_ATTR_NAME", Text),
    (19, "IPSET_ATTR_NAMEREF", Text),
    (20, "IPSET_ATTR_IP2", Nest(&IP)),
    (21, "IPSET_ATTR_CIDR2", Be),
    (22, "IPSET_ATTR_IP2_TO", Nest(&IP)),
    (23, "IPSET_ATTR_IFACE", Text),
    (24, "IPSET_ATTR_BYTES", Be),
    (25, "IPSET_ATTR_PACKETS", Be),
    (26, "IPSET_ATTR_COMMENT", Text),
    (27, "IPSET_ATTR_SKBMARK", Be),
    (28, "IPSET_ATTR_SKBPRIO", Be),
    (29, "IPSET_ATTR_SKBQUEUE", Be),
    (30, "IPSET_ATTR_PAD", Pad),
];

static IP: Set = &[(1, "IPSET_ATTR_IPADDR_IPV4", Ip), (2, "IPSET_ATTR_IPADDR_IPV6", Ip)];
