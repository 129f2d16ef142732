//! What the join makes of given observations and deliveries, by plain values.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use nlmon_core::{
    join::{JoinSettings, Joiner, RequestEvent, Verdict},
    message::{Header, flag, kind},
    record::{Answer, Contents, Delivery, Dump, Observation, Outcome, Parent, Path, Record, Task},
};

const MS: u64 = 1_000_000;
const SETTLE: u64 = 100 * MS;
const WINDOW: u64 = 2_000 * MS;
/// No test begins at zero, where a subtraction could hide.
const T0: u64 = 10_000 * MS;
const NETNS: u32 = 7;
const OWN: u32 = 99;

fn message(message_type: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + payload.len()).expect("short");
    let header = Header { len, message_type, flags, seq, portid: 0 };
    [&header.to_bytes()[..], payload].concat()
}

fn observation(path: Path, start_ns: u64, data: Vec<u8>) -> Observation {
    Observation {
        start_ns,
        duration_ns: MS,
        protocol: 17,
        path,
        netns: NETNS,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: 0,
        len: u32::try_from(data.len()).expect("short"),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data,
    }
}

fn broadcast(start_ns: u64, data: &[u8]) -> Observation {
    Observation { group: 1, ..observation(Path::Multicast, start_ns, data.to_vec()) }
}

fn delivery(received_ns: u64, data: &[u8]) -> Delivery {
    Delivery {
        received_ns,
        protocol: 17,
        netns: NETNS,
        group: 1,
        src_portid: 0,
        len: u32::try_from(data.len()).expect("short"),
        data: data.to_vec(),
    }
}

fn request(start_ns: u64, flags: u16, seq: u32) -> Observation {
    let data = message(16, flag::REQUEST | flags, seq, &[]);
    Observation { src_portid: 5, ..observation(Path::Request, start_ns, data) }
}

fn reply(start_ns: u64, data: Vec<u8>) -> Observation {
    Observation { portid: 5, ..observation(Path::Reply, start_ns, data) }
}

fn error(errno: i32, seq: u32) -> Vec<u8> {
    message(kind::ERROR, 0, seq, &(-errno).to_ne_bytes())
}

fn nested(observation: Observation, start_ns: u64) -> Observation {
    let parent = Parent { start_ns, protocol: 17, message_type: 16, flags: 5, command: None };
    Observation { parent: Some(parent), ..observation }
}

fn joiner(settings: &JoinSettings) -> Joiner {
    let mut joiner = Joiner::new(settings);
    joiner.subscribed(NETNS, 17, 1, OWN, T0);
    joiner
}

fn advance(joiner: &mut Joiner, now_ns: u64) -> Vec<Record> {
    let mut out = Vec::new();
    joiner.advance(now_ns, &mut out);
    out.into_iter().map(|record| *record).collect()
}

#[test]
fn pairs_a_broadcast_and_its_delivery_whichever_comes_first() {
    let data = message(18, 0, 1, b"link");
    for delivery_first in [true, false] {
        let mut joiner = joiner(&JoinSettings::default());
        if delivery_first {
            joiner.deliver(delivery(T0 + MS, &data), T0 + MS);
        }
        joiner.observe(broadcast(T0, &data), T0 + 2 * MS);
        if !delivery_first {
            joiner.deliver(delivery(T0 + MS, &data), T0 + 3 * MS);
        }
        assert!(advance(&mut joiner, T0 + SETTLE - 1).is_empty());
        let records = advance(&mut joiner, T0 + SETTLE);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].outcome(), Some(Outcome::Delivered));
        assert!(records[0].observation().is_some() && records[0].delivery().is_some());
        assert_eq!(joiner.counts().multicast.matched, 1);
    }
}

#[test]
fn pairs_a_cut_observation_with_a_whole_delivery() {
    let data = message(18, 0, 1, &[3; 300]);
    let mut joiner = joiner(&JoinSettings::default());
    joiner.deliver(delivery(T0 + MS, &data), T0 + MS);
    let mut seen = broadcast(T0, &data);
    seen.data.truncate(256);
    joiner.observe(seen, T0 + MS);
    assert_eq!(joiner.counts().multicast.matched, 1);
}

#[test]
fn does_not_pair_what_differs() {
    let data = message(18, 0, 1, b"link");
    let others = [
        Delivery { netns: 8, ..delivery(T0 + MS, &data) },
        Delivery { protocol: 0, ..delivery(T0 + MS, &data) },
        Delivery { group: 2, ..delivery(T0 + MS, &data) },
        Delivery { len: 21, ..delivery(T0 + MS, &data) },
        delivery(T0 + MS, &message(18, 0, 1, b"lind")),
        // Received before it was sent: the delivery of an earlier one, which no probe saw.
        delivery(T0 - 1, &data),
    ];
    for (other, delivery_first) in others.iter().flat_map(|d| [(d, true), (d, false)]) {
        let mut joiner = joiner(&JoinSettings::default());
        if delivery_first {
            joiner.deliver(other.clone(), T0 + MS);
        }
        joiner.observe(broadcast(T0, &data), T0 + MS);
        if !delivery_first {
            joiner.deliver(other.clone(), T0 + MS);
        }
        assert_eq!(joiner.counts().multicast.matched, 0, "{other:?}");
    }
}

#[test]
fn pairs_identical_messages_in_order() {
    let data = message(18, 0, 1, b"link");
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(broadcast(T0, &data), T0 + 20 * MS);
    joiner.observe(broadcast(T0 + MS, &data), T0 + 20 * MS);
    joiner.deliver(delivery(T0 + 2 * MS, &data), T0 + 21 * MS);
    joiner.deliver(delivery(T0 + 3 * MS, &data), T0 + 21 * MS);
    let pairs: Vec<_> = advance(&mut joiner, u64::MAX)
        .into_iter()
        .map(|r| (r.time_ns(), r.delivery().unwrap().received_ns))
        .collect();
    assert_eq!(pairs, [(T0, T0 + 2 * MS), (T0 + MS, T0 + 3 * MS)]);
}

#[test]
fn calls_a_broadcast_lost_when_its_window_is_over() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(broadcast(T0, &message(18, 0, 1, b"x")), T0 + MS);
    joiner.socket_read(NETNS, 17, T0 + 2 * MS);
    assert!(advance(&mut joiner, T0 + MS + WINDOW - 1).is_empty());
    let records = advance(&mut joiner, T0 + MS + WINDOW);
    assert_eq!(records[0].outcome(), Some(Outcome::Lost));
    assert_eq!(joiner.counts().multicast.lost, 1);
}

#[test]
fn does_not_call_lost_what_may_wait_in_a_socket_that_was_not_read() {
    let data = message(18, 0, 1, b"x");
    for delivered in [true, false] {
        let mut joiner = joiner(&JoinSettings::default());
        joiner.observe(broadcast(T0, &data), T0 + MS);
        // Read before the broadcast had ended: that says nothing of it.
        joiner.socket_read(NETNS, 17, T0 + MS);
        let late = T0 + 10 * WINDOW;
        assert!(advance(&mut joiner, late).is_empty());
        if delivered {
            joiner.deliver(delivery(late, &data), late);
        }
        joiner.socket_read(NETNS, 17, late);
        let outcomes: Vec<_> =
            advance(&mut joiner, late + WINDOW).iter().map(Record::outcome).collect();
        let expected = if delivered { Outcome::Delivered } else { Outcome::Lost };
        assert_eq!(outcomes, [Some(expected)]);
    }
}

#[test]
fn does_not_call_unobserved_what_may_wait_in_a_ring_that_was_not_read() {
    let data = message(18, 0, 1, b"x");
    let mut joiner = joiner(&JoinSettings::default());
    joiner.deliver(delivery(T0 + MS, &data), T0 + MS);
    assert!(advance(&mut joiner, T0 + 10 * WINDOW).is_empty());
    joiner.observe(broadcast(T0, &data), T0 + 10 * WINDOW);
    assert_eq!(advance(&mut joiner, T0 + 11 * WINDOW)[0].outcome(), Some(Outcome::Delivered));
}

#[test]
fn is_patient_for_a_bounded_time() {
    let patience = JoinSettings::default().patience_ns;
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(broadcast(T0, &message(18, 0, 1, b"x")), T0);
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    assert!(advance(&mut joiner, T0 + WINDOW + patience - 1).is_empty());
    let outcomes: Vec<_> =
        advance(&mut joiner, T0 + WINDOW + patience).iter().map(Record::outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Lost), Some(Outcome::Unobserved)]);
}

#[test]
fn calls_a_broadcast_that_nobody_got_lost_at_once() {
    let mut joiner = joiner(&JoinSettings::default());
    let data = message(18, 0, 1, b"x");
    joiner.deliver(delivery(T0 + 2 * MS, &data), T0 + 2 * MS);
    joiner.observe(Observation { result: Some(-3), ..broadcast(T0, &data) }, T0 + 2 * MS);
    assert_eq!(advance(&mut joiner, T0 + SETTLE)[0].outcome(), Some(Outcome::Lost));
    assert_eq!(joiner.counts().multicast.deliveries_pending, 1);
}

#[test]
fn says_nothing_of_a_broadcast_that_no_socket_was_there_for() {
    let data = message(18, 0, 1, b"x");
    let elsewhere = [
        Observation { netns: 8, ..broadcast(T0, &data) },
        Observation { group: 2, ..broadcast(T0, &data) },
        // Sent before the daemon joined; sparing the daemon's own socket; to nobody, elsewhere.
        broadcast(T0 - 1, &data),
        Observation { portid: OWN, ..broadcast(T0, &data) },
        Observation { group: 2, result: Some(-3), ..broadcast(T0, &data) },
        // Nothing is known of its bytes.
        Observation { data: vec![], ..broadcast(T0, &data) },
    ];
    for observation in elsewhere {
        let mut joiner = joiner(&JoinSettings::default());
        joiner.observe(observation.clone(), T0 + MS);
        let records = advance(&mut joiner, T0 + MS + SETTLE);
        assert_eq!(records.len(), 1, "{observation:?}");
        assert_eq!(records[0].outcome(), None);
        assert_eq!(joiner.counts().multicast.not_joinable, 1);
    }
}

#[test]
fn judges_by_a_membership_that_it_hears_of_later() {
    let mut joiner = Joiner::new(&JoinSettings::default());
    joiner.observe(broadcast(T0 + MS, &message(18, 0, 1, b"x")), T0 + 2 * MS);
    joiner.subscribed(NETNS, 17, 1, OWN, T0);
    joiner.socket_read(NETNS, 17, T0 + 3 * MS);
    assert!(advance(&mut joiner, T0 + SETTLE * 2).is_empty());
    assert_eq!(advance(&mut joiner, T0 + WINDOW * 2)[0].outcome(), Some(Outcome::Lost));
}

#[test]
fn expects_nothing_once_a_group_is_left() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.unsubscribed(NETNS, 17, 1, T0 + 5 * MS);
    let data = message(18, 0, 1, b"x");
    joiner.observe(broadcast(T0 + MS, &data), T0 + 6 * MS);
    joiner.observe(broadcast(T0 + 4 * MS, &data), T0 + 6 * MS);
    let outcomes: Vec<_> = advance(&mut joiner, u64::MAX).iter().map(Record::outcome).collect();
    // The second had not returned yet when the socket closed.
    assert_eq!(outcomes, [Some(Outcome::Lost), None]);
}

#[test]
fn calls_a_delivery_unobserved_when_no_probe_saw_it() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    joiner.samples_read(T0 + 1);
    assert!(advance(&mut joiner, T0 + WINDOW - 1).is_empty());
    assert_eq!(advance(&mut joiner, T0 + WINDOW)[0].outcome(), Some(Outcome::Unobserved));
}

#[test]
fn does_not_wait_for_probes_that_are_not_there() {
    let mut joiner = joiner(&JoinSettings { probes: false, ..JoinSettings::default() });
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    assert_eq!(advance(&mut joiner, T0 + SETTLE)[0].outcome(), Some(Outcome::Unobserved));
}

#[test]
fn gives_up_the_oldest_when_too_many_wait() {
    let mut joiner = joiner(&JoinSettings { pending_max: 3, ..JoinSettings::default() });
    for at in 0..5 {
        let seq = u32::try_from(at).unwrap();
        joiner.observe(broadcast(T0 + at, &message(18, 0, seq, b"x")), T0 + at);
        joiner.deliver(delivery(T0 + at, &message(18, 0, seq + 100, b"x")), T0 + at);
    }
    let counts = joiner.counts().multicast;
    assert_eq!((counts.observations_pending, counts.deliveries_pending), (3, 3));
    assert_eq!((counts.observations_evicted, counts.deliveries_evicted), (2, 2));
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    let starts: Vec<_> = records.iter().map(|r| (r.time_ns() - T0, r.outcome())).collect();
    let undecided = Some(Outcome::Undecided);
    assert_eq!(starts, [(0, undecided), (0, undecided), (1, undecided), (1, undecided)]);
}

#[test]
fn puts_what_a_request_caused_behind_it() {
    let mut joiner = joiner(&JoinSettings::default());
    let data = message(18, 0, 1, b"x");
    joiner.deliver(delivery(T0 + 3, &data), T0 + 10);
    joiner.observe(nested(broadcast(T0 + 2, &data), T0 + 1), T0 + 20);
    joiner.observe(nested(reply(T0 + 4, error(0, 9)), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let paths: Vec<_> = advance(&mut joiner, T0 + SETTLE + 10).iter().map(Record::path).collect();
    assert_eq!(paths, [Path::Request, Path::Multicast, Path::Reply]);
}

#[test]
fn keeps_no_more_records_than_it_may() {
    let mut joiner = joiner(&JoinSettings { held_max: 2, ..JoinSettings::default() });
    for at in [3, 1, 2, 4] {
        joiner.observe(observation(Path::Peer, T0 + at, vec![0; 16]), T0 + 5);
    }
    let times: Vec<_> = advance(&mut joiner, T0 + 5).iter().map(|r| r.time_ns() - T0).collect();
    assert_eq!(times, [1, 2]);
}

#[test]
fn joins_a_request_with_the_acknowledgement_inside_it() {
    for errno in [0, 17] {
        let mut joiner = joiner(&JoinSettings::default());
        joiner.observe(nested(reply(T0 + 7, error(errno, 9)), T0 + 1), T0 + 20);
        joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
        let answer =
            Answer { latency_ns: 6, errno: Some(errno), request_type: 16, text: None, dump: None };
        for record in advance(&mut joiner, T0 + SETTLE + 10) {
            assert_eq!(record.answer(), Some(&answer));
        }
        let counts = joiner.counts().request;
        assert_eq!((counts.answered, counts.matched, counts.requests_pending), (1, 1, 0));
    }
}

#[test]
fn shows_the_end_of_a_request_rather_than_its_first_reply() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(nested(reply(T0 + 3, message(16, 0, 9, b"data")), T0 + 1), T0 + 20);
    joiner.observe(nested(reply(T0 + 7, error(0, 9)), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    let answers: Vec<_> =
        records.iter().map(|r| r.answer().map(|a| (a.latency_ns, a.errno))).collect();
    assert_eq!(answers, [Some((6, Some(0))), Some((2, None)), Some((6, Some(0)))]);
}

#[test]
fn shows_the_error_of_a_batch_rather_than_its_acknowledgements() {
    let mut joiner = joiner(&JoinSettings::default());
    for (at, errno, seq) in [(2, 0, 9), (3, 22, 10), (4, 0, 11)] {
        joiner.observe(nested(reply(T0 + at, error(errno, seq)), T0 + 1), T0 + 20);
    }
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    assert_eq!(records[0].answer().and_then(|a| a.errno), Some(22));
    assert_eq!(joiner.counts().request.matched, 3);
}

#[test]
fn joins_the_parts_of_a_dump_by_their_number() {
    let mut joiner = joiner(&JoinSettings::default());
    let part = |at, data| Observation { path: Path::Dump, ..reply(T0 + at, data) };
    joiner.observe(nested(part(3, message(16, flag::MULTI, 9, b"1")), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::DUMP, 9), T0 + 20);
    joiner.observe(part(30, message(16, flag::MULTI, 9, b"2")), T0 + 31);
    joiner.observe(part(40, message(kind::DONE, flag::MULTI, 9, &[0; 4])), T0 + 41);
    let records = advance(&mut joiner, T0 + SETTLE + 100);
    let latencies: Vec<_> = records.iter().map(|r| r.answer().unwrap().latency_ns).collect();
    assert_eq!(latencies, [39, 2, 29, 39]);
    assert_eq!(joiner.counts().request.requests_pending, 0);
}

#[test]
fn joins_the_answer_of_a_worker_that_was_seen_before_its_request() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(reply(T0 + 3, message(16, 0, 9, b"echo")), T0 + 4);
    joiner.observe(request(T0 + 1, 0, 9), T0 + 20);
    assert_eq!(joiner.counts().request.answered, 1);
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    assert!(records.iter().all(|r| r.answer().is_some_and(|a| a.latency_ns == 2)));
}

#[test]
fn joins_a_late_answer_without_holding_the_request_back() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, flag::ACK, 9), T0 + MS);
    assert_eq!(advance(&mut joiner, T0 + SETTLE)[0].answer(), None);
    joiner.observe(reply(T0 + SETTLE * 2, error(0, 9)), T0 + SETTLE * 2);
    let late = advance(&mut joiner, T0 + SETTLE * 3);
    assert_eq!(late[0].answer().map(|a| a.latency_ns), Some(SETTLE * 2));
    assert_eq!(joiner.counts().request.answered, 1);
}

#[test]
fn tells_requests_that_asked_in_vain_from_those_that_did_not_ask() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, flag::ACK, 1), T0);
    joiner.observe(request(T0, 0, 2), T0);
    joiner.observe(Observation { data: vec![], ..request(T0, 0, 3) }, T0);
    joiner.observe(reply(T0, error(0, 4)), T0);
    let records = advance(&mut joiner, T0 + 10_000 * MS);
    assert!(records.iter().all(|record| record.answer().is_none()));
    let counts = joiner.counts().request;
    assert_eq!((counts.unanswered, counts.unasked), (1, 1));
    assert_eq!((counts.requests_not_joinable, counts.orphaned), (1, 1));
}

#[test]
fn gives_an_answer_to_the_last_request_of_its_number() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, flag::ACK, 9), T0);
    joiner.observe(request(T0 + 5, flag::ACK, 9), T0 + 5);
    joiner.observe(reply(T0 + 6, error(0, 9)), T0 + 6);
    let records = advance(&mut joiner, u64::MAX);
    let answers: Vec<_> = records.iter().map(|r| r.answer().map(|a| a.latency_ns)).collect();
    assert_eq!(answers, [None, Some(1), Some(1)]);
    assert_eq!(joiner.counts().request.unanswered, 1);
}

#[test]
fn does_not_take_the_unicast_to_another_socket_for_an_answer() {
    let mut joiner = joiner(&JoinSettings::default());
    let other = Observation { portid: 6, ..reply(T0 + 2, message(20, 0, 9, b"event")) };
    joiner.observe(nested(other, T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let records = advance(&mut joiner, u64::MAX);
    assert!(records.iter().all(|record| record.answer().is_none()));
    assert_eq!(joiner.counts().request.orphaned, 1);
}

#[test]
fn joins_by_number_what_was_sent_inside_a_request_of_another_protocol() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, flag::ACK, 9), T0);
    let mut answer = nested(reply(T0 + 4, error(0, 9)), T0 + 3);
    answer.parent = answer.parent.map(|parent| Parent { protocol: 0, ..parent });
    joiner.observe(answer, T0 + 5);
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    assert!(records.iter().all(|r| r.answer().is_some_and(|a| a.latency_ns == 4)));
}

/// How requests ended, with the time to their end.
fn ends(joiner: &mut Joiner) -> Vec<(Verdict, Option<u64>, Option<Dump>)> {
    let ended = |event| match event {
        RequestEvent::Ended { verdict, completion_ns, dump, .. } => {
            Some((verdict, completion_ns, dump))
        }
        _ => None,
    };
    joiner.take_request_events().into_iter().filter_map(ended).collect()
}

#[test]
fn adds_up_a_dump_until_its_end() {
    let part = |at, data| Observation { path: Path::Dump, ..reply(T0 + at, data) };
    let item = |flags| message(16, flag::MULTI | flags, 9, b"1234");
    for (flags, interrupted) in [(0, false), (flag::DUMP_INTR, true)] {
        let mut joiner = joiner(&JoinSettings::default());
        let first = [item(0), item(0)].concat();
        joiner.observe(nested(part(3, first), T0 + 1), T0 + 20);
        joiner.observe(request(T0 + 1, flag::DUMP, 9), T0 + 20);
        joiner.observe(part(30, item(flags)), T0 + 31);
        assert_eq!(ends(&mut joiner), []);
        joiner.observe(part(40, message(kind::DONE, flag::MULTI, 9, &[0; 4])), T0 + 41);
        let dump = Dump { parts: 3, bytes: 80, messages: Some(3), interrupted, end: Some(0) };
        assert_eq!(ends(&mut joiner), [(Verdict::Answered, Some(39), Some(dump))]);
        let records = advance(&mut joiner, T0 + SETTLE + 100);
        let last = records.last().and_then(|record| record.answer());
        assert_eq!(last.and_then(|answer| answer.dump), Some(dump));
    }
}

#[test]
fn does_not_claim_to_know_what_a_sample_did_not_hold() {
    let mut joiner = joiner(&JoinSettings::default());
    let whole = [message(16, flag::MULTI, 9, &[1; 300]), message(kind::DONE, 2, 9, &[0; 4])];
    let mut part = Observation { path: Path::Dump, ..reply(T0 + 3, whole.concat()) };
    part.data.truncate(256);
    joiner.observe(nested(part, T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::DUMP, 9), T0 + 20);
    advance(&mut joiner, u64::MAX);
    let dump = Dump { parts: 1, bytes: 336, ..Dump::default() };
    assert_eq!(ends(&mut joiner), [(Verdict::Answered, None, Some(dump))]);
}

#[test]
fn names_the_message_of_a_batch_that_was_refused() {
    let mut joiner = joiner(&JoinSettings::default());
    let quoted = |errno: i32, message_type| {
        let header = Header { len: 16, message_type, flags: 5, seq: 10, portid: 0 }.to_bytes();
        message(kind::ERROR, 0, 10, &[&(-errno).to_ne_bytes()[..], &header].concat())
    };
    joiner.observe(nested(reply(T0 + 3, quoted(0, 20)), T0 + 1), T0 + 20);
    joiner.observe(nested(reply(T0 + 4, quoted(22, 24)), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let events = joiner.take_request_events();
    let refused = events.iter().filter_map(|event| match event {
        RequestEvent::Refused { requester, message_type, errno } => {
            Some((requester.message_type, *message_type, *errno))
        }
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [(16, 24, 22)]);
    let first = |e: &&RequestEvent| matches!(e, RequestEvent::Answered { latency_ns: 2, .. });
    assert_eq!(events.iter().filter(first).count(), 1);
    let records = advance(&mut joiner, T0 + SETTLE + 10);
    assert_eq!(records[0].answer().map(|a| a.request_type), Some(24));
}

#[test]
fn tells_what_the_kernel_said_in_words() {
    let mut joiner = joiner(&JoinSettings::default());
    let text = [&[13, 0, 1, 0][..], b"too long\0\0\0\0"].concat();
    let quoted = Header { len: 16, message_type: 16, flags: 5, seq: 9, portid: 0 }.to_bytes();
    let payload = [&(-22_i32).to_ne_bytes()[..], &quoted, &text].concat();
    let answer = message(kind::ERROR, flag::ACK_TLVS, 9, &payload);
    joiner.observe(nested(reply(T0 + 3, answer), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    for record in advance(&mut joiner, T0 + SETTLE + 10) {
        assert_eq!(record.answer().and_then(|a| a.text.as_deref()), Some("too long"));
    }
}

#[test]
fn does_not_count_an_answer_that_found_no_room() {
    let mut joiner = joiner(&JoinSettings::default());
    let lost = Observation { result: Some(-11), ..reply(T0 + 3, error(0, 9)) };
    joiner.observe(nested(lost, T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    let records = advance(&mut joiner, u64::MAX);
    assert_eq!(records[0].answer(), None);
    assert_eq!(records[1].answer().map(|answer| answer.latency_ns), Some(2));
    assert_eq!(ends(&mut joiner), [(Verdict::Unanswered, None, None)]);
    assert_eq!(joiner.counts().request.unanswered, 1);
}

#[test]
fn tells_when_a_request_has_waited_in_vain() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, flag::ACK, 1), T0);
    advance(&mut joiner, T0 + 9_999 * MS);
    assert_eq!(ends(&mut joiner), []);
    advance(&mut joiner, T0 + 10_000 * MS);
    assert_eq!(ends(&mut joiner), [(Verdict::Unanswered, None, None)]);
}

#[test]
fn closes_a_request_that_asks_for_nothing_when_it_returns() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(request(T0, 0, 2), T0);
    assert_eq!(ends(&mut joiner), [(Verdict::Unasked, None, None)]);
    assert_eq!(joiner.counts().request.requests_pending, 0);
}

#[test]
fn what_nobody_asked_for_answers_nothing() {
    // A program that reads packets off a queue: each comes with the number 0, as unasked for, and
    // so do its verdicts, which it numbers itself.
    for (flags, verdict) in [(0, Verdict::Unasked), (flag::ACK, Verdict::Unanswered)] {
        let mut joiner = joiner(&JoinSettings::default());
        let packet = |at| reply(T0 + at, message(0x300, 0, 0, b"packet"));
        joiner.observe(packet(3), T0 + 3);
        joiner.observe(request(T0 + 2, flags, 0), T0 + 4);
        joiner.observe(packet(5), T0 + 5);
        let counts = joiner.counts().request;
        assert_eq!((counts.matched, counts.orphaned, counts.answers_pending), (0, 2, 0));
        let records = advance(&mut joiner, u64::MAX);
        assert!(records.iter().all(|record| record.answer().is_none()));
        assert_eq!(ends(&mut joiner), [(verdict, None, None)]);
    }
}

#[test]
fn a_dump_without_a_number_is_still_one() {
    let part = |at, data| Observation { path: Path::Dump, ..reply(T0 + at, data) };
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(nested(part(3, message(16, flag::MULTI, 0, b"1")), T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::DUMP, 0), T0 + 20);
    joiner.observe(reply(T0 + 25, message(20, 0, 0, b"event")), T0 + 26);
    joiner.observe(part(30, message(kind::DONE, flag::MULTI, 0, &[0; 4])), T0 + 31);
    let dump = Dump { parts: 2, bytes: 37, messages: Some(1), interrupted: false, end: Some(0) };
    assert_eq!(ends(&mut joiner), [(Verdict::Answered, Some(29), Some(dump))]);
    assert_eq!(joiner.counts().request.orphaned, 1);
}

#[test]
fn does_not_wait_for_samples_of_a_protocol_that_is_not_sampled() {
    let mut joiner = joiner(&JoinSettings { sampled: !(1 << 17), ..JoinSettings::default() });
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    assert_eq!(advance(&mut joiner, T0 + SETTLE)[0].outcome(), Some(Outcome::NotSampled));
    assert_eq!(joiner.counts().multicast.not_sampled, 1);
    joiner.deliver(Delivery { protocol: 0, ..delivery(T0, b"sixteen bytes or") }, T0);
    assert_eq!(joiner.counts().multicast.deliveries_pending, 1);
}

#[test]
fn blames_nobody_for_what_was_thinned_out() {
    let mut joiner = joiner(&JoinSettings { thinned: true, ..JoinSettings::default() });
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    joiner.observe(request(T0, flag::ACK, 1), T0);
    joiner.observe(request(T0, 0, 2), T0);
    joiner.observe(nested(reply(T0, error(0, 3)), T0 - 1), T0);
    joiner.observe(reply(T0, message(0x300, 0, 0, b"packet")), T0);
    joiner.samples_read(T0 + 1);
    let records = advance(&mut joiner, T0 + 10_000 * MS);
    let outcomes: Vec<_> = records.iter().filter_map(Record::outcome).collect();
    assert_eq!(outcomes, [Outcome::NotSampled]);
    let counts = joiner.counts();
    assert_eq!((counts.multicast.not_sampled, counts.multicast.unobserved), (1, 0));
    let counts = counts.request;
    assert_eq!((counts.requests_not_sampled, counts.unanswered, counts.unasked), (1, 0, 1));
    // That one has no number: whether it is sampled or not, it answers nothing.
    assert_eq!((counts.answers_not_sampled, counts.orphaned), (1, 1));
    let verdicts: Vec<_> = ends(&mut joiner).into_iter().map(|(verdict, ..)| verdict).collect();
    assert_eq!(verdicts, [Verdict::Unasked, Verdict::NotSampled]);
}

#[test]
fn blames_nobody_for_samples_that_were_lost() {
    let mut joiner = joiner(&JoinSettings::default());
    let patience = JoinSettings::default().patience_ns;
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    joiner.observe(request(T0, flag::ACK, 1), T0);
    joiner.observe(nested(reply(T0, error(0, 3)), T0 - 1), T0);
    joiner.samples_read(T0 + 1);
    joiner.samples_lost(T0 + 1);
    let records = advance(&mut joiner, T0 + 10_000 * MS);
    let outcomes: Vec<_> = records.iter().filter_map(Record::outcome).collect();
    assert_eq!(outcomes, [Outcome::NotSampled]);
    let counts = joiner.counts().request;
    assert_eq!((counts.requests_not_sampled, counts.unanswered), (1, 0));
    assert_eq!((counts.answers_not_sampled, counts.orphaned), (1, 0));

    // Long after that, a half that is missing was never there.
    let later = T0 + 1 + patience;
    joiner.deliver(delivery(later, b"sixteen bytes or"), later);
    joiner.observe(request(later, flag::ACK, 2), later);
    joiner.observe(nested(reply(later, error(0, 4)), later - 1), later);
    joiner.samples_read(later + 1);
    let records = advance(&mut joiner, later + 10_000 * MS);
    let outcomes: Vec<_> = records.iter().filter_map(Record::outcome).collect();
    assert_eq!(outcomes, [Outcome::Unobserved]);
    let counts = joiner.counts().request;
    assert_eq!((counts.unanswered, counts.orphaned), (1, 1));
}

/// What was under way when less, or more, was to be sampled may have been drawn by either.
#[test]
fn blames_nobody_for_what_a_change_of_sampling_left_out() {
    const ALL: (u32, bool) = (u32::MAX, false);
    const NONE: (u32, bool) = (0, false);
    const SOME: (u32, bool) = (u32::MAX, true);
    for (before, after) in [(ALL, SOME), (SOME, ALL), (ALL, NONE), (NONE, ALL)] {
        let (sampled, thinned) = before;
        let mut joiner = joiner(&JoinSettings { sampled, thinned, ..JoinSettings::default() });
        joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
        joiner.observe(request(T0, flag::ACK, 1), T0);
        joiner.observe(nested(reply(T0, error(0, 3)), T0 - 1), T0);
        let (sampled, thinned) = after;
        let settings = JoinSettings { sampled, thinned, ..JoinSettings::default() };
        joiner.sampling(&settings, T0 + 1);
        joiner.samples_read(T0 + 2);
        let records = advance(&mut joiner, T0 + 10_000 * MS);
        let outcomes: Vec<_> = records.iter().filter_map(Record::outcome).collect();
        assert_eq!(outcomes, [Outcome::NotSampled], "{before:?} {after:?}");
        let counts = joiner.counts().request;
        assert_eq!((counts.requests_not_sampled, counts.unanswered), (1, 0));
        assert_eq!((counts.answers_not_sampled, counts.orphaned), (1, 0));
    }
}

#[test]
fn a_broadcast_that_was_sampled_finds_its_delivery_after_sampling_ends() {
    let mut joiner = joiner(&JoinSettings::default());
    let message = message(18, 0, 1, b"x");
    joiner.observe(broadcast(T0, &message), T0);
    joiner.sampling(&JoinSettings { sampled: 0, ..JoinSettings::default() }, T0 + 1);
    joiner.deliver(delivery(T0 + 2, &message), T0 + 2);
    let records = advance(&mut joiner, T0 + 10_000 * MS);
    let outcomes: Vec<_> = records.iter().filter_map(Record::outcome).collect();
    assert_eq!(outcomes, [Outcome::Delivered]);
}

#[test]
fn a_thinned_dump_has_an_end_only_if_that_was_sampled() {
    let part = |at, data| Observation { path: Path::Dump, ..reply(T0 + at, data) };
    for (thinned, verdict) in [(true, Verdict::NotSampled), (false, Verdict::Answered)] {
        let mut joiner = joiner(&JoinSettings { thinned, ..JoinSettings::default() });
        joiner.observe(nested(part(3, message(16, flag::MULTI, 9, b"1")), T0 + 1), T0 + 20);
        joiner.observe(request(T0 + 1, flag::DUMP, 9), T0 + 20);
        advance(&mut joiner, u64::MAX);
        let dump = Dump { parts: 1, bytes: 17, messages: Some(1), ..Dump::default() };
        assert_eq!(ends(&mut joiner), [(verdict, None, Some(dump))]);
    }
}

#[test]
fn an_answer_that_is_known_to_have_found_no_room_was_sampled() {
    let mut joiner = joiner(&JoinSettings { thinned: true, ..JoinSettings::default() });
    let lost = Observation { result: Some(-11), ..reply(T0 + 3, error(0, 9)) };
    joiner.observe(nested(lost, T0 + 1), T0 + 20);
    joiner.observe(request(T0 + 1, flag::ACK, 9), T0 + 20);
    assert_eq!(ends(&mut joiner), [(Verdict::Unanswered, None, None)]);
}

#[test]
fn what_waits_at_the_end_is_undecided() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(broadcast(T0, &message(18, 0, 1, b"x")), T0);
    joiner.observe(Observation { group: 2, ..broadcast(T0, &message(18, 0, 1, b"y")) }, T0);
    joiner.deliver(delivery(T0, b"sixteen bytes or"), T0);
    joiner.observe(request(T0, flag::ACK, 1), T0);
    joiner.observe(reply(T0, error(0, 4)), T0);
    let mut records = Vec::new();
    joiner.finish(T0 + MS, &mut records);
    let outcomes: Vec<_> = records.iter().map(|r| (r.path(), r.outcome())).collect();
    let expected = [
        (Path::Request, None),
        (Path::Reply, None),
        (Path::Multicast, Some(Outcome::Undecided)),
        // No socket of the daemon was there for it: nothing was awaited.
        (Path::Multicast, None),
        (Path::Multicast, Some(Outcome::Undecided)),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(ends(&mut joiner), [(Verdict::Undecided, None, None)]);
    let counts = joiner.counts();
    assert!(counts.pending().iter().all(|(_, count)| *count == 0));
    let m = counts.multicast;
    assert_eq!((m.observations_undecided, m.deliveries_undecided), (1, 1));
    assert_eq!((m.lost, m.unobserved, m.not_joinable), (0, 0, 1));
    let r = counts.request;
    assert_eq!((r.requests_undecided, r.answers_undecided), (1, 1));
    assert_eq!((r.unanswered, r.orphaned), (0, 0));
}

#[test]
fn what_has_waited_for_long_enough_is_decided_at_the_end_too() {
    let mut joiner = joiner(&JoinSettings::default());
    joiner.observe(broadcast(T0, &message(18, 0, 1, b"x")), T0);
    joiner.socket_read(NETNS, 17, T0 + 2 * MS);
    let mut records = Vec::new();
    joiner.finish(T0 + WINDOW, &mut records);
    assert_eq!(records[0].outcome(), Some(Outcome::Lost));
}
