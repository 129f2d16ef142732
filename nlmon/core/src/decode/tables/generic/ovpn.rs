//! Attributes of the generic family `ovpn`: numbers and names of `include/uapi/linux/ovpn.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Be, Index, Int, Ip, Nest, Num, Secret, Word};
use crate::decode::tables::kind::{Generic, Set, Words};

static CIPHERS: Table = &[(0, "none"), (1, "aes-gcm"), (2, "chacha20-poly1305")];

static REASONS: Table = &[
    (0, "teardown"),
    (1, "userspace"),
    (2, "expired"),
    (3, "transport-error"),
    (4, "transport-disconnect"),
];

static SLOTS: Table = &[(0, "primary"), (1, "secondary")];

static OVPN: Set = &[
    (1, "OVPN_A_IFINDEX", Index),
    (2, "OVPN_A_PEER", Nest(&PEER)),
    (3, "OVPN_A_KEYCONF", Nest(&KEYCONF)),
];

static PEER: Set = &[
    (1, "OVPN_A_PEER_ID", Num),
    (2, "OVPN_A_PEER_REMOTE_IPV4", Ip),
    (3, "OVPN_A_PEER_REMOTE_IPV6", Ip),
    (4, "OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID", Num),
    (5, "OVPN_A_PEER_REMOTE_PORT", Be),
    (6, "OVPN_A_PEER_SOCKET", Num),
    (7, "OVPN_A_PEER_SOCKET_NETNSID", Int),
    (8, "OVPN_A_PEER_VPN_IPV4", Ip),
    (9, "OVPN_A_PEER_VPN_IPV6", Ip),
    (10, "OVPN_A_PEER_LOCAL_IPV4", Ip),
    (11, "OVPN_A_PEER_LOCAL_IPV6", Ip),
    (12, "OVPN_A_PEER_LOCAL_PORT", Be),
    (13, "OVPN_A_PEER_KEEPALIVE_INTERVAL", Num),
    (14, "OVPN_A_PEER_KEEPALIVE_TIMEOUT", Num),
    (15, "OVPN_A_PEER_DEL_REASON", Word(&REASONS)),
    (16, "OVPN_A_PEER_VPN_RX_BYTES", Num),
    (17, "OVPN_A_PEER_VPN_TX_BYTES", Num),
    (18, "OVPN_A_PEER_VPN_RX_PACKETS", Num),
    (19, "OVPN_A_PEER_VPN_TX_PACKETS", Num),
    (20, "OVPN_A_PEER_LINK_RX_BYTES", Num),
    (21, "OVPN_A_PEER_LINK_TX_BYTES", Num),
    (22, "OVPN_A_PEER_LINK_RX_PACKETS", Num),
    (23, "OVPN_A_PEER_LINK_TX_PACKETS", Num),
    (24, "OVPN_A_PEER_TX_ID", Num),
];

static KEYCONF: Set = &[
    (1, "OVPN_A_KEYCONF_PEER_ID", Num),
    (2, "OVPN_A_KEYCONF_SLOT", Word(&SLOTS)),
    (3, "OVPN_A_KEYCONF_KEY_ID", Num),
    (4, "OVPN_A_KEYCONF_CIPHER_ALG", Word(&CIPHERS)),
    (5, "OVPN_A_KEYCONF_ENCRYPT_DIR", Nest(&KEYDIR)),
    (6, "OVPN_A_KEYCONF_DECRYPT_DIR", Nest(&KEYDIR)),
];

static KEYDIR: Set =
    &[(1, "OVPN_A_KEYDIR_CIPHER_KEY", Secret), (2, "OVPN_A_KEYDIR_NONCE_TAIL", Secret)];

static COMMANDS: Words = &[
    (1, "OVPN_CMD_PEER_NEW", &OVPN),
    (2, "OVPN_CMD_PEER_SET", &OVPN),
    (3, "OVPN_CMD_PEER_GET", &OVPN),
    (4, "OVPN_CMD_PEER_DEL", &OVPN),
    (5, "OVPN_CMD_PEER_DEL_NTF", &OVPN),
    (6, "OVPN_CMD_KEY_NEW", &OVPN),
    (7, "OVPN_CMD_KEY_GET", &OVPN),
    (8, "OVPN_CMD_KEY_SWAP", &OVPN),
    (9, "OVPN_CMD_KEY_SWAP_NTF", &OVPN),
    (10, "OVPN_CMD_KEY_DEL", &OVPN),
    (11, "OVPN_CMD_PEER_FLOAT_NTF", &OVPN),
];

/// The family `ovpn`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "ovpn", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
