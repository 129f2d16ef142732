//! `nlmon tail --output pcapng` of real datagrams as tshark reads it: nothing malformed, and of every
//! message the same header and the same errno as in nlmon's JSON.
//!
//! Needs `tshark`, which `cargo xtask test` installs; without it the tests fail.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/captures/mod.rs"]
mod captures;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nlmon::live::json::{Clock, Detail, LogRecord, View};
use nlmon_core::record::{Contents, Observation, Path, Record, Task};

const HELLO: &str = "{\"hello\":{\"version\":1,\"nlmon\":\"0.1.0\"}}\n";
const TYPE_ERROR: u16 = 2;
/// Messages with types below it are netlink's own, which no dissector of a protocol sees.
const TYPE_FIRST: u16 = 16;

/// What of tshark reads the payloads of each file; where nothing does, headers and errors are all
/// that is compared, and this says why.
const DISSECTORS: [(&str, Result<&str, &str>); 10] = [
    ("rtnetlink", Ok("netlink-route")),
    ("route_more", Ok("netlink-route")),
    // Of nftables and ipset the attributes, of conntrack its header: the rest is `data` to it.
    ("netfilter", Ok("netlink-netfilter")),
    // Of nlctrl and nl80211 the attributes; other families it knows by number alone, because it has
    // not seen the kernel give them out.
    ("generic", Ok("genl")),
    ("wireless", Ok("genl")),
    ("ipvs", Ok("genl")),
    ("xfrm", Err("Wireshark has no dissector of NETLINK_XFRM")),
    ("sock_diag", Ok("netlink-sock_diag")),
    ("audit", Err("Wireshark has no dissector of NETLINK_AUDIT")),
    ("connector", Err("Wireshark has no dissector of NETLINK_CONNECTOR")),
];

/// What both say of a message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    len: u32,
    kind: u16,
    seq: u32,
    portid: u32,
    /// Of a `NLMSG_ERROR`; tshark does not read that of a `NLMSG_DONE`.
    errno: Option<i32>,
}

/// What tshark says of a packet.
#[derive(Debug, Default)]
struct Packet {
    protocols: String,
    messages: Vec<Message>,
}

/// A record as a probe sees the datagram, of which it takes at most `snap` bytes.
fn record(protocol: u8, bytes: &[u8], snap: usize, view: &View) -> LogRecord {
    let request = bytes[6] & 1 != 0;
    let observation = Observation {
        start_ns: 1,
        duration_ns: 1000,
        protocol,
        path: if request { Path::Request } else { Path::Reply },
        netns: 4_026_531_840,
        task: Task { pid: 812, comm: "ip".into(), ..Task::default() },
        portid: 0,
        src_portid: 0,
        group: 0,
        len: u32::try_from(bytes.len()).unwrap(),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data: bytes[..snap.min(bytes.len())].to_vec(),
    };
    let record = Record::sent(observation);
    LogRecord::new(&record, view).with(Detail::Data)
}

fn records(file: &str, protocol: u8, snap: usize) -> Vec<LogRecord> {
    let families = Arc::new(captures::families());
    let view = View { families, ..View::new(Clock::new(1_767_323_044_000_000_000)) };
    let datagrams = captures::read(file);
    datagrams.iter().map(|(_, bytes)| record(protocol, bytes, snap, &view)).collect()
}

/// What tshark says of these records, brought to it by `nlmon tail`, whose daemon this plays.
fn through_tshark(records: &[LogRecord]) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path: PathBuf =
        std::env::temp_dir().join(format!("nlmon-tshark-{}-{number}.sock", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let lines: Vec<_> = records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect();
    let daemon = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        BufReader::new(&stream).read_line(&mut String::new()).unwrap();
        stream.write_all((HELLO.to_owned() + &lines.concat()).as_bytes()).unwrap();
        BufReader::new(&stream).read_line(&mut String::new()).unwrap();
    });
    let mut tail = Command::new(env!("CARGO_BIN_EXE_nlmon"))
        .args(["tail", "--output", "pcapng", "--count", &records.len().to_string(), "--socket"])
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Without a home it has nobody's preferences.
    let tshark = Command::new("tshark")
        .args(["-n", "-r", "-", "-T", "pdml"])
        .env("HOME", "/nonexistent")
        .stdin(tail.stdout.take().unwrap())
        .output()
        .expect("tshark is needed: apt-get install tshark, or cargo xtask setup");
    assert!(tail.wait().unwrap().success());
    daemon.join().unwrap();
    fs::remove_file(path).unwrap();
    assert!(tshark.status.success(), "{}", String::from_utf8_lossy(&tshark.stderr));
    String::from_utf8(tshark.stdout).unwrap()
}

/// The value of an XML attribute.
fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let value = line.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest);
    value.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

fn number(text: &str) -> i64 {
    let hexadecimal = text.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
    hexadecimal.unwrap_or_else(|| text.parse()).unwrap()
}

/// The packets of tshark's XML, in which every field is on a line of its own.
fn packets(pdml: &str) -> Vec<Packet> {
    pdml.split("<packet>").skip(1).map(packet).collect()
}

fn packet(pdml: &str) -> Packet {
    let mut packet = Packet::default();
    // What stands behind an error is the request that it answers.
    let mut quoted = false;
    for line in pdml.lines() {
        let (name, shown) = (attribute(line, "name"), attribute(line, "show"));
        match name {
            "frame.protocols" => shown.clone_into(&mut packet.protocols),
            "netlink.hdr_len" => {
                let after_error = packet.messages.last().is_some_and(|m| m.errno.is_some());
                quoted = after_error && !quoted;
                if !quoted {
                    packet.messages.push(Message::default());
                }
            }
            _ => {}
        }
        let Some(message) = packet.messages.last_mut().filter(|_| !quoted) else { continue };
        match name {
            "netlink.hdr_len" => message.len = number(shown).try_into().unwrap(),
            "netlink.hdr_seq" => message.seq = number(shown).try_into().unwrap(),
            "netlink.hdr_pid" => message.portid = number(shown).try_into().unwrap(),
            "netlink.error" => message.errno = Some(number(shown).try_into().unwrap()),
            "netlink.hdr_type"
            | "netlink-route.nltype"
            | "netlink-sock_diag.nltype"
            | "genl.family_id" => message.kind = number(shown).try_into().unwrap(),
            _ => {}
        }
    }
    packet
}

/// What nlmon's JSON says.
fn expected(record: &LogRecord) -> Vec<Message> {
    let json = serde_json::to_value(record).unwrap();
    let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let message = |message: &serde_json::Value| {
        let kind = u16::try_from(number(&message["type_number"])).unwrap();
        let errno = (kind == TYPE_ERROR)
            .then(|| -i32::try_from(message["error"]["errno"].as_i64().unwrap()).unwrap());
        Message {
            len: number(&message["len"]),
            kind,
            seq: number(&message["seq"]),
            portid: number(&message["portid"]),
            errno,
        }
    };
    json["messages"].as_array().unwrap().iter().map(message).collect()
}

/// The files, but for that of device events, which are no netlink messages and malformed to tshark.
fn messages() -> impl Iterator<Item = (&'static str, u8)> {
    captures::FILES.into_iter().filter(|(file, _)| *file != "uevent")
}

/// Whether a frame of Wi-Fi is withheld: zeros, which are no frame to tshark.
fn withholds_frame(record: &LogRecord) -> bool {
    let mut attributes = record.messages.iter().flat_map(|message| &message.attributes);
    attributes.any(|a| a.name == "NL80211_ATTR_FRAME" && a.withheld.is_some())
}

fn assert_well_formed(pdml: &str, records: &[LogRecord]) {
    let packets = pdml.split("<packet>").skip(1).zip(records);
    for (packet, record) in packets.filter(|(_, record)| !withholds_frame(record)) {
        let found = packet.lines().find(|line| line.contains("_ws.malformed"));
        assert_eq!(found, None, "{record:?}");
    }
}

#[test]
fn tshark_reads_the_same_messages_and_errors() {
    for (file, protocol) in messages() {
        let commands = captures::read(file).into_iter().map(|(command, _)| command);
        let records = records(file, protocol, usize::MAX);
        let pdml = through_tshark(&records);
        assert_well_formed(&pdml, &records);
        let packets = packets(&pdml);
        assert_eq!(packets.len(), records.len(), "{file}");
        let (_, dissector) = DISSECTORS.iter().find(|(name, _)| *name == file).unwrap();
        for ((packet, record), command) in packets.iter().zip(&records).zip(commands) {
            let expected = expected(record);
            assert_eq!(packet.messages, expected, "{file}: {command}");
            let is_of_protocol = expected[0].kind >= TYPE_FIRST;
            if let (Ok(dissector), true) = (dissector, is_of_protocol) {
                assert!(packet.protocols.contains(dissector), "{file}: {}", packet.protocols);
            }
        }
    }
}

/// What a sample does not hold is cut, and not malformed.
#[test]
fn tshark_takes_what_was_cut_for_cut() {
    for snap in [256, 20] {
        for (file, protocol) in messages() {
            let records = records(file, protocol, snap);
            assert_well_formed(&through_tshark(&records), &records);
        }
    }
}

/// Values that have to be compared at least.
const LEAST_VALUES: usize = 1400;

/// The names that nlmon has for a field of tshark: of a structure's member, or of an attribute.
fn names_of(field: &str) -> Option<[String; 4]> {
    let (dissector, name) = field.split_once('.')?;
    let member = match dissector {
        "netlink-route" => {
            let renamed = [("rt_", "rtm_"), ("nd_", "ndm_")];
            let found = renamed.iter().find_map(|(theirs, ours)| {
                name.strip_prefix(theirs).map(|rest| format!("{ours}{rest}"))
            });
            found.unwrap_or_else(|| name.to_owned())
        }
        "netlink-sock_diag" | "netlink-netfilter" | "nl80211" => name.to_owned(),
        // Others of its fields are of the header.
        "genl" => name.strip_prefix("ctrl.")?.to_owned(),
        _ => return None,
    };
    let upper = member.to_ascii_uppercase();
    Some([format!("NL80211_ATTR_{upper}"), format!("CTRL_ATTR_{upper}"), upper, member])
}

/// The values of a record by name.
fn values(attributes: &serde_json::Value, found: &mut BTreeMap<String, Vec<String>>) {
    for attribute in attributes.as_array().into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap_or_default();
        let value = match &attribute["value"] {
            serde_json::Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        found.entry(name.to_owned()).or_default().push(value);
        values(&attribute["attributes"], found);
    }
}

/// Whether both are the same; `None` where one has a word for what is a number to the other.
fn same(ours: &str, theirs: &str) -> Option<bool> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    match (number(ours), number(theirs)) {
        (Some(ours), Some(theirs)) => Some(ours == theirs),
        (None, None) => Some(ours == theirs),
        _ => None,
    }
}

/// Whatever has a name on both sides, as often as in the other, has the same value there.
#[test]
fn tshark_reads_the_same_values() {
    let (mut compared, mut names, mut differences) = (0, BTreeSet::new(), BTreeSet::new());
    for (file, protocol) in messages() {
        let records = records(file, protocol, usize::MAX);
        let pdml = through_tshark(&records);
        for (packet, record) in pdml.split("<packet>").skip(1).zip(&records) {
            let (mut ours, mut theirs) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
            for message in &record.messages {
                values(&serde_json::to_value(&message.attributes).unwrap(), &mut ours);
            }
            for line in packet.lines().filter(|line| line.contains(" show=\"")) {
                theirs.entry(attribute(line, "name")).or_default().push(attribute(line, "show"));
            }
            for (field, theirs) in &theirs {
                let known =
                    names_of(field).and_then(|all| all.into_iter().find(|n| ours.contains_key(n)));
                let Some(name) = known.filter(|name| ours[name].len() == theirs.len()) else {
                    continue;
                };
                for (ours, theirs) in ours[&name].iter().zip(theirs) {
                    let Some(same) = same(ours, theirs) else { continue };
                    compared += 1;
                    names.insert(name.clone());
                    if !same {
                        differences.insert(format!("{name}: {ours} here, {theirs} in {field}"));
                    }
                }
            }
        }
    }
    println!("{compared} values of {} names are compared", names.len());
    assert!(differences.is_empty(), "{differences:#?}");
    assert!(compared >= LEAST_VALUES, "{compared}: {names:?}");
}
