//! Attributes of an address: numbers and names of `include/uapi/linux/if_addr.h`.

use super::kind::Kind::{Family, Index, Int, Ip, Limit, Mask, Num, Struct, Text, Word};
use super::kind::{Fields, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::{ADDRESS_FLAGS, ADDRESS_FLAGS_6, FAMILIES, SCOPES};

static IFA_CACHEINFO: Fields = structure("ifa_cacheinfo").of(&[
    ("ifa_prefered", 4, Limit("forever")),
    ("ifa_valid", 4, Limit("forever")),
    ("cstamp", 4, Num),
    ("tstamp", 4, Num),
]);

pub(in crate::decode) static ADDR_ATTRS: Set = &[
    (1, "IFA_ADDRESS", Ip),
    (2, "IFA_LOCAL", Ip),
    (3, "IFA_LABEL", Text),
    (4, "IFA_BROADCAST", Ip),
    (5, "IFA_ANYCAST", Ip),
    (6, "IFA_CACHEINFO", Struct(&IFA_CACHEINFO)),
    (7, "IFA_MULTICAST", Ip),
    (8, "IFA_FLAGS", Family(&[(10, Mask(&ADDRESS_FLAGS_6))], &Mask(&ADDRESS_FLAGS))),
    (9, "IFA_RT_PRIORITY", Num),
    (10, "IFA_TARGET_NETNSID", Int),
    (11, "IFA_PROTO", Word(&ADDRESS_PROTOCOLS)),
    (12, "IFA_MC_USERS", Num),
];

pub(in crate::decode) static IFADDRMSG: Fields = structure("ifaddrmsg").of(&[
    ("ifa_family", 1, Word(&FAMILIES)),
    ("ifa_prefixlen", 1, Num),
    ("ifa_flags", 1, Family(&[(10, Mask(&ADDRESS_FLAGS_6))], &Mask(&ADDRESS_FLAGS))),
    ("ifa_scope", 1, Word(&SCOPES)),
    ("ifa_index", 4, Index),
]);

/// `IFAPROT_*`: who made the address.
static ADDRESS_PROTOCOLS: Table =
    &[(0, "unspec"), (1, "kernel_lo"), (2, "kernel_ra"), (3, "kernel_ll")];
