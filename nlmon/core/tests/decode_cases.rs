//! Messages against what the kernel's own source says that they mean. Each case of
//! `tests/data/cases` gives datagrams (`protocol hexadecimal`) and what must be shown of them:
//! `path = value`, a path being names from anywhere in the tree downwards; `path withheld`;
//! `no path`; `summary = line` and `messages = count` for all of a datagram.
//!
//! Unlike the golden files, nothing here was written by the decoder.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

use std::path::Path;

use nlmon_core::decode::attribute::Attribute;
use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Families, Message, decode};
use nlmon_core::message;

/// Of one case.
#[derive(Debug, Default)]
struct Case {
    title: String,
    datagrams: Vec<(u8, Vec<u8>)>,
    expected: Vec<String>,
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().unwrap();
        match line.split_once(' ') {
            Some((number, hex)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                case.datagrams.push((number.parse().unwrap(), unhex(hex)));
            }
            _ => case.expected.push(line.to_owned()),
        }
    }
    cases
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The messages of a case; those that name a family of generic netlink are known from then on.
fn messages(case: &Case) -> (usize, Vec<Message>) {
    const NEW_FAMILY: u16 = 16;
    let datagrams = case.datagrams.iter().filter(|datagram| datagram.0 == protocol::GENERIC);
    let messages = datagrams.flat_map(|(_, bytes)| message::messages(bytes, bytes.len()));
    let answers = messages.filter(|message| message.header.message_type == NEW_FAMILY);
    let families = Families::parse(&answers.map(|m| m.payload.to_vec()).collect::<Vec<_>>());
    let mut all = Vec::new();
    for (protocol, bytes) in &case.datagrams {
        let len = u32::try_from(bytes.len()).unwrap();
        let context = Context::new(&families);
        all.extend(decode(*protocol, bytes, len, &context).messages);
    }
    (all.len(), all)
}

/// All attributes that a path leads to, from wherever in the tree it begins.
fn find<'a>(attributes: &'a [Attribute], path: &[&str], found: &mut Vec<&'a Attribute>) {
    fn down<'a>(attribute: &'a Attribute, path: &[&str], found: &mut Vec<&'a Attribute>) {
        let Some((first, rest)) = path.split_first() else { return };
        if attribute.name != *first {
            return;
        }
        if rest.is_empty() {
            found.push(attribute);
        }
        attribute.attributes.iter().for_each(|inner| down(inner, rest, found));
    }
    for attribute in attributes {
        down(attribute, path, found);
        find(&attribute.attributes, path, found);
    }
}

fn holds(line: &str, count: usize, messages: &[Message]) -> Result<(), String> {
    let at = |path: &str| {
        let path: Vec<_> = path.split('/').collect();
        let mut found = Vec::new();
        for message in messages {
            find(&message.attributes, &path, &mut found);
        }
        found
    };
    let values = |path: &str| -> Vec<String> {
        let shown = at(path).into_iter().map(|attribute| match attribute.withheld {
            Some(_) => "withheld".to_owned(),
            None => attribute.value.as_ref().map_or_else(String::new, ToString::to_string),
        });
        shown.collect()
    };
    let (path, expected, found) = if let Some(path) = line.strip_suffix(" withheld") {
        (path, "withheld", values(path))
    } else if let Some(path) = line.strip_prefix("no ") {
        let found = at(path);
        return if found.is_empty() { Ok(()) } else { Err(format!("{path}: {found:?}")) };
    } else {
        let (path, expected) = line.split_once(" = ").unwrap();
        let found = match path {
            "messages" => vec![count.to_string()],
            "summary" => messages.iter().map(|message| message.summary.clone()).collect(),
            "remark" => messages.iter().flat_map(|message| message.remarks.clone()).collect(),
            "type" => messages.iter().map(|message| message.kind().to_owned()).collect(),
            _ => values(path),
        };
        (path, expected, found)
    };
    if found.iter().any(|value| value == expected) {
        return Ok(());
    }
    Err(format!("{path} is not {expected} but {found:?}"))
}

fn assert_cases(file: &str) {
    let mut wrong = Vec::new();
    for case in cases(file) {
        let (count, messages) = messages(&case);
        for line in &case.expected {
            if let Err(why) = holds(line, count, &messages) {
                wrong.push(format!("{}: {why}", case.title));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn values_are_those_that_the_kernel_means() {
    assert_cases("values.txt");
}

#[test]
fn secrets_are_withheld() {
    assert_cases("secrets.txt");
}

#[test]
fn what_a_message_says_is_shown_whole() {
    assert_cases("missing.txt");
}

#[test]
fn lines_are_those_of_the_tools() {
    assert_cases("lines.txt");
}
