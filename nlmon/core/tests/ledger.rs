//! The ledger by messages as kernels send them: those that were captured, and others made by the
//! kernel's formats. What is expected is what `ip` and `nft` were told to do.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

#[expect(dead_code, reason = "this test reads some of the files")]
mod captures;

use std::collections::BTreeMap;

use proptest::prelude::*;

use nlmon_core::decode::names::protocol::{NETFILTER, ROUTE};
use nlmon_core::decode::{Body, bodies};
use nlmon_core::ledger::{
    Change, Cover, Doubt, Kind, Learnt, Ledger, Limits, List, Notice, Query, Verb, Who, Why, dumps,
};
use nlmon_core::message::{HEADER_BYTES, Header};
use nlmon_core::record::{Cause, Contents, Observation, Path, RemovedRoute, Silent, Task};

const NETNS: u32 = 4_026_531_840;
const TIME: &str = "2026-01-02T03:04:05.000000000Z";

const CREATE: u16 = 0x400;
const REPLACE: u16 = 0x100;
const APPEND: u16 = 0x800;
const MULTI: u16 = 2;

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [&len.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn message(message_type: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
    let header = Header { len, message_type, flags, seq: 0, portid: 0 };
    [&header.to_bytes(), payload].concat()
}

fn decoded(protocol: u8, bytes: &[u8]) -> Vec<Body> {
    bodies(protocol, bytes, u32::try_from(bytes.len()).unwrap(), |_| true)
}

/// `struct ifinfomsg` with a name and an MTU.
fn link(message_type: u16, index: u32, name: &str, up: bool, mtu: u32) -> Vec<u8> {
    let head = [
        &[0, 0, 1, 0][..],
        &index.to_ne_bytes(),
        &u32::from(up).to_ne_bytes(),
        &[0; 4],
        &attribute(3, format!("{name}\0").as_bytes()),
        &attribute(4, &mtu.to_ne_bytes()),
    ];
    message(message_type, 0, &head.concat())
}

/// A route, as the kernel tells of it.
struct Route {
    family: u8,
    dst: Option<([u8; 16], u8)>,
    metric: u32,
    hops: Vec<(u8, u32)>,
}

const NEWROUTE: u16 = 24;
const DELROUTE: u16 = 25;

impl Route {
    fn v4(dst: Option<[u8; 3]>, metric: u32, hop: u8) -> Self {
        let dst = dst.map(|[a, b, c]| {
            let mut bytes = [0; 16];
            bytes[..3].copy_from_slice(&[a, b, c]);
            (bytes, 24)
        });
        Self { family: 2, dst, metric, hops: vec![(hop, 3)] }
    }

    fn v6(hops: &[u8]) -> Self {
        Self {
            family: 10,
            dst: None,
            metric: 1024,
            hops: hops.iter().map(|hop| (*hop, 3)).collect(),
        }
    }

    fn address(&self, hop: u8) -> Vec<u8> {
        if self.family == 2 {
            vec![192, 0, 2, hop]
        } else {
            let mut bytes = vec![0; 16];
            (bytes[0], bytes[1], bytes[15]) = (0xfe, 0x80, hop);
            bytes
        }
    }

    fn bytes(&self, message_type: u16, flags: u16) -> Vec<u8> {
        let len = self.dst.map_or(0, |(_, len)| len);
        let width = if self.family == 2 { 4 } else { 16 };
        // `RTPROT_STATIC`, `RT_SCOPE_UNIVERSE`, `RTN_UNICAST` in table main.
        let mut payload = vec![self.family, len, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];
        payload.extend(attribute(15, &254_u32.to_ne_bytes()));
        if let Some((dst, _)) = self.dst {
            payload.extend(attribute(1, &dst[..width]));
        }
        if self.metric != 0 {
            payload.extend(attribute(6, &self.metric.to_ne_bytes()));
        }
        match &*self.hops {
            [(hop, index)] => {
                payload.extend(attribute(5, &self.address(*hop)));
                payload.extend(attribute(4, &index.to_ne_bytes()));
            }
            hops => {
                let hop = |(hop, index): &(u8, u32)| {
                    let gateway = attribute(5, &self.address(*hop));
                    let len = u16::try_from(8 + gateway.len()).unwrap();
                    [&len.to_ne_bytes()[..], &[0, 0], &index.to_ne_bytes(), &gateway].concat()
                };
                payload.extend(attribute(9, &hops.iter().flat_map(hop).collect::<Vec<_>>()));
            }
        }
        message(message_type, flags, &payload)
    }
}

/// A ledger with a clock of its own.
struct Test {
    ledger: Ledger,
    now_ns: u64,
}

impl Test {
    fn new(limits: Limits) -> Self {
        Self { ledger: Ledger::new(limits), now_ns: 1000 }
    }

    /// One in whose namespace nothing is, but these.
    fn listed(protocol: u8, groups: &[u32], messages: &[Vec<u8>]) -> Self {
        let mut test = Self::new(Limits::default());
        test.list(protocol, groups, messages);
        test
    }

    fn list(&mut self, protocol: u8, groups: &[u32], messages: &[Vec<u8>]) {
        let covers = dumps(protocol, groups).into_iter().map(|dump| dump.cover).collect();
        self.list_of(protocol, covers, messages);
    }

    fn list_of(&mut self, protocol: u8, covers: Vec<Cover>, messages: &[Vec<u8>]) {
        self.now_ns += 10;
        let list = List {
            netns: NETNS,
            netns_name: None,
            covers,
            began_ns: self.now_ns - 5,
            complete_ns: self.now_ns,
            time: TIME.into(),
        };
        self.ledger.begin_list(&list);
        for bytes in messages {
            self.ledger.list(&list, protocol, &decoded(protocol, bytes));
        }
        self.ledger.end_list(&list);
    }

    fn tell(&mut self, protocol: u8, bytes: &[u8]) {
        self.tell_by(protocol, bytes, "ip");
    }

    fn tell_by(&mut self, protocol: u8, bytes: &[u8], comm: &str) {
        self.now_ns += 10;
        let messages = decoded(protocol, bytes);
        let unit = Some(format!("{comm}.service"));
        let process = Some(Who { pid: 7, comm: comm.to_owned(), unit, ..Who::default() }.into());
        self.ledger.notice(&Notice {
            netns: NETNS,
            netns_name: None,
            time_ns: self.now_ns,
            time: TIME,
            protocol,
            process,
            cause: Some(Cause::Request),
            call: None,
            request: Some("RTM_NEWROUTE".into()),
            result: Some("ok".into()),
            messages: &messages,
        });
    }

    fn last(&self) -> String {
        let next = self.ledger.next_number();
        let last = self.ledger.changes(next.saturating_sub(1), 1);
        last.last().map_or_else(String::new, |change| shown(change))
    }

    fn state(&self, kind: Kind) -> Vec<String> {
        let of_kind = self.ledger.state().into_iter().filter(|(_, found, ..)| *found == kind);
        of_kind.map(|(_, _, title, _)| title).collect()
    }
}

fn shown(change: &Change) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let each = change.differences.iter();
    let each = each.map(|d| format!(", {} {} > {}", d.field, value(&d.from), value(&d.to)));
    let learnt = match change.learnt {
        Learnt::Told => String::new(),
        other => format!(" ({other:?})").to_lowercase(),
    };
    let verb = change.verb.name();
    format!("{} {verb}{}{learnt}", change.subject(), each.collect::<String>())
}

#[test]
fn the_captured_commands_are_the_changes_that_they_made() {
    let mut test = Test::listed(ROUTE, &[1, 3, 4, 5, 7, 8, 9, 11, 19, 32, 33], &[]);
    let mut made = Vec::new();
    for (command, bytes) in captures::read("rtnetlink") {
        let before = test.ledger.next_number();
        test.tell(ROUTE, &bytes);
        let changes = test.ledger.changes(before, usize::MAX);
        made.extend(changes.iter().map(|change| (command.clone(), shown(change))));
    }
    let of = |command: &str| -> Vec<&str> {
        made.iter().filter(|(of, _)| of == command).map(|(_, shown)| &**shown).collect()
    };
    assert_eq!(
        of("ip addr add 192.0.2.1/24 dev veth0"),
        [
            "address 192.0.2.1/24 dev veth0 added",
            "route local 192.0.2.1 dev veth0 table local added",
            "route 192.0.2.0/24 dev veth0 added",
            "route broadcast 192.0.2.255 dev veth0 table local added",
        ]
    );
    assert_eq!(
        of("ip link set veth0 mtu 1400 alias uplink")[0],
        "link veth0 changed, mtu 1500 > 1400"
    );
    assert!(of("ip link set veth0 master br0")[0].contains("master - > br0"), "{made:?}");
}

#[test]
fn what_was_there_before_is_no_change_and_what_is_told_again_neither() {
    let route = Route::v4(Some([10, 1, 0]), 0, 1);
    let mut test = Test::listed(ROUTE, &[7], &[route.bytes(NEWROUTE, MULTI)]);
    test.tell(ROUTE, &route.bytes(NEWROUTE, CREATE));
    assert_eq!(test.ledger.next_number(), 0);
    assert_eq!(test.ledger.counts().repeated, 1);
    let known = test.ledger.explain(&Query::parse(&["route", "10.1.0.0/24"]).unwrap(), None);
    let [known] = &*known.objects else { panic!("{known:?}") };
    assert_eq!(known.there_since_before.as_deref(), Some(TIME));
    assert!(known.is_there && known.changes.is_empty() && known.doubts.is_empty());
}

#[test]
fn the_one_who_deleted_the_default_route_is_named() {
    let route = Route::v4(None, 0, 1);
    let mut test = Test::listed(ROUTE, &[7, 11], &[]);
    test.tell_by(ROUTE, &route.bytes(NEWROUTE, CREATE), "dhcpcd");
    test.tell_by(ROUTE, &route.bytes(DELROUTE, 0), "networkd");
    let known = test.ledger.explain(&Query::parse(&["route", "default"]).unwrap(), None);
    let [known] = &*known.objects else { panic!("{known:?}") };
    assert!(!known.is_there && known.doubts.is_empty());
    let [added, deleted] = &*known.changes else { panic!("{known:?}") };
    assert_eq!((added.verb, deleted.verb), (Verb::Added, Verb::Deleted));
    assert_eq!(deleted.process.as_ref().unwrap().comm, "networkd");
    assert_eq!(deleted.process.as_ref().unwrap().unit.as_deref(), Some("networkd.service"));
    assert_eq!(deleted.time_ns, test.now_ns);
}

/// `ip route append`, `prepend` and `replace`: `fib_table_insert` replaces the first alternative.
#[test]
fn alternatives_of_a_route_are_kept_apart_and_the_first_is_replaced() {
    let via = |hop| Route::v4(None, 0, hop);
    let mut test = Test::listed(ROUTE, &[7], &[via(1).bytes(NEWROUTE, MULTI)]);
    test.tell(ROUTE, &via(2).bytes(NEWROUTE, CREATE | APPEND));
    test.tell(ROUTE, &via(3).bytes(NEWROUTE, CREATE));
    assert_eq!(test.state(Kind::Route).len(), 3);
    test.tell(ROUTE, &via(4).bytes(NEWROUTE, CREATE | REPLACE));
    assert_eq!(
        test.last(),
        "route default via 192.0.2.4 dev 3 changed, nexthop via 192.0.2.3 dev 3 > via 192.0.2.4 dev 3"
    );
    test.tell(ROUTE, &via(1).bytes(DELROUTE, 0));
    assert_eq!(test.last(), "route default via 192.0.2.1 dev 3 deleted");
    assert_eq!(
        test.state(Kind::Route),
        ["default via 192.0.2.2 dev 3", "default via 192.0.2.4 dev 3"]
    );
    // Another metric is another route.
    test.tell(ROUTE, &Route::v4(None, 50, 4).bytes(NEWROUTE, CREATE));
    assert_eq!(test.last(), "route default via 192.0.2.4 dev 3 metric 50 added");
}

/// IPv6 has a route for each nexthop, and tells of all siblings when one comes.
#[test]
fn the_nexthops_of_an_ipv6_route_come_and_go_alone() {
    let mut test = Test::listed(ROUTE, &[11], &[Route::v6(&[1]).bytes(NEWROUTE, MULTI)]);
    test.tell(ROUTE, &Route::v6(&[1, 2]).bytes(NEWROUTE, CREATE | APPEND));
    assert_eq!(test.last(), "route default via fe80::2 dev 3 metric 1024 added");
    assert_eq!(test.ledger.next_number(), 1);
    test.tell(ROUTE, &Route::v6(&[3, 4]).bytes(NEWROUTE, CREATE | REPLACE));
    assert_eq!(
        test.state(Kind::Route),
        ["default via fe80::3 dev 3 metric 1024", "default via fe80::4 dev 3 metric 1024"]
    );
    test.tell(ROUTE, &Route::v6(&[5]).bytes(NEWROUTE, CREATE | REPLACE));
    assert_eq!(test.state(Kind::Route), ["default via fe80::5 dev 3 metric 1024"]);
    test.tell(ROUTE, &Route::v6(&[5]).bytes(DELROUTE, 0));
    assert_eq!(test.last(), "route default via fe80::5 dev 3 metric 1024 deleted");
}

#[test]
fn routes_that_go_without_a_word_are_found_and_probably_because_of_the_link() {
    let routes: Vec<_> = (0..211).map(|n| Route::v4(Some([10, 2, n]), 0, 1)).collect();
    let all: Vec<_> = routes.iter().map(|route| route.bytes(NEWROUTE, MULTI)).collect();
    let mut test =
        Test::listed(ROUTE, &[1, 7], &[all, vec![link(16, 3, "f0", true, 1500)]].concat());
    test.tell(ROUTE, &link(16, 3, "f0", false, 1500));
    assert!(test.last().starts_with("link f0 changed, admin up > down"), "{}", test.last());
    let why = test.ledger.take_wanted().remove(&NETNS).unwrap();
    assert_eq!(why, Why::Silent("link f0 went down by ip[7]".to_owned()));
    assert!(test.ledger.take_wanted().is_empty());
    test.list(ROUTE, &[1, 7], &[link(16, 3, "f0", false, 1500)]);
    let gone = test.ledger.changes(1, usize::MAX);
    assert_eq!(gone.len(), 211);
    assert!(gone.iter().all(|change| {
        change.verb == Verb::Deleted
            && change.learnt == Learnt::Listed
            && change.process.is_none()
            && change.because.as_deref() == Some("link f0 went down by ip[7]")
    }));
    assert_eq!(test.state(Kind::Route), [""; 0]);
}

/// A silent change with these routes, of so many.
fn removed(routes: &[u8], removed: u32) -> Silent {
    let route = |n: &u8| RemovedRoute {
        address: [10, 2, *n, 0].into(),
        prefix_len: 24,
        kind: 1,
        tos: 0,
        priority: 0,
        interface: 3,
    };
    let observation = Observation {
        start_ns: 1,
        duration_ns: 1,
        protocol: ROUTE,
        path: Path::Silent,
        netns: NETNS,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: 0,
        len: 0,
        result: None,
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data: Vec::new(),
    };
    let routes = routes.iter().map(route).collect();
    Silent { observation, routes, removed: Some(removed), table: 254, family: 2 }
}

#[test]
fn what_probes_saw_go_without_a_word_is_gone_and_nothing_else() {
    let routes: Vec<_> =
        (0..5).map(|n| Route::v4(Some([10, 2, n]), 0, 1).bytes(NEWROUTE, MULTI)).collect();
    let mut test = Test::listed(ROUTE, &[7], &routes);
    let tell = |test: &mut Test, silent: &Silent| {
        test.now_ns += 10;
        test.ledger.silent(
            &Notice {
                netns: NETNS,
                netns_name: None,
                time_ns: test.now_ns,
                time: TIME,
                protocol: ROUTE,
                process: Some(Who { pid: 7, comm: "ip".to_owned(), ..Who::default() }.into()),
                cause: Some(Cause::Request),
                call: None,
                request: Some("RTM_NEWLINK".into()),
                result: None,
                messages: &[],
            },
            silent,
        );
    };
    tell(&mut test, &removed(&[1, 3], 2));
    assert_eq!(test.state(Kind::Route).len(), 3);
    assert!(test.ledger.take_wanted().is_empty());
    let changes = test.ledger.changes(0, usize::MAX);
    let shown: Vec<_> = changes.iter().map(|change| shown(change)).collect();
    let gone = |n| format!("route 10.2.{n}.0/24 via 192.0.2.1 dev 3 deleted (silent)");
    assert_eq!(shown, [gone(1), gone(3)]);
    assert_eq!(changes[0].process.as_ref().unwrap().comm, "ip");
    // One that has no name: which is not known until the next list.
    tell(&mut test, &removed(&[0], 2));
    assert_eq!(test.state(Kind::Route).len(), 2);
    assert_eq!(test.ledger.take_wanted().len(), 1);
    let known = test.ledger.explain(&Query::parse(&["route", "10.2.2.0/24"]).unwrap(), None);
    assert!(matches!(known.objects[0].doubts[..], [Doubt::NotListedSince(Why::Silent(_))]));
}

#[test]
fn a_list_after_a_loss_sets_right_what_was_missed_and_says_so() {
    let [kept, gone, new] = [1, 2, 3].map(|n| Route::v4(Some([10, 3, n]), 0, 1));
    let listed = |routes: &[&Route]| -> Vec<Vec<u8>> {
        routes.iter().map(|route| route.bytes(NEWROUTE, MULTI)).collect()
    };
    let mut test = Test::listed(ROUTE, &[1, 7], &listed(&[&kept, &gone]));
    test.ledger.lost(Some(NETNS), test.now_ns, &Why::Overrun);
    let query = Query::parse(&["route", "10.3.1.0/24"]).unwrap();
    let doubts = |test: &Test| test.ledger.explain(&query, None).objects[0].doubts.clone();
    assert_eq!(doubts(&test), [Doubt::NotListedSince(Why::Overrun)]);
    // Told while the list was under way: newer than it.
    let late = Route::v4(Some([10, 3, 4]), 0, 1);
    test.now_ns += 3;
    test.tell(ROUTE, &late.bytes(NEWROUTE, CREATE));
    test.now_ns -= 8;
    test.list(ROUTE, &[1, 7], &listed(&[&kept, &new]));
    let mut found: Vec<_> =
        test.ledger.changes(1, usize::MAX).iter().map(|change| shown(change)).collect();
    found.sort();
    let found: Vec<_> = found.iter().map(|text| &**text).collect();
    assert_eq!(
        found,
        [
            "route 10.3.2.0/24 via 192.0.2.1 dev 3 deleted (listed)",
            "route 10.3.3.0/24 via 192.0.2.1 dev 3 added (listed)",
        ]
    );
    assert_eq!(doubts(&test), []);
    assert_eq!(test.state(Kind::Route).len(), 3);
    let gone = test.ledger.explain(&Query::parse(&["route", "10.3.2.0/24"]).unwrap(), None);
    assert_eq!(gone.objects[0].doubts, [Doubt::FoundByList, Doubt::MissedBefore(Why::Overrun)]);
}

#[test]
fn the_objects_of_nftables_have_their_history() {
    let mut test = Test::listed(NETFILTER, &[7], &[]);
    for (_, bytes) in captures::read("netfilter") {
        // Notifications are from the kernel: they ask for nothing.
        let asks = Header::parse(&bytes).is_some_and(|header| header.flags & 1 != 0);
        if !asks && bytes[5] == 10 {
            test.tell(NETFILTER, &bytes);
        }
    }
    let explained = test.ledger.explain(&Query::parse(&["nft", "t"]).unwrap(), None);
    let mut kinds: Vec<_> = explained.objects.iter().map(|known| known.kind).collect();
    kinds.sort();
    kinds.dedup();
    assert!(kinds.contains(&Kind::NftTable) && kinds.contains(&Kind::NftRule), "{explained:?}");
    let rule = explained.objects.iter().find(|known| known.kind == Kind::NftRule).unwrap();
    assert!(rule.object.contains("handle "), "{rule:?}");
}

#[test]
fn memory_is_bounded_and_a_flood_of_routes_costs_no_link_its_history() {
    let limits = Limits { objects: 10_000, events: 4, bytes: 4 << 20 };
    let mut test = Test::new(limits);
    test.list(ROUTE, &[1, 7], &[link(16, 3, "eth0", true, 1500)]);
    for mtu in 0..20 {
        test.tell(ROUTE, &link(16, 3, "eth0", true, 1400 + mtu));
    }
    for n in 0..100_000_u32 {
        let [_, a, b, c] = n.to_be_bytes();
        test.tell(ROUTE, &Route::v4(Some([a + 10, b, c]), 0, 1).bytes(NEWROUTE, CREATE));
        if n % 1000 == 0 {
            let ledger = &test.ledger;
            assert!(ledger.bytes() <= limits.bytes && ledger.remembered() <= limits.objects);
        }
    }
    let counts = test.ledger.counts();
    assert_eq!(counts.changes, 20 + 100_000);
    let kept = test.state(Kind::Route).len() as u64;
    assert_eq!(counts.evicted.live + kept, 100_000);
    assert_eq!(counts.evicted.events, 16);
    let links = test.ledger.explain(&Query::parse(&["link", "eth0"]).unwrap(), None);
    assert_eq!((links.objects[0].changes.len(), links.objects[0].forgotten), (4, 16));
    let routes = test.ledger.explain(&Query::parse(&["route", "default"]).unwrap(), None);
    assert_eq!(routes.not_kept, counts.evicted.live);
}

#[test]
fn questions_that_are_none_say_what_would_be_one() {
    let error = |words: &[&str]| Query::parse(words).unwrap_err().to_string();
    assert_eq!(error(&["route"]), "say which route: explain route PREFIX [table TABLE]");
    assert_eq!(error(&["route", "x"]), "\"x\" is no prefix: use default or 192.0.2.0/24");
    assert!(error(&["everything"]).starts_with("say what to explain: route, link,"));
    let route = |words: &[&str]| match Query::parse(words).unwrap() {
        Query::Route { dst, table, family } => (dst, table, family),
        other => panic!("{other:?}"),
    };
    let (inet, main) = (Some("inet".to_owned()), "main".to_owned());
    assert_eq!(route(&["route", "0.0.0.0/0"]), ("default".to_owned(), main.clone(), inet.clone()));
    assert_eq!(
        route(&["route", "192.0.2.1/32", "table", "254"]),
        ("192.0.2.1".to_owned(), main, inet)
    );
}

/// What somebody does to the routes of a kernel, and whether its message arrives.
#[derive(Clone, Copy, Debug)]
struct Act {
    dst: u8,
    metric: u32,
    hop: u8,
    what: u8,
    arrives: bool,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = (0..4_u8, 0..2_u32, 1..5_u8, 0..5_u8, prop::bool::weighted(0.9));
    let act =
        act.prop_map(|(dst, metric, hop, what, arrives)| Act { dst, metric, hop, what, arrives });
    prop::collection::vec(act, 1..80)
}

/// The table of a kernel: the hops of each destination and metric, in the kernel's order.
#[derive(Debug, Default)]
struct Table(BTreeMap<(u8, u32), Vec<u8>>);

impl Table {
    /// Does it as `fib_table_insert` and `fib_table_delete` do, and says what they would tell.
    fn act(&mut self, act: Act) -> Option<Vec<u8>> {
        let hops = self.0.entry((act.dst, act.metric)).or_default();
        let told = |message_type, flags| {
            let route = Route::v4(Some([10, 9, act.dst]), act.metric, act.hop);
            Some(route.bytes(message_type, flags))
        };
        let place = hops.iter().position(|hop| *hop == act.hop);
        match (act.what, place) {
            // add, which a route to that destination forbids
            (0, _) if hops.is_empty() => {
                hops.push(act.hop);
                told(NEWROUTE, CREATE)
            }
            (1, None) => {
                hops.push(act.hop);
                told(NEWROUTE, CREATE | APPEND)
            }
            (2, None) => {
                hops.insert(0, act.hop);
                told(NEWROUTE, CREATE)
            }
            // The first is replaced, if no other is the same.
            (3, None) if !hops.is_empty() => {
                hops[0] = act.hop;
                told(NEWROUTE, CREATE | REPLACE)
            }
            (4, Some(place)) => {
                hops.remove(place);
                told(DELROUTE, 0)
            }
            _ => None,
        }
    }

    fn listed(&self) -> Vec<Vec<u8>> {
        let routes = self.0.iter().flat_map(|((dst, metric), hops)| {
            hops.iter().map(|hop| Route::v4(Some([10, 9, *dst]), *metric, *hop))
        });
        routes.map(|route| route.bytes(NEWROUTE, MULTI)).collect()
    }

    fn titles(&self) -> Vec<String> {
        let mut titles: Vec<_> = self
            .0
            .iter()
            .flat_map(|((dst, metric), hops)| {
                let metric = if *metric == 0 { String::new() } else { format!(" metric {metric}") };
                hops.iter()
                    .map(move |hop| format!("10.9.{dst}.0/24 via 192.0.2.{hop} dev 3{metric}"))
            })
            .collect();
        titles.sort();
        titles
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..<_>::default() })]

    /// As long as all arrives, the ledger is as the kernel at any time; after a loss, from the next
    /// list on. Each change that a message makes is one change.
    #[test]
    fn the_ledger_is_as_the_kernel_whatever_is_done_and_lost(rounds in prop::collection::vec(acts(), 1..4)) {
        let mut table = Table::default();
        let mut test = Test::listed(ROUTE, &[7], &[]);
        for acts in rounds {
            let mut is_whole = true;
            for act in acts {
                let before = test.ledger.next_number();
                let Some(bytes) = table.act(act) else { continue };
                if act.arrives {
                    test.tell(ROUTE, &bytes);
                } else {
                    is_whole = false;
                    test.ledger.lost(Some(NETNS), test.now_ns, &Why::Overrun);
                }
                if is_whole {
                    let mut state = test.state(Kind::Route);
                    state.sort();
                    prop_assert_eq!(state, table.titles());
                    prop_assert_eq!(test.ledger.next_number(), before + 1);
                }
            }
            test.now_ns += 100;
            let before = test.ledger.next_number();
            test.list(ROUTE, &[7], &table.listed());
            let mut state = test.state(Kind::Route);
            state.sort();
            prop_assert_eq!(state, table.titles());
            prop_assert!(!is_whole || test.ledger.next_number() == before, "a list found a change");
        }
    }
}
