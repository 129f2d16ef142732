//! What the ledger wants to know of a record. Only records with a message about an object that is
//! kept are decoded, which most are not.

use std::collections::BTreeMap;

use crate::live::entry::Entry;
use crate::live::json::{LogRecord, Process};
use nlmon_core::decode::names::{errno_name, parse_protocol};
use nlmon_core::ledger::{Notice, Who, told_by};
use nlmon_core::message::messages;
use nlmon_core::record::{Path, Record, Silent};

/// Answered requests that are remembered: what is told inside one comes right behind it.
const REQUESTS_MAX: usize = 1024;

/// The answers to the last requests, by when those began.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<u64, i32>);

impl Answers {
    /// Takes note of a request that was answered.
    fn note(&mut self, start_ns: u64, errno: i32) {
        self.0.insert(start_ns, errno);
        if self.0.len() > REQUESTS_MAX {
            self.0.pop_first();
        }
    }

    fn of(&self, record: &Record) -> Option<String> {
        let parent = record.observation()?.parent?;
        self.0.get(&parent.start_ns).map(|errno| errno_name(*errno).into_owned())
    }
}

/// A record that tells of objects.
#[derive(Debug)]
pub(super) struct Told {
    record: LogRecord,
    protocol: u8,
    result: Option<String>,
    silent: Option<Silent>,
}

impl Told {
    /// What a record tells; `None` if that is nothing of kept objects. A dump's answer is none: it
    /// says what is, not what has changed.
    pub(super) fn of(entry: &Entry, answers: &mut Answers) -> Option<Self> {
        let Some(record) = entry.joined_record() else {
            let made = entry.record();
            let protocol = parse_protocol(&made.protocol)?;
            let is_told = made.path == Path::Multicast
                && made.src_portid == 0
                && made.messages.iter().any(|m| is_kept(protocol, m.type_number));
            let record = is_told.then(|| entry.detailed())?;
            return Some(Self { record, protocol, result: None, silent: None });
        };
        let protocol = record.protocol();
        match record.path() {
            Path::Request => {
                let errno = record.answer().and_then(|answer| answer.errno);
                if let Some((observation, errno)) = record.observation().zip(errno) {
                    answers.note(observation.start_ns, errno);
                }
                return None;
            }
            Path::Multicast => {
                let len = usize::try_from(record.datagram_len()).unwrap_or(usize::MAX);
                let is_kept = |message: nlmon_core::message::Message<'_>| {
                    is_kept(protocol, Some(message.header.message_type))
                };
                if !is_from_kernel(record) || !messages(record.data(), len).any(is_kept) {
                    return None;
                }
            }
            Path::Silent => {}
            Path::Reply | Path::Peer | Path::Dump => return None,
        }
        let result = answers.of(record);
        let silent = record.silent().cloned();
        Some(Self { record: entry.detailed(), protocol, result, silent })
    }

    /// The routes that were removed without a word, if it is about such.
    pub(super) fn silent(&self) -> Option<&Silent> {
        self.silent.as_ref()
    }

    /// The notice.
    pub(super) fn notice(&self) -> Notice<'_> {
        let record = &self.record;
        Notice {
            netns: record.netns,
            netns_name: record.netns_name.as_deref(),
            time_ns: record.time_ns,
            time: &record.time,
            protocol: self.protocol,
            process: record.process.as_ref().and_then(who),
            cause: record.cause,
            call: record.call(),
            request: record.parent.as_ref().map(|parent| parent.name().to_owned()),
            result: self.result.clone(),
            messages: &record.messages,
        }
    }
}

fn is_kept(protocol: u8, message_type: Option<u16>) -> bool {
    message_type.is_some_and(|number| told_by(protocol, number).is_some())
}

fn is_from_kernel(record: &Record) -> bool {
    let sent = record.observation().map(|observation| observation.src_portid);
    sent.or(record.delivery().map(|delivery| delivery.src_portid)) == Some(0)
}

/// Whose context it was; nobody's, if an interrupt ran on top of a bystander.
fn who(process: &Process) -> Option<Who> {
    (!process.interrupt).then(|| Who {
        pid: process.pid,
        comm: process.comm.clone(),
        unit: process.unit.as_deref().map(str::to_owned),
        container: process.container.as_deref().map(str::to_owned),
        pod: process.pod.as_deref().map(str::to_owned),
    })
}
