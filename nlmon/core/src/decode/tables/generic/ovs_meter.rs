//! Attributes of the generic family `ovs_meter`: numbers and names of
//! `include/uapi/linux/openvswitch.h`.

use super::ovs_flow::{OVS_FLOW_STATS, OVS_HEADER};
use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Flag, List, Nest, Num, Pad, Struct, Word};
use crate::decode::tables::kind::{Generic, Set, Words};

static BAND_TYPES: Table = &[(0, "unspec"), (1, "drop")];

static BAND: Set = &[
    (1, "OVS_BAND_ATTR_TYPE", Word(&BAND_TYPES)),
    (2, "OVS_BAND_ATTR_RATE", Num),
    (3, "OVS_BAND_ATTR_BURST", Num),
    (4, "OVS_BAND_ATTR_STATS", Struct(&OVS_FLOW_STATS)),
];

static METER: Set = &[
    (1, "OVS_METER_ATTR_ID", Num),
    (2, "OVS_METER_ATTR_KBPS", Flag),
    (3, "OVS_METER_ATTR_STATS", Struct(&OVS_FLOW_STATS)),
    (4, "OVS_METER_ATTR_BANDS", List(&Nest(&BAND))),
    (5, "OVS_METER_ATTR_USED", Num),
    (6, "OVS_METER_ATTR_CLEAR", Flag),
    (7, "OVS_METER_ATTR_MAX_METERS", Num),
    (8, "OVS_METER_ATTR_MAX_BANDS", Num),
    (9, "OVS_METER_ATTR_PAD", Pad),
];

static COMMANDS: Words = &[
    (1, "OVS_METER_CMD_FEATURES", &METER),
    (2, "OVS_METER_CMD_SET", &METER),
    (3, "OVS_METER_CMD_DEL", &METER),
    (4, "OVS_METER_CMD_GET", &METER),
];

/// The family `ovs_meter`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_meter", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };
