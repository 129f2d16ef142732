//! Attributes of the generic family `ovs_datapath`: numbers and names of `include/uapi/linux/openvswitch.h`.

use crate::decode::tables::kind::Kind::{Each, Index, Mask, Num, Pad, Struct, Text};
use crate::decode::tables::kind::{Bits, Fields, Generic, Set, Words, structure};

static DATAPATH_STATS: Fields = structure("ovs_dp_stats").of(&[
    ("n_hit", 8, Num),
    ("n_missed", 8, Num),
    ("n_lost", 8, Num),
    ("n_flows", 8, Num),
]);

static MEGAFLOW_STATS: Fields = structure("ovs_dp_megaflow_stats").of(&[
    ("n_mask_hit", 8, Num),
    ("n_masks", 4, Num),
    ("padding", 4, Pad),
    ("n_cache_hit", 8, Num),
    ("pad1", 8, Pad),
]);

static USER_FEATURES: Bits = &[
    (0x1, "unaligned"),
    (0x2, "vport-pids"),
    (0x4, "tc-recirc-sharing"),
    (0x8, "dispatch-upcall-per-cpu"),
];

static DATAPATH: Set = &[
    (1, "OVS_DP_ATTR_NAME", Text),
    (2, "OVS_DP_ATTR_UPCALL_PID", Num),
    (3, "OVS_DP_ATTR_STATS", Struct(&DATAPATH_STATS)),
    (4, "OVS_DP_ATTR_MEGAFLOW_STATS", Struct(&MEGAFLOW_STATS)),
    (5, "OVS_DP_ATTR_USER_FEATURES", Mask(&USER_FEATURES)),
    (6, "OVS_DP_ATTR_PAD", Num),
    (7, "OVS_DP_ATTR_MASKS_CACHE_SIZE", Num),
    (8, "OVS_DP_ATTR_PER_CPU_PIDS", Each(4, &Num)),
    (9, "OVS_DP_ATTR_IFINDEX", Index),
];

static OVS_HEADER: Fields = structure("ovs_header").of(&[("dp_ifindex", 4, Index)]);

static COMMANDS: Words = &[
    (1, "OVS_DP_CMD_NEW", &DATAPATH),
    (2, "OVS_DP_CMD_DEL", &DATAPATH),
    (3, "OVS_DP_CMD_GET", &DATAPATH),
    (4, "OVS_DP_CMD_SET", &DATAPATH),
];

/// The family `ovs_datapath`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovs_datapath", header: &OVS_HEADER, requests: COMMANDS, replies: COMMANDS };
