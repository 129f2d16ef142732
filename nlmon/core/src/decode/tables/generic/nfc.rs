//! Attributes of the generic family `nfc`: numbers and names of `include/uapi/linux/nfc.h`.
//!
//! Invariant: what identifies a card is withheld, because locks open by it; so is what goes to a secure
//! element and comes from it.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Hex, List, Mask, Nest, Num, Secret, Text, Word};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static PROTOCOLS: Bits = &[
    (1 << 1, "jewel"),
    (1 << 2, "mifare"),
    (1 << 3, "felica"),
    (1 << 4, "iso14443"),
    (1 << 5, "nfc-dep"),
    (1 << 6, "iso14443-b"),
    (1 << 7, "iso15693"),
];

static COMMUNICATION_MODES: Table = &[(0, "active"), (1, "passive")];

static RF_MODES: Table = &[(0, "initiator"), (1, "target"), (2, "none")];

static ELEMENT_TYPES: Table = &[(1, "uicc"), (2, "embedded")];

static SERVICE: Set = &[(1, "NFC_SDP_ATTR_URI", Text), (2, "NFC_SDP_ATTR_SAP", Num)];

static NFC: Set = &[
    (1, "NFC_ATTR_DEVICE_INDEX", Num),
    (2, "NFC_ATTR_DEVICE_NAME", Text),
    (3, "NFC_ATTR_PROTOCOLS", Mask(&PROTOCOLS)),
    (4, "NFC_ATTR_TARGET_INDEX", Num),
    (5, "NFC_ATTR_TARGET_SENS_RES", Num),
    (6, "NFC_ATTR_TARGET_SEL_RES", Num),
    (7, "NFC_ATTR_TARGET_NFCID1", Secret),
    (8, "NFC_ATTR_TARGET_SENSB_RES", Secret),
    (9, "NFC_ATTR_TARGET_SENSF_RES", Secret),
    (10, "NFC_ATTR_COMM_MODE", Word(&COMMUNICATION_MODES)),
    (11, "NFC_ATTR_RF_MODE", Word(&RF_MODES)),
    (12, "NFC_ATTR_DEVICE_POWERED", Num),
    (13, "NFC_ATTR_IM_PROTOCOLS", Mask(&PROTOCOLS)),
    (14, "NFC_ATTR_TM_PROTOCOLS", Mask(&PROTOCOLS)),
    (15, "NFC_ATTR_LLC_PARAM_LTO", Num),
    (16, "NFC_ATTR_LLC_PARAM_RW", Num),
    (17, "NFC_ATTR_LLC_PARAM_MIUX", Num),
    (18, "NFC_ATTR_SE", Nest(&NFC)),
    (19, "NFC_ATTR_LLC_SDP", List(&Nest(&SERVICE))),
    (20, "NFC_ATTR_FIRMWARE_NAME", Text),
    (21, "NFC_ATTR_SE_INDEX", Num),
    (22, "NFC_ATTR_SE_TYPE", Word(&ELEMENT_TYPES)),
    (23, "NFC_ATTR_SE_AID", Hex),
    (24, "NFC_ATTR_FIRMWARE_DOWNLOAD_STATUS", Num),
    (25, "NFC_ATTR_SE_APDU", Secret),
    (26, "NFC_ATTR_TARGET_ISO15693_DSFID", Num),
    (27, "NFC_ATTR_TARGET_ISO15693_UID", Secret),
    (28, "NFC_ATTR_SE_PARAMS", Secret),
    (29, "NFC_ATTR_VENDOR_ID", Num),
    (30, "NFC_ATTR_VENDOR_SUBCMD", Num),
    (31, "NFC_ATTR_VENDOR_DATA", Secret),
    (32, "NFC_ATTR_TARGET_ATS", Secret),
];

static COMMANDS: Words = &[
    (1, "NFC_CMD_GET_DEVICE", &NFC),
    (2, "NFC_CMD_DEV_UP", &NFC),
    (3, "NFC_CMD_DEV_DOWN", &NFC),
    (4, "NFC_CMD_DEP_LINK_UP", &NFC),
    (5, "NFC_CMD_DEP_LINK_DOWN", &NFC),
    (6, "NFC_CMD_START_POLL", &NFC),
    (7, "NFC_CMD_STOP_POLL", &NFC),
    (8, "NFC_CMD_GET_TARGET", &NFC),
    (9, "NFC_EVENT_TARGETS_FOUND", &NFC),
    (10, "NFC_EVENT_DEVICE_ADDED", &NFC),
    (11, "NFC_EVENT_DEVICE_REMOVED", &NFC),
    (12, "NFC_EVENT_TARGET_LOST", &NFC),
    (13, "NFC_EVENT_TM_ACTIVATED", &NFC),
    (14, "NFC_EVENT_TM_DEACTIVATED", &NFC),
    (15, "NFC_CMD_LLC_GET_PARAMS", &NFC),
    (16, "NFC_CMD_LLC_SET_PARAMS", &NFC),
    (17, "NFC_CMD_ENABLE_SE", &NFC),
    (18, "NFC_CMD_DISABLE_SE", &NFC),
    (19, "NFC_CMD_LLC_SDREQ", &NFC),
    (20, "NFC_EVENT_LLC_SDRES", &NFC),
    (21, "NFC_CMD_FW_DOWNLOAD", &NFC),
    (22, "NFC_EVENT_SE_ADDED", &NFC),
    (23, "NFC_EVENT_SE_REMOVED", &NFC),
    (24, "NFC_EVENT_SE_CONNECTIVITY", &NFC),
    (25, "NFC_EVENT_SE_TRANSACTION", &NFC),
    (26, "NFC_CMD_GET_SE", &NFC),
    (27, "NFC_CMD_SE_IO", &NFC),
    (28, "NFC_CMD_ACTIVATE_TARGET", &NFC),
    (29, "NFC_CMD_VENDOR", &NFC),
    (30, "NFC_CMD_DEACTIVATE_TARGET", &NFC),
];

/// The family `nfc`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "nfc", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
