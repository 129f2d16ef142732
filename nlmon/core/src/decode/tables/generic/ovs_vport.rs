//! Attributes of the generic family `ovs_vport`: numbers and names of `include/uapi/linux/openvswitch.h`.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Each, Index, Int, Nest, Num, Struct, Text, Word};
use crate::decode::tables::kind::{Fields, Generic, Set, Words, structure};

static VPORT_TYPE: Table =
    &[(0, "unspec"), (1, "netdev"), (2, "internal"), (3, "gre"), (4, "vxlan"), (5, "geneve")];

static VPORT_OPTIONS: Set =
    &[(1, "OVS_TUNNEL_ATTR_DST_PORT", Num), (2, "OVS_TUNNEL_ATTR_EXTENSION", Num)];

static VPORT_STATS: Fields = structure("ovs_vport_stats").of(&[
    ("rx_packets", 8, Num),
    ("tx_packets", 8, Num),
    ("rx_bytes", 8, Num),
    ("tx_bytes", 8, Num),
    ("rx_errors", 8, Num),
    ("tx_errors", 8, Num),
    ("rx_dropped", 8, Num),
    ("tx_dropped", 8, Num),
]);

static UPCALL_STATS: Set =
    &[(0, "OVS_VPORT_UPCALL_ATTR_SUCCESS", Num), (1, "OVS_VPORT_UPCALL_ATTR_FAIL", Num)];

static VPORT: Set = &[
    (1, "OVS_VPORT_ATTR_PORT_NO", Num),
    (2, "OVS_VPORT_ATTR_TYPE", Word(&VPORT_TYPE)),
    (3, "OVS_VPORT_ATTR_NAME", Text),
    (4, "OVS_VPORT_ATTR_OPTIONS", Nest(&VPORT_OPTIONS)),
    (5, "OVS_VPORT_ATTR_UPCALL_PID", Each(4, &Num)),
    (6, "OVS_VPORT_ATTR_STATS", Struct(&VPORT_STATS)),
    (7, "OVS_VPORT_ATTR_PAD", Num),
    (8, "OVS_VPORT_ATTR_IFINDEX", Num),
    (9, "OVS_VPORT_ATTR_NETNSID", Int),
    (10, "OVS_VPORT_ATTR_UPCALL_STATS", Nest(&UPCALL_STATS)),
];

static OVS_HEADER: Fields = structure("ovs_header").of(&[("dp_ifindex", 4, Index)]);

static COMMANDS: Words = &[
    (1, "OVS_VPORT_CMD_NEW", &VPORT),
    (2, "OVS_VPORT_CMD_DEL", &VPORT),
    (3, "OVS_VPORT_CMD_GET", &VPORT),
    (4, "OVS_VPORT_CMD_SET", &VPORT),
];

/// The family `ovs_vport`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_vport", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };
