//! The exact counters of messages, by process and type.
//!
//! Processes end, and their counters with them: [`Messages::totals`] takes those of an ended process
//! out of the programs' table for good, marked as final, so that there is room for others and whoever
//! adds them up loses nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicU64, Ordering},
};

use aya::Ebpf;
use nlmon_common::{
    counter::{MessageCount, MessageKey, MessageSlot},
    limits::MESSAGE_KEYS_MAX,
};

use super::{Error, mapped::Mapped};
use crate::message::c_string;

/// One message counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTotal {
    /// What it counts.
    pub key: MessageKey,
    /// How many.
    pub count: MessageCount,
    /// Name of the process.
    pub process: String,
    /// The process has ended: this count is final, and in no later snapshot.
    pub ended: bool,
}

/// The programs' table of them.
pub(super) struct Messages {
    slots: Mapped<MessageSlot>,
    /// By processor and the index of the slot.
    counts: Mapped<MessageCount>,
}

/// Slots, and counters of each processor.
const SLOTS: usize = MESSAGE_KEYS_MAX as usize;

impl Messages {
    /// The table of a loaded object.
    pub(super) fn new(ebpf: &mut Ebpf) -> Result<Self, Error> {
        Ok(Self {
            slots: Mapped::of(ebpf, "MESSAGES")?,
            counts: Mapped::of(ebpf, "MESSAGE_COUNTS")?,
        })
    }

    /// Reads all; takes out what ended processes have counted.
    pub(super) fn totals(&mut self) -> Vec<MessageTotal> {
        let mut processes: HashMap<u32, (String, bool)> = HashMap::new();
        let mut totals: BTreeMap<MessageKey, MessageTotal> = BTreeMap::new();
        for index in 0..SLOTS {
            let Some(slot) = self.slot(index) else { continue };
            let key = MessageKey::from_words(slot.words);
            let (process, alive) =
                processes.entry(key.tgid).or_insert_with(|| look(key.tgid, &slot.comm)).clone();
            // Read after the process was seen to be gone: nothing is counted any more.
            let count = self.count(index);
            if !alive {
                self.release(index);
            }
            let total = MessageTotal { key, count, process, ended: !alive };
            // Two processors may have made a counter each.
            totals
                .entry(key)
                .and_modify(|total| {
                    total.count.messages += count.messages;
                    total.count.bytes += count.bytes;
                })
                .or_insert(total);
        }
        totals.into_values().collect()
    }

    /// The slot at `index`, if it has a key.
    fn slot(&self, index: usize) -> Option<MessageSlot> {
        let [_, what] = self.slots.get(index)?.words;
        // The programs write the second word last: only now the rest is sure to be there.
        if what == 0 { None } else { self.slots.get(index) }
    }

    fn count(&self, index: usize) -> MessageCount {
        let mut sum = MessageCount::default();
        for count in self.counts.per_cpu(SLOTS, index) {
            sum.messages += count.messages;
            sum.bytes += count.bytes;
        }
        sum
    }

    /// Makes a slot free: the programs forget its key before they can give it another.
    fn release(&mut self, index: usize) {
        for of_cpu in (index..self.counts.len()).step_by(SLOTS) {
            self.counts.set(of_cpu, MessageCount::default());
        }
        let Some(slot) = self.slots.at(index) else { return };
        // SAFETY: a live element.
        let words = unsafe { &raw mut (*slot).words };
        // SAFETY: as above. Programs only compare the words, with keys that are not these.
        unsafe { words.write_volatile([0; 2]) };
        // SAFETY: a live element.
        let claims = unsafe { &raw mut (*slot).claims };
        // SAFETY: an aligned number, which the programs change atomically too.
        unsafe { AtomicU64::from_ptr(claims) }.fetch_sub(1, Ordering::Release);
    }
}

/// A process's name, and whether it is alive. The name is what /proc says now, or else what the
/// programs noted.
fn look(tgid: u32, noted: &[u8]) -> (String, bool) {
    if tgid == 0 {
        return ("swapper".to_owned(), true);
    }
    match std::fs::read_to_string(format!("/proc/{tgid}/comm")) {
        Ok(comm) => (comm.trim_end().to_owned(), true),
        Err(_) => (c_string(noted), is_alive(tgid)),
    }
}

fn is_alive(tgid: u32) -> bool {
    std::path::Path::new("/proc").join(tgid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use nlmon_common::{counter::Places, limits::MESSAGE_WAYS};

    use super::*;

    /// Puts keys where the programs would; returns how many found no room.
    fn refused(keys: impl Iterator<Item = MessageKey>) -> usize {
        let mut taken = vec![false; SLOTS];
        let mut place = |key: &MessageKey| {
            let places = Places::of(key.words());
            (0..MESSAGE_WAYS).map(|way| places.nth(way) as usize).any(|index| {
                let free = !taken[index];
                taken[index] = true;
                free
            })
        };
        keys.filter(|key| !place(key)).count()
    }

    /// Keys of processes with consecutive ids, of a few types each, as `ip` and its like make them.
    fn keys(processes: u32) -> impl Iterator<Item = MessageKey> {
        let kinds = [(16, 0), (18, 3), (2, 1), (3, 3), (24, 0), (26, 3), (16, 4), (20, 4)];
        (1..=processes).flat_map(move |tgid| {
            kinds.map(|(message_type, way)| MessageKey {
                tgid,
                netns: 0xf000_0000 + tgid % 3,
                message_type,
                protocol: 0,
                way,
            })
        })
    }

    #[test]
    fn keys_find_room_until_the_table_is_nearly_full() {
        let full = MESSAGE_KEYS_MAX / 8;
        assert_eq!(refused(keys(full / 2)), 0);
        let refused = refused(keys(full * 3 / 4));
        assert!(refused < SLOTS / 1000, "{refused}");
    }

    #[test]
    fn words_are_the_key() {
        for key in keys(3) {
            assert_eq!(MessageKey::from_words(key.words()), key);
            assert_ne!(key.words()[1], 0);
        }
    }
}
