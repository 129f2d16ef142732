//! What the core's `answers` want to know of records. Only requests that failed are decoded, and what
//! was decoded before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::AnswerRequest;
use crate::live::entry::Entry;
use crate::live::json::{Clock, LogRecord, Process};
use crate::origin::Origin;
use crate::subscribe::realtime_offset_ns;
use nlmon_core::answers::{Errors, Evidence, LossState, Refusal, Sent, To};
use nlmon_core::decode::names::{group_name, parse_protocol};
use nlmon_core::ledger::Who;
use nlmon_core::record::{Path, Record, Task};

/// The time of day.
pub(super) fn clock() -> Clock {
    Clock::new(realtime_offset_ns())
}

/// The requests of the processes that are asked about.
pub(super) fn errors(entries: &[Arc<Entry>], request: &AnswerRequest) -> Errors {
    let attributes = attributes(entries);
    let mut errors = Errors::default();
    for entry in entries.iter().filter(|entry| entry.path() == Path::Request) {
        let (pid, comm) = sender(entry);
        if !request.is_about(pid, &comm) {
            continue;
        }
        errors.request(&comm);
        if may_have_failed(entry)
            && let Some(refusal) = refusal(entry.record(), &attributes)
        {
            errors.refusal(refusal);
        }
    }
    errors
}

/// Process id and name.
fn sender(entry: &Entry) -> (u32, String) {
    if let Some((record, ..)) = entry.parts() {
        let task = record.observation().map(|observation| &observation.task);
        return task
            .map_or_else(Default::default, |task| (task.pid, task.comm.text().into_owned()));
    }
    let process = entry.record().process.as_ref();
    process.map_or_else(Default::default, |process| (process.pid, process.comm.clone()))
}

/// Whether it is worth decoding: most requests succeed.
fn may_have_failed(entry: &Entry) -> bool {
    let Some((record, ..)) = entry.parts() else { return true };
    let is_error = |errno: Option<i32>| errno.is_some_and(|errno| errno != 0);
    let sent = record.observation().and_then(|observation| observation.result);
    is_error(record.answer().and_then(|answer| answer.errno)) || sent.is_some_and(|n| n < 0)
}

/// The attributes at fault, by the record of the request: the kernel says them in its answer alone.
fn attributes(entries: &[Arc<Entry>]) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for entry in entries {
        let Some((record, ..)) = entry.parts() else { continue };
        let is_error = record.answer().is_some_and(|answer| answer.errno.is_some_and(|n| n != 0));
        let parent = record.observation().and_then(|observation| observation.parent);
        if let (Path::Reply, true, Some(parent)) = (record.path(), is_error, parent) {
            let reports = entry.record().messages.iter().filter_map(|m| m.error.as_ref());
            let named = reports.filter_map(|report| {
                let attribute = report.attribute.as_ref().map(ToString::to_string);
                let missing = report.missing.as_ref().map(|name| format!("{name} is missing"));
                attribute.or(missing)
            });
            found.extend(named.map(|name| (parent.start_ns, name)).next());
        }
    }
    found
}

fn refusal(record: &LogRecord, attributes: &BTreeMap<u64, String>) -> Option<Refusal> {
    let answer = record.answer.as_ref();
    let answered = answer.and_then(|answer| answer.errno.as_deref()).filter(|errno| *errno != "ok");
    let sent = record.result.as_deref().filter(|result| *result != "ok");
    let errno = answered.or(sent)?.to_owned();
    let of_type = answer.map(|answer| &*answer.request);
    let named = |message: &&nlmon_core::decode::Message| {
        of_type
            .is_none_or(|name| message.command.as_deref().unwrap_or(&message.message_type) == name)
    };
    let message = record.messages.iter().find(named).or(record.messages.first());
    let own_type = message.map(|m| m.command.as_deref().unwrap_or(&m.message_type));
    Some(Refusal {
        evidence: Evidence { record: record.time_ns, time: record.time.clone() },
        netns: record.netns,
        process: record.process.as_ref().map(who),
        protocol: record.protocol.to_string(),
        request: of_type.or(own_type).unwrap_or_default().to_owned(),
        about: message.map(|message| message.summary.clone()).unwrap_or_default(),
        errno,
        text: answer.and_then(|answer| answer.text.clone()),
        attribute: attributes.get(&record.time_ns).cloned(),
    })
}

fn who(process: &Process) -> Who {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    Who {
        pid: process.pid,
        comm: process.comm.clone(),
        unit: text(&process.unit),
        container: text(&process.container),
        pod: text(&process.pod),
    }
}

/// What was sent to where these listeners hear it.
pub(super) fn sent(entries: &[Arc<Entry>], losses: &LossState) -> Vec<Sent> {
    let mut groups: Vec<(u8, u32)> = Vec::new();
    for listener in &losses.listeners {
        let socket = &listener.socket;
        groups.extend(socket.groups.iter().map(|group| (socket.protocol, *group)));
    }
    groups.sort_unstable();
    groups.dedup();
    let sent = entries.iter().filter_map(|entry| match entry.parts() {
        Some((record, origin, ..)) => of_record(record, origin),
        None => of_line(entry.record(), &groups),
    });
    let mut sent: Vec<Sent> = sent.collect();
    sent.sort_by_key(|sent| sent.record);
    sent
}

fn of_record(record: &Record, origin: &Origin) -> Option<Sent> {
    let seen = record.observation();
    let to = match record.path() {
        Path::Multicast => {
            To::Group { group: record.group(), except: seen.map_or(0, |seen| seen.portid) }
        }
        Path::Reply | Path::Peer | Path::Dump => To::Port(seen?.portid),
        Path::Request | Path::Silent => return None,
    };
    let task = seen.map(|seen| &seen.task).filter(|task| is_cause(task));
    Some(Sent {
        record: record.time_ns(),
        netns: record.netns(),
        protocol: record.protocol(),
        to,
        bytes: record.datagram_len(),
        process: task.map(|task| Who {
            pid: task.pid,
            comm: task.comm.text().into_owned(),
            unit: origin.unit.as_deref().map(str::to_owned),
            ..Who::default()
        }),
    })
}

/// Whether the task had it done: an interrupt's is a bystander, and the kernel's threads are nobody.
fn is_cause(task: &Task) -> bool {
    !task.interrupt && !task.kernel_thread
}

/// The same of a record that was decoded at once, which has names in place of numbers.
fn of_line(record: &LogRecord, groups: &[(u8, u32)]) -> Option<Sent> {
    let protocol = parse_protocol(&record.protocol)?;
    let portid = record.portid.unwrap_or(0);
    let to = match record.path {
        Path::Multicast => {
            let name = record.group.as_deref()?;
            let is_it = |of: &&(u8, u32)| of.0 == protocol && group_name(protocol, of.1) == name;
            let group = groups.iter().find(is_it)?.1;
            To::Group { group, except: portid }
        }
        Path::Reply | Path::Peer | Path::Dump => To::Port(portid),
        Path::Request | Path::Silent => return None,
    };
    let process = record.process.as_ref();
    let cause = process.filter(|process| !process.interrupt && !process.kernel_thread);
    Some(Sent {
        record: record.time_ns,
        netns: record.netns,
        protocol,
        to,
        bytes: record.bytes,
        process: cause.map(who),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::answers::About;
    use crate::live::json::View;
    use crate::live::sample;
    use nlmon_core::answers::Reach;

    fn entry(record: Record) -> Arc<Entry> {
        let view = Arc::new(View::new(Clock::new(0)));
        Arc::new(Entry::joined(Box::new(record), Arc::default(), view))
    }

    fn all() -> AnswerRequest {
        AnswerRequest { about: About::Error, process: None }
    }

    #[test]
    fn a_refused_request_is_told_with_the_kernels_words() {
        let mut request = sample::request();
        let answer = sample::answered(&mut request);
        (answer.errno, answer.text) = (Some(22), Some("mtu greater than device maximum".into()));
        let ok = sample::request();
        let answer = errors(&[entry(request.clone()), entry(ok)], &all()).answer(Reach::default());
        let [refused] = &*answer.refused else { panic!("{answer:?}") };
        assert_eq!((&*refused.errno, refused.count), ("EINVAL", 1));
        assert_eq!(refused.text.as_deref(), Some("mtu greater than device maximum"));
        assert_eq!(refused.first.record, request.time_ns());
        assert_eq!(answer.requests.values().sum::<u64>(), 2);
        let other = AnswerRequest { process: Some("nobody".to_owned()), ..all() };
        assert_eq!(errors(&[entry(request)], &other).answer(Reach::default()).requests.len(), 0);
    }

    #[test]
    fn a_record_is_the_same_datagram_whether_it_was_decoded_at_once_or_not() {
        let record = sample::multicast();
        let made = LogRecord::new(&record, &View::new(Clock::new(0)));
        let groups = [(record.protocol(), record.group())];
        let later = of_record(&record, &Origin::default()).unwrap();
        assert_eq!(of_line(&made, &groups).unwrap(), later);
        assert!(matches!(later.to, To::Group { .. }));
        assert_eq!(of_record(&sample::request(), &Origin::default()), None);
    }
}
