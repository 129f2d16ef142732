//! Messages against what the kernel's own source says that they mean. Each case of
//! `tests/data/cases` gives datagrams (`protocol hexadecimal`) and what must be shown of them:
//! `path = value`, a path being names from anywhere in the tree downwards; `path withheld`;
//! `no path`; `summary = line` and `messages = count` for all of a datagram. `secret = hexadecimal`
//! is for the test `secrets` of the daemon.
//!
//! Unlike the golden files, nothing here was written by the decoder.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

mod cases;

use nlmon_core::decode::Message;
use nlmon_core::decode::attribute::Attribute;

use cases::{messages, read};

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

fn holds(line: &str, messages: &[Message]) -> Result<(), String> {
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
            "messages" => vec![messages.len().to_string()],
            "summary" => messages.iter().map(|message| message.summary.clone()).collect(),
            "remark" => messages.iter().flat_map(|message| message.remarks.clone()).collect(),
            // For the tests of what is shown.
            "secret" => vec![expected.to_owned()],
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
    for case in read(file) {
        let messages = messages(&case);
        for line in &case.expected {
            if let Err(why) = holds(line, &messages) {
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
fn families_of_generic_netlink_are_shown_whole() {
    assert_cases("families.txt");
}

#[test]
fn lines_are_those_of_the_tools() {
    assert_cases("lines.txt");
}

#[test]
fn what_is_malformed_is_said() {
    assert_cases("malformed.txt");
}

#[test]
fn rules_are_in_the_words_of_nft() {
    assert_cases("nft.txt");
}
