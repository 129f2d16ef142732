//! The installed service, with faults on demand: what systemd makes of a daemon that cannot go on, and
//! of one that stands still.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use crate::support::{run, try_run, wait_for};

const DROP_IN: &str = "/run/systemd/system/nlmon.service.d/faults.conf";

/// The service's own directory: it may take a file away there, and systemd empties it at each start.
const HOOKS: &str = "/run/nlmon";

/// The unit, but that it takes faults and that its watchdog is less patient.
struct Service;

impl Service {
    fn start() -> Self {
        fs::create_dir_all(Path::new(DROP_IN).parent().unwrap()).unwrap();
        let text = format!("[Service]\nEnvironment=NLMON_TEST_HOOKS={HOOKS}\nWatchdogSec=10s\n");
        fs::write(DROP_IN, text).unwrap();
        run("systemctl", &["daemon-reload"]);
        run("systemctl", &["restart", "nlmon"]);
        Self
    }

    fn hook(&self, name: &str) {
        fs::write(Path::new(HOOKS).join(name), "").unwrap();
    }

    /// A property, as systemd has it.
    fn show(&self, property: &str) -> String {
        let text = run("systemctl", &["show", "--value", "-p", property, "nlmon"]);
        text.trim_end().to_owned()
    }

    fn wait_for_restart(&self, pid: &str) {
        wait_for("systemd starts it again", || {
            self.show("ActiveState") == "active" && self.show("MainPID") != pid
        });
    }

    /// What the journal has of this process, and of systemd about the service since `since`.
    fn journal(&self, cursor: &str) -> String {
        run("journalctl", &["-o", "cat", "-u", "nlmon", "--after-cursor", cursor])
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(fs::remove_file(DROP_IN));
        try_run("systemctl", &["daemon-reload"]);
        try_run("systemctl", &["reset-failed", "nlmon"]);
        try_run("systemctl", &["stop", "nlmon"]);
    }
}

/// Where the journal ends at the moment.
fn cursor() -> String {
    let text = run("journalctl", &["-n", "0", "--show-cursor", "-q"]);
    text.trim_end().strip_prefix("-- cursor: ").unwrap().to_owned()
}

fn readiness() -> Option<(u16, String)> {
    let mut stream = TcpStream::connect("127.0.0.1:9776").ok()?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

#[test]
fn a_panic_in_the_pipeline_exits_3_and_the_service_starts_again() {
    let service = Service::start();
    let (pid, cursor) = (service.show("MainPID"), cursor());
    service.hook("pipeline");
    service.wait_for_restart(&pid);
    let text = service.journal(&cursor);
    assert!(text.contains("the task pipeline panicked: a test asks for a panic"), "{text}");
    assert!(text.contains("code=exited, status=3"), "{text}");
    wait_for("it is ready again", || readiness().is_some_and(|(status, _)| status == 200));
    assert_eq!(try_run("nlmon", &["check", "--live"]).0, 0);
}

#[test]
fn a_pipeline_that_stands_still_is_not_ready_and_the_watchdog_ends_it() {
    let service = Service::start();
    let (pid, cursor) = (service.show("MainPID"), cursor());
    wait_for("it is ready", || readiness().is_some_and(|(status, _)| status == 200));
    let text = readiness().unwrap().1;
    assert!(text.starts_with("ready\n") && text.contains("unicast"), "{text}");
    service.hook("stall");
    wait_for("it is not ready", || readiness().is_some_and(|(status, _)| status == 503));
    let (_, text) = readiness().unwrap();
    assert!(text.contains("the task pipeline has stood still for"), "{text}");
    assert_eq!(try_run("nlmon", &["check", "--live"]).0, 3);
    service.wait_for_restart(&pid);
    let text = service.journal(&cursor);
    assert!(text.contains("Watchdog timeout"), "{text}");
    wait_for("it is ready again", || readiness().is_some_and(|(status, _)| status == 200));
}
