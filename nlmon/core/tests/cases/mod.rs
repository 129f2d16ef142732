//! The cases of `tests/data/cases`, for whichever test wants them.

use std::path::Path;

use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Families, Message, decode};
use nlmon_core::message;

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) datagrams: Vec<(u8, Vec<u8>)>,
    pub(crate) expected: Vec<String>,
}

/// The cases of a file.
pub(crate) fn read(file: &str) -> Vec<Case> {
    // With the crate that decodes them, also for the tests of the daemon.
    let core = if env!("CARGO_PKG_NAME") == "nlmon" { "core" } else { "" };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(core).join("tests/data/cases").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().unwrap();
        match line.split_once(' ') {
            Some((number, hex)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                case.datagrams.push((number.parse().unwrap(), unhex(hex)));
            }
            _ => case.expected.push(line.to_owned()),
        }
    }
    cases
}

/// Bytes of a text in hexadecimal.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The messages of a case; those that name a family of generic netlink are known from then on.
pub(crate) fn messages(case: &Case) -> Vec<Message> {
    const NEW_FAMILY: u16 = 16;
    let datagrams = case.datagrams.iter().filter(|datagram| datagram.0 == protocol::GENERIC);
    let messages = datagrams.flat_map(|(_, bytes)| message::messages(bytes, bytes.len()));
    let answers = messages.filter(|message| message.header.message_type == NEW_FAMILY);
    let families = Families::parse(&answers.map(|m| m.payload.to_vec()).collect::<Vec<_>>());
    let mut all = Vec::new();
    for (protocol, bytes) in &case.datagrams {
        let len = u32::try_from(bytes.len()).unwrap();
        let context = Context::new(&families);
        all.extend(decode(*protocol, bytes, len, &context).messages);
    }
    all
}
