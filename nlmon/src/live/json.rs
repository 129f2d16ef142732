//! [`LogRecord`]: one line of the live log as JSON. This is a published schema, described for its
//! readers in `docs/log.md`; fields may be added, but none may change its meaning. What is unknown
//! or does not apply is absent, never null.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decode::flags::Verb;
use crate::decode::{self, Message, names};
use crate::record::{Answer, Observation, Outcome, Parent, Path, Record, Task};

/// Maps `CLOCK_MONOTONIC`, which the kernel stamps records with, to the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    offset_ns: i64,
}

impl Clock {
    /// A clock from `CLOCK_REALTIME - CLOCK_MONOTONIC` in nanoseconds, read at about one time.
    pub fn new(offset_ns: i64) -> Self {
        Self { offset_ns }
    }

    /// The time of day as RFC 3339 in UTC, with nanoseconds.
    fn format(self, monotonic_ns: u64) -> String {
        let wall_ns = i128::from(monotonic_ns) + i128::from(self.offset_ns);
        let time = Timestamp::from_nanosecond(wall_ns).unwrap_or(Timestamp::UNIX_EPOCH);
        format!("{time:.9}")
    }
}

/// One datagram: who sent it, what it was, who got it, how long it took, whether it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When it was sent, or else received: RFC 3339, UTC, nanoseconds.
    pub time: String,
    /// The same instant on `CLOCK_MONOTONIC`, nanoseconds.
    pub time_ns: u64,
    /// Which way it went: `request`, `reply`, `peer`, `dump`, `multicast`.
    pub path: Path,
    /// Protocol by name (`route`), an unknown one by number.
    pub protocol: Cow<'static, str>,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// The task in whose context it was sent; absent when no probe saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// Destination port id; for a multicast the one left out. Absent when no probe saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portid: Option<u32>,
    /// Port id of the sender; 0 is the kernel.
    pub src_portid: u32,
    /// Multicast group by name (`link`), an unknown one by number; absent for unicast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Cow<'static, str>>,
    /// Length of the whole datagram in bytes.
    pub bytes: u32,
    /// What the kernel's send function returned: `ok` or an errno name; absent when unseen. It
    /// proves no delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Cow<'static, str>>,
    /// How long that function took, nanoseconds. For a request, the kernel's work is inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ns: Option<u64>,
    /// The other half of a request and its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<LogAnswer>,
    /// The request inside which this was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<LogParent>,
    /// For a kernel's multicast that a probe saw: what made the kernel send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// For a multicast: `delivered`, `lost`, `unobserved`; absent where nlmon is in no group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// From the send to nlmon's own receipt of a multicast, nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_latency_ns: Option<u64>,
    /// The datagram is longer than what was captured, so `messages` may lack some.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Only headers were captured, because the payload may carry keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// The datagram's messages, decoded.
    pub messages: Vec<Message>,
}

/// The task in whose context a datagram was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id, in the initial pid namespace.
    pub pid: u32,
    /// Thread id, likewise.
    pub tid: u32,
    /// Name of the thread.
    pub comm: String,
    /// Real user id, in the initial user namespace.
    pub uid: u32,
    /// Cgroup (v2) id.
    pub cgroup_id: u64,
    /// It is a thread of the kernel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kernel_thread: bool,
    /// An interrupt ran on top of it: the process is a bystander.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupt: bool,
}

/// The answer to a request, or the request of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogAnswer {
    /// From the request to its answer, nanoseconds.
    pub latency_ns: u64,
    /// `ok` for an acknowledgement, an errno name for an error; absent for a plain reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errno: Option<Cow<'static, str>>,
    /// Type of the request, by name.
    pub request: Cow<'static, str>,
}

/// The request inside which something was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogParent {
    /// Its type, by name.
    #[serde(rename = "type")]
    pub message_type: Cow<'static, str>,
}

/// What made the kernel send a multicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// `parent`, a request that changed something: `process` did it.
    Request,
    /// `parent`, a request that only read, and flushed what was pending: `process` did not do it.
    Flushed,
    /// A kernel thread or an interrupt: `process` did not do it.
    Kernel,
    /// A process, by some other way than netlink (an ioctl, a closed file) that nlmon cannot see.
    Unknown,
}

impl LogRecord {
    /// The line for `record`, with its messages decoded.
    pub fn new(record: &Record, clock: &Clock) -> Self {
        let (observation, delivery) = (record.observation.as_ref(), record.delivery.as_ref());
        let protocol = record.protocol();
        let redacted = observation.is_some_and(|o| o.redacted);
        let (data, bytes) = captured(record, redacted);
        let decoded = decode::decode(protocol, data, bytes);
        Self {
            time: clock.format(record.time_ns()),
            time_ns: record.time_ns(),
            path: record.path(),
            protocol: names::protocol_name(protocol),
            netns: observation.map(|o| o.netns).or(delivery.map(|d| d.netns)).unwrap_or_default(),
            process: observation.map(|o| Process::new(&o.task)),
            portid: observation.map(|o| o.portid),
            src_portid: observation
                .map(|o| o.src_portid)
                .or(delivery.map(|d| d.src_portid))
                .unwrap_or_default(),
            group: group(record),
            bytes,
            result: observation.and_then(|o| o.result).map(result),
            duration_ns: observation.and_then(|o| o.result.map(|_| o.duration_ns)),
            answer: record.answer.map(|answer| LogAnswer::new(protocol, answer)),
            parent: observation.and_then(|o| Some(LogParent::new(o.parent?))),
            cause: observation.and_then(cause),
            outcome: record.outcome,
            delivery_latency_ns: observation
                .zip(delivery)
                .map(|(o, d)| d.received_ns.saturating_sub(o.start_ns)),
            truncated: decoded.truncated && !redacted,
            redacted,
            messages: decoded.messages,
        }
    }

    /// Whether anything about it failed: the send, the request, or an answer that it carries.
    pub fn failed(&self) -> bool {
        self.errors().next().is_some()
    }

    /// The names of the errors that it reports.
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        let answer = self.answer.iter().filter_map(|answer| answer.errno.as_deref());
        let messages = self.messages.iter().filter_map(|m| Some(&*m.error.as_ref()?.name));
        // Nobody listened: that is how most multicasts end.
        let unheard = self.path == Path::Multicast && self.result.as_deref() == Some("ESRCH");
        let result = self.result.as_deref().filter(|_| !unheard);
        result.into_iter().chain(answer).chain(messages).filter(|&e| e != "ok")
    }
}

/// The bytes to decode, and the length of the datagram that they begin. The delivered copy is
/// whole, which is why it must not be shown where the observed one was cut for secrecy.
fn captured(record: &Record, redacted: bool) -> (&[u8], u32) {
    match (&record.observation, &record.delivery) {
        (Some(o), None) => (&o.data, o.len),
        (Some(o), Some(_)) if redacted => (&o.data, o.len),
        (_, Some(d)) => (&d.data, d.len),
        (None, None) => (&[], 0),
    }
}

fn group(record: &Record) -> Option<Cow<'static, str>> {
    let observed = record.observation.as_ref().map(|o| o.group);
    let group = observed.or(record.delivery.as_ref().map(|d| d.group))?;
    (group != 0).then(|| names::group_name(record.protocol(), group))
}

/// Zero and positive values (the bytes that were queued) are success.
fn result(value: i32) -> Cow<'static, str> {
    names::errno_name(value.min(0))
}

/// A process's own multicast needs no cause; it is one.
fn cause(observation: &Observation) -> Option<Cause> {
    if observation.path != Path::Multicast || observation.src_portid != 0 {
        return None;
    }
    let task = &observation.task;
    Some(match observation.parent {
        _ if task.interrupt || task.kernel_thread => Cause::Kernel,
        Some(parent) if reads(parent) => Cause::Flushed,
        Some(_) => Cause::Request,
        None => Cause::Unknown,
    })
}

fn reads(parent: Parent) -> bool {
    let name = names::message_type_name(parent.protocol, parent.message_type);
    name.contains("_GET") && Verb::of(&name) == Verb::Get
}

impl Process {
    fn new(task: &Task) -> Self {
        Self {
            pid: task.pid,
            tid: task.tid,
            comm: task.comm.clone(),
            uid: task.uid,
            cgroup_id: task.cgroup_id,
            kernel_thread: task.kernel_thread,
            interrupt: task.interrupt,
        }
    }
}

impl LogAnswer {
    fn new(protocol: u8, answer: Answer) -> Self {
        Self {
            latency_ns: answer.latency_ns,
            errno: answer.errno.map(names::errno_name),
            request: names::message_type_name(protocol, answer.request_type),
        }
    }
}

impl LogParent {
    fn new(parent: Parent) -> Self {
        Self { message_type: names::message_type_name(parent.protocol, parent.message_type) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    /// 2026-01-02T03:04:05Z less the second that the samples' clock has run.
    const CLOCK: Clock = Clock { offset_ns: 1_767_323_044_000_000_000 };

    fn line(record: &Record) -> String {
        serde_json::to_string(&LogRecord::new(record, &CLOCK)).unwrap()
    }

    #[test]
    fn a_delivered_multicast_says_who_caused_it_and_how_long_it_took() {
        assert_eq!(
            line(&sample::multicast()),
            concat!(
                r#"{"time":"2026-01-02T03:04:05.000000000Z","time_ns":1000000000,"#,
                r#""path":"multicast","protocol":"route","netns":4026531840,"#,
                r#""process":{"pid":812,"tid":813,"comm":"ip","uid":0,"cgroup_id":77},"#,
                r#""portid":0,"src_portid":0,"group":"link","bytes":44,"#,
                r#""result":"ok","duration_ns":210000,"parent":{"type":"RTM_NEWLINK"},"#,
                r#""cause":"request","outcome":"delivered","delivery_latency_ns":35000,"#,
                r#""messages":[{"type":"RTM_NEWLINK","type_number":16,"len":44,"seq":7,"#,
                r#""portid":99,"summary":"dummy0 (ifindex 5)"}]}"#,
            )
        );
    }

    #[test]
    fn a_request_has_its_answer() {
        let record = LogRecord::new(&sample::request(), &CLOCK);
        let answer = record.answer.as_ref().unwrap();
        assert_eq!(answer.latency_ns, 190_500);
        assert_eq!((answer.errno.as_deref(), &*answer.request), (Some("ok"), "RTM_NEWLINK"));
        assert!(!record.failed());
        assert_eq!((record.group, record.cause), (None, None));
    }

    #[test]
    fn what_no_probe_saw_is_absent() {
        let record =
            Record { observation: None, outcome: Some(Outcome::Unobserved), ..sample::multicast() };
        let line = line(&record);
        assert!(line.contains(r#""outcome":"unobserved""#), "{line}");
        for field in
            ["process", "result", "duration_ns", "delivery_latency", "cause", "\"portid\":0"]
        {
            assert!(!line.contains(field), "{field} in {line}");
        }
        assert!(!line.contains("null"), "{line}");
    }

    #[test]
    fn every_line_reads_back_as_the_record() {
        let lost = Record { delivery: None, outcome: Some(Outcome::Lost), ..sample::multicast() };
        for record in [sample::request(), sample::multicast(), lost] {
            let record = LogRecord::new(&record, &CLOCK);
            let line = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<LogRecord>(&line).unwrap(), record);
        }
    }

    #[test]
    fn a_redacted_payload_is_not_shown_even_if_it_was_delivered() {
        let mut record = sample::multicast();
        let observation = record.observation.as_mut().unwrap();
        observation.redacted = true;
        observation.data.truncate(16);
        let record = LogRecord::new(&record, &CLOCK);
        assert!(record.redacted && !record.truncated);
        assert_eq!(record.bytes, 44);
        assert_eq!(record.messages[0].message_type, "RTM_NEWLINK");
        assert_eq!(record.messages[0].summary, "");
    }

    #[test]
    fn a_failed_call_has_the_name_of_its_errno() {
        let mut record = sample::request();
        record.observation.as_mut().unwrap().result = Some(-111);
        record.answer.as_mut().unwrap().errno = Some(17);
        let record = LogRecord::new(&record, &CLOCK);
        assert_eq!(record.result.as_deref(), Some("ECONNREFUSED"));
        assert_eq!(record.errors().collect::<Vec<_>>(), ["ECONNREFUSED", "EEXIST"]);
        assert_eq!(result(44), "ok");
    }

    #[test]
    fn the_cause_is_never_guessed() {
        let cause_of = |change: fn(&mut Observation)| {
            let mut record = sample::multicast();
            change(record.observation.as_mut().unwrap());
            LogRecord::new(&record, &CLOCK).cause
        };
        assert_eq!(cause_of(|_| {}), Some(Cause::Request));
        assert_eq!(
            cause_of(|o| o.parent.as_mut().unwrap().message_type = 18),
            Some(Cause::Flushed)
        );
        assert_eq!(cause_of(|o| o.task.kernel_thread = true), Some(Cause::Kernel));
        assert_eq!(cause_of(|o| o.task.interrupt = true), Some(Cause::Kernel));
        assert_eq!(cause_of(|o| o.parent = None), Some(Cause::Unknown));
        assert_eq!(cause_of(|o| o.src_portid = 5), None);
    }

    /// `docs/log.md` is the schema's reference; a field that it lacks is not published.
    #[test]
    fn every_field_is_documented() {
        fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
                    found.push(key.clone());
                    keys(value, found);
                }),
                serde_json::Value::Array(values) => values.iter().for_each(|v| keys(v, found)),
                _ => {}
            }
        }
        let manual = include_str!("../../../docs/log.md");
        let mut record = LogRecord::new(&sample::multicast(), &CLOCK);
        record.answer = LogRecord::new(&sample::request(), &CLOCK).answer;
        (record.truncated, record.redacted) = (true, true);
        let process = record.process.as_mut().unwrap();
        (process.kernel_thread, process.interrupt) = (true, true);
        let message = &mut record.messages[0];
        message.flags.push("REQUEST".into());
        (message.raw, message.truncated) = (Some("00".into()), true);
        message.error = Some(decode::ErrorReport {
            request: Some("RTM_NEWLINK".into()),
            text: Some("no".into()),
            offset: Some(1),
            missing_attribute: Some(1),
            capped: true,
            ..decode::ErrorReport::default()
        });
        let mut found = Vec::new();
        keys(&serde_json::to_value(&record).unwrap(), &mut found);
        assert!(found.len() > 40, "{found:?}");
        for key in found {
            assert!(manual.contains(&format!("`{key}`")), "{key} is not in docs/log.md");
        }
    }
}
