//! A datagram that nlmon did not see sent, as a record: from a capture of another program, or from
//! text that somebody pasted. Its bytes are all that is known. Keys are withheld as everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::exchanges::Match;
use super::json::{LogAnswer, LogDump, LogRecord};
use nlmon_core::decode::specs::Specs;
use nlmon_core::decode::{Context, Families, InterfaceNames, Interfaces, names, printable};
use nlmon_core::interfaces::named;
use nlmon_core::message::{Header, flag, kind};
use nlmon_core::record::Path;

/// Interfaces that are remembered by name.
const NAMES_MAX: usize = 1 << 16;

/// Which way a datagram went, as far as its source says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a process to the kernel.
    ToKernel,
    /// To a process.
    ToUser,
    /// The message itself has to tell it.
    Unknown,
}

/// A datagram, of which `data` is the start.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// When it was, if that is known.
    pub time: Option<Timestamp>,
    /// Which way it went.
    pub direction: Direction,
    /// Which of the places that the source tells apart it is of: an index of an interface has
    /// another meaning in another namespace.
    pub place: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Its first bytes.
    pub data: &'a [u8],
    /// Length of the whole.
    pub len: u32,
}

/// What other datagrams of the same source tell, and how to show secrets.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The generic families of its kernel.
    pub families: Families,
    /// How interfaces are called.
    names: Names,
    /// Show keys, and what may be keys.
    pub show_secrets: bool,
}

/// Names of interfaces by place and index; `None` where the source tells of more than one.
#[derive(Clone, Debug, Default)]
struct Names(BTreeMap<(u32, u32), Option<Arc<str>>>);

impl InterfaceNames for Names {
    fn name(&self, place: u32, index: u32, _at_ns: u64) -> Option<Arc<str>> {
        self.0.get(&(place, index)).cloned().flatten()
    }
}

impl Known {
    /// Nothing is known yet but these specs.
    pub fn new(specs: Specs, show_secrets: bool) -> Self {
        let families = Families::default().with_specs(specs);
        Self { families, names: Names::default(), show_secrets }
    }

    /// Learns from a datagram: most programs that use a generic family first ask the kernel for its
    /// number, and most that use an interface for its name.
    pub fn learn(&mut self, datagram: &Datagram<'_>) {
        if datagram.protocol == names::protocol::GENERIC {
            self.families.learn(datagram.data);
        }
        for (index, name) in named(datagram.protocol, datagram.data) {
            let known = self.names.0.get(&(datagram.place, index));
            let name = match known {
                None if self.names.0.len() >= NAMES_MAX => continue,
                Some(known) if known.as_ref() != Some(&name) => None,
                _ => Some(name),
            };
            self.names.0.insert((datagram.place, index), name);
        }
    }
}

impl Datagram<'_> {
    /// Which way it went, by what its source and its first message say.
    pub fn path(&self) -> Path {
        path(self.direction, self.protocol, Header::parse(self.data).as_ref())
    }
}

impl LogAnswer {
    /// What an answer in the same source tells, or the request that is answered.
    pub(super) fn found(protocol: u8, found: Match, known: &Known) -> Self {
        let context = Context::new(&known.families);
        Self {
            latency_ns: found.latency_ns,
            errno: found.errno.map(names::errno_name),
            request: context.type_name(protocol, found.request_type),
            about: Some(found.about).filter(|about| !about.is_empty()),
            text: found.text.map(|text| printable::escape(text.as_bytes())),
            dump: found.dump.map(|dump| LogDump {
                parts: dump.parts,
                bytes: dump.bytes,
                messages: Some(dump.messages),
                interrupted: dump.interrupted,
            }),
        }
    }
}

impl LogRecord {
    /// The record of a datagram.
    pub fn foreign(datagram: &Datagram<'_>, known: &Known) -> Self {
        let Datagram { protocol, data, len, .. } = *datagram;
        let (header, path) = (Header::parse(data), datagram.path());
        let context = Context {
            families: &known.families,
            show_secrets: known.show_secrets,
            multicast: path == Path::Multicast,
            interfaces: Some(Interfaces { names: &known.names, netns: datagram.place, at_ns: 0 }),
            answered_command: None,
        };
        let time = datagram.time.map(|time| format!("{time:.9}")).unwrap_or_default();
        let mut record = Self::of_bytes(time, path, protocol, data, len, &context);
        if let (Path::Request, Some(header)) = (path, header) {
            record.src_portid = header.portid;
        }
        record
    }
}

/// Some sources do not tell the direction. Then the message has to tell it.
fn path(direction: Direction, protocol: u8, header: Option<&Header>) -> Path {
    let Some(header) = header.filter(|_| protocol != names::protocol::KOBJECT_UEVENT) else {
        return if direction == Direction::ToKernel { Path::Request } else { Path::Multicast };
    };
    let is_answer = matches!(header.message_type, kind::ERROR | kind::DONE);
    match direction {
        Direction::ToKernel => Path::Request,
        _ if header.flags & flag::MULTI != 0 => Path::Dump,
        _ if is_answer => Path::Reply,
        Direction::Unknown if header.flags & flag::REQUEST != 0 => Path::Request,
        Direction::ToUser | Direction::Unknown => unsolicited(header),
    }
}

/// A notification answers no request, so it has no port id.
fn unsolicited(header: &Header) -> Path {
    if header.portid == 0 { Path::Multicast } else { Path::Reply }
}
