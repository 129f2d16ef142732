//! Records for the tests of this directory.

use nlmon_core::message::{HEADER_BYTES, Header};
use nlmon_core::record::{
    Answer, Contents, Delivery, Machine, Observation, Outcome, Parent, Path, Record, RemovedRoute,
    Silent, SystemCall, Task,
};

/// `RTM_NEWLINK` of the device `dummy0`.
pub(super) fn new_link(flags: u16) -> Vec<u8> {
    let mut payload = vec![0; 16];
    payload[4] = 5;
    payload.extend([11, 0, 3, 0]);
    payload.extend(b"dummy0\0\0");
    message(16, flags, &payload)
}

pub(super) fn message(message_type: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
    let mut bytes = Header { len, message_type, flags, seq: 7, portid: 99 }.to_bytes().to_vec();
    bytes.extend(payload);
    bytes
}

pub(super) fn observation(path: Path, data: Vec<u8>) -> Observation {
    let task = Task { pid: 812, tid: 813, comm: "ip".into(), uid: 0, ..Task::default() };
    Observation {
        start_ns: 1_000_000_000,
        duration_ns: 210_000,
        protocol: 0,
        path,
        netns: 4_026_531_840,
        task: Task { cgroup_id: 77, ..task },
        portid: 0,
        src_portid: 99,
        group: 0,
        len: u32::try_from(data.len()).unwrap(),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data,
    }
}

/// A notification that an ioctl caused.
pub(super) fn ioctl() -> Record {
    let mut observation = observation(Path::Multicast, new_link(0));
    (observation.group, observation.src_portid) = (1, 0);
    observation.task.system_call = Some(SystemCall {
        machine: Machine::X86_64,
        number: 16,
        argument: 0x8914,
        subject: None,
        exiting: false,
    });
    Record::sent(observation)
}

/// Five routes that went with a request, two of which have names.
pub(super) fn silent() -> Record {
    let mut observation = observation(Path::Silent, Vec::new());
    observation.src_portid = 0;
    observation.parent = Some(Parent {
        start_ns: 999_900_000,
        protocol: 0,
        message_type: 16,
        flags: 5,
        command: None,
    });
    let route = |third, tos| RemovedRoute {
        address: [10, 50, third, 0].into(),
        prefix_len: 24,
        kind: 1,
        tos,
        priority: 100,
        interface: 7,
    };
    let routes = vec![route(1, 8), route(2, 0)];
    let silent = Silent { observation, routes, removed: Some(5), table: 77, family: 2 };
    Record::Silent(Box::new(silent))
}

/// A request that made a link, and was acknowledged.
pub(super) fn request() -> Record {
    Record::Sent {
        observation: observation(Path::Request, new_link(0x605)),
        delivery: None,
        outcome: None,
        answer: Some(Answer {
            latency_ns: 190_500,
            errno: Some(0),
            request_type: 16,
            text: None,
            dump: None,
        }),
    }
}

/// The notification inside it, observed and delivered.
pub(super) fn multicast() -> Record {
    let data = new_link(0);
    let mut observation = observation(Path::Multicast, data.clone());
    (observation.src_portid, observation.group) = (0, 1);
    observation.parent = Some(Parent {
        start_ns: 999_900_000,
        protocol: 0,
        message_type: 16,
        flags: 0x605,
        command: None,
    });
    Record::Sent {
        delivery: Some(delivery(data)),
        observation,
        outcome: Some(Outcome::Delivered),
        answer: None,
    }
}

/// The same notification, which the daemon's socket had no room for.
pub(super) fn lost() -> Record {
    let observation = observed(&mut multicast()).clone();
    Record::Sent { observation, delivery: None, outcome: Some(Outcome::Lost), answer: None }
}

/// The same notification, which no probe saw.
pub(super) fn unobserved() -> Record {
    Record::Received { delivery: delivery(new_link(0)), outcome: Outcome::Unobserved }
}

/// What a probe saw of the record.
pub(super) fn observed(record: &mut Record) -> &mut Observation {
    let Record::Sent { observation, .. } = record else { panic!("not observed: {record:?}") };
    observation
}

/// The record's answer.
pub(super) fn answered(record: &mut Record) -> &mut Answer {
    let Record::Sent { answer: Some(answer), .. } = record else { panic!("no answer: {record:?}") };
    answer
}

pub(super) fn delivery(data: Vec<u8>) -> Delivery {
    Delivery {
        received_ns: 1_000_035_000,
        protocol: 0,
        netns: 4_026_531_840,
        group: 1,
        src_portid: 0,
        len: u32::try_from(data.len()).unwrap(),
        data,
    }
}
