//! The real datagrams of `tests/data`, for whichever test wants them.

use std::path::{Path, PathBuf};

use nlmon_core::decode::Families;
use nlmon_core::decode::names::protocol;

/// The files, without their suffix, and the protocol of what they hold.
pub(crate) const FILES: [(&str, u8); 11] = [
    ("rtnetlink", protocol::ROUTE),
    ("route_more", protocol::ROUTE),
    ("netfilter", protocol::NETFILTER),
    ("generic", protocol::GENERIC),
    ("wireless", protocol::GENERIC),
    ("ipvs", protocol::GENERIC),
    ("xfrm", protocol::XFRM),
    ("sock_diag", protocol::SOCK_DIAG),
    ("audit", protocol::AUDIT),
    ("connector", protocol::CONNECTOR),
    ("uevent", protocol::KOBJECT_UEVENT),
];

/// Where they are: with the crate that decodes them, also for the tests of the daemon.
pub(crate) fn directory() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let core = if env!("CARGO_PKG_NAME") == "nlmon" { "core" } else { "" };
    package.join(core).join("tests/data")
}

/// The datagrams of a file, each with the command that it is of.
pub(crate) fn read(file: &str) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(directory().join(format!("{file}.hex"))).unwrap();
    let mut command = String::new();
    let mut datagrams = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(text) => text.clone_into(&mut command),
            None => datagrams.push((command.clone(), unhex(line))),
        }
    }
    datagrams
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The families of the kernels of the captures, by their own answers, which are among them. They gave
/// out different numbers.
pub(crate) fn families() -> Families {
    const CTRL_CMD_NEWFAMILY: u8 = 1;
    let datagrams = [read("generic"), read("wireless"), read("ipvs")].concat();
    let messages =
        datagrams.iter().flat_map(|(_, bytes)| nlmon_core::message::messages(bytes, bytes.len()));
    let answers = messages.filter(|message| {
        message.header.message_type == 16 && message.payload.first() == Some(&CTRL_CMD_NEWFAMILY)
    });
    Families::parse(&answers.map(|message| message.payload.to_vec()).collect::<Vec<_>>())
}
