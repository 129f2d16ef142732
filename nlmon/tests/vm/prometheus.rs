//! A real Prometheus scrapes the service over TLS with a password, and each alert of
//! `deploy/prometheus` fires on its fault and ends after it. In a guest of its own.
//!
//! The rules are those that are shipped, but for their times: minutes and hours are seconds here, and
//! what counts as a storm is less, because the guest is emulated.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::fd::AsRawFd as _,
    thread::sleep,
    time::{Duration, Instant},
};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};
use nlmon::subscribe::Socket;

use crate::support::{narrow_listener, run, say, try_run};

const RULES: &str = include_str!("../../../deploy/prometheus/nlmon.rules.yml");

/// Longest wait for an alert to begin or to end.
const PATIENCE: Duration = Duration::from_mins(3);

const USER: &str = "prometheus";
/// `nine stars over Turku` by bcrypt, as crypt(3) makes it.
const HASH: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.kNAnYyv0TLpeeokWDhxrdBJnCSXNuIW";

const CONFIGURATION: &str = "/etc/nlmon/nlmon.toml";
const DROP_IN: &str = "/run/systemd/system/nlmon.service.d/prometheus.conf";
const HOOKS: &str = "/run/nlmon";
/// Where the service may write its records.
const RECORDS: &str = "/var/log/nlmon";

const PROMETHEUS_YML: &str = "\
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [/etc/prometheus/nlmon.rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] }
scrape_configs:
  - job_name: nlmon
    scheme: https
    scrape_timeout: 1s
    tls_config: { ca_file: /etc/prometheus/nlmon.crt, server_name: localhost }
    basic_auth: { username: prometheus, password: 'nine stars over Turku' }
    static_configs: [{ targets: ['127.0.0.1:9776'] }]
";

const WEB_YML: &str = "\
tls_server_config:
  cert_file: tls.crt
  key_file: tls.key
";

/// Something to see: a request, its acknowledgement, notifications.
const CHANGE: &str = "ip link add alert type dummy; ip link del alert";

/// The rules in another time.
fn hurried(rules: &str) -> String {
    let mut text = rules
        .replace("[5m]", "[15s]")
        .replace("[6h]", "[20s]")
        .replace("> 1000", "> 5")
        .replace("nlmon_pipeline_lag_seconds > 10", "nlmon_pipeline_lag_seconds > 3");
    for time in ["1h", "2m", "5m", "10m", "15m"] {
        text = text.replace(&format!("for: {time}\n"), "for: 2s\n");
    }
    assert!(!text.contains("for: 5m") && text.contains("for: 2s"), "{text}");
    text
}

/// An answer of a server of this host; none while it does not answer.
fn get(port: u16, path: &str) -> Option<serde_json::Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    serde_json::from_str(response.split_once("\r\n\r\n")?.1).ok()
}

/// What an expression is now; none while there is nothing.
fn query(port: u16, expression: &str) -> Option<f64> {
    let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let found = get(port, &format!("/api/v1/query?query={encoded}"))?;
    found["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// Names of the alerts that fire.
fn firing() -> Vec<String> {
    let found = get(9090, "/api/v1/alerts").unwrap_or_default();
    let alerts = found["data"]["alerts"].as_array().cloned().unwrap_or_default();
    let fires = alerts.iter().filter(|alert| alert["state"] == "firing");
    fires.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned())).collect()
}

/// Names of the alerts that the alert manager has been told of and that have not ended.
fn told() -> Vec<String> {
    let found = get(9093, "/api/v2/alerts?active=true").unwrap_or_default();
    let alerts = found.as_array().cloned().unwrap_or_default();
    alerts.iter().filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.into())).collect()
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}; firing: {:?}", firing());
        sleep(Duration::from_millis(500));
    }
}

/// An alert begins with its fault and ends after it.
fn provoke(alert: &str, fault: impl FnOnce(), mut goes_on: impl FnMut(), end: impl FnOnce()) {
    // The faults before this one may have left it behind.
    wait_for(&format!("{alert} is not there yet"), || !firing().contains(&alert.to_owned()));
    fault();
    wait_for(&format!("{alert} fires"), || {
        goes_on();
        firing().contains(&alert.to_owned())
    });
    wait_for(&format!("{alert} is told of"), || {
        goes_on();
        told().contains(&alert.to_owned())
    });
    end();
    wait_for(&format!("{alert} ends"), || !firing().contains(&alert.to_owned()));
    say(&format!("{alert} began with its fault and ended after it"));
}

fn set_up() {
    let certificate = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout /etc/nlmon/tls.key -out /etc/nlmon/tls.crt";
    fs::create_dir_all("/etc/nlmon").unwrap();
    run("openssl", &certificate.split_whitespace().collect::<Vec<_>>());
    let web = format!("{WEB_YML}basic_auth_users: {{ {USER}: '{HASH}' }}\n");
    fs::write("/etc/nlmon/web.yml", web).unwrap();
    fs::write("/etc/nlmon/token", "a-token-of-somebody-else\n").unwrap();
    let secrets = ["/etc/nlmon/tls.key", "/etc/nlmon/web.yml", "/etc/nlmon/token"];
    run("chgrp", &[&["nlmon"], &secrets[..]].concat());
    run("chmod", &[&["0640"], &secrets[..]].concat());
    configure("");
    restart("");
    fs::copy("/etc/nlmon/tls.crt", "/etc/prometheus/nlmon.crt").unwrap();
    fs::write("/etc/prometheus/prometheus.yml", PROMETHEUS_YML).unwrap();
    fs::write("/etc/prometheus/nlmon.rules.yml", hurried(RULES)).unwrap();
    run("promtool", &["check", "config", "/etc/prometheus/prometheus.yml"]);
    // It has no other one to talk to, and no address that it could give one.
    fs::write("/etc/default/prometheus-alertmanager", "ARGS=--cluster.listen-address=\n").unwrap();
    run("systemctl", &["restart", "prometheus", "prometheus-alertmanager"]);
}

/// The configuration of the service, which is behind its door in any case.
fn configure(more: &str) {
    let door = "[http]\nweb_config = \"/etc/nlmon/web.yml\"\n\
        bearer_token_file = \"/etc/nlmon/token\"\n";
    let text = format!(
        "{door}[sockets]\ninterval_seconds = 1\n\
        [findings]\nwindow_seconds = 10\n{more}"
    );
    fs::write(CONFIGURATION, text).unwrap();
}

/// Starts the service anew; it takes faults of tests.
fn restart(args: &str) {
    fs::create_dir_all("/run/systemd/system/nlmon.service.d").unwrap();
    let text = format!(
        "[Service]\nEnvironment=NLMON_TEST_HOOKS={HOOKS}\nWatchdogSec=90s\n\
         ExecStart=\nExecStart=/usr/bin/nlmon run {args}\n"
    );
    fs::write(DROP_IN, text).unwrap();
    run("systemctl", &["daemon-reload"]);
    try_run("systemctl", &["reset-failed", "nlmon"]);
    run("systemctl", &["restart", "nlmon"]);
}

fn main_pid() -> String {
    run("systemctl", &["show", "-p", "MainPID", "--value", "nlmon"]).trim_end().to_owned()
}

fn is_up() -> bool {
    query(9090, "up{job=\"nlmon\"}") == Some(1.0)
}

fn shell(script: &str) {
    run("sh", &["-c", script]);
}

#[test]
fn alerts_begin_with_their_faults_and_end_after_them() {
    set_up();
    wait_for("Prometheus scrapes over TLS with the password", is_up);
    sleep(Duration::from_secs(10));
    assert_eq!(firing(), [""; 0], "a quiet host has no alert");

    nonsense_at_the_door();
    of_the_daemon();
    of_netlink();

    let rules = RULES.lines().filter(|line| line.trim_start().starts_with("- alert:")).count();
    assert_eq!(rules, 13, "each alert is provoked");
}

/// Nonsense in the place of what says who may come in lets nobody in. Once it is mended all is well,
/// and the daemon is the same.
fn nonsense_at_the_door() {
    let pid = main_pid();
    for name in ["tls.crt", "tls.key", "web.yml", "token"] {
        let path = format!("/etc/nlmon/{name}");
        let text = fs::read(&path).unwrap();
        for nonsense in [&b"\0\xff nonsense"[..], b""] {
            fs::write(&path, nonsense).unwrap();
            wait_for("nobody is let in", || ask_with("nine stars over Turku") != "200");
        }
        fs::write(&path, text).unwrap();
        wait_for("it lets in again", || ask_with("nine stars over Turku") == "200");
    }
    assert_eq!(main_pid(), pid);
    let refused = "sum(nlmon_http_refused_total{reason=\"configuration\"})";
    wait_for("it is counted", || query(9090, refused) > Some(0.0));
    say("nonsense at the door let nobody in, and was forgotten");
}

/// Alerts of nlmon itself.
fn of_the_daemon() {
    let nothing = || {};
    provoke(
        "NlmonAbsent",
        || drop(run("systemctl", &["stop", "nlmon", "nlmon.socket"])),
        nothing,
        || restart(""),
    );
    wait_for("it is up again", is_up);
    provoke(
        "NlmonReloadFailed",
        || {
            fs::write(CONFIGURATION, "[http]\nweb_confg = 1\n").unwrap();
            run("systemctl", &["reload", "nlmon"]);
        },
        nothing,
        || {
            configure("");
            run("systemctl", &["reload", "nlmon"]);
        },
    );
    // It may not open perf events.
    provoke("NlmonDegraded", || restart("--attach kprobe"), nothing, || restart(""));
    wait_for("it is up again", is_up);
    for alert in ["NlmonNotReady", "NlmonStalled"] {
        provoke(
            alert,
            || fs::write(format!("{HOOKS}/stall"), "").unwrap(),
            nothing,
            || restart(""),
        );
        wait_for("it is up again", is_up);
    }
    file_fails();
    provoke("NlmonHttpRefused", || {}, || assert_eq!(ask_with("ten"), "401"), || {});
    restart("--ring-bytes 65536");
    wait_for("it is up again", is_up);
    provoke(
        "NlmonSamplesLost",
        || {},
        || {
            run("kill", &["-STOP", &main_pid()]);
            // One process, so that the daemon stands still for a moment only: it is to be scraped.
            shell("yes 'link set lo up' | head -n 401 | ip -batch -");
            run("kill", &["-CONT", &main_pid()]);
            sleep(Duration::from_secs(3));
        },
        || restart(""),
    );
    wait_for("it is up again", is_up);
}

/// The status of a request with this password, which takes a handshake of its own; `000` if that fails.
fn ask_with(password: &str) -> String {
    let ask = format!(
        "curl --silent --insecure --user '{USER}:{password}' --output /dev/null \
         --write-out '%{{http_code}}' https://localhost:9776/metrics || true"
    );
    run("sh", &["-c", &ask])
}

/// The file of records cannot be written.
fn file_fails() {
    configure("[file]\npath = \"/var/log/nlmon/records.json\"\nformat = \"json\"\n");
    restart("");
    wait_for("it is up again", is_up);
    provoke(
        "NlmonFileFailed",
        || {
            shell("rm /var/log/nlmon/records.json");
            run("chown", &["root:root", RECORDS]);
            // `systemctl reload` would give the directory back to the service.
            run("kill", &["-HUP", &main_pid()]);
        },
        || shell(CHANGE),
        || {
            run("chown", &["nlmon:nlmon", RECORDS]);
            configure("");
            restart("");
        },
    );
}

/// Alerts of what it sees.
fn of_netlink() {
    let changes =
        "for i in $(seq 31); do ip link add alert$i type dummy; ip link del alert$i; done";
    let mut deaf = narrow_listener();
    let pid = deaf.id().to_string();
    provoke(
        "NetlinkListenerLost",
        || drop(run("kill", &["-STOP", &pid])),
        || shell(changes),
        || drop((deaf.kill(), deaf.wait())),
    );
    provoke("NetlinkStorm", || {}, || shell(changes), || {});
    // Refused requests are an alert of their own, and a finding.
    for alert in ["NetlinkRequestErrors", "NlmonFinding"] {
        provoke(
            alert,
            || {},
            || {
                for _ in 0..11 {
                    assert_ne!(try_run("ip", &["route", "del", "203.0.113.7"]).0, 0);
                }
            },
            || {},
        );
    }
    let mut held = Vec::new();
    let more = |held: &mut Vec<Socket>| {
        for _ in 0..67 {
            let socket = Socket::open(0).unwrap();
            // It gets a port id.
            let message = [16, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let to = NetlinkAddr::new(0, 0);
            let _sent = sendto(socket.as_raw_fd(), &message, &to, MsgFlags::empty());
            held.push(socket);
        }
    };
    provoke("NetlinkSocketLeak", || {}, || more(&mut held), || {});
}
