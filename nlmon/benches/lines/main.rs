//! Makes the lines of JSON that a client of the log reads, so that an instruction counter can tell
//! what one takes: `valgrind --tool=callgrind target/release/deps/lines-*`. The records are those of
//! `ip route add`: a request, its acknowledgement, its notification.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use nlmon::live::bus::{Bus, Limits};
use nlmon::live::entry::Entry;
use nlmon::live::json::{Clock, Detail, View};
use nlmon::live::ledger::LedgerTask;
use nlmon::subscribe::{Listing, Lists};
use nlmon_core::ledger::{Cover, Kind};
use nlmon_core::message::Header;
use nlmon_core::record::{
    Answer, Contents, Delivery, Observation, Outcome, Parent, Path, Record, Task,
};

const ROUNDS: u16 = 1000;
const NETNS: u32 = 4_026_531_840;

fn message(message_type: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + payload.len()).unwrap_or_default();
    let header = Header { len, message_type, flags, seq: 1_764_300_000, portid: 3141 };
    [&header.to_bytes()[..], payload].concat()
}

fn observation(start_ns: u64, path: Path, data: Vec<u8>) -> Observation {
    let len = u32::try_from(data.len()).unwrap_or_default();
    Observation {
        start_ns,
        duration_ns: 21_000,
        protocol: 0,
        path,
        netns: NETNS,
        task: Task { pid: 812, tid: 812, comm: "ip".into(), cgroup_id: 77, ..Task::default() },
        portid: 0,
        src_portid: 3141,
        group: 0,
        len,
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data,
    }
}

/// The records of one `ip route add` at this time, or of one `ip route del`.
fn records(start_ns: u64, host: u16, is_new: bool) -> [Record; 3] {
    let [high, low] = host.to_be_bytes();
    let message_type = if is_new { 24 } else { 25 };
    let route = [
        &[2, 32, 0, 0, 254, 3, 253, 1, 0, 0, 0, 0][..],
        &[8, 0, 1, 0, 10, 0, high, low],
        &[8, 0, 4, 0, 1, 0, 0, 0],
    ]
    .concat();
    let told = [&route[..12], &[8, 0, 15, 0, 254, 0, 0, 0], &route[12..]].concat();
    let request = message(message_type, 0x605, &route);
    let acknowledgement = message(2, 0x100, &[&[0; 4], &request[..16]].concat());
    let told = message(message_type, 0x600, &told);
    let answer = Answer {
        latency_ns: 19_050,
        errno: Some(0),
        request_type: message_type,
        text: None,
        dump: None,
    };
    let parent = Parent { start_ns, protocol: 0, message_type, flags: 0x605, command: None };
    let mut notification = observation(start_ns, Path::Multicast, told.clone());
    (notification.src_portid, notification.group) = (0, 7);
    notification.parent = Some(parent);
    let mut acknowledged = observation(start_ns, Path::Reply, acknowledgement);
    acknowledged.parent = Some(parent);
    let delivery = Delivery {
        received_ns: start_ns + 35_000,
        protocol: 0,
        netns: NETNS,
        group: 7,
        src_portid: 0,
        len: u32::try_from(told.len()).unwrap_or_default(),
        data: told,
    };
    let sent =
        |observation, answer| Record::Sent { observation, delivery: None, outcome: None, answer };
    [
        sent(observation(start_ns, Path::Request, request), Some(answer.clone())),
        sent(acknowledged, Some(answer)),
        Record::Sent {
            observation: notification,
            delivery: Some(delivery),
            outcome: Some(Outcome::Delivered),
            answer: None,
        },
    ]
}

/// What a client reads of the records.
fn lines(view: &Arc<View>) -> usize {
    let records = records(1_000_000_000, 7, true);
    let (mut bytes, mut lines) = (0, Vec::new());
    for _ in 0..ROUNDS {
        for record in &records {
            let entry = Entry::joined(Box::new(record.clone()), Arc::default(), Arc::clone(view));
            entry.write_json(Detail::Attributes, &mut lines);
        }
        bytes += lines.len();
        lines.clear();
    }
    bytes
}

/// What the ledger makes of them: each round adds a route or deletes it again.
fn ledger(view: &Arc<View>) -> u64 {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bus = Bus::new(Limits::default());
        let (listings, taken) = mpsc::channel(1);
        let limits = nlmon_core::ledger::Limits::default();
        let task = LedgerTask::new(&bus, limits, (Lists::new(listings.clone()), taken));
        let (kept, cursor) = (task.kept(), task.cursor());
        let (_stop, stopped) = watch::channel(false);
        let _task = tokio::spawn(task.run(Some(cursor), stopped));
        let listing = Listing::Objects {
            netns: NETNS,
            protocol: 0,
            covers: vec![Cover { kind: Kind::Route, family: "inet" }],
            began_ns: 1,
            complete_ns: 2,
            datagrams: Vec::new(),
        };
        listings.send(listing).await.expect("a task that listens");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (mut time_ns, mut published) = (1_000_000_000, 0);
        for host in 0..ROUNDS {
            for is_new in [true, false] {
                time_ns += 100_000;
                let entry =
                    |record| Entry::joined(Box::new(record), Arc::default(), Arc::clone(view));
                bus.publish_all(records(time_ns, host, is_new).map(entry));
                published += 1;
            }
            while kept.totals().counts.changes < published {
                tokio::task::yield_now().await;
            }
        }
        published
    })
}

fn main() {
    let view = Arc::new(View::new(Clock::new(1_767_323_044_000_000_000)));
    if std::env::args().any(|argument| argument == "ledger") {
        println!("{} changes", ledger(&view));
    } else {
        println!("{} bytes a line", lines(&view) / usize::from(ROUNDS) / 3);
    }
}
