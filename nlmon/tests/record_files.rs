//! `nlmon record` with several files: a ring of them, and one for each trigger. The daemon's end of the
//! socket is played by the test, so each record is at a second of its own.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod directory;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use directory::Directory;
use serde_json::{Value, json};

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const HELLO: &str = "{\"hello\":{\"version\":1,\"nlmon\":\"0.1.0\"}}\n";
const LOST: &str = "{\"lost\":3}\n";

/// A line of the log: a link was deleted at that second, and this was said of it.
fn record(second: u64, summary: &str) -> String {
    let record = json!({
        "time": format!("2026-01-02T03:04:{second:02}.5Z"), "time_ns": second * 1_000_000_000,
        "path": "multicast", "protocol": "route", "netns": 1, "src_portid": 0, "group": "link",
        "bytes": 20, "messages": [{"type": "RTM_DELLINK", "len": 20, "summary": summary}],
        "data": "1400000011000000000000000000000000000000",
    });
    format!("{record}\n")
}

struct Recording {
    directory: Directory,
    child: Child,
    daemon: UnixStream,
}

impl Recording {
    fn start(arguments: &[&str]) -> Self {
        let directory = Directory::new();
        let socket = directory.join("log.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut command = Command::new(NLMON);
        command.arg("record").arg("--socket").arg(&socket).arg(directory.join("a.pcapng"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let (daemon, _) = listener.accept().unwrap();
        BufReader::new(&daemon).read_line(&mut String::new()).unwrap();
        (&daemon).write_all(HELLO.as_bytes()).unwrap();
        fs::remove_file(socket).unwrap();
        Self { directory, child, daemon }
    }

    fn say(&mut self, lines: impl IntoIterator<Item = String>) {
        self.daemon.write_all(lines.into_iter().collect::<String>().as_bytes()).unwrap();
    }

    /// The files that there are at its end, which comes by itself, and what it said.
    fn end(self) -> (Directory, Vec<PathBuf>, String) {
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let entries = fs::read_dir(&*self.directory).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        (self.directory, files, String::from_utf8(output.stderr).unwrap())
    }
}

/// The seconds of a file's records; `None` where some are missing.
fn seconds(file: &PathBuf) -> Vec<Option<u64>> {
    let mut tail = Command::new(NLMON);
    let output = tail.args(["tail", "--output", "json", "--read"]).arg(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let second = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["time_ns"].as_u64().map(|ns| ns / 1_000_000_000)
    };
    std::str::from_utf8(&output.stdout).unwrap().lines().map(second).collect()
}

fn some(seconds: std::ops::RangeInclusive<u64>) -> Vec<Option<u64>> {
    seconds.map(Some).collect()
}

fn usage(arguments: &[&str]) -> Output {
    let output = Command::new(NLMON).args(["record", "/nowhere/a"]).args(arguments).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    output
}

#[test]
fn a_ring_keeps_the_newest_in_whole_files() {
    let mut recording = Recording::start(&["--ring", "3x4KiB", "--count", "59"]);
    // Some are missing before each, so that they are before the first of a file too.
    recording.say((0..60).map(|second| [LOST, &record(second, "x")].concat()));
    let (_directory, files, said) = recording.end();
    assert_eq!(files.len(), 3, "{files:?}");
    let mut all = Vec::new();
    for file in &files {
        assert!(fs::metadata(file).unwrap().len() <= 4096);
        let seconds = seconds(file);
        assert!(seconds.len() > 3, "{seconds:?}");
        all.extend(seconds);
    }
    // The newest without a gap, and what is missing in its place.
    let first = all[1].unwrap();
    assert!(first > 20, "{first}");
    let expected: Vec<_> = (first..=58).flat_map(|second| [None, Some(second)]).collect();
    assert_eq!(all, expected);
    let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    let number = |file: &PathBuf| name(file)[2..7].parse::<u64>().unwrap();
    let last = number(&files[2]);
    assert_eq!(files.iter().map(number).collect::<Vec<_>>(), [last - 2, last - 1, last]);
    assert!(name(&files[2]).starts_with("a_000") && name(&files[2]).ends_with("Z.pcapng"));
    let summary =
        format!("59 records (177 are missing) in 3 files, the last {}", files[2].display());
    assert!(said.contains(&summary), "{said}");
    assert!(said.contains(&format!("{} older ones are removed", last - 3)), "{said}");
}

#[test]
fn a_trigger_writes_the_past_and_what_follows() {
    let trigger = ["--trigger", "type=RTM_DELLINK text=boom", "--before", "5s", "--after", "2s"];
    let mut recording = Recording::start(&[&trigger[..], &["--count", "2"]].concat());
    let line = |second| match second {
        8 => [LOST, &record(second, "x")].concat(),
        // The second one comes while the file is open, the third afterwards.
        10 | 11 | 16 => record(second, "a boom"),
        _ => record(second, "x"),
    };
    recording.say((1..30).map(line));
    let (directory, files, said) = recording.end();
    let name =
        |number, second| directory.join(format!("a_{number:05}_20260102T0304{second}Z.pcapng"));
    assert_eq!(files, [name(1, 10), name(2, 16)], "{said}");
    let mut first = some(5..=12);
    first.insert(3, None);
    assert_eq!(seconds(&files[0]), first);
    // It begins where the other one ended.
    assert_eq!(seconds(&files[1]), some(13..=18));
    assert!(said.contains("8 records (3 are missing) in "), "{said}");
    assert!(said.contains("; 1 more would have triggered\n"), "{said}");
    assert!(said.contains("2 triggers, 14 records (3 are missing)"), "{said}");
}

#[test]
fn a_past_that_takes_too_much_memory_is_cut_and_that_is_said() {
    let arguments = ["--trigger", "text=boom", "--before-bytes", "2KiB", "--after", "1s"];
    let mut recording = Recording::start(&[&arguments[..], &["--count", "1"]].concat());
    recording.say((1..=20).map(|second| record(second, if second == 20 { "boom" } else { "x" })));
    let (_directory, files, said) = recording.end();
    let seconds = seconds(&files[0]);
    assert!((2..8).contains(&seconds.len()), "{seconds:?}");
    assert_eq!(seconds.last(), Some(&Some(20)));
    let has = 21 - seconds.len();
    let cut = format!("it begins {}.000 s before the trigger, not 60.000 s", 20 - has);
    assert!(said.contains(&cut), "{said}");
}

#[test]
fn a_file_ends_in_time_though_nothing_more_comes() {
    let arguments = ["--trigger", "text=boom", "--after", "1s", "--count", "1"];
    let mut recording = Recording::start(&arguments);
    let start = Instant::now();
    recording.say([record(1, "boom"), record(2, "x")]);
    let (_directory, files, said) = recording.end();
    let took = start.elapsed();
    assert!(took > Duration::from_millis(990) && took < Duration::from_secs(20), "{took:?}");
    assert_eq!(seconds(&files[0]), some(1..=2));
    assert!(!said.contains("before the trigger"), "{said}");
}

#[test]
fn a_daemon_that_goes_leaves_the_file_whole() {
    let mut recording = Recording::start(&["--trigger", "text=boom"]);
    recording.say([record(1, "x"), record(2, "boom"), record(3, "x")]);
    let Recording { directory, child, daemon } = recording;
    drop(daemon);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let file = fs::read_dir(&*directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!(seconds(&file), some(1..=3));
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    for arguments in [
        &["--ring", "3x1MiB", "--trigger", "errors"][..],
        &["--ring", "many"],
        &["--before", "5s"],
        &["--trigger", "errors", "--after", "10ms"],
        &["--trigger", "errors", "--before-bytes", "0"],
        &["--trigger", "proces=x"],
        &["--trigger", "type=RTM_DELLNIK"],
    ] {
        let output = usage(arguments);
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "{output:?}");
    }
    let output = usage(&["--trigger", "type=RTM_DELLNIK"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean"), "{output:?}");
}
