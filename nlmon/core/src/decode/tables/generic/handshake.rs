//! Attributes of the generic family `handshake`: numbers and names of `include/uapi/linux/handshake.h`.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Int, Nest, Num, Secret, Text, Word};
use crate::decode::tables::kind::{Generic, Set, Words};
use crate::decode::tables::{NO_ATTRIBUTES, NO_FIELDS};

static HANDLER_CLASS: Table = &[(0, "none"), (1, "tlshd"), (2, "max")];

static MSG_TYPE: Table = &[(0, "unspec"), (1, "clienthello"), (2, "serverhello")];

static AUTH: Table = &[(0, "unspec"), (1, "unauth"), (2, "psk"), (3, "x509")];

static X509: Set = &[(1, "HANDSHAKE_A_X509_CERT", Int), (2, "HANDSHAKE_A_X509_PRIVKEY", Secret)];

static ACCEPT: Set = &[
    (1, "HANDSHAKE_A_ACCEPT_SOCKFD", Int),
    (2, "HANDSHAKE_A_ACCEPT_HANDLER_CLASS", Word(&HANDLER_CLASS)),
    (3, "HANDSHAKE_A_ACCEPT_MESSAGE_TYPE", Word(&MSG_TYPE)),
    (4, "HANDSHAKE_A_ACCEPT_TIMEOUT", Num),
    (5, "HANDSHAKE_A_ACCEPT_AUTH_MODE", Word(&AUTH)),
    (6, "HANDSHAKE_A_ACCEPT_PEER_IDENTITY", Secret),
    (7, "HANDSHAKE_A_ACCEPT_CERTIFICATE", Nest(&X509)),
    (8, "HANDSHAKE_A_ACCEPT_PEERNAME", Text),
    (9, "HANDSHAKE_A_ACCEPT_KEYRING", Secret),
];

static DONE: Set = &[
    (1, "HANDSHAKE_A_DONE_STATUS", Num),
    (2, "HANDSHAKE_A_DONE_SOCKFD", Int),
    (3, "HANDSHAKE_A_DONE_REMOTE_AUTH", Num),
];

static COMMANDS: Words = &[
    (1, "HANDSHAKE_CMD_READY", &NO_ATTRIBUTES),
    (2, "HANDSHAKE_CMD_ACCEPT", &ACCEPT),
    (3, "HANDSHAKE_CMD_DONE", &DONE),
];

/// The family `handshake`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "handshake", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
