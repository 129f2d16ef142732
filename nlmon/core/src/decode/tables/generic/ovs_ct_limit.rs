//! Attributes of the generic family `ovs_ct_limit`: numbers and names of
//! `include/uapi/linux/openvswitch.h`.

use super::ovs_flow::OVS_HEADER;
use crate::decode::tables::kind::Kind::{Each, Int, Num, Struct};
use crate::decode::tables::kind::{Fields, Generic, Set, Words, structure};

static ZONE_LIMIT: Fields =
    structure("ovs_zone_limit").of(&[("zone_id", 4, Int), ("limit", 4, Num), ("count", 4, Num)]);

/// Bytes of a zone's limit.
const ZONE_LIMIT_LEN: usize = 12;

/// A nest by its flag, whose content is structures one after the other.
static LIMITS: Set =
    &[(1, "OVS_CT_LIMIT_ATTR_ZONE_LIMIT", Each(ZONE_LIMIT_LEN, &Struct(&ZONE_LIMIT)))];

static COMMANDS: Words = &[
    (1, "OVS_CT_LIMIT_CMD_SET", &LIMITS),
    (2, "OVS_CT_LIMIT_CMD_DEL", &LIMITS),
    (3, "OVS_CT_LIMIT_CMD_GET", &LIMITS),
];

/// The family `ovs_ct_limit`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_ct_limit", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };
