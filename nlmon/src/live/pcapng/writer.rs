//! Writes records as a capture.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::unknown::UnknownBlock;
use pcap_file::pcapng::{PcapNgBlock as _, PcapNgWriter};
use pcap_file::{DataLink, PcapError};

use super::{ARPHRD_NETLINK, HEADER_BYTES, HEADER_LEN, TO_KERNEL, TO_USER, bytes, carried};
use crate::live::json::LogRecord;
use crate::live::text::Style;
use nlmon_core::decode::names;
use nlmon_core::record::Path;

/// Time is in units of ten to the minus ninth: nanoseconds.
const RESOLUTION: u8 = 9;

/// A capture under way.
pub struct Capture<W: Write> {
    writer: PcapNgWriter<W>,
    /// The namespace of each interface.
    interfaces: Vec<u32>,
    /// Number of records lost before the next one.
    lost: u64,
}

impl<W: Write> Capture<W> {
    /// Begins a capture.
    pub fn new(out: W) -> io::Result<Self> {
        let writer = PcapNgWriter::new(out).map_err(failed)?;
        Ok(Self { writer, interfaces: Vec::new(), lost: 0 })
    }

    /// Notes that records were lost here.
    pub fn lost(&mut self, records: u64) {
        self.lost = self.lost.saturating_add(records);
    }

    /// Adds a record. It must have its attributes and its data.
    pub fn write(&mut self, record: &LogRecord) -> io::Result<()> {
        let interface_id = self.interface(record.netns)?;
        let datagram = bytes(record);
        let data = packet(record, &datagram);
        let mut options = vec![EnhancedPacketOption::Comment(comment(record).into())];
        if self.lost > 0 {
            options.push(EnhancedPacketOption::DropCount(std::mem::take(&mut self.lost)));
        }
        let carried = carried::value(record, &datagram);
        let carried = UnknownBlock::new(carried::TYPE, 0, &carried);
        self.writer.write_block(&carried.into_block()).map_err(failed)?;
        let block = EnhancedPacketBlock {
            interface_id,
            timestamp: time(&record.time),
            original_len: record.bytes.saturating_add(HEADER_LEN),
            data: Cow::Owned(data),
            options,
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
fn packet(record: &LogRecord, datagram: &[u8]) -> Vec<u8> {
    let direction = if record.path == Path::Request { TO_KERNEL } else { TO_USER };
    let protocol = names::parse_protocol(&record.protocol).unwrap_or_default();
    let mut packet = Vec::with_capacity(HEADER_BYTES + datagram.len());
    packet.extend(direction.to_be_bytes());
    packet.extend(ARPHRD_NETLINK.to_be_bytes());
    packet.extend([0; 10]);
    packet.extend(u16::from(protocol).to_be_bytes());
    packet.extend(datagram);
    packet
}

/// Longest comment in bytes.
const COMMENT_MAX: usize = 0xffff;

/// The line for a person, cut to the longest option.
fn comment(record: &LogRecord) -> String {
    let mut comment = Style::comment(record);
    comment.truncate(comment.floor_char_boundary(COMMENT_MAX));
    comment
}

/// This format has no times before 1970.
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
