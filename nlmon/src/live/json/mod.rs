//! [`LogRecord`]: one line of the live log as JSON. This is a published schema, described for its
//! readers in `docs/log.md`; fields may be added, but none may change its meaning. What is unknown
//! or does not apply is absent, never null. How one is made is `making`.

mod contained;
mod making;
mod silent;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use contained::attempted;
pub use contained::decode_panics;
pub use making::{Clock, View};
pub use silent::{LogRoute, LogSilent};

use super::interfaces::KnownInterfaces;

use nlmon_core::decode::{Families, Message};
use nlmon_core::record::{Cause, Outcome, Path};

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
    /// The command of the generic request that it answers.
    answered_command: Option<u8>,
    /// Decoding it has panicked, and would again.
    undecoded: bool,
    /// Bytes that are withheld are zero.
    bytes: Vec<u8>,
    families: Arc<Families>,
    interfaces: Option<KnownInterfaces>,
}

/// One datagram: who sent it, what it was, who got it, how long it took, whether it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When it was sent, or else received: RFC 3339, UTC, nanoseconds. Empty where only its bytes
    /// are known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub time: String,
    /// The same instant on `CLOCK_MONOTONIC`, nanoseconds.
    pub time_ns: u64,
    /// Which way it went: `request`, `reply`, `peer`, `dump`, `multicast`. `silent` is no datagram,
    /// but a change that the kernel told nobody of.
    pub path: Path,
    /// Protocol by name (`route`), an unknown one by number.
    pub protocol: Cow<'static, str>,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Name of that namespace in `/run/netns`; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netns_name: Option<Arc<str>>,
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
    /// Where the cause is `syscall`: the system call, `exit` for a process that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syscall: Option<Cow<'static, str>>,
    /// Of `ioctl`: its request, one without a name by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ioctl: Option<Cow<'static, str>>,
    /// Of `unshare` and `clone`: the namespaces that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clone_flags: Vec<Cow<'static, str>>,
    /// Of `finit_module` and `delete_module`: the module, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Of `write`: the file with its directory, if they are known: `eth0/mtu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of a silent change: what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<LogSilent>,
    /// For a multicast: `delivered`, `lost`, `unobserved`, `not_sampled`, `undecided`; absent where
    /// nlmon is in no group.
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
    pub executable: Option<Arc<str>>,
    /// Cgroup (v2) id.
    pub cgroup_id: u64,
    /// The innermost systemd unit of that cgroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Arc<str>>,
    /// Id of the container that the cgroup is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Arc<str>>,
    /// Name of the Kubernetes pod that the cgroup is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<Arc<str>>,
    /// Kubernetes namespace of that pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// UID of that pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_uid: Option<Arc<str>>,
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
    /// Of an answer in a capture that others made: what the request was about, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
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
    /// Messages in them without its end; absent if a part had more than are counted.
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
    /// Of generic netlink: the family's command, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Cow<'static, str>>,
}

impl LogParent {
    /// The command, or else the type.
    pub fn name(&self) -> &str {
        self.command.as_deref().unwrap_or(&self.message_type)
    }

    pub(super) fn into_name(self) -> Cow<'static, str> {
        self.command.unwrap_or(self.message_type)
    }
}

impl LogRecord {
    /// Memory that the record takes besides its messages.
    pub fn captured_bytes(&self) -> usize {
        self.captured.bytes.len()
    }

    /// The system call that is the cause, with what is known of it: `ioctl(SIOCSIFADDR)`.
    pub fn call(&self) -> Option<String> {
        let name = self.syscall.as_deref()?;
        let flags = Some(self.clone_flags.join("|")).filter(|flags| !flags.is_empty());
        let known = [self.ioctl.as_deref(), self.module.as_deref(), self.file.as_deref()];
        let argument = known.into_iter().flatten().next().map(str::to_owned).or(flags);
        Some(argument.map_or_else(|| name.to_owned(), |argument| format!("{name}({argument})")))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;
    use crate::origin::Origin;
    use nlmon_core::decode;
    use nlmon_core::record::Dump;

    /// Every field of a system call, and of a silent change.
    fn with_calls(record: &mut LogRecord) {
        (record.syscall, record.ioctl) = (Some("ioctl".into()), Some("SIOCSIFADDR".into()));
        record.clone_flags = vec!["CLONE_NEWNET".into()];
        (record.module, record.file) = (Some("bridge".into()), Some("eth0/mtu".into()));
        let mut silent = LogRecord::new(&sample::silent(), &View::new(Clock::new(0))).silent;
        if let Some(silent) = &mut silent {
            (silent.incomplete, silent.unnamed) = (true, 1);
            silent.routes[0].ifname = Some("eth0".into());
        }
        record.silent = silent;
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
        let manual = include_str!("../../../../docs/log.md");
        let origin = Origin {
            executable: Some("/sbin/ip".into()),
            unit: Some("a.service".into()),
            container: Some("0".into()),
            pod_uid: Some("1".into()),
            pod: Some("web".into()),
            pod_namespace: Some("default".into()),
            namespace: Some("blue".into()),
        };
        let record = LogRecord::new(&sample::multicast(), &View::new(Clock::new(0)));
        let mut record = record.with_origin(&origin).with(Detail::Data);
        let mut request = sample::request();
        let answer = sample::answered(&mut request);
        answer.text = Some("no".into());
        answer.dump = Some(Dump { messages: Some(1), interrupted: true, ..Dump::default() });
        record.answer = LogRecord::new(&request, &View::new(Clock::new(0))).answer;
        if let Some(answer) = &mut record.answer {
            answer.about = Some("RTM_NEWLINK dummy0".into());
        }
        (record.truncated, record.redacted) = (true, true);
        with_calls(&mut record);
        let process = record.process.as_mut().unwrap();
        (process.kernel_thread, process.interrupt) = (true, true);
        let message = &mut record.messages[0];
        message.flags.push("REQUEST".into());
        message.command = Some("CTRL_CMD_GETFAMILY".into());
        message.attributes[0].withheld = Some(1);
        message.attributes[0].ifname = Some("eth0".into());
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
