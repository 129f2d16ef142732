//! The kernel's own copy of netlink traffic, that of a device of type `nlmon`, beside the daemon's
//! counts of the same traffic.
//!
//! The device shows what goes to the kernel, and once for each receiver what a socket gets; of eight
//! protocols, in one namespace. It does not show what nobody received.

use std::{
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, NetlinkAddr, sendto},
};
use nlmon::subscribe::{Received, Socket, test_module};
use nlmon_core::{
    decode::names::{parse_protocol, protocol},
    message::{Header, flag, kind, messages},
};

use crate::{
    capture::{Packet, Tap},
    listeners::{listeners, settled},
    strace::{ByType, Traced},
    support::{Daemon, Metrics, Module, message, receive, run, test_socket, wait_for},
};

const USERSOCK: u8 = 2;
const FIB_LOOKUP: u8 = 10;
const GROUP: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(20);
/// Round trips with the test module.
const ECHOES: u64 = 107;

fn by_type<'a>(packets: impl IntoIterator<Item = &'a Packet>) -> ByType {
    let mut types = ByType::new();
    for (name, bytes) in packets.into_iter().flat_map(Packet::messages) {
        add(&mut types, name, (1, bytes));
    }
    types
}

fn add(types: &mut ByType, name: String, (count, bytes): (u64, u64)) {
    let sum = types.entry(name).or_default();
    *sum = (sum.0 + count, sum.1 + bytes);
}

/// Datagrams of many protocols, on every path.
fn send_everything(members: &[Socket; 2]) {
    programs();
    run("ip", &["link", "set", "vmtapped0", "up"]);
    run("ip", &["link", "set", "vmtapped0", "down"]);
    families(&Socket::open(protocol::GENERIC).unwrap());
    lookups(&Socket::open(FIB_LOOKUP).unwrap(), 31);
    let sender = usersock();
    send_to_peer(&sender, &members[0], 101);
    send_to_nobody(&sender, 103);
    shout(&sender, members, 53);
    let socket = test_socket(1 << 20);
    (0..ECHOES).for_each(|_| drop(test_module::echo(&socket, b"unseen", TIMEOUT).unwrap()));
}

#[test]
fn the_device_shows_what_is_counted() {
    run("ip", &["netns", "add", "vmtap"]);
    run("sysctl", &["-q", "net.ipv6.conf.default.disable_ipv6=1"]);
    run("ip", &["link", "add", "vmtapped0", "type", "dummy"]);
    let module = Module::load();
    // No sockets are looked at, and no records are made, for which it would ask for generic
    // families: what nlmon sends itself is in no count, but in the capture.
    let quiet = ["--require-probes", "--sockets-interval", "0", "--history", "0"];
    let daemon =
        Daemon::start(&[&quiet[..], &["--ledger", "false", "--subscribe", "route:link"]].concat());
    let mut monitor =
        Command::new("ip").args(["monitor", "link"]).stdout(Stdio::null()).spawn().unwrap();
    wait_for("they listen", || listeners("0", 1) == 2);
    let members = [usersock(), usersock()];
    for member in &members {
        member.join(GROUP).unwrap();
    }
    // Modules are loaded by a first use.
    programs();
    let tap = Tap::start();
    run("udevadm", &["settle"]);
    let before = settled(&daemon, "route", "0");
    let start = tap.shown();

    send_everything(&members);
    let elsewhere = Traced::start("ip", &["netns", "exec", "vmtap", "ip", "link", "show"]).wait();

    let after = settled(&daemon, "route", "0");
    let shown = tap.end();
    let shown = &shown[start..];
    let own = after.grown(&before, "nlmon_own_datagrams_total", &[]);
    assert_eq!(own, 0);
    // And NFLOG, which nothing in the kernel speaks.
    let tapped = ["route", "usersock", "sock_diag", "xfrm", "fib_lookup", "netfilter", "generic"];
    for name in tapped {
        let number = parse_protocol(name).unwrap();
        let packets: Vec<_> = shown.iter().filter(|packet| packet.protocol == number).collect();
        let (mut datagrams, mut messages) = expected(name, (&before, &after));
        for call in elsewhere.0.iter().filter(|call| call.protocol == name) {
            datagrams -= 1;
            for (name, bytes) in &call.messages {
                let sum = messages.get_mut(name).unwrap();
                *sum = (sum.0 - 1, sum.1 - bytes);
            }
        }
        messages.retain(|_, sum| *sum != (0, 0));
        assert_eq!(packets.len() as u64, datagrams, "{name}");
        assert!(datagrams > 0, "nothing of {name}");
        assert_eq!(by_type(packets.iter().copied()), messages, "{name}");
    }
    assert!(elsewhere.datagrams() > 0);
    // Of other protocols, which nlmon counts, it shows nothing.
    let echoes = [("protocol", "test"), ("path", "request")];
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &echoes), ECHOES);
    let is_tapped =
        |packet: &Packet| tapped.iter().any(|n| parse_protocol(n) == Some(packet.protocol));
    assert!(shown.iter().all(is_tapped));

    monitor.kill().unwrap();
    monitor.wait().unwrap();
    run("ip", &["link", "del", "vmtapped0"]);
    run("sysctl", &["-q", "net.ipv6.conf.default.disable_ipv6=0"]);
    run("ip", &["netns", "del", "vmtap"]);
    drop((module, daemon));
}

/// What the device has to show of a protocol by what nlmon counted: datagrams, and messages by type.
fn expected(protocol: &str, (before, after): (&Metrics, &Metrics)) -> (u64, ByType) {
    let grown = |name: &str, more: &[(&str, &str)]| {
        after.grown(before, name, &[&[("protocol", protocol)], more].concat())
    };
    let requests = grown("nlmon_datagrams_total", &[("path", "request"), ("result", "ok")]);
    let datagrams = requests + grown("nlmon_deliveries_total", &[]);
    // Nothing of this protocol's in the kernel takes the second leg of a multicast.
    let legs = if protocol == "usersock" { 53 } else { 0 };
    assert_eq!(grown("nlmon_second_legs_total", &[]), legs);
    let mut messages = ByType::new();
    for path in ["request", "reply", "dump", "peer", "multicast"] {
        let labels = [("protocol", protocol), ("path", path)];
        for (name, (count, bytes)) in after.messages(before, &labels) {
            let audience = match (path, protocol, name.as_str()) {
                // The monitor and the daemon; both members.
                ("multicast", "route", "RTM_NEWLINK") | ("multicast", "usersock", _) => 2,
                ("multicast", ..) => 0,
                _ => 1,
            };
            add(&mut messages, name, (count * audience, bytes * audience));
        }
    }
    if protocol == "usersock" {
        let refused = [("path", "peer"), ("result", "ECONNREFUSED")];
        assert_eq!(grown("nlmon_datagrams_total", &refused), 103);
        let sum = messages.get_mut(DEAD_TYPE).unwrap();
        *sum = (sum.0 - 103, sum.1 - 103 * DEAD_BYTES);
    }
    (datagrams, messages)
}

/// Programs of as many protocols as programs speak.
fn programs() {
    run("ip", &["link", "show"]);
    run("ip", &["route", "add", "blackhole", "198.51.100.0/24"]);
    run("ip", &["route", "del", "blackhole", "198.51.100.0/24"]);
    run("ss", &["-tan"]);
    run("nft", &["add", "table", "inet", "vmtap"]);
    run("nft", &["list", "ruleset"]);
    run("nft", &["delete", "table", "inet", "vmtap"]);
    let policy = ["src", "192.0.2.1/32", "dst", "192.0.2.2/32", "dir", "out"];
    run("ip", &[&["xfrm", "policy", "add"], &policy[..], &["action", "block"]].concat());
    run("ip", &["xfrm", "policy", "list"]);
    run("ip", &[&["xfrm", "policy", "delete"], &policy[..]].concat());
}

/// Dumps the families of generic netlink.
fn families(socket: &Socket) {
    const DUMP: u16 = 0x300;
    let header =
        Header { len: 20, message_type: 16, flags: flag::REQUEST | DUMP, seq: 1, portid: 0 };
    // CTRL_CMD_GETFAMILY.
    socket.send(&[&header.to_bytes()[..], &[3, 1, 0, 0]].concat()).unwrap();
    let mut buffer = vec![0; 70_000];
    socket.set_timeout(TIMEOUT).unwrap();
    loop {
        let Received::Datagram(datagram) = socket.receive(&mut buffer).unwrap() else {
            panic!("no answer");
        };
        // Newer kernels put the end into the last part.
        let mut messages = messages(datagram.data, datagram.len as usize);
        if messages.any(|message| message.header.message_type == kind::DONE) {
            return;
        }
    }
}

/// Asks for the route to 127.0.0.1: `struct fib_result_nl` in `include/net/ip_fib.h`.
fn lookups(socket: &Socket, count: u32) {
    socket.set_timeout(TIMEOUT).unwrap();
    for seq in 0..count {
        let mut question = [0; 20];
        question[..4].copy_from_slice(&[127, 0, 0, 1]);
        socket.send(&message(0, seq, &question)).unwrap();
        receive(socket, 1);
    }
}

fn usersock() -> Socket {
    let socket = Socket::open(USERSOCK).unwrap();
    socket.set_receive_buffer(1 << 20).unwrap();
    socket.set_timeout(TIMEOUT).unwrap();
    socket
}

fn send_to_peer(sender: &Socket, peer: &Socket, count: u32) {
    let address = NetlinkAddr::new(peer.portid(), 0);
    for seq in 0..count {
        // Messages whose length is no multiple of four, two in a datagram.
        let message = message(0x123, seq, b"hello");
        let datagram = [&message[..], &[0; 3], &message[..]].concat();
        sendto(sender.as_raw_fd(), &datagram, &address, MsgFlags::empty()).unwrap();
    }
    receive(peer, count as usize);
}

/// Type and length of what [`send_to_nobody`] sends.
const DEAD_TYPE: &str = "292";
const DEAD_BYTES: u64 = 16 + 12;

fn send_to_nobody(sender: &Socket, count: u32) {
    let address = NetlinkAddr::new(0x7fff_fff1, 0);
    for seq in 0..count {
        let datagram = message(0x124, seq, b"nobody there");
        let sent = sendto(sender.as_raw_fd(), &datagram, &address, MsgFlags::empty());
        assert_eq!(sent, Err(Errno::ECONNREFUSED));
    }
}

/// Multicasts of what is no netlink message.
fn shout(sender: &Socket, members: &[Socket], count: u32) {
    let address = NetlinkAddr::new(0, 1 << (GROUP - 1));
    for _ in 0..count {
        // The second leg goes to the kernel, which has no socket of this protocol.
        let sent = sendto(sender.as_raw_fd(), b"what?", &address, MsgFlags::empty());
        assert_eq!(sent, Err(Errno::ECONNREFUSED));
    }
    for member in members {
        receive(member, count as usize);
    }
}

#[test]
fn the_device_shows_what_nlmon_sends_and_does_not_count() {
    let daemon =
        Daemon::start(&["--require-probes", "--sockets-interval", "3", "--ledger", "false"]);
    let tap = Tap::start();
    run("udevadm", &["settle"]);
    let own = |metrics: &Metrics| metrics.sum("nlmon_own_datagrams_total", &[]);
    // Both edges are where it has done nothing for a moment.
    let still = || loop {
        let (before, shown) = (daemon.quiet(), tap.shown());
        sleep(Duration::from_secs(1));
        let after = daemon.quiet();
        if own(&before) == own(&after) && shown == tap.shown() {
            return (after, shown);
        }
    };
    let (before, start) = still();
    wait_for("it looks at sockets", || own(&daemon.metrics()) > own(&before));
    let (after, end) = still();
    let counted = after.grown(&before, "nlmon_own_datagrams_total", &[]);
    assert_eq!((end - start) as u64, counted);
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &[("protocol", "sock_diag")]), 0);
    let shown = tap.end();
    assert!(shown[start..end].iter().all(|packet| packet.protocol == protocol::SOCK_DIAG));
}
