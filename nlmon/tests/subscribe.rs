//! The subscriptions against a real kernel, each test in a network namespace of its own: nothing
//! else happens there, and nothing of the machine is touched. The namespace belongs to the test's
//! thread, on which its tokio runtime runs, too.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    os::fd::AsRawFd as _,
    time::Duration,
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    sys::socket::{MsgFlags, NetlinkAddr, sendto},
};
use nlmon::subscribe::{
    Error, Event, Hold, Reach, Received, Socket, SubscribeSettings, Subscription, Subscriptions,
    acknowledge, answer, links, own_netns,
};
use nlmon_core::message::{Header, kind};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

const ROUTE: u8 = 0;
const USERSOCK: u8 = 2;
const RTM_NEWLINK: u16 = 16;
const RTM_SETLINK: u16 = 19;
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV4_MCADDR: u32 = 37;
const LO: i32 = 1;
/// A number that no kernel gave to a protocol.
const ABSENT: u8 = 23;

const LOOK: Duration = Duration::from_millis(20);
/// Long enough for a busy machine. Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for something to happen that should not.
const QUIET: Duration = Duration::from_millis(300);

fn in_namespace<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send) {
    let body = || {
        unshare(CloneFlags::CLONE_NEWNET)
            .expect("making a network namespace needs root: run it so, or under `unshare -Ur`");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(test());
    };
    std::thread::scope(|scope| {
        if let Err(panic) = scope.spawn(body).join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A `struct ifinfomsg` that sets a device up or down.
fn set_up(index: i32, up: bool) -> Vec<u8> {
    let (unspecified, up_flag) = (0_u32, 1_u32);
    let flags = if up { up_flag } else { 0 };
    let words = [unspecified, index.cast_unsigned(), flags, up_flag];
    words.map(u32::to_ne_bytes).concat()
}

fn set_lo_up(up: bool) {
    let socket = Socket::open(ROUTE).expect("a socket");
    acknowledge(&socket, RTM_NEWLINK, &set_up(LO, up), PATIENCE).expect("lo changes");
}

fn settings(protocol: u8, groups: &[u32], hold: Hold) -> SubscribeSettings {
    let groups: BTreeSet<u32> = groups.iter().copied().collect();
    SubscribeSettings {
        reach: Reach::Own,
        subscriptions: BTreeMap::from([(
            protocol,
            Subscription { groups, named: BTreeSet::new(), hold },
        )]),
        receive_buffer_bytes: 1 << 20,
        look_interval: LOOK,
    }
}

fn start(settings: SubscribeSettings) -> (Subscriptions, mpsc::Receiver<Event>) {
    let (sender, events) = mpsc::channel(64);
    (run(settings, sender), events)
}

fn run(settings: SubscribeSettings, sender: mpsc::Sender<Event>) -> Subscriptions {
    let (subscriptions, keeper) = Subscriptions::new(settings, sender).expect("it starts");
    let (stop, shutdown) = watch::channel(false);
    tokio::spawn(async move {
        keeper.run(shutdown).await.expect("it ends when it is dropped");
        drop(stop);
    });
    subscriptions
}

/// The next event but for how far a socket is read, and for the list of interfaces.
async fn next(events: &mut mpsc::Receiver<Event>) -> Event {
    loop {
        let event = timeout(PATIENCE, events.recv()).await.expect("an event comes");
        match event.expect("events go on") {
            Event::Empty { .. } | Event::Interfaces { .. } => {}
            other => return other,
        }
    }
}

async fn joined(events: &mut mpsc::Receiver<Event>) -> (u32, u32, u64) {
    match next(events).await {
        Event::Joined { group, portid, at_ns, .. } => (group, portid, at_ns),
        other => panic!("not joined: {other:?}"),
    }
}

async fn left(events: &mut mpsc::Receiver<Event>) -> u32 {
    match next(events).await {
        Event::Left { group, .. } => group,
        other => panic!("not left: {other:?}"),
    }
}

async fn assert_quiet(events: &mut mpsc::Receiver<Event>) {
    if let Ok(event) = timeout(QUIET, next(events)).await {
        panic!("nothing should happen, but {event:?}");
    }
}

/// Port ids of the route sockets in this namespace.
fn route_portids() -> Vec<u32> {
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").expect("a table");
    let fields = text.lines().skip(1).map(|line| line.split_ascii_whitespace());
    fields
        .filter_map(|mut fields| (fields.nth(1) == Some("0")).then(|| fields.next())?)
        .map(|portid| portid.parse().expect("a number"))
        .collect()
}

#[test]
fn tells_of_its_memberships_and_then_of_what_comes() {
    in_namespace(async || {
        let groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR];
        let (_subscriptions, mut events) = start(settings(ROUTE, &groups, Hold::Always));
        let (group, portid, joined_ns) = joined(&mut events).await;
        assert_eq!(group, RTNLGRP_LINK);
        assert_eq!(joined(&mut events).await.0, RTNLGRP_IPV4_IFADDR);
        assert!(route_portids().contains(&portid));
        set_lo_up(true);
        let mut seen = BTreeSet::new();
        while seen.len() < groups.len() {
            let Event::Delivery(delivery) = next(&mut events).await else { panic!("no delivery") };
            assert_eq!((delivery.protocol, delivery.src_portid), (ROUTE, 0));
            assert_eq!(delivery.netns, own_netns().unwrap());
            assert_eq!(delivery.len as usize, delivery.data.len());
            assert_eq!(Header::parse(&delivery.data).unwrap().len, delivery.len);
            assert!(delivery.received_ns >= joined_ns);
            seen.insert(delivery.group);
        }
        assert!(seen.iter().eq(&groups));
    });
}

#[test]
fn takes_no_unicast_for_a_multicast() {
    in_namespace(async || {
        let (_subscriptions, mut events) = start(settings(USERSOCK, &[1], Hold::Always));
        let (_, portid, _) = joined(&mut events).await;
        let sender = Socket::open(USERSOCK).unwrap();
        let header = Header { len: 16, message_type: 16, flags: 0, seq: 0, portid: 0 };
        let send = |portid, groups| {
            let to = NetlinkAddr::new(portid, groups);
            sendto(sender.as_raw_fd(), &header.to_bytes(), &to, MsgFlags::empty())
        };
        send(portid, 0).unwrap();
        let event = next(&mut events).await;
        assert!(matches!(event, Event::Unicast { protocol: USERSOCK }), "{event:?}");
        // It goes to the kernel as well, which has no socket of this protocol.
        assert_eq!(send(0, 1), Err(Errno::ECONNREFUSED));
        let event = next(&mut events).await;
        assert!(matches!(&event, Event::Delivery(delivery) if delivery.group == 1), "{event:?}");
        assert_quiet(&mut events).await;
    });
}

#[test]
fn knows_the_number_of_a_group_above_32() {
    in_namespace(async || {
        let socket = Socket::open(ROUTE).unwrap();
        match socket.join(RTNLGRP_IPV4_MCADDR) {
            Ok(()) => {}
            // Older than 6.14: that group is not there, and 33 is the best there is.
            Err(error) if error.errno() == Some(Errno::EINVAL) => return socket.join(33).unwrap(),
            Err(error) => panic!("{error:?}"),
        }
        socket.set_timeout(PATIENCE).unwrap();
        // An interface that comes up listens to 224.0.0.1.
        set_lo_up(true);
        let mut buffer = [0; 4096];
        let Received::Datagram(datagram) = socket.receive(&mut buffer).unwrap() else {
            panic!("nothing came")
        };
        assert_eq!(datagram.group, RTNLGRP_IPV4_MCADDR);
    });
}

#[test]
fn reports_every_datagram_that_it_lost() {
    in_namespace(async || {
        let all = Socket::open(ROUTE).unwrap();
        all.set_receive_buffer(16 << 20).unwrap();
        all.set_nonblocking().unwrap();
        let mut small = settings(ROUTE, &[RTNLGRP_LINK], Hold::Always);
        small.receive_buffer_bytes = 1;
        let (subscriptions, mut events) = start(small);
        joined(&mut events).await;
        all.join(RTNLGRP_LINK).unwrap();
        // This thread is the runtime's: the reader cannot read until it is over.
        for _ in 0..101 {
            set_lo_up(true);
            set_lo_up(false);
        }
        subscriptions.release(ROUTE).await;
        let (mut delivered, mut lost, mut overruns) = (0, 0, 0);
        loop {
            match next(&mut events).await {
                Event::Delivery(_) => delivered += 1,
                Event::Overrun { lost: more, .. } => {
                    lost += more;
                    overruns += 1;
                }
                Event::Left { .. } => break,
                other => panic!("{other:?}"),
            }
        }
        let mut sent = 0;
        let mut buffer = vec![0; 65536];
        while let Received::Datagram(_) = all.receive(&mut buffer).unwrap() {
            sent += 1;
        }
        assert!(sent >= 202 && delivered > 0 && overruns > 0, "{sent} {delivered} {overruns}");
        assert_eq!(delivered + lost, sent);
        assert_eq!(all.drops().unwrap(), 0);
    });
}

#[test]
fn holds_a_shared_socket_only_while_another_listens() {
    in_namespace(async || {
        let (_subscriptions, mut events) = start(settings(ROUTE, &[RTNLGRP_LINK], Hold::Shared));
        // Neither a socket without a group nor one of another group is a listener.
        let listener = Socket::open(ROUTE).unwrap();
        listener.join(RTNLGRP_IPV4_IFADDR).unwrap();
        assert_quiet(&mut events).await;
        assert_eq!(route_portids().len(), 2);
        listener.join(RTNLGRP_LINK).unwrap();
        assert_eq!(joined(&mut events).await.0, RTNLGRP_LINK);
        drop(listener);
        assert_eq!(left(&mut events).await, RTNLGRP_LINK);
        // The kernel's own is left.
        assert_eq!(route_portids(), [0]);
        let listener = Socket::open(ROUTE).unwrap();
        listener.join(RTNLGRP_LINK).unwrap();
        joined(&mut events).await;
    });
}

#[test]
fn has_closed_its_socket_when_a_release_returns() {
    in_namespace(async || {
        let (subscriptions, mut events) = start(settings(ROUTE, &[RTNLGRP_LINK], Hold::Always));
        joined(&mut events).await;
        set_lo_up(true);
        assert!(subscriptions.release(ROUTE).await);
        assert_eq!(route_portids(), [0]);
        // What had come before it closed is not lost, and is told before the end.
        assert!(matches!(next(&mut events).await, Event::Delivery(_)));
        while !matches!(next(&mut events).await, Event::Left { .. }) {}
        assert_quiet(&mut events).await;
        assert!(subscriptions.resume(ROUTE).await);
        joined(&mut events).await;
        assert!(!subscriptions.release(ABSENT).await);
    });
}

#[test]
fn releases_even_when_nobody_takes_its_events() {
    in_namespace(async || {
        let (sender, mut events) = mpsc::channel(1);
        let settings = settings(ROUTE, &[RTNLGRP_LINK], Hold::Always);
        let subscriptions = run(settings, sender);
        joined(&mut events).await;
        for _ in 0..10 {
            set_lo_up(true);
            set_lo_up(false);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let released = timeout(PATIENCE, subscriptions.release(ROUTE)).await;
        assert_eq!(released, Ok(true));
        let mut delivered = 0;
        while let Event::Delivery(_) = next(&mut events).await {
            delivered += 1;
        }
        assert!(delivered >= 20, "{delivered}");
    });
}

#[test]
fn closes_its_sockets_when_it_is_dropped() {
    in_namespace(async || {
        let (subscriptions, mut events) = start(settings(ROUTE, &[RTNLGRP_LINK], Hold::Always));
        joined(&mut events).await;
        drop(subscriptions);
        assert_eq!(left(&mut events).await, RTNLGRP_LINK);
        assert!(timeout(PATIENCE, events.recv()).await.unwrap().is_none());
        assert_eq!(route_portids(), [0]);
    });
}

#[test]
fn waits_for_a_protocol_that_is_not_there_without_a_word() {
    in_namespace(async || {
        let (_subscriptions, mut events) = start(settings(ABSENT, &[1], Hold::Always));
        assert_quiet(&mut events).await;
    });
}

#[test]
fn joins_what_it_can_and_says_once_what_it_cannot() {
    in_namespace(async || {
        let groups = [RTNLGRP_LINK, 4000];
        let (_subscriptions, mut events) = start(settings(ROUTE, &groups, Hold::Always));
        match next(&mut events).await {
            Event::Failed { protocol: ROUTE, error: Error::Join { group: 4000, source, .. } } => {
                assert_eq!(source.raw_os_error(), Some(Errno::EINVAL as i32));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(joined(&mut events).await.0, RTNLGRP_LINK);
        assert_quiet(&mut events).await;
    });
}

#[test]
fn keeps_no_socket_that_is_in_no_group() {
    in_namespace(async || {
        let (_subscriptions, mut events) = start(settings(ROUTE, &[4000], Hold::Always));
        assert!(matches!(next(&mut events).await, Event::Failed { .. }));
        assert_quiet(&mut events).await;
        assert_eq!(route_portids(), [0]);
    });
}

#[test]
fn says_how_long_a_datagram_was_that_did_not_fit() {
    in_namespace(async || {
        let socket = Socket::open(ROUTE).unwrap();
        socket.join(RTNLGRP_LINK).unwrap();
        set_lo_up(true);
        let mut buffer = [0; 20];
        let Received::Datagram(datagram) = socket.receive(&mut buffer).unwrap() else {
            panic!("nothing came")
        };
        assert_eq!(datagram.data.len(), 20);
        assert_eq!(Header::parse(datagram.data).unwrap().len, datagram.len);
        assert_eq!(datagram.group, RTNLGRP_LINK);
    });
}

#[test]
fn tells_why_a_request_was_refused_and_how_long_it_waited() {
    in_namespace(async || {
        let socket = Socket::open(ROUTE).unwrap();
        let refused = acknowledge(&socket, RTM_SETLINK, &set_up(4711, true), PATIENCE).unwrap_err();
        assert!(matches!(refused, Error::Refused { errno: Errno::ENODEV, .. }), "{refused:?}");
        // Too short for its type: the kernel says so in words.
        let refused = acknowledge(&socket, RTM_SETLINK, &[0; 4], PATIENCE).unwrap_err();
        let Error::Refused { errno: Errno::EINVAL, text } = refused else { panic!("{refused:?}") };
        assert_eq!(text, "Invalid header length");
        // The kernel passes over NLMSG_NOOP, and nothing asks for an acknowledgement.
        let late = answer(&socket, kind::NOOP, &[], Duration::from_millis(20));
        assert!(matches!(late, Err(Error::Timeout { .. })), "{late:?}");
    });
}

#[test]
fn lists_the_devices_of_its_namespace() {
    in_namespace(async || {
        let links = links(PATIENCE).unwrap();
        let lo = &links[0];
        assert_eq!((lo.index, lo.name.as_str(), lo.mtu), (1, "lo", 65536));
        assert_eq!((lo.state, lo.address.as_str()), ("down", "00:00:00:00:00:00"));
    });
}

#[test]
fn has_a_receive_buffer_of_the_size_that_it_says() {
    in_namespace(async || {
        let socket = Socket::open(ROUTE).unwrap();
        let effective = socket.set_receive_buffer(64 << 10).unwrap();
        // The kernel doubles it.
        assert_eq!(effective, 128 << 10);
    });
}
