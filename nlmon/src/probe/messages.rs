//! The exact counters of messages, by process and type.
//!
//! [`MessageTable::totals`] takes the counters of an ended process out of the programs' table for
//! good. That makes room for others. The totals are marked as final, so that a reader who adds them
//! up loses nothing.

use std::{
    collections::{BTreeMap, HashMap},
    mem::offset_of,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use nlmon_common::{
    counter::{MessageCount, MessageKey, MessageSlot},
    share,
};

use super::{Error, kept::Kept, mapped::Mapped, maps::Maps, shares::Shares};
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
    /// Its user when it was first counted, in the initial user namespace; 0 for the kernel.
    pub user: u32,
    /// The process has ended: this count is final, and in no later snapshot.
    pub ended: bool,
}

/// The programs' table of them.
pub(super) struct MessageTable {
    slots: Mapped<MessageSlot>,
    /// By processor and the index of the slot.
    counts: Mapped<MessageCount>,
    /// What users have taken of it.
    shares: Shares,
    gone: Gone,
    /// Where the counts of ended processes go, if they are to outlive the daemon.
    kept: Option<Kept>,
    /// What went there before this daemon began; told once.
    earlier: Vec<MessageTotal>,
}

/// Processes that have ended, and since when that is known. Their counters are final some time
/// later: what still ran on their behalf, an interrupt in the middle of their end, has been counted
/// by then. Looks may follow each other at once.
#[derive(Default)]
pub(super) struct Gone(BTreeMap<u32, Instant>);

impl Gone {
    const SETTLED: Duration = Duration::from_secs(1);

    /// Notes that a process was found to have ended; whether its counters are final.
    pub(super) fn is_final(&mut self, tgid: u32, now: Instant) -> bool {
        now.saturating_duration_since(*self.0.entry(tgid).or_insert(now)) >= Self::SETTLED
    }

    /// Keeps those for which `is_counted` holds.
    pub(super) fn keep(&mut self, is_counted: impl Fn(u32) -> bool) {
        self.0.retain(|tgid, _| is_counted(*tgid));
    }
}

/// Where the fields of a slot are, in words.
const WHO: usize = offset_of!(MessageSlot, words) / 8;
const WHAT: usize = WHO + 1;
const CLAIMS: usize = offset_of!(MessageSlot, claims) / 8;

impl MessageTable {
    /// The table of a loaded object.
    pub(super) fn new(maps: &mut Maps, shares: Shares, kept: Option<Kept>) -> Result<Self, Error> {
        let earlier = kept.as_ref().map(Kept::totals).unwrap_or_default();
        Ok(Self {
            kept,
            earlier,
            slots: Mapped::of(maps, "MESSAGES")?,
            counts: Mapped::of(maps, "MESSAGE_COUNTS")?,
            shares,
            gone: Gone::default(),
        })
    }

    /// Reads all; takes out what ended processes have counted.
    pub(super) fn totals(&mut self) -> Vec<MessageTotal> {
        let mut processes: HashMap<u32, (String, bool)> = HashMap::new();
        let mut totals: BTreeMap<MessageKey, MessageTotal> = BTreeMap::new();
        let (now, mut left) = (Instant::now(), HashMap::new());
        for index in 0..self.slots.len() {
            let Some(slot) = self.slot(index) else { continue };
            let key = MessageKey::from_words(slot.words);
            let (process, alive) =
                processes.entry(key.tgid).or_insert_with(|| look(key.tgid, &slot.comm)).clone();
            let count = self.count(index);
            let user = user(key.tgid, slot.user);
            let mut total = MessageTotal { key, count, process, user, ended: false };
            total.ended = !alive && self.gone.is_final(key.tgid, now) && self.keep(&total);
            left.insert(key.tgid, !alive && !total.ended);
            if total.ended {
                self.release(index, total.key.tgid, total.user);
            }
            // Two processors may have made a counter each.
            totals.entry(key).and_modify(|total| total.count += count).or_insert(total);
        }
        // An id may be used again, by a process that is alive.
        self.gone.keep(|tgid| left.get(&tgid).is_some_and(|is_left| *is_left));
        // Those that are told once come first: their keys have no process, and are no others'.
        let mut all = std::mem::take(&mut self.earlier);
        all.extend(totals.into_values());
        all
    }

    /// Keeps what an ended process has counted, if that is wanted. Whether its counter may go.
    fn keep(&mut self, total: &MessageTotal) -> bool {
        self.kept.as_mut().is_none_or(|kept| kept.add(total))
    }

    /// The slot at `index`, if it has a key. One that is just made or released may have half of it.
    /// Most are free, and are not read any further.
    fn slot(&self, index: usize) -> Option<MessageSlot> {
        let is_used = |word: usize| {
            let words = self.slots.words(index)?;
            words.get(word).map(|word| word.load(Ordering::Relaxed) != 0)
        };
        if !(is_used(WHO)? && is_used(WHAT)?) {
            return None;
        }
        self.slots.get(index).filter(|slot| slot.words.iter().all(|word| *word != 0))
    }

    fn count(&self, index: usize) -> MessageCount {
        let mut sum = MessageCount::default();
        for count in self.counts.per_cpu(self.slots.len(), index) {
            sum += count;
        }
        sum
    }

    /// Makes a slot free, and gives back what it took of its user's share: the programs forget its key
    /// before they can give it another.
    fn release(&mut self, index: usize, tgid: u32, user: u32) {
        for of_cpu in (index..self.counts.len()).step_by(self.slots.len()) {
            self.counts.words(of_cpu).into_iter().flatten().for_each(|word| {
                word.store(0, Ordering::Relaxed);
            });
        }
        let Some(words) = self.slots.words(index) else { return };
        words[WHAT].store(0, Ordering::Release);
        words[WHO].store(0, Ordering::Release);
        words[CLAIMS].fetch_sub(1, Ordering::Release);
        if user != 0 {
            let of_process = share::message_process(tgid);
            self.shares.give_back(&[share::MESSAGES, share::message_user(user), of_process]);
        }
    }
}

/// A process's name, and whether it is alive. The name is what /proc says now, or else what the
/// programs noted.
fn look(tgid: u32, noted: &[u8]) -> (String, bool) {
    match tgid {
        0 => return ("swapper".to_owned(), true),
        MessageKey::INTERRUPT => return ("interrupt".to_owned(), true),
        _ => {}
    }
    match std::fs::read_to_string(format!("/proc/{tgid}/comm")) {
        Ok(comm) => (comm.trim_end().to_owned(), true),
        Err(_) => (c_string(noted), is_alive(tgid)),
    }
}

/// The user of the traffic. Interrupts send for the kernel, whichever process they interrupt.
fn user(tgid: u32, noted: u64) -> u32 {
    match tgid {
        0 | MessageKey::INTERRUPT => 0,
        _ => u32::try_from(noted).unwrap_or(u32::MAX),
    }
}

/// Whether a process has this id.
pub(super) fn is_alive(tgid: u32) -> bool {
    std::path::Path::new("/proc").join(tgid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use nlmon_common::{
        counter::{ProbeSequence, TYPE_OTHER},
        limits::{MESSAGE_ASSOC, MESSAGE_KEYS_MAX, message_keys},
    };

    use super::*;

    const STRIDE: usize = MESSAGE_KEYS_MAX as usize;

    /// Puts keys where the programs would; returns how many found no room.
    fn refused(keys: impl Iterator<Item = MessageKey>) -> usize {
        let mut taken = vec![false; STRIDE];
        let mut place = |key: &MessageKey| {
            let places = ProbeSequence::of(key.words());
            (0..MESSAGE_ASSOC).map(|step| places.nth(step, MESSAGE_KEYS_MAX) as usize).any(
                |index| {
                    let free = !taken[index];
                    taken[index] = true;
                    free
                },
            )
        };
        keys.filter(|key| !place(key)).count()
    }

    /// Keys of processes with consecutive ids, of a few types each, as `ip` and its like make them.
    fn keys(processes: u32) -> impl Iterator<Item = MessageKey> {
        let kinds = [(16, 0), (18, 3), (2, 1), (3, 3), (24, 0), (26, 3), (16, 4), (20, 4)];
        (1..=processes).flat_map(move |tgid| {
            kinds.map(|(message_type, direction)| MessageKey {
                tgid,
                netns: 0xf000_0000 + tgid % 3,
                message_type,
                protocol: 0,
                direction,
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
    fn root_finds_room_where_all_others_have_used_up_their_share() {
        let others = u32::try_from(share::messages_max_others(MESSAGE_KEYS_MAX)).unwrap();
        let all = |roots: u32| keys(others / 8 + roots);
        // The keys of others come first, and none of root's is refused.
        assert_eq!(refused(all(0)), 0);
        assert_eq!(refused(all(200)), 0);
    }

    #[test]
    fn counters_of_an_ended_process_are_final_a_second_later() {
        let (mut gone, start) = (Gone::default(), Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        // Two looks at once: a scrape, and the fold.
        assert!(!gone.is_final(7, start) && !gone.is_final(7, after(1)));
        assert!(!gone.is_final(8, after(900)) && gone.is_final(7, after(1000)));
        // The id is used again, or its counters have gone.
        gone.keep(|tgid| tgid == 8);
        assert!(!gone.is_final(7, after(1900)) && gone.is_final(8, after(1900)));
    }

    #[test]
    fn counters_of_many_processors_fit_a_services_memory() {
        assert_eq!([1, 8, 256].map(message_keys), [MESSAGE_KEYS_MAX; 3]);
        assert_eq!([257, 512, 800, 1024].map(message_keys), [8192, 8192, 4096, 4096]);
        for cpus in 1..=8192 {
            let keys = message_keys(cpus);
            assert!(keys.is_power_of_two() && u64::from(keys * cpus) * 16 <= 64 << 20, "{cpus}");
        }
    }

    #[test]
    fn words_are_the_key() {
        for key in keys(3) {
            assert_eq!(MessageKey::from_words(key.words()), key);
            assert!(!key.words().contains(&0));
        }
        for key in keys(1).map(MessageKey::folded) {
            assert_eq!(MessageKey::from_words(key.words()), key);
            assert_eq!((key.kind(), key.path() & 7), (TYPE_OTHER, key.path()));
        }
        let interrupt = MessageKey { tgid: MessageKey::INTERRUPT, ..keys(1).next().unwrap() };
        assert_eq!(MessageKey::from_words(interrupt.words()), interrupt);
    }
}
