//! What one answer says of its request: how it ended, and what it adds to a dump. Pure; of what a
//! sample does not hold, nothing is said.

use crate::{
    message::{self, flag, kind},
    record::{Dump, Observation, Path},
};

/// What an answer says.
#[derive(Debug, Default)]
pub(super) struct Saying {
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

impl Saying {
    pub(super) fn of(observation: &Observation) -> Self {
        let len = usize::try_from(observation.len).unwrap_or(usize::MAX);
        let messages = || message::messages(&observation.data, len);
        let lost = observation.result.is_some_and(|result| result < 0);
        let Some(end) = messages().find(|message| message.errno().is_some()) else {
            return Self { lost, part: part(observation, None), ..Self::default() };
        };
        let errno = end.errno();
        Self {
            lost,
            errno,
            answered_type: end.answered_type(),
            text: end.extended_text(),
            part: part(observation, errno),
        }
    }
}

/// What a datagram adds to its dump; `None` if it is no part of one.
fn part(observation: &Observation, end: Option<i32>) -> Option<Dump> {
    if observation.path != Path::Dump {
        return None;
    }
    let len = usize::try_from(observation.len).unwrap_or(usize::MAX);
    let messages = || message::messages(&observation.data, len);
    let contents = messages().filter(|message| message.header.message_type != kind::DONE);
    Some(Dump {
        parts: 1,
        bytes: observation.len.into(),
        messages: (observation.data.len() >= len).then(|| contents.count() as u64),
        interrupted: messages().any(|message| message.header.flags & flag::DUMP_INTR != 0),
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
