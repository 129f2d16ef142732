//! Records as a capture that Wireshark and tshark read: pcapng, link type `NETLINK` (253), one
//! packet a datagram, with who, which way and how it went as the packet's comment. One interface
//! stands for each network namespace. The only owner of `pcap-file`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{PcapNgBlock as _, PcapNgWriter};
use pcap_file::{DataLink, PcapError};

use super::json::LogRecord;
use super::text::Style;
use crate::decode::names;
use crate::record::Path;

/// Time is in units of ten to the minus ninth: nanoseconds.
const RESOLUTION: u8 = 9;

/// What precedes each datagram, as on a device of the kernel's own `nlmon` driver: direction,
/// `ARPHRD_NETLINK`, unused, protocol; all in network byte order.
const HEADER_BYTES: usize = 16;
const ARPHRD_NETLINK: u16 = 824;
/// `PACKET_USER` and `PACKET_KERNEL` of `include/uapi/linux/if_packet.h`: where it went to.
const TO_USER: u16 = 6;
const TO_KERNEL: u16 = 7;

/// A capture under way.
pub struct Capture<W: Write> {
    writer: PcapNgWriter<W>,
    /// Namespace of each interface.
    interfaces: Vec<u32>,
}

impl<W: Write> Capture<W> {
    /// Begins a capture.
    pub fn new(out: W) -> io::Result<Self> {
        let writer = PcapNgWriter::new(out).map_err(failed)?;
        Ok(Self { writer, interfaces: Vec::new() })
    }

    /// Adds a record, which has to have its data.
    pub fn write(&mut self, record: &LogRecord) -> io::Result<()> {
        let interface_id = self.interface(record.netns)?;
        let data = packet(record);
        let header = u32::try_from(HEADER_BYTES).unwrap_or_default();
        let block = EnhancedPacketBlock {
            interface_id,
            timestamp: time(&record.time),
            original_len: record.bytes.saturating_add(header),
            data: Cow::Owned(data),
            options: vec![EnhancedPacketOption::Comment(Style::comment(record).into())],
        };
        self.writer.write_block(&block.into_block()).map_err(failed).map(drop)
    }

    /// What it writes to.
    pub fn get_mut(&mut self) -> &mut W {
        self.writer.get_mut()
    }

    fn interface(&mut self, netns: u32) -> io::Result<u32> {
        let known = self.interfaces.iter().position(|known| *known == netns);
        let index = known.unwrap_or(self.interfaces.len());
        if known.is_none() {
            let block = InterfaceDescriptionBlock {
                linktype: DataLink::NETLINK,
                snaplen: 0,
                options: vec![
                    InterfaceDescriptionOption::IfName(format!("netns {netns}").into()),
                    InterfaceDescriptionOption::IfTsResol(RESOLUTION),
                ],
            };
            self.writer.write_block(&block.into_block()).map_err(failed)?;
            self.interfaces.push(netns);
        }
        Ok(u32::try_from(index).unwrap_or_default())
    }
}

/// The pseudo header and the bytes.
fn packet(record: &LogRecord) -> Vec<u8> {
    let direction = if record.path == Path::Request { TO_KERNEL } else { TO_USER };
    let protocol = names::parse_protocol(&record.protocol).unwrap_or_default();
    let mut packet = Vec::with_capacity(HEADER_BYTES);
    packet.extend(direction.to_be_bytes());
    packet.extend(ARPHRD_NETLINK.to_be_bytes());
    packet.extend([0; 10]);
    packet.extend(u16::from(protocol).to_be_bytes());
    let digits = record.data.as_deref().unwrap_or_default().as_bytes();
    packet.extend(
        digits
            .chunks(2)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()),
    );
    packet
}

/// A time before 1970 cannot be said in this format.
fn time(text: &str) -> Duration {
    let since = text.parse::<Timestamp>().map(Timestamp::as_nanosecond).unwrap_or_default();
    Duration::from_nanos(u64::try_from(since).unwrap_or_default())
}

fn failed(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;
    use crate::live::json::{Clock, Detail, View};
    use crate::live::sample;

    #[test]
    fn a_capture_reads_back() {
        let view = View::new(Clock::new(1_767_323_044_000_000_000));
        let mut record = LogRecord::new(&sample::request(), &view).with(Detail::Data);
        let mut capture = Capture::new(Vec::new()).unwrap();
        capture.write(&record).unwrap();
        record.netns = 7;
        capture.write(&record).unwrap();
        let file = std::mem::take(capture.get_mut());

        let mut reader = PcapNgReader::new(&file[..]).unwrap();
        let mut packets = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap() {
                packets.push(packet.into_owned());
            }
        }
        assert_eq!(reader.interfaces().len(), 2);
        assert_eq!(packets.iter().map(|p| p.interface_id).collect::<Vec<_>>(), [0, 1]);
        let packet = &packets[0];
        assert_eq!(packet.data[..6], [0, 7, 3, 56, 0, 0]);
        assert_eq!(packet.data[HEADER_BYTES..], sample::request().data()[..]);
        assert_eq!(packet.original_len, 60);
        assert_eq!(packet.timestamp, Duration::from_secs(1_767_323_045));
        let EnhancedPacketOption::Comment(comment) = &packet.options[0] else { panic!() };
        assert!(comment.starts_with("request ip[812] RTM_NEWLINK dummy0"), "{comment}");
    }
}
