//! The names of interfaces in the log of a daemon without probes: of the right namespace and of the
//! right time, in text, JSON and captures. All of it is in a user namespace, so it needs no root.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use directory::Directory;

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);
/// The index that every interface here has at some time, and the address of a step.
const INDEX: u64 = 60;

/// Ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Process {
    /// Something in the network namespace of this process.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        let target = self.0.id().to_string();
        command.args(["--user", "--preserve-credentials", "--net", "--target", &target]);
        command
    }

    fn ip(&self, arguments: &str) {
        let status = self.inside().arg("ip").args(arguments.split(' ')).status().unwrap();
        assert!(status.success(), "ip {arguments}");
    }
}

fn daemon(directory: &Path) -> Process {
    let script = r#"
        ip link add v0 index 60 type veth peer name v1 index 61
        exec "$NLMON" run --netns all --socket "$DIR/log"
    "#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "sh", "-euc", script]);
    command.env("NLMON", NLMON).env("DIR", directory).stderr(Stdio::piped());
    let mut daemon = Process(command.spawn().unwrap());
    let mut lines = BufReader::new(daemon.0.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready:")));
    std::thread::spawn(move || lines.for_each(drop));
    // It asks for the interfaces while it says so.
    sleep(Duration::from_secs(1));
    daemon
}

/// Another namespace, below that of the daemon.
fn namespace(daemon: &Process) -> Process {
    let mut other = daemon.inside();
    other.args(["unshare", "--net", "sleep", "600"]);
    let other = Process(other.spawn().unwrap());
    let start = Instant::now();
    // Until it sleeps, it may still be in the daemon's.
    let comm = format!("/proc/{}/comm", other.0.id());
    while std::fs::read_to_string(&comm).unwrap().trim() != "sleep" {
        assert!(start.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10));
    }
    other
}

/// What the log has of these addresses.
fn log(directory: &Path, count: usize, more: &[&str]) -> Vec<u8> {
    let mut command = Command::new("timeout");
    command.args(["60", NLMON, "tail", "--type", "RTM_NEWADDR", "--last", "100"]);
    command.arg("--count").arg(count.to_string()).arg("--socket").arg(directory.join("log"));
    let output = command.args(more).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{more:?}");
    output.stdout
}

/// The records of the log, by the last part of the address that they are of.
fn interface_of(line: &str) -> (String, Option<String>) {
    let record: Value = serde_json::from_str(line).unwrap();
    let attributes = record["messages"][0]["attributes"].as_array().unwrap().clone();
    let members = attributes[0]["attributes"].as_array().unwrap().clone();
    let index = members.iter().find(|member| member["name"] == "ifa_index").unwrap().clone();
    assert_eq!(index["value"], INDEX, "{line}");
    let address = attributes.iter().find(|attribute| attribute["name"] == "IFA_LOCAL").unwrap();
    let name = index["ifname"].as_str().map(str::to_owned);
    (address["value"].as_str().unwrap().to_owned(), name)
}

#[test]
fn each_record_has_the_name_of_its_namespace_and_time() {
    let directory = Directory::new();
    let daemon = daemon(&directory);
    let other = namespace(&daemon);
    let start = Instant::now();
    other.ip("link add w0 index 60 type veth peer name w1 index 61");

    daemon.ip("address add 192.0.2.1/32 dev v0");
    daemon.ip("link set v0 name up0");
    daemon.ip("address add 192.0.2.2/32 dev up0");
    daemon.ip("link delete up0");
    daemon.ip("link add x0 index 60 type veth peer name x1 index 61");
    daemon.ip("address add 192.0.2.3/32 dev x0");
    // The daemon looks for namespaces now and then: this is told when it has found that one.
    let mut seen = String::new();
    for step in 0.. {
        assert!(start.elapsed() < PATIENCE, "{seen}");
        other.ip(&format!("address add 198.51.100.{step}/32 dev w0"));
        sleep(Duration::from_millis(500));
        let count = 4 + usize::try_from(step).unwrap();
        let mut tail = Command::new("timeout");
        tail.args(["1", NLMON, "tail", "--type", "RTM_NEWADDR", "--last", "100"]);
        tail.arg("--count").arg(count.to_string()).arg("--socket").arg(directory.join("log"));
        seen = String::from_utf8(tail.output().unwrap().stdout).unwrap();
        if seen.contains("dev w0") {
            break;
        }
    }

    let count = seen.lines().count();
    let text = String::from_utf8(log(&directory, count, &[])).unwrap();
    let json = String::from_utf8(log(&directory, count, &["--output", "json"])).unwrap();
    // The kernel tells of an address again when its interface has another name.
    let expected =
        [("192.0.2.1", "v0"), ("192.0.2.1", "up0"), ("192.0.2.2", "up0"), ("192.0.2.3", "x0")];
    let lines: Vec<_> = text.lines().filter(|line| line.contains(" 192.0.2.")).collect();
    assert_eq!(lines.len(), expected.len(), "{text}");
    for ((address, name), line) in expected.iter().zip(lines) {
        assert!(line.contains(&format!("{address}/32 dev {name} ")), "{line}");
    }
    let named: Vec<_> = json.lines().map(interface_of).collect();
    let (own, theirs): (Vec<_>, Vec<_>) =
        named.iter().partition(|(address, _)| address.starts_with("192."));
    let own: Vec<_> =
        own.iter().map(|(address, name)| (&**address, name.as_deref().unwrap())).collect();
    assert_eq!(own, expected);
    // Before the daemon knew that namespace's interfaces they have none of this one's names.
    for (address, name) in theirs {
        assert!(name.as_deref().is_none_or(|name| name == "w0"), "{address} {name:?}");
    }

    // A capture has the names too, without the daemon.
    let capture = directory.join("log.pcapng");
    std::fs::write(&capture, log(&directory, count, &["--output", "pcapng"])).unwrap();
    drop((daemon, other));
    let read = |more: &[&str]| {
        let mut command = Command::new(NLMON);
        command.args(["tail", "--read"]).arg(&capture).args(more);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let again: Vec<_> = read(&["--output", "json"]).lines().map(interface_of).collect();
    assert_eq!(again, named);
    assert!(read(&["--verbose"]).contains("ifa_index 60 (up0)"), "{}", read(&["--verbose"]));
}
