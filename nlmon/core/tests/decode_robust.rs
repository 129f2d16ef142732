//! Bytes that nobody should send: random ones, and real messages with bytes changed. Decoding must
//! neither panic nor print anything but text.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod captures;

use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::{Context, Decoded, Families, decode};
use proptest::prelude::*;

/// Small numbers make lengths and types, and so nests.
fn value_byte() -> impl Strategy<Value = u8> {
    prop_oneof![2 => 0u8..16, 1 => any::<u8>()]
}

/// A datagram whose header is right and whose attributes are plausible, which reaches deeper than
/// random bytes do.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let attribute = (0u16..80, prop::collection::vec(value_byte(), 0..40));
    let attributes = prop::collection::vec(attribute, 0..12);
    let header = prop::collection::vec(any::<u8>(), 0..24);
    let kind = prop_oneof![3 => 0u16..130, 1 => 0u16..0x0d00, 1 => 1000u16..1400];
    (kind, any::<u16>(), header, attributes).prop_map(|(kind, flags, header, attributes)| {
        let mut payload = header;
        for (kind, value) in attributes {
            let len = u16::try_from(value.len() + 4).unwrap();
            payload.extend(len.to_ne_bytes());
            payload.extend(kind.to_ne_bytes());
            payload.extend(&value);
            payload.resize(payload.len().next_multiple_of(4), 0);
        }
        let len = u32::try_from(payload.len() + 16).unwrap();
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(payload);
        bytes
    })
}

/// A family whose number is that of a message type above, so that its tables are used too.
fn families() -> Families {
    let names = ["wireguard", "nl80211", "ethtool", "devlink", "macsec", "ovs_flow", "handshake"];
    let answers = names.iter().zip(20u16..).map(|(name, id)| {
        let mut payload = vec![1, 2, 0, 0, 6, 0, 1, 0];
        payload.extend([&id.to_ne_bytes()[..], &[0, 0]].concat());
        payload.extend(u16::try_from(4 + name.len() + 1).unwrap().to_ne_bytes());
        payload.extend([2, 0]);
        payload.extend(name.bytes());
        payload.push(0);
        payload
    });
    Families::parse(&answers.collect::<Vec<_>>())
}

fn assert_printable(attribute: &Attribute) {
    assert!(!attribute.name.chars().any(char::is_control), "{attribute:?}");
    if let Some(Value::Text(text)) = &attribute.value {
        assert!(!text.chars().any(char::is_control) && text.len() <= 2048, "{attribute:?}");
    }
    attribute.attributes.iter().for_each(assert_printable);
}

fn assert_decodes(protocol: u8, bytes: &[u8], more: u32, families: &Families) {
    let full_len = u32::try_from(bytes.len()).unwrap().saturating_add(more);
    let context = Context { multicast: more.is_multiple_of(2), ..Context::new(families) };
    let decoded = decode(protocol, bytes, full_len, &context);
    for message in &decoded.messages {
        assert!(!message.summary.chars().any(char::is_control), "{message:?}");
        assert!(message.raw.iter().all(|raw| raw.len() <= 130), "{message:?}");
        message.attributes.iter().for_each(assert_printable);
    }
    // What is shown does not depend on what is withheld, but that bytes which are no message and
    // are withheld as zeros may be taken for padding.
    let mut masked = bytes.to_vec();
    decoded.withheld.iter().for_each(|place| masked[place.clone()].fill(0));
    let again = decode(protocol, &masked, full_len, &context);
    let messages = |decoded: &Decoded| {
        let messages = decoded.messages.iter().filter(|message| message.message_type != "raw");
        messages.cloned().collect::<Vec<_>>()
    };
    assert_eq!(messages(&again), messages(&decoded));
}

#[test]
fn the_families_of_these_tests_are_known() {
    assert_eq!((families().len(), families().name(20)), (7, Some("wireguard")));
}

/// The real messages of `tests/data`, each with its protocol.
fn real() -> Vec<(u8, Vec<u8>)> {
    let files = captures::FILES.into_iter();
    let datagrams = files.flat_map(|(file, protocol)| {
        captures::read(file).into_iter().map(move |(_, bytes)| (protocol, bytes))
    });
    datagrams.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_decode(
        protocol in 0u8..24,
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        more in prop_oneof![Just(0), 0u32..1000, Just(u32::MAX)],
    ) {
        assert_decodes(protocol, &bytes, more, &families());
    }

    #[test]
    fn plausible_messages_decode(
        protocol in prop_oneof![2 => Just(0u8), 2 => Just(16u8), 1 => Just(6u8), 2 => 0u8..24],
        bytes in plausible(),
        cut in any::<prop::sample::Index>(),
    ) {
        let families = families();
        assert_decodes(protocol, &bytes, 0, &families);
        let kept = cut.index(bytes.len() + 1);
        let more = u32::try_from(bytes.len() - kept).unwrap();
        assert_decodes(protocol, &bytes[..kept], more, &families);
    }

    #[test]
    fn real_messages_with_bytes_changed_decode(
        chosen in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), value_byte()), 1..8),
        kept in any::<prop::sample::Index>(),
    ) {
        thread_local! {
            static REAL: (Vec<(u8, Vec<u8>)>, Families) = (real(), captures::families());
        }
        REAL.with(|(real, families)| {
            let (protocol, mut bytes) = chosen.get(real).clone();
            let len = bytes.len();
            // The type and the flags decide which tables are used.
            for (place, byte) in changes {
                bytes[place.index(len)] = byte;
            }
            assert_decodes(protocol, &bytes, 0, families);
            let kept = kept.index(len + 1);
            let more = u32::try_from(len - kept).unwrap();
            assert_decodes(protocol, &bytes[..kept], more, families);
        });
    }
}
