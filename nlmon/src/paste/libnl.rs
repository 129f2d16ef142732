//! The dump of a message that libnl prints with `NLCB=debug` or `NLDEBUG=4`. It prints headers as
//! numbers and the rest as bytes, each attribute with its number and length: together they are the
//! message again, but for the order bit of attributes, which libnl does not print.

use nlmon_core::decode::names::protocol;
use nlmon_core::message::HEADER_BYTES;

use super::{Datagram, Error, Line, Sender, unhex};

/// `NLA_F_NESTED`
const NESTED: u16 = 0x8000;
/// Bytes of an attribute's header.
const ATTRIBUTE_BYTES: usize = 4;

pub(super) fn is_begin(line: &str) -> bool {
    line.starts_with("---") && line.contains("BEGIN NETLINK MESSAGE")
}

/// What it says between messages.
pub(super) fn is_note(line: &str) -> bool {
    line.starts_with("-- Debug: ") || line.starts_with("-- Error: ") || line.starts_with("DBG<")
}

/// A message that has begun.
pub(super) struct Message {
    line: usize,
    protocol: Option<u8>,
    bytes: Vec<u8>,
    /// Bytes in hexadecimal that are still to come.
    left: usize,
}

impl Message {
    pub(super) fn new(line: Line<'_>) -> Self {
        Self { line: line.number, protocol: None, bytes: Vec::new(), left: 0 }
    }

    /// Adds a line. The last one gives the message.
    pub(super) fn line(&mut self, line: Line<'_>) -> Result<Option<Datagram>, Error> {
        let text = line.text.trim();
        if self.left > 0 {
            return self.hexadecimal(line, text).map(|()| None);
        }
        if text.starts_with("---") && text.contains("END NETLINK MESSAGE") {
            return Ok(Some(self.datagram()));
        }
        if let Some(field) = text.strip_prefix('.') {
            return self.field(line, field).map(|()| None);
        }
        if !text.is_empty() {
            self.section(line, text)?;
        }
        Ok(None)
    }

    /// The end of the text is no end of a message.
    pub(super) fn unfinished(&self) -> Error {
        let problem = "this message of libnl has no line END NETLINK MESSAGE".to_owned();
        Error { line: self.line, column: 1, problem }
    }

    fn datagram(&mut self) -> Datagram {
        let bytes = std::mem::take(&mut self.bytes);
        let (protocol, sender) = (self.protocol, Sender::Unknown);
        Datagram { line: self.line, protocol, sender, len: bytes.len(), bytes }
    }

    /// `[ATTR 03] 3 octets`
    fn section(&mut self, line: Line<'_>, text: &str) -> Result<(), Error> {
        let parts = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let size = |text: &str| text.trim().strip_suffix("octets")?.trim().parse::<u16>().ok();
        let Some((name, size)) = parts.and_then(|(name, rest)| Some((name, size(rest)?))) else {
            return Err(line.error(text, "this is no line of a message that libnl prints"));
        };
        if let Some(number) = name.strip_prefix("ATTR ") {
            let nested = number.strip_suffix(" NESTED");
            let number: u16 = nested
                .unwrap_or(number)
                .trim()
                .parse()
                .map_err(|_not_one| line.error(text, "an attribute has a number"))?;
            let flag = if nested.is_some() { NESTED } else { 0 };
            let len = usize::from(size) + ATTRIBUTE_BYTES;
            let len = u16::try_from(len).unwrap_or(u16::MAX);
            self.bytes.extend(len.to_ne_bytes());
            self.bytes.extend((number | flag).to_ne_bytes());
            // What is in a nest follows as attributes.
            self.left = if nested.is_some() { 0 } else { usize::from(size) };
        } else if !name.contains("HEADER") && !matches!(name, "ERRORMSG" | "ORIGINAL MESSAGE") {
            self.left = usize::from(size);
        }
        Ok(())
    }

    fn hexadecimal(&mut self, line: Line<'_>, text: &str) -> Result<(), Error> {
        let before = self.left;
        for word in text.split(' ') {
            let Some(byte) = unhex(word).filter(|bytes| bytes.len() == 1) else { break };
            self.bytes.extend(byte);
            self.left -= 1;
            if self.left == 0 {
                break;
            }
        }
        if self.left == before {
            return Err(line.error(text, format!("{before} bytes are missing before this")));
        }
        Ok(())
    }

    /// `.type = 16 <route/link::new>`
    fn field(&mut self, line: Line<'_>, field: &str) -> Result<(), Error> {
        let parts = field.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let (name, value) = parts.unwrap_or((field, ""));
        let words = value.split_once(' ').unwrap_or((value, ""));
        let number: i64 =
            words.0.parse().map_err(|_none| line.error(field, "a number is expected here"))?;
        let low = number.to_ne_bytes();
        let width = match name {
            "nlmsg_len" | "seq" | "port" | "error" => 4,
            "type" | "flags" | "unused" => 2,
            "cmd" | "version" => 1,
            _ => return Err(line.error(field, "this field of libnl is not known")),
        };
        if name == "type" && self.bytes.len() < HEADER_BYTES {
            self.protocol = protocol(words.1);
        }
        // The order of a little or a big machine.
        let kept = if cfg!(target_endian = "little") { &low[..width] } else { &low[8 - width..] };
        self.bytes.extend(kept);
        Ok(())
    }
}

/// What libnl says about a type, if it names a protocol: `<route/link::new>`.
fn protocol(text: &str) -> Option<u8> {
    let name = text.strip_prefix('<')?.split_once('/')?.0;
    match name {
        "route" => Some(protocol::ROUTE),
        "genl" => Some(protocol::GENERIC),
        "xfrm" => Some(protocol::XFRM),
        _ => None,
    }
}
