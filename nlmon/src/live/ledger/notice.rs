//! What the ledger wants to know of a record. Only records with a message about an object that is
//! kept are decoded, which most are not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::live::entry::Entry;
use crate::live::json::{LogParent, attempted};
use crate::origin::Origin;
use nlmon_core::calls;
use nlmon_core::decode::names::errno_name;
use nlmon_core::decode::{Body, Context, bodies, printable};
use nlmon_core::join::cause;
use nlmon_core::ledger::{Answered, Notice, Who, told_by};
use nlmon_core::message::messages;
use nlmon_core::record::{Cause, Observation, Path, Record, Silent, Task};

/// Answered requests that are remembered: what is told inside one comes right behind it.
const REQUESTS_MAX: usize = 1024;

/// A request: when it began, and which thread made it. Clocks are coarse, and two processors may have
/// the same time.
type Call = (u64, u32);

/// What is remembered of the records before.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The answers to the last requests, by when those began.
    answers: BTreeMap<Call, i32>,
    /// The changes that were told inside requests which have no answer yet, by when those began.
    open: BTreeMap<Call, Vec<Range<u64>>>,
    /// Answers to such requests.
    late: Vec<(Range<u64>, Answered)>,
    /// Who was told of last. Changes come in runs of one process, and share it.
    who: Option<Arc<Who>>,
}

impl Before {
    /// Takes note of a request that was answered.
    fn answered(&mut self, call: Call, errno: i32) {
        if let Some(changes) = self.open.remove(&call) {
            let answer = Answered::from(Some(errno_name(errno)));
            let late = changes.into_iter().map(|changes| (changes, answer.clone()));
            self.late.extend(late);
        }
        self.answers.insert(call, errno);
        if self.answers.len() > REQUESTS_MAX {
            self.answers.pop_first();
        }
    }

    /// Takes note of changes that lack the answer to the request that they were told inside of.
    pub(super) fn lacks_answer(&mut self, told: &Told<'_>, changes: Range<u64>) {
        let call = told.record.observation().and_then(enclosing);
        if let Some(call) = call.filter(|_| told.result.is_none() && !changes.is_empty()) {
            let open = self.open.entry(call).or_default();
            // Others may have made changes in between, which have answers of their own.
            if let Some(last) = open.last_mut().filter(|last| last.end == changes.start) {
                last.end = changes.end;
            } else if open.len() < REQUESTS_MAX {
                open.push(changes);
            }
            if self.open.len() > REQUESTS_MAX {
                self.open.pop_first();
            }
        }
    }

    /// Changes whose answer has come since. They are told once.
    pub(super) fn take_late(&mut self) -> Vec<(Range<u64>, Answered)> {
        std::mem::take(&mut self.late)
    }

    /// What was answered to the request inside which the record was sent.
    fn result(&self, observation: &Observation) -> Option<Cow<'static, str>> {
        self.answers.get(&enclosing(observation)?).map(|errno| errno_name(*errno))
    }

    /// Whose context it was; nobody's, if an interrupt ran on top of a bystander.
    fn who(&mut self, task: &Task, origin: &Origin) -> Option<Arc<Who>> {
        if task.interrupt {
            return None;
        }
        let comm = task.comm.text();
        let is_same = |who: &&Arc<Who>| {
            (who.pid, &*who.comm) == (task.pid, &*comm)
                && who.unit.as_deref() == origin.unit.as_deref()
                && who.container.as_deref() == origin.container.as_deref()
                && who.pod.as_deref() == origin.pod.as_deref()
        };
        if let Some(same) = self.who.as_ref().filter(is_same) {
            return Some(Arc::clone(same));
        }
        let owned = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let who = Arc::new(Who {
            pid: task.pid,
            comm: comm.into_owned(),
            unit: owned(&origin.unit),
            container: owned(&origin.container),
            pod: owned(&origin.pod),
        });
        self.who = Some(Arc::clone(&who));
        Some(who)
    }
}

/// A record that tells of objects.
#[derive(Debug)]
pub(super) struct Told<'a> {
    record: &'a Record,
    origin: &'a Origin,
    time: String,
    process: Option<Arc<Who>>,
    cause: Option<Cause>,
    /// Type of the request inside which it was told.
    request: Option<Cow<'static, str>>,
    result: Option<Cow<'static, str>>,
    messages: Vec<Body>,
}

impl<'a> Told<'a> {
    /// What a record tells; `None` if that is nothing of kept objects. A dump's answer is none: it
    /// says what is, not what has changed.
    pub(super) fn of(entry: &'a Entry, before: &mut Before) -> Option<Self> {
        let (record, origin, view) = entry.parts()?;
        match record.path() {
            Path::Request => {
                let errno = record.answer().and_then(|answer| answer.errno);
                if let Some((observation, errno)) = record.observation().zip(errno) {
                    before.answered((observation.start_ns, observation.task.tid), errno);
                }
                return None;
            }
            Path::Multicast if is_from_kernel(record) => {}
            Path::Silent => {}
            Path::Multicast | Path::Reply | Path::Peer | Path::Dump => return None,
        }
        let messages = if record.silent().is_some() { Vec::new() } else { kept(entry, record)? };
        let observation = record.observation();
        let parent = observation.and_then(|o| o.parent);
        let context = Context::new(&view.families);
        let request = parent.map(|parent| LogParent::new(parent, &context).into_name());
        let name = request.as_deref().unwrap_or_default();
        Some(Self {
            record,
            origin,
            time: view.clock.format(record.time_ns()),
            process: observation.and_then(|o| before.who(&o.task, origin)),
            cause: observation.and_then(|o| cause(o, name)),
            request,
            result: observation.and_then(|o| before.result(o)),
            messages,
        })
    }

    /// The routes that were removed without a word, if it is about such.
    pub(super) fn silent(&self) -> Option<&Silent> {
        self.record.silent()
    }

    /// The notice.
    pub(super) fn notice(&self) -> Notice<'_> {
        let call = self.record.observation().and_then(|o| o.task.system_call.as_ref());
        let call = call.filter(|_| self.cause == Some(Cause::SystemCall));
        Notice {
            netns: self.record.netns(),
            netns_name: self.origin.namespace.as_deref(),
            time_ns: self.record.time_ns(),
            time: &self.time,
            protocol: self.record.protocol(),
            process: self.process.clone(),
            cause: self.cause,
            call: call.map(|call| printable::escape(calls::text(call).as_bytes())),
            request: self.request.clone(),
            result: self.result.clone(),
            messages: &self.messages,
        }
    }
}

/// Its messages about kept objects; `None` if there are none. One that the decoder fails on is there
/// without its attributes.
fn kept(entry: &Entry, record: &Record) -> Option<Vec<Body>> {
    let (protocol, bytes) = (record.protocol(), record.datagram_len());
    let is_kept = |number| told_by(protocol, number).is_some();
    let len = usize::try_from(bytes).unwrap_or(usize::MAX);
    if !messages(record.data(), len).any(|message| is_kept(message.header.message_type)) {
        return None;
    }
    Some(attempted(|| bodies(protocol, record.data(), bytes, is_kept)).unwrap_or_else(|| {
        // Its line has the same panic, and counts it.
        entry.record();
        let found = messages(record.data(), len);
        let kept = found.filter(|message| is_kept(message.header.message_type));
        kept.map(|message| Body::unread(protocol, message.header)).collect()
    }))
}

/// The request inside which it was sent, which is of the same thread.
fn enclosing(observation: &Observation) -> Option<Call> {
    Some((observation.parent?.start_ns, observation.task.tid))
}

fn is_from_kernel(record: &Record) -> bool {
    let sent = record.observation().map(|observation| observation.src_portid);
    sent.or(record.delivery().map(|delivery| delivery.src_portid)) == Some(0)
}
