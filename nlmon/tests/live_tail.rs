//! `nlmon tail` as a person runs it: what goes to standard output, what to standard error, and
//! with which exit code. The daemon's end of the socket is played by the test.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nlmon::live::json::Detail;
use nlmon::live::protocol::Request;

const HELLO: &str = "{\"hello\":{\"version\":1,\"nlmon\":\"0.1.0\"}}\n";
const RECORD: &str = concat!(
    r#"{"time":"2026-01-02T03:04:05.000006789Z","time_ns":1,"path":"multicast","#,
    r#""protocol":"route","netns":1,"src_portid":0,"group":"link","bytes":44,"#,
    r#""outcome":"unobserved","messages":[{"type":"RTM_NEWLINK","len":44,"#,
    r#""summary":"dummy0 (ifindex 5)"}]}"#,
    "\n"
);
const LINE: &str = "03:04:05.000006 >>> ?                      route:link        RTM_NEWLINK      \
    dummy0 (ifindex 5)  [unobserved]\n";

fn socket() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("nlmon-tail-{}-{number}.sock", std::process::id()))
}

fn tail(socket: &PathBuf, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nlmon"));
    command.arg("tail").arg("--socket").arg(socket).args(arguments).env("TZ", "UTC");
    command.stdin(Stdio::null());
    command
}

/// Runs `nlmon tail` against a daemon that does as `daemon` says once it has read the request.
fn against(
    arguments: &[&str],
    daemon: impl FnOnce(UnixStream, Request) + Send + 'static,
) -> Output {
    let path = socket();
    let listener = UnixListener::bind(&path).unwrap();
    let daemon = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        BufReader::new(&stream).read_line(&mut request).unwrap();
        daemon(stream, serde_json::from_str(&request).unwrap());
    });
    let output = tail(&path, arguments).output().unwrap();
    daemon.join().unwrap();
    fs::remove_file(path).unwrap();
    output
}

fn say(mut stream: &UnixStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn records_come_out_as_lines_until_the_count_is_reached() {
    let output = against(&["--count", "2"], |stream, _| {
        say(&stream, &[HELLO, RECORD, "{\"lost\":3}\n", RECORD, RECORD].concat());
        // The client ends by itself, while the daemon would go on.
        let mut rest = Vec::new();
        (&stream).read_to_end(&mut rest).unwrap();
    });
    assert_eq!(text(&output.stdout), [LINE, LINE].concat());
    assert!(text(&output.stderr).contains("3 records are missing here"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn json_comes_out_as_it_comes_in() {
    let output = against(&["--output", "json", "--count", "1"], |stream, _| {
        say(&stream, &[HELLO, "{\"lost\":3}\n", RECORD].concat());
    });
    assert_eq!(text(&output.stdout), ["{\"lost\":3}\n", RECORD].concat());
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}

#[test]
fn each_form_asks_for_what_it_shows() {
    for (arguments, detail) in [
        (&[][..], Detail::Summary),
        (&["--verbose"], Detail::Attributes),
        (&["--output", "json"], Detail::Attributes),
        (&["--hex"], Detail::Data),
        (&["--output", "json", "--hex"], Detail::Data),
        (&["--output", "pcapng"], Detail::Data),
    ] {
        let output = against(arguments, move |stream, request| {
            assert_eq!(request.detail, detail);
            say(&stream, HELLO);
        });
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
    }
}

#[test]
fn a_capture_has_the_bytes_and_a_comment() {
    let record = RECORD.replace("\"messages\"", "\"data\":\"2c00000010000000\",\"messages\"");
    let output = against(&["--output", "pcapng", "--count", "1"], move |stream, _| {
        say(&stream, &[HELLO, "{\"lost\":3}\n", &record].concat());
    });
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("3 records are missing here"));
    let has = |bytes: &[u8]| output.stdout.windows(bytes.len()).any(|found| found == bytes);
    assert_eq!(output.stdout[..4], 0x0a0d_0d0a_u32.to_ne_bytes());
    assert!(has(&[0x2c, 0, 0, 0, 0x10, 0, 0, 0]));
    assert!(has(b"multicast ? RTM_NEWLINK dummy0 (ifindex 5)  [unobserved]"));
}

#[test]
fn the_filter_crosses_the_socket() {
    let arguments = ["--protocol", "route,xfrm", "--type", "RTM_*LINK", "--pid", "7", "--errors"];
    let output = against(&arguments, |stream, request| {
        assert_eq!(request.filter.protocol, ["route", "xfrm"]);
        assert_eq!(request.filter.message_type, ["RTM_*LINK"]);
        assert_eq!(request.filter.pid, [7]);
        assert!(request.filter.errors);
        say(&stream, HELLO);
    });
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the daemon closed the live log"));
}

#[test]
fn how_far_back_to_begin_crosses_the_socket_and_is_counted() {
    let arguments = ["--last", "20", "--since", "1m30s", "--count", "1"];
    let output = against(&arguments, |stream, request| {
        assert_eq!(request.history.last, Some(20));
        assert_eq!(request.history.since_ns, Some(90_000_000_000));
        say(&stream, &[HELLO, RECORD, RECORD].concat());
    });
    assert_eq!((text(&output.stdout), output.status.code()), (LINE, Some(0)));
    let output = tail(&socket(), &["--since", "yesterday"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains("like 90s, 5m or 1h30m") && message.lines().count() == 1, "{message}");
}

#[test]
fn a_wrong_filter_is_a_usage_error_before_anything_is_connected() {
    let output = tail(&socket(), &["--protocol", "rout"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let expected = "nlmon: unknown protocol \"rout\": did you mean \"route\"?\n";
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn without_a_daemon_it_says_what_to_do() {
    let absent = socket();
    let stale = socket();
    drop(UnixListener::bind(&stale).unwrap());
    for path in [&absent, &stale] {
        let output = tail(path, &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        let message = text(&output.stderr);
        assert!(message.contains("systemctl start nlmon") && message.lines().count() == 1);
    }
    fs::remove_file(stale).unwrap();
}

#[test]
fn a_refusal_is_passed_on() {
    let output = against(&[], |stream, _| {
        say(&stream, "{\"error\":{\"kind\":\"busy\",\"message\":\"64 clients are connected\"}}\n");
    });
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("refuses: 64 clients"));
}

/// `nlmon tail | head -1`
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let path = socket();
    let listener = UnixListener::bind(&path).unwrap();
    let mut child = tail(&path, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stream, _) = listener.accept().unwrap();
    say(&stream, &[HELLO, RECORD].concat());
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, LINE);
    drop(reader);
    say(&stream, RECORD);
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
    fs::remove_file(path).unwrap();
}
