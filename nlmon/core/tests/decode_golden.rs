//! Real datagrams against what they decode to: one line each in `.golden`, the tree as JSON in
//! `.json`. `NLMON_UPDATE_GOLDEN=1` rewrites both; read the difference before you commit it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

mod captures;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Decoded, Message, decode};

use captures::{FILES, families, read};

/// What must be in nothing that is shown: the keys that the commands of the captures set.
const KEYS: [(&str, u8, &[&str]); 3] = [
    ("xfrm", protocol::XFRM, &["11111111", "22222222", "33333333"]),
    ("generic", protocol::GENERIC, &["42424242", "43434343"]),
    // Of WEP, as given to `iw`; of WPA, as `wpa_supplicant -K` and `hostapd -K` printed them.
    (
        "wireless",
        protocol::GENERIC,
        &[
            "5a5a5a5a5a",
            "ba7366c21cc0cb708984c0335364efef",
            "0e3198282862326fad863262cb007d8b",
            "568d8431a68cabde677a1d42baf4fe8a",
            "8df239dfa795964c50f6346a64ac6ec5",
            "2b4a4efcf070e397c5382e415ed170a9",
        ],
    ),
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn decode_part(protocol: u8, bytes: &[u8], full_len: usize) -> Decoded {
    let families = families();
    decode(protocol, bytes, u32::try_from(full_len).unwrap(), &Context::new(&families))
}

fn show(message: &Message) -> String {
    let flags = message.flags.join("|");
    let mut line = format!("    {} {flags}: {}", message.kind(), message.summary);
    if let Some(raw) = &message.raw {
        write!(line, " raw {raw}").unwrap();
    }
    line
}

fn assert_golden(text: &str, name: &str) {
    let golden = data(name);
    if std::env::var_os("NLMON_UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, text).unwrap();
    }
    let expected = std::fs::read_to_string(golden).unwrap();
    for (number, (found, expected)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {name}", number + 1);
    }
    assert_eq!(text.len(), expected.len(), "{name}");
}

#[test]
fn real_messages_read_as_in_the_golden_text() {
    for (name, protocol) in FILES {
        let (mut lines, mut json) = (String::new(), String::new());
        for (comment, bytes) in read(name) {
            let messages = decode_part(protocol, &bytes, bytes.len()).messages;
            writeln!(lines, "{comment}").unwrap();
            for message in &messages {
                writeln!(lines, "{}", show(message)).unwrap();
            }
            writeln!(json, "{}", serde_json::to_string(&messages).unwrap()).unwrap();
        }
        for key in KEYS.iter().flat_map(|keys| keys.2) {
            assert!(!json.contains(key), "{key} in {name}");
        }
        assert_golden(&lines, &format!("{name}.golden"));
        // Of the long one, the lines are enough.
        if name != "rtnetlink" {
            assert_golden(&json, &format!("{name}.json"));
        }
    }
}

#[test]
fn no_real_message_is_left_raw() {
    for (name, protocol) in FILES {
        for (comment, bytes) in read(name) {
            for message in decode_part(protocol, &bytes, bytes.len()).messages {
                assert_eq!(message.raw, None, "{comment}");
                // A kernel and its tools write what the format allows.
                let bad = comment.ends_with("bad attribute");
                let remarks = ["malformed: IFLA_MTU has 1 byte, not 4"];
                assert_eq!(message.remarks, &remarks[usize::from(!bad)..], "{comment}");
                let empty = message.len == 16;
                let read = message.error.is_some() || !message.attributes.is_empty();
                assert!(read || empty, "{comment}: {message:?}");
            }
        }
    }
}

/// The keys of the captures are there, and are what is withheld.
#[test]
fn every_key_is_withheld_and_nothing_else_of_its_length() {
    for (name, protocol, keys) in KEYS {
        let mut found = Vec::new();
        for (comment, mut bytes) in read(name) {
            let decoded = decode_part(protocol, &bytes, bytes.len());
            let before = hex(&bytes);
            decoded.withheld.iter().for_each(|place| bytes[place.clone()].fill(0));
            let after = hex(&bytes);
            for key in keys {
                assert!(!after.contains(key), "{key} of {comment}");
                if before.contains(key) {
                    found.push(*key);
                }
            }
        }
        assert!(keys.iter().all(|key| found.contains(key)), "{name}: {found:?}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What holds texts or bytes whose numbers only count.
const LISTS: [&str; 9] = [
    "NL80211_ATTR_AKM_SUITES",
    "NL80211_ATTR_CIPHER_SUITES",
    "NL80211_ATTR_CIPHER_SUITES_PAIRWISE",
    "NL80211_ATTR_MAC_ADDRS",
    "NL80211_ATTR_SCAN_SSIDS",
    "NL80211_ATTR_SCAN_SUPP_RATES",
    "NL80211_ATTR_VENDOR_EVENTS",
    "key_managements",
    "pairwise_ciphers",
];

/// Unknown attributes are those that the kernel of the captures has and the tables lack.
#[test]
fn the_tables_know_every_attribute_of_the_captures() {
    fn unknown(attribute: &Attribute, within: &str, found: &mut Vec<String>) {
        let is_number = attribute.name.parse::<u16>().is_ok();
        let bytes = matches!(attribute.value, Some(Value::Text(_)));
        if is_number && (bytes || attribute.withheld.is_some()) {
            found.push(format!("{within}/{}", attribute.name));
        }
        if LISTS.contains(&&*attribute.name) {
            return;
        }
        let within = format!("{within}/{}", attribute.name);
        attribute.attributes.iter().for_each(|inner| unknown(inner, &within, found));
    }
    let mut found = Vec::new();
    for (name, protocol) in FILES {
        for (_, bytes) in read(name) {
            for message in decode_part(protocol, &bytes, bytes.len()).messages {
                message.attributes.iter().for_each(|a| unknown(a, message.kind(), &mut found));
            }
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found, [""; 0]);
}

/// Cut at every byte: never a panic, never malformed, and what is whole reads as before.
#[test]
fn a_cut_datagram_keeps_its_whole_messages() {
    let families = families();
    let context = Context::new(&families);
    // A device event has no header that says how long it is.
    for (name, protocol) in FILES.into_iter().filter(|(name, _)| *name != "uevent") {
        for (comment, bytes) in read(name) {
            let len = u32::try_from(bytes.len()).unwrap();
            let full = decode(protocol, &bytes, len, &context).messages;
            for cut in (0..bytes.len()).step_by(if bytes.len() > 500 { 7 } else { 1 }) {
                let decoded = decode(protocol, &bytes[..cut], len, &context);
                assert!(decoded.truncated, "{comment} at {cut}");
                let whole = decoded.messages.iter().filter(|message| !message.truncated).count();
                assert_eq!(decoded.messages[..whole], full[..whole], "{comment} at {cut}");
                assert!(decoded.messages.len() <= whole + 1, "{comment} at {cut}");
                assert!(decoded.messages.iter().all(|m| m.message_type != "raw"), "{comment}");
            }
        }
    }
}
