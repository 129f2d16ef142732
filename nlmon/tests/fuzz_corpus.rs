//! The corpus of the fuzz targets: that it has every real message of `tests/data`, and that every input
//! in it passes, on any compiler. `NLMON_BLESS=1` writes what is missing of it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../core/tests/captures/mod.rs"]
mod captures;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The control byte of an input that is whole, unicast and shows no secrets.
const PLAIN: u8 = 0;
/// Of the record target, one in this many messages is enough: it decodes them all the same way.
const RECORDS_EVERY: usize = 7;

/// Messages that no file has: what they look like, with made up contents.
const MADE_UP: [(&str, u8, &[u8]); 3] = [
    ("audit", 9, b"\x34\0\0\0\x14\x05\0\0\0\0\0\0\0\0\0\0audit(1700000000.123:7): pid=1 uid=0\0"),
    ("crypto", 21, b"\x1c\0\0\0\x13\0\x05\x03\x01\0\0\0\0\0\0\0\x08\0\x01\0\x07\0\0\0\0\0\0\0"),
    ("test", 17, b"\x1c\0\0\0\x10\0\x01\0\x01\0\0\0\0\0\0\0Hello you!\0\0"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// A capture in the older format, as tcpdump writes it: file header, packet header, the header of the
/// netlink device, and the datagram.
fn pcap(protocol: u8, datagram: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + datagram.len()).unwrap();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let file: Vec<u8> = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 253]);
    let packet: Vec<u8> = words(&[1_767_323_044, 7, len, len]);
    let device = [0, 6, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, protocol];
    [&file[..], &packet, &device, datagram].concat()
}

/// What the corpus has to have: path below its root, and contents.
fn expected() -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (file, protocol) in captures::FILES {
        let own = bodies::TARGETS.iter().find(|(_, of)| *of == Some(protocol));
        // Where several protocols share a target, an input says which it is of.
        let (own, head) = own.map_or(("others", vec![PLAIN, protocol]), |own| (own.0, vec![PLAIN]));
        let (_, first) = captures::read(file).swap_remove(0);
        all.insert(format!("capture/{file}.pcap"), pcap(protocol, &first));
        for (number, (_, bytes)) in captures::read(file).into_iter().enumerate() {
            let name = format!("{own}/{file}-{number:03}");
            all.insert(name, [&head[..], &bytes].concat());
            if number % RECORDS_EVERY == 0 {
                let name = format!("record/{file}-{number:03}");
                all.insert(name, [&[PLAIN, protocol][..], &bytes].concat());
            }
        }
    }
    let data = captures::directory().join("record.pcapng");
    all.insert("capture/record.pcapng".to_owned(), fs::read(data).unwrap());
    for (name, protocol, bytes) in MADE_UP {
        for target in ["others", "record"] {
            all.insert(format!("{target}/{name}"), [&[PLAIN, protocol], bytes].concat());
        }
    }
    all
}

#[test]
fn the_corpus_has_every_real_message() {
    let families = captures::families();
    assert_eq!(families.name(32), Some("wireguard"), "the numbers of bodies.rs are of this kernel");
    for (name, contents) in expected() {
        let path = root().join(&name);
        if std::env::var_os("NLMON_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &contents).unwrap();
        }
        let found = fs::read(&path).unwrap_or_default();
        assert!(found == contents, "{name}: NLMON_BLESS=1 cargo test --test fuzz_corpus writes it");
    }
}

/// And again cut short, with secrets, and as a multicast.
#[test]
fn every_input_of_the_corpus_passes() {
    let mut count = 0;
    for (target, _) in bodies::TARGETS {
        for entry in fs::read_dir(root().join(target)).unwrap() {
            let mut input = fs::read(entry.unwrap().path()).unwrap();
            for control in 0..8 {
                if let Some(first) = input.first_mut().filter(|_| target != "capture") {
                    *first ^= control;
                }
                bodies::run(target, &input);
                bodies::run(target, &input[..input.len() / 2]);
            }
            count += 1;
        }
    }
    assert!(count >= expected().len(), "{count}");
}
