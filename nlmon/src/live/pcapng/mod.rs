//! Records as a capture that Wireshark and tshark read: pcapng, link type `NETLINK` (253), one
//! packet for each datagram. The packet's comment says who sent it, which way it went and how it
//! ended. Each network namespace has an interface. `writer` makes a capture. `reader` reads it
//! back, and reads captures of other programs. `carried` holds what the packet itself cannot say.
//! The only owner of `pcap-file` and `flate2`.

mod carried;
mod frames;
mod input;
mod packet;
mod reader;
mod writer;

pub use reader::{Item, Passed, ReadError, Reader, Survey};
pub use writer::Capture;

use super::json::LogRecord;

/// What precedes each datagram, as on a device of the kernel's own `nlmon` driver: direction,
/// `ARPHRD_NETLINK`, unused, protocol; all in network byte order.
const HEADER_LEN: u32 = 16;
const HEADER_BYTES: usize = HEADER_LEN as usize;
const ARPHRD_NETLINK: u16 = 824;
/// `PACKET_USER` and `PACKET_KERNEL` of `include/uapi/linux/if_packet.h`: the destination.
const TO_USER: u16 = 6;
const TO_KERNEL: u16 = 7;

/// The bytes of a record, from its hexadecimal digits.
fn bytes(record: &LogRecord) -> Vec<u8> {
    let digits = record.data.as_deref().unwrap_or_default().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).filter_map(byte).collect()
}
