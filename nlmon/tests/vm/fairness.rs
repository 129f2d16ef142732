//! A user without rights who makes up names and types takes no series from anybody else.

use std::{env, fs, os::unix::fs::PermissionsExt as _};

use nlmon::subscribe::Socket;

use crate::support::{Daemon, message, run, wait_for};

const ROUTE: u8 = 0;

/// Types without a name that the user makes up, and where root's own begins.
const MADE_UP: std::ops::Range<u16> = 20_000..24_096;
const OF_ROOT: u16 = 30_011;

/// A request with a new type, and now and then a new name, each time. Run by the other test, as
/// another user in a network namespace of its own.
#[test]
#[ignore = "the other test runs it, with fewer rights"]
fn makes_up_names_and_types() {
    let socket = Socket::open(ROUTE).unwrap();
    for message_type in MADE_UP {
        if message_type % 6 == 0 {
            fs::write("/proc/thread-self/comm", format!("x{message_type}")).unwrap();
        }
        socket.send(&message(message_type, u32::from(message_type), &[0; 16])).unwrap();
    }
}

#[test]
fn a_user_without_rights_takes_no_series_from_root() {
    // Where the other user may run it.
    let sender = "/tmp/fairness-sender";
    fs::copy(env::current_exe().unwrap(), sender).unwrap();
    fs::set_permissions(sender, fs::Permissions::from_mode(0o755)).unwrap();
    let daemon = Daemon::start(&[]);
    for _ in 0..2 {
        let user = ["--reuid=1000", "--regid=1000", "--clear-groups"];
        let space = ["unshare", "--user", "--map-root-user", "--net", sender];
        let test = ["--ignored", "--exact", "fairness::makes_up_names_and_types"];
        run("setpriv", &[&user[..], &space, &test].concat());
    }
    run("ip", &["link", "show"]);
    let socket = Socket::open(ROUTE).unwrap();
    socket.send(&message(OF_ROOT, 7, &[0; 16])).unwrap();
    let of_root = OF_ROOT.to_string();
    wait_for("root's traffic has its series", || {
        let metrics = daemon.metrics();
        let has = |name: &str, labels: &[(&str, &str)]| metrics.sum(name, labels) > 0;
        has("nlmon_process_messages_total", &[("process", "ip")])
            && has("nlmon_messages_total", &[("type", &of_root)])
            && has("nlmon_process_requests_total", &[("process", "ip"), ("type", "RTM_GETLINK")])
            && has("nlmon_request_errors_total", &[("type", &of_root)])
    });
    let metrics = daemon.metrics();
    let others = metrics.sum("nlmon_messages_total", &[("type", "other")]);
    assert!(others >= 3 * 4096 / 2, "{others} of made-up types");
    metrics.identity().unwrap();
}
