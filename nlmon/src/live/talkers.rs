//! Who talks most, by the records of the log: a look at them every few seconds. At one look only so
//! many are read, evenly chosen, so that a storm costs no more than anything else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bus::Bus;
use super::entry::Entry;
use nlmon_core::record::Path;
use nlmon_core::talkers::{self, Minute, Object, Talkers};

/// Records that are read at one look.
const READ_MAX: usize = 512;

/// What looks.
#[derive(Debug)]
pub struct TalkerBoard {
    bus: Arc<Bus>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the first record that was not looked at.
    next: u64,
    talkers: Talkers,
}

impl TalkerBoard {
    /// One that has seen nothing yet.
    pub fn new(bus: &Arc<Bus>) -> Arc<Self> {
        Arc::new(Self { bus: Arc::clone(bus), state: Mutex::default() })
    }

    /// Reads what has come since the look before. Decodes records: not for an async task.
    pub fn look(&self) {
        let mut state = self.state();
        let kept = self.bus.since(state.next);
        let passed = kept.next - state.next;
        state.next = kept.next;
        let all = kept.entries.len() as u64;
        let told: Vec<_> =
            kept.entries.iter().filter(|entry| entry.path() == Path::Multicast).collect();
        if told.is_empty() {
            return;
        }
        let step = told.len().div_ceil(READ_MAX);
        let read = told.iter().step_by(step);
        // Each stands for those that are not read, and for those that were overwritten before.
        let of = read.len() as u64 * all.max(1);
        let stands_for = (told.len() as u64 * passed + of / 2) / of;
        for entry in read {
            let (object, process) = talk(entry);
            state.talkers.add(entry.time_ns(), object, process, stands_for.max(1));
        }
    }

    /// The last minute until this moment, with at most so many of each kind.
    pub fn minute(&self, now_ns: u64, most: usize) -> Minute {
        self.state().talkers.minute(now_ns, most)
    }

    /// It stays usable after a panic elsewhere: what a look had not counted is left out.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a notification was about, and who had it sent.
fn talk(entry: &Entry) -> (Object, String) {
    let record = entry.record();
    let cause = record.process.as_ref().filter(|who| !who.interrupt && !who.kernel_thread);
    let process = match (&record.process, cause) {
        (Some(_), None) => "kernel".to_owned(),
        (_, Some(who)) => who.comm.clone(),
        (None, None) => "unknown".to_owned(),
    };
    let message = record.messages.first();
    let message_type =
        message.map_or("", |message| message.command.as_deref().unwrap_or(&message.message_type));
    let summary = message.map_or("", |message| &message.summary);
    let object = Object {
        protocol: record.protocol.to_string(),
        message_type: message_type.to_owned(),
        object: talkers::object(message_type, summary),
    };
    (object, process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::bus::{Extent, Limits};
    use crate::live::json::{Clock, View};
    use crate::live::sample;

    fn publish(bus: &Bus, count: usize) {
        let view = Arc::new(View::new(Clock::new(0)));
        for _ in 0..count {
            let record = Box::new(sample::multicast());
            bus.publish(|| Entry::joined(record, Arc::default(), Arc::clone(&view)));
        }
    }

    #[test]
    fn each_is_counted_once_and_what_is_not_read_is_estimated() {
        let history = Extent { records: 2000, bytes: 64 << 20 };
        let bus = Bus::new(Limits { history, ..Limits::default() });
        let board = TalkerBoard::new(&bus);
        let at_ns = sample::multicast().time_ns();
        publish(&bus, 101);
        board.look();
        board.look();
        let minute = board.minute(at_ns, 9);
        assert_eq!((minute.messages, minute.estimated, minute.objects.len()), (101, false, 1));
        assert_eq!(minute.objects[0].of.protocol, "route");
        assert_eq!(minute.processes.len(), 1);
        // More than are read at a look, and more than are kept.
        publish(&bus, 4000);
        board.look();
        let minute = board.minute(at_ns, 9);
        assert!(minute.estimated && (3700..=4500).contains(&minute.messages), "{minute:?}");
    }
}
