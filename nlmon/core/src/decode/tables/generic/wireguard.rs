//! Attributes of the generic family `wireguard`: numbers and names of `include/uapi/linux/wireguard.h`.

use crate::decode::names::words::FAMILIES;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{
    Base64, Index, Int, Ip, List, Mask, Nest, Num, Secret, Sockaddr, Struct, Text, Word,
};
use crate::decode::tables::kind::{Bits, Fields, Generic, Set, Words, structure};

static WGDEVICE_FLAGS: Bits = &[(0x1, "replace-peers")];

static WGPEER_FLAGS: Bits =
    &[(0x1, "remove-me"), (0x2, "replace-allowedips"), (0x4, "update-only")];

static KERNEL_TIMESPEC: Fields =
    structure("__kernel_timespec").of(&[("sec", 8, Int), ("nsec", 8, Int)]);

static WGALLOWEDIP_FLAGS: Bits = &[(0x1, "remove-me")];

static WGALLOWEDIP: Set = &[
    (1, "WGALLOWEDIP_A_FAMILY", Word(&FAMILIES)),
    (2, "WGALLOWEDIP_A_IPADDR", Ip),
    (3, "WGALLOWEDIP_A_CIDR_MASK", Num),
    (4, "WGALLOWEDIP_A_FLAGS", Mask(&WGALLOWEDIP_FLAGS)),
];

static WGPEER: Set = &[
    (1, "WGPEER_A_PUBLIC_KEY", Base64),
    (2, "WGPEER_A_PRESHARED_KEY", Secret),
    (3, "WGPEER_A_FLAGS", Mask(&WGPEER_FLAGS)),
    (4, "WGPEER_A_ENDPOINT", Sockaddr),
    (5, "WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL", Num),
    (6, "WGPEER_A_LAST_HANDSHAKE_TIME", Struct(&KERNEL_TIMESPEC)),
    (7, "WGPEER_A_RX_BYTES", Num),
    (8, "WGPEER_A_TX_BYTES", Num),
    (9, "WGPEER_A_ALLOWEDIPS", List(&Nest(&WGALLOWEDIP))),
    (10, "WGPEER_A_PROTOCOL_VERSION", Num),
];

static WGDEVICE: Set = &[
    (1, "WGDEVICE_A_IFINDEX", Index),
    (2, "WGDEVICE_A_IFNAME", Text),
    (3, "WGDEVICE_A_PRIVATE_KEY", Secret),
    (4, "WGDEVICE_A_PUBLIC_KEY", Base64),
    (5, "WGDEVICE_A_FLAGS", Mask(&WGDEVICE_FLAGS)),
    (6, "WGDEVICE_A_LISTEN_PORT", Num),
    (7, "WGDEVICE_A_FWMARK", Num),
    (8, "WGDEVICE_A_PEERS", List(&Nest(&WGPEER))),
];

static COMMANDS: Words =
    &[(0, "WG_CMD_GET_DEVICE", &WGDEVICE), (1, "WG_CMD_SET_DEVICE", &WGDEVICE)];

/// The family `wireguard`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "wireguard", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
