//! The daemon where it may not load probes: in a user namespace of its own, whose root has no
//! rights over the kernel. So it needs no root, and no kernel that lacks anything.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nlmon-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A shell in a user and network namespace of its own, in which nothing but what it runs is seen.
fn shell(script: &str, directory: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "sh", "-euc", script]);
    command.env("NLMON", NLMON).env("DIR", directory);
    command
}

fn wait(mut child: Child) -> (i32, String, String) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("did not end in time");
        }
        sleep(Duration::from_millis(20));
    }
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code().unwrap_or(-1), out, err)
}

#[test]
fn says_once_what_is_missing_and_serves_the_route_groups() {
    let directory = Directory::new("degraded");
    // The daemon says when it is ready; then a link comes up, and the log and the metrics tell.
    let script = r#"
        mkfifo "$DIR/ready"
        "$NLMON" run --socket "$DIR/log" 2>"$DIR/ready" & daemon=$!
        while read -r line; do
            echo "$line" >&2
            case $line in *ready:*) break ;; esac
        done <"$DIR/ready"
        cat <"$DIR/ready" >&2 &
        "$NLMON" tail --socket "$DIR/log" --type RTM_NEWLINK --output json --count 1 & tail=$!
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            sleep 0.3
            ip link set lo up
            ip link set lo down
        done
        wait "$tail"
        "$NLMON" tail --socket "$DIR/log" --type RTM_NEWLINK --last 2 --count 2
        kill "$daemon"
        wait "$daemon"
    "#;
    let mut command = shell(script, &directory.0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (code, out, err) = wait(command.spawn().unwrap());
    assert_eq!(code, 0, "{err}");
    assert_eq!(err.matches("running without probes").count(), 1, "{err}");
    let (json, text) = out.split_once('\n').unwrap();
    // Said once, and then of no record.
    assert_eq!(err.matches("the daemon has no probes").count(), 1, "{err}");
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        assert!(line.contains(">>> route:link "), "{line}");
        assert!(!line.contains('?') && !line.contains("unobserved"), "{line}");
    }
    let record: serde_json::Value = serde_json::from_str(json).expect(&out);
    assert_eq!(record["outcome"], "unobserved", "{record}");
    assert_eq!(record["messages"][0]["type"], "RTM_NEWLINK", "{record}");
}

#[test]
fn the_metrics_say_that_there_are_no_probes() {
    let directory = Directory::new("metrics");
    let mut daemon =
        shell(r#"ip link set lo up; exec "$NLMON" run --socket "$DIR/log""#, &directory.0)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready:")));
    // Its loopback is its own: the scrape has to come from inside.
    let pid = daemon.id().to_string();
    let script =
        "exec 3<>/dev/tcp/127.0.0.1/9776; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3";
    let output = Command::new("nsenter")
        .args(["--user", "--preserve-credentials", "--net", "--target", &pid, "bash", "-c", script])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Command::new("kill").arg(&pid).status().unwrap();
    assert!(daemon.wait().unwrap().success());
    for probe in ["unicast", "broadcast"] {
        let line = format!("nlmon_probe_attached{{probe=\"{probe}\",hook=\"none\"}} 0");
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn the_page_shows_what_the_route_groups_say() {
    let directory = Directory::new("page");
    let run = r#"ip link set lo up; exec "$NLMON" run --http-live --socket "$DIR/log""#;
    let mut daemon = shell(run, &directory.0).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready:")));
    let script = r#"
        get() { exec 3<>/dev/tcp/127.0.0.1/9776; printf "GET $1 HTTP/1.1\r\nHost: localhost\r\n$2\r\n" >&3; }
        get / "Connection: close\r\n"; cat <&3
        get '/live?type=RTM_NEWLINK'
        # It is ready before it has joined its groups, so that a change may come too early.
        while true; do
            if read -r -t 1 line <&3; then
                case $line in data:*RTM_NEWLINK*) echo "$line"; break ;; esac
            else
                ip link set lo down; ip link set lo up
            fi
        done
    "#;
    let pid = daemon.id().to_string();
    let output = Command::new("timeout")
        .args(["60", "nsenter", "--user", "--preserve-credentials", "--net", "--target", &pid])
        .args(["bash", "-c", script])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Command::new("kill").arg(&pid).status().unwrap();
    assert!(daemon.wait().unwrap().success());
    assert!(text.contains("<title>nlmon</title>"), "{text}");
    let event = text.lines().last().unwrap().strip_prefix("data: ").expect(&text);
    let record: serde_json::Value = serde_json::from_str(event).unwrap();
    assert_eq!(record["messages"][0]["attributes"][0]["name"], "ifinfomsg", "{record}");
}

#[test]
fn exits_with_2_where_probes_are_required() {
    let directory = Directory::new("required");
    let mut command =
        shell(r#"exec "$NLMON" run --require-probes --socket "$DIR/log""#, &directory.0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let (code, _, err) = wait(command.spawn().unwrap());
    assert_eq!(code, 2, "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}
