//! Bytes to messages that a person can read. Pure: no I/O, no clock, no state of the host but what
//! the [`Context`] brings.
//!
//! `tables` say what attributes there are, and `specs` of families that have none there; `reader` makes a tree of a payload by them, `summary`
//! one line of the tree. Invariant: [`decode`] accepts any bytes, never panics, reads each byte a
//! bounded number of times, and returns only printable text. What it cannot read it says so about,
//! as `raw`.

pub mod attribute;
mod audit_rule;
mod elements;
mod error;
mod families;
pub mod flags;
mod leaf;
mod lengths;
mod line;
pub mod message;
pub mod names;
mod nd_options;
mod netlink_test;
mod payload;
pub mod printable;
mod reader;
pub mod specs;
mod summary;
mod tables;
mod uevent;
mod value;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use families::Families;
pub use message::{Decoded, ErrorReport, Message};
pub use tables::inventory;

use attribute::{Attribute, Tree};
use names::protocol;
use payload::Payload;
use reader::{Reader, Span};
use walk::{Messages, Step};

use crate::message::{HEADER_BYTES, Header, kind};

/// What decoding has to know beyond the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The generic families of the running kernel.
    pub families: &'a Families,
    /// Show keys and what may be keys, instead of withholding them.
    pub show_secrets: bool,
    /// The datagram was sent to a group.
    pub multicast: bool,
    /// The interfaces that indexes in it are of.
    pub interfaces: Option<Interfaces<'a>>,
    /// Of an answer: the command of the generic request, where that is known from elsewhere. A short
    /// acknowledgement repeats only the request's `struct nlmsghdr`, which does not have it.
    pub answered_command: Option<u8>,
}

/// Whoever knows how interfaces are called.
pub trait InterfaceNames: fmt::Debug {
    /// The name that the interface of this index had in this namespace at this time of
    /// `CLOCK_MONOTONIC`. Printable; `None` where that is not known for certain.
    fn name(&self, netns: u32, index: u32, at_ns: u64) -> Option<Arc<str>>;
}

/// The interfaces of one record: those of its namespace, as they were called at its time.
#[derive(Clone, Copy, Debug)]
pub struct Interfaces<'a> {
    /// Who knows them.
    pub names: &'a dyn InterfaceNames,
    /// Inode number of the namespace.
    pub netns: u32,
    /// `CLOCK_MONOTONIC` nanoseconds.
    pub at_ns: u64,
}

impl Interfaces<'_> {
    fn name(&self, index: u32) -> Option<Arc<str>> {
        self.names.name(self.netns, index, self.at_ns)
    }
}

impl<'a> Context<'a> {
    /// Of a unicast, with secrets withheld.
    pub fn new(families: &'a Families) -> Self {
        Self {
            families,
            show_secrets: false,
            multicast: false,
            interfaces: None,
            answered_command: None,
        }
    }

    /// The message type's name; of a generic family the family's.
    pub fn type_name(&self, protocol: u8, message_type: u16) -> Cow<'static, str> {
        let family = if protocol == protocol::GENERIC && message_type >= kind::FIRST {
            self.families.name(message_type)
        } else {
            None
        };
        family.map_or_else(
            || names::message_type_name(protocol, message_type),
            |name| printable::escape(name.as_bytes()).into(),
        )
    }

    /// The name of a request that this answers: of generic netlink its command, where that is known.
    pub fn request_name(&self, protocol: u8, message_type: u16) -> Cow<'static, str> {
        let command = self.answered_command;
        let name = command.and_then(|command| self.command_name(protocol, message_type, command));
        name.map_or_else(|| self.type_name(protocol, message_type), Cow::Borrowed)
    }

    /// The name of a request's command, of a generic family that is known.
    pub fn command_name(
        &self,
        protocol: u8,
        message_type: u16,
        command: u8,
    ) -> Option<&'static str> {
        if protocol != protocol::GENERIC {
            return None;
        }
        payload::generic_request(self, message_type, command).map(|word| word.0)
    }
}

/// Reads the messages of a datagram of `full_len` bytes, of which `data` is the start.
///
/// What is whole is decoded; a message whose end is missing is marked truncated and decoded as far
/// as its attributes go.
pub fn decode(protocol: u8, data: &[u8], full_len: u32, context: &Context<'_>) -> Decoded {
    let full_len = usize::try_from(full_len).unwrap_or(usize::MAX).max(data.len());
    let truncated = full_len > data.len();
    if protocol == protocol::KOBJECT_UEVENT {
        let messages = vec![uevent::decode(data, full_len)];
        return Decoded { messages, truncated, ..Decoded::default() };
    }
    let mut reader = reader(protocol, context);
    let mut messages = Vec::new();
    for step in Messages::new(protocol, data, full_len) {
        messages.push(match step {
            Step::Message { header, at, payload, whole } => {
                message(&mut reader, protocol, &header, Span { at, bytes: payload }, whole, context)
            }
            Step::Malformed { at, bytes } => malformed(&mut reader, Span { at, bytes }),
        });
    }
    Decoded { messages, truncated, withheld: reader.secrets }
}

/// A message as the tree of its payload alone: for whoever keeps what it tells of, and reads many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its header.
    pub header: Header,
    /// Nothing of it is missing.
    pub whole: bool,
    /// What it holds.
    pub attributes: Vec<Attribute>,
    protocol: u8,
    len: usize,
}

impl Body {
    /// One whose payload could not be read.
    pub fn unread(protocol: u8, header: Header) -> Self {
        Self { header, whole: true, attributes: Vec::new(), protocol, len: 0 }
    }

    /// What it is about, in one line.
    pub(crate) fn summary(&self) -> String {
        let name = names::message_type_name(self.protocol, self.header.message_type);
        let Self { header, len, protocol, .. } = self;
        let kind = summary::Kind { protocol: *protocol, header, name: &name, len: *len };
        summary::summary(&kind, None, Tree(&self.attributes))
    }
}

/// The bodies of those messages whose type is wanted. Keys, and what may be keys, are withheld. Not
/// for generic netlink, where the type is a family that the kernel gives its number.
pub fn bodies(
    protocol: u8,
    data: &[u8],
    full_len: u32,
    is_wanted: impl Fn(u16) -> bool,
) -> Vec<Body> {
    let families = Families::default();
    let context = Context::new(&families);
    let mut reader = reader(protocol, &context);
    let full_len = usize::try_from(full_len).unwrap_or(usize::MAX).max(data.len());
    let wanted = Messages::new(protocol, data, full_len).filter_map(|step| match step {
        Step::Message { header, at, payload, whole } if is_wanted(header.message_type) => {
            reader.whole = whole;
            let span = Span { at, bytes: payload };
            let read = payload::read(&mut reader, protocol, &header, span, &context);
            let (attributes, len) = (read.attributes, payload.len());
            Some(Body { header, whole, attributes, protocol, len })
        }
        _ => None,
    });
    wanted.collect()
}

/// A datagram that cannot be decoded, as one message of raw bytes. Nobody knows what of it is a key:
/// all but the length of a header is withheld, unless secrets are to be shown.
pub fn undecoded(data: &[u8], full_len: u32, show_secrets: bool) -> Decoded {
    let shown = if show_secrets { data.len() } else { data.len().min(HEADER_BYTES) };
    let message = Message {
        message_type: "raw".into(),
        len: full_len,
        raw: data.get(..shown).and_then(raw),
        ..Message::default()
    };
    let truncated = usize::try_from(full_len).is_ok_and(|len| len > data.len());
    let withheld = Some(shown..data.len()).filter(|place| !place.is_empty()).into_iter().collect();
    Decoded { messages: vec![message], truncated, withheld }
}

/// Whether messages of the protocol may hold keys where no table says so.
pub fn may_hold_keys(protocol: u8) -> bool {
    payload::is_strict(protocol)
}

/// The names of the families and commands of generic netlink that nlmon knows, some more than once.
pub fn generic_names() -> impl Iterator<Item = &'static str> {
    tables::generic::all().flat_map(|family| {
        let words = [family.requests, family.replies];
        let commands = words.into_iter().flatten().map(|word| word.1);
        std::iter::once(family.name).chain(commands)
    })
}

/// The tree of one message's payload.
fn decode_message(
    protocol: u8,
    header: &Header,
    payload: &[u8],
    context: &Context<'_>,
) -> Vec<Attribute> {
    let span = Span { at: HEADER_BYTES, bytes: payload };
    payload::read(&mut reader(protocol, context), protocol, header, span, context).attributes
}

fn reader<'a>(protocol: u8, context: &Context<'a>) -> Reader<'a> {
    Reader {
        strict: payload::is_strict(protocol),
        show_secrets: context.show_secrets,
        interfaces: context.interfaces,
        ..Reader::default()
    }
}

fn malformed(reader: &mut Reader<'_>, span: Span<'_>) -> Message {
    let message = Message {
        message_type: "raw".into(),
        len: u32::try_from(span.bytes.len()).unwrap_or(u32::MAX),
        ..Message::default()
    };
    if reader.strict {
        let attributes = vec![reader.unknown("payload".into(), span)];
        return Message { attributes, ..message };
    }
    Message { raw: raw(span.bytes), ..message }
}

fn message(
    reader: &mut Reader<'_>,
    protocol: u8,
    header: &Header,
    span: Span<'_>,
    whole: bool,
    context: &Context<'_>,
) -> Message {
    let name = context.type_name(protocol, header.message_type);
    reader.whole = whole;
    let (read, error) = match header.message_type {
        kind::ERROR => error::error(reader, protocol, header.flags, span, context),
        // The connector's messages are all of this type and end nothing.
        kind::DONE if protocol != protocol::CONNECTOR => error::done(reader, header.flags, span),
        kind::NOOP | kind::OVERRUN => (Payload::default(), None),
        _ => (payload::read(reader, protocol, header, span, context), None),
    };
    let summary = if let Some(report) = &error {
        error::summary(report, header.message_type)
    } else {
        let kind = summary::Kind { protocol, header, name: &name, len: span.bytes.len() };
        summary::summary(&kind, read.command.as_deref(), Tree(&read.attributes))
    };
    Message {
        flags: flags::names(read.command.as_deref().unwrap_or(&name), header.flags),
        raw: if read.unknown { raw(span.bytes) } else { None },
        message_type: name,
        command: read.command.map(Cow::Owned),
        type_number: Some(header.message_type),
        len: header.len,
        seq: Some(header.seq),
        portid: Some(header.portid),
        summary,
        attributes: read.attributes,
        error,
        remarks: std::mem::take(&mut reader.remarks),
        truncated: !whole,
    }
}

/// The bytes in hexadecimal.
fn raw(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| printable::hex(bytes))
}
