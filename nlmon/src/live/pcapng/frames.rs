//! The packets of a file, not their contents. Reads pcapng and the older pcap that tcpdump writes,
//! in either byte order. Memory is bounded whatever the file says.

use std::io::{self, Read};
use std::time::Duration;

use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::{DataLink, PcapError, TsResolution};

use super::carried;
use super::reader::ReadError;

/// The largest block that is read: many times the size of a datagram with its options.
const BLOCK_MAX: usize = 16 << 20;
/// Bytes of one read.
const CHUNK: usize = 64 << 10;
/// Most interfaces of a section.
const INTERFACES_MAX: usize = 1 << 16;

/// The first bytes of the older format: microseconds or nanoseconds, in either byte order.
const PCAP_MAGIC: [u32; 4] = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xd4c3_b2a1, 0x4d3c_b2a1];

/// A packet as it is in the file.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) time: Duration,
    pub(super) original_len: u32,
    pub(super) data: Vec<u8>,
    /// Packets that are missing before it.
    pub(super) lost: u64,
    /// The value of nlmon's own block before it.
    pub(super) carried: Option<Vec<u8>>,
}

/// A file and how far it is read.
pub(super) struct Frames<R> {
    window: Window<R>,
    format: Format,
}

enum Format {
    Pcap(PcapParser),
    PcapNg(PcapNgParser),
}

/// What a block is.
enum Part {
    Packet(Frame),
    /// nlmon's own block, about the packet behind it.
    Carried(Vec<u8>),
    /// Any other block.
    Other,
}

impl<R: Read> Frames<R> {
    /// Reads the head of a file.
    pub(super) fn new(input: R) -> Result<Self, ReadError> {
        let mut window = Window { input, bytes: Vec::new(), at: 0, offset: 0 };
        let format = window.take(&mut |bytes: &[u8]| match bytes.first_chunk::<4>() {
            None => Err(PcapError::IncompleteBuffer),
            Some([0x0a, 0x0d, 0x0d, 0x0a]) => {
                let (rest, parser) = PcapNgParser::new(bytes)?;
                Ok((bytes.len() - rest.len(), Format::PcapNg(parser)))
            }
            Some(magic) if PCAP_MAGIC.contains(&u32::from_be_bytes(*magic)) => {
                let (rest, parser) = PcapParser::new(bytes)?;
                Ok((bytes.len() - rest.len(), Format::Pcap(parser)))
            }
            Some(_) => Err(PcapError::InvalidField("the first bytes")),
        });
        let format = match format {
            Ok(Some(format)) => format,
            Ok(None) | Err(ReadError::Malformed { .. }) => return Err(ReadError::NoCapture),
            Err(error) => return Err(error),
        };
        Ok(Self { window, format })
    }

    /// How many bytes of the file are read.
    pub(super) fn offset(&self) -> u64 {
        self.window.offset
    }

    /// The next packet; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        let mut carried = None;
        loop {
            let part = match &mut self.format {
                Format::Pcap(parser) => self.window.take(&mut |bytes| plain(parser, bytes))?,
                Format::PcapNg(parser) => self.window.take(&mut |bytes| block(parser, bytes))?,
            };
            match part {
                None => return Ok(None),
                Some(Part::Packet(frame)) => return Ok(Some(Frame { carried, ..frame })),
                Some(Part::Carried(value)) => carried = Some(value),
                Some(Part::Other) => {}
            }
        }
    }
}

/// The number of bytes parsed, and what they were.
type Parsed<T> = Result<(usize, T), PcapError>;

/// Part of the file.
struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// How many of `bytes` are parsed.
    at: usize,
    /// Offset of that in the file.
    offset: u64,
}

impl<R: Read> Window<R> {
    /// Parses the next item and reads as much as that needs. `None` at the end of the file.
    fn take<T>(
        &mut self,
        parse: &mut dyn FnMut(&[u8]) -> Parsed<T>,
    ) -> Result<Option<T>, ReadError> {
        let offset = self.offset;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let left = rest.len();
            let parsed =
                if rest.is_empty() { Err(PcapError::IncompleteBuffer) } else { parse(rest) };
            match parsed {
                Ok((len, value)) => {
                    self.at += len;
                    self.offset += len as u64;
                    return Ok(Some(value));
                }
                Err(PcapError::IncompleteBuffer) if left > BLOCK_MAX => {
                    return Err(ReadError::TooLong { offset });
                }
                Err(PcapError::IncompleteBuffer) => {}
                Err(error) => {
                    let problem = error.to_string();
                    return Err(ReadError::Malformed { offset, problem });
                }
            }
            if self.fill().map_err(ReadError::Io)? == 0 {
                return if left == 0 { Ok(None) } else { Err(ReadError::Truncated { offset }) };
            }
        }
    }

    fn fill(&mut self) -> io::Result<u64> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let mut chunk = (&mut self.input).take(CHUNK as u64);
        chunk.read_to_end(&mut self.bytes).map(|read| read as u64)
    }
}

fn plain(parser: &PcapParser, bytes: &[u8]) -> Parsed<Part> {
    let (rest, packet) = parser.next_raw_packet(bytes)?;
    let header = parser.header();
    if header.datalink != DataLink::NETLINK {
        return Err(PcapError::InvalidField("its link type is not NETLINK (253)"));
    }
    let fraction = u64::from(packet.ts_frac);
    let fraction = match header.ts_resolution {
        TsResolution::MicroSecond => Duration::from_micros(fraction),
        TsResolution::NanoSecond => Duration::from_nanos(fraction),
    };
    let frame = Frame {
        time: Duration::from_secs(packet.ts_sec.into()) + fraction,
        original_len: packet.orig_len,
        data: packet.data.into_owned(),
        lost: 0,
        carried: None,
    };
    Ok((bytes.len() - rest.len(), Part::Packet(frame)))
}

fn block(parser: &mut PcapNgParser, bytes: &[u8]) -> Parsed<Part> {
    let (rest, block) = parser.next_block(bytes)?;
    if parser.interfaces().len() > INTERFACES_MAX {
        return Err(PcapError::InvalidField("too many interfaces"));
    }
    let part = match block {
        Block::EnhancedPacket(packet) => {
            let interface = parser.packet_interface(&packet);
            let interface = interface.ok_or(PcapError::InvalidField("no such interface"))?;
            Part::Packet(enhanced(packet, interface)?)
        }
        Block::SimplePacket(_) | Block::Packet(_) => {
            return Err(PcapError::InvalidField(
                "a packet of a form that has no time or is obsolete",
            ));
        }
        Block::Unknown(own) if own.type_ == carried::TYPE => Part::Carried(own.value.into_owned()),
        _ => Part::Other,
    };
    Ok((bytes.len() - rest.len(), part))
}

fn enhanced(
    packet: EnhancedPacketBlock<'_>,
    interface: &InterfaceDescriptionBlock<'_>,
) -> Result<Frame, PcapError> {
    if interface.linktype != DataLink::NETLINK {
        return Err(PcapError::InvalidField("its link type is not NETLINK (253)"));
    }
    // The crate reads the units as nanoseconds, whatever the interface says.
    let units = u64::try_from(packet.timestamp.as_nanos()).unwrap_or(u64::MAX);
    let mut frame = Frame {
        time: since_1970(units, interface),
        original_len: packet.original_len,
        data: packet.data.into_owned(),
        lost: 0,
        carried: None,
    };
    for option in packet.options {
        if let EnhancedPacketOption::DropCount(lost) = option {
            frame.lost = lost;
        }
    }
    Ok(frame)
}

/// A time in units of the interface's resolution: a power of ten, or with the highest bit a power
/// of two; microseconds if it says nothing.
fn since_1970(units: u64, interface: &InterfaceDescriptionBlock<'_>) -> Duration {
    let (mut resolution, mut offset_s) = (6, 0);
    for option in &interface.options {
        match option {
            InterfaceDescriptionOption::IfTsResol(value) => resolution = *value,
            InterfaceDescriptionOption::IfTsOffset(value) => offset_s = *value,
            _ => {}
        }
    }
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    // A unit too small for a u128 makes every time 0.
    let per_second = base.checked_pow(u32::from(resolution & 0x7f));
    let ns = per_second.map_or(0, |per_second| u128::from(units) * 1_000_000_000 / per_second);
    let time = Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX));
    time.saturating_add(Duration::from_secs(offset_s))
}
