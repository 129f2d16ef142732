//! Captures that other programs wrote: text2pcap, mergecap and gzip make them here of the golden
//! datagrams. `nlmon tail --read` shows them, and says what it does not show.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/captures/mod.rs"]
#[expect(dead_code, reason = "this test reads single files")]
mod captures;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nlmon::live::json::LogRecord;
use nlmon_core::record::Path;

/// What a program writes to standard output.
fn output(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("tshark's package has text2pcap and mergecap: cargo xtask setup");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program}");
    output.stdout
}

/// What precedes a datagram, by link type.
fn header(link: u16, protocol: u8) -> Vec<u8> {
    match link {
        276 => vec![0, protocol, 0, 0, 0, 0, 0, 7, 3, 0x38, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        _ => vec![0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, protocol],
    }
}

/// A capture by text2pcap, one packet a millisecond.
fn text2pcap(link: u16, format: &str, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut text = String::new();
    for (number, packet) in packets.iter().enumerate() {
        write!(text, "1767323045.{:06}\n000000", 1000 * number).unwrap();
        for byte in packet {
            write!(text, " {byte:02x}").unwrap();
        }
        text.push('\n');
    }
    let link = link.to_string();
    output(
        "text2pcap",
        &["-q", "-t", "%s.%f", "-l", &link, "-F", format, "-", "-"],
        text.as_bytes(),
    )
}

fn packets(link: u16, protocol: u8, datagrams: &[Vec<u8>]) -> Vec<Vec<u8>> {
    datagrams.iter().map(|bytes| [&header(link, protocol)[..], bytes].concat()).collect()
}

fn datagrams(file: &str) -> Vec<Vec<u8>> {
    captures::read(file).into_iter().map(|(_, bytes)| bytes).collect()
}

struct File(PathBuf);

impl File {
    fn new(contents: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("nlmon-foreign-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, contents).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// The records of a capture, and what is said on standard error.
fn tail(arguments: &[&str], capture: &[u8]) -> (Vec<LogRecord>, String) {
    let file = File::new(capture);
    let output = Command::new(env!("CARGO_BIN_EXE_nlmon"))
        .args(["tail", "--output", "json", "--read", file.path()])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let records = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (records, String::from_utf8(output.stderr).unwrap())
}

fn messages(records: &[LogRecord]) -> Vec<String> {
    records.iter().map(|record| serde_json::to_string(&record.messages).unwrap()).collect()
}

#[test]
fn every_link_type_and_gzip_is_the_same_log() {
    let datagrams = datagrams("rtnetlink");
    let (expected, err) = tail(&[], &text2pcap(253, "pcap", &packets(253, 0, &datagrams)));
    assert_eq!((expected.len(), &*err), (datagrams.len(), ""));
    for (link, format) in [(113, "pcap"), (113, "pcapng"), (276, "pcap"), (276, "pcapng")] {
        let capture = text2pcap(link, format, &packets(link, 0, &datagrams));
        assert_eq!(tail(&[], &capture), (expected.clone(), String::new()), "{link} {format}");
        let gzip = output("gzip", &["-c"], &capture);
        assert!(gzip.len() < capture.len());
        assert_eq!(tail(&[], &gzip), (expected.clone(), String::new()), "{link} {format} gzip");
    }
}

#[test]
fn packets_of_other_interfaces_and_devices_are_counted() {
    let datagrams = datagrams("rtnetlink");
    let netlink = File::new(&text2pcap(253, "pcap", &packets(253, 0, &datagrams[..3])));
    let ethernet = File::new(&text2pcap(1, "pcap", &vec![vec![2; 60]; 5]));
    let merged =
        output("mergecap", &["-F", "pcapng", "-w", "-", netlink.path(), ethernet.path()], &[]);
    let (records, err) = tail(&[], &merged);
    assert_eq!(records.len(), 3);
    assert_eq!(
        err,
        "nlmon: 5 packets are passed over: they are of interfaces that have no netlink\n"
    );
    // Of any device: the header of each packet says of which kind its device is.
    let mut any = packets(113, 0, &datagrams[..2]);
    any.push([&[0, 4, 0, 1, 0, 6][..], &[0; 8], &[8, 0], &[0x45; 40]].concat());
    let (records, err) = tail(&[], &text2pcap(113, "pcap", &any));
    assert_eq!(records.len(), 2);
    assert!(err.contains("1 packets are passed over"), "{err}");
}

#[test]
fn behind_a_broken_packet_it_goes_on() {
    let datagrams = datagrams("rtnetlink");
    let mut all = packets(253, 0, &datagrams[..3]);
    all[1].truncate(7);
    let (records, err) = tail(&[], &text2pcap(253, "pcapng", &all));
    assert_eq!(records.len(), 2);
    assert!(err.contains("1 packets cannot be read; the first: packet 2 is no netlink"), "{err}");
    // A block with a good length and a bad inside: it claims more bytes than it has.
    let mut capture = text2pcap(253, "pcapng", &packets(253, 0, &datagrams[..3]));
    let second = blocks(&capture).into_iter().filter(|block| block.0 == 6).nth(1).unwrap().1;
    capture[second + 20..second + 24].fill(0x7f);
    let (records, err) = tail(&[], &capture);
    assert_eq!(records.len(), 2, "{err}");
    assert!(err.contains("1 packets cannot be read; the first: ") && err.contains("byte"), "{err}");
}

/// Type and place of each block of a pcapng file.
fn blocks(file: &[u8]) -> Vec<(u32, usize)> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let mut at = 0;
    let mut all = Vec::new();
    while at < file.len() {
        all.push((word(at), at));
        at += usize::try_from(word(at + 4)).unwrap();
    }
    all
}

/// Simple packets have neither a time nor an interface: no tool here writes them, so the blocks of
/// text2pcap are rewritten by the format's specification.
#[test]
fn simple_packets_have_no_time_and_no_padding() {
    let mut odd = datagrams("rtnetlink").swap_remove(0);
    odd.push(7);
    let capture = text2pcap(253, "pcapng", &packets(253, 0, &[odd.clone()]));
    let at = blocks(&capture).into_iter().find(|block| block.0 == 6).unwrap().1;
    let mut simple = capture[..at].to_vec();
    let packet = packets(253, 0, &[odd]).swap_remove(0);
    let padded = packet.len().next_multiple_of(4);
    let total = u32::try_from(16 + padded).unwrap();
    let len = u32::try_from(packet.len()).unwrap();
    simple.extend([3, total, len].iter().flat_map(|word| word.to_le_bytes()));
    simple.extend(&packet);
    simple.resize(at + 12 + padded, 0);
    simple.extend(total.to_le_bytes());
    let (records, err) = tail(&[], &simple);
    assert_eq!((records.len(), &*err), (1, ""));
    assert_eq!((&*records[0].time, records[0].bytes), ("", len - 16));
    let (timed, _) = tail(&[], &capture);
    assert_eq!(messages(&records), messages(&timed));
}

/// The errors of nl80211 and ethtool do not repeat the command of their request.
#[test]
fn an_answer_names_what_it_answers_and_a_request_has_its_answer() {
    let capture = text2pcap(253, "pcapng", &packets(253, 16, &datagrams("wireless")));
    let (records, _) = tail(&[], &capture);
    let mut joined = 0;
    for record in records.iter().filter(|record| record.path == Path::Reply) {
        let Some(answer) = &record.answer else { continue };
        let message = &record.messages[0];
        let request = records.iter().rfind(|request| {
            let first = &request.messages[0];
            request.path == Path::Request
                && request.time < record.time
                && (first.seq, first.portid) == (message.seq, message.portid)
        });
        let request = request.unwrap();
        let about = answer.about.as_deref().unwrap();
        assert!(about.starts_with(request.messages[0].kind()), "{about}: {request:?}");
        assert_eq!(answer.errno.as_deref(), message.error.as_ref().map(|error| &*error.name));
        let told = request.answer.as_ref().unwrap();
        assert!(told.errno.is_some() || answer.errno.is_none(), "{request:?}");
        joined += 1;
    }
    assert!(joined > 10, "{joined}");
    let file = File::new(&capture);
    let text = Command::new(env!("CARGO_BIN_EXE_nlmon"))
        .args(["tail", "--errors", "--path", "reply", "--read", file.path()])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    // Of one the request is not in the capture.
    assert_eq!(
        (text.lines().count(), text.matches("[answers NL80211_CMD_").count()),
        (6, 5),
        "{text}"
    );
}

#[test]
fn a_dump_is_summed_up_at_its_end() {
    let capture = text2pcap(253, "pcap", &packets(253, 0, &datagrams("rtnetlink")[57..60]));
    let (records, _) = tail(&[], &capture);
    let counts = records[1].messages.len() as u64;
    for record in [&records[0], &records[2]] {
        let answer = record.answer.as_ref().unwrap();
        assert_eq!((answer.errno.as_deref(), &*answer.request), (Some("ok"), "RTM_GETLINK"));
        let dump = answer.dump.as_ref().unwrap();
        assert_eq!((dump.parts, dump.messages), (2, Some(counts)), "{record:?}");
        assert_eq!(answer.latency_ns, 2_000_000);
    }
}

/// A name that the capture tells at its end is known at its beginning; through a pipe it is not.
#[test]
fn names_and_families_are_learnt_from_the_whole_file() {
    let mut wireless = datagrams("wireless");
    let family = wireless.remove(1);
    wireless.push(family);
    let capture = text2pcap(253, "pcap", &packets(253, 16, &wireless));
    let (records, _) = tail(&[], &capture);
    assert!(records.iter().all(|record| record.messages[0].message_type != "35"));
    let piped = output(env!("CARGO_BIN_EXE_nlmon"), &["tail", "--read", "-"], &capture);
    let piped = String::from_utf8(piped).unwrap();
    assert!(piped.lines().next().unwrap().contains("nlctrl") || piped.contains(" 35 "), "{piped}");
    let mut route = datagrams("rtnetlink");
    route.reverse();
    let (records, _) = tail(&[], &text2pcap(253, "pcap", &packets(253, 0, &route)));
    let json = messages(&records).concat();
    assert!(json.matches("\"ifname\":\"lo\"").count() > 2, "{json}");
}

#[test]
fn secrets_are_shown_to_who_asks() {
    let capture = text2pcap(253, "pcap", &packets(253, 6, &datagrams("xfrm")));
    for key in ["11111111", "22222222", "33333333"] {
        let shown = |arguments: &[&str]| messages(&tail(arguments, &capture).0).concat();
        assert!(!shown(&["--hex"]).contains(key));
        assert!(shown(&["--show-secrets"]).contains(key), "{key}");
    }
}
