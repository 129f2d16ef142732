//! What `nlmon explain loss` and `nlmon explain error` say of faults that are made here. What is lost,
//! the kernel counts at the socket; what was sent, another listener with room for all has heard; in
//! which words something was refused, `ip` has printed.

use std::{
    fs::{self, File},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::support::{Daemon, run, say, try_run, wait_for};

const NETNS: &str = "vmloss";

/// A namespace with a link whose changes nobody else listens to.
struct Space;

impl Space {
    fn new() -> Self {
        run("ip", &["netns", "add", NETNS]);
        run("ip", &["-n", NETNS, "link", "add", "vmlink0", "type", "dummy"]);
        Self
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        try_run("ip", &["netns", "del", NETNS]);
    }
}

/// `ip monitor link` in the namespace.
struct Monitor {
    child: Child,
    file: String,
}

impl Monitor {
    fn start(name: &str, rcvbuf: &str) -> Self {
        let file = format!("/run/{name}.heard");
        let program = program(name);
        let args = ["-rcvbuf", rcvbuf, "-n", NETNS, "monitor", "link"];
        let heard = File::create(&file).unwrap();
        let mut command = Command::new(program);
        let child = command.args(args).stdout(heard).stderr(Stdio::null()).spawn().unwrap();
        let monitor = Self { child, file };
        wait_for("it listens", || monitor.row().is_some());
        monitor
    }

    fn signal(&self, signal: &str) {
        run("kill", &[signal, &self.child.id().to_string()]);
    }

    /// Queue and drops, as the kernel has them.
    fn row(&self) -> Option<(u64, u64)> {
        let text = run("ip", &["netns", "exec", NETNS, "cat", "/proc/net/netlink"]);
        let pid = self.child.id().to_string();
        let mut rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|row| row[2] == pid && row[3] != "00000000")?;
        Some((row[4].parse().unwrap(), row[8].parse().unwrap()))
    }

    /// Changes of the link that it has printed.
    fn heard(&self) -> u64 {
        let text = fs::read_to_string(&self.file).unwrap();
        text.lines().filter(|line| line.contains("vmlink0")).count() as u64
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A copy of `ip` that goes by this name.
fn program(name: &str) -> String {
    let path = format!("/run/{name}");
    let ip = run("sh", &["-c", "readlink -f $(command -v ip)"]);
    fs::copy(ip.trim(), &path).unwrap();
    path
}

/// Changes the link so many times, as one process of this name: each time to another value.
fn change(name: &str, (first, count): (u32, u32)) {
    let lines = (0..count).map(|n| format!("link set vmlink0 mtu {}\n", first + n % 2));
    let file = format!("/run/{name}.batch");
    fs::write(&file, lines.collect::<String>()).unwrap();
    run(&program(name), &["-n", NETNS, "-batch", &file]);
}

/// What both senders had the kernel send, as the witness has heard it.
fn send(witness: &Monitor) -> [u64; 2] {
    [("vmone", 1300, 101), ("vmtwo", 1400, 53)].map(|(name, first, count)| {
        let before = witness.heard();
        change(name, (first, count));
        let mut heard = 0;
        wait_for("the witness has heard all", || {
            let now = witness.heard() - before;
            let is_all = now >= u64::from(count) && now == heard && witness.row().unwrap().0 == 0;
            heard = now;
            is_all
        });
        heard
    })
}

fn explain(daemon: &Daemon, words: &[&str]) -> Value {
    let mut command = Command::new("/usr/bin/nlmon");
    command.arg("explain").args(words).args(["--output", "json", "--socket"]).arg(&daemon.socket);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut text = vec!["explain"];
    text.extend(words);
    text.extend(["--socket", daemon.socket.to_str().unwrap()]);
    say(&run("/usr/bin/nlmon", &text));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is said of the listener's one socket.
fn loss(daemon: &Daemon) -> Option<Value> {
    let answer = explain(daemon, &["loss", "vmdeaf"]);
    let listeners = answer["listeners"].as_array().unwrap().clone();
    assert!(listeners.iter().filter(|listener| listener["is_open"] == true).count() <= 1);
    listeners.into_iter().find(|listener| listener["is_open"] == true)
}

/// Lets the listener not read while both send. What is said of it, what the kernel counts at it, and
/// what was sent.
fn deafen(daemon: &Daemon, witness: &Monitor, rcvbuf: &str) -> (Option<Value>, u64, [u64; 2]) {
    let deaf = Monitor::start("vmdeaf", rcvbuf);
    assert_eq!(loss(daemon), None);
    deaf.signal("-STOP");
    let sent = send(witness);
    let told = loss(daemon);
    (told, deaf.row().unwrap().1, sent)
}

#[test]
fn a_loss_is_told_with_its_size_its_causes_and_a_buffer_that_is_enough() {
    let space = Space::new();
    let daemon = Daemon::start(&["--require-probes"]);
    let max = run("sysctl", &["-n", "net.core.rmem_max"]);
    run("sysctl", &["-q", "net.core.rmem_max=8388608"]);
    let witness = Monitor::start("vmwitness", "8388608");
    run("sysctl", &["-q", &format!("net.core.rmem_max={}", max.trim())]);

    let (told, drops, sent) = deafen(&daemon, &witness, "8192");
    let told = told.expect("it lost something");
    assert!(drops > 100);
    assert_eq!((told["lost"].as_u64(), &told["process"]), (Some(drops), &"vmdeaf".into()));
    assert_eq!(told["types"], serde_json::json!([{"type": "RTM_NEWLINK", "count": drops}]));
    let burst = &told["bursts"][0];
    assert_eq!(
        (burst["lost"].as_u64(), told["bursts"].as_array().unwrap().len()),
        (Some(drops), 1)
    );
    let shares = burst["shares"].as_array().unwrap();
    let of = |name: &str| {
        let share = shares.iter().find(|share| share["process"] == name);
        share.and_then(|share| share["count"].as_u64())
    };
    assert_eq!([of("vmone"), of("vmtwo")], sent.map(Some), "{burst}");
    assert_eq!(burst["sent"].as_u64(), Some(sent.iter().sum()), "{burst}");
    // All that is not lost is in the queue: as many as the buffer is said to hold.
    let need = &told["need"];
    let held = sent.iter().sum::<u64>() - drops;
    assert!(need["holds"].as_u64().unwrap().abs_diff(held) <= 1, "{held}: {need}");
    let rcvbuf = need["so_rcvbuf"].as_u64().unwrap();

    // It is told to raise the limit if that is too low, and then the size is enough.
    let is_over = need["is_over_rmem_max"] == true;
    assert_eq!(is_over, rcvbuf > max.trim().parse::<u64>().unwrap());
    run("sysctl", &["-q", &format!("net.core.rmem_max={rcvbuf}")]);
    let (told, drops, _) = deafen(&daemon, &witness, &rcvbuf.to_string());
    assert_eq!((told, drops), (None, 0));
    // And it is no more than a few times what was needed.
    let (_, drops, _) = deafen(&daemon, &witness, &(rcvbuf / 4).to_string());
    run("sysctl", &["-q", &format!("net.core.rmem_max={}", max.trim())]);
    assert!(drops > 0);
    drop((witness, space));
}

/// The kernel's words, as `ip` prints them.
fn words(error: &str) -> &str {
    error.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap().trim_end_matches('.')
}

#[test]
fn refusals_are_told_in_the_kernels_own_words() {
    let space = Space::new();
    run("ip", &["-n", NETNS, "link", "add", "vmveth0", "type", "veth", "peer", "name", "vmveth1"]);
    let daemon = Daemon::start(&["--require-probes"]);
    let faults: [(usize, &[&str], &str); 3] = [
        (13, &["link", "set", "vmveth0", "mtu", "70000"], "RTM_NEWLINK EINVAL"),
        (7, &["route", "add", "203.0.113.0/24", "via", "198.51.100.7"], "RTM_NEWROUTE ENETUNREACH"),
        (3, &["route", "del", "203.0.113.0/24"], "RTM_DELROUTE ESRCH"),
    ];
    let program = program("vmfail");
    let said = faults.map(|(count, args, _)| {
        let all = [&["-n", NETNS], args].concat();
        let mut said = String::new();
        for _ in 0..count {
            let (code, error) = try_run(&program, &all);
            assert_ne!(code, 0);
            said = error;
        }
        said
    });
    let answer = explain(&daemon, &["error", "vmfail"]);
    let refused = answer["refused"].as_array().unwrap();
    // `ip` also asks in vain what the kernel can do: that is told too, and is none of these.
    let how = |group: &Value| {
        let [request, errno] = ["request", "errno"].map(|key| group[key].as_str().unwrap());
        format!("{request} {errno}")
    };
    for ((count, _, fault), said) in faults.iter().zip(&said) {
        let found: Vec<_> = refused.iter().filter(|group| how(group) == *fault).collect();
        let [group] = &*found else { panic!("{fault}: {answer}") };
        assert_eq!(group["count"].as_u64(), Some(*count as u64), "{group}");
        assert_eq!(group["process"]["comm"], "vmfail");
        match group["text"].as_str() {
            Some(text) => assert_eq!(text.trim_end_matches('.'), words(said)),
            None => assert!(said.starts_with("RTNETLINK answers: "), "{said}"),
        }
        // The records that are named are those.
        let last = group["last"].as_array().unwrap();
        assert_eq!(last.len(), (*count).min(5));
    }
    assert!(answer["refused"][0]["text"].is_string(), "{answer}");
    let nobody = explain(&daemon, &["error", "vmnobody"]);
    assert_eq!(nobody["refused"], serde_json::json!([]));
    drop(space);
}
