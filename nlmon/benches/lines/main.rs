//! Makes the lines of JSON that a client of the log reads, so that an instruction counter can tell
//! what one takes: `valgrind --tool=callgrind target/release/deps/lines-*`. The records are those of
//! `ip route add`: a request, its acknowledgement, its notification.

use std::sync::Arc;

use nlmon::live::entry::Entry;
use nlmon::live::json::{Clock, Detail, View};
use nlmon_core::message::Header;
use nlmon_core::record::{
    Answer, Contents, Delivery, Observation, Outcome, Parent, Path, Record, Task,
};

const ROUNDS: usize = 1000;

fn message(message_type: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + payload.len()).unwrap_or_default();
    let header = Header { len, message_type, flags, seq: 1_764_300_000, portid: 3141 };
    [&header.to_bytes()[..], payload].concat()
}

fn observation(path: Path, data: Vec<u8>) -> Observation {
    let len = u32::try_from(data.len()).unwrap_or_default();
    Observation {
        start_ns: 1_000_000_000,
        duration_ns: 21_000,
        protocol: 0,
        path,
        netns: 4_026_531_840,
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

fn records() -> [Record; 3] {
    let route = [
        &[2, 32, 0, 0, 254, 3, 253, 1, 0, 0, 0, 0][..],
        &[8, 0, 1, 0, 10, 0, 3, 7],
        &[8, 0, 4, 0, 1, 0, 0, 0],
    ]
    .concat();
    let told = [&route[..12], &[8, 0, 15, 0, 254, 0, 0, 0], &route[12..]].concat();
    let request = message(24, 0x605, &route);
    let acknowledgement = message(2, 0x100, &[&[0; 4], &request[..16]].concat());
    let told = message(24, 0x600, &told);
    let answer =
        Answer { latency_ns: 19_050, errno: Some(0), request_type: 24, text: None, dump: None };
    let parent = Parent {
        start_ns: 999_900_000,
        protocol: 0,
        message_type: 24,
        flags: 0x605,
        command: None,
    };
    let mut notification = observation(Path::Multicast, told.clone());
    (notification.src_portid, notification.group) = (0, 7);
    notification.parent = Some(parent);
    let mut acknowledged = observation(Path::Reply, acknowledgement);
    acknowledged.parent = Some(parent);
    let delivery = Delivery {
        received_ns: 1_000_035_000,
        protocol: 0,
        netns: 4_026_531_840,
        group: 7,
        src_portid: 0,
        len: u32::try_from(told.len()).unwrap_or_default(),
        data: told,
    };
    let sent =
        |observation, answer| Record::Sent { observation, delivery: None, outcome: None, answer };
    [
        sent(observation(Path::Request, request), Some(answer.clone())),
        sent(acknowledged, Some(answer)),
        Record::Sent {
            observation: notification,
            delivery: Some(delivery),
            outcome: Some(Outcome::Delivered),
            answer: None,
        },
    ]
}

fn main() {
    let view = Arc::new(View::new(Clock::new(1_767_323_044_000_000_000)));
    let records = records();
    let mut bytes = 0;
    let mut lines = Vec::new();
    for _ in 0..ROUNDS {
        for record in &records {
            let entry = Entry::joined(Box::new(record.clone()), Arc::default(), Arc::clone(&view));
            entry.write_json(Detail::Attributes, &mut lines);
        }
        bytes += lines.len();
        lines.clear();
    }
    println!("{} bytes a line", bytes / ROUNDS / records.len());
}
