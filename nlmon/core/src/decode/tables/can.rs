//! Jobs of the CAN gateway: numbers and names of `include/uapi/linux/can/gw.h` and `can.h`.

use super::kind::Kind::{Hex, Index, Int, Mask, Num, Pad, Struct, Word};
use super::kind::{Bits, Fields, Set, structure};
use crate::decode::names::Table;
use crate::decode::names::words::FAMILIES;

pub(in crate::decode) static RTCANMSG: Fields = structure("rtcanmsg").of(&[
    ("can_family", 1, Word(&FAMILIES)),
    ("gwtype", 1, Word(&GATEWAY_TYPES)),
    ("flags", 2, Mask(&GATEWAY_FLAGS)),
]);

static GATEWAY_TYPES: Table = &[(0, "unspec"), (1, "can-can")];

/// `CGW_FLAGS_CAN_*`
static GATEWAY_FLAGS: Bits = &[(1, "echo"), (2, "src-tstamp"), (4, "iif-tx-ok"), (8, "fd")];

pub(in crate::decode) static GATEWAY: Set = &[
    (1, "CGW_MOD_AND", Struct(&FRAME_MOD)),
    (2, "CGW_MOD_OR", Struct(&FRAME_MOD)),
    (3, "CGW_MOD_XOR", Struct(&FRAME_MOD)),
    (4, "CGW_MOD_SET", Struct(&FRAME_MOD)),
    (5, "CGW_CS_XOR", Struct(&CSUM_XOR)),
    (6, "CGW_CS_CRC8", Struct(&CSUM_CRC8)),
    (7, "CGW_HANDLED", Num),
    (8, "CGW_DROPPED", Num),
    (9, "CGW_SRC_IF", Index),
    (10, "CGW_DST_IF", Index),
    (11, "CGW_FILTER", Struct(&FILTER)),
    (12, "CGW_DELETED", Num),
    (13, "CGW_LIM_HOPS", Num),
    (14, "CGW_MOD_UID", Num),
    (15, "CGW_FDMOD_AND", Struct(&FD_FRAME_MOD)),
    (16, "CGW_FDMOD_OR", Struct(&FD_FRAME_MOD)),
    (17, "CGW_FDMOD_XOR", Struct(&FD_FRAME_MOD)),
    (18, "CGW_FDMOD_SET", Struct(&FD_FRAME_MOD)),
];

/// `CGW_MOD_*`: which parts of a frame count.
static MOD_TYPES: Bits = &[(1, "id"), (2, "len"), (4, "data"), (8, "flags")];

static FRAME_MOD: Fields =
    structure("cgw_frame_mod").of(&[("cf", 16, Struct(&FRAME)), ("modtype", 1, Mask(&MOD_TYPES))]);

static FD_FRAME_MOD: Fields = structure("cgw_fdframe_mod")
    .of(&[("cf", 72, Struct(&FD_FRAME)), ("modtype", 1, Mask(&MOD_TYPES))]);

static FRAME: Fields = structure("can_frame").of(&[
    ("can_id", 4, Num),
    ("len", 1, Num),
    ("__pad", 1, Pad),
    ("__res0", 1, Pad),
    ("len8_dlc", 1, Num),
    ("data", 8, Hex),
]);

static FD_FRAME: Fields = structure("canfd_frame").of(&[
    ("can_id", 4, Num),
    ("len", 1, Num),
    ("flags", 1, Num),
    ("__res0", 1, Pad),
    ("__res1", 1, Pad),
    ("data", 64, Hex),
]);

static FILTER: Fields = structure("can_filter").of(&[("can_id", 4, Num), ("can_mask", 4, Num)]);

static CSUM_XOR: Fields = structure("cgw_csum_xor").of(&[
    ("from_idx", 1, Int),
    ("to_idx", 1, Int),
    ("result_idx", 1, Int),
    ("init_xor_val", 1, Num),
]);

static CSUM_CRC8: Fields = structure("cgw_csum_crc8").of(&[
    ("from_idx", 1, Int),
    ("to_idx", 1, Int),
    ("result_idx", 1, Int),
    ("init_crc_val", 1, Num),
    ("final_xor_val", 1, Num),
    ("crctab", 256, Hex),
    ("profile", 1, Word(&CRC8_PROFILES)),
    ("profile_data", 20, Hex),
]);

/// `CGW_CRC8PRF_*`
static CRC8_PROFILES: Table = &[(0, "unspec"), (1, "1u8"), (2, "16u8"), (3, "sffid-xor")];
