//! `nlmon record` and `nlmon tail --read` as a person runs them. The daemon's end of the socket is
//! played by the test.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod directory;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use directory::Directory;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nlmon::live::json::Detail;
use nlmon::live::protocol::Request;

const HELLO: &str = "{\"hello\":{\"version\":1,\"nlmon\":\"0.1.0\"}}\n";
const RECORD: &str = concat!(
    r#"{"time":"2026-01-02T03:04:05.000006789Z","time_ns":1,"path":"multicast","#,
    r#""protocol":"route","netns":1,"#,
    r#""process":{"pid":5,"tid":5,"comm":"ip","uid":0,"cgroup_id":1},"#,
    r#""src_portid":0,"group":"link","bytes":44,"#,
    r#""messages":[{"type":"RTM_DELLINK","len":44,"summary":"a link"}],"data":"DATA"}"#,
    "\n"
);
const PATIENCE: Duration = Duration::from_secs(20);

/// A line of the log: a deleted link of that name.
fn record(name: &str) -> String {
    let mut data = vec![44, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    data.extend([0; 16]);
    data.extend([12, 0, 3, 0]);
    data.extend(name.as_bytes());
    data.resize(44, 0);
    let data = data.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    RECORD.replace("DATA", &data)
}

/// `nlmon record` with a daemon that let it in.
fn start(directory: &Directory, arguments: &[&str]) -> (Child, UnixStream) {
    let socket = directory.join("log.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let child = nlmon("record").arg("--socket").arg(&socket).args(arguments).spawn().unwrap();
    let (stream, _) = listener.accept().unwrap();
    let mut request = String::new();
    BufReader::new(&stream).read_line(&mut request).unwrap();
    let request: Request = serde_json::from_str(&request).unwrap();
    assert_eq!(request.detail, Detail::Data);
    (&stream).write_all(HELLO.as_bytes()).unwrap();
    fs::remove_file(socket).unwrap();
    (child, stream)
}

fn nlmon(command: &str) -> Command {
    let mut nlmon = Command::new(env!("CARGO_BIN_EXE_nlmon"));
    nlmon.arg(command).env("TZ", "UTC").stdin(Stdio::null());
    nlmon.stdout(Stdio::piped()).stderr(Stdio::piped());
    nlmon
}

fn read(file: &Path, arguments: &[&str]) -> Output {
    nlmon("tail").arg("--read").arg(file).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Waits until the file has that many records.
fn settle(file: &Path, records: usize) {
    let start = Instant::now();
    while text(&read(file, &[]).stdout).lines().count() != records {
        assert!(start.elapsed() < PATIENCE, "no {records} records came");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn records_until_a_signal_and_what_is_written_is_whole_at_any_time() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let directory = Directory::new();
        let file = directory.join("a.pcapng");
        let (child, mut daemon) = start(&directory, &[file.to_str().unwrap()]);
        daemon.write_all(record("one").as_bytes()).unwrap();
        settle(&file, 1);
        daemon.write_all([record("two"), "{\"lost\":3}\n".into()].concat().as_bytes()).unwrap();
        daemon.write_all(record("three").as_bytes()).unwrap();
        settle(&file, 3);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
        assert!(
            text(&output.stderr).contains("3 records in ")
                && text(&output.stderr).contains("3 are missing")
        );
        let output = read(&file, &["--output", "json", "--hex"]);
        assert_eq!(output.status.code(), Some(0));
        let lines: Vec<_> = text(&output.stdout).lines().collect();
        assert_eq!(format!("{}\n", lines[0]), record("one"));
        assert_eq!((lines.len(), lines[2]), (4, "{\"lost\":3}"));
    }
}

#[test]
fn stops_at_the_count_and_where_the_daemon_does() {
    let directory = Directory::new();
    let file = directory.join("a");
    let (child, mut daemon) = start(&directory, &[file.to_str().unwrap(), "--count", "1"]);
    daemon.write_all([record("one"), record("two")].concat().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    settle(&file, 1);

    let file = directory.join("b");
    let (child, mut daemon) = start(&directory, &[file.to_str().unwrap()]);
    daemon.write_all(record("one").as_bytes()).unwrap();
    drop(daemon);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the daemon closed the live log"));
    settle(&file, 1);
}

#[test]
fn replaces_a_file_only_by_force_and_never_what_a_link_leads_to() {
    let directory = Directory::new();
    let (file, link) = (directory.join("precious"), directory.join("link"));
    fs::write(&file, "precious").unwrap();
    symlink(&file, &link).unwrap();
    for there in [&file, &link] {
        let output = nlmon("record").arg(there).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("--force"), "{}", text(&output.stderr));
    }
    // Without a daemon nothing is replaced either.
    let output = nlmon("record").arg(&file).args(["--force", "--socket", "/nowhere"]).output();
    assert_eq!(output.unwrap().status.code(), Some(3));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let (child, mut daemon) =
        start(&directory, &[link.to_str().unwrap(), "--force", "--count", "1"]);
    daemon.write_all(record("one").as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    settle(&link, 1);
}

#[test]
fn a_capture_is_read_by_the_same_filters_and_in_every_form() {
    let directory = Directory::new();
    let file = directory.join("a");
    let (child, mut daemon) = start(&directory, &[file.to_str().unwrap(), "--count", "2"]);
    daemon.write_all([record("one"), record("two")].concat().as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    let shown = |arguments: &[&str]| {
        let output = read(&file, arguments);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{arguments:?}");
        output.stdout
    };
    assert_eq!(text(&shown(&[])).lines().count(), 2);
    let line = shown(&["--count", "1"]);
    assert!(text(&line).starts_with("03:04:05.000006 >>> ip[5] "), "{}", text(&line));
    assert_eq!(shown(&["--type", "RTM_NEWLINK"]), b"");
    assert_eq!(text(&shown(&["--pid", "5", "--process", "i?"])).lines().count(), 2);
    assert!(text(&shown(&["--hex"])).contains("    0000  2c 00 00 00 11 00"));
    assert!(text(&shown(&["--verbose"])).lines().count() > 2);
    assert!(!text(&shown(&["--output", "json"])).contains("\"data\""));
    assert_eq!(shown(&["--output", "pcapng"]), fs::read(&file).unwrap());
}

#[test]
fn what_cannot_be_read_is_said_behind_what_can() {
    let directory = Directory::new();
    let file = directory.join("a");
    let (child, mut daemon) = start(&directory, &[file.to_str().unwrap(), "--count", "2"]);
    daemon.write_all([record("one"), record("two")].concat().as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 5]).unwrap();
    let output = read(&file, &[]);
    assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(3), 1));
    let message = text(&output.stderr);
    assert!(message.contains("ends inside of what begins at byte "), "{message}");
    assert_eq!(message.lines().count(), 1);
    let output = read(&directory.join("absent"), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("absent: No such file"), "{}", text(&output.stderr));
    assert_eq!(read(&file, &["--last", "1"]).status.code(), Some(1));
    assert_eq!(read(&file, &["--type", "RTM_NEWLNIK"]).status.code(), Some(1));
}
