//! Pairs requests with their answers in a source that others made: by place, protocol, port id and
//! sequence number, as a process does that waits for an answer. `core::join` does the same of what
//! probes see, where the kernel also tells which call an answer was sent in.
//!
//! Invariant: nothing is guessed. A sequence number of 0 identifies nothing, nor does one that two
//! requests have which do not say their port id.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::foreign::Datagram;
use nlmon_core::message::{Header, flag, kind, messages};
use nlmon_core::record::Path;

/// Requests that wait for an answer at a time.
const OPEN_MAX: usize = 1 << 16;

/// Place, protocol, port id, sequence number.
type Key = (u32, u8, u32, u32);

/// A request that was seen.
#[derive(Clone, Debug)]
struct Open {
    /// The number of its record.
    number: u64,
    time: Timestamp,
    message_type: u16,
    about: String,
    /// Two requests that wait at one time have the key.
    ambiguous: bool,
    /// An acknowledgement or the end of a dump comes last.
    acknowledged: bool,
    /// It has got what comes last.
    ended: bool,
    dump: Dump,
}

/// An answer and its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The number of the request's record.
    pub(super) request: u64,
    pub(super) request_type: u16,
    /// What the request was about.
    pub(super) about: String,
    pub(super) latency_ns: u64,
    /// Of an acknowledgement, an error or the end of a dump.
    pub(super) errno: Option<i32>,
    /// What the kernel says in words.
    pub(super) text: Option<String>,
    /// Of the end of a dump.
    pub(super) dump: Option<Dump>,
}

/// What a dump amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dump {
    pub(super) parts: u64,
    pub(super) bytes: u64,
    pub(super) messages: u64,
    pub(super) interrupted: bool,
}

/// What an answer says.
struct End {
    /// Which request it answers.
    key: Key,
    errno: Option<i32>,
    text: Option<String>,
    is_dump: bool,
}

/// The requests that wait.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    open: BTreeMap<Key, Open>,
    order: VecDeque<Key>,
}

impl Exchanges {
    /// Learns from the datagram of a record. Of an answer, says what it answers. `about` says for each
    /// message what it is about.
    pub(super) fn see(
        &mut self,
        number: u64,
        path: Path,
        datagram: &Datagram<'_>,
        about: &dyn Fn(usize) -> String,
    ) -> Option<Match> {
        // Without times there is no order to rely on, and no latency.
        let time = datagram.time?;
        let whole = usize::try_from(datagram.len).unwrap_or(usize::MAX);
        let mut found = None;
        for (index, message) in messages(datagram.data, whole).enumerate() {
            let header = message.header;
            let key = (datagram.place, datagram.protocol, header.portid, header.seq);
            match path {
                Path::Request if header.seq != 0 && header.flags & flag::REQUEST != 0 => {
                    self.request(key, (number, time), &header, about(index));
                }
                Path::Reply | Path::Dump => {
                    self.count(key, &header);
                    let ended = found.as_ref().is_some_and(|end: &End| end.errno.is_some());
                    if let Some(key) = self.answered(key, &header).filter(|_| !ended) {
                        let is_dump = header.message_type == kind::DONE;
                        let (errno, text) = (message.errno(), message.extended_text());
                        found = Some(End { key, errno, text, is_dump });
                    }
                }
                Path::Request | Path::Peer | Path::Multicast | Path::Silent => {}
            }
        }
        self.matched(time, datagram.len, found?)
    }

    fn request(
        &mut self,
        key: Key,
        (number, time): (u64, Timestamp),
        header: &Header,
        about: String,
    ) {
        let waits = self.open.get(&key).is_some_and(|open| !open.ended);
        let open = Open {
            number,
            time,
            message_type: header.message_type,
            about,
            ambiguous: key.2 == 0 && waits,
            // NLM_F_ROOT and NLM_F_MATCH mean a dump of requests that read only.
            acknowledged: header.flags & (flag::ACK | flag::DUMP) != 0,
            ended: false,
            dump: Dump::default(),
        };
        if self.open.insert(key, open).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > OPEN_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.open.remove(&oldest);
            }
        }
    }

    /// The key of the request that a message answers: the request may not say its port id.
    fn answered(&self, key: Key, header: &Header) -> Option<Key> {
        let keys = [key, (key.0, key.1, 0, key.3)];
        let is_known = |key: &Key| self.open.get(key).is_some_and(|open| !open.ambiguous);
        keys.into_iter().find(is_known).filter(|_| header.seq != 0)
    }

    fn count(&mut self, key: Key, header: &Header) {
        let Some(open) = self.answered(key, header).and_then(|key| self.open.get_mut(&key)) else {
            return;
        };
        open.dump.messages += u64::from(header.message_type != kind::DONE);
        open.dump.interrupted |= header.flags & flag::DUMP_INTR != 0;
    }

    fn matched(&mut self, time: Timestamp, len: u32, end: End) -> Option<Match> {
        let End { key, errno, text, is_dump } = end;
        let open = self.open.get_mut(&key)?;
        open.ended |= errno.is_some() || !open.acknowledged;
        open.dump.parts += 1;
        open.dump.bytes += u64::from(len);
        let latency_ns = time.duration_since(open.time).as_nanos();
        Some(Match {
            request: open.number,
            request_type: open.message_type,
            about: open.about.clone(),
            latency_ns: u64::try_from(latency_ns).unwrap_or_default(),
            errno,
            text,
            dump: Some(open.dump).filter(|_| is_dump),
        })
    }
}
