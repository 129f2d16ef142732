//! What a program's netlink sockets received, byte for byte: strace dumps each call's buffers in
//! hexadecimal. Nothing of nlmon's reads the dump.

use std::collections::HashMap;

use nlmon_core::decode::names::parse_protocol;

/// A datagram, or what of it the program's buffer took.
#[derive(Clone, Debug, Default)]
pub(super) struct Datagram {
    pub(super) protocol: u8,
    pub(super) received: bool,
    pub(super) bytes: Vec<u8>,
}

/// The netlink datagrams of a trace, in order.
pub(super) fn datagrams(trace: &str) -> Vec<Datagram> {
    let mut sockets: HashMap<&str, u8> = HashMap::new();
    let mut found: Vec<Datagram> = Vec::new();
    let mut open = false;
    for line in trace.lines() {
        if let Some(dump) = line.strip_prefix(" | ") {
            if let Some(datagram) = found.last_mut().filter(|_| open) {
                datagram.bytes.extend(hexadecimal(dump));
            }
            continue;
        }
        if line.starts_with(" * ") {
            continue;
        }
        // Of several processes each line begins with the process.
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        open = false;
        let Some((call, arguments)) = line.split_once('(') else { continue };
        let result = line.rsplit_once(" = ").map_or("", |parts| parts.1);
        if call == "socket" {
            let protocol =
                arguments.rsplit_once("NETLINK_").filter(|_| arguments.starts_with("AF_NETLINK"));
            let name = protocol.and_then(|parts| parts.1.split(')').next()).unwrap_or_default();
            match parse_protocol(&name.to_ascii_lowercase()) {
                Some(number) => sockets.insert(result, number),
                None => sockets.remove(result),
            };
            continue;
        }
        let descriptor = arguments.split([',', ')']).next().unwrap_or_default();
        let Some(&protocol) = sockets.get(descriptor) else { continue };
        let received = call.starts_with("recv");
        if (received || call.starts_with("send")) && !arguments.contains("MSG_PEEK") {
            found.push(Datagram { protocol, received, bytes: Vec::new() });
            open = true;
        }
    }
    found.retain(|datagram| !datagram.bytes.is_empty());
    found
}

/// The bytes of `00010  3c 00 00 00 02 00 00 00  00 00  <... |`: sixteen or less.
fn hexadecimal(dump: &str) -> impl Iterator<Item = u8> {
    const COLUMNS: usize = 49;
    let at = dump.find("  ").map_or(dump.len(), |at| at + 2);
    let digits = dump.get(at..(at + COLUMNS).min(dump.len())).unwrap_or_default();
    digits.split_ascii_whitespace().filter_map(|byte| u8::from_str_radix(byte, 16).ok())
}

#[test]
fn a_dump_is_read_byte_for_byte() {
    let trace = "7 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3\n\
        7 recvmsg(3, {msg_iov=[{...}]}, MSG_PEEK|MSG_TRUNC) = 18\n \
        * 18 bytes in buffer 0\n \
        | 00000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ................ |\n\
        7 recvmsg(3, {msg_iov=[{...}]}, 0) = 18\n \
        * 18 bytes in buffer 0\n \
        | 00000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ................ |\n \
        | 00010  61 62                                             ab               |\n";
    let found = datagrams(trace);
    assert_eq!(found.len(), 1);
    assert!(found[0].received);
    assert_eq!(found[0].bytes[14..], [0x0e, 0x0f, 0x61, 0x62]);
}
