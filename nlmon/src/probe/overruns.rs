//! The exact counters of datagrams that found no room, by the process that holds the socket and by
//! type. As with messages, those of a process that has ended are taken out for good, marked as final.

use std::{collections::BTreeSet, time::Instant};

use aya::maps::{HashMap, MapData, MapError};
use nlmon_common::{counter::OverrunKey, share};

use super::{
    Error,
    maps::Maps,
    messages::{Gone, is_alive},
    shares::Shares,
};

/// One counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrunTotal {
    /// What it counts.
    pub key: OverrunKey,
    /// How many.
    pub count: u64,
    /// The process has ended: this count is final, and in no later snapshot.
    pub ended: bool,
}

/// The programs' table of them.
pub(super) struct OverrunTable {
    counts: HashMap<MapData, OverrunKey, u64>,
    /// What users and processes have taken of it.
    shares: Shares,
    /// Counters of ended processes stay: a later daemon is to see them.
    stays: bool,
    gone: Gone,
}

impl OverrunTable {
    /// The table of a loaded object.
    pub(super) fn new(maps: &mut Maps, shares: Shares, stays: bool) -> Result<Self, Error> {
        let (counts, gone) = (maps.take_as("OVERRUNS")?, Gone::default());
        Ok(Self { counts, shares, stays, gone })
    }

    /// Reads all; takes out what was counted for ended processes.
    pub(super) fn totals(&mut self) -> Result<Vec<OverrunTotal>, MapError> {
        let counts: Result<Vec<(OverrunKey, u64)>, MapError> = self.counts.iter().collect();
        let (now, mut left, mut totals) = (Instant::now(), BTreeSet::new(), Vec::new());
        for (key, count) in counts? {
            let has_ended = key.tgid != 0 && !is_alive(key.tgid);
            let may_go = has_ended && !self.stays && self.gone.is_final(key.tgid, now);
            let ended = may_go && self.remove(&key);
            if has_ended && !ended {
                left.insert(key.tgid);
            }
            totals.push(OverrunTotal { key, count, ended });
        }
        self.gone.keep(|tgid| left.contains(&tgid));
        Ok(totals)
    }

    /// Removes a counter, and gives back what it took of its owner's shares.
    fn remove(&mut self, key: &OverrunKey) -> bool {
        if self.counts.remove(key).is_err() {
            return false;
        }
        if key.uid != 0 {
            self.shares.give_back(&[share::OVERRUNS, share::user(key.uid)]);
        }
        self.shares.give_back(&[share::process(key.tgid), share::OVERRUNS_OF_PROCESSES]);
        true
    }
}
