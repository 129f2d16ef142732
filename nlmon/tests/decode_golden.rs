//! Real datagrams against the text that they decode to. `NLMON_UPDATE_GOLDEN=1` rewrites the text;
//! read the difference before you commit it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nlmon::decode::names::protocol;
use nlmon::decode::{Context, Decoded, Families, Message, decode};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The captured datagrams, each with the comment before it.
fn captures(name: &str) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(data(name)).unwrap();
    let mut comment = String::new();
    let mut captures = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(text) => text.clone_into(&mut comment),
            None => captures.push((comment.clone(), unhex(line))),
        }
    }
    captures
}

fn decode_whole(bytes: &[u8]) -> Decoded {
    decode_part(bytes, u32::try_from(bytes.len()).unwrap())
}

fn decode_part(bytes: &[u8], full_len: u32) -> Decoded {
    decode(protocol::ROUTE, bytes, full_len, &Context::new(&Families::default()))
}

fn show(message: &Message) -> String {
    let flags = message.flags.join("|");
    let mut line = format!("    {} {flags}: {}", message.message_type, message.summary);
    if let Some(raw) = &message.raw {
        write!(line, " raw {raw}").unwrap();
    }
    line
}

#[test]
fn real_messages_read_as_in_the_golden_text() {
    let mut text = String::new();
    for (comment, bytes) in captures("rtnetlink.hex") {
        writeln!(text, "{comment}").unwrap();
        for message in decode_whole(&bytes).messages {
            writeln!(text, "{}", show(&message)).unwrap();
        }
    }
    let golden = data("rtnetlink.golden");
    if std::env::var_os("NLMON_UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(golden).unwrap());
}

#[test]
fn no_real_message_is_left_raw() {
    for (comment, bytes) in captures("rtnetlink.hex") {
        for message in decode_whole(&bytes).messages {
            assert_eq!(message.raw, None, "{comment}");
            assert!(!message.summary.is_empty(), "{comment}: {message:?}");
        }
    }
}

/// Cut at every byte: never a panic, never malformed, and what is whole reads as before.
#[test]
fn a_cut_datagram_keeps_its_whole_messages() {
    for (comment, bytes) in captures("rtnetlink.hex") {
        let full = decode_whole(&bytes).messages;
        let full_len = u32::try_from(bytes.len()).unwrap();
        for cut in 0..bytes.len() {
            let decoded = decode_part(&bytes[..cut], full_len);
            assert!(decoded.truncated, "{comment} at {cut}");
            let whole = decoded.messages.iter().filter(|message| !message.truncated).count();
            assert_eq!(decoded.messages[..whole], full[..whole], "{comment} at {cut}");
            assert!(decoded.messages.len() <= whole + 1, "{comment} at {cut}");
            assert!(decoded.messages.iter().all(|m| m.message_type != "raw"), "{comment} at {cut}");
        }
    }
}
