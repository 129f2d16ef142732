//! The join of a request with its answers: replies, acknowledgements, errors and parts of a dump.
//! An answer sent inside the request's own call names that call, and is seen before it, because
//! probes report at the end of a call. A request that asks for no answer is therefore closed as
//! soon as it is seen. A later answer (a dump's next part, deferred work) is found by port id and
//! sequence number. The kernel gives the number 0 to what nobody asked for, a packet of a queue or
//! an audit record, so that 0 leads to a dump only. Records are not delayed for an answer: one that
//! comes after the settle time is joined to the answer's record only.

use super::{
    JoinSettings,
    ack::Ack,
    counts::RequestCounts,
    orphans::Orphans,
    pending::{Id, Pending},
    reorder::{ReorderBuffer, Slot},
    request_event::{RequestEvent, Requester, Verdict},
};
use crate::{
    message::{Header, flag},
    record::{Answer, Dump, Observation, Path, Record, Task},
};

/// The user's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Port {
    netns: u32,
    protocol: u8,
    portid: u32,
}

/// What leads from an answer to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum RequestKey {
    /// Sent inside the call that began at this time.
    Nested(Port, u64),
    /// Carries this sequence number.
    Sequence(Port, u32),
}

/// A request that may still be answered.
#[derive(Debug)]
struct Open {
    link: RequestKey,
    slot: Slot,
    start_ns: u64,
    requester: Requester,
    expects: Expects,
    first_ns: Option<u64>,
    end_ns: Option<u64>,
    refused: bool,
    /// The last answer came, and there was no room for it.
    end_lost: bool,
    dump: Option<Dump>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Nothing,
    Ack,
    Dump,
}

impl Expects {
    fn of(header: Header) -> Self {
        match header.flags {
            flags if flags & flag::DUMP == flag::DUMP => Self::Dump,
            flags if flags & flag::ACK != 0 => Self::Ack,
            _ => Self::Nothing,
        }
    }
}

/// An answer whose request has not been seen.
#[derive(Debug)]
struct OrphanAnswer {
    slot: Slot,
    start_ns: u64,
    ack: Ack,
}

#[derive(Debug)]
pub(super) struct Requests {
    open: Pending<Open>,
    orphans: Orphans<RequestKey, OrphanAnswer>,
    thinned: bool,
    /// When samples were last lost; 0 if none ever was.
    samples_lost_ns: u64,
    open_ns: u64,
    orphan_ns: u64,
    counts: RequestCounts,
    events: Vec<RequestEvent>,
}

impl Requests {
    pub(super) fn new(settings: &JoinSettings) -> Self {
        Self {
            open: Pending::new(settings.requests_max),
            orphans: Orphans::new(settings.requests_max),
            thinned: settings.thinned,
            samples_lost_ns: 0,
            open_ns: settings.answer_window_ns,
            orphan_ns: settings.window_ns,
            counts: RequestCounts::default(),
            events: Vec::new(),
        }
    }

    /// What has happened since the last time.
    pub(super) fn take_request_events(&mut self) -> Vec<RequestEvent> {
        std::mem::take(&mut self.events)
    }

    /// From now on, samples are `thinned` or not.
    pub(super) fn sampling(&mut self, thinned: bool) {
        self.thinned = thinned;
    }

    /// Samples of calls that ended by `at_ns` are lost.
    pub(super) fn samples_lost(&mut self, at_ns: u64) {
        self.samples_lost_ns = at_ns.max(self.samples_lost_ns);
    }

    pub(super) fn counts(&self) -> RequestCounts {
        RequestCounts {
            requests_pending: self.open.len(),
            answers_pending: self.orphans.len(),
            ..self.counts
        }
    }

    pub(super) fn request(
        &mut self,
        observation: Observation,
        now_ns: u64,
        reorder: &mut ReorderBuffer,
    ) {
        self.counts.requests += 1;
        let header = Header::parse(&observation.data);
        let port = port(&observation, observation.src_portid);
        let start_ns = observation.start_ns;
        let protocol = observation.protocol;
        let Task { uid, comm, .. } = observation.task;
        let slot = reorder.push(Record::sent(observation));
        let Some(header) = header else {
            self.counts.requests_not_joinable += 1;
            return;
        };
        let expects = Expects::of(header);
        let link = RequestKey::Sequence(port, header.seq);
        let message_type = header.message_type;
        let requester = Requester { protocol, message_type, uid, comm };
        let mut open = Open::new(link, slot, start_ns, requester, expects);
        let nested = self.claim_orphans(RequestKey::Nested(port, start_ns), &mut open, reorder);
        let later = (header.seq != 0 || expects == Expects::Dump)
            && self.claim_orphans(link, &mut open, reorder);
        if nested || later || expects == Expects::Nothing {
            return self.close_as_seen(&open);
        }
        let hash = self.open.hash(link);
        self.supersede(link, hash);
        if self.open.insert(hash, open, now_ns.saturating_add(self.open_ns)).is_some() {
            self.counts.requests_evicted += 1;
        }
    }

    pub(super) fn answer(
        &mut self,
        observation: Observation,
        now_ns: u64,
        reorder: &mut ReorderBuffer,
    ) {
        self.counts.answers += 1;
        let header = Header::parse(&observation.data);
        let ack = Ack::of(&observation);
        let port = port(&observation, observation.portid);
        let (start_ns, parent) = (observation.start_ns, observation.parent);
        let is_part = observation.path == Path::Dump;
        let slot = reorder.push(Record::sent(observation));
        let Some(header) = header else {
            self.counts.answers_not_joinable += 1;
            return;
        };
        let orphan = OrphanAnswer { slot, start_ns, ack };
        let link = match parent {
            Some(parent) if parent.protocol == port.protocol => {
                RequestKey::Nested(port, parent.start_ns)
            }
            // A request of another protocol is only what it happened to be sent in.
            _ if header.seq != 0 || is_part => RequestKey::Sequence(port, header.seq),
            // Nobody asked for it.
            _ => return self.counts.orphaned += 1,
        };
        let fits = |open: &Open| {
            open.link == link
                && open.start_ns <= start_ns
                && (header.seq != 0 || open.expects == Expects::Dump)
        };
        // An answer inside a call is seen before its request, which is then not open yet.
        if let RequestKey::Sequence(..) = link
            && let Some(id) = self.open.find(self.open.hash(link), fits)
        {
            return self.answer_open(id, orphan, reorder);
        }
        let expires_ns = now_ns.saturating_add(self.orphan_ns);
        if self.orphans.insert(link, start_ns, orphan, expires_ns).is_some() {
            self.counts.answers_evicted += 1;
        }
    }

    /// Decides everything whose time is up.
    pub(super) fn expire(&mut self, now_ns: u64) {
        while let Some(id) = self.open.expired(now_ns) {
            if let Some(open) = self.open.remove(id) {
                self.close_as_seen(&open);
            }
        }
        while let Some(orphan) = self.orphans.pop_expired(now_ns) {
            let asked_ns = orphan.start_ns.saturating_sub(self.open_ns);
            if self.thinned || self.samples_lost_ns > asked_ns {
                self.counts.answers_not_sampled += 1;
            } else {
                self.counts.orphaned += 1;
            }
        }
    }

    /// When the next thing's time is up.
    pub(super) fn next_ns(&self) -> Option<u64> {
        let next = [self.open.next_expiry_ns(), self.orphans.next_expiry_ns()];
        next.into_iter().flatten().min()
    }

    /// Gives up everything that waits.
    pub(super) fn finish(&mut self) {
        for open in self.open.drain() {
            self.close(&open, Verdict::Undecided);
        }
        while self.orphans.pop_expired(u64::MAX).is_some() {
            self.counts.answers_undecided += 1;
        }
    }

    /// Joins every orphan answer under `link` with its request. Says whether one was the last.
    fn claim_orphans(
        &mut self,
        link: RequestKey,
        open: &mut Open,
        reorder: &mut ReorderBuffer,
    ) -> bool {
        let mut ended = false;
        self.orphans.claim(link, open.start_ns, |orphan| {
            self.counts.matched += 1;
            ended |= join(open, orphan, reorder, &mut self.events);
        });
        ended
    }

    fn answer_open(&mut self, id: Id, orphan: OrphanAnswer, reorder: &mut ReorderBuffer) {
        self.counts.matched += 1;
        let Some(open) = self.open.get_mut(id) else { return };
        let ended = join(open, orphan, reorder, &mut self.events);
        if ended && let Some(open) = self.open.remove(id) {
            self.close_as_seen(&open);
        }
    }

    /// A program that uses a number again does not wait for its older answer any more.
    fn supersede(&mut self, link: RequestKey, hash: u64) {
        if let Some(id) = self.open.find(hash, |open| open.link == link)
            && let Some(open) = self.open.remove(id)
        {
            self.close_as_seen(&open);
        }
    }

    fn close_as_seen(&mut self, open: &Open) {
        let thinned = self.thinned || self.samples_lost_ns > open.start_ns;
        self.close(open, open.verdict(thinned));
    }

    fn close(&mut self, open: &Open, verdict: Verdict) {
        let count = match verdict {
            Verdict::Answered | Verdict::Refused => &mut self.counts.answered,
            Verdict::Unanswered => &mut self.counts.unanswered,
            Verdict::Unasked => &mut self.counts.unasked,
            Verdict::NotSampled => &mut self.counts.requests_not_sampled,
            Verdict::Undecided => &mut self.counts.requests_undecided,
        };
        *count += 1;
        self.events.push(RequestEvent::Ended {
            requester: open.requester,
            verdict,
            completion_ns: open.end_ns,
            dump: open.dump,
        });
    }
}

impl Open {
    fn new(
        link: RequestKey,
        slot: Slot,
        start_ns: u64,
        requester: Requester,
        expects: Expects,
    ) -> Self {
        Self {
            link,
            slot,
            start_ns,
            requester,
            expects,
            first_ns: None,
            end_ns: None,
            refused: false,
            end_lost: false,
            dump: None,
        }
    }

    /// How it ended, if nothing more comes. The reader of a dump reads each part by a call of its
    /// own. With `thinned` samples each of these calls is sampled or not.
    fn verdict(&self, thinned: bool) -> Verdict {
        let end_seen = self.end_ns.is_some() || self.end_lost;
        let end_missed = thinned && !end_seen && self.expects == Expects::Dump;
        match self.first_ns {
            Some(_) if self.refused => Verdict::Refused,
            Some(_) if end_missed => Verdict::NotSampled,
            Some(_) => Verdict::Answered,
            None if self.expects == Expects::Nothing => Verdict::Unasked,
            None if thinned && !end_seen => Verdict::NotSampled,
            None => Verdict::Unanswered,
        }
    }

    /// Takes note of an answer that came after `latency_ns`.
    fn note(&mut self, ack: &Ack, latency_ns: u64, events: &mut Vec<RequestEvent>) {
        if self.first_ns.is_none() {
            self.first_ns = Some(latency_ns);
            events.push(RequestEvent::Answered { requester: self.requester, latency_ns });
        }
        if let Some(errno @ 1..) = ack.errno {
            self.refused = true;
            let (requester, message_type) = (self.requester, self.answered_type(ack));
            events.push(RequestEvent::Refused { requester, message_type, errno });
        }
        if let Some(part) = ack.part {
            self.dump = Some(self.dump.map_or(part, |dump| dump.and(part)));
        }
        if ack.errno.is_some() {
            self.end_ns = Some(latency_ns);
        }
    }

    fn answered_type(&self, ack: &Ack) -> u16 {
        ack.answered_type.unwrap_or(self.requester.message_type)
    }
}

/// Notes the answer in both records, as far as they are still in the buffer. Says whether it was
/// the last. One that its receiver had no room for answers nothing.
fn join(
    open: &mut Open,
    orphan: OrphanAnswer,
    reorder: &mut ReorderBuffer,
    events: &mut Vec<RequestEvent>,
) -> bool {
    let OrphanAnswer { slot, start_ns, ack } = orphan;
    let latency_ns = start_ns.saturating_sub(open.start_ns);
    let request_type = open.answered_type(&ack);
    if ack.lost {
        open.end_lost |= ack.errno.is_some();
    } else {
        open.note(&ack, latency_ns, events);
    }
    let Ack { lost, errno, text, .. } = ack;
    let dump = open.dump.filter(|_| errno.is_some());
    let answer = Answer { latency_ns, errno, request_type, text, dump };
    if let Some(Record::Sent { answer: shown, .. }) = reorder.get_mut(open.slot).filter(|_| !lost)
        && shown.as_ref().is_none_or(|old| weight(&answer) > weight(old))
    {
        *shown = Some(answer.clone());
    }
    if let Some(Record::Sent { answer: shown, .. }) = reorder.get_mut(slot) {
        *shown = Some(answer);
    }
    errno.is_some()
}

/// Which of several answers a request's record shows: an error before an acknowledgement before a
/// plain reply, the first of its kind.
fn weight(answer: &Answer) -> u8 {
    match answer.errno {
        None => 0,
        Some(0) => 1,
        Some(_) => 2,
    }
}

fn port(observation: &Observation, portid: u32) -> Port {
    Port { netns: observation.netns, protocol: observation.protocol, portid }
}
