//! What is secret is in no form that `nlmon tail` and `nlmon decode` print: the cases of
//! `core/tests/data/cases/secrets.txt` say which bytes that is. With `--show-secrets` it is there, so
//! that the search is known to find it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/cases/mod.rs"]
#[expect(dead_code, reason = "this test decodes by the program")]
mod cases;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};

use cases::Case;

/// How everything can be printed.
const PRINTED: [&[&str]; 4] = [
    &["--verbose"],
    &["--verbose", "--hex"],
    &["--verbose", "--output", "json"],
    &["--output", "pcapng"],
];

/// A capture of link type NETLINK in the layout of `LINKTYPE_NETLINK`.
fn capture(case: &Case) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x0004_0000, 253] {
        file.extend(word.to_le_bytes());
    }
    for (protocol, bytes) in &case.datagrams {
        let mut packet = vec![0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, *protocol];
        packet.extend(bytes);
        let len = u32::try_from(packet.len()).unwrap();
        for word in [1_700_000_000, 0, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn hex(bytes: &[u8], between: &str) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(between)
}

/// Every form in which these bytes may be shown: as they are, in digits, in base64, as a number.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    forms.extend(["", " ", ":", "-"].map(|between| hex(secret, between).into_bytes()));
    forms.push(BASE64_STANDARD_NO_PAD.encode(secret).into_bytes());
    if let Ok(word) = <[u8; 4]>::try_from(secret) {
        forms.push(u32::from_le_bytes(word).to_string().into_bytes());
        forms.push(u32::from_be_bytes(word).to_string().into_bytes());
    }
    forms
}

fn holds(output: &[u8], secret: &[u8]) -> bool {
    let has = |form: Vec<u8>| output.windows(form.len()).any(|window| window == form);
    forms(secret).into_iter().any(has)
}

fn output(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_nlmon")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// What is printed of a case, in each form.
fn printed(number: usize, case: &Case, show: &[&str]) -> Vec<Vec<u8>> {
    let name = format!("nlmon-secrets-{}-{number}.pcap", std::process::id());
    let file = File(std::env::temp_dir().join(name));
    fs::write(&file.0, capture(case)).unwrap();
    let read = ["tail", "--read", file.0.to_str().unwrap()];
    PRINTED.iter().map(|form| output(&[&read[..], form, show].concat())).collect()
}

/// The cases with the bytes that are secret.
fn secrets() -> Vec<(Case, Vec<u8>)> {
    let cases = cases::read("secrets.txt").into_iter().map(|case| {
        let lines = case.expected.iter();
        let secret = lines.filter_map(|line| line.strip_prefix("secret = ")).next_back();
        let secret = cases::unhex(secret.unwrap_or_else(|| panic!("{}: no secret", case.title)));
        let is_there = |(_, bytes): &(u8, Vec<u8>)| holds(bytes, &secret);
        assert!(case.datagrams.iter().any(is_there), "{}: not in it", case.title);
        (case, secret)
    });
    cases.collect()
}

#[test]
fn nothing_secret_is_in_any_form_of_output() {
    for (number, (case, secret)) in secrets().iter().enumerate() {
        for (form, output) in PRINTED.iter().zip(printed(number, case, &[])) {
            let text = String::from_utf8_lossy(&output);
            assert!(!output.is_empty(), "{} {form:?}", case.title);
            assert!(!holds(&output, secret), "{} {form:?}: {text}", case.title);
        }
    }
}

#[test]
fn what_is_secret_is_shown_to_who_asks_for_it() {
    for (number, (case, secret)) in secrets().iter().enumerate() {
        let outputs = printed(1000 + number, case, &["--show-secrets"]);
        assert!(outputs.iter().any(|output| holds(output, secret)), "{}", case.title);
    }
}
