//! nlmon's counts against the module's own, by each hook: every path, every result.

use std::{collections::BTreeMap, fs, os::fd::AsRawFd as _, thread, time::Duration};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, NetlinkAddr, sendto},
};
use nlmon::subscribe::{
    Socket,
    test_module::{self, LOAD_MULTICAST},
};

use crate::support::{
    Daemon, IS_ARM64, Metrics, Module, PerfEvents, assert_within, attach_by, has_fentry,
    has_kprobe_multi, message, receive, run, test_socket, try_run, wait_for,
};

const TIMEOUT: Duration = Duration::from_secs(30);
const BUFFER: usize = 8 << 20;

/// `NETLINK_USERSOCK` and `NETLINK_KOBJECT_UEVENT`.
const USERSOCK: u8 = 2;
const UEVENT: u8 = 15;

#[test]
fn kprobes_count_what_the_module_counts() {
    counts_what_the_module_counts(Daemon::start, "kprobe");
}

/// The service has the rights of its unit, which are fewer than root's.
#[test]
fn the_service_counts_by_kprobes_what_the_module_counts() {
    let _allowed = PerfEvents::allow();
    counts_what_the_module_counts(Daemon::start_unit, "kprobe");
}

#[test]
fn the_service_counts_by_kprobe_multi_what_the_module_counts() {
    if has_kprobe_multi() {
        counts_what_the_module_counts(Daemon::start_unit, "kprobe_multi");
    }
}

#[test]
fn the_service_counts_by_fentry_what_the_module_counts() {
    let _allowed = (!has_fentry()).then(PerfEvents::allow);
    counts_what_the_module_counts(Daemon::start_unit, "fentry");
}

/// The service's hook where the kernel preempts: no perf event, and no right to open one.
#[test]
fn kprobe_multi_counts_what_the_module_counts() {
    if has_kprobe_multi() {
        counts_what_the_module_counts(Daemon::start, "kprobe_multi");
    }
}

#[test]
fn fentry_counts_what_the_module_counts() {
    counts_what_the_module_counts(Daemon::start, "fentry");
}

/// By fentry alone, or not at all and with the reason.
#[test]
fn fentry_alone_is_refused_where_a_function_takes_none() {
    fs::write("/root/fentry.toml", "[probe]\nattach = \"fentry\"\n").unwrap();
    let (code, text) = try_run("nlmon", &["check", "--config", "/root/fentry.toml"]);
    if has_fentry() {
        assert_eq!(code, 0, "{text}");
    } else {
        assert_eq!(code, 2, "{text}");
        let refused = if IS_ARM64 { "netlink_unicast" } else { "netlink_broadcast_filtered" };
        assert!(text.contains(&format!("{refused}: fentry")), "{text}");
    }
}

/// Debian builds `kprobe.multi` links from 6.12 on.
#[test]
fn kprobe_multi_alone_is_refused_where_the_kernel_has_it_not() {
    fs::write("/root/multi.toml", "[probe]\nattach = \"kprobe_multi\"\n").unwrap();
    let (code, text) = try_run("nlmon", &["check", "--config", "/root/multi.toml"]);
    assert_eq!(code, if has_kprobe_multi() { 0 } else { 2 }, "{text}");
    assert!(code == 0 || text.contains("netlink_unicast: kprobe_multi: "), "{text}");
}

/// The others are counted all the same.
#[test]
fn only_protocols_that_are_asked_for_are_sampled() {
    let _module = Module::load();
    let daemon = Daemon::start(&["--require-probes", "--sample-protocols", "test,generic"]);
    let before = daemon.quiet();
    let socket = test_socket(BUFFER);
    (0..101_u32).for_each(|number| {
        test_module::echo(&socket, &number.to_ne_bytes(), TIMEOUT).unwrap();
    });
    (0..13).for_each(|_| drop(run("ip", &["link", "show"])));
    let after = daemon.quiet();
    let sum = |labels: &[_]| after.grown(&before, "nlmon_datagrams_total", labels);
    let samples = |outcome| after.grown(&before, "nlmon_samples_total", &[("outcome", outcome)]);
    assert_eq!(sum(&[("protocol", "test")]), 2 * 101);
    assert!(sum(&[("protocol", "route")]) >= 2 * 13);
    let of_both = sum(&[("protocol", "test")]) + sum(&[("protocol", "generic")]);
    assert_eq!((samples("read"), samples("thinned")), (of_both, sum(&[]) - of_both));
}

fn counts_what_the_module_counts(start: fn(&[&str]) -> Daemon, attach: &str) {
    // Without a socket of the test protocol's, so that the receivers are the test's alone.
    let only_links = ["--subscribe", "route:link"];
    let daemon = start(&[&attach_by(attach), &only_links[..]].concat());
    let module = Module::load();
    let (before, counted_before) = (daemon.quiet(), Module::counters());

    let socket = test_socket(BUFFER);
    for number in 0..1009_u32 {
        test_module::echo(&socket, &number.to_ne_bytes(), TIMEOUT).unwrap();
    }
    let members = [test_socket(BUFFER), test_socket(BUFFER)];
    for member in &members {
        member.join(test_module::GROUP).unwrap();
    }
    (0..211).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    test_module::load(&socket, 997, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    for member in &members {
        receive(member, 211 + 997);
    }
    send_to_group(&socket, 53);
    drop(members);
    wait_for("nobody listens", || listeners() == 0);
    (0..101).for_each(|_| test_module::greet(&socket, TIMEOUT).unwrap());
    load_unicast(BUFFER, 1013);
    let unread = load_unicast(1, 307);
    send_to_dead_port(&socket, 103);
    in_parallel(4, 401);

    drop((socket, unread));
    let counted: BTreeMap<_, _> =
        Module::counters().into_iter().map(|(n, v)| (n.clone(), v - counted_before[&n])).collect();
    let after = daemon.quiet();
    compare(&after, &before, &counted, after.unseen(&before, attach, 4));
    assert_eq!(fault(&after, "no_entry"), fault(&before, "no_entry"));
    assert_eq!(fault(&after, "read_failed"), 0);
    drop((module, daemon));
}

/// Every relation that the module's documentation gives between its counters and the calls. Calls
/// are exact, but for those that the kernel itself says no program was run for; results, types and
/// deliveries are but for the calls that were not seen whole.
fn compare(after: &Metrics, before: &Metrics, counted: &BTreeMap<String, u64>, unseen: u64) {
    let calls = |path: &str| after.calls(before, path);
    let sum = |names: &[&str]| names.iter().map(|name| counted[*name]).sum::<u64>();
    let skipped = after.skipped(before);
    let exact =
        |what: &str, found: u64, expected: u64| assert_within(what, found, expected, skipped);
    let close =
        |what: &str, found: u64, expected: u64| assert_within(what, found, expected, unseen);
    let second_legs = after.grown(before, "nlmon_second_legs_total", &[("protocol", "test")]);
    exact("second legs", second_legs, 53);
    exact("requests", calls("request"), counted["received_datagrams"] - 53);
    let replies = sum(&["echoed", "echo_failed", "load_unicast", "load_unicast_failed", "acks"]);
    exact("replies", calls("reply"), replies);
    let broadcasts =
        sum(&["multicast", "multicast_no_listener", "load_multicast", "load_no_listener"]);
    assert_eq!(broadcasts, 211 + 997 + 101);
    exact("multicasts", calls("multicast"), broadcasts + 53);
    exact("to peers", calls("peer"), 103);

    let results = |path: &str, result: &str| {
        let labels = [("protocol", "test"), ("path", path), ("result", result)];
        after.grown(before, "nlmon_datagrams_total", &labels)
    };
    close("request ok", results("request", "ok"), counted["received_datagrams"] - 53);
    assert!(counted["errno_EAGAIN"] > 0, "the tiny buffer did not fill");
    close("reply EAGAIN", results("reply", "EAGAIN"), counted["errno_EAGAIN"]);
    close("no listener", results("multicast", "ESRCH"), counted["multicast_no_listener"]);
    close("dead port", results("peer", "ECONNREFUSED"), 103);

    let delivered = |path: &str| {
        let labels = [("protocol", "test"), ("path", path)];
        after.grown(before, "nlmon_deliveries_total", &labels)
    };
    // Two members for a while.
    close("multicast delivered", delivered("multicast"), 2 * (211 + 997 + 53));
    close("reply delivered", delivered("reply"), replies - counted["errno_EAGAIN"]);
    assert_eq!(delivered("peer") + delivered("request"), 0);
    let lost = after.grown(before, "nlmon_overruns_total", &[("protocol", "test")]);
    exact("lost", lost, counted["errno_EAGAIN"]);

    let messages = |path: &str, name: &str| {
        let labels = [("protocol", "test"), ("path", path), ("type", name)];
        after.grown(before, "nlmon_messages_total", &labels)
    };
    close("echo requests", messages("request", "NLTEST_MSG_ECHO"), 1009 + 4 * 401);
    // Second legs are no messages of their own, but the module answers them.
    close("echo replies", messages("reply", "NLTEST_MSG_ECHO"), 1009 + 4 * 401 + 53);
    close("greetings", messages("multicast", "NLTEST_MSG_GREETING"), 211 + 101);
    close("data", messages("reply", "NLTEST_MSG_DATA"), 1013 + 307);
    let by_process = [("protocol", "test"), ("path", "request"), ("process", &*own_name())];
    let by_process = after.grown(before, "nlmon_process_messages_total", &by_process);
    close("by process", by_process, calls("request"));
}

fn fault(metrics: &Metrics, fault: &str) -> u64 {
    metrics.sum("nlmon_probe_faults_total", &[("fault", fault)])
}

/// Name of this process: that of its first thread, not of the one that the test runs in.
fn own_name() -> String {
    fs::read_to_string(format!("/proc/{}/comm", std::process::id())).unwrap().trim_end().to_owned()
}

/// Members of the module's group, the daemon among them.
fn listeners() -> usize {
    let table = fs::read_to_string("/proc/net/netlink").unwrap();
    let is_member = |line: &&str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns[1] == "17" && columns[3] == "00000001"
    };
    table.lines().filter(is_member).count()
}

/// Loads a socket that has room for `bytes`, and leaves it unread.
fn load_unicast(bytes: usize, count: u32) -> Socket {
    let socket = test_socket(bytes);
    // By hand: the acknowledgement may not fit either.
    let load = [count, 64, 0].map(u32::to_ne_bytes).concat();
    socket.send(&message(test_module::LOAD, 1, &load)).unwrap();
    socket
}

/// A multicast by a user: one broadcast, and a second leg to the kernel's socket, which takes it
/// for a request of a type that there is not.
fn send_to_group(socket: &Socket, count: u32) {
    let address = NetlinkAddr::new(0, 1);
    for number in 0..count {
        let datagram = message(test_module::ECHO, number, b"to the group");
        sendto(socket.as_raw_fd(), &datagram, &address, MsgFlags::empty()).unwrap();
    }
    receive(socket, count as usize);
}

fn send_to_dead_port(socket: &Socket, count: u32) {
    let address = NetlinkAddr::new(0x7fff_fff1, 0);
    for number in 0..count {
        let datagram = message(test_module::ECHO, number, b"nobody there");
        let sent = sendto(socket.as_raw_fd(), &datagram, &address, MsgFlags::empty());
        assert_eq!(sent, Err(Errno::ECONNREFUSED));
    }
}

fn in_parallel(threads: usize, count: u32) {
    let echo = |count: u32| {
        let socket = test_socket(BUFFER);
        for number in 0..count {
            test_module::echo(&socket, &number.to_ne_bytes(), TIMEOUT).unwrap();
        }
    };
    let threads: Vec<_> = (0..threads).map(|_| thread::spawn(move || echo(count))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A listener that never reads: every broadcast that it lost is counted, whether or not it wants to
/// know, and nobody else lost any.
#[test]
fn a_listener_that_never_reads_has_its_losses_counted() {
    let daemon = Daemon::start(&["--require-probes", "--subscribe", "route:link"]);
    let module = Module::load();
    let (socket, reader, sleeper) = (test_socket(BUFFER), test_socket(BUFFER), test_socket(1));
    reader.join(test_module::GROUP).unwrap();
    sleeper.join(test_module::GROUP).unwrap();
    let before = daemon.quiet();
    test_module::load(&socket, 1009, 64, LOAD_MULTICAST, TIMEOUT).unwrap();
    receive(&reader, 1009);
    let after = daemon.quiet();
    let drops = u64::from(sleeper.drops().unwrap());
    assert!(drops > 900, "{drops}");
    assert_eq!(reader.drops().unwrap(), 0);
    let labels = [("protocol", "test"), ("process", &*own_name())];
    assert_eq!(after.grown(&before, "nlmon_overruns_total", &labels), drops);
    let labels = [("protocol", "test"), ("type", "NLTEST_MSG_DATA")];
    assert_eq!(after.grown(&before, "nlmon_overrun_types_total", &labels), drops);
    let labels = [("protocol", "test"), ("path", "multicast")];
    assert_eq!(after.grown(&before, "nlmon_deliveries_total", &labels), 2 * 1009 - drops);
    drop((socket, reader, sleeper, module));
}

#[test]
fn a_batch_is_one_datagram_and_many_messages() {
    let daemon = Daemon::start(&["--require-probes"]);
    let module = Module::load();
    let socket = test_socket(BUFFER);
    let before = daemon.quiet();
    for seq in 0..7 {
        let echo = message(test_module::ECHO, seq, b"12345678");
        let batch: Vec<u8> = (0..293).flat_map(|_| echo.clone()).collect();
        socket.send(&batch).unwrap();
        receive(&socket, 293);
    }
    let after = daemon.quiet();
    let labels = [("protocol", "test"), ("path", "request")];
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &labels), 7);
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 7 * 293);
    assert_eq!(after.grown(&before, "nlmon_message_bytes_total", &labels), 7 * 293 * 24);
    drop((socket, module));
}

/// `ip route show` sends 128 zero bytes behind its request, which the kernel passes over.
#[test]
fn zeros_behind_a_message_are_no_fault() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["route", "show"]);
    let before = daemon.quiet();
    (0..7).for_each(|_| drop(run("ip", &["route", "show"])));
    let after = daemon.quiet();
    let labels = [("protocol", "route"), ("path", "request"), ("type", "RTM_GETROUTE")];
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels), 7);
    for name in ["walk_malformed", "walk_cut"] {
        assert_eq!(fault(&after, name), fault(&before, name), "{name}");
    }
}

/// A user's send to a group and a port: who has the port gets one more delivery, of a message that is
/// counted already.
#[test]
fn a_second_send_is_delivered_and_no_message() {
    let daemon = Daemon::start(&["--require-probes"]);
    let (sender, receiver) = (Socket::open(USERSOCK).unwrap(), Socket::open(USERSOCK).unwrap());
    let before = daemon.quiet();
    for number in 0..11 {
        let datagram = message(20, number, b"to both");
        let address = NetlinkAddr::new(receiver.portid(), 5);
        sendto(sender.as_raw_fd(), &datagram, &address, MsgFlags::empty()).unwrap();
    }
    receive(&receiver, 11);
    let after = daemon.quiet();
    let grown =
        |name, path| after.grown(&before, name, &[("protocol", "usersock"), ("path", path)]);
    assert_eq!(grown("nlmon_deliveries_total", "peer"), 11);
    assert_eq!(grown("nlmon_datagrams_total", "peer"), 0);
    assert_eq!(grown("nlmon_datagrams_total", "multicast"), 11);
}

/// A uevent is no netlink message: what is lost of it has the type that it is counted under.
#[test]
fn lost_uevents_have_the_type_of_counted_ones() {
    let daemon = Daemon::start(&["--require-probes", "--subscribe", "route:link"]);
    let sleeper = Socket::open(UEVENT).unwrap();
    sleeper.set_receive_buffer(1).unwrap();
    sleeper.join(1).unwrap();
    let before = daemon.quiet();
    run("sh", &["-c", "for i in $(seq 20); do ip link add vmu$i type dummy; done"]);
    run("sh", &["-c", "for i in $(seq 20); do ip link del vmu$i; done"]);
    run("udevadm", &["settle"]);
    let after = daemon.quiet();
    let drops = u64::from(sleeper.drops().unwrap());
    let lost = |kind| {
        let labels = [("protocol", "kobject_uevent"), ("type", kind)];
        after.grown(&before, "nlmon_overrun_types_total", &labels)
    };
    assert!(drops > 20, "{drops}");
    assert_eq!((lost("raw"), lost("0")), (drops, 0));
}
