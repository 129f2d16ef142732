//! Attributes of the generic family `ovs_packet`: numbers and names of
//! `include/uapi/linux/openvswitch.h`.

use super::ovs_flow::{ACTION_ATTRS, KEY_ATTRS, OVS_HEADER, TUNNEL_KEY_ATTRS};
use crate::decode::tables::kind::Kind::{Flag, Hex, Nest, Num, Secret};
use crate::decode::tables::kind::{Generic, Set, Words};

static PACKET: Set = &[
    (1, "OVS_PACKET_ATTR_PACKET", Secret),
    (2, "OVS_PACKET_ATTR_KEY", Nest(&KEY_ATTRS)),
    (3, "OVS_PACKET_ATTR_ACTIONS", Nest(&ACTION_ATTRS)),
    (4, "OVS_PACKET_ATTR_USERDATA", Hex),
    (5, "OVS_PACKET_ATTR_EGRESS_TUN_KEY", Nest(&TUNNEL_KEY_ATTRS)),
    (8, "OVS_PACKET_ATTR_PROBE", Flag),
    (9, "OVS_PACKET_ATTR_MRU", Num),
    (10, "OVS_PACKET_ATTR_LEN", Num),
    (11, "OVS_PACKET_ATTR_HASH", Num),
    (12, "OVS_PACKET_ATTR_UPCALL_PID", Num),
];

static COMMANDS: Words = &[
    (1, "OVS_PACKET_CMD_MISS", &PACKET),
    (2, "OVS_PACKET_CMD_ACTION", &PACKET),
    (3, "OVS_PACKET_CMD_EXECUTE", &PACKET),
];

/// The family `ovs_packet`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_packet", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };
