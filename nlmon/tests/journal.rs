//! The daemon's own log in each of its forms. The test plays the journal: the daemon, in namespaces of
//! its own, finds it where systemd's is.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    time::Duration,
};

use directory::Directory;
use nlmon::events;
use serde_json::Value;

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);

/// A daemon whose `/run/systemd/journal` is a directory of the test.
struct Daemon {
    directory: Directory,
    journal: UnixDatagram,
    child: Child,
}

impl Daemon {
    /// `has_journal`: somebody listens there. `is_stream`: standard error ends in the journal.
    fn start(has_journal: bool, is_stream: bool, arguments: &[&str]) -> Self {
        let directory = Directory::new();
        fs::create_dir(directory.join("journal")).unwrap();
        let name = if has_journal { "journal/socket" } else { "journal/other" };
        let journal = UnixDatagram::bind(directory.join(name)).unwrap();
        journal.set_read_timeout(Some(PATIENCE)).unwrap();
        fs::write(directory.join("nlmon.toml"), "").unwrap();
        let script = r#"mount -t tmpfs none /run; mkdir /run/systemd
            ln -s "$DIR/journal" /run/systemd/journal
            stream=$(stat --dereference --format %d:%i /proc/self/fd/2)
            [ "$STREAM" = yes ] || stream=8:1
            export JOURNAL_STREAM="$stream"
            exec "$NLMON" run --config "$DIR/nlmon.toml" --socket "$DIR/log" "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-euc", script, "sh"]);
        command.args(arguments).env("NLMON", NLMON).env("DIR", &*directory);
        command.env("STREAM", if is_stream { "yes" } else { "no" });
        command.env_remove("NLMON_LOG").stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { directory, journal, child }
    }

    /// The next entry of the journal that has this id.
    fn entry(&self, id: &str) -> BTreeMap<String, String> {
        loop {
            let mut bytes = vec![0; 1 << 20];
            let len = self.journal.recv(&mut bytes).expect("an entry comes");
            let entry = fields(&bytes[..len]);
            if entry.get("MESSAGE_ID").is_some_and(|found| found == id) {
                return entry;
            }
        }
    }

    fn reload(&self, file: &str) {
        fs::write(self.directory.join("nlmon.toml"), file).unwrap();
        self.signal("-HUP");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// The lines of a stream up to the one that says that it is ready.
    fn lines(stream: impl std::io::Read) -> Vec<String> {
        let mut lines = Vec::new();
        for line in BufReader::new(stream).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap().contains("ready: ") {
                return lines;
            }
        }
        panic!("never ready: {lines:?}");
    }

    /// Ends it; the rest of what it said on its two streams.
    fn end(mut self) -> (String, String) {
        self.signal("-TERM");
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(mut stream) = self.child.stdout.take() {
            stream.read_to_string(&mut out).unwrap();
        }
        if let Some(mut stream) = self.child.stderr.take() {
            stream.read_to_string(&mut err).unwrap();
        }
        assert!(self.child.wait().unwrap().success());
        (out, err)
    }
}

impl Drop for Daemon {
    /// A test that failed leaves none behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().unwrap();
        }
    }
}

/// What an entry of the journal's own protocol holds: `NAME=value`, or `NAME`, the length of the value
/// in eight bytes, and the value, each with a newline behind it.
fn fields(mut entry: &[u8]) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut fields = BTreeMap::new();
    while let Some(end) = entry.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = (&entry[..end], &entry[end + 1..]);
        if let Some(at) = line.iter().position(|byte| *byte == b'=') {
            fields.insert(text(&line[..at]), text(&line[at + 1..]));
            entry = rest;
            continue;
        }
        let len = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
        fields.insert(text(line), text(&rest[8..8 + len]));
        entry = &rest[8 + len + 1..];
    }
    fields
}

#[test]
fn a_service_writes_entries_with_their_fields() {
    let daemon = Daemon::start(true, true, &[]);
    let entry = daemon.entry(events::PROBE_MISSING);
    assert_eq!(entry["PRIORITY"], "4");
    let entry = daemon.entry(events::READY);
    assert!(entry["MESSAGE"].contains("ready: http://127.0.0.1:9776/metrics"), "{entry:?}");
    assert_eq!(entry["PRIORITY"], "6");
    assert_eq!(entry["SYSLOG_IDENTIFIER"], "nlmon");
    assert_eq!(entry["TARGET"], "nlmon::service");
    daemon.reload("[probe]\nring_bytes = 65536\n");
    let entry = daemon.entry(events::TAKES_RESTART);
    assert_eq!(entry["NLMON_KEY"], "probe.ring_bytes");
    assert_eq!(entry["MESSAGE"], "probe.ring_bytes takes a restart");
    daemon.entry(events::RELOADED);
    daemon.reload("nonsense");
    let entry = daemon.entry(events::RELOAD_REFUSED);
    assert_eq!(entry["PRIORITY"], "3");
    assert!(entry["MESSAGE"].contains("line 1, column 9"), "{entry:?}");
    daemon.reload("[file]\npath = \"/nowhere/r\"\n");
    let entry = daemon.entry(events::FILE_FAILED);
    assert_eq!(entry["NLMON_PATH"], "/nowhere/r");
    // Of each line there is one, in the journal.
    assert_eq!(daemon.end(), (String::new(), String::new()));
}

#[test]
fn without_a_journal_there_are_lines_and_that_is_said_once() {
    for arguments in [&[][..], &["--log-format", "journald"]] {
        let mut daemon = Daemon::start(false, true, arguments);
        let lines = Daemon::lines(daemon.child.stderr.take().unwrap());
        let said = lines.iter().filter(|line| line.contains("the journal takes no entries"));
        assert_eq!(said.count(), 1, "{lines:?}");
        // The stream ends in the journal all the same, and has the priority of each line.
        assert!(lines[0].starts_with("<4>the journal takes no entries"), "{lines:?}");
        assert!(lines.last().unwrap().starts_with("<6>nlmon "), "{lines:?}");
        daemon.end();
    }
}

#[test]
fn a_stream_that_is_not_the_journal_gets_text() {
    let mut daemon = Daemon::start(true, false, &[]);
    let lines = Daemon::lines(daemon.child.stderr.take().unwrap());
    let last = lines.last().unwrap();
    let (time, rest) = last.split_once(' ').unwrap();
    assert!(rest.starts_with("INFO  nlmon::service] nlmon "), "{last}");
    let time: jiff::Timestamp = time.strip_prefix('[').unwrap().parse().unwrap();
    assert!(time.duration_until(jiff::Timestamp::now()).as_secs() < 120);
    daemon.journal.set_nonblocking(true).unwrap();
    assert!(daemon.journal.recv(&mut [0; 16]).is_err(), "the journal got something");
    daemon.end();
}

#[test]
fn lines_of_json_are_objects_on_standard_output() {
    let mut daemon = Daemon::start(true, true, &["--log-format", "json"]);
    let lines = Daemon::lines(daemon.child.stdout.take().unwrap());
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "ready");
    assert_eq!(last["message_id"], events::READY);
    assert_eq!((&last["level"], &last["module"]), (&"info".into(), &"nlmon::service".into()));
    let time = last["time"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    let (_, err) = daemon.end();
    assert_eq!(err, "");
}

#[test]
fn a_filter_by_module_wins_over_the_level() {
    let directory = Directory::new();
    let script = r#"exec "$NLMON" run --socket "$DIR/log" --log-level error"#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "sh", "-euc", script]);
    command.env("NLMON", NLMON).env("DIR", &*directory).env("NLMON_LOG", "off,nlmon::service=info");
    let mut child = command.env_remove("JOURNAL_STREAM").stderr(Stdio::piped()).spawn().unwrap();
    let lines = Daemon::lines(child.stderr.take().unwrap());
    let is_of = |line: &String| {
        line.contains("INFO  nlmon::service") || line.contains("WARN  nlmon::service")
    };
    assert!(lines.iter().all(is_of), "{lines:?}");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    child.wait().unwrap();
}
