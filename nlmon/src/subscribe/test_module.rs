//! The requests of the kernel module `netlink_test`, whose wire contract is `kmod/netlink_test.h`.
//! For the two demonstration commands, and for tests that need an exact load.

use std::time::Duration;

use super::{Error, Socket, acknowledge, answer};
use nlmon_core::decode::names::protocol;

/// Its protocol number.
pub const PROTOCOL: u8 = protocol::TEST;
/// Its only group.
pub const GROUP: u32 = 1;
/// A request whose payload comes back.
pub const ECHO: u16 = 0x10;
/// A request to greet the group.
pub const GREET: u16 = 0x11;
/// The greeting.
pub const GREETING: u16 = 0x12;
/// A request for a number of messages.
pub const LOAD: u16 = 0x13;
/// One of these.
pub const DATA: u16 = 0x14;
/// Flag of a load: to the group.
pub const LOAD_MULTICAST: u32 = 1;

/// Sends `payload`, and returns what comes back.
pub fn echo(socket: &Socket, payload: &[u8], timeout: Duration) -> Result<Vec<u8>, Error> {
    answer(socket, ECHO, payload, timeout)
}

/// Has the module greet the group.
pub fn greet(socket: &Socket, timeout: Duration) -> Result<(), Error> {
    acknowledge(socket, GREET, &[], timeout)
}

/// Has the module send `count` messages with `size` bytes of payload each: to the group with
/// [`LOAD_MULTICAST`] as `flags`, to `socket` itself with 0.
pub fn load(
    socket: &Socket,
    count: u32,
    size: u32,
    flags: u32,
    timeout: Duration,
) -> Result<(), Error> {
    let payload = [count, size, flags].map(u32::to_ne_bytes).concat();
    acknowledge(socket, LOAD, &payload, timeout)
}
