//! The corpus of the daemon's fuzz targets: that it has what it has to have, and that every input in it
//! passes, on any compiler. `NLMON_BLESS=1` writes what is missing of it. That of the targets of
//! decoding is tested with the core.
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
#[path = "../core/tests/corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use corpus::{MADE_UP, PLAIN};

/// One in this many messages is enough: `record` decodes them all the same way.
const RECORDS_EVERY: usize = 7;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// What precedes a datagram on a netlink device, and in a cooked packet of the second version.
const DEVICE: [u8; 16] = [0, 6, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const COOKED: [u8; 20] = [0, 0, 0, 0, 0, 0, 0, 7, 3, 0x38, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A capture in the older format, as tcpdump writes it: file header, packet header, the header of the
/// netlink device, and the datagram.
fn pcap(link: u32, device: &[u8], protocol: u8, datagram: &[u8]) -> Vec<u8> {
    let mut device = device.to_vec();
    // The protocol is first or last.
    let at = if link == 276 { 1 } else { 15 };
    device[at] = protocol;
    let len = u32::try_from(device.len() + datagram.len()).unwrap();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let file: Vec<u8> = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link]);
    let packet: Vec<u8> = words(&[1_767_323_044, 7, len, len]);
    [&file[..], &packet, &device, datagram].concat()
}

/// `printf 'not a capture' | gzip -n`
const GZIP: [u8; 33] = [
    31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 203, 47, 81, 72, 84, 72, 78, 44, 40, 41, 45, 74, 5, 0,
    158, 207, 253, 4, 13, 0, 0, 0,
];

/// A capture of one interface with a block of each rare kind.
fn blocks() -> Vec<u8> {
    let words: [&[u32]; 5] = [
        &[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28],
        &[1, 20, 253, 0x40000, 20],
        &[3, 36, 20, 0x3803_0400, 0, 0, 0, 20, 36],
        &[2, 32, 0, 0, 0, 0, 0, 32],
        &[6, 32, 9, 0, 0, 0, 0, 32],
    ];
    words.iter().flat_map(|words| words.iter()).flat_map(|word| word.to_le_bytes()).collect()
}

/// What the corpus has to have: path below its root, and contents.
fn expected() -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (file, protocol) in captures::FILES {
        let (_, first) = captures::read(file).swap_remove(0);
        all.insert(format!("capture/{file}.pcap"), pcap(253, &DEVICE, protocol, &first));
        for (number, (_, bytes)) in captures::read(file).into_iter().enumerate() {
            if number % RECORDS_EVERY == 0 {
                let name = format!("record/{file}-{number:03}");
                all.insert(name, [&[PLAIN, protocol][..], &bytes].concat());
            }
        }
    }
    let (_, first) = captures::read("rtnetlink").swap_remove(0);
    let cooked = [(113, &DEVICE[..]), (276, &COOKED)];
    for (link, device) in cooked {
        all.insert(format!("capture/cooked-{link}.pcap"), pcap(link, device, 0, &first));
    }
    // An empty packet by gzip, and blocks of pcapng that are rare: simple, obsolete, of no interface.
    all.insert("capture/gzip".to_owned(), GZIP.to_vec());
    all.insert("capture/blocks.pcapng".to_owned(), blocks());
    let data = captures::directory().join("record.pcapng");
    all.insert("capture/record.pcapng".to_owned(), fs::read(data).unwrap());
    let pastes = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/paste");
    for entry in fs::read_dir(pastes).unwrap() {
        let entry = entry.unwrap();
        let name = format!("paste/{}", entry.file_name().to_str().unwrap());
        all.insert(name, fs::read(entry.path()).unwrap());
    }
    for (name, protocol, bytes) in MADE_UP {
        all.insert(format!("record/{name}"), [&[PLAIN, protocol], bytes].concat());
    }
    all
}

#[test]
fn the_corpus_has_real_messages_and_captures() {
    let families = captures::families();
    assert_eq!(families.name(32), Some("wireguard"), "the numbers of input.rs are of this kernel");
    corpus::assert_has(&root(), &expected());
}

/// And again cut short; records also with secrets, and as a multicast.
#[test]
fn every_input_of_the_corpus_passes() {
    let replay = |target| {
        // The others have no control byte.
        let controls = if target == "record" { 0..8 } else { 0..1 };
        corpus::replay(&root(), target, controls, bodies::run)
    };
    let count: usize = bodies::TARGETS.map(replay).iter().sum();
    assert!(count >= expected().len(), "{count}");
}
