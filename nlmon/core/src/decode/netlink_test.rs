//! The messages of the project's own kernel module (`kmod/netlink_test.h`).

use super::attribute::{Attribute, Tree};
use super::printable;
use super::reader::{Reader, Span};
use super::tables::kind::{Fields, Kind, structure};

const ECHO: u16 = 16;
const GREET: u16 = 17;
const GREETING: u16 = 18;
const LOAD: u16 = 19;

/// `struct nltest_load`
static LOAD_ORDER: Fields = structure("nltest_load").of(&[
    ("count", 4, Kind::Num),
    ("size", 4, Kind::Num),
    ("flags", 4, Kind::Mask(&LOAD_FLAGS)),
]);
static LOAD_FLAGS: &[(u32, &str)] = &[(1, "multicast")];

/// What a message holds.
pub(super) fn read(reader: &mut Reader<'_>, message_type: u16, span: Span<'_>) -> Vec<Attribute> {
    match message_type {
        ECHO | GREETING => {
            let text = span.bytes.strip_suffix(&[0]).unwrap_or(span.bytes);
            vec![Attribute::text("text", printable::escape(text))]
        }
        LOAD => reader.fields(&LOAD_ORDER, span),
        _ if span.bytes.is_empty() => Vec::new(),
        _ => vec![reader.unknown("data".into(), span)],
    }
}

/// What a message says; `None` for a load order that is too short to be one.
pub(super) fn summary(message_type: u16, tree: Tree<'_>, len: usize) -> Option<String> {
    match message_type {
        ECHO | GREETING => {
            let text = tree.text("text").unwrap_or_default();
            Some(format!("\"{}\"", text.replace('"', "\\\"")))
        }
        GREET => Some("asks for the greeting".to_owned()),
        LOAD => {
            let (count, size) = (tree.number("count")?, tree.number("size")?);
            let multicast = tree.text("flags")? == "multicast";
            let path = if multicast { "multicast" } else { "unicast" };
            Some(format!("asks for {count} messages of {size} bytes, {path}"))
        }
        _ => Some(format!("{len} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message_type: u16, bytes: &[u8]) -> Option<String> {
        let read = read(&mut Reader::default(), message_type, Span { at: 0, bytes });
        summary(message_type, Tree(&read), bytes.len())
    }

    #[test]
    fn text_is_quoted() {
        let greeting = line(GREETING, b"Greeting from kernel!\0");
        assert_eq!(greeting.as_deref(), Some("\"Greeting from kernel!\""));
    }

    #[test]
    fn a_load_order_is_read() {
        let payload = [7u32.to_ne_bytes(), 64u32.to_ne_bytes(), 1u32.to_ne_bytes()].concat();
        let order = line(LOAD, &payload);
        assert_eq!(order.as_deref(), Some("asks for 7 messages of 64 bytes, multicast"));
        assert_eq!(line(LOAD, &payload[..11]), None);
    }
}
