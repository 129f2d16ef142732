//! The exact counters of messages, by process and type.
//!
//! Processes end, and their counters with them: [`Messages::totals`] takes those of an ended process
//! out of the programs' table for good, marked as final, so that there is room for others and whoever
//! adds them up loses nothing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::offset_of,
    sync::atomic::Ordering,
};

use nlmon_common::{
    counter::{MessageCount, MessageKey, MessageSlot},
    limits::MESSAGE_KEYS_MAX,
};

use super::{Error, mapped::Mapped, maps::Maps};
use nlmon_core::message::c_string;

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
    /// Processes that had ended at the last look: what still ran on their behalf then, an interrupt in
    /// the middle of their end, has been counted by the next one.
    gone: BTreeSet<u32>,
}

/// Slots, and counters of each processor.
const STRIDE: usize = MESSAGE_KEYS_MAX as usize;

/// Where the fields of a slot are, in words.
const WHO: usize = offset_of!(MessageSlot, words) / 8;
const WHAT: usize = WHO + 1;
const CLAIMS: usize = offset_of!(MessageSlot, claims) / 8;

impl Messages {
    /// The table of a loaded object.
    pub(super) fn new(maps: &mut Maps) -> Result<Self, Error> {
        Ok(Self {
            slots: Mapped::of(maps, "MESSAGES")?,
            counts: Mapped::of(maps, "MESSAGE_COUNTS")?,
            gone: BTreeSet::new(),
        })
    }

    /// Reads all; takes out what ended processes have counted.
    pub(super) fn totals(&mut self) -> Vec<MessageTotal> {
        let mut processes: HashMap<u32, (String, bool)> = HashMap::new();
        let mut totals: BTreeMap<MessageKey, MessageTotal> = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for index in 0..STRIDE {
            let Some(slot) = self.slot(index) else { continue };
            let key = MessageKey::from_words(slot.words);
            let (process, alive) =
                processes.entry(key.tgid).or_insert_with(|| look(key.tgid, &slot.comm)).clone();
            let ended = !alive && self.gone.contains(&key.tgid);
            if !alive {
                gone.insert(key.tgid);
            }
            let count = self.count(index);
            if ended {
                self.release(index);
            }
            let total = MessageTotal { key, count, process, ended };
            // Two processors may have made a counter each.
            totals.entry(key).and_modify(|total| total.count += count).or_insert(total);
        }
        self.gone = gone;
        totals.into_values().collect()
    }

    /// The slot at `index`, if it has a key. One that is just made or released may have half of it.
    fn slot(&self, index: usize) -> Option<MessageSlot> {
        self.slots.get(index).filter(|slot| slot.words.iter().all(|word| *word != 0))
    }

    fn count(&self, index: usize) -> MessageCount {
        let mut sum = MessageCount::default();
        for count in self.counts.per_cpu(STRIDE, index) {
            sum += count;
        }
        sum
    }

    /// Makes a slot free: the programs forget its key before they can give it another.
    fn release(&mut self, index: usize) {
        for of_cpu in (index..self.counts.len()).step_by(STRIDE) {
            self.counts.words(of_cpu).into_iter().flatten().for_each(|word| {
                word.store(0, Ordering::Relaxed);
            });
        }
        let Some(words) = self.slots.words(index) else { return };
        words[WHAT].store(0, Ordering::Release);
        words[WHO].store(0, Ordering::Release);
        words[CLAIMS].fetch_sub(1, Ordering::Release);
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
        let mut taken = vec![false; STRIDE];
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
        assert!(refused < STRIDE / 1000, "{refused}");
    }

    #[test]
    fn words_are_the_key() {
        for key in keys(3) {
            assert_eq!(MessageKey::from_words(key.words()), key);
            assert!(!key.words().contains(&0));
        }
    }
}
