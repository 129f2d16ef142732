//! What became of requests: errors, dumps, times and silence, against strace and the asker itself.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use nlmon::subscribe::{Received, Socket, test_module};
use nlmon_core::message::{Header, flag, kind, messages};

use crate::{
    recorder::Recorder,
    support::{Daemon, Module, run, test_socket, wait_for},
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Runs a program under strace, whether it fails or not; the datagrams that it received.
fn received(arguments: &str) -> Vec<String> {
    let calls = ["-f", "-s", "4096", "-e", "trace=recvmsg,recvfrom", "-o", "/root/received"];
    let words = arguments.split(' ');
    drop(Command::new("strace").args(calls).args(words).output().unwrap());
    let trace = fs::read_to_string("/root/received").unwrap();
    let takes = |line: &&str| line.contains(") = ") && !line.contains("MSG_PEEK");
    trace.lines().filter(takes).map(str::to_owned).collect()
}

/// Type, errno and text of a refusal, as strace shows them.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    message_type: String,
    errno: String,
    text: Option<String>,
}

impl Refusal {
    fn parse(line: &str) -> Option<Self> {
        let (_, error) = line.split_once("error=-")?;
        let (_, quoted) = error.split_once("nlmsg_type=")?;
        let until = |text: &str, end: &[char]| text.split(end).next().unwrap_or("").to_owned();
        let text =
            error.split_once("NLMSGERR_ATTR_MSG}, \"").map(|(_, text)| until(text, &['"', '\\']));
        Some(Self {
            message_type: until(quoted, &[',', ' ']),
            errno: until(error, &[',', ' ', '}']),
            text,
        })
    }
}

#[test]
fn errors_are_those_that_strace_shows_with_their_texts() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmreq0", "type", "veth", "peer", "name", "vmreq1"]);
    let mut errnos = Vec::new();
    // Longer than a sample: the text is behind all that the answer quotes of it.
    let long = "ip route add 203.0.113.0/24".to_owned()
        + &" nexthop via 198.51.100.1 dev vmreq0".repeat(31);
    for (arguments, has_text) in [
        (&*long, true),
        ("ip link add vmreq0 type dummy", false),
        ("ip link set vmreq0 mtu 10", true),
        ("setpriv --reuid=65534 ip link del vmreq0", false),
        ("ip rule del from 203.0.113.9 table 78", false),
        ("ip route add 203.0.113.0/24 via 198.51.100.1", true),
    ] {
        let before = daemon.quiet();
        let recorder = Recorder::start(&daemon, &["--path", "request", "--process", "ip"]);
        let expected: Vec<_> =
            received(arguments).iter().filter_map(|line| Refusal::parse(line)).collect();
        let records = recorder.finish(&daemon);
        let after = daemon.quiet();
        let shown = records.iter().filter_map(|record| {
            let answer = &record["answer"];
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            Some(Refusal {
                message_type: text(&answer["request"])?,
                errno: text(&answer["errno"]).filter(|errno| errno != "ok")?,
                text: text(&answer["text"]),
            })
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{arguments}");
        assert!(arguments != long || records.iter().any(|r| r["bytes"].as_u64() > Some(512)));
        for refusal in &expected {
            let Refusal { message_type, errno, .. } = refusal;
            let labels = [("protocol", "route"), ("type", message_type), ("errno", errno)];
            let same = expected.iter().filter(|other| *other == refusal).count() as u64;
            assert_eq!(after.grown(&before, "nlmon_request_errors_total", &labels), same);
            let labels = [&labels[..], &[("process", "ip")]].concat();
            assert_eq!(after.grown(&before, "nlmon_process_request_errors_total", &labels), same);
        }
        assert_eq!(expected.iter().any(|r| r.text.is_some()), has_text, "{expected:?}");
        errnos.extend(expected.into_iter().map(|refusal| refusal.errno));
    }
    for errno in ["EEXIST", "EINVAL", "EPERM", "ENOENT"] {
        assert!(errnos.iter().any(|found| found == errno), "no {errno} in {errnos:?}");
    }
    run("ip", &["link", "del", "vmreq0"]);
}

/// Makes `count` links in one go.
fn add_links(count: u32) {
    let batch: String =
        (0..count).map(|number| format!("link add vmd{number} type dummy\n")).collect();
    fs::write("/root/links", batch).unwrap();
    run("ip", &["-batch", "/root/links"]);
}

fn delete_links(count: u32) {
    let batch: String = (0..count).map(|number| format!("link del vmd{number}\n")).collect();
    fs::write("/root/links", batch).unwrap();
    run("ip", &["-batch", "/root/links"]);
}

#[test]
fn a_dump_has_as_many_bytes_as_strace_sees_and_ends_once() {
    let daemon = Daemon::start(&["--require-probes"]);
    add_links(61);
    let links = fs::read_dir("/sys/class/net").unwrap().count() as u64;
    let before = daemon.quiet();
    let recorder = Recorder::start(&daemon, &["--path", "dump", "--process", "ip"]);
    let mut calls = received("ip link show");
    // It asks for something that there is not, first.
    calls.retain(|line| !line.contains("NLMSG_ERROR"));
    let bytes = |line: &String| line.rsplit_once(" = ").unwrap().1.parse::<u64>().unwrap();
    let expected: u64 = calls.iter().map(bytes).sum();
    let parts = calls.len();
    assert!(parts > 3, "{calls:?}");
    let labels = [("protocol", "route"), ("type", "RTM_GETLINK")];
    let mut after = before.clone();
    wait_for("the dump is counted", || {
        after = daemon.quiet();
        after.grown(&before, "nlmon_dump_bytes_total", &labels) > 0
    });
    assert_eq!(after.grown(&before, "nlmon_dump_bytes_total", &labels), expected, "{calls:#?}");
    assert_eq!(after.grown(&before, "nlmon_dump_messages_total", &labels), links);
    let complete = [&labels[..], &[("outcome", "complete")]].concat();
    assert_eq!(after.grown(&before, "nlmon_dumps_total", &complete), 1);
    assert_eq!(after.grown(&before, "nlmon_dumps_total", &labels), 1);
    assert_eq!(after.grown(&before, "nlmon_dump_duration_seconds_count", &labels), 1);
    let records = recorder.finish(&daemon);
    let dumps: Vec<_> = records.iter().filter_map(|r| r["answer"].get("dump")).collect();
    assert_eq!(dumps.len(), 1, "{records:#?}");
    assert_eq!(dumps[0]["messages"], links);
    assert_eq!((&dumps[0]["parts"], &dumps[0]["bytes"]), (&parts.into(), &expected.into()));
    delete_links(61);
}

#[test]
fn a_dump_of_what_changes_meanwhile_is_interrupted() {
    let daemon = Daemon::start(&["--require-probes"]);
    add_links(61);
    let before = daemon.quiet();
    let socket = Socket::open(0).unwrap();
    socket.set_timeout(TIMEOUT).unwrap();
    let flags = flag::REQUEST | flag::DUMP;
    let header = Header { len: 32, message_type: 18, flags, seq: 5, portid: 0 };
    socket.send(&[&header.to_bytes()[..], &[0; 16]].concat()).unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut interrupted, mut parts) = (false, 0_u32);
    'dump: loop {
        let Received::Datagram(part) = socket.receive(&mut buffer).unwrap() else { panic!() };
        parts += 1;
        for message in messages(part.data, part.data.len()) {
            interrupted |= message.header.flags & flag::DUMP_INTR != 0;
            if message.header.message_type == kind::DONE {
                break 'dump;
            }
        }
        if parts == 1 {
            run("ip", &["link", "add", "vmmeanwhile", "type", "dummy"]);
        }
    }
    assert!(interrupted, "in {parts} parts");
    let labels = [("protocol", "route"), ("type", "RTM_GETLINK"), ("outcome", "interrupted")];
    wait_for("the dump is counted", || {
        daemon.quiet().grown(&before, "nlmon_dumps_total", &labels) == 1
    });
    run("ip", &["link", "del", "vmmeanwhile"]);
    delete_links(61);
}

#[test]
fn times_of_requests_are_within_what_the_asker_measures() {
    const COUNT: u64 = 211;
    let daemon = Daemon::start(&["--require-probes"]);
    let module = Module::load();
    let socket = test_socket(1 << 20);
    let before = daemon.quiet();
    let mut measured = Duration::ZERO;
    for _ in 0..COUNT {
        let start = Instant::now();
        test_module::echo(&socket, &[7; 48], TIMEOUT).unwrap();
        measured += start.elapsed();
    }
    let after = daemon.quiet();
    let labels = [("protocol", "test"), ("type", "NLTEST_MSG_ECHO")];
    let name = "nlmon_request_duration_seconds";
    assert_eq!(after.grown(&before, &format!("{name}_count"), &labels), COUNT);
    let sum = |metrics: &crate::support::Metrics| metrics.seconds(&format!("{name}_sum"), &labels);
    let told = sum(&after) - sum(&before);
    assert!(told > 0.0 && told < measured.as_secs_f64(), "{told} s of {measured:?}");
    let answered = [&labels[..], &[("outcome", "answered")]].concat();
    assert_eq!(after.grown(&before, "nlmon_process_requests_total", &answered), COUNT);
    drop((socket, module));
}

#[test]
fn a_request_whose_answer_finds_no_room_is_unanswered() {
    const COUNT: u64 = 53;
    let daemon = Daemon::start(&["--require-probes"]);
    let before = daemon.quiet();
    let socket = Socket::open(0).unwrap();
    socket.set_receive_buffer(1).unwrap();
    socket.set_timeout(Duration::from_millis(500)).unwrap();
    for seq in 0..u32::try_from(COUNT).unwrap() {
        // A device that there is not.
        let flags = flag::REQUEST | flag::ACK;
        let header = Header { len: 32, message_type: 17, flags, seq, portid: 0 };
        let message = [
            &header.to_bytes()[..],
            &[0, 0, 0, 0],
            &[0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        socket.send(&message.concat()).unwrap();
    }
    let mut answered = 0;
    let mut buffer = vec![0; 4096];
    loop {
        match socket.receive(&mut buffer).unwrap() {
            Received::Datagram(_) => answered += 1,
            Received::Overrun => {}
            Received::Empty => break,
        }
    }
    assert!(answered > 0 && answered < COUNT, "{answered}");
    let grown = |outcome| {
        let labels = [("protocol", "route"), ("type", "RTM_DELLINK"), ("outcome", outcome)];
        daemon.quiet().grown(&before, "nlmon_process_requests_total", &labels)
    };
    wait_for("the others are given up", || grown("unanswered") > 0);
    assert_eq!((grown("refused"), grown("unanswered")), (answered, COUNT - answered));
}
