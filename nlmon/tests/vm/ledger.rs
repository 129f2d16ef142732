//! `nlmon changes` and `nlmon explain` where probes tell who did it: compared with the actors' own
//! logs, and with what `ip` lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
    time::{Duration, Instant},
};

use nlmon::subscribe::monotonic_ns;
use serde_json::Value;

use crate::support::{Daemon, is_preemptible, run, say, wait_for};

/// Changes of its own device at random, each by a process of its own, and logs those that worked. The
/// actor `b` deletes the default route on its way.
const ACTOR: &str = r#"
name=$1; number=$2; rounds=$3; log=/root/ledger-$name.log; seed=$number
do_ip() { ip "$@" & pid=$!; wait $pid && echo "$pid $*" >> $log; }
do_ip link add l$name type dummy
do_ip link set l$name up
i=0
while [ $i -lt $rounds ]; do
    i=$((i + 1)); seed=$(((seed * 1103515245 + 12345) % 2147483648))
    case $((seed / 65536 % 4)) in
    0) do_ip link set l$name mtu $((1280 + i)) ;;
    1) do_ip addr add 10.$number.$((i / 250)).$((i % 250 + 1))/32 dev l$name
       do_ip addr del 10.$number.$((i / 250)).$((i % 250 + 1))/32 dev l$name ;;
    2) do_ip route add 172.$number.$((i % 250)).0/24 dev l$name
       do_ip route del 172.$number.$((i % 250)).0/24 dev l$name ;;
    3) do_ip rule add from 10.$number.0.$((i % 250)) lookup $number priority $((number * 300 + i))
       do_ip rule del from 10.$number.0.$((i % 250)) lookup $number priority $((number * 300 + i)) ;;
    esac
    [ $name = b ] && [ $i = 40 ] && do_ip route del default
done
echo done > /root/ledger-$name.done
"#;

const ACTORS: [&str; 4] = ["a", "b", "c", "d"];
/// They start a thousand processes, on processors that are emulated.
const ACTORS_TIME: Duration = Duration::from_mins(8);

/// What an actor's line of log is in the ledger: kind and verb, and how the object begins.
fn expected(words: &[&str]) -> (&'static str, &'static str, String) {
    let verb = match words[1] {
        "add" => "added",
        "del" => "deleted",
        _ => "changed",
    };
    match words[0] {
        "link" => ("link", verb, words[2].to_owned()),
        "addr" => ("address", verb, format!("{} dev {}", words[2], words[4])),
        "route" => ("route", verb, words[2].to_owned()),
        _ => ("rule", verb, format!("{}: from {} ", words[7], words[3])),
    }
}

/// The ledger's changes, once it has those that are waited for.
fn changes(daemon: &Daemon, count: usize) -> Vec<Value> {
    let count = count.to_string();
    let mut command = Command::new("timeout");
    command.args(["10", "/usr/bin/nlmon", "changes", "--last", "16000", "--output", "json"]);
    let output =
        command.args(["--count", &count, "--socket"]).arg(&daemon.socket).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Changes that may have another result than their actor's log. `ip link set` first asks with sequence
/// number 0 whether the kernel knows `RTM_NEWLINK`, and is refused (`iplink_have_newlink`). On a slow
/// emulator one change in a thousand was seen with that ENODEV; why is not known.
const MIXED_UP: u64 = 2;

/// The processes with a request for a change whose answer the log does not know either.
fn unanswered(daemon: &Daemon) -> BTreeSet<u64> {
    let mut command = Command::new("timeout");
    let words = ["--path", "request", "--type", "RTM_NEW*,RTM_DEL*,RTM_SET*", "--last", "65536"];
    let words = words.iter().chain(&["--output", "json", "--socket"]);
    command.args(["30", "/usr/bin/nlmon", "tail"]).args(words).arg(&daemon.socket);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_open = |record: &Value| record["answer"]["errno"].is_null();
    let pids = records.filter(is_open).filter_map(|record| record["process"]["pid"].as_u64());
    pids.collect()
}

fn explain(daemon: &Daemon, words: &[&str]) -> Value {
    let mut command = Command::new("/usr/bin/nlmon");
    command.arg("explain").args(words).args(["--output", "json", "--socket"]).arg(&daemon.socket);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The ledger has its first state of the own namespace.
fn wait_for_ledger(daemon: &Daemon) {
    wait_for("the first list is taken in", || {
        daemon.metrics().sum("nlmon_ledger_objects", &[("kind", "route")]) > 0
            && daemon.metrics().sum("nlmon_ledger_objects", &[("kind", "rule")]) > 0
    });
}

#[test]
fn names_who_deleted_the_default_route_among_a_thousand_changes() {
    run("ip", &["link", "add", "vmdef1", "type", "dummy"]);
    run("ip", &["link", "set", "vmdef1", "up"]);
    run("ip", &["route", "add", "default", "dev", "vmdef1", "metric", "0"]);
    let history = ["--history", "65536", "--history-bytes", "268435456"];
    let daemon = Daemon::start(&[&["--require-probes", "--queue", "65536"][..], &history].concat());
    wait_for_ledger(&daemon);
    let before = daemon.metrics();
    let began_ns = monotonic_ns();
    fs::write("/root/ledger-actor.sh", ACTOR).unwrap();
    for (number, name) in ACTORS.into_iter().enumerate() {
        let (unit, number) = (format!("--unit=vml-{name}"), (number + 40).to_string());
        let script = ["sh", "/root/ledger-actor.sh", name, &number, "170"];
        run("systemd-run", &[&[&*unit, "--collect"][..], &script].concat());
    }
    // One that asks by no message at all.
    run("ip", &["link", "add", "vmsys0", "type", "dummy"]);
    fs::write("/sys/class/net/vmsys0/mtu", "1333").unwrap();
    let is_done = |name: &&str| fs::exists(format!("/root/ledger-{name}.done")).unwrap();
    let begin = Instant::now();
    while !ACTORS.iter().all(&is_done) {
        assert!(begin.elapsed() < ACTORS_TIME, "the actors take too long");
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_secs(2));
    let ended_ns = monotonic_ns();
    let made = changes(&daemon, 1_000_000);
    let skipped = if is_preemptible() { daemon.metrics().skipped(&before) } else { 0 };
    let culprit = compare(&made, skipped, &unanswered(&daemon));

    let answer = explain(&daemon, &["route", "default"]);
    let known = answer["objects"].as_array().unwrap().iter().find(|known| {
        known["object"].as_str().is_some_and(|object| object.starts_with("default dev vmdef1"))
    });
    let known = known.expect("the route is known");
    let last = known["changes"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&known["is_there"], &last["verb"]),
        (&false.into(), &"deleted".into()),
        "{known:#}"
    );
    assert_eq!(last["process"]["pid"], culprit, "{known:#}");
    assert_eq!(last["process"]["unit"], "vml-b.service");
    assert_eq!((&last["request"], &last["result"]), (&"RTM_DELROUTE".into(), &"ok".into()));
    let at_ns = last["time_ns"].as_u64().unwrap();
    assert!((began_ns..ended_ns).contains(&at_ns), "{began_ns} {at_ns} {ended_ns}");
    // A cut message before the deletion is a doubt about the past, which is said.
    let doubts = known["doubts"].as_array().cloned().unwrap_or_default();
    let is_past = |doubt: &Value| doubt["missed_before"] == "cut";
    assert!(doubts.iter().all(is_past), "{known:#}");
    assert!(known["there_since_before"].is_string(), "{known:#}");

    let answer = explain(&daemon, &["link", "vmsys0"]);
    let changes = answer["objects"][0]["changes"].as_array().unwrap();
    // udev changes its address meanwhile.
    let is_of_mtu = |change: &&Value| {
        let differences = change["differences"].as_array();
        differences.is_some_and(|all| all.iter().any(|difference| difference["field"] == "mtu"))
    };
    let by_file = changes.iter().find(is_of_mtu).expect("a change of the MTU");
    assert_eq!(by_file["verb"], "changed", "{by_file:#}");
    assert_eq!(by_file["process"]["pid"], std::process::id(), "{by_file:#}");
    assert_eq!(by_file["request"], Value::Null, "{by_file:#}");
    for link in ["vmsys0", "vmdef1", "la", "lb", "lc", "ld"] {
        run("ip", &["link", "del", link]);
    }
}

/// Every line of an actor's log is just one change, of that process, unit and object; as many may be
/// missing as the kernel has `skipped` runs of programs. The process that deleted the default route.
fn compare(made: &[Value], skipped: u64, unanswered: &BTreeSet<u64>) -> u64 {
    let mut by_pid: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for change in made {
        if let Some(pid) = change["process"]["pid"].as_u64() {
            by_pid.entry(pid).or_default().push(change);
        }
    }
    let (mut all, mut wrong, mut culprit) = (0, Vec::new(), 0);
    for name in ACTORS {
        let unit = format!("vml-{name}.service");
        for line in fs::read_to_string(format!("/root/ledger-{name}.log")).unwrap().lines() {
            all += 1;
            let words: Vec<&str> = line.split(' ').collect();
            let pid: u64 = words[0].parse().unwrap();
            if line.ends_with(" route del default") {
                culprit = pid;
            }
            let expected = expected(&words[1..]);
            let changes = by_pid.get(&pid).map_or(&[][..], Vec::as_slice);
            let has_result = |change: &Value| {
                let is_open = change["result"].is_null() && unanswered.contains(&pid);
                change["result"] == "ok" || is_open
            };
            let is_it = |change: &&&Value| is_it(change, &expected, &unit) && has_result(change);
            let found = changes.iter().filter(is_it).count();
            if found != 1 {
                wrong.push(format!("{line}: {found} of {changes:?}"));
            }
        }
    }
    assert!(all >= 1000, "only {all} changes");
    let shown = &wrong[..wrong.len().min(5)];
    if !wrong.is_empty() {
        say(&format!("{} of {all} are not as their actor's log: {shown:#?}", wrong.len()));
    }
    assert!(wrong.len() as u64 <= skipped + MIXED_UP, "{} of {all}: {shown:#?}", wrong.len());
    culprit
}

fn is_it(change: &Value, (kind, verb, object): &(&str, &str, String), unit: &str) -> bool {
    change["kind"] == **kind
        && change["verb"] == **verb
        && change["object"].as_str().is_some_and(|found| found.starts_with(object))
        && change["process"]["unit"] == *unit
        && change["process"]["comm"] == "ip"
        && change["cause"] == "request"
}

#[test]
fn equals_a_fresh_list_after_a_loss() {
    run("ip", &["link", "add", "vmlos0", "type", "dummy"]);
    run("ip", &["link", "set", "vmlos0", "up"]);
    let daemon = Daemon::start(&["--require-probes", "--receive-buffer", "4096"]);
    wait_for_ledger(&daemon);
    let pid = daemon.pid().to_string();
    run("kill", &["-STOP", &pid]);
    let script = "for i in $(seq 400); do
            echo route add 10.71.$((i / 250)).$((i % 250))/32 dev vmlos0
            [ $((i % 2)) = 1 ] && echo route del 10.71.$((i / 250)).$((i % 250))/32
            true
        done | ip -batch -";
    run("sh", &["-c", script]);
    run("kill", &["-CONT", &pid]);
    wait_for("the loss is noticed", || {
        daemon.metrics().sum("nlmon_own_overruns_total", &[("protocol", "route")]) > 0
    });
    wait_for("a list is taken", || daemon.metrics().sum("nlmon_ledger_resyncs_total", &[]) > 0);
    let listed: Value = serde_json::from_str(&run("ip", &["-j", "route", "show"])).unwrap();
    let prefixes = (1..=400).map(|i| format!("10.71.{}.{}", i / 250, i % 250));
    for prefix in prefixes.step_by(7) {
        let is_listed = listed.as_array().unwrap().iter().any(|route| route["dst"] == *prefix);
        wait_for(&format!("{prefix} is as listed"), || {
            let answer = explain(&daemon, &["route", &prefix]);
            let objects = answer["objects"].as_array().unwrap();
            objects.iter().any(|known| known["is_there"] == true) == is_listed
        });
    }
    let routes =
        run("sh", &["-c", "{ ip -4 route show table all; ip -6 route show table all; } | wc -l"]);
    wait_for("as many routes as listed", || {
        let kept = daemon.metrics().sum("nlmon_ledger_objects", &[("kind", "route")]);
        kept == routes.trim().parse::<u64>().unwrap()
    });
    run("ip", &["link", "del", "vmlos0"]);
}
