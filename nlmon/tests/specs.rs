//! A family that only a spec describes: what is shown of its messages and what is withheld, as text,
//! as JSON and from a capture; what `nlmon check` and a wrong spec say; and that no text and no
//! message makes it panic.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

mod directory;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use directory::Directory;
use jiff::tz::TimeZone;
use nlmon::live::filter::Filter;
use nlmon::live::json::LogRecord;
use nlmon::live::pcapng::Capture;
use nlmon::live::text::Style;
use nlmon_core::decode::names::protocol::GENERIC;
use nlmon_core::decode::specs::{Spec, Specs};
use nlmon_core::decode::{Context, Decoded, Families, decode};
use proptest::prelude::*;

const TEA_POT: &str = include_str!("../core/tests/specs/tea-pot.yaml");
const FAMILY: u16 = 40;

fn specs() -> Specs {
    Specs::new([Spec::parse(TEA_POT).unwrap()])
}

fn families(specs: Specs) -> Families {
    Families::named(&BTreeMap::from([(FAMILY, "tea-pot".to_owned())])).with_specs(specs)
}

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [&len.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A message of the family: its header is on a shelf, and these are its attributes.
fn message(command: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
    let payload = [&[command, 1, 0, 0, 7, 0, 0, 0][..], &attributes.concat()].concat();
    let len = u32::try_from(16 + payload.len()).unwrap();
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend(FAMILY.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(payload);
    bytes
}

/// One with an attribute of every kind.
fn brewed() -> Vec<u8> {
    let cup = [attribute(1, &[3]), attribute(2, &attribute(1, &[4]))].concat();
    let body = [&[0, 0, 1, 2][..], &[2, 0, 0, 0, 0, 1], b"ss", &[5], b"blue\0"].concat();
    message(
        1,
        &[
            attribute(1, &9_u32.to_ne_bytes()),
            attribute(2, b"green\0"),
            attribute(3, b"hunter2\0"),
            attribute(4, b""),
            attribute(8, &[4]),
            attribute(9, &17_u32.to_ne_bytes()),
            attribute(10, &[0, 0x22]),
            attribute(11, &(-5_i16).to_ne_bytes()),
            attribute(12, &70_000_u64.to_ne_bytes()),
            attribute(14, b""),
            attribute(15, &[192, 0, 2, 1]),
            attribute(17, &[0x1f, 0x90]),
            attribute(18, b"grandmother's"),
            attribute(19, b"0123"),
            attribute(20, &body),
            attribute(21, &[1, 0, 2, 0]),
            attribute(22, b"drops"),
            attribute(23, &[1, 0, 0, 0, 3, 0, 0, 0]),
            attribute(24, &cup),
            attribute(25, &attribute(1, &cup)),
            attribute(26, &attribute(1, &6_u32.to_ne_bytes())),
            attribute(28, &attribute(2, &attribute(5, &attribute(1, &[8])))),
            attribute(29, &attribute(1, &[7])),
            attribute(30, &attribute(1, &[0, 0, 1, 0])),
            attribute(32, &attribute(1, b"what")),
            attribute(99, b"new"),
        ],
    )
}

const WITHHELD: [&str; 7] = ["hunter2", "grandmother", "0123", "ss", "drops", "what", "new"];

fn decoded(bytes: &[u8], context: &Context<'_>) -> Decoded {
    decode(GENERIC, bytes, u32::try_from(bytes.len()).unwrap(), context)
}

/// A record of these bytes, as the daemon makes it.
fn record(bytes: &[u8], context: &Context<'_>) -> LogRecord {
    let decoded = decoded(bytes, context);
    let mut bytes = bytes.to_vec();
    decoded.withheld.iter().for_each(|place| bytes[place.clone()].fill(0));
    let data = bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    let messages = serde_json::to_string(&decoded.messages).unwrap();
    let redacted = if decoded.withheld.is_empty() { "" } else { r#""redacted":true,"# };
    let record = format!(
        "{{\"time\":\"2026-01-02T03:04:05.000006789Z\",\"time_ns\":1,\"path\":\"multicast\",\
         \"protocol\":\"generic\",\"netns\":1,\"src_portid\":0,\"bytes\":{},{redacted}\
         \"messages\":{messages},\"data\":\"{data}\"}}",
        bytes.len(),
    );
    serde_json::from_str(&record).unwrap()
}

#[test]
fn what_a_spec_explains_is_shown() {
    let families = families(specs());
    let record = record(&brewed(), &Context::new(&families));
    let style = Style { verbose: true, hex: true, ..Style::plain(TimeZone::UTC) };
    let text = style.render(&record);
    for expected in [
        "TEA_POT_CMD_GET",
        "redacted",
        "shelf 7",
        "TEA_POT_A_ID 9",
        "TEA_POT_A_LABEL green",
        "TEA_POT_A_LEAF black",
        "TEA_POT_A_QUIRKS leaks,chipped",
        "TEA_POT_A_KINDS green,oolong",
        "TEA_POT_A_TEMPERATURE -5",
        "TEA_POT_A_BREWED 70000",
        "TEA_POT_A_WARM",
        "TEA_POT_A_ADDRESS 192.0.2.1",
        "TEA_POT_A_PORT 8080",
        "height 258",
        "screw_mac 02:00:00:00:00:01",
        "leaf oolong",
        "glaze blue",
        "TEA_CUP_SIZE 3",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let json = serde_json::to_string(&record).unwrap();
    for expected in [
        r#""type":"tea-pot","command":"TEA_POT_CMD_GET","type_number":40"#,
        r#"{"name":"TEA_POT_A_WIFI_KEY","withheld":8}"#,
        r#"{"name":"TEA_POT_A_PAD"}"#,
        r#"{"name":"TEA_POT_A_RECIPE","withheld":13}"#,
        r#"{"name":"TEA_POT_A_DIGEST","withheld":4}"#,
        r#"{"name":"secret_mark","withheld":2}"#,
        r#"{"name":"TEA_POT_A_SIPS","attributes":[{"name":"0","value":1},{"name":"1","value":2}]}"#,
        r#"{"name":"TEA_POT_A_DROPS","withheld":5}"#,
        r#"{"name":"TEA_CUP_WITHIN","attributes":[{"name":"TEA_CUP_SIZE","value":4}]}"#,
        r#"{"name":"TEA_POT_A_STAINS","attributes":[{"name":"1","value":6}]}"#,
        r#"{"name":"2","attributes":[{"name":"5","attributes":[{"name":"TEA_CUP_SIZE","value":8}]}]}"#,
        r#"{"name":"TEA_POT_A_FILLING","attributes":[{"name":"TEA_CUP_SIZE","value":7}]}"#,
        r#"{"name":"TEA_POT_A_INNER","attributes":[{"name":"TEA_POT_A_ID","value":256}]}"#,
        r#"{"name":"TEA_POT_A_REST","withheld":8}"#,
        r#"{"name":"99","withheld":3}"#,
    ] {
        assert!(json.contains(expected), "{expected} is not in\n{json}");
    }
    for secret in WITHHELD {
        let hex = secret.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert!(!json.contains(&hex) && !json.contains(&format!("\"{secret}")), "{secret}: {json}");
    }
}

#[test]
fn without_its_spec_all_of_a_family_is_withheld() {
    let families = families(Specs::default());
    let bytes = brewed();
    let found = decoded(&bytes, &Context::new(&families));
    assert_eq!(found.withheld.iter().map(Range::len).sum::<usize>(), bytes.len() - 20);
    assert_eq!(found.withheld[0].start, 20);
    assert_eq!(found.messages[0].command.as_deref(), Some("1"));
}

/// The module may be newer than the spec, and its numbers mean something else.
#[test]
fn what_has_another_length_than_it_should_is_withheld() {
    let families = families(specs());
    let key = [7; 32];
    let numbers = [1, 8, 9, 10, 12, 14, 15, 16, 17];
    let bytes = message(1, &numbers.map(|number| attribute(number, &key)));
    let found = decoded(&bytes, &Context::new(&families));
    // One more is the gap in the family's header.
    assert_eq!(found.withheld.len(), 1 + numbers.len());
    let shown = serde_json::to_string(&found.messages).unwrap();
    assert!(!shown.contains("0707") && !shown.contains("true"), "{shown}");
    let cut = decode(GENERIC, &bytes[..bytes.len() - 20], 400, &Context::new(&families));
    assert_eq!(cut.withheld.last().map(|place| place.end), Some(bytes.len() - 20));
    // As far as the datagram was taken it has the length of a number, or of an address.
    for (number, kept) in [(1, 4), (12, 4), (15, 4)] {
        let bytes = message(1, &[attribute(number, &key)]);
        let cut = &bytes[..bytes.len() - key.len() + kept];
        let found = decode(GENERIC, cut, 400, &Context::new(&families));
        assert_eq!(found.withheld.last(), Some(&(cut.len() - kept..cut.len())), "{number}");
    }
}

/// What fills a gap today may be something else of a newer module.
#[test]
fn what_fills_a_gap_is_withheld() {
    let families = families(specs());
    let mut bytes = message(1, &[]);
    bytes[22..24].copy_from_slice(b"xy");
    let found = decoded(&bytes, &Context::new(&families));
    assert_eq!((found.withheld.len(), &found.withheld[0]), (1, &(22..24)));
}

#[test]
fn secrets_are_shown_to_whom_asks_for_them() {
    let families = families(specs());
    let context = Context { show_secrets: true, ..Context::new(&families) };
    let found = decoded(&brewed(), &context);
    assert!(found.withheld.is_empty());
    let json = serde_json::to_string(&found.messages).unwrap();
    assert!(json.contains(r#"{"name":"TEA_POT_A_DIGEST","value":"30313233"}"#), "{json}");
}

#[test]
fn a_filter_knows_the_names_of_specs() {
    let filter = |name: &str| Filter { message_type: vec![name.to_owned()], ..Filter::default() };
    for name in ["tea-pot", "TEA_POT_CMD_BOILED_NTF", "tea_pot_*"] {
        assert!(filter(name).compile(specs()).is_ok(), "{name}");
        assert!(filter(name).compile(Specs::default()).is_err(), "{name}");
        assert!(filter(name).check().is_ok(), "{name}");
    }
    let error = filter("TEA_POT_CMD_GTE").compile(specs()).unwrap_err().to_string();
    assert!(error.ends_with("did you mean \"TEA_POT_CMD_GET\"?"), "{error}");
}

/// Writes a file into the directory.
fn write(directory: &Directory, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn nlmon(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nlmon")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// `nlmon check` with this configuration of specs.
fn check(directory: &Directory, specs: &[&Path]) -> Output {
    let specs: Vec<_> =
        specs.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
    let config = format!("[log]\nspecs = [{}]\n", specs.join(","));
    let config = write(directory, "nlmon.toml", config);
    nlmon(&["check", "--config", config.to_str().unwrap()])
}

#[test]
fn check_says_what_it_found() {
    let directory = Directory::new();
    write(&directory, "tea-pot.yaml", TEA_POT);
    write(
        &directory,
        "known.yaml",
        TEA_POT.replace("name: tea-pot\nprotocol", "name: ovpn\nprotocol"),
    );
    write(&directory, "route.yaml", "name: rt\nprotocol: netlink-raw\nprotonum: 0\n");
    write(&directory, "README", "no spec");
    let output = check(&directory, &[&directory]);
    let expected = "configuration   valid\n\
                    specs           1 described: tea-pot\n                \
                    1 with tables of their own, which win: ovpn\n                \
                    1 of other protocols, passed over\n";
    assert!(text(&output.stdout).starts_with(expected), "{output:?}");
}

#[test]
fn a_wrong_spec_is_a_wrong_configuration() {
    let directory = Directory::new();
    let wrong = TEA_POT.replace("type: bitfield32", "type: bitfield33");
    let line = wrong[..wrong.find("bitfield33").unwrap()].lines().count();
    let wrong = write(&directory, "wrong.yaml", wrong);
    let raw = write(&directory, "raw.yaml", "name: rt\nprotocol: netlink-raw\n");
    let once = write(&directory, "once.yaml", TEA_POT);
    let twice = write(&directory, "twice.yaml", TEA_POT);
    let large = write(&directory, "large.yaml", "#".repeat((1 << 20) + 1));
    let bytes = write(&directory, "bytes.yaml", [0x61, 0xff]);
    let absent = directory.join("absent.yaml");
    let empty = directory.join("empty");
    fs::create_dir(&empty).unwrap();
    let at = |path: &Path, rest: &str| format!("{}{rest}", path.display());
    for (specs, expected) in [
        (vec![&wrong], at(&wrong, &format!(", line {line}: unknown variant"))),
        (vec![&raw], at(&raw, ": its protocol is netlink-raw, and only specs of generic netlink")),
        (vec![&once, &twice], at(&twice, " describes the family tea-pot, and so does ")),
        (vec![&large], at(&large, ": it is longer than 1048576 bytes")),
        (vec![&bytes], at(&bytes, ": invalid utf-8")),
        (vec![&absent], format!("cannot read {}: No such file", absent.display())),
        (vec![&empty], at(&empty, " has no file *.yaml in it")),
    ] {
        let specs: Vec<&Path> = specs.into_iter().map(PathBuf::as_path).collect();
        let output = check(&directory, &specs);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(message.starts_with(&format!("nlmon: {expected}")), "{message}, not {expected}");
        assert_eq!((message.lines().count(), text(&output.stdout)), (1, ""), "{message}");
    }
    let output = nlmon(&["run", "--specs", raw.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_capture_is_read_by_specs() {
    let directory = Directory::new();
    let spec = write(&directory, "tea-pot.yaml", TEA_POT);
    let families = families(Specs::default());
    // Of a daemon that shows everything and does not know the family.
    let context = Context { show_secrets: true, ..Context::new(&families) };
    let mut capture = Capture::new(Vec::new()).unwrap();
    capture.write(&record(&brewed(), &context)).unwrap();
    let file = write(&directory, "log.pcapng", std::mem::take(capture.get_mut()));
    let file = file.to_str().unwrap();
    let read =
        |more: &[&str]| nlmon(&[&["tail", "--read", file, "--output", "json"], more].concat());
    let output = read(&[]);
    assert!(text(&output.stdout).contains(r#""command":"1""#), "{output:?}");
    let specs = ["--specs", spec.to_str().unwrap()];
    let output = read(&[&specs[..], &["--type", "TEA_POT_CMD_*"]].concat());
    let json = text(&output.stdout);
    assert!(json.contains(r#"{"name":"TEA_POT_A_LABEL","value":"green"}"#), "{output:?}");
    assert_eq!(read(&["--type", "TEA_POT_CMD_GET"]).status.code(), Some(1));
    // What a daemon withheld that did not know the family is zeros now, and no values.
    let context = Context::new(context.families);
    let mut capture = Capture::new(Vec::new()).unwrap();
    capture.write(&record(&brewed(), &context)).unwrap();
    let withheld = write(&directory, "withheld.pcapng", std::mem::take(capture.get_mut()));
    let read = ["tail", "--output", "json", "--read", withheld.to_str().unwrap()];
    let output = nlmon(&[&read[..], &specs[..]].concat());
    let json = text(&output.stdout);
    assert!(json.contains("withheld") && !json.contains("TEA_POT_A_ID"), "{output:?}");
    // Only what is decoded here has a use for them.
    assert_eq!(nlmon(&[&["tail"], &specs[..]].concat()).status.code(), Some(1));
}

/// What the daemon decoded by a spec is in the capture where decoding without it makes less.
#[test]
fn a_capture_of_a_daemon_with_specs_reads_without_them() {
    let directory = Directory::new();
    let families = families(specs());
    let written = record(&brewed(), &Context::new(&families));
    let mut capture = Capture::new(Vec::new()).unwrap();
    capture.write(&written).unwrap();
    let file = write(&directory, "log.pcapng", std::mem::take(capture.get_mut()));
    let output = nlmon(&["tail", "--read", file.to_str().unwrap(), "--output", "json", "--hex"]);
    let read: LogRecord = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read, written);
}

/// Bytes that a spec has many of, and any.
fn spec_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        3 => prop::sample::select(&b"{}[]:,-&*#|>!%@`\"' \n\t0189eatx"[..]),
        1 => any::<u8>(),
    ]
}

fn assert_parses(text: &str) {
    match Spec::parse(text) {
        Ok(spec) => assert!(spec.name().bytes().all(|byte| byte.is_ascii_graphic())),
        Err(error) => {
            let error = error.to_string();
            assert!(!error.is_empty() && !error.contains('\n'), "{error:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spec_with_bytes_changed_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), spec_byte()), 1..6),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut bytes = TEA_POT.as_bytes().to_vec();
        let len = bytes.len();
        for (place, byte) in changes {
            bytes[place.index(len)] = byte;
        }
        assert_parses(&String::from_utf8_lossy(&bytes));
        assert_parses(&String::from_utf8_lossy(&bytes[..kept.index(len + 1)]));
    }

    #[test]
    fn a_spec_with_words_and_lines_moved_is_read_or_refused(
        moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        words in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
    ) {
        let mut lines: Vec<_> = TEA_POT.lines().collect();
        for (one, other) in moves {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines[one] = lines[other];
        }
        let text = lines.join("\n");
        let mut parts: Vec<_> = text.split_inclusive([' ', ',', '\n']).collect();
        for (one, other) in words {
            let (one, other) = (one.index(parts.len()), other.index(parts.len()));
            parts[one] = parts[other];
        }
        assert_parses(&parts.concat());
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        assert_parses(&text);
    }

    #[test]
    fn messages_with_bytes_changed_decode(
        changes in prop::collection::vec((16_usize..400, any::<u8>()), 0..8),
        kept in any::<prop::sample::Index>(),
        multicast in any::<bool>(),
    ) {
        thread_local! {
            static FAMILIES: Families = families(specs());
        }
        let mut bytes = brewed();
        let len = bytes.len();
        for (place, byte) in changes {
            bytes[place % len] = byte;
        }
        let kept = kept.index(len + 1);
        let full = u32::try_from(len).unwrap();
        FAMILIES.with(|families| {
            let context = Context { multicast, ..Context::new(families) };
            for bytes in [&bytes[..], &bytes[..kept]] {
                let found = decode(GENERIC, bytes, full, &context);
                let mut masked = bytes.to_vec();
                found.withheld.iter().for_each(|place| masked[place.clone()].fill(0));
                let again = decode(GENERIC, &masked, full, &context);
                if found.messages.iter().all(|message| message.message_type != "raw") {
                    assert_eq!(again.messages, found.messages);
                }
            }
        });
    }
}
