//! Attributes of an address: numbers and names of `include/uapi/linux/if_addr.h`.

use super::kind::Kind::{Hex, Ip, Mask, Num, Struct, Text, Word};
use super::kind::{Fields, Set};
use crate::decode::names::words::{ADDRESS_FLAGS, FAMILIES, SCOPES};

static IFA_CACHEINFO: Fields =
    &[("ifa_prefered", 4, Num), ("ifa_valid", 4, Num), ("cstamp", 4, Num), ("tstamp", 4, Num)];

pub(in crate::decode) static ADDR_ATTRS: Set = &[
    (1, "IFA_ADDRESS", Ip),
    (2, "IFA_LOCAL", Ip),
    (3, "IFA_LABEL", Text),
    (4, "IFA_BROADCAST", Ip),
    (5, "IFA_ANYCAST", Hex),
    (6, "IFA_CACHEINFO", Struct(&IFA_CACHEINFO)),
    (7, "IFA_MULTICAST", Hex),
    (8, "IFA_FLAGS", Mask(&ADDRESS_FLAGS)),
    (9, "IFA_RT_PRIORITY", Num),
    (10, "IFA_TARGET_NETNSID", Hex),
    (11, "IFA_PROTO", Num),
];

pub(in crate::decode) static IFADDRMSG: Fields = &[
    ("ifa_family", 1, Word(&FAMILIES)),
    ("ifa_prefixlen", 1, Num),
    ("ifa_flags", 1, Mask(&ADDRESS_FLAGS)),
    ("ifa_scope", 1, Word(&SCOPES)),
    ("ifa_index", 4, Num),
];
