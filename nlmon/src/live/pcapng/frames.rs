//! The packets of a file, not their contents. Reads pcapng and the older pcap that tcpdump writes,
//! in either byte order. Memory is bounded whatever the file says.

use std::io::{self, Read};
use std::time::Duration;

use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::simple_packet::SimplePacketBlock;
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
    /// When it was, if the file says so.
    pub(super) time: Option<Duration>,
    /// The number of its interface in the section.
    pub(super) interface: u32,
    pub(super) link: Link,
    pub(super) original_len: u32,
    pub(super) data: Vec<u8>,
    /// Packets that are missing before it.
    pub(super) lost: u64,
    /// The value of nlmon's own block before it.
    pub(super) carried: Option<Vec<u8>>,
}

/// What precedes a datagram in its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// The header of a netlink device, which is that of the first version of "cooked" packets.
    Netlink,
    /// The header of the second version.
    CookedV2,
}

impl Link {
    /// The link types whose packets may hold datagrams.
    fn of(link: DataLink) -> Option<Self> {
        match link {
            DataLink::NETLINK | DataLink::LINUX_SLL => Some(Self::Netlink),
            DataLink::LINUX_SLL2 => Some(Self::CookedV2),
            _ => None,
        }
    }
}

/// What comes next in a file.
#[derive(Debug)]
pub(super) enum Next {
    /// A packet.
    Frame(Frame),
    /// A packet of an interface that has no netlink.
    Other,
    /// A block that cannot be read, though its end is known.
    Broken(String),
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
    /// One of another kind of interface.
    OtherPacket,
    Broken(String),
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
    pub(super) fn next(&mut self) -> Result<Option<Next>, ReadError> {
        let mut carried = None;
        loop {
            let part = match &mut self.format {
                Format::Pcap(parser) => self.window.take(&mut |bytes| plain(parser, bytes))?,
                Format::PcapNg(parser) => self.window.take(&mut |bytes| block(parser, bytes))?,
            };
            match part {
                None => return Ok(None),
                Some(Part::Packet(frame)) => {
                    return Ok(Some(Next::Frame(Frame { carried, ..frame })));
                }
                Some(Part::OtherPacket) => return Ok(Some(Next::Other)),
                Some(Part::Broken(problem)) => return Ok(Some(Next::Broken(problem))),
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
    let link = Link::of(header.datalink);
    let link = link.ok_or(PcapError::InvalidField(
        "its link type is none of NETLINK (253), LINUX_SLL (113) and LINUX_SLL2 (276)",
    ))?;
    let fraction = u64::from(packet.ts_frac);
    let fraction = match header.ts_resolution {
        TsResolution::MicroSecond => Duration::from_micros(fraction),
        TsResolution::NanoSecond => Duration::from_nanos(fraction),
    };
    let frame = Frame {
        time: Some(Duration::from_secs(packet.ts_sec.into()) + fraction),
        interface: 0,
        link,
        original_len: packet.orig_len,
        data: packet.data.into_owned(),
        lost: 0,
        carried: None,
    };
    Ok((bytes.len() - rest.len(), Part::Packet(frame)))
}

fn block(parser: &mut PcapNgParser, bytes: &[u8]) -> Parsed<Part> {
    let (rest, block) = match parser.next_block(bytes) {
        Err(PcapError::IncompleteBuffer) => return Err(PcapError::IncompleteBuffer),
        Err(error) => {
            // Its length is good, so what follows can be read. Without an interface or a section it
            // cannot.
            let (rest, _block) = parser.next_raw_block(bytes)?;
            return Ok((bytes.len() - rest.len(), Part::Broken(error.to_string())));
        }
        Ok(next) => next,
    };
    if parser.interfaces().len() > INTERFACES_MAX {
        return Err(PcapError::InvalidField("too many interfaces"));
    }
    let part = match block {
        Block::EnhancedPacket(packet) => {
            let found = parser.packet_interface(&packet);
            found.map_or_else(no_interface, |interface| enhanced(packet, interface))
        }
        Block::SimplePacket(packet) => {
            parser.interfaces().first().map_or_else(no_interface, |first| simple(packet, first))
        }
        Block::Packet(_) => Part::Broken("a packet of the obsolete form".to_owned()),
        Block::Unknown(own) if own.type_ == carried::TYPE => Part::Carried(own.value.into_owned()),
        _ => Part::Other,
    };
    Ok((bytes.len() - rest.len(), part))
}

fn no_interface() -> Part {
    Part::Broken("a packet of an interface that the capture does not describe".to_owned())
}

/// A packet without a time, of the first interface.
fn simple(packet: SimplePacketBlock<'_>, interface: &InterfaceDescriptionBlock<'_>) -> Part {
    let Some(link) = Link::of(interface.linktype) else { return Part::OtherPacket };
    // The block does not say how much of the packet it has, and pads that.
    let limit = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
    let len = usize::try_from(packet.original_len.min(limit)).unwrap_or(usize::MAX);
    let mut data = packet.data.into_owned();
    data.truncate(len);
    let original_len = packet.original_len;
    Part::Packet(Frame {
        time: None,
        interface: 0,
        link,
        original_len,
        data,
        lost: 0,
        carried: None,
    })
}

fn enhanced(packet: EnhancedPacketBlock<'_>, interface: &InterfaceDescriptionBlock<'_>) -> Part {
    let Some(link) = Link::of(interface.linktype) else { return Part::OtherPacket };
    // The crate reads the units as nanoseconds, whatever the interface says.
    let units = u64::try_from(packet.timestamp.as_nanos()).unwrap_or(u64::MAX);
    let mut frame = Frame {
        time: Some(since_1970(units, interface)),
        interface: packet.interface_id,
        link,
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
    Part::Packet(frame)
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
