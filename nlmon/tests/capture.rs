//! Captures: what nlmon writes it reads back, field for field; what others write it reads as far as
//! it goes; and what is broken is said, at which byte, without a panic or memory that grows.
//! `NLMON_UPDATE_GOLDEN=1` rewrites `tests/data/record.pcapng`.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[expect(dead_code, reason = "this test reads single files")]
#[path = "../core/tests/captures/mod.rs"]
mod captures;

use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::PathBuf;

use nlmon::live::filter::Filter;
use nlmon::live::json::LogRecord;
use nlmon::live::pcapng::{Capture, Item, ReadError, Reader};
use nlmon_core::decode::specs::Specs;
use nlmon_core::decode::{Context, Families, decode, names};
use nlmon_core::record;

const KINDS: [(&str, &str); 8] = [
    ("rtnetlink", "route"),
    ("route_more", "route"),
    ("netfilter", "netfilter"),
    ("generic", "generic"),
    ("wireless", "generic"),
    ("ipvs", "generic"),
    ("xfrm", "xfrm"),
    ("sock_diag", "sock_diag"),
];

/// Every field that a record can have besides its messages.
const FULL: &str = r#"{"time":"2026-01-02T03:04:05.000006789Z","time_ns":77,"path":"reply",
    "protocol":"route","netns":4026531840,"netns_name":"blue","process":{"pid":8,"tid":9,
    "comm":"i\u0000p \u001b[1m","uid":3,"executable":"/sbin/ip","cgroup_id":18446744073709551615,
    "unit":"a.service","container":"c0ffee","kernel_thread":true,"interrupt":true},"portid":4,
    "src_portid":5,"group":"link","bytes":44,"result":"ENOBUFS","duration_ns":6,
    "answer":{"latency_ns":7,"errno":"EEXIST","request":"RTM_NEWLINK","text":"no \u00fc",
    "dump":{"parts":1,"bytes":2,"messages":3,"interrupted":true}},"parent":{"type":"RTM_SETLINK"},
    "cause":"flushed","outcome":"delivered","delivery_latency_ns":8,"truncated":true,
    "redacted":true,"messages":[],"data":""}"#;

fn data(name: &str) -> PathBuf {
    captures::directory().join(name)
}

fn datagrams(name: &str) -> Vec<Vec<u8>> {
    captures::read(name).into_iter().map(|(_, bytes)| bytes).collect()
}

/// A record of a datagram of which the first `len` bytes were captured, as the daemon makes it.
fn record(protocol: &str, datagram: &[u8], len: usize, families: &Families) -> LogRecord {
    let mut record: LogRecord = serde_json::from_str(FULL).unwrap();
    let number = names::parse_protocol(protocol).unwrap();
    record.protocol = names::protocol_name(number);
    record.bytes = u32::try_from(datagram.len()).unwrap();
    let mut bytes = datagram[..len.min(datagram.len())].to_vec();
    let context = Context::new(families);
    for place in decode(number, &bytes, record.bytes, &context).withheld {
        bytes[place].fill(0);
    }
    let decoded = decode(number, &bytes, record.bytes, &context);
    (record.messages, record.truncated) = (decoded.messages, decoded.truncated);
    record.data = Some(hex(&bytes));
    record
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

/// One record of each kind of message that the tests have, whole and cut.
fn records() -> Vec<LogRecord> {
    let families = Families::named(
        &[(20, "ethtool".into()), (26, "wireguard".into()), (35, "nl80211".into())].into(),
    );
    let mut all = Vec::new();
    for (name, protocol) in KINDS {
        for (number, datagram) in datagrams(name).iter().enumerate() {
            let mut record = record(protocol, datagram, 256 << (number % 9), &families);
            record.netns = 7 + u32::try_from(number % 3).unwrap();
            record.path = record::Path::ALL[number % 5];
            all.push(record);
        }
    }
    all
}

fn write(records: &[LogRecord]) -> Vec<u8> {
    let mut capture = Capture::new(Vec::new()).unwrap();
    for record in records {
        capture.write(record).unwrap();
    }
    std::mem::take(capture.get_mut())
}

/// What a capture holds, and how it ends.
fn read(file: impl Read) -> (Vec<Item>, Result<(), ReadError>) {
    let mut items = Vec::new();
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (items, Err(error)),
    };
    loop {
        match reader.read() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, Ok(())),
            Err(error) => return (items, Err(error)),
        }
    }
}

/// The records of a capture that is whole.
fn whole(file: &[u8]) -> Vec<LogRecord> {
    let (items, end) = read(file);
    end.unwrap();
    let record = |item| match item {
        Item::Record(record) => *record,
        Item::Lost(lost) => panic!("{lost} lost"),
    };
    items.into_iter().map(record).collect()
}

fn golden() -> Vec<LogRecord> {
    let families = Families::named(&[(20, "ethtool".into())].into());
    let link = &datagrams("rtnetlink")[0];
    let generic = &datagrams("generic")[0];
    vec![
        record("route", link, 96, &families),
        record("generic", generic, usize::MAX, &families),
        serde_json::from_str(FULL).unwrap(),
    ]
}

#[test]
fn what_is_written_is_what_was_and_reads_back() {
    let records = golden();
    let file = write(&records);
    if std::env::var_os("NLMON_UPDATE_GOLDEN").is_some() {
        std::fs::write(data("record.pcapng"), &file).unwrap();
    }
    let known = std::fs::read(data("record.pcapng")).unwrap();
    assert_eq!(whole(&known), records, "a capture of an earlier nlmon has to stay readable");
    assert_eq!(file, known, "the format has changed");
}

#[test]
fn every_message_reads_back_field_for_field() {
    let records = records();
    assert!(records.len() > 100, "{}", records.len());
    for (read, written) in whole(&write(&records)).iter().zip(&records) {
        assert_eq!(read, written);
    }
    assert_eq!(whole(&write(&records)).len(), records.len());
}

#[test]
fn messages_that_the_bytes_do_not_make_again_come_back_too() {
    let mut record = golden().remove(0);
    record.messages[0].summary = "of a later nlmon".into();
    let link = datagrams("rtnetlink")[0].clone();
    // As with `capture_secrets`: the bytes hold what is otherwise withheld.
    let key = datagrams("xfrm").into_iter().max_by_key(Vec::len).unwrap();
    let mut shown = self::record("xfrm", &key, usize::MAX, &Families::default());
    let families = Families::default();
    let context = Context { show_secrets: true, ..Context::new(&families) };
    shown.messages = decode(6, &key, shown.bytes, &context).messages;
    shown.data = Some(hex(&key));
    let large = self::record("route", &link.repeat(44), usize::MAX, &Families::default());
    let records = [record, shown, large];
    assert_eq!(whole(&write(&records)), records);
}

#[test]
fn losses_are_kept_in_their_place() {
    let mut capture = Capture::new(Vec::new()).unwrap();
    let record = golden().remove(0);
    capture.write(&record).unwrap();
    capture.lost(3);
    capture.lost(4);
    capture.write(&record).unwrap();
    let record = Item::Record(Box::new(record));
    let (items, end) = read(&**capture.get_mut());
    end.unwrap();
    assert_eq!(items, [record.clone(), Item::Lost(7), record]);
}

#[test]
fn a_cut_file_gives_what_is_whole_and_says_where_it_is_cut() {
    let file = write(&golden());
    let records = golden();
    let mut whole_at = Vec::new();
    for len in 0..file.len() {
        let (items, end) = read(&file[..len]);
        let given = items.len();
        assert!(items.into_iter().zip(&records).all(|(i, r)| i == Item::Record(r.clone().into())));
        match end {
            Ok(()) => whole_at.push(len),
            Err(ReadError::NoCapture) => assert_eq!((len, given), (0, 0)),
            Err(ReadError::Truncated { offset }) => assert!(offset < len as u64),
            Err(other) => panic!("cut at {len}: {other}"),
        }
    }
    // Between blocks it is a capture that ends sooner.
    assert_eq!(whole_at.len(), 7, "{whole_at:?}");
}

/// A generator of numbers that are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }
}

#[test]
fn whatever_is_changed_in_a_file_nothing_panics() {
    let files = [write(&golden()), tcpdump(false, &tapped()), tcpdump(true, &tapped())];
    let mut random = Random(0x6e6c_6d6f_6e00_0001);
    let mut errors = 0;
    for round in 0..6000 {
        let mut file = files[round % files.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(file.len());
            match random.below(4) {
                0 => file[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
                1 => file[at] ^= 1 << random.below(8),
                2 => drop(file.drain(at..(at + random.below(9)).min(file.len()))),
                _ => file.insert(at, u8::try_from(random.below(256)).unwrap()),
            }
        }
        errors += usize::from(read(&*file).1.is_err());
    }
    assert!(errors > 1000, "{errors} of 6000 files were seen to be broken");
}

#[test]
fn a_block_of_any_length_takes_bounded_memory() {
    struct Counted<R>(R, u64);
    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(bytes)?;
            self.1 += read as u64;
            Ok(read)
        }
    }
    let mut head = write(&[]);
    head.extend([6, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff]);
    let mut input = Counted(head.chain(io::repeat(0)), 0);
    let (_, end) = read(&mut input);
    assert!(matches!(end, Err(ReadError::TooLong { offset: 28 })), "{end:?}");
    assert!(input.1 < 18 << 20, "{} bytes were read", input.1);
}

/// Two datagrams with their protocols.
fn tapped() -> [(u8, Vec<u8>); 2] {
    [(0, datagrams("rtnetlink").swap_remove(0)), (6, datagrams("xfrm").swap_remove(0))]
}

/// What tcpdump makes of a tap: the older format, microseconds, and every packet outgoing.
fn tcpdump(pcapng: bool, datagrams: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let word = |file: &mut Vec<u8>, words: &[u32]| {
        file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    };
    if pcapng {
        // As dumpcap's, without a resolution: microseconds.
        word(&mut file, &[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
        word(&mut file, &[1, 20, 253, 0x40000, 20]);
    } else {
        word(&mut file, &[0xa1b2_c3d4, 0x0004_0002, 0, 0, 0x40000, 253]);
    }
    for (protocol, datagram) in datagrams {
        let mut packet = vec![0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, *protocol];
        packet.extend(datagram);
        packet.resize(packet.len().next_multiple_of(4), 0);
        let len = u32::try_from(packet.len()).unwrap();
        if pcapng {
            let us = 1_767_323_045_000_006_u64;
            let [low, high] = [us & 0xffff_ffff, us >> 32].map(|half| u32::try_from(half).unwrap());
            word(&mut file, &[6, 32 + len, 0, high, low, len, len]);
            file.extend(packet);
            word(&mut file, &[32 + len]);
        } else {
            word(&mut file, &[1_767_323_045, 6, len, len]);
            file.extend(packet);
        }
    }
    file
}

#[test]
fn a_capture_of_tcpdump_reads_with_what_is_there_and_without_keys() {
    for pcapng in [false, true] {
        let records = whole(&tcpdump(pcapng, &tapped()));
        assert_eq!(records.len(), 2);
        let link = &records[0];
        assert_eq!(link.time, "2026-01-02T03:04:05.000006000Z");
        assert_eq!((&*link.protocol, link.path), ("route", record::Path::Multicast));
        assert_eq!((&*link.messages[0].message_type, link.process.as_ref()), ("RTM_NEWLINK", None));
        assert!(!link.messages[0].attributes.is_empty() && link.data.is_some());
        let state = &records[1];
        assert_eq!((&*state.protocol, state.path), ("xfrm", record::Path::Request));
        let json = serde_json::to_string(state).unwrap();
        assert!(state.redacted && json.contains("withheld"), "{json}");
        for key in ["11111111", "22222222", "33333333", "42424242", "43434343"] {
            assert!(!json.contains(key), "{key} in {json}");
        }
    }
}

#[test]
fn a_capture_names_the_families_that_its_kernel_told_of() {
    let datagrams: Vec<_> = datagrams("wireless").into_iter().map(|bytes| (16, bytes)).collect();
    let types = |datagrams: &[_]| -> Vec<_> {
        let records = whole(&tcpdump(false, datagrams));
        records.into_iter().map(|record| record.messages[0].message_type.clone()).collect()
    };
    let named = types(&datagrams);
    assert!(named.iter().filter(|name| *name == "nl80211").count() > 50, "{named:?}");
    assert!(named.iter().all(|name| name != "35"), "{named:?}");
    // The second is what the kernel answered.
    let without = types(&[&datagrams[..1], &datagrams[2..]].concat());
    assert!(without.iter().all(|name| name != "nl80211"), "{without:?}");
}

#[test]
fn a_filter_sees_what_the_daemon_saw() {
    let records = records();
    let wanted =
        Filter { protocol: vec!["generic".into()], unit: vec!["a.*".into()], ..<_>::default() };
    let matcher = wanted.compile(Specs::default()).unwrap();
    let count = |records: &[LogRecord]| records.iter().filter(|r| matcher.matches(r)).count();
    assert!(count(&records) > 0);
    assert_eq!(count(&whole(&write(&records))), count(&records));
}

#[test]
fn a_capture_cannot_write_to_the_terminal() {
    let mut forged = golden();
    forged[0].messages[0].summary = "\x1b[2J".into();
    forged[1].group = Some("\x1b[2J".into());
    for record in whole(&write(&forged[..2])) {
        // Not what nlmon writes: read as the packet of another program.
        assert_eq!(record.process, None);
        assert!(!serde_json::to_string(&record).unwrap().contains("u001b"));
    }
}

#[test]
fn what_is_no_capture_of_netlink_is_said() {
    assert!(matches!(read(&b"# text\n"[..]).1, Err(ReadError::NoCapture)));
    assert!(matches!(read(&[0; 64][..]).1, Err(ReadError::NoCapture)));
    let mut ethernet = tcpdump(false, &tapped());
    ethernet[20] = 1;
    let error = read(&*ethernet).1.unwrap_err().to_string();
    assert!(error.contains("byte 24") && error.contains("NETLINK"), "{error}");
    let mut short = tcpdump(false, &tapped());
    short.truncate(24);
    short.extend([1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4]);
    let mut reader = Reader::new(&*short).unwrap();
    assert_eq!(reader.read().unwrap(), None);
    let error = reader.passed().first_broken.clone().unwrap();
    assert!(error.contains("packet 1") && error.contains("byte 44"), "{error}");
}
