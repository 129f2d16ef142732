//! Which records a reader wants. The same words are the flags of `nlmon tail` and the request on
//! the socket, because both are this one struct. Pure.
//!
//! Within one field any value may match; all fields that are given have to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::glob;
use super::json::LogRecord;
use nlmon_core::calls;
use nlmon_core::decode::specs::Specs;
use nlmon_core::decode::{self, names};
use nlmon_core::record::{Cause, Path, Record};

/// A choice of records, as the user gave it. An empty one passes every record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Protocol: route, generic, netfilter, ..., or a number
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocol: Vec<String>,
    /// Which way it went: request, reply, peer, dump, multicast; or silent, told to nobody
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// Message type: `RTM_NEWLINK`, `RTM_*ROUTE`, ..., or a number
    #[arg(long = "type", value_name = "NAME", value_delimiter = ',')]
    #[serde(rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub message_type: Vec<String>,
    /// Multicast group: link, ipv4-route, ..., or a number
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
    /// Process name, as in ps -o comm: ip, 'systemd-*'
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub process: Vec<String>,
    /// Process id
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pid: Vec<u32>,
    /// Systemd unit that the process is in: 'nginx.service', 'docker-*'
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unit: Vec<String>,
    /// Container that the process is of: its id, the beginning of it, or a pattern
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container: Vec<String>,
    /// Kubernetes pod that the process is in: its name, 'web-*', or its UID
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pod: Vec<String>,
    /// Kubernetes namespace of that pod: kube-system; a network namespace is --netns
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespace: Vec<String>,
    /// What made the kernel send a notification: request, flushed, kernel, syscall, unknown
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cause: Vec<String>,
    /// System call that made the kernel send it: ioctl, unshare, exit, ..., or an ioctl's name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub syscall: Vec<String>,
    /// Network namespace: its name in /run/netns, or its inode number
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub netns: Vec<NamespaceFilter>,
    /// An error that was returned or reported: ENOBUFS, EEXIST, ..., or a number
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errno: Vec<String>,
    /// Only what failed, with any error
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub errors: bool,
    /// Text within a decoded message, in either case
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A network namespace, as a reader calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NamespaceFilter {
    /// By the number of its inode.
    Inode(u32),
    /// By its name, or a pattern of it.
    Name(String),
}

impl NamespaceFilter {
    /// Whether it is the namespace of this inode, which may have this name.
    pub(super) fn is(&self, inode: u32, name: Option<&str>) -> bool {
        match self {
            Self::Inode(wanted) => *wanted == inode,
            Self::Name(wanted) => name.is_some_and(|name| glob::matches(wanted, name)),
        }
    }
}

impl From<&str> for NamespaceFilter {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_no_number| Self::Name(text.to_owned()), Self::Inode)
    }
}

/// A filter names something that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {value:?}{}", hint(.nearest.as_deref()))]
pub struct FilterError {
    /// What kind of thing: `protocol`, `message type`.
    pub what: &'static str,
    /// What was given.
    pub value: String,
    /// The nearest known name, if one is close.
    pub nearest: Option<String>,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(": did you mean {name:?}?"))
}

/// A filter whose names are all known, ready to match.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    filter: Filter,
    protocols: Vec<u8>,
    paths: Vec<Path>,
    causes: Vec<Cause>,
}

impl Matcher {
    /// [`passes`](Self::passes) as a function, for whoever matches elsewhere.
    pub fn wants(self: &Arc<Self>) -> impl Fn(&Entry) -> bool + Send + Sync + use<> {
        let matcher = Arc::clone(self);
        move |entry| matcher.passes(entry)
    }

    /// Whether the record of an entry passes. What is not wanted for its protocol or path is not
    /// decoded for that.
    pub fn passes(&self, entry: &Entry) -> bool {
        let may_match = |record: &Record| self.may_match(record);
        entry.joined_record().is_none_or(may_match) && self.matches(entry.record())
    }

    /// Whether a record may match, as far as can be told before it is decoded.
    fn may_match(&self, record: &Record) -> bool {
        any(&self.protocols, |protocol| *protocol == record.protocol())
            && any(&self.paths, |path| *path == record.path())
    }

    /// Whether it lets everything pass.
    pub fn is_open(&self) -> bool {
        self.filter == Filter::default()
    }
}

impl Filter {
    /// Checks the names that are the same for every daemon. Types may also be named by a daemon's
    /// specs, so only that daemon can refuse a type.
    ///
    /// # Errors
    /// As of [`Filter::compile`].
    pub fn check(&self) -> Result<(), FilterError> {
        Self { message_type: Vec::new(), ..self.clone() }.compile(Specs::default()).map(drop)
    }

    /// Checks every name, and makes the matcher. Types have names by these specs too.
    ///
    /// # Errors
    /// The first name that does not exist, with the nearest one that does.
    pub fn compile(&self, specs: Specs) -> Result<Matcher, FilterError> {
        let mut filter = self.clone();
        let mut protocols = Vec::new();
        for protocol in &mut filter.protocol {
            let Some(number) = names::parse_protocol(protocol) else {
                return Err(unknown("protocol", protocol, names::protocol_names()));
            };
            protocols.push(number);
            *protocol = names::protocol_name(number).into_owned();
        }
        for errno in &mut filter.errno {
            *errno = match names::parse_errno(errno) {
                Some(number) => names::errno_name(number).into_owned(),
                None => return Err(unknown("errno", errno, names::errno_names())),
            };
        }
        filter.message_type.iter().try_for_each(|name| check_type(name, specs))?;
        filter.group.iter().try_for_each(|name| check_group(name))?;
        filter.syscall.iter().try_for_each(|name| check_call(name))?;
        filter.text = filter.text.map(|text| text.to_lowercase());
        let paths = filter.path.iter().map(|name| path(name)).collect::<Result<_, _>>()?;
        let causes = filter.cause.iter().map(|name| cause(name)).collect::<Result<_, _>>()?;
        Ok(Matcher { filter, protocols, paths, causes })
    }
}

fn path(name: &str) -> Result<Path, FilterError> {
    let all = || Path::ALL.into_iter().chain([Path::Silent]);
    let found = all().find(|path| path.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| unknown("path", name, all().map(Path::name)))
}

/// A system call or the request of an ioctl, or a pattern of either.
fn check_call(name: &str) -> Result<(), FilterError> {
    let known = name.parse::<u32>().is_ok()
        || name.starts_with("0x")
        || calls::names().any(|known| glob::matches(name, known));
    if known { Ok(()) } else { Err(unknown("system call", name, calls::names())) }
}

pub(super) fn cause(name: &str) -> Result<Cause, FilterError> {
    let found = Cause::ALL.into_iter().find(|cause| cause.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| unknown("cause", name, Cause::ALL.into_iter().map(Cause::name)))
}

/// A pattern that matches no known type is an error, like an unknown name. `raw` and the device
/// events are types that exist in the log only.
fn check_type(name: &str, specs: Specs) -> Result<(), FilterError> {
    let all = || {
        let own = ["raw", "uevent", "udev"];
        names::message_type_names().chain(decode::generic_names()).chain(specs.names()).chain(own)
    };
    let known = name.parse::<u16>().is_ok() || all().any(|known| glob::matches(name, known));
    if known { Ok(()) } else { Err(unknown("message type", name, all())) }
}

fn check_group(name: &str) -> Result<(), FilterError> {
    // Those of generic netlink, `family/group`, are the running kernel's.
    let known = name.parse::<u32>().is_ok()
        || name.contains('/')
        || names::group_names().any(|known| known.eq_ignore_ascii_case(name));
    if known { Ok(()) } else { Err(unknown("group", name, names::group_names())) }
}

pub(super) fn unknown<'a>(
    what: &'static str,
    value: &str,
    known: impl Iterator<Item = &'a str>,
) -> FilterError {
    let nearest = if glob::is_pattern(value) { None } else { nearest(value, known) };
    FilterError { what, value: value.to_owned(), nearest }
}

/// The known name with the fewest edits, if they are at most a third of its letters.
fn nearest<'a>(value: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let value = value.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&value, &name.to_lowercase());
    let (edits, name) = known.map(|name| (distance(name), name)).min_by_key(|found| found.0)?;
    (edits <= 1.max(name.len() / 3)).then(|| name.to_owned())
}

impl Matcher {
    /// Whether the record passes.
    pub fn matches(&self, record: &LogRecord) -> bool {
        let filter = &self.filter;
        any(&filter.protocol, |name| *name == record.protocol)
            && any(&self.paths, |path| *path == record.path)
            && any(&self.causes, |cause| Some(*cause) == record.cause)
            && any(&filter.syscall, |name| has_call(record, name))
            && any(&filter.netns, |netns| netns.is(record.netns, record.netns_name.as_deref()))
            && any(&filter.group, |group| has_group(record, group))
            && any(&filter.pid, |pid| record.process.as_ref().is_some_and(|p| p.pid == *pid))
            && any(&filter.process, |name| has_process(record, name))
            && any(&filter.unit, |name| has_unit(record, name))
            && any(&filter.container, |id| is_of(record, id))
            && any(&filter.pod, |name| is_in_pod(record, name))
            && any(&filter.namespace, |name| is_in_namespace(record, name))
            && any(&filter.message_type, |name| has_type(record, name))
            && any(&filter.errno, |name| record.errors().any(|error| error == name))
            && (!filter.errors || record.failed())
            && filter.text.as_ref().is_none_or(|text| has_text(record, text))
    }
}

/// An empty list passes every value.
pub(super) fn any<T>(wanted: &[T], matches: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(matches)
}

fn has_group(record: &LogRecord, wanted: &str) -> bool {
    let number = |name| names::parse_group(names::parse_protocol(&record.protocol)?, name);
    record.group.as_deref().is_some_and(|group| {
        group == wanted || number(group).is_some_and(|group| Some(group) == number(wanted))
    })
}

fn has_process(record: &LogRecord, wanted: &str) -> bool {
    record.process.as_ref().is_some_and(|process| glob::matches(wanted, &process.comm))
}

fn has_unit(record: &LogRecord, wanted: &str) -> bool {
    let unit = record.process.as_ref().and_then(|process| process.unit.as_deref());
    unit.is_some_and(|unit| glob::matches(wanted, unit))
}

fn is_of(record: &LogRecord, wanted: &str) -> bool {
    let container = record.process.as_ref().and_then(|process| process.container.as_deref());
    container.is_some_and(|id| is_container(id, wanted))
}

/// By its id, the beginning of it, or a pattern.
pub(super) fn is_container(id: &str, wanted: &str) -> bool {
    id.starts_with(wanted) || glob::matches(wanted, id)
}

fn is_in_pod(record: &LogRecord, wanted: &str) -> bool {
    record.process.as_ref().is_some_and(|process| {
        let is_called = |name: &str| glob::matches(wanted, name);
        process.pod.as_deref().is_some_and(is_called)
            || process.pod_uid.as_deref().is_some_and(|uid| uid == wanted)
    })
}

fn is_in_namespace(record: &LogRecord, wanted: &str) -> bool {
    let namespace = record.process.as_ref().and_then(|process| process.namespace.as_deref());
    namespace.is_some_and(|namespace| glob::matches(wanted, namespace))
}

fn has_type(record: &LogRecord, wanted: &str) -> bool {
    let number: Option<u16> = wanted.parse().ok();
    record.messages.iter().any(|message| match number {
        Some(number) => message.type_number == Some(number),
        None => {
            glob::matches(wanted, &message.message_type)
                || message.command.as_ref().is_some_and(|command| glob::matches(wanted, command))
        }
    })
}

fn has_call(record: &LogRecord, wanted: &str) -> bool {
    let names = [record.syscall.as_deref(), record.ioctl.as_deref()];
    names.into_iter().flatten().any(|name| glob::matches(wanted, name))
}

/// `wanted` is in lower case.
fn has_text(record: &LogRecord, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    record.messages.iter().any(|message| has(&message.summary))
        || record.silent.iter().flat_map(|silent| &silent.routes).any(|route| has(&route.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::json::{Clock, View};
    use crate::live::sample;
    use crate::origin::Origin;
    use nlmon_core::record::Record;

    fn joined(record: &Record) -> Entry {
        let view = Arc::new(View::new(Clock::new(0)));
        Entry::joined(Box::new(record.clone()), Arc::default(), view)
    }

    /// Whether it passes, which is the same before and after it is decoded.
    fn passes(filter: &Filter, record: &Record) -> bool {
        let matcher = Arc::new(filter.compile(Specs::default()).unwrap());
        let passes = matcher.matches(&LogRecord::new(record, &View::new(Clock::new(0))));
        assert_eq!(matcher.wants()(&joined(record)), passes, "{filter:?}");
        passes
    }

    #[test]
    fn what_another_protocol_or_path_has_is_not_decoded() {
        for json in [r#"{"protocol":["xfrm"]}"#, r#"{"path":["dump","peer"]}"#] {
            let matcher = Arc::new(filter(json).compile(Specs::default()).unwrap());
            let entry = joined(&sample::multicast());
            assert!(!matcher.wants()(&entry) && !entry.is_made(), "{json}");
        }
    }

    /// A filter from its JSON form, which the socket carries.
    fn filter(json: &str) -> Filter {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_empty_filter_passes_everything_and_is_empty_json() {
        assert!(passes(&Filter::default(), &sample::multicast()));
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
    }

    #[test]
    fn each_field_matches_the_multicast() {
        for json in [
            r#"{"protocol":["generic","ROUTE"]}"#,
            r#"{"protocol":["0"]}"#,
            r#"{"path":["multicast"]}"#,
            r#"{"type":["RTM_DELLINK","rtm_*link"]}"#,
            r#"{"type":["16"]}"#,
            r#"{"group":["link"]}"#,
            r#"{"group":["1"]}"#,
            r#"{"process":["i?"]}"#,
            r#"{"pid":[812]}"#,
            r#"{"cause":["request"]}"#,
            r#"{"netns":[4026531840]}"#,
            r#"{"text":"DUMMY0"}"#,
        ] {
            assert!(passes(&filter(json), &sample::multicast()), "{json}");
        }
    }

    #[test]
    fn each_field_rejects_what_differs() {
        for json in [
            r#"{"protocol":["generic"]}"#,
            r#"{"path":["reply"]}"#,
            r#"{"type":["RTM_GET*"]}"#,
            r#"{"group":["neigh"]}"#,
            r#"{"process":["bird"]}"#,
            r#"{"pid":[813]}"#,
            r#"{"cause":["kernel","syscall","unknown"]}"#,
            r#"{"syscall":["*"]}"#,
            r#"{"unit":["*"]}"#,
            r#"{"container":["*"]}"#,
            r#"{"pod":["*"]}"#,
            r#"{"namespace":["*"]}"#,
            r#"{"netns":["*"]}"#,
            r#"{"netns":[1]}"#,
            r#"{"errno":["EEXIST"]}"#,
            r#"{"errors":true}"#,
            r#"{"text":"eth0"}"#,
            r#"{"protocol":["route"],"path":["reply"]}"#,
        ] {
            assert!(!passes(&filter(json), &sample::multicast()), "{json}");
        }
    }

    #[test]
    fn where_a_process_belongs_matches_once_it_is_known() {
        let origin = Origin {
            unit: Some("ssh.service".into()),
            container: Some("3f2a9c".into()),
            pod_uid: Some("0123-ab".into()),
            pod: Some("web-1".into()),
            pod_namespace: Some("default".into()),
            namespace: Some("blue".into()),
            ..Origin::default()
        };
        let record = LogRecord::new(&sample::multicast(), &View::new(Clock::new(0)));
        let record = record.with_origin(&origin);
        let matches = |json| filter(json).compile(Specs::default()).unwrap().matches(&record);
        assert!(matches(r#"{"unit":["ssh.*"]}"#));
        assert!(!matches(r#"{"unit":["sshd.service"]}"#));
        assert!(matches(r#"{"container":["3f2a"]}"#) && matches(r#"{"container":["*9c"]}"#));
        assert!(!matches(r#"{"container":["f2a9c"]}"#));
        assert!(matches(r#"{"pod":["web-*"]}"#) && matches(r#"{"pod":["0123-ab"]}"#));
        assert!(!matches(r#"{"pod":["web"]}"#) && !matches(r#"{"pod":["0123"]}"#));
        assert!(matches(r#"{"namespace":["def*"],"pod":["web-1"]}"#));
        assert!(!matches(r#"{"namespace":["kube-system"]}"#));
        assert!(matches(r#"{"netns":["blu?"]}"#) && matches(r#"{"netns":[4026531840]}"#));
        assert!(!matches(r#"{"netns":["red",7]}"#));
    }

    #[test]
    fn a_system_call_matches_by_its_name_and_an_ioctls() {
        for (json, expected) in [
            (r#"{"cause":["syscall"]}"#, true),
            (r#"{"syscall":["ioctl"]}"#, true),
            (r#"{"syscall":["siocsif*"]}"#, true),
            (r#"{"syscall":["unshare","close"]}"#, false),
            (r#"{"cause":["request"]}"#, false),
        ] {
            assert_eq!(passes(&filter(json), &sample::ioctl()), expected, "{json}");
        }
    }

    #[test]
    fn a_silent_change_matches_by_its_path_and_its_routes() {
        for (json, expected) in [
            (r#"{"path":["silent"],"cause":["request"],"process":["ip"]}"#, true),
            (r#"{"text":"10.50.2.0/24"}"#, true),
            (r#"{"text":"10.51."}"#, false),
            (r#"{"path":["multicast"]}"#, false),
        ] {
            assert_eq!(passes(&filter(json), &sample::silent()), expected, "{json}");
        }
    }

    #[test]
    fn an_errno_matches_wherever_it_is_reported() {
        let mut record = sample::request();
        sample::answered(&mut record).errno = Some(17);
        assert!(passes(&filter(r#"{"errno":["eexist"]}"#), &record));
        assert!(passes(&filter(r#"{"errno":["17"]}"#), &record));
        assert!(passes(&filter(r#"{"errors":true}"#), &record));
        assert!(!passes(&filter(r#"{"errno":["ENOENT"]}"#), &record));
    }

    #[test]
    fn a_generic_command_is_a_type() {
        let mut record = sample::request();
        let observation = sample::observed(&mut record);
        observation.protocol = 16;
        observation.data = sample::message(16, 1, &[3, 1, 0, 0]);
        assert!(passes(&filter(r#"{"type":["ctrl_cmd_get*"]}"#), &record));
        assert!(passes(&filter(r#"{"type":["nlctrl"]}"#), &record));
        assert!(!passes(&filter(r#"{"type":["ETHTOOL_MSG_*"]}"#), &record));
    }

    #[test]
    fn what_was_not_observed_has_no_process_to_match() {
        let record = sample::unobserved();
        assert!(!passes(&filter(r#"{"process":["*"]}"#), &record));
    }

    #[test]
    fn a_wrong_name_suggests_the_nearest() {
        let error = |json| filter(json).compile(Specs::default()).unwrap_err().to_string();
        assert_eq!(
            error(r#"{"protocol":["rout"]}"#),
            r#"unknown protocol "rout": did you mean "route"?"#
        );
        assert_eq!(
            error(r#"{"type":["RTM_NEWLNIK"]}"#),
            r#"unknown message type "RTM_NEWLNIK": did you mean "RTM_NEWLINK"?"#
        );
        assert_eq!(
            error(r#"{"group":["ipv4_route"]}"#),
            r#"unknown group "ipv4_route": did you mean "ipv4-route"?"#
        );
        assert_eq!(
            error(r#"{"syscall":["ioctrl"]}"#),
            r#"unknown system call "ioctrl": did you mean "ioctl"?"#
        );
        assert_eq!(error(r#"{"path":["up"]}"#), r#"unknown path "up""#);
        assert_eq!(error(r#"{"type":["RTX_*"]}"#), r#"unknown message type "RTX_*""#);
        assert_eq!(
            error(r#"{"errno":["ENOBUF"]}"#),
            r#"unknown errno "ENOBUF": did you mean "ENOBUFS"?"#
        );
    }
}
