//! Records to a file, by a daemon without rights over the kernel in namespaces of its own. Addresses
//! come and go there: their number is known, and so is how many records of them there are.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;
mod unshared;

use std::{
    fmt::Write as _,
    fs,
    ops::Deref,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use directory::Directory;
use serde_json::Value;
use unshared::{NLMON, wait_for};

const PATIENCE: Duration = Duration::from_mins(1);
const AGAIN: &str = "again";

/// `RTNLGRP_IPV4_IFADDR`, as a bit.
const ADDRESSES: u32 = 1 << 4;

/// A daemon that writes records of addresses to a file.
struct Daemon(unshared::Daemon);

impl Deref for Daemon {
    type Target = unshared::Daemon;

    fn deref(&self) -> &unshared::Daemon {
        &self.0
    }
}

impl Daemon {
    /// Starts it once `prepare` has run in its namespaces. `$DIR` in both texts is its directory.
    fn start(prepare: &str, section: &str) -> Self {
        let daemon = Self(unshared::Daemon::start(prepare, &Self::file(section), &[]));
        // It is ready a moment before it is a member of its groups.
        wait_for("it listens", || daemon.route_groups() & ADDRESSES != 0);
        daemon
    }

    fn file(section: &str) -> String {
        let filter = r#"filter = "type=RTM_NEWADDR,RTM_DELADDR""#;
        let filter = if section.contains("filter") { "" } else { filter };
        format!("[file]\n{filter}\n{section}\n")
    }

    fn reload(&mut self, section: &str) {
        self.0.reload(&Self::file(section), AGAIN);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Adds so many addresses, each of which is told to the group once.
    fn add(&self, numbers: std::ops::Range<u32>) {
        let mut batch = String::new();
        for number in numbers {
            let (high, low) = (number / 250, number % 250 + 1);
            writeln!(batch, "addr add 10.9.{high}.{low}/32 dev lo").unwrap();
        }
        self.inside(&format!("ip -batch - <<'END'\n{batch}END"));
    }

    /// The count of an outcome.
    fn count(&self, outcome: &str) -> u64 {
        let name = format!("nlmon_file_records_total{{outcome=\"{outcome}\"}}");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = self.metric(&name).expect("the metric is there") as u64;
        count
    }

    /// Waits until so many records have this outcome.
    fn settle(&self, outcome: &str, count: u64) {
        let start = Instant::now();
        while self.count(outcome) < count {
            assert!(start.elapsed() < PATIENCE, "{outcome}: {} of {count}", self.count(outcome));
            sleep(Duration::from_millis(50));
        }
        assert_eq!(self.count(outcome), count, "{outcome}");
    }

    fn end(self) -> (Directory, Vec<String>) {
        self.0.end()
    }
}

/// The lines of a file, each of which is one whole object.
fn lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is cut");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn lines_of(path: &Path) -> Vec<Value> {
    lines(&fs::read_to_string(path).unwrap())
}

fn is_record(line: &Value) -> bool {
    line.get("messages").is_some()
}

/// What lines say is missing for a reason.
fn lost(lines: &[Value], reason: &str) -> u64 {
    let of_reason = lines.iter().filter(|line| line["reason"] == reason);
    of_reason.map(|line| line["lost"].as_u64().unwrap()).sum()
}

/// The path with a number, of all files that there are, the newest first.
fn rotated(path: &Path) -> Vec<PathBuf> {
    let numbered = (1..).map(|number| PathBuf::from(format!("{}.{number}", path.display())));
    std::iter::once(path.to_owned()).chain(numbered.take_while(|path| path.exists())).collect()
}

#[test]
fn rotation_loses_nothing_and_cuts_no_record() {
    for format in ["json", "pcapng"] {
        let section =
            format!("path = \"$DIR/r\"\nmax_bytes = 8192\nkeep = 1000\nformat = \"{format}\"");
        let daemon = Daemon::start("", &section);
        daemon.add(0..211);
        daemon.settle("written", 211);
        let (directory, _) = daemon.end();
        let files = rotated(&directory.join("r"));
        assert!(files.len() > 5, "{files:?}");
        let mut records = 0;
        for file in files {
            let about = fs::metadata(&file).unwrap();
            assert!(about.len() <= 8192, "{} bytes", about.len());
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
            let lines = if format == "json" {
                lines_of(&file)
            } else {
                let mut tail = Command::new(NLMON);
                let output = tail.args(["tail", "--output", "json", "--read"]).arg(&file).output();
                let output = output.unwrap();
                assert!(output.status.success(), "{output:?}");
                lines(std::str::from_utf8(&output.stdout).unwrap())
            };
            assert!(lines.iter().all(is_record));
            records += lines.len();
        }
        assert_eq!(records, 211, "{format}");
    }
}

#[test]
fn as_many_old_files_are_kept_as_are_wanted() {
    let section = "path = \"$DIR/r\"\nmax_bytes = 4096\nkeep = 2\nmode = \"0644\"";
    let daemon = Daemon::start("", section);
    daemon.add(0..101);
    daemon.settle("written", 101);
    let files = rotated(&daemon.path("r"));
    assert_eq!(files.len(), 3);
    // They hold the newest, in order.
    let mut times = Vec::new();
    for file in files.iter().rev() {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o644);
        times.extend(lines_of(file).iter().map(|line| line["time_ns"].as_u64().unwrap()));
    }
    assert!(times.is_sorted() && times.len() < 101);
    daemon.end();
}

#[test]
fn a_reload_opens_what_is_at_the_path() {
    let section = "path = \"$DIR/r\"";
    let mut daemon = Daemon::start("", section);
    daemon.add(0..7);
    daemon.settle("written", 7);
    // As logrotate does it.
    fs::rename(daemon.path("r"), daemon.path("moved")).unwrap();
    daemon.reload(section);
    assert_eq!(lines_of(&daemon.path("r")).len(), 0);
    daemon.add(7..18);
    daemon.settle("written", 18);
    assert_eq!(lines_of(&daemon.path("moved")).len(), 7);
    assert_eq!(lines_of(&daemon.path("r")).len(), 11);
    // Without a change it goes on where it was.
    daemon.reload(section);
    daemon.add(18..23);
    daemon.settle("written", 23);
    assert_eq!(lines_of(&daemon.path("r")).len(), 16);
    // Another filter, another file, and none.
    daemon.reload("path = \"$DIR/other\"\nfilter = \"type=RTM_DELADDR\"");
    daemon.add(23..29);
    daemon.inside("ip addr del 10.9.0.1/32 dev lo");
    daemon.settle("written", 24);
    let other = lines_of(&daemon.path("other"));
    assert_eq!(other.len(), 1);
    assert_eq!(other[0]["messages"][0]["type"], "RTM_DELADDR");
    daemon.reload("path = \"\"");
    assert_eq!(daemon.metric("nlmon_file_writable"), None);
    daemon.end();
}

#[test]
fn what_is_over_the_rate_is_counted_and_said() {
    let mut daemon = Daemon::start("", "path = \"$DIR/r\"\nrate = 5");
    daemon.add(0..101);
    sleep(Duration::from_millis(1100));
    daemon.add(101..102);
    let start = Instant::now();
    while daemon.count("written") + daemon.count("over_rate") < 102 {
        assert!(start.elapsed() < PATIENCE);
        sleep(Duration::from_millis(50));
    }
    let (written, over) = (daemon.count("written"), daemon.count("over_rate"));
    assert!(written < 60 && over > 40, "{written} and {over}");
    let all = lines_of(&daemon.path("r"));
    assert_eq!(all.iter().filter(|line| is_record(line)).count() as u64, written);
    assert_eq!(lost(&all, "over_rate"), over);
    // Told before what came next, with the time.
    let said = all.iter().position(|line| line.get("lost").is_some()).unwrap();
    assert!(is_record(&all[said - 1]) && is_record(&all[said + 1]));
    assert!(all[said]["time"].as_str().unwrap().ends_with('Z'));
    daemon.signal("-HUP");
    daemon.0.lines_until(AGAIN);
    daemon.end();
}

#[test]
fn a_full_disk_costs_records_and_nothing_else() {
    let prepare = "mkdir $DIR/full; mount -t tmpfs -o size=32k none $DIR/full";
    let mut daemon = Daemon::start(prepare, "path = \"$DIR/full/r\"");
    let file = || format!("{}/full/r", daemon.directory.display());
    let cat = format!("cat {}", file());
    daemon.add(0..101);
    let start = Instant::now();
    while daemon.count("written") + daemon.count("failed") < 101 {
        assert!(start.elapsed() < PATIENCE);
        sleep(Duration::from_millis(50));
    }
    let (written, failed) = (daemon.count("written"), daemon.count("failed"));
    assert!(written > 5 && failed > 5, "{written} and {failed}");
    // The file is as full as whole records make it.
    let text = daemon.inside(&cat);
    let full = lines(&text);
    assert_eq!((full.len() as u64, text.len() > 30_000), (written, true), "{}", text.len());
    assert_eq!(daemon.metric("nlmon_file_writable"), Some(0.0));
    assert_eq!(daemon.metric("nlmon_ready"), Some(1.0));
    let said = daemon.0.lines_until("trying again in 1 s");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("No space left on device"), "{said:?}");
    // With room again it goes on behind what is there, and says what it lacks.
    daemon.inside("mount -o remount,size=512k $DIR/full");
    sleep(Duration::from_millis(2100));
    daemon.add(101..102);
    daemon.0.lines_until("again; ");
    daemon.settle("written", written + 1);
    let all = lines(&daemon.inside(&cat));
    assert_eq!(lost(&all, "failed"), failed);
    assert_eq!(all.len() as u64, written + 2);
    assert_eq!(daemon.metric("nlmon_file_writable"), Some(1.0));
    daemon.end();
}

#[test]
fn a_directory_that_is_gone_is_missed_and_found_again() {
    let mut daemon = Daemon::start("mkdir $DIR/d", "path = \"$DIR/d/r\"");
    daemon.add(0..3);
    daemon.settle("written", 3);
    daemon.inside("rm -r $DIR/d");
    sleep(Duration::from_millis(1100));
    daemon.add(3..8);
    daemon.settle("failed", 5);
    daemon.0.lines_until("No such file or directory");
    daemon.inside("mkdir $DIR/d");
    sleep(Duration::from_millis(1100));
    daemon.add(8..10);
    daemon.settle("written", 5);
    let all = lines_of(&daemon.path("d/r"));
    assert_eq!((lost(&all, "failed"), all.len()), (5, 3));
    daemon.end();
}

#[test]
fn a_link_is_not_followed_and_the_daemon_starts_all_the_same() {
    let prepare = "echo precious >$DIR/precious; ln -s precious $DIR/r";
    let daemon = Daemon::start(prepare, "path = \"$DIR/r\"");
    daemon.add(0..3);
    daemon.settle("failed", 3);
    assert_eq!(fs::read_to_string(daemon.path("precious")).unwrap(), "precious\n");
    daemon.end();
}
