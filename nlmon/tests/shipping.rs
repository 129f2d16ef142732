//! The recipes of `deploy/shipping`: their names are those of docs/shipping.md, and rsyslog does with
//! records what that page says.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod directory;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use directory::Directory;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(1);
const RSYSLOG: &str = "deploy/shipping/nlmon.rsyslog.conf";
const VECTOR: &str = "deploy/shipping/vector.yaml";
const FLUENT_BIT: &str = "deploy/shipping/fluent-bit.yaml";
const RECORDS: &str = "/var/log/nlmon/records.json";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap()
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The cells of the table of names.
fn rows() -> Vec<Vec<String>> {
    let page = text("docs/shipping.md");
    let (_, section) = page.split_once("## Names").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).skip(1).collect()
}

/// The names of ECS in the table; values stand behind a colon.
fn names() -> BTreeSet<String> {
    let rows = rows();
    let is_name = |name: &&str| !["success", "failure", "nlmon.record"].contains(name);
    rows.iter().flat_map(|row| quoted(&row[1]).filter(is_name)).map(str::to_owned).collect()
}

/// The words behind each `mark`, up to a character that no name has.
fn behind<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = String> + 't {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._@".contains(c);
    text.match_indices(mark)
        .map(move |(at, _)| text[at + mark.len()..].chars().take_while(|c| is_part(*c)).collect())
}

#[test]
fn the_table_has_every_key_of_a_record() {
    let page = text("docs/log.md");
    let (_, section) = page.split_once("## As JSON").unwrap();
    let (table, _) = section.split_once("\n`process` holds").unwrap();
    let documented = table.lines().filter_map(|line| quoted(line.strip_prefix("| ")?).next());
    // What has parts, what is for the reader alone, and what only --hex shows.
    let left_out = ["process", "answer", "parent", "messages", "data", "truncated", "redacted"];
    let own = ["delivery_latency_ns"];
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    for key in documented.filter(|key| !left_out.contains(key) && !own.contains(key)) {
        assert!(named.contains(key), "docs/shipping.md has no row of {key}");
    }
    for row in &rows {
        assert!(!row[1].is_empty() || !row[2].is_empty(), "{row:?}");
    }
}

#[test]
fn the_recipes_have_the_names_of_the_table() {
    let all = names();
    let rsyslog: BTreeSet<_> = behind(&text(RSYSLOG), "outname=\"").collect();
    assert_eq!(rsyslog, all);
    let vector = yaml(VECTOR);
    let source = vector["transforms"]["nlmon_ecs"]["source"].as_str().unwrap();
    let assigned = source.lines().filter_map(|line| {
        let name = line.trim().trim_start_matches("if record.lost != null { ");
        let (name, _) = name.strip_prefix('.')?.split_once(" = ")?;
        Some(name.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
    });
    assert_eq!(assigned.collect::<BTreeSet<_>>(), all);
    let fluent_bit = yaml(FLUENT_BIT);
    let renames = fluent_bit["pipeline"]["filters"][1]["rename"].as_array().unwrap();
    let keys: BTreeSet<_> = rows()
        .iter()
        .flat_map(|row| quoted(&row[0]).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for rename in renames {
        let (key, name) = rename.as_str().unwrap().split_once(' ').unwrap();
        assert!(keys.contains(key) && all.contains(name), "{rename}");
    }
    for file in [RSYSLOG, VECTOR, FLUENT_BIT] {
        assert!(text(file).contains(RECORDS), "{file}");
    }
}

/// Records as nlmon writes them, and what rsyslog is to make of them.
fn examples() -> [(Value, Value); 3] {
    let time = "2026-01-02T03:04:05.000006789Z";
    let process = json!({"pid": 812, "tid": 813, "comm": "i\"p", "uid": 0, "cgroup_id": 77,
        "executable": "/usr/sbin/ip", "unit": "x.service"});
    [
        (
            json!({"time": time, "time_ns": 1, "path": "request", "protocol": "route", "netns": 7,
                "process": process, "portid": 0, "src_portid": 99, "bytes": 44, "result": "ok",
                "duration_ns": 210_000, "answer": {"latency_ns": 5, "errno": "EEXIST"},
                "messages": [{"type": "RTM_NEWLINK", "len": 44, "summary": "dummy0 kind dummy"},
                    {"type": "RTM_GETLINK", "len": 20, "summary": "all"}]}),
            json!({"@timestamp": time, "event.dataset": "nlmon.record",
                "event.action": "RTM_NEWLINK", "event.outcome": "failure",
                "event.duration": 210_000, "error.code": "EEXIST", "message": "dummy0 kind dummy",
                "process.pid": 812, "process.thread.id": 813, "process.name": "i\"p",
                "process.real_user.id": "0", "process.executable": "/usr/sbin/ip",
                "network.bytes": 44, "nlmon.unit": "x.service", "nlmon.path": "request",
                "nlmon.protocol": "route", "nlmon.netns": 7}),
        ),
        (
            json!({"time": time, "time_ns": 1, "path": "multicast", "protocol": "route",
                "netns": 7, "netns_name": "blue", "group": "link", "src_portid": 0, "bytes": 32,
                "result": "ok", "cause": "kernel", "outcome": "delivered",
                "messages": [{"type": "RTM_DELLINK", "len": 32, "summary": "x".repeat(20_000)}]}),
            json!({"@timestamp": time, "event.dataset": "nlmon.record",
                "event.action": "RTM_DELLINK", "event.outcome": "success",
                "message": "x".repeat(20_000), "network.bytes": 32, "nlmon.path": "multicast",
                "nlmon.protocol": "route", "nlmon.group": "link", "nlmon.cause": "kernel",
                "nlmon.outcome": "delivered", "nlmon.netns": 7, "nlmon.netns_name": "blue"}),
        ),
        (
            json!({"time": time, "lost": 120, "reason": "over_rate"}),
            json!({"@timestamp": time, "event.dataset": "nlmon.lost", "nlmon.lost": 120,
                "nlmon.reason": "over_rate"}),
        ),
    ]
}

/// The program, and where its modules are if not where it looks for them.
fn rsyslogd() -> Option<Command> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&paths).chain([PathBuf::from("/usr/sbin")]);
    let program = places.map(|place| place.join("rsyslogd")).find(|path| path.is_file())?;
    Some(Command::new(program))
}

#[test]
fn rsyslog_makes_of_records_what_the_table_says() {
    let Some(mut check) = rsyslogd() else {
        // Past the test's own capture of output: nothing is skipped in silence.
        let said = "not run: rsyslog_makes_of_records_what_the_table_says, there is no rsyslogd\n";
        io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let directory = Directory::new();
    let main = |conf: &Path, name: &str| {
        let lines = format!(
            "global(workDirectory=\"{}\")\ninclude(file=\"{}\")\n",
            directory.display(),
            conf.display()
        );
        let path = directory.join(name);
        fs::write(&path, lines).unwrap();
        path
    };
    let shipped = main(&root().join(RSYSLOG), "check.conf");
    let output = check.args(["-N1", "-f"]).arg(shipped).output().unwrap();
    assert!(output.status.success(), "{output:?}");

    // The same, from a file to a file.
    let (records, out) = (directory.join("records.json"), directory.join("out.json"));
    let lines = examples().map(|(record, _)| record.to_string()).join("\n") + "\n";
    fs::write(&records, lines).unwrap();
    let recipe = text(RSYSLOG);
    let (before, rest) = recipe.split_once("action(type=\"omfwd\"").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    let action =
        format!("action(type=\"omfile\" file=\"{}\" template=\"nlmon_ecs\")", out.display());
    let recipe = [before, &action, after].concat().replace(RECORDS, records.to_str().unwrap());
    fs::write(directory.join("recipe.conf"), recipe).unwrap();
    let conf = main(&directory.join("recipe.conf"), "run.conf");
    let mut run = rsyslogd().unwrap();
    run.arg("-n").arg("-i").arg(directory.join("pid")).arg("-f").arg(conf).stdin(Stdio::null());
    let mut daemon = run.spawn().unwrap();
    let start = Instant::now();
    let found = || fs::read_to_string(&out).unwrap_or_default();
    while found().lines().count() < 3 && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(50));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let found: Vec<Value> =
        found().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found, examples().map(|(_, expected)| expected));
}
