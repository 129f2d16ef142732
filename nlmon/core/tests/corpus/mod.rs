//! A corpus of a fuzz crate: that it has what it has to have, and that every input in it passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The control byte of an input that is whole, unicast and shows no secrets.
pub(crate) const PLAIN: u8 = 0;

/// Messages that no file has: what they look like, with made up contents.
pub(crate) const MADE_UP: [(&str, u8, &[u8]); 3] = [
    ("audit", 9, b"\x34\0\0\0\x14\x05\0\0\0\0\0\0\0\0\0\0audit(1700000000.123:7): pid=1 uid=0\0"),
    ("crypto", 21, b"\x1c\0\0\0\x13\0\x05\x03\x01\0\0\0\0\0\0\0\x08\0\x01\0\x07\0\0\0\0\0\0\0"),
    ("test", 17, b"\x1c\0\0\0\x10\0\x01\0\x01\0\0\0\0\0\0\0Hello you!\0\0"),
];

/// Compares the corpus with what it has to have, by path and contents. `NLMON_BLESS=1` writes what is
/// missing of it.
pub(crate) fn assert_has(root: &Path, expected: &BTreeMap<String, Vec<u8>>) {
    for (name, contents) in expected {
        let path = root.join(name);
        if std::env::var_os("NLMON_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, contents).unwrap();
        }
        let found = fs::read(&path).unwrap_or_default();
        assert!(
            found == *contents,
            "{name}: NLMON_BLESS=1 cargo test --test fuzz_corpus writes it"
        );
    }
}

/// Puts every input of a target through its body, whole and cut short, with each of these control
/// bytes. Says how many there are.
pub(crate) fn replay(
    root: &Path,
    target: &str,
    controls: std::ops::Range<u8>,
    run: impl Fn(&str, &[u8]),
) -> usize {
    let inputs: Vec<_> = fs::read_dir(root.join(target)).unwrap().collect();
    for entry in &inputs {
        let input = fs::read(entry.as_ref().unwrap().path()).unwrap();
        for control in controls.clone() {
            let mut input = input.clone();
            if let Some(first) = input.first_mut() {
                *first ^= control;
            }
            run(target, &input);
            run(target, &input[..input.len() / 2]);
        }
    }
    inputs.len()
}
