//! [`LogRecord`]: one line of the live log as JSON. This is a published schema, described for its
//! readers in `docs/log.md`; fields may be added, but none may change its meaning. What is unknown
//! or does not apply is absent, never null.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decode::{self, Context, Families, Message, names, printable};
use crate::join;
use crate::origin::Origin;
use crate::record::{Answer, Cause, Dump, Outcome, Parent, Path, Record, Task};

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

/// What records are made with.
#[derive(Clone, Debug)]
pub struct View {
    /// Turns the kernel's time into the time of day.
    pub clock: Clock,
    /// The generic families of the running kernel.
    pub families: Arc<Families>,
    /// Show keys, and what may be keys.
    pub show_secrets: bool,
}

impl View {
    /// One that knows nothing of the running kernel, and withholds secrets.
    pub fn new(clock: Clock) -> Self {
        Self { clock, families: Arc::default(), show_secrets: false }
    }
}

/// How much of a record is wanted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// What it was about.
    #[default]
    Summary,
    /// What its messages hold, too.
    Attributes,
    /// And its bytes.
    Data,
}

/// The datagram's bytes, as far as they were captured and may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Captured {
    protocol: u8,
    multicast: bool,
    show_secrets: bool,
    /// Bytes that are withheld are zero.
    bytes: Vec<u8>,
    families: Arc<Families>,
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
    /// Name of that namespace in `/run/netns`; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netns_name: Option<String>,
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
    /// Some of the payload is withheld, because it is or may be a key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// The datagram's messages, decoded.
    pub messages: Vec<Message>,
    /// Its first bytes in hexadecimal, those that are withheld as zeros; where they are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    #[serde(skip)]
    captured: Captured,
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
    /// Path of the program that it runs; absent where it was gone before it could be looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    /// Cgroup (v2) id.
    pub cgroup_id: u64,
    /// The innermost systemd unit of that cgroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the container that the cgroup is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
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
    /// Type of the request, by name; of a batch, of the message in it.
    pub request: Cow<'static, str>,
    /// What the kernel said in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the dump amounted to, where this is its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump: Option<LogDump>,
}

/// A whole dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDump {
    /// Datagrams.
    pub parts: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages in them; absent if samples did not hold all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// What was listed changed meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// The request inside which something was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogParent {
    /// Its type, by name.
    #[serde(rename = "type")]
    pub message_type: Cow<'static, str>,
}

impl LogRecord {
    /// The line for `record`, with its messages decoded to their summaries.
    pub fn new(record: &Record, view: &View) -> Self {
        let (observation, delivery) = (record.observation.as_ref(), record.delivery.as_ref());
        let protocol = record.protocol();
        let multicast = record.path() == Path::Multicast;
        let context =
            Context { families: &view.families, show_secrets: view.show_secrets, multicast };
        let (data, bytes) = captured(record);
        let mut decoded = decode::decode(protocol, data, bytes, &context);
        decoded.messages.iter_mut().for_each(|message| message.attributes = Vec::new());
        let cut_in_kernel = delivery.is_none() && observation.is_some_and(|o| o.redacted);
        Self {
            time: view.clock.format(record.time_ns()),
            time_ns: record.time_ns(),
            path: record.path(),
            protocol: names::protocol_name(protocol),
            netns: record.netns(),
            netns_name: None,
            process: observation.map(|o| Process::new(&o.task)),
            portid: observation.map(|o| o.portid),
            src_portid: observation
                .map(|o| o.src_portid)
                .or(delivery.map(|d| d.src_portid))
                .unwrap_or_default(),
            group: group(record, &view.families),
            bytes,
            result: observation.and_then(|o| o.result).map(result),
            duration_ns: observation.and_then(|o| o.result.map(|_| o.duration_ns)),
            answer: record.answer.as_ref().map(|a| LogAnswer::new(protocol, a, &context)),
            parent: observation.and_then(|o| Some(LogParent::new(o.parent?, &context))),
            cause: observation.and_then(join::cause),
            outcome: record.outcome,
            delivery_latency_ns: observation
                .zip(delivery)
                .map(|(o, d)| d.received_ns.saturating_sub(o.start_ns)),
            truncated: decoded.truncated && !cut_in_kernel,
            redacted: cut_in_kernel || !decoded.withheld.is_empty(),
            messages: decoded.messages,
            data: None,
            captured: Captured {
                protocol,
                multicast,
                show_secrets: view.show_secrets,
                bytes: without(data, &decoded.withheld),
                families: Arc::clone(&view.families),
            },
        }
    }

    /// What bytes alone tell of a datagram of `len` bytes: no probe saw it, and in which namespace
    /// and when of the kernel's clock it was is 0.
    pub(super) fn of_bytes(
        time: String,
        path: Path,
        protocol: u8,
        data: &[u8],
        len: u32,
        context: &Context<'_>,
    ) -> Self {
        let decoded = decode::decode(protocol, data, len, context);
        let record = Self {
            time,
            time_ns: 0,
            path,
            protocol: names::protocol_name(protocol),
            netns: 0,
            netns_name: None,
            process: None,
            portid: None,
            src_portid: 0,
            group: None,
            bytes: len,
            result: None,
            duration_ns: None,
            answer: None,
            parent: None,
            cause: None,
            outcome: None,
            delivery_latency_ns: None,
            truncated: decoded.truncated,
            redacted: !decoded.withheld.is_empty(),
            messages: decoded.messages,
            data: None,
            captured: Captured::default(),
        };
        record.with_data(&without(data, &decoded.withheld))
    }

    /// The same line with these bytes shown.
    #[must_use]
    pub(super) fn with_data(self, bytes: &[u8]) -> Self {
        Self { data: Some(hexadecimal(bytes)), ..self }
    }

    /// The same line with what was looked up of its sender.
    #[must_use]
    pub fn with_origin(mut self, origin: &Origin) -> Self {
        let owned = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        self.netns_name = owned(&origin.namespace);
        if let Some(process) = &mut self.process {
            process.executable = owned(&origin.executable);
            process.unit = owned(&origin.unit);
            process.container = owned(&origin.container);
        }
        self
    }

    /// The same record with as much as is wanted. Made each time: kept, it would take many times
    /// the memory of the bytes that it is made of.
    #[must_use]
    pub fn with(&self, detail: Detail) -> Self {
        let mut record = self.clone();
        if detail >= Detail::Attributes {
            let Captured { protocol, multicast, show_secrets, bytes, families } = &self.captured;
            let context = Context { families, show_secrets: *show_secrets, multicast: *multicast };
            record.messages = decode::decode(*protocol, bytes, self.bytes, &context).messages;
        }
        if detail >= Detail::Data {
            record.data = Some(hexadecimal(&self.captured.bytes));
        }
        record
    }

    /// Memory that the record takes besides its messages.
    pub fn captured_bytes(&self) -> usize {
        self.captured.bytes.len()
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
/// whole; what of it must not be shown, decoding finds.
fn captured(record: &Record) -> (&[u8], u32) {
    match (&record.observation, &record.delivery) {
        (_, Some(d)) => (&d.data, d.len),
        (Some(o), None) => (&o.data, o.len),
        (None, None) => (&[], 0),
    }
}

/// The bytes with zeros in those places.
fn without(data: &[u8], places: &[Range<usize>]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for place in places {
        if let Some(bytes) = bytes.get_mut(place.clone()) {
            bytes.fill(0);
        }
    }
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn group(record: &Record, families: &Families) -> Option<Cow<'static, str>> {
    let observed = record.observation.as_ref().map(|o| o.group);
    let group =
        observed.or(record.delivery.as_ref().map(|d| d.group)).filter(|&group| group != 0)?;
    let resolved = if record.protocol() == names::protocol::GENERIC {
        families.group(group).map(|name| printable::escape(name.as_bytes()).into())
    } else {
        None
    };
    Some(resolved.unwrap_or_else(|| names::group_name(record.protocol(), group)))
}

/// Zero and positive values (the bytes that were queued) are success.
fn result(value: i32) -> Cow<'static, str> {
    names::errno_name(value.min(0))
}

impl Process {
    fn new(task: &Task) -> Self {
        Self {
            pid: task.pid,
            tid: task.tid,
            comm: task.comm.clone(),
            uid: task.uid,
            executable: None,
            cgroup_id: task.cgroup_id,
            unit: None,
            container: None,
            kernel_thread: task.kernel_thread,
            interrupt: task.interrupt,
        }
    }
}

impl LogAnswer {
    fn new(protocol: u8, answer: &Answer, context: &Context<'_>) -> Self {
        Self {
            latency_ns: answer.latency_ns,
            errno: answer.errno.map(names::errno_name),
            request: context.type_name(protocol, answer.request_type),
            text: answer.text.as_ref().map(|text| printable::escape(text.as_bytes())),
            dump: answer.dump.map(LogDump::new),
        }
    }
}

impl LogDump {
    fn new(dump: Dump) -> Self {
        let Dump { parts, bytes, messages, interrupted, .. } = dump;
        Self { parts, bytes, messages, interrupted }
    }
}

impl LogParent {
    fn new(parent: Parent, context: &Context<'_>) -> Self {
        Self { message_type: context.type_name(parent.protocol, parent.message_type) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    /// 2026-01-02T03:04:05Z less the second that the samples' clock has run.
    const CLOCK: Clock = Clock { offset_ns: 1_767_323_044_000_000_000 };

    fn view() -> View {
        View::new(CLOCK)
    }

    fn line(record: &Record) -> String {
        serde_json::to_string(&LogRecord::new(record, &view())).unwrap()
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
        let record = LogRecord::new(&sample::request(), &view());
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
            let record = LogRecord::new(&record, &view());
            for detail in [Detail::Summary, Detail::Attributes, Detail::Data] {
                let mut record = record.with(detail);
                record.captured = Captured::default();
                let line = serde_json::to_string(&record).unwrap();
                assert_eq!(serde_json::from_str::<LogRecord>(&line).unwrap(), record);
            }
        }
    }

    #[test]
    fn a_payload_that_was_cut_in_the_kernel_says_so() {
        let mut record = sample::request();
        let observation = record.observation.as_mut().unwrap();
        (observation.redacted, observation.protocol) = (true, 6);
        observation.data.truncate(20);
        let record = LogRecord::new(&record, &view());
        assert!(record.redacted && !record.truncated);
        assert_eq!((record.bytes, record.messages[0].summary.as_str()), (44, ""));
    }

    #[test]
    fn a_key_is_shown_in_no_form_unless_secrets_are() {
        let mut record = sample::multicast();
        let mut payload = vec![0; 224];
        payload.extend([76, 0, 1, 0]);
        payload.extend(b"hmac(sha256)");
        payload.resize(224 + 4 + 64, 0);
        payload.extend(32u32.to_ne_bytes());
        payload.extend([0xab; 4]);
        let delivery = record.delivery.as_mut().unwrap();
        delivery.data = sample::message(16, 0, &payload);
        (delivery.protocol, delivery.len) = (6, u32::try_from(delivery.data.len()).unwrap());
        record.observation = None;
        let shown = |view: &View| {
            let record = LogRecord::new(&record, view);
            serde_json::to_string(&record.with(Detail::Data)).unwrap()
        };
        let line = shown(&view());
        assert!(line.contains(r#""redacted":true"#) && line.contains(r#""withheld":4"#), "{line}");
        assert!(line.contains("hmac(sha256)") && !line.contains("abab"), "{line}");
        assert!(shown(&View { show_secrets: true, ..view() }).contains("abababab"));
    }

    #[test]
    fn a_failed_call_has_the_name_of_its_errno() {
        let mut record = sample::request();
        record.observation.as_mut().unwrap().result = Some(-111);
        record.answer.as_mut().unwrap().errno = Some(17);
        let record = LogRecord::new(&record, &view());
        assert_eq!(record.result.as_deref(), Some("ECONNREFUSED"));
        assert_eq!(record.errors().collect::<Vec<_>>(), ["ECONNREFUSED", "EEXIST"]);
        assert_eq!(result(44), "ok");
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
        let origin = Origin {
            executable: Some("/sbin/ip".into()),
            unit: Some("a.service".into()),
            container: Some("0".into()),
            namespace: Some("blue".into()),
        };
        let record = LogRecord::new(&sample::multicast(), &view());
        let mut record = record.with_origin(&origin).with(Detail::Data);
        let mut request = sample::request();
        let answer = request.answer.as_mut().unwrap();
        answer.text = Some("no".into());
        answer.dump = Some(Dump { messages: Some(1), interrupted: true, ..Dump::default() });
        record.answer = LogRecord::new(&request, &view()).answer;
        (record.truncated, record.redacted) = (true, true);
        let process = record.process.as_mut().unwrap();
        (process.kernel_thread, process.interrupt) = (true, true);
        let message = &mut record.messages[0];
        message.flags.push("REQUEST".into());
        message.command = Some("CTRL_CMD_GETFAMILY".into());
        message.attributes[0].withheld = Some(1);
        (message.raw, message.truncated) = (Some("00".into()), true);
        message.error = Some(decode::ErrorReport {
            request: Some("RTM_NEWLINK".into()),
            text: Some("no".into()),
            offset: Some(1),
            attribute: Some("IFLA_MTU".into()),
            policy: Some("u32".into()),
            missing_attribute: Some(1),
            missing: Some("IFLA_IFNAME".into()),
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
