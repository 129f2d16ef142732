//! What holds for the join whatever comes, in whatever order: nothing is lost or doubled, every
//! count adds up at every moment, memory is bounded, and records come out in order.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::collections::BTreeMap;

use nlmon_core::{
    join::{JoinSettings, Joiner},
    message::{Header, kind},
    record::{Contents, Delivery, Observation, Outcome, Parent, Path, Record, Task},
};
use proptest::prelude::*;

const T0: u64 = 1_000_000;
const SETTLE: u64 = 100;
const WINDOW: u64 = 2_000;
const MAX: u64 = 8;

fn settings() -> JoinSettings {
    JoinSettings {
        window_ns: WINDOW,
        patience_ns: 3 * WINDOW,
        answer_window_ns: 5_000,
        settle_ns: SETTLE,
        pending_max: usize::try_from(MAX).expect("small"),
        requests_max: usize::try_from(MAX).expect("small"),
        ..JoinSettings::default()
    }
}

/// Anything that can happen to a join.
#[derive(Clone, Debug)]
enum Step {
    Observe(Box<Observation>),
    Deliver(Delivery),
    Joined { netns: u32, group: u32 },
    Left { netns: u32, group: u32 },
    SocketRead { netns: u32 },
    SamplesRead,
    Advance,
}

prop_compose! {
    // Few values, so that identical messages, shared keys and collisions are the rule.
    fn datagram()(
        message_type in prop_oneof![1 => Just(kind::ERROR), 1 => Just(kind::DONE), 4 => Just(20_u16)],
        flags in prop_oneof![3 => Just(1_u16), 3 => Just(5), 1 => Just(0x301)],
        seq in prop_oneof![4 => Just(0_u32), 1 => Just(1)],
        payload in prop_oneof![4 => Just(vec![]), 1 => Just(vec![0; 4]), 1 => Just(vec![255; 4])],
        cut in prop_oneof![9 => Just(usize::MAX), 1 => 0..20_usize],
    ) -> (u32, Vec<u8>) {
        let len = u32::try_from(16 + payload.len()).expect("short");
        let header = Header { len, message_type, flags, seq, portid: 0 };
        let mut data = [&header.to_bytes()[..], &payload].concat();
        data.truncate(cut);
        (len, data)
    }
}

prop_compose! {
    fn observation()(
        path in prop::sample::select(&Path::ALL[..]),
        (len, data) in datagram(),
        netns in prop_oneof![3 => Just(1_u32), 1 => Just(2)],
        ports in (0_u32..3, 0_u32..3),
        group in 1_u32..3,
        age in 0_u64..3 * SETTLE,
        duration_ns in 0_u64..50,
        result in prop::sample::select(&[Some(0), Some(-3), None][..]),
        parent in prop::option::of(0_u64..200),
    ) -> Observation {
        let multicast = path == Path::Multicast;
        Observation {
            // Relative to the step that it comes in; made absolute there.
            start_ns: age,
            duration_ns,
            protocol: 17,
            path,
            netns,
            task: Task::default(),
            portid: ports.0,
            src_portid: ports.1,
            group: if multicast { group } else { 0 },
            len,
            result,
            parent: parent.map(|start_ns| Parent { start_ns, protocol: 17, message_type: 20, flags: 1, command: None }),
            redacted: false,
            contents: Contents::default(),
            data,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (prop_oneof![3 => Just(1_u32), 1 => Just(2)], 1_u32..3);
    prop_oneof![
        8 => observation().prop_map(|observation| Step::Observe(Box::new(observation))),
        5 => (datagram(), place(), 0..2 * SETTLE).prop_map(|((len, data), (netns, group), age)| {
            let (protocol, src_portid) = (17, 0);
            Step::Deliver(Delivery { received_ns: age, protocol, netns, group, src_portid, len, data })
        }),
        2 => place().prop_map(|(netns, group)| Step::Joined { netns, group }),
        1 => place().prop_map(|(netns, group)| Step::Left { netns, group }),
        1 => (0..3_u32).prop_map(|netns| Step::SocketRead { netns }),
        1 => Just(Step::SamplesRead),
        3 => Just(Step::Advance),
    ]
}

/// Names every observation and delivery, so that it can be found again in the records.
#[derive(Default)]
struct Ledger {
    observations: BTreeMap<u32, Observation>,
    deliveries: BTreeMap<u32, Delivery>,
    stays: Vec<(u32, u32, u64, u64)>,
}

impl Ledger {
    fn apply(&mut self, step: Step, now_ns: u64, joiner: &mut Joiner) {
        match step {
            Step::Observe(mut observation) => {
                // It is seen at the end of its call at the earliest.
                observation.start_ns = now_ns - observation.start_ns - observation.duration_ns;
                if let Some(parent) = &mut observation.parent {
                    parent.start_ns = observation.start_ns - parent.start_ns;
                }
                observation.task.tid = u32::try_from(self.observations.len()).expect("few");
                self.observations.insert(observation.task.tid, (*observation).clone());
                joiner.observe(*observation, now_ns);
            }
            Step::Deliver(mut delivery) => {
                delivery.received_ns = now_ns - delivery.received_ns;
                delivery.src_portid = u32::try_from(self.deliveries.len()).expect("few");
                self.deliveries.insert(delivery.src_portid, delivery.clone());
                joiner.deliver(delivery, now_ns);
            }
            Step::Joined { netns, group } => {
                self.stays.push((netns, group, now_ns, u64::MAX));
                joiner.subscribed(netns, 17, group, 2, now_ns);
            }
            Step::Left { netns, group } => {
                for stay in self.stays.iter_mut().filter(|s| (s.0, s.1) == (netns, group)) {
                    stay.3 = stay.3.min(now_ns);
                }
                joiner.unsubscribed(netns, 17, group, now_ns);
            }
            Step::SocketRead { netns } => joiner.socket_read(netns, 17, now_ns),
            Step::SamplesRead => joiner.samples_read(now_ns),
            Step::Advance => {}
        }
    }

    /// Strikes a record's halves off: each must have gone in, and not come out before.
    fn strike(&mut self, record: &Record) {
        if let Some(observation) = record.observation() {
            assert_eq!(self.observations.remove(&observation.task.tid).as_ref(), Some(observation));
        }
        if let Some(delivery) = record.delivery() {
            assert_eq!(self.deliveries.remove(&delivery.src_portid).as_ref(), Some(delivery));
        }
    }

    fn was_member(&self, observation: &Observation) -> bool {
        let end_ns = observation.start_ns + observation.duration_ns;
        self.stays.iter().any(|&(netns, group, from_ns, until_ns)| {
            (netns, group) == (observation.netns, observation.group)
                && from_ns <= observation.start_ns
                && end_ns < until_ns
                && observation.portid != 2
        })
    }
}

/// A record says only what can be.
fn check(record: &Record, ledger: &Ledger, all_sampled: bool) {
    match (record.observation(), record.delivery(), record.outcome()) {
        (Some(o), Some(d), Some(Outcome::Delivered)) => {
            assert_eq!((o.netns, o.group, o.len), (d.netns, d.group, d.len));
            assert_eq!(o.data, d.data);
            assert!(o.start_ns <= d.received_ns);
            assert_ne!(o.result, Some(-3));
        }
        (Some(o), None, Some(Outcome::Lost)) => assert!(ledger.was_member(o)),
        (Some(o), None, None) => assert!(o.path != Path::Multicast || record.answer().is_none()),
        (Some(o), None, Some(Outcome::Undecided)) => assert_eq!(o.path, Path::Multicast),
        (None, Some(_), Some(outcome)) => {
            let wrong = if all_sampled { Outcome::NotSampled } else { Outcome::Unobserved };
            assert!(![Outcome::Delivered, Outcome::Lost, wrong].contains(&outcome));
        }
        _ => panic!("{record:?}"),
    }
}

/// Everything that went in is accounted for, at any moment.
fn audit(joiner: &Joiner) {
    let counts = joiner.counts();
    let m = counts.multicast;
    let decided = m.matched + m.lost + m.not_joinable + m.observations_evicted;
    assert_eq!(m.observations, decided + m.observations_undecided + m.observations_pending);
    let decided = m.matched + m.unobserved + m.not_sampled + m.deliveries_evicted;
    assert_eq!(m.deliveries, decided + m.deliveries_undecided + m.deliveries_pending);
    let r = counts.request;
    let unclear = r.requests_not_sampled + r.requests_undecided + r.requests_not_joinable;
    let decided = r.answered + r.unanswered + r.unasked + r.requests_evicted;
    assert_eq!(r.requests, decided + unclear + r.requests_pending);
    let unclear = r.answers_not_sampled + r.answers_undecided + r.answers_not_joinable;
    let decided = r.matched + r.orphaned + r.answers_evicted;
    assert_eq!(r.answers, decided + unclear + r.answers_pending);
    for pending in
        [m.observations_pending, m.deliveries_pending, r.requests_pending, r.answers_pending]
    {
        assert!(pending <= MAX);
    }
    let rows: u64 = counts.rows().iter().map(|(_, _, count)| count).sum();
    let gauges =
        m.observations_pending + m.deliveries_pending + r.requests_pending + r.answers_pending;
    // A pair of a broadcast and its delivery is one row for two things.
    let fed = m.observations + m.deliveries + r.requests + r.answers + counts.peer;
    assert_eq!(rows + m.matched + gauges, fed);
}

fn in_order(records: &[Box<Record>]) -> bool {
    records.is_sorted_by_key(|record| record.time_ns())
}

proptest! {
    #[test]
    fn ends_everything_in_exactly_one_record_and_one_count(
        steps in prop::collection::vec((step(), prop_oneof![5 => 0_u64..50, 1 => 0_u64..3_000]), 0..120),
        thinned in any::<bool>(),
        in_time in any::<bool>(),
    ) {
        let settings = JoinSettings { thinned, ..settings() };
        let (mut joiner, mut ledger) = (Joiner::new(&settings), Ledger::default());
        let mut now_ns = T0;
        let mut records = Vec::new();
        for (step, passes_ns) in steps {
            now_ns += passes_ns;
            let advances = matches!(step, Step::Advance);
            ledger.apply(step, now_ns, &mut joiner);
            audit(&joiner);
            if advances {
                let mut out = Vec::new();
                joiner.advance(now_ns, &mut out);
                audit(&joiner);
                prop_assert!(in_order(&out));
                prop_assert!(out.iter().all(|record| record.time_ns() + SETTLE <= now_ns));
                records.extend(out);
            }
        }
        joiner.finish(if in_time { now_ns } else { u64::MAX }, &mut records);
        audit(&joiner);
        for record in &records {
            check(record, &ledger, !thinned);
            ledger.strike(record);
        }
        prop_assert!(ledger.observations.is_empty() && ledger.deliveries.is_empty());
        let counts = joiner.counts();
        prop_assert!(counts.pending().iter().all(|(_, count)| *count == 0));
        let (m, r) = (counts.multicast, counts.request);
        if thinned {
            prop_assert_eq!(m.unobserved, 0);
        } else {
            prop_assert_eq!(m.not_sampled + r.requests_not_sampled + r.answers_not_sampled, 0);
        }
    }

    /// Observations come at the end of calls and in batches, deliveries when they are read: as
    /// long as both come within the settle time, their order does not show.
    #[test]
    fn releases_in_order_of_start_whatever_the_order_of_arrival(
        sends in prop::collection::vec((0_u64..40, 1_u64..SETTLE, 1_u64..SETTLE), 1..60),
    ) {
        let settings = JoinSettings { pending_max: 1000, ..settings() };
        let mut joiner = Joiner::new(&settings);
        joiner.subscribed(1, 17, 1, 9, 0);
        let mut arrivals = Vec::new();
        let mut start_ns = T0;
        for (index, (gap, seen_after, read_after)) in sends.iter().enumerate() {
            start_ns += gap;
            arrivals.push((start_ns + seen_after, index, start_ns, true));
            arrivals.push((start_ns + read_after, index, start_ns, false));
        }
        arrivals.sort_unstable();
        let mut records = Vec::new();
        for (now_ns, index, start_ns, is_observation) in arrivals {
            let seq = u32::try_from(index).expect("few");
            let header = Header { len: 16, message_type: 20, flags: 0, seq, portid: 0 };
            let data = header.to_bytes().to_vec();
            if is_observation {
                joiner.observe(broadcast(start_ns, data), now_ns);
            } else {
                joiner.deliver(received(now_ns, data), now_ns);
            }
            joiner.advance(now_ns, &mut records);
        }
        joiner.advance(u64::MAX, &mut records);
        prop_assert!(in_order(&records));
        prop_assert_eq!(records.len(), sends.len());
        prop_assert!(records.iter().all(|r| r.outcome() == Some(Outcome::Delivered)));
    }

    /// Of identical messages each gets its own delivery, if none is missing, and none is said to
    /// have come before it was sent, if some are.
    #[test]
    fn keeps_identical_messages_apart(
        sends in prop::collection::vec((1_u64..20, any::<bool>(), 1_u64..30), 1..60),
        all_seen in any::<bool>(),
    ) {
        let mut joiner = Joiner::new(&JoinSettings { pending_max: 1000, ..settings() });
        let mut arrivals = Vec::new();
        let (mut start_ns, mut read_ns, mut sampled) = (T0, T0, 0);
        for (gap, seen, read_after) in &sends {
            start_ns += gap;
            // A socket is read in order.
            read_ns = read_ns.max(start_ns + read_after);
            arrivals.push((read_ns, start_ns, false));
            if *seen || all_seen {
                sampled += 1;
                arrivals.push((start_ns + 20, start_ns, true));
            }
        }
        arrivals.sort_unstable();
        for (now_ns, start_ns, is_observation) in arrivals {
            if is_observation {
                joiner.observe(broadcast(start_ns, vec![1; 16]), now_ns);
            } else {
                joiner.deliver(received(now_ns, vec![1; 16]), now_ns);
            }
        }
        let mut records = Vec::new();
        joiner.advance(u64::MAX, &mut records);
        prop_assert_eq!(joiner.counts().multicast.matched, sampled);
        let pairs: Vec<_> = records
            .iter()
            .filter_map(|r| Some((r.observation()?.start_ns, r.delivery()?.received_ns)))
            .collect();
        prop_assert!(pairs.iter().all(|(start_ns, received_ns)| start_ns <= received_ns));
        if all_seen {
            prop_assert!(pairs.is_sorted_by_key(|pair| pair.1));
        }
    }
}

fn broadcast(start_ns: u64, data: Vec<u8>) -> Observation {
    Observation {
        start_ns,
        duration_ns: 0,
        protocol: 17,
        path: Path::Multicast,
        netns: 1,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: 1,
        len: 16,
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data,
    }
}

fn received(received_ns: u64, data: Vec<u8>) -> Delivery {
    Delivery { received_ns, protocol: 17, netns: 1, group: 1, src_portid: 0, len: 16, data }
}
