//! Attributes of the generic family `psp`: numbers and names of `include/uapi/linux/psp.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Elsewhere, Flag, Index, Int, Mask, Nest, Num, Secret, Word,
};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static VERSIONS: Table = &[
    (0, "hdr0-aes-gcm-128"),
    (1, "hdr0-aes-gcm-256"),
    (2, "hdr0-aes-gmac-128"),
    (3, "hdr0-aes-gmac-256"),
];

/// A bit for each of the same.
static VERSION_BITS: Bits = &[
    (0x1, "hdr0-aes-gcm-128"),
    (0x2, "hdr0-aes-gcm-256"),
    (0x4, "hdr0-aes-gmac-128"),
    (0x8, "hdr0-aes-gmac-256"),
];

/// A device in the namespace that its `NSID` says.
static DEV_INFO: Set = &[
    (1, "PSP_A_ASSOC_DEV_INFO_IFINDEX", Elsewhere(&Index)),
    (2, "PSP_A_ASSOC_DEV_INFO_NSID", Int),
];

/// The first interface is the device's own, which may be in another namespace than the reader.
static DEV: Set = &[
    (1, "PSP_A_DEV_ID", Num),
    (2, "PSP_A_DEV_IFINDEX", Elsewhere(&Index)),
    (3, "PSP_A_DEV_PSP_VERSIONS_CAP", Mask(&VERSION_BITS)),
    (4, "PSP_A_DEV_PSP_VERSIONS_ENA", Mask(&VERSION_BITS)),
    (5, "PSP_A_DEV_ASSOC_LIST", Nest(&DEV_INFO)),
    (6, "PSP_A_DEV_NSID", Int),
    (7, "PSP_A_DEV_BY_ASSOCIATION", Flag),
];

static KEYS: Set = &[(1, "PSP_A_KEYS_KEY", Secret), (2, "PSP_A_KEYS_SPI", Num)];

static ASSOC: Set = &[
    (1, "PSP_A_ASSOC_DEV_ID", Num),
    (2, "PSP_A_ASSOC_VERSION", Word(&VERSIONS)),
    (3, "PSP_A_ASSOC_RX_KEY", Nest(&KEYS)),
    (4, "PSP_A_ASSOC_TX_KEY", Nest(&KEYS)),
    (5, "PSP_A_ASSOC_SOCK_FD", Num),
];

static STATS: Set = &[
    (1, "PSP_A_STATS_DEV_ID", Num),
    (2, "PSP_A_STATS_KEY_ROTATIONS", Num),
    (3, "PSP_A_STATS_STALE_EVENTS", Num),
    (4, "PSP_A_STATS_RX_PACKETS", Num),
    (5, "PSP_A_STATS_RX_BYTES", Num),
    (6, "PSP_A_STATS_RX_AUTH_FAIL", Num),
    (7, "PSP_A_STATS_RX_ERROR", Num),
    (8, "PSP_A_STATS_RX_BAD", Num),
    (9, "PSP_A_STATS_TX_PACKETS", Num),
    (10, "PSP_A_STATS_TX_BYTES", Num),
    (11, "PSP_A_STATS_TX_ERROR", Num),
];

static COMMANDS: Words = &[
    (1, "PSP_CMD_DEV_GET", &DEV),
    (2, "PSP_CMD_DEV_ADD_NTF", &DEV),
    (3, "PSP_CMD_DEV_DEL_NTF", &DEV),
    (4, "PSP_CMD_DEV_SET", &DEV),
    (5, "PSP_CMD_DEV_CHANGE_NTF", &DEV),
    (6, "PSP_CMD_KEY_ROTATE", &DEV),
    (7, "PSP_CMD_KEY_ROTATE_NTF", &DEV),
    (8, "PSP_CMD_RX_ASSOC", &ASSOC),
    (9, "PSP_CMD_TX_ASSOC", &ASSOC),
    (10, "PSP_CMD_GET_STATS", &STATS),
    (11, "PSP_CMD_DEV_ASSOC", &DEV),
    (12, "PSP_CMD_DEV_DISASSOC", &DEV),
];

/// The family `psp`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "psp", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
