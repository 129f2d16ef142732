//! A user without rights who makes up names and types takes neither series nor counters from anybody
//! else.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use nlmon::subscribe::Socket;

use crate::{
    programs::compare,
    strace::Traced,
    support::{Daemon, Metrics, message, run, wait_for},
};

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

/// This program, where another user may run it.
fn copy(path: &str) -> &str {
    fs::copy(env::current_exe().unwrap(), path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_user_without_rights_takes_no_series_from_root() {
    let sender = copy("/tmp/fairness-sender");
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

/// Types of a user who would use up all of the kernel's counters, twice, and those of them that have
/// one.
const FILLING: std::ops::Range<u16> = 1_000..41_000;
const COUNTED: u64 = 16_384 / 32;

/// A message to the kernel that it need not answer.
fn unasked(message_type: u16) -> Vec<u8> {
    let mut message = message(message_type, 0, &[]);
    message[6..8].fill(0);
    message
}

/// Messages of every type, from one process, which then stays. Run by the other test, as another user
/// in a network namespace of its own.
#[test]
#[ignore = "the other test runs it, with fewer rights"]
fn sends_messages_of_every_type() {
    let socket = Socket::open(ROUTE).unwrap();
    let types: Vec<u16> = FILLING.collect();
    for types in types.chunks(1000) {
        let datagram: Vec<u8> = types.iter().flat_map(|kind| unasked(*kind)).collect();
        socket.send(&datagram).unwrap();
    }
    println!("sent");
    io::stdin().read_line(&mut String::new()).unwrap();
}

/// A process of a user without rights, which has sent its messages.
struct Filler(Child, BufReader<ChildStdout>);

impl Filler {
    fn start(program: &str) -> Self {
        let mut child = Command::new("setpriv")
            .args(["--reuid=1000", "--regid=1000", "--clear-groups"])
            .args(["unshare", "--user", "--map-root-user", "--net", program, "--nocapture"])
            .args(["--ignored", "--exact", "fairness::sends_messages_of_every_type"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("sent\n") {
            assert!(output.read_line(&mut line).unwrap() > 0, "{line}");
        }
        Self(child, output)
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        io::copy(&mut self.1, &mut io::sink()).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

/// All of the user's messages are in the series of his process, most of them as of another type.
fn assert_folded((before, after): (&Metrics, &Metrics)) {
    let labels = [("protocol", "route"), ("path", "request"), ("process", "vmfiller")];
    let sent = FILLING.len() as u64;
    assert_eq!(after.grown(before, "nlmon_process_messages_total", &labels), sent);
    let folded = [("fault", "message_folded")];
    let counted = sent - after.grown(before, "nlmon_probe_faults_total", &folded);
    // What the kernel told as the process made its namespace has counters, too.
    assert!((COUNTED - 16..=COUNTED).contains(&counted), "{counted}");
}

#[test]
fn a_user_without_rights_takes_no_counters_from_anybody() {
    let program = copy("/tmp/vmfiller");
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let filler = Filler::start(program);
    let full = daemon.quiet();
    assert_folded((&before, &full));
    // Without a change, which udev would answer. Other dumps come with zeros behind the message, which
    // the reader of strace's lines does not take.
    let show = ["-euc", "ip link show; ip link show; ip link show"];
    let of_root = Traced::start("sh", &show).wait();
    let after = daemon.quiet();
    compare(&of_root, "route", "ip", (&full, &after));
    let user = ["--reuid=1001", "--regid=1001", "--clear-groups", "ip", "link", "show"];
    let of_user = Traced::start("setpriv", &user).wait();
    compare(&of_user, "route", "ip", (&after, &daemon.quiet()));
    filler.end();

    // What ended processes had is given back: else the user would be at his end by now.
    for _ in 0..4 {
        for _ in 0..2 {
            daemon.metrics();
            sleep(Duration::from_millis(1100));
        }
        let before = daemon.quiet();
        let filler = Filler::start(program);
        assert_folded((&before, &daemon.quiet()));
        filler.end();
    }
    fs::remove_file(program).unwrap();
}
