//! `nlmon decode` of what real tools print. `tests/data/paste` has one message of the golden captures
//! as xxd 2022, util-linux 2.38's hexdump, coreutils' od, tshark and strace 6.1 print it, and what
//! strace and libnl 3.7 printed of programs of their own.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[path = "../core/tests/captures/mod.rs"]
#[expect(dead_code, reason = "this test reads single files")]
mod captures;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nlmon::paste::{self, Sender};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/paste").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The message that the files are of: `RTM_NEWLINK` of the loopback interface.
fn link() -> Vec<u8> {
    captures::read("rtnetlink").swap_remove(0).1
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"))
}

fn nlmon(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nlmon"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read everything.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn shown(arguments: &[&str], input: &str) -> (String, String) {
    let output = nlmon(arguments, input);
    let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    (out.unwrap(), err.unwrap())
}

#[test]
fn every_tools_dump_is_the_same_message() {
    let names = [
        "xxd.txt",
        "xxd-g1.txt",
        "xxd-p.txt",
        "xxd-i.txt",
        "hexdump-C.txt",
        "hexdump.txt",
        "od-x1z.txt",
        "od-x.txt",
        "od-d.txt",
        "strace-octal.txt",
    ];
    for name in names {
        let paste = paste::read(&text(name)).unwrap();
        assert_eq!(paste.remarks, [""; 0], "{name}");
        let all: Vec<_> = paste.datagrams.iter().map(|datagram| hex(&datagram.bytes)).collect();
        assert_eq!(all, [hex(&link())], "{name}");
    }
}

#[test]
fn a_packet_of_wireshark_loses_the_header_of_its_device_and_keeps_the_protocol() {
    let paste = paste::read(&text("tshark-x.txt")).unwrap();
    assert_eq!(paste.datagrams[0].bytes, link());
    assert_eq!((paste.datagrams[0].protocol, paste.datagrams[0].len), (Some(0), link().len()));
    let kernel = text("xxd.txt").lines().fold(String::new(), |all, line| {
        all + "Nov 27 15:00:01 host kernel: [   12.345678] nl: " + line + "\n"
    });
    assert_eq!(paste::read(&kernel).unwrap().datagrams[0].bytes, link());
}

#[test]
fn strace_shows_what_it_has_not_decoded_itself() {
    let (out, err) = shown(&[], &text("strace-xx.txt"));
    let lines: Vec<_> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    let starts: Vec<_> = lines.iter().map(|words| &words[..3]).collect();
    assert_eq!(
        starts,
        [
            ["-->", "generic", "CTRL_CMD_GETFAMILY"],
            ["<--", "generic", "NLMSG_ERROR"],
            ["-->", "xfrm", "XFRM_MSG_GETSA"],
            ["<==", "xfrm", "NLMSG_DONE"],
        ]
    );
    assert!(out.contains("CTRL_CMD_GETFAMILY: ENOENT"), "{out}");
    assert_eq!(err, "");
}

/// strace printed each message twice: as it decoded it, and its bytes.
#[test]
fn the_dumps_below_the_calls_of_strace_are_their_messages() {
    let text = text("strace-dumps.txt");
    let paste = paste::read(&text).unwrap();
    let announced: Vec<usize> = text
        .lines()
        .filter(|line| line.contains("nlmsg_len="))
        .map(|line| line.rsplit_once(" = ").unwrap().1.parse().unwrap())
        .collect();
    let lengths: Vec<_> = paste.datagrams.iter().map(|datagram| datagram.bytes.len()).collect();
    assert!(lengths.len() > 5, "{lengths:?}");
    assert_eq!(lengths, announced);
    assert!(paste.datagrams.iter().all(|datagram| datagram.protocol == Some(0)));
    let sent = paste.datagrams.iter().filter(|datagram| datagram.sender == Sender::Process);
    assert_eq!(sent.count(), text.lines().filter(|line| line.contains(" send")).count());
    assert_eq!(paste.remarks, [""; 0]);
}

#[test]
fn a_message_that_only_strace_has_decoded_is_said() {
    let whole = text("strace-dumps.txt");
    let calls: Vec<_> = whole.lines().filter(|line| !line.starts_with(' ')).collect();
    let (out, err) = shown(&[], &calls.join("\n"));
    assert_eq!(out, "");
    assert!(err.contains("line 8 (and") && err.contains("-e read=all -e write=all"), "{err}");
}

#[test]
fn libnls_messages_are_whole_again() {
    let text = text("libnl.txt");
    let paste = paste::read(&text).unwrap();
    assert_eq!(paste.remarks, [""; 0]);
    let lengths: Vec<_> = paste.datagrams.iter().map(|d| format!("{}", d.bytes.len())).collect();
    let announced: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix(".nlmsg_len = ")).collect();
    assert_eq!(lengths, announced);
    let (out, _) = shown(&["-v"], &text);
    assert!(out.contains("CTRL_ATTR_FAMILY_NAME VFS_DQUOT"), "{out}");
}

/// A message of `wireguard`, whose family nothing in the bytes names.
fn wireguard() -> (u16, Vec<u8>) {
    let families = captures::families();
    let all = captures::read("generic").into_iter().map(|(_, bytes)| bytes);
    let number = |bytes: &[u8]| u16::from_le_bytes([bytes[4], bytes[5]]);
    let is_one = |bytes: &Vec<u8>| families.name(number(bytes)) == Some("wireguard");
    let message = all.filter(is_one).max_by_key(Vec::len).unwrap();
    (number(&message), message)
}

#[test]
fn a_family_is_named_by_who_pastes_and_keys_are_shown_to_who_asks() {
    let (number, message) = wireguard();
    let family = format!("{number}=wireguard");
    let hex = hex(&message);
    let (out, err) = shown(&["--protocol", "generic"], &hex);
    assert!(out.contains(&number.to_string()) && err.contains("--family"), "{out}{err}");
    let (out, err) = shown(&["--family", &family, "--output", "json"], &hex);
    assert_eq!(err, "");
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(record["messages"][0]["type"], "wireguard");
    assert_eq!((&record["time"], &record["redacted"]), (&serde_json::Value::Null, &true.into()));
    assert!(!out.contains("42424242"), "{out}");
    let (out, _) =
        shown(&["--family", &family, "--show-secrets", "--hex", "--output", "json"], &hex);
    assert!(out.contains("42424242"), "{out}");
    for wrong in ["36", "x=wireguard", "16=wireguard", "36=a-name-too-long-for-it"] {
        let output = nlmon(&["--family", wrong], &hex);
        assert_eq!(output.status.code(), Some(1), "{wrong}");
    }
}

#[test]
fn text_and_json_are_those_of_the_log_from_arguments_a_file_and_standard_input() {
    let hex = hex(&link());
    let (line, err) = shown(&[], &hex);
    assert_eq!(err, "");
    assert!(line.starts_with(">>> route             RTM_NEWLINK      lo (ifindex 1)"), "{line}");
    let parts = [&hex[..100], &hex[100..]];
    let path = file("hexdump-C.txt");
    let path = path.to_str().unwrap();
    for arguments in [&[&*hex][..], &parts, &[path], &["--file", path], &["--file", "-"]] {
        assert_eq!(shown(arguments, &hex).0, line, "{arguments:?}");
    }
    let (json, _) = shown(&["--output", "json"], &hex);
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["messages"][0]["attributes"][1]["value"], "lo");
    let (verbose, _) = shown(&["--verbose", "--hex"], &hex);
    assert!(verbose.contains("IFLA_IFNAME lo") && verbose.contains("bc 05 00 00"), "{verbose}");
}

#[test]
fn several_messages_are_shown_each_and_name_each_others_interfaces() {
    let address = "180000001600050300000000000000000208008001000000ffff";
    let route = captures::read("rtnetlink").into_iter().map(|(_, bytes)| bytes);
    let route = route.filter(|bytes| bytes[4] == 20).find(|bytes| bytes[20] == 1).unwrap();
    let (out, err) = shown(&[], &format!("{}\n{}\n", hex(&route), hex(&link())));
    assert!(out.lines().next().unwrap().contains(" lo"), "{out}");
    assert_eq!((out.lines().count(), &*err), (2, ""));
    let (out, _) = shown(&[], &(hex(&link()) + &hex(&link())));
    assert_eq!(out.lines().count(), 2, "{out}");
    let (out, err) = shown(&[], address);
    assert!(out.contains("RTM_GETADDR") && out.contains("raw"), "{out}{err}");
}

#[test]
fn what_is_cut_or_of_another_machine_is_said() {
    let hex = hex(&link());
    let (out, err) = shown(&[], &hex[..200]);
    assert!(out.contains("[cut]"), "{out}");
    assert_eq!(err, "nlmon: line 1: cut: 1468 bytes are announced, and 100 are there\n");
    let (_, err) = shown(&[], "00000014001a00050000000000000000 00000000");
    assert!(err.contains("line 1: the length is in the byte order of another"), "{err}");
    let (_, err) = shown(&["--protocol", "xfrm"], "100000001200010300000000 00000000");
    assert_eq!(err, "");
}

#[test]
fn what_cannot_be_read_has_its_line_and_column() {
    let dump = text("hexdump-C.txt").replacen("00000030  ", "00000040  ", 1);
    let cases = [
        ("2800 00zz", "line 1, column 8: 'z' is no hexadecimal digit"),
        ("28 00\n000", "line 2, column 1: 3 digits are no whole bytes"),
        ("28\u{fc}8", "line 1, column 3: '\u{fc}' is no hexadecimal digit"),
        ("\"\\x28\\q\"", "line 1, column 6: this is no escape of C"),
        ("write(3, \"\\x28", "line 1, column 10: this string has no end"),
        (&dump, "line 4, column 1: offset 0x40 follows where 0x30 is expected: a line is missing"),
        ("0000: 28 00 0x", "line 1, column 13: \"0x\" is no byte in hexadecimal"),
        (
            "--- BEGIN NETLINK MESSAGE ---",
            "line 1, column 1: this message of libnl has no line END",
        ),
        ("", "there are no bytes of a message in this text"),
    ];
    for (text, expected) in cases {
        let output = nlmon(&[], text);
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains(expected), "{text:?}: {err}");
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
}

/// Characters that mean something in one of the forms, and some that do not.
const CHARACTERS: [char; 16] =
    ['0', 'f', ' ', '\n', ':', '|', '*', '"', '\\', '(', '[', '{', '.', '=', '-', '\u{fc}'];

#[test]
fn whatever_is_changed_in_a_text_nothing_panics() {
    let names =
        ["xxd.txt", "hexdump-C.txt", "od-x.txt", "strace-xx.txt", "strace-octal.txt", "libnl.txt"];
    let mut state = 0x6e6c_6d6f_6e00_0001_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap() % limit
    };
    let texts: Vec<Vec<char>> =
        names.iter().map(|name| text(name).chars().take(2000).collect()).collect();
    let mut errors = 0;
    for round in 0..3000 {
        let mut text = texts[round % texts.len()].clone();
        for _ in 0..=below(4) {
            let at = below(text.len());
            match below(3) {
                0 => text[at] = CHARACTERS[below(16)],
                1 => drop(text.drain(at..(at + below(9)).min(text.len()))),
                _ => text.insert(at, CHARACTERS[below(16)]),
            }
        }
        let text: String = text.into_iter().collect();
        errors += usize::from(paste::read(&text).is_err());
    }
    assert!((500..3000).contains(&errors), "{errors} of 3000 texts were refused");
}

#[test]
fn a_short_text_takes_bounded_memory() {
    let one = "0000 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n0ff0000\n";
    let error = paste::read(&one.repeat(9)).unwrap_err();
    assert_eq!(error.problem, "the dumps are together longer than 64 MiB");
}

/// Two processes have sockets of the same number, and a child has its parent's.
#[test]
fn a_descriptor_is_of_its_process() {
    let text = concat!(
        "[pid  7] socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM) = 3\n",
        "[pid  8] socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) = 3\n",
        "[pid  8] socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) = 4\n",
        "[pid  7] send(3, \"\\20\\0\\0\\0\\22\\0\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\", 16, 0) = 16\n",
        "[pid  8] send(3, \"\\20\\0\\0\\0\\22\\0\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\", 16, 0) = 16\n",
        "[pid  9] send(4, \"\\20\\0\\0\\0\\22\\0\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\", 16, 0) = 16\n",
        "[pid  9] send(3, \"\\20\\0\\0\\0\\22\\0\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\", 16, 0) = 16\n",
    );
    let paste = paste::read(text).unwrap();
    let protocols: Vec<_> = paste.datagrams.iter().map(|datagram| datagram.protocol).collect();
    assert_eq!(protocols, [Some(6), Some(16), Some(9), None]);
}
