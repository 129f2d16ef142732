//! Makes lines of the live log: of the daemon's records, and of bytes alone.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use super::contained::contained;
use super::{Captured, Detail, LogAnswer, LogDump, LogParent, LogRecord, LogSilent, Process};
use crate::hooks;
use crate::live::interfaces::KnownInterfaces;
use crate::origin::Origin;
use nlmon_core::decode::{self, Context, Families, Interfaces, names, printable};
use nlmon_core::record::{Answer, Cause, Dump, Parent, Path, Record, SystemCall, Task};
use nlmon_core::{calls, join};

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
    pub(in crate::live) fn format(self, monotonic_ns: u64) -> String {
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
    /// How interfaces are called.
    pub interfaces: Option<KnownInterfaces>,
}

impl View {
    /// One that knows nothing of the running kernel, and withholds secrets.
    pub fn new(clock: Clock) -> Self {
        Self { clock, families: Arc::default(), show_secrets: false, interfaces: None }
    }
}

impl LogRecord {
    /// The line for `record`, with its messages decoded to their summaries; where that panics, with
    /// its bytes.
    pub fn new(record: &Record, view: &View) -> Self {
        Self::detailed(record, view).brief()
    }

    /// The same with the attributes of its messages. Together they take many times the memory of the
    /// bytes that they are made of.
    pub(crate) fn detailed(record: &Record, view: &View) -> Self {
        let decoded = || {
            hooks::fault("decode");
            Self::make(record, view, true)
        };
        contained(decoded, || Self::make(record, view, false))
    }

    /// Whether decoding it has panicked, so that its bytes are shown.
    pub(crate) fn is_undecoded(&self) -> bool {
        self.captured.undecoded
    }

    /// The line without the attributes of its messages.
    #[must_use]
    pub(crate) fn brief(mut self) -> Self {
        self.messages.iter_mut().for_each(|message| message.attributes = Vec::new());
        self
    }

    /// The line, decoded in full or raw. Raw, it has nothing that would be looked up in tables.
    fn make(record: &Record, view: &View, in_full: bool) -> Self {
        let (observation, delivery) = (record.observation(), record.delivery());
        let protocol = record.protocol();
        let multicast = record.path() == Path::Multicast;
        let context = Context {
            families: &view.families,
            show_secrets: view.show_secrets,
            multicast,
            interfaces: interfaces(view.interfaces.as_ref(), record.netns(), record.time_ns()),
            answered_command: answered_command(record),
        };
        // Of the delivered copy, which is whole, decoding finds what must not be shown.
        let (data, bytes) = (record.data(), record.datagram_len());
        let decoded = if in_full {
            decode::decode(protocol, data, bytes, &context)
        } else {
            decode::undecoded(data, bytes, view.show_secrets)
        };
        let sent = observation.filter(|_| in_full);
        let parent = sent.and_then(|o| Some(LogParent::new(o.parent?, &context)));
        let cause = sent.and_then(|o| join::cause(o, parent.as_ref().map_or("", LogParent::name)));
        let cut_in_kernel = delivery.is_none() && observation.is_some_and(|o| o.redacted);
        Self {
            time: view.clock.format(record.time_ns()),
            time_ns: record.time_ns(),
            protocol: names::protocol_name(protocol),
            netns: record.netns(),
            process: observation.map(|o| Process::new(&o.task)),
            portid: observation.map(|o| o.portid),
            src_portid: src_portid(record),
            group: group(record, &view.families),
            bytes,
            result: observation.and_then(|o| o.result).map(result),
            duration_ns: observation.and_then(|o| o.result.map(|_| o.duration_ns)),
            answer: record
                .answer()
                .filter(|_| in_full)
                .map(|a| LogAnswer::new(protocol, a, &context)),
            cause,
            parent,
            outcome: record.outcome(),
            delivery_latency_ns: observation
                .zip(delivery)
                .map(|(o, d)| d.received_ns.saturating_sub(o.start_ns)),
            truncated: decoded.truncated && !cut_in_kernel,
            redacted: cut_in_kernel || !decoded.withheld.is_empty(),
            messages: decoded.messages,
            captured: Captured {
                protocol,
                multicast,
                show_secrets: view.show_secrets,
                answered_command: answered_command(record),
                undecoded: !in_full,
                bytes: without(data, &decoded.withheld),
                families: Arc::clone(&view.families),
                interfaces: view.interfaces.clone(),
            },
            silent: record.silent().map(|s| LogSilent::new(s, view.interfaces.as_ref())),
            ..Self::bare(record.path())
        }
        .with_call(observation.and_then(|o| o.task.system_call.as_ref()))
    }

    /// A line that says nothing yet.
    fn bare(path: Path) -> Self {
        Self {
            time: String::new(),
            time_ns: 0,
            path,
            protocol: Cow::Borrowed(""),
            netns: 0,
            netns_name: None,
            process: None,
            portid: None,
            src_portid: 0,
            group: None,
            bytes: 0,
            result: None,
            duration_ns: None,
            answer: None,
            parent: None,
            cause: None,
            syscall: None,
            ioctl: None,
            clone_flags: Vec::new(),
            module: None,
            file: None,
            silent: None,
            outcome: None,
            delivery_latency_ns: None,
            truncated: false,
            redacted: false,
            messages: Vec::new(),
            data: None,
            captured: Captured::default(),
        }
    }

    /// The same line with the system call, if that is the cause.
    fn with_call(self, call: Option<&SystemCall>) -> Self {
        let Some(call) = call.filter(|_| self.cause == Some(Cause::SystemCall)) else {
            return self;
        };
        let text = |text: &str| printable::escape(text.as_bytes());
        Self {
            syscall: Some(calls::name(call)),
            ioctl: calls::ioctl(call),
            clone_flags: calls::namespaces(call).into_iter().map(Cow::Borrowed).collect(),
            module: calls::module(call).map(text),
            file: calls::file(call).map(text),
            ..self
        }
    }

    /// What bytes alone tell of a datagram of `len` bytes: no probe saw it, and in which namespace
    /// and when of the kernel's clock it was is 0.
    pub(crate) fn of_bytes(
        time: String,
        path: Path,
        protocol: u8,
        data: &[u8],
        len: u32,
        context: &Context<'_>,
    ) -> Self {
        let decoded = contained(
            || decode::decode(protocol, data, len, context),
            || decode::undecoded(data, len, context.show_secrets),
        );
        let record = Self {
            time,
            protocol: names::protocol_name(protocol),
            bytes: len,
            truncated: decoded.truncated,
            redacted: !decoded.withheld.is_empty(),
            messages: decoded.messages,
            ..Self::bare(path)
        };
        record.with_data(&without(data, &decoded.withheld))
    }

    /// The same line with these bytes shown.
    #[must_use]
    pub(crate) fn with_data(self, bytes: &[u8]) -> Self {
        Self { data: Some(hexadecimal(bytes)), ..self }
    }

    /// The same line with what was looked up of its sender.
    #[must_use]
    pub fn with_origin(mut self, origin: &Origin) -> Self {
        self.netns_name.clone_from(&origin.namespace);
        if let Some(process) = &mut self.process {
            process.executable.clone_from(&origin.executable);
            process.unit.clone_from(&origin.unit);
            process.container.clone_from(&origin.container);
            process.pod.clone_from(&origin.pod);
            process.namespace.clone_from(&origin.pod_namespace);
            process.pod_uid.clone_from(&origin.pod_uid);
        }
        self
    }

    /// The same record with as much as is wanted. Made each time: kept, it would take many times
    /// the memory of the bytes that it is made of.
    #[must_use]
    pub fn with(&self, detail: Detail) -> Self {
        let mut record = self.clone();
        if detail >= Detail::Attributes && !self.captured.undecoded {
            let Captured { protocol, multicast, show_secrets, bytes, families, .. } =
                &self.captured;
            let known = self.captured.interfaces.as_ref();
            let context = Context {
                families,
                show_secrets: *show_secrets,
                multicast: *multicast,
                interfaces: interfaces(known, self.netns, self.time_ns),
                answered_command: self.captured.answered_command,
            };
            record.messages = contained(
                || decode::decode(*protocol, bytes, self.bytes, &context).messages,
                || self.messages.clone(),
            );
        }
        if detail >= Detail::Data {
            record.data = Some(hexadecimal(&self.captured.bytes));
        }
        record
    }
}

/// The command of the generic request inside of whose call an answer was sent.
fn answered_command(record: &Record) -> Option<u8> {
    let parent = record.observation().filter(|o| o.path == Path::Reply)?.parent?;
    parent.command.filter(|_| parent.protocol == record.protocol())
}

fn src_portid(record: &Record) -> u32 {
    let sent = record.observation().map(|o| o.src_portid);
    sent.or(record.delivery().map(|d| d.src_portid)).unwrap_or_default()
}

/// The interfaces of a record's namespace at its time.
fn interfaces(known: Option<&KnownInterfaces>, netns: u32, at_ns: u64) -> Option<Interfaces<'_>> {
    known.map(|names| Interfaces { names, netns, at_ns })
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
    let group = Some(record.group()).filter(|&group| group != 0)?;
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
            comm: task.comm.text().into_owned(),
            uid: task.uid,
            executable: None,
            cgroup_id: task.cgroup_id,
            unit: None,
            container: None,
            pod: None,
            namespace: None,
            pod_uid: None,
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
            request: context.request_name(protocol, answer.request_type),
            about: None,
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
    pub(in crate::live) fn new(parent: Parent, context: &Context<'_>) -> Self {
        let Parent { protocol, message_type, command, .. } = parent;
        let name = |command| context.command_name(protocol, message_type, command);
        Self {
            message_type: context.type_name(protocol, message_type),
            command: command.and_then(name).map(Cow::Borrowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;
    use nlmon_core::message::Header;
    use nlmon_core::record::Outcome;

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
    fn a_short_acknowledgement_of_a_generic_request_names_its_command() {
        // CTRL_CMD_GETFAMILY of nlctrl, acknowledged with NLM_F_CAPPED: without struct genlmsghdr.
        const GENERIC: u8 = 16;
        const NLCTRL: u16 = 16;
        const CAPPED: u16 = 0x100;
        const GETFAMILY: u8 = 3;
        let request = Header { len: 32, message_type: NLCTRL, flags: 5, seq: 7, portid: 99 };
        let payload = [&[0; 4][..], &request.to_bytes()].concat();
        let mut observation =
            sample::observation(Path::Reply, sample::message(2, CAPPED, &payload));
        observation.protocol = GENERIC;
        observation.parent = Some(Parent {
            start_ns: 999_900_000,
            protocol: GENERIC,
            message_type: NLCTRL,
            flags: 5,
            command: Some(GETFAMILY),
        });
        let answer = sample::answered(&mut sample::request()).clone();
        let answer = Some(Answer { request_type: NLCTRL, ..answer });
        let record = Record::Sent { observation, delivery: None, outcome: None, answer };
        let record = LogRecord::new(&record, &view());
        assert_eq!(record.messages[0].summary, "ack CTRL_CMD_GETFAMILY");
        assert_eq!(record.answer.as_ref().unwrap().request, "CTRL_CMD_GETFAMILY");
        let whole = record.with(Detail::Attributes);
        assert_eq!(whole.messages[0].summary, "ack CTRL_CMD_GETFAMILY");
    }

    #[test]
    fn what_no_probe_saw_is_absent() {
        let record = sample::unobserved();
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
        for record in [sample::request(), sample::multicast(), sample::lost(), sample::unobserved()]
        {
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
        let observation = sample::observed(&mut record);
        (observation.redacted, observation.protocol) = (true, 6);
        observation.data.truncate(20);
        let record = LogRecord::new(&record, &view());
        assert!(record.redacted && !record.truncated);
        assert_eq!((record.bytes, record.messages[0].summary.as_str()), (44, ""));
    }

    #[test]
    fn a_key_is_shown_in_no_form_unless_secrets_are() {
        let mut payload = vec![0; 224];
        payload.extend([76, 0, 1, 0]);
        payload.extend(b"hmac(sha256)");
        payload.resize(224 + 4 + 64, 0);
        payload.extend(32u32.to_ne_bytes());
        payload.extend([0xab; 4]);
        let mut delivery = sample::delivery(sample::message(16, 0, &payload));
        delivery.protocol = 6;
        let record = Record::Received { delivery, outcome: Outcome::Unobserved };
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
        sample::observed(&mut record).result = Some(-111);
        sample::answered(&mut record).errno = Some(17);
        let record = LogRecord::new(&record, &view());
        assert_eq!(record.result.as_deref(), Some("ECONNREFUSED"));
        assert_eq!(record.errors().collect::<Vec<_>>(), ["ECONNREFUSED", "EEXIST"]);
        assert_eq!(result(44), "ok");
    }
}
