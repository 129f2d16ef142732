//! Attributes of the generic families of `NetLabel`: numbers and names of `netlabel_mgmt.h`,
//! `netlabel_unlabeled.h`, `netlabel_cipso_v4.h` and `netlabel_calipso.h` of `net/netlabel`.

use crate::decode::names::Table;
use crate::decode::names::words::FAMILIES;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Ip, Nest, Num, Text, Word};
use crate::decode::tables::kind::{Generic, Set, Words};

/// `NETLBL_NLTYPE_*` of `include/net/netlabel.h`
static PROTOCOLS: Table = &[
    (0, "none"),
    (1, "mgmt"),
    (2, "ripso"),
    (3, "cipsov4"),
    (4, "cipsov6"),
    (5, "unlabeled"),
    (6, "addrselect"),
    (7, "calipso"),
];

/// `CIPSO_V4_MAP_*` of `include/net/cipso_ipv4.h`
static CIPSO_MAPS: Table = &[(0, "unknown"), (1, "trans"), (2, "pass"), (3, "local")];

/// `CALIPSO_MAP_*` of `include/net/calipso.h`
static CALIPSO_MAPS: Table = &[(0, "unknown"), (2, "pass")];

static MGMT: Set = &[
    (1, "NLBL_MGMT_A_DOMAIN", Text),
    (2, "NLBL_MGMT_A_PROTOCOL", Word(&PROTOCOLS)),
    (3, "NLBL_MGMT_A_VERSION", Num),
    (4, "NLBL_MGMT_A_CV4DOI", Num),
    (5, "NLBL_MGMT_A_IPV6ADDR", Ip),
    (6, "NLBL_MGMT_A_IPV6MASK", Ip),
    (7, "NLBL_MGMT_A_IPV4ADDR", Ip),
    (8, "NLBL_MGMT_A_IPV4MASK", Ip),
    (9, "NLBL_MGMT_A_ADDRSELECTOR", Nest(&MGMT)),
    (10, "NLBL_MGMT_A_SELECTORLIST", Nest(&MGMT)),
    (11, "NLBL_MGMT_A_FAMILY", Word(&FAMILIES)),
    (12, "NLBL_MGMT_A_CLPDOI", Num),
];

static MGMT_COMMANDS: Words = &[
    (1, "NLBL_MGMT_C_ADD", &MGMT),
    (2, "NLBL_MGMT_C_REMOVE", &MGMT),
    (3, "NLBL_MGMT_C_LISTALL", &MGMT),
    (4, "NLBL_MGMT_C_ADDDEF", &MGMT),
    (5, "NLBL_MGMT_C_REMOVEDEF", &MGMT),
    (6, "NLBL_MGMT_C_LISTDEF", &MGMT),
    (7, "NLBL_MGMT_C_PROTOCOLS", &MGMT),
    (8, "NLBL_MGMT_C_VERSION", &MGMT),
];

/// The family `NLBL_MGMT`.
pub(in crate::decode) static MANAGEMENT: Generic = Generic {
    name: "NLBL_MGMT",
    header: &NO_FIELDS,
    requests: MGMT_COMMANDS,
    replies: MGMT_COMMANDS,
};

static UNLABEL: Set = &[
    (1, "NLBL_UNLABEL_A_ACPTFLG", Num),
    (2, "NLBL_UNLABEL_A_IPV6ADDR", Ip),
    (3, "NLBL_UNLABEL_A_IPV6MASK", Ip),
    (4, "NLBL_UNLABEL_A_IPV4ADDR", Ip),
    (5, "NLBL_UNLABEL_A_IPV4MASK", Ip),
    (6, "NLBL_UNLABEL_A_IFACE", Text),
    (7, "NLBL_UNLABEL_A_SECCTX", Text),
];

static UNLABEL_COMMANDS: Words = &[
    (1, "NLBL_UNLABEL_C_ACCEPT", &UNLABEL),
    (2, "NLBL_UNLABEL_C_LIST", &UNLABEL),
    (3, "NLBL_UNLABEL_C_STATICADD", &UNLABEL),
    (4, "NLBL_UNLABEL_C_STATICREMOVE", &UNLABEL),
    (5, "NLBL_UNLABEL_C_STATICLIST", &UNLABEL),
    (6, "NLBL_UNLABEL_C_STATICADDDEF", &UNLABEL),
    (7, "NLBL_UNLABEL_C_STATICREMOVEDEF", &UNLABEL),
    (8, "NLBL_UNLABEL_C_STATICLISTDEF", &UNLABEL),
];

/// The family `NLBL_UNLBL`.
pub(in crate::decode) static UNLABELED: Generic = Generic {
    name: "NLBL_UNLBL",
    header: &NO_FIELDS,
    requests: UNLABEL_COMMANDS,
    replies: UNLABEL_COMMANDS,
};

static CIPSO: Set = &[
    (1, "NLBL_CIPSOV4_A_DOI", Num),
    (2, "NLBL_CIPSOV4_A_MTYPE", Word(&CIPSO_MAPS)),
    (3, "NLBL_CIPSOV4_A_TAG", Num),
    (4, "NLBL_CIPSOV4_A_TAGLST", Nest(&CIPSO)),
    (5, "NLBL_CIPSOV4_A_MLSLVLLOC", Num),
    (6, "NLBL_CIPSOV4_A_MLSLVLREM", Num),
    (7, "NLBL_CIPSOV4_A_MLSLVL", Nest(&CIPSO)),
    (8, "NLBL_CIPSOV4_A_MLSLVLLST", Nest(&CIPSO)),
    (9, "NLBL_CIPSOV4_A_MLSCATLOC", Num),
    (10, "NLBL_CIPSOV4_A_MLSCATREM", Num),
    (11, "NLBL_CIPSOV4_A_MLSCAT", Nest(&CIPSO)),
    (12, "NLBL_CIPSOV4_A_MLSCATLST", Nest(&CIPSO)),
];

static CIPSO_COMMANDS: Words = &[
    (1, "NLBL_CIPSOV4_C_ADD", &CIPSO),
    (2, "NLBL_CIPSOV4_C_REMOVE", &CIPSO),
    (3, "NLBL_CIPSOV4_C_LIST", &CIPSO),
    (4, "NLBL_CIPSOV4_C_LISTALL", &CIPSO),
];

/// The family `NLBL_CIPSOv4`.
pub(in crate::decode) static CIPSO_V4: Generic = Generic {
    name: "NLBL_CIPSOv4",
    header: &NO_FIELDS,
    requests: CIPSO_COMMANDS,
    replies: CIPSO_COMMANDS,
};

static CALIPSO_ATTRS: Set =
    &[(1, "NLBL_CALIPSO_A_DOI", Num), (2, "NLBL_CALIPSO_A_MTYPE", Word(&CALIPSO_MAPS))];

static CALIPSO_COMMANDS: Words = &[
    (1, "NLBL_CALIPSO_C_ADD", &CALIPSO_ATTRS),
    (2, "NLBL_CALIPSO_C_REMOVE", &CALIPSO_ATTRS),
    (3, "NLBL_CALIPSO_C_LIST", &CALIPSO_ATTRS),
    (4, "NLBL_CALIPSO_C_LISTALL", &CALIPSO_ATTRS),
];

/// The family `NLBL_CALIPSO`.
pub(in crate::decode) static CALIPSO: Generic = Generic {
    name: "NLBL_CALIPSO",
    header: &NO_FIELDS,
    requests: CALIPSO_COMMANDS,
    replies: CALIPSO_COMMANDS,
};
