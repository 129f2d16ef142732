//! Snapshots of the exact counters.

use std::{collections::BTreeMap, sync::Arc};

use aya::{
    Pod,
    maps::{MapData, MapError, PerCpuHashMap},
};
use nlmon_common::{
    counter::{DatagramCount, ErrorKey, MessageCount, SLOTS, slot, stat},
    limits::PROTOCOL_MAX,
};

use super::{
    Error,
    kept::Kept,
    mapped::Mapped,
    maps::Maps,
    messages::{MessageTable, MessageTotal},
    overruns::{OverrunTable, OverrunTotal},
    proof::OwnCalls,
    runs::{Programs, Runs},
    shares::Shares,
    stats::Stats,
};
use nlmon_core::record::Path;

/// The kernel's counter maps.
pub struct Counters {
    datagrams: Mapped<DatagramCount>,
    errors: PerCpuHashMap<MapData, ErrorKey, u64>,
    messages: MessageTable,
    overruns: OverrunTable,
    stats: Arc<Stats>,
    programs: Programs,
    read_earlier: u64,
}

/// All counters at one time, near enough: the kernel goes on counting while they are read.
#[derive(Clone, Debug, Default)]
pub struct CounterSnapshot {
    /// By protocol and path.
    pub datagrams: BTreeMap<(u8, Path), DatagramCount>,
    /// Failed calls.
    pub errors: BTreeMap<ErrorKey, u64>,
    /// Messages by process and type.
    pub messages: Vec<MessageTotal>,
    /// Datagrams that found no room, by the process that holds the socket and by type.
    pub overruns: Vec<OverrunTotal>,
    /// Fate of samples, by `nlmon_common::counter::stat`.
    pub stats: Vec<u64>,
    /// What the programs themselves have done.
    pub runs: Vec<Runs>,
    /// Samples that earlier daemons read, from the probes that this daemon took over.
    pub read_earlier: u64,
}

impl CounterSnapshot {
    /// One element of `stats`.
    pub fn stat(&self, index: u32) -> u64 {
        self.stats.get(index as usize).copied().unwrap_or_default()
    }

    /// Failed calls of a path: positive errno and count.
    pub fn failures(&self, protocol: u8, path: Path) -> impl Iterator<Item = (i32, u64)> + '_ {
        self.errors
            .iter()
            .filter(move |(key, _)| {
                key.protocol == protocol && Path::from_abi(key.path) == Some(path)
            })
            .map(|(key, count)| (i32::from(key.errno), *count))
    }

    /// Second sends of multicast sends, by protocol.
    pub fn second_sends(&self) -> BTreeMap<u8, u64> {
        let mut sends = BTreeMap::new();
        for ((protocol, _), count) in &self.datagrams {
            if count.second_sends > 0 {
                *sends.entry(*protocol).or_default() += count.second_sends;
            }
        }
        sends
    }
}

impl Counters {
    /// Takes an object's maps and loaded programs, the counts kept for later daemons, and the
    /// number of samples that earlier daemons read.
    pub(super) fn new(
        maps: &mut Maps,
        stats: Arc<Stats>,
        programs: Programs,
        kept: Option<Kept>,
        read_earlier: u64,
    ) -> Result<Self, Error> {
        let shares = Shares::new(maps)?;
        Ok(Self {
            datagrams: Mapped::of(maps, "DATAGRAMS")?,
            errors: maps.take_as("ERRORS")?,
            overruns: OverrunTable::new(maps, shares.clone(), kept.is_some())?,
            messages: MessageTable::new(maps, shares, kept)?,
            stats,
            programs,
            read_earlier,
        })
    }

    /// Whether the kernel lets this thread read maps by system calls.
    pub(super) fn are_readable(&self) -> bool {
        self.errors.keys().next().is_none_or(|key| key.is_ok())
    }

    /// Reads everything; takes out what ended processes have counted.
    pub fn snapshot(&mut self) -> Result<CounterSnapshot, MapError> {
        // What may fail goes first: the others are taken out for good.
        let (errors, overruns) = (sums(&self.errors)?, self.overruns.totals()?);
        Ok(CounterSnapshot {
            datagrams: self.datagrams(),
            errors,
            messages: self.messages.totals(),
            overruns,
            stats: self.stats(),
            runs: self.programs.runs(),
            read_earlier: self.read_earlier,
        })
    }

    /// Reads what processes have counted and the fate of samples; takes out what ended ones have.
    pub fn processes(&mut self) -> Result<CounterSnapshot, MapError> {
        let overruns = self.overruns.totals()?;
        let messages = self.messages.totals();
        let stats = self.stats();
        Ok(CounterSnapshot { messages, overruns, stats, ..CounterSnapshot::default() })
    }

    fn stats(&self) -> Vec<u64> {
        (0..stat::COUNT).map(|index| self.stats.get(index)).collect()
    }

    /// What the programs have counted of the daemon's own calls.
    pub fn own_calls(&self) -> OwnCalls {
        let mut own = OwnCalls {
            returns: self.stats.get(stat::OWN_RETURN),
            deliveries: self.stats.get(stat::OWN_DELIVERY),
            ..OwnCalls::default()
        };
        for ((_, path), count) in self.datagrams() {
            match path {
                Path::Multicast => own.broadcasts += count.own,
                Path::Dump => own.dumps += count.own,
                Path::Request | Path::Reply | Path::Peer => own.unicasts += count.own,
                Path::Silent => {}
            }
        }
        own
    }

    fn datagrams(&self) -> BTreeMap<(u8, Path), DatagramCount> {
        let mut totals = BTreeMap::new();
        for protocol in 0..=PROTOCOL_MAX {
            for path in Path::ALL {
                let slot = slot(protocol, path.abi()) as usize;
                let per_cpu = self.datagrams.per_cpu(SLOTS as usize, slot);
                let total = per_cpu.fold(DatagramCount::default(), |a, b| sum(&a, &b));
                if total != DatagramCount::default() {
                    totals.insert((protocol, path), total);
                }
            }
        }
        totals
    }
}

/// All of a map's counters, their processors added up.
fn sums<K: Pod + Ord>(map: &PerCpuHashMap<MapData, K, u64>) -> Result<BTreeMap<K, u64>, MapError> {
    map.iter().map(|item| item.map(|(key, per_cpu)| (key, per_cpu.iter().sum()))).collect()
}

fn sum(a: &DatagramCount, b: &DatagramCount) -> DatagramCount {
    DatagramCount {
        entered: a.entered + b.entered,
        ok: a.ok + b.ok,
        bytes: a.bytes + b.bytes,
        deliveries: a.deliveries + b.deliveries,
        second_sends: a.second_sends + b.second_sends,
        own: a.own + b.own,
        unreported: a.unreported + b.unreported,
        sampled: a.sampled + b.sampled,
        thinned: a.thinned + b.thinned,
        overflow: MessageCount {
            messages: a.overflow.messages + b.overflow.messages,
            bytes: a.overflow.bytes + b.overflow.bytes,
        },
    }
}
