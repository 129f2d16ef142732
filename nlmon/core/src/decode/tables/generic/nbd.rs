//! Attributes of the generic family `nbd`: numbers and names of `include/uapi/linux/nbd-netlink.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Nest, Num, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static NBD: Set = &[
    (1, "NBD_ATTR_INDEX", Num),
    (2, "NBD_ATTR_SIZE_BYTES", Num),
    (3, "NBD_ATTR_BLOCK_SIZE_BYTES", Num),
    (4, "NBD_ATTR_TIMEOUT", Num),
    (5, "NBD_ATTR_SERVER_FLAGS", Num),
    (6, "NBD_ATTR_CLIENT_FLAGS", Num),
    (7, "NBD_ATTR_SOCKETS", Nest(&SOCKETS)),
    (8, "NBD_ATTR_DEAD_CONN_TIMEOUT", Num),
    (9, "NBD_ATTR_DEVICE_LIST", Nest(&DEVICES)),
    (10, "NBD_ATTR_BACKEND_IDENTIFIER", Text),
];

static SOCKETS: Set = &[(1, "NBD_SOCK_ITEM", Nest(&SOCKET))];

static SOCKET: Set = &[(1, "NBD_SOCK_FD", Num)];

static DEVICES: Set = &[(1, "NBD_DEVICE_ITEM", Nest(&DEVICE))];

static DEVICE: Set = &[(1, "NBD_DEVICE_INDEX", Num), (2, "NBD_DEVICE_CONNECTED", Num)];

static COMMANDS: Words = &[
    (1, "NBD_CMD_CONNECT", &NBD),
    (2, "NBD_CMD_DISCONNECT", &NBD),
    (3, "NBD_CMD_RECONFIGURE", &NBD),
    (4, "NBD_CMD_LINK_DEAD", &NBD),
    (5, "NBD_CMD_STATUS", &NBD),
];

/// The family `nbd`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "nbd", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
