//! Names of interfaces: of which namespace and of which time they are, and what ends them.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::sync::Arc;

use nlmon_core::decode::{self, Context, Families, InterfaceNames, Message};
use nlmon_core::interfaces::Interfaces;
use nlmon_core::message::{HEADER_BYTES, Header};
use nlmon_core::record::{Contents, Delivery, Observation, Path, Task};

const NEWLINK: u16 = 16;
const DELLINK: u16 = 17;
const ETHER: u16 = 1;
const LOOPBACK: u16 = 772;
const BLUE: u32 = 4_026_531_840;
const RED: u32 = 4_026_532_300;

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [&len.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// `struct ifinfomsg` and the name.
fn payload(kind: u16, index: i32, change: u32, name: &str) -> Vec<u8> {
    let head = [&[0, 0][..], &kind.to_ne_bytes(), &index.to_ne_bytes(), &[0; 4]].concat();
    let name = attribute(3, format!("{name}\0").as_bytes());
    [&head[..], &change.to_ne_bytes(), &name].concat()
}

fn message(message_type: u16, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
    let header = Header { len, message_type, flags: 0, seq: 0, portid: 0 };
    [&header.to_bytes(), payload].concat()
}

fn link(message_type: u16, index: i32, name: &str) -> Vec<u8> {
    message(message_type, &payload(ETHER, index, 0, name))
}

fn sent(netns: u32, start_ns: u64, data: Vec<u8>) -> Observation {
    Observation {
        start_ns,
        duration_ns: 1,
        protocol: 0,
        path: Path::Multicast,
        netns,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: 1,
        len: u32::try_from(data.len()).unwrap(),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data,
    }
}

fn received(netns: u32, received_ns: u64, data: Vec<u8>) -> Delivery {
    let len = u32::try_from(data.len()).unwrap();
    Delivery { received_ns, protocol: 0, netns, group: 1, src_portid: 0, len, data }
}

/// The name of index 6, or a dash.
fn name(interfaces: &Interfaces, netns: u32, at_ns: u64) -> String {
    interfaces.name(netns, 6, at_ns).as_deref().unwrap_or("-").to_owned()
}

#[test]
fn a_rename_counts_from_its_own_time_and_only_in_its_namespace() {
    let mut known = Interfaces::new(false);
    known.dumped(BLUE, 95, 100, &[payload(ETHER, 6, 0, "v0")]);
    known.dumped(RED, 95, 100, &[payload(ETHER, 6, 0, "w0")]);
    known.deliver(&received(BLUE, 200, link(NEWLINK, 6, "eth0")));
    assert_eq!(name(&known, BLUE, 99), "-", "nothing was known yet");
    assert_eq!(name(&known, BLUE, 199), "v0");
    assert_eq!(name(&known, BLUE, 200), "eth0");
    assert_eq!(name(&known, RED, 200), "w0");
    assert_eq!(known.name(7, 6, 200), None, "no such namespace");
}

#[test]
fn an_index_that_is_used_again_has_the_name_of_the_time() {
    let mut known = Interfaces::new(true);
    known.observe(&sent(BLUE, 100, link(NEWLINK, 6, "v0")));
    known.observe(&sent(BLUE, 200, link(DELLINK, 6, "v0")));
    known.observe(&sent(BLUE, 300, link(NEWLINK, 6, "w0")));
    let names = [100, 200, 201, 299, 300].map(|at_ns| name(&known, BLUE, at_ns));
    // The notice of the end is itself about the one that ends.
    assert_eq!(names, ["v0", "v0", "-", "-", "w0"]);
}

/// A delivery is late: by its time alone, it would bring back a name that is gone.
#[test]
fn a_late_delivery_never_brings_back_an_old_name() {
    let mut known = Interfaces::new(true);
    known.dumped(BLUE, 45, 50, &[payload(ETHER, 6, 0, "a")]);
    known.observe(&sent(BLUE, 100, link(NEWLINK, 6, "b")));
    known.observe(&sent(BLUE, 110, link(NEWLINK, 6, "c")));
    known.deliver(&received(BLUE, 120, link(NEWLINK, 6, "b")));
    known.deliver(&received(BLUE, 130, link(NEWLINK, 6, "c")));
    assert_eq!(name(&known, BLUE, 105), "b");
    assert_eq!(name(&known, BLUE, 115), "c");
    assert_eq!(name(&known, BLUE, 125), "-", "b or c: not for certain");
    assert_eq!(name(&known, BLUE, 130), "c");
}

/// What no probe saw is known by its delivery, and until that is seen again nothing is claimed.
#[test]
fn a_rename_that_was_not_seen_leaves_no_old_name() {
    let mut known = Interfaces::new(true);
    known.dumped(BLUE, 45, 50, &[payload(ETHER, 6, 0, "a")]);
    known.deliver(&received(BLUE, 120, link(NEWLINK, 6, "b")));
    assert_eq!(name(&known, BLUE, 119), "a");
    assert_eq!(name(&known, BLUE, 120), "-");
    known.unobserved(&received(BLUE, 120, link(NEWLINK, 6, "b")));
    assert_eq!([name(&known, BLUE, 119), name(&known, BLUE, 120)], ["a", "b"]);
}

#[test]
fn an_overrun_ends_what_is_known_until_the_next_dump() {
    let mut known = Interfaces::new(true);
    known.dumped(BLUE, 45, 50, &[payload(ETHER, 6, 0, "a"), payload(ETHER, 7, 0, "b")]);
    known.lost_track(BLUE, 100);
    known.dumped(BLUE, 105, 110, &[payload(ETHER, 6, 0, "c")]);
    let names = [99, 100, 110].map(|at_ns| name(&known, BLUE, at_ns));
    assert_eq!(names, ["a", "-", "c"]);
    assert_eq!(known.name(BLUE, 7, 110), None, "it is not in the second dump");
    // One that was asked for before the loss says nothing of what is after it.
    known.lost_track(BLUE, 200);
    known.dumped(BLUE, 185, 190, &[payload(ETHER, 6, 0, "d")]);
    assert_eq!([name(&known, BLUE, 199), name(&known, BLUE, 200)], ["c", "-"]);
}

#[test]
fn a_dump_that_is_older_than_a_change_does_not_undo_it() {
    let old = [payload(ETHER, 6, 0, "old")];
    let change = || received(BLUE, 120, link(NEWLINK, 6, "new"));
    // The change comes before the dump's end, and the pipeline hears of them in either order.
    let (mut first, mut last) = (Interfaces::new(false), Interfaces::new(false));
    first.deliver(&change());
    first.dumped(BLUE, 100, 130, &old);
    last.dumped(BLUE, 100, 130, &old);
    last.deliver(&change());
    for known in [first, last] {
        let names = [119, 120, 130].map(|at_ns| name(&known, BLUE, at_ns));
        assert_eq!(names, ["-", "new", "new"]);
    }
}

/// The kernel gives the number of a namespace that is gone to a new one.
#[test]
fn a_new_namespace_does_not_inherit_the_names_of_its_number() {
    let mut known = Interfaces::new(true);
    known.observe(&sent(RED, 100, link(NEWLINK, 6, "w0")));
    let first = payload(LOOPBACK, 1, u32::MAX, "lo");
    known.observe(&sent(RED, 200, message(NEWLINK, &first)));
    assert_eq!([name(&known, RED, 199), name(&known, RED, 200)], ["w0", "-"]);
    assert_eq!(known.name(RED, 1, 200).as_deref(), Some("lo"));
}

#[test]
fn what_is_no_news_of_an_interface_here_is_not_learnt() {
    let mut known = Interfaces::new(true);
    known.observe(&sent(BLUE, 100, link(NEWLINK, 6, "v0")));
    // A port that leaves its bridge; somebody's request; another namespace's interface; a name that
    // no kernel allows.
    let mut port = link(DELLINK, 6, "v0");
    port[HEADER_BYTES] = 7;
    known.observe(&sent(BLUE, 110, port));
    let request = sent(BLUE, 120, link(NEWLINK, 6, "wish"));
    known.observe(&Observation { path: Path::Request, src_portid: 9, ..request });
    let foreign = [attribute(46, &[1, 0, 0, 0]), attribute(3, b"theirs\0")].concat();
    let foreign = [&payload(ETHER, 6, 0, "x")[..16], &foreign].concat();
    known.observe(&sent(BLUE, 130, message(NEWLINK, &foreign)));
    known.observe(&sent(BLUE, 140, link(NEWLINK, 6, "longer-than-allowed")));
    known.observe(&Observation { protocol: 4, ..sent(BLUE, 150, link(NEWLINK, 6, "diag")) });
    assert_eq!(name(&known, BLUE, 200), "v0");
}

#[test]
fn a_name_from_the_wire_is_printable() {
    let mut known = Interfaces::new(true);
    known.observe(&sent(BLUE, 100, link(NEWLINK, 6, "a\x1b[2J")));
    assert!(!name(&known, BLUE, 100).contains(char::is_control));
}

/// Any user can make namespaces and interfaces in them.
#[test]
fn memory_is_bounded_and_other_namespaces_go_before_the_daemons_own() {
    let mut known = Interfaces::new(true);
    known.dumped(BLUE, 45, 50, &[payload(ETHER, 6, 0, "own")]);
    for netns in 1..=8 {
        for index in 1..=20_000 {
            known.observe(&sent(netns, 100, link(NEWLINK, index, "x")));
        }
    }
    assert!(known.len() <= 65_536, "{}", known.len());
    for netns in 100..3000 {
        known.observe(&sent(netns, 100, link(NEWLINK, 2, "x")));
    }
    assert!(known.take_refused() > 0);
    assert_eq!(name(&known, BLUE, 200), "own");
    known.deliver(&received(BLUE, 300, link(NEWLINK, 8, "later")));
    assert_eq!(known.name(BLUE, 8, 300).as_deref(), Some("later"));
}

/// Every index is of an interface that is called by it.
#[derive(Debug)]
struct Called;

impl InterfaceNames for Called {
    fn name(&self, netns: u32, index: u32, at_ns: u64) -> Option<Arc<str>> {
        assert_eq!((netns, at_ns), (BLUE, 7));
        Some(format!("v{index}").into())
    }
}

fn decoded(message_type: u16, flags: u16, payload: &[u8], cut: usize) -> Message {
    let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
    let header = Header { len, message_type, flags, seq: 1, portid: 0 };
    let bytes = [&header.to_bytes(), payload].concat();
    let families = Families::default();
    let interfaces = Some(decode::Interfaces { names: &Called, netns: BLUE, at_ns: 7 });
    let context = Context { interfaces, ..Context::new(&families) };
    let mut decoded = decode::decode(0, &bytes[..bytes.len() - cut], len, &context);
    decoded.messages.remove(0)
}

fn summary(message_type: u16, payload: &[u8]) -> String {
    decoded(message_type, 0, payload, 0).summary
}

/// `struct rtmsg` of a unicast route in the main table.
const RTMSG: [u8; 12] = [2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];

#[test]
fn a_device_goes_by_its_name() {
    let to = |more: &[Vec<u8>]| {
        let destination = attribute(1, &[192, 0, 2, 0]);
        [&RTMSG[..], &destination, &more.concat()].concat()
    };
    let six = 6_u32.to_ne_bytes();
    assert_eq!(summary(24, &to(&[attribute(4, &six)])), "192.0.2.0/24 dev v6 proto static");
    let hop = [&[8, 0, 0, 0][..], &six].concat();
    assert_eq!(
        summary(24, &to(&[attribute(9, &hop)])),
        "192.0.2.0/24 proto static nexthop dev v6 weight 1"
    );
    let neighbour = [&[2, 0, 0, 0][..], &six, &[0; 4]].concat();
    assert_eq!(summary(28, &neighbour), "dev v6 NONE");
    let address = [&[2, 24, 0, 0][..], &six, &attribute(1, &[192, 0, 2, 1])].concat();
    assert_eq!(summary(20, &address), "192.0.2.1/24 dev v6 scope global");
    let qdisc = [&[0; 4][..], &six, &[0; 12], &attribute(1, b"fq\0")].concat();
    assert!(summary(36, &qdisc).starts_with("fq dev v6"), "{}", summary(36, &qdisc));
}

#[test]
fn the_name_is_beside_the_index() {
    let six = 6_u32.to_ne_bytes();
    let message = decoded(24, 0, &[&RTMSG[..], &attribute(4, &six)].concat(), 0);
    let json = serde_json::to_string(&message.attributes[1]).unwrap();
    assert_eq!(json, r#"{"name":"RTA_OIF","value":6,"ifname":"v6"}"#);
    // Index 0 is no interface.
    let message = decoded(24, 0, &[&RTMSG[..], &attribute(4, &[0; 4])].concat(), 0);
    let json = serde_json::to_string(&message.attributes[1]).unwrap();
    assert_eq!(json, r#"{"name":"RTA_OIF","value":0}"#);
}

#[test]
fn an_interface_of_another_namespace_has_no_name_here() {
    const CREATE_REQUEST: u16 = 0x405;
    let (two, six, id) = (2_u32.to_ne_bytes(), attribute(10, &[6, 0, 0, 0]), [3, 0, 0, 0]);
    let head = [&[0, 0, 1, 0][..], &two, &[0; 8]].concat();
    let link = |attributes: &[Vec<u8>]| [&head[..], &attributes.concat()].concat();
    let (name, lower) = (attribute(3, b"w0\0"), attribute(5, &[4, 0, 0, 0]));
    // Here: the other end, and the master.
    let here = link(&[name.clone(), lower.clone(), six.clone()]);
    assert_eq!(summary(16, &here), "w0@v4 (ifindex 2) master v6");
    // IFLA_LINK_NETNSID: the other end is elsewhere.
    let veth = link(&[name.clone(), lower.clone(), six.clone(), attribute(37, &id)]);
    assert_eq!(summary(16, &veth), "w0@if4 (ifindex 2) master v6");
    // It may be what was cut off.
    let cut = decoded(16, 0, &here, 4);
    assert_eq!(cut.summary, "w0@if4 (ifindex 2)");
    // IFLA_TARGET_NETNSID: all of it is elsewhere.
    let foreign = link(&[attribute(46, &id), name.clone(), lower, six]);
    assert_eq!(summary(16, &foreign), "w0@if4 (ifindex 2) master 6");
    let address = [&[2, 24, 0, 0][..], &two, &attribute(10, &id)].concat();
    assert_eq!(summary(20, &address), "dev 2 scope global");
    // IFLA_NET_NS_FD: made there with that index, or moved there from here.
    let there = link(&[attribute(28, &id)]);
    assert!(decoded(16, CREATE_REQUEST, &there, 0).summary.starts_with("ifindex 2"));
    assert!(decoded(16, 5, &there, 0).summary.starts_with("v2 (ifindex 2)"));
    // IFLA_NEW_IFINDEX is of the namespace that it went to.
    let moved = decoded(17, 0, &link(&[name, attribute(49, &id)]), 0);
    assert_eq!(moved.attributes[2].ifname, None);
    // NDA_LINK_NETNSID: so is the interface below a tunnel's.
    let tunnel = [attribute(8, &[5, 0, 0, 0]), attribute(10, &id)].concat();
    let tunnel = decoded(28, 0, &[&[7, 0, 0, 0][..], &two, &[0; 4], &tunnel].concat(), 0);
    let shown: Vec<_> = tunnel.attributes.iter().map(|a| a.ifname.is_some()).collect();
    assert_eq!((shown, tunnel.summary.as_str()), (vec![false; 3], "dev v2 NONE"));
}
