//! Asks the running kernel which families of generic netlink it has. What the answers say is
//! `decode`'s to read.

use std::time::Duration;

use super::{Error, Socket, dump};
use nlmon_core::decode::names::protocol;

/// `GENL_ID_CTRL`: the controller, which knows the others.
const CONTROLLER: u16 = 16;
/// `struct genlmsghdr` of `CTRL_CMD_GETFAMILY`, version 1.
const GET_FAMILY: [u8; 4] = [3, 1, 0, 0];

/// The payloads of the controller's answers, one for each family.
pub fn families(timeout: Duration) -> Result<Vec<Vec<u8>>, Error> {
    dump(&Socket::open(protocol::GENERIC)?, CONTROLLER, &GET_FAMILY, timeout)
}
