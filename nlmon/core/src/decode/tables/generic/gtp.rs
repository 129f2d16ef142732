//! Attributes of the generic family `gtp`: numbers and names of `include/uapi/linux/gtp.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Ip, Num};
use crate::decode::tables::kind::{Generic, Set, Words};

static GTP: Set = &[
    (1, "GTPA_LINK", Num),
    (2, "GTPA_VERSION", Num),
    (3, "GTPA_TID", Num),
    (4, "GTPA_PEER_ADDRESS", Ip),
    (5, "GTPA_MS_ADDRESS", Ip),
    (6, "GTPA_FLOW", Num),
    (7, "GTPA_NET_NS_FD", Num),
    (8, "GTPA_I_TEI", Num),
    (9, "GTPA_O_TEI", Num),
    (10, "GTPA_PAD", Num),
    (11, "GTPA_PEER_ADDR6", Ip),
    (12, "GTPA_MS_ADDR6", Ip),
    (13, "GTPA_FAMILY", Num),
];

static COMMANDS: Words = &[
    (0, "GTP_CMD_NEWPDP", &GTP),
    (1, "GTP_CMD_DELPDP", &GTP),
    (2, "GTP_CMD_GETPDP", &GTP),
    (3, "GTP_CMD_ECHOREQ", &GTP),
];

/// The family `gtp`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "gtp", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
