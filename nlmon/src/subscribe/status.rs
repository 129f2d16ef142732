//! What became of each subscription, for whoever tells whether the daemon does its work.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nix::errno::Errno;
use nlmon_core::decode::names::protocol_name;

use super::Error;
use crate::supervisor::Task;

/// The subscriptions of all namespaces. Clones of its `Arc` are the same.
#[derive(Debug, Default)]
pub struct Status {
    sockets: Mutex<BTreeMap<(u32, u8), State>>,
    readers: Mutex<Option<Arc<Task>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Groups that were refused, if any.
    Open(Option<String>),
    /// The kernel does not have it, or does not let nlmon.
    Refused(String),
    /// It should work.
    Broken(String),
}

impl Status {
    /// Restarts of readers are counted there.
    pub fn count_restarts(&self, readers: Arc<Task>) {
        *self.readers.lock().unwrap_or_else(PoisonError::into_inner) = Some(readers);
    }

    /// Sockets that are open.
    pub fn open(&self) -> usize {
        self.sockets().values().filter(|state| matches!(state, State::Open(_))).count()
    }

    /// What should work and does not, a line for each protocol.
    pub fn problems(&self) -> Vec<String> {
        self.lines("the subscription to", "is broken", |state| match state {
            State::Broken(why) => Some(why.clone()),
            _ => None,
        })
    }

    /// What the kernel does not allow, a line for each protocol.
    pub fn refused(&self) -> Vec<String> {
        self.lines("subscription to", "is refused", |state| match state {
            State::Refused(why) | State::Open(Some(why)) => Some(why.clone()),
            _ => None,
        })
    }

    fn lines(&self, what: &str, is: &str, why: impl Fn(&State) -> Option<String>) -> Vec<String> {
        let mut protocols: BTreeMap<u8, (usize, String)> = BTreeMap::new();
        for ((_, protocol), state) in &*self.sockets() {
            if let Some(why) = why(state) {
                protocols.entry(*protocol).or_insert((0, why)).0 += 1;
            }
        }
        let line = |(protocol, (namespaces, why)): (u8, (usize, String))| {
            let name = protocol_name(protocol);
            match namespaces {
                1 => format!("{what} {name} {is}: {why}"),
                more => format!("{what} {name} {is} in {more} network namespaces: {why}"),
            }
        };
        protocols.into_iter().map(line).collect()
    }

    pub(super) fn opened(&self, netns: u32, protocol: u8, refused: Option<&Error>) {
        self.set(netns, protocol, State::Open(refused.map(text)));
    }

    pub(super) fn failed(&self, netns: u32, protocol: u8, error: &Error) {
        let state = if is_refusal(error) { State::Refused } else { State::Broken };
        self.set(netns, protocol, state(text(error)));
    }

    /// The reader ended, and its socket is opened again after a pause.
    pub(super) fn reader_ended(&self, netns: u32, protocol: u8, why: &str) {
        if let Some(readers) = &*self.readers.lock().unwrap_or_else(PoisonError::into_inner) {
            readers.restarted();
        }
        self.set(netns, protocol, State::Broken(format!("its reader {why}")));
    }

    pub(super) fn closed(&self, netns: u32, protocol: u8) {
        self.sockets().remove(&(netns, protocol));
    }

    fn set(&self, netns: u32, protocol: u8, state: State) {
        self.sockets().insert((netns, protocol), state);
    }

    fn sockets(&self) -> MutexGuard<'_, BTreeMap<(u32, u8), State>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is the environment that does not allow it.
fn is_refusal(error: &Error) -> bool {
    const REFUSALS: [Errno; 5] =
        [Errno::EPERM, Errno::EACCES, Errno::EPROTONOSUPPORT, Errno::ENOENT, Errno::EINVAL];
    error.errno().is_some_and(|errno| REFUSALS.contains(&errno))
}

fn text(error: &Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn error(errno: Errno) -> Error {
        Error::Open { protocol: 9, source: io::Error::from(errno) }
    }

    #[test]
    fn what_is_refused_is_told_apart_from_what_is_broken() {
        let status = Status::default();
        status.opened(1, 0, None);
        status.failed(1, 9, &error(Errno::EPERM));
        status.failed(2, 9, &error(Errno::EPERM));
        status.failed(1, 16, &error(Errno::EMFILE));
        assert_eq!(status.open(), 1);
        let refused = status.refused();
        assert_eq!(refused.len(), 1);
        assert!(
            refused[0].starts_with("subscription to audit is refused in 2 network namespaces:")
        );
        let problems = status.problems();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("the subscription to generic is broken: cannot open"));
        status.opened(1, 16, Some(&error(Errno::EPERM)));
        status.closed(2, 9);
        assert_eq!((status.open(), status.problems().len(), status.refused().len()), (2, 0, 2));
    }

    #[test]
    fn a_reader_that_ended_is_a_problem_until_its_socket_is_open_again() {
        let status = Status::default();
        status.opened(1, 0, None);
        status.reader_ended(1, 0, "panicked: boom");
        let problems = status.problems();
        assert_eq!(problems, ["the subscription to route is broken: its reader panicked: boom"]);
        status.opened(1, 0, None);
        assert_eq!(status.problems(), [""; 0]);
    }
}
