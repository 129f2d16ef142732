//! Snapshots of the exact counters.
//!
//! Processes end, and their keys with them: [`Counters::snapshot`] takes the counts of an ended
//! process out of the kernel's map for good, marked as final, so that the map stays bounded and
//! whoever adds them up loses nothing.

use std::collections::{BTreeMap, HashMap};

use aya::{
    Ebpf, Pod,
    maps::{HashMap as BpfHashMap, Map, MapData, MapError, PerCpuArray, PerCpuHashMap},
};
use nlmon_common::{
    counter::{DatagramCount, ErrorKey, MessageCount, MessageKey, OverrunKey, Process, slot, stat},
    limits::PROTOCOL_MAX,
};

use super::{
    Error,
    proof::OwnCalls,
    runs::{Programs, Runs},
};
use crate::{message::c_string, record::Path};

/// The kernel's counter maps.
pub struct Counters {
    datagrams: PerCpuArray<MapData, DatagramCount>,
    errors: PerCpuHashMap<MapData, ErrorKey, u64>,
    messages: PerCpuHashMap<MapData, MessageKey, MessageCount>,
    overruns: PerCpuHashMap<MapData, OverrunKey, u64>,
    processes: BpfHashMap<MapData, u32, Process>,
    stats: PerCpuArray<MapData, u64>,
    programs: Programs,
}

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

/// All counters at one time, near enough: the kernel goes on counting while they are read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// By protocol and path.
    pub datagrams: BTreeMap<(u8, Path), DatagramCount>,
    /// Failed calls.
    pub errors: BTreeMap<ErrorKey, u64>,
    /// Messages by process and type.
    pub messages: Vec<MessageTotal>,
    /// Datagrams that found no room, by receiving socket and type.
    pub overruns: BTreeMap<OverrunKey, u64>,
    /// Fate of samples, by `nlmon_common::counter::stat`.
    pub stats: Vec<u64>,
    /// What the programs themselves have done.
    pub runs: Vec<Runs>,
}

impl Snapshot {
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

    /// Second legs of multicast sends, by protocol.
    pub fn second_legs(&self) -> BTreeMap<u8, u64> {
        let mut legs = BTreeMap::new();
        for ((protocol, _), count) in &self.datagrams {
            if count.second_legs > 0 {
                *legs.entry(*protocol).or_default() += count.second_legs;
            }
        }
        legs
    }
}

impl Counters {
    /// The maps of an object whose programs are loaded.
    pub(super) fn new(ebpf: &mut Ebpf) -> Result<Self, Error> {
        Ok(Self {
            datagrams: take(ebpf, "DATAGRAMS")?,
            errors: take(ebpf, "ERRORS")?,
            messages: take(ebpf, "MESSAGES")?,
            overruns: take(ebpf, "OVERRUNS")?,
            processes: take(ebpf, "PROCESSES")?,
            stats: take(ebpf, "STATS")?,
            programs: Programs::of(ebpf),
        })
    }

    /// Reads everything; takes out what ended processes have counted.
    pub fn snapshot(&mut self) -> Result<Snapshot, MapError> {
        Ok(Snapshot {
            datagrams: self.datagrams()?,
            errors: sums(&self.errors)?,
            messages: self.messages()?,
            overruns: sums(&self.overruns)?,
            stats: (0..stat::COUNT).map(|index| self.stat(index)).collect::<Result<_, _>>()?,
            runs: self.programs.runs(),
        })
    }

    /// What the programs have counted of the daemon's own calls.
    pub fn own_calls(&self) -> Result<OwnCalls, MapError> {
        let mut own = OwnCalls {
            returns: self.stat(stat::OWN_RETURN)?,
            deliveries: self.stat(stat::OWN_DELIVERY)?,
            ..OwnCalls::default()
        };
        for ((_, path), count) in self.datagrams()? {
            match path {
                Path::Multicast => own.broadcasts += count.own,
                Path::Dump => own.dumps += count.own,
                Path::Request | Path::Reply | Path::Peer => own.unicasts += count.own,
            }
        }
        Ok(own)
    }

    fn stat(&self, index: u32) -> Result<u64, MapError> {
        Ok(self.stats.get(&index, 0)?.iter().sum())
    }

    fn datagrams(&self) -> Result<BTreeMap<(u8, Path), DatagramCount>, MapError> {
        let mut totals = BTreeMap::new();
        for protocol in 0..=PROTOCOL_MAX {
            for path in Path::ALL {
                let per_cpu = self.datagrams.get(&slot(protocol, path.abi()), 0)?;
                let total = per_cpu.iter().fold(DatagramCount::default(), |a, b| sum(&a, b));
                if total != DatagramCount::default() {
                    totals.insert((protocol, path), total);
                }
            }
        }
        Ok(totals)
    }

    fn messages(&mut self) -> Result<Vec<MessageTotal>, MapError> {
        // A map that changes while it is walked may show a key twice.
        let keys: std::collections::BTreeSet<MessageKey> =
            self.messages.keys().collect::<Result<_, _>>()?;
        let mut processes: HashMap<u32, (String, bool)> = HashMap::new();
        let mut totals = Vec::with_capacity(keys.len());
        for key in keys {
            let (process, alive) = processes
                .entry(key.tgid)
                .or_insert_with(|| (self.process_name(key.tgid), is_alive(key.tgid)))
                .clone();
            // Read after the process was seen to be gone: nothing is counted any more.
            let per_cpu = match self.messages.get(&key, 0) {
                Ok(per_cpu) => per_cpu,
                Err(MapError::KeyNotFound) => continue,
                Err(error) => return Err(error),
            };
            let count = per_cpu.iter().fold(MessageCount::default(), |a, b| MessageCount {
                messages: a.messages + b.messages,
                bytes: a.bytes + b.bytes,
            });
            let ended = !alive && self.messages.remove(&key).is_ok();
            totals.push(MessageTotal { key, count, process, ended });
        }
        Ok(totals)
    }

    /// The name of a process: what /proc says now, or else what the kernel noted.
    fn process_name(&self, tgid: u32) -> String {
        if tgid == 0 {
            return "swapper".to_owned();
        }
        if let Ok(comm) = std::fs::read_to_string(format!("/proc/{tgid}/comm")) {
            return comm.trim_end().to_owned();
        }
        match self.processes.get(&tgid, 0) {
            Ok(process) => c_string(&process.comm),
            Err(_) => "unknown".to_owned(),
        }
    }
}

/// All of a map's counters, their processors added up.
fn sums<K: Pod + Ord>(map: &PerCpuHashMap<MapData, K, u64>) -> Result<BTreeMap<K, u64>, MapError> {
    map.iter().map(|item| item.map(|(key, per_cpu)| (key, per_cpu.iter().sum()))).collect()
}

fn is_alive(tgid: u32) -> bool {
    tgid == 0 || std::path::Path::new("/proc").join(tgid.to_string()).exists()
}

fn sum(a: &DatagramCount, b: &DatagramCount) -> DatagramCount {
    DatagramCount {
        entered: a.entered + b.entered,
        ok: a.ok + b.ok,
        bytes: a.bytes + b.bytes,
        deliveries: a.deliveries + b.deliveries,
        second_legs: a.second_legs + b.second_legs,
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

/// A map of the object, as its type.
pub(super) fn take<M>(ebpf: &mut Ebpf, name: &'static str) -> Result<M, Error>
where
    M: TryFrom<Map, Error = MapError>,
{
    let map = ebpf.take_map(name).ok_or(Error::Object(name))?;
    M::try_from(map).map_err(|source| Error::Map { name, source })
}
