//! Bytes that nobody should send: random ones, and real messages with bytes changed. Decoding must
//! neither panic nor print anything but text.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use nlmon::decode::{Context, Families, decode};
use proptest::prelude::*;

/// A datagram whose header is right and whose attributes are plausible, which reaches deeper than
/// random bytes do.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let attribute = (0u16..80, prop::collection::vec(any::<u8>(), 0..40));
    let attributes = prop::collection::vec(attribute, 0..12);
    let header = prop::collection::vec(any::<u8>(), 0..24);
    (0u16..130, any::<u16>(), header, attributes).prop_map(|(kind, flags, header, attributes)| {
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

fn assert_decodes(protocol: u8, bytes: &[u8], more: u32) {
    let full_len = u32::try_from(bytes.len()).unwrap().saturating_add(more);
    for message in decode(protocol, bytes, full_len, &Context::new(&Families::default())).messages {
        assert!(!message.summary.chars().any(char::is_control), "{message:?}");
        assert!(message.raw.iter().all(|raw| raw.len() <= 130), "{message:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_decode(
        protocol in 0u8..24,
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        more in prop_oneof![Just(0), 0u32..1000, Just(u32::MAX)],
    ) {
        assert_decodes(protocol, &bytes, more);
    }

    #[test]
    fn plausible_messages_decode(
        protocol in prop_oneof![4 => Just(0u8), 1 => 0u8..24],
        bytes in plausible(),
        cut in any::<prop::sample::Index>(),
    ) {
        assert_decodes(protocol, &bytes, 0);
        let kept = cut.index(bytes.len() + 1);
        assert_decodes(protocol, &bytes[..kept], u32::try_from(bytes.len() - kept).unwrap());
    }
}
