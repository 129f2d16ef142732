//! A device of type `nlmon`, the kernel's own copy of netlink traffic, and `tcpdump` on it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStderr, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use nlmon_core::{decode::names::message_type_name, message::HEADER_BYTES};

use crate::support::run;

const FILE: &str = "/root/tap.pcap";

/// A device of the type, and `tcpdump` on it.
pub(crate) struct Tap {
    tcpdump: Child,
    words: BufReader<ChildStderr>,
}

impl Tap {
    pub(crate) fn start() -> Self {
        run("ip", &["link", "add", "vmtap0", "type", "nlmon"]);
        run("ip", &["link", "set", "vmtap0", "up"]);
        let mut tcpdump = Command::new("tcpdump")
            .args(["-i", "vmtap0", "-p", "-U", "--immediate-mode", "-B", "65536", "-w", FILE])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut words = BufReader::new(tcpdump.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(words.read_line(&mut line).unwrap() > 0, "tcpdump ended");
        }
        Self { tcpdump, words }
    }

    /// Everything that it has shown, once it has no more to write.
    pub(crate) fn end(mut self) -> Vec<Packet> {
        sleep(Duration::from_secs(1));
        run("kill", &["-INT", &self.tcpdump.id().to_string()]);
        let mut words = String::new();
        self.words.read_to_string(&mut words).unwrap();
        assert!(self.tcpdump.wait().unwrap().success());
        assert!(words.contains("\n0 packets dropped by kernel"), "{words}");
        run("ip", &["link", "del", "vmtap0"]);
        packets(&fs::read(FILE).unwrap())
    }

    /// Packets so far.
    pub(crate) fn shown(&self) -> usize {
        packets(&fs::read(FILE).unwrap()).len()
    }
}

/// A datagram as the device shows it.
pub(crate) struct Packet {
    pub(crate) protocol: u8,
    data: Vec<u8>,
}

/// Parses a capture: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html>, and before
/// each datagram <https://www.tcpdump.org/linktypes/LINKTYPE_NETLINK.html>. An unfinished packet at
/// the end is left out.
fn packets(file: &[u8]) -> Vec<Packet> {
    let (head, mut rest) = file.split_at_checked(24).unwrap_or((file, &[]));
    let mut packets = Vec::new();
    while let Some((record, after)) = rest.split_at_checked(16) {
        assert_eq!((word(head, 0), word(head, 20)), (0xa1b2_c3d4, 253));
        assert_eq!(word(record, 8), word(record, 12), "a packet is cut");
        let Some((packet, after)) = after.split_at_checked(word(record, 8) as usize) else { break };
        // The protocol is the last of the sixteen bytes, in network order.
        packets.push(Packet { protocol: packet[15], data: packet[16..].to_vec() });
        rest = after;
    }
    packets
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

impl Packet {
    /// Type and length of each message; what is none counts as one, as it does with nlmon.
    pub(crate) fn messages(&self) -> Vec<(String, u64)> {
        let mut rest = &self.data[..];
        let mut messages = Vec::new();
        while !rest.is_empty() {
            let header = (rest.len() >= HEADER_BYTES).then(|| word(rest, 0) as usize);
            let Some(len) = header.filter(|len| (HEADER_BYTES..=rest.len()).contains(len)) else {
                assert!(messages.is_empty(), "half a message");
                return vec![("raw".to_owned(), rest.len() as u64)];
            };
            let message_type = u16::from_ne_bytes(rest[4..6].try_into().unwrap());
            let name = message_type_name(self.protocol, message_type).into_owned();
            messages.push((name, len as u64));
            rest = &rest[len.next_multiple_of(4).min(rest.len())..];
        }
        messages
    }
}
