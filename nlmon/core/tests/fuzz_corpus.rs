//! The corpus of the fuzz targets of decoding: that it has every real message of `tests/data`, and that
//! every input in it passes, on any compiler. `NLMON_BLESS=1` writes what is missing of it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../fuzz/bodies.rs"]
mod bodies;
mod captures;
mod corpus;

use std::collections::BTreeMap;
use std::path::PathBuf;

use corpus::{MADE_UP, PLAIN};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// What the corpus has to have: path below its root, and contents.
fn expected() -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (file, protocol) in captures::FILES {
        let own = bodies::TARGETS.iter().find(|(_, of)| *of == Some(protocol));
        // Where several protocols share a target, an input says which it is of.
        let (own, head) = own.map_or(("others", vec![PLAIN, protocol]), |own| (own.0, vec![PLAIN]));
        for (number, (_, bytes)) in captures::read(file).into_iter().enumerate() {
            all.insert(format!("{own}/{file}-{number:03}"), [&head[..], &bytes].concat());
        }
    }
    for (name, protocol, bytes) in MADE_UP {
        all.insert(format!("others/{name}"), [&[PLAIN, protocol], bytes].concat());
    }
    all
}

#[test]
fn the_corpus_has_every_real_message() {
    let families = captures::families();
    assert_eq!(families.name(32), Some("wireguard"), "the numbers of input.rs are of this kernel");
    corpus::assert_has(&root(), &expected());
}

/// And again cut short, with secrets, and as a multicast.
#[test]
fn every_input_of_the_corpus_passes() {
    let replayed =
        bodies::TARGETS.map(|(name, _)| corpus::replay(&root(), name, 0..8, bodies::run));
    let count: usize = replayed.iter().sum();
    assert!(count >= expected().len(), "{count}");
}
