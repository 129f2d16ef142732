//! What one answer says of its request: its acknowledgement or error, and what it adds to a dump. Pure.

use crate::{
    message::{self, Message, flag, kind},
    record::{Contents, Dump, Observation, Path},
};

/// What an answer says.
#[derive(Debug, Default)]
pub(super) struct Ack {
    /// Its receiver had no room for it.
    pub(super) lost: bool,
    /// How the request ended; 0 for success.
    pub(super) errno: Option<i32>,
    /// Type of the message that it answers.
    pub(super) answered_type: Option<u16>,
    /// What an extended acknowledgement says in words.
    pub(super) text: Option<String>,
    /// Of a dump: what this part adds to it.
    pub(super) part: Option<Dump>,
}

impl Ack {
    pub(super) fn of(observation: &Observation) -> Self {
        let len = usize::try_from(observation.len).unwrap_or(usize::MAX);
        let lost = observation.result.is_some_and(|result| result < 0);
        let ends = |message: &Message<'_>| message.errno().is_some();
        let end = message::messages(&observation.data, len).find(ends);
        // A dump's end may be behind the bytes that there are.
        let beyond = observation.contents.end.map(|end| end.errno);
        let errno = end.and_then(|message| message.errno()).or(beyond);
        Self {
            lost,
            errno,
            answered_type: end.and_then(|message| message.answered_type()),
            text: end.and_then(|message| message.extended_text()),
            part: part(observation, errno),
        }
    }
}

/// What a datagram adds to its dump; `None` if it is no part of one.
fn part(observation: &Observation, end: Option<i32>) -> Option<Dump> {
    if observation.path != Path::Dump {
        return None;
    }
    let Contents { messages, end: beyond } = observation.contents;
    let len = usize::try_from(observation.len).unwrap_or(usize::MAX);
    let held = || message::messages(&observation.data, len);
    let is_content = |message: &Message<'_>| message.header.message_type != kind::DONE;
    let counted =
        messages.map(|messages| u64::from(messages).saturating_sub(u64::from(end.is_some())));
    let is_whole = observation.data.len() >= len;
    Some(Dump {
        parts: 1,
        bytes: observation.len.into(),
        messages: counted.or_else(|| is_whole.then(|| held().filter(is_content).count() as u64)),
        interrupted: held().any(|message| message.header.flags & flag::DUMP_INTR != 0)
            || beyond.is_some_and(|end| end.interrupted),
        end,
    })
}

impl Dump {
    /// Both together, `next` being the later one.
    pub(super) fn and(self, next: Self) -> Self {
        Self {
            parts: self.parts + next.parts,
            bytes: self.bytes + next.bytes,
            messages: self.messages.zip(next.messages).map(|(a, b)| a + b),
            interrupted: self.interrupted || next.interrupted,
            end: next.end.or(self.end),
        }
    }
}
