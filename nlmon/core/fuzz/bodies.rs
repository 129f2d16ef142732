//! What each fuzz target does with an input, and what has to hold. Shared by the targets, which need
//! a nightly compiler, and by the test that puts the whole corpus through them on any.
//!
//! An input is a control byte (see [`Control`]), for `others` a protocol, and a datagram.

#[path = "input.rs"]
mod input;

use input::{Control, FAMILIES};
use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Decoded, decode};

/// The targets, with the protocol whose messages they are, where it is one.
pub(crate) const TARGETS: [(&str, Option<u8>); 6] = [
    ("route", Some(protocol::ROUTE)),
    ("netfilter", Some(protocol::NETFILTER)),
    ("generic", Some(protocol::GENERIC)),
    ("xfrm", Some(protocol::XFRM)),
    ("sock_diag", Some(protocol::SOCK_DIAG)),
    ("others", None),
];

/// Longest word of text that an attribute may show.
const TEXT_MAX: usize = 2048;

/// Runs the body of a target on an input.
pub(crate) fn run(target: &str, input: &[u8]) {
    let Some((&control, rest)) = input.split_first() else { return };
    let own = TARGETS.iter().find(|(name, _)| *name == target).and_then(|(_, protocol)| *protocol);
    match (own, rest.split_first()) {
        (Some(protocol), _) => as_messages(protocol, rest, &Control(control)),
        (None, Some((&protocol, datagram))) => as_messages(protocol, datagram, &Control(control)),
        (None, None) => {}
    }
}

/// Decoding neither panics nor shows anything but text; what is withheld is inside of the datagram,
/// and what is shown does not depend on it.
fn as_messages(protocol: u8, datagram: &[u8], control: &Control) {
    let len = u32::try_from(datagram.len()).unwrap_or(u32::MAX).saturating_add(control.missing());
    let context = Context {
        show_secrets: control.shows_secrets(),
        multicast: control.multicast(),
        ..Context::new(&FAMILIES)
    };
    let decoded = decode(protocol, datagram, len, &context);
    assert!(!context.show_secrets || decoded.withheld.is_empty());
    for message in &decoded.messages {
        assert!(!message.summary.chars().any(char::is_control), "{message:?}");
        message.attributes.iter().for_each(assert_printable);
    }
    let mut masked = datagram.to_vec();
    decoded.withheld.iter().for_each(|place| masked[place.clone()].fill(0));
    assert_eq!(shown(&decode(protocol, &masked, len, &context)), shown(&decoded));
}

fn assert_printable(attribute: &Attribute) {
    assert!(!attribute.name.chars().any(char::is_control), "{attribute:?}");
    if let Some(Value::Text(text)) = &attribute.value {
        assert!(!text.chars().any(char::is_control) && text.len() <= TEXT_MAX, "{attribute:?}");
    }
    attribute.attributes.iter().for_each(assert_printable);
}

/// Bytes that are no message and are withheld as zeros may be taken for padding.
fn shown(decoded: &Decoded) -> Vec<&nlmon_core::decode::Message> {
    decoded.messages.iter().filter(|message| message.message_type != "raw").collect()
}
