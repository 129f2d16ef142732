//! What the programs could not do, in the daemon's own memory: read without a system call, by the
//! scrapes and by the reader of samples alike.

use std::sync::Arc;

use nlmon_common::counter::stat;

use super::{Error, mapped::Mapped, maps::Maps};

/// Why a sample is missing that was to be taken.
const LOSSES: [u32; 4] = [stat::TOO_DEEP, stat::NO_CONTEXT, stat::UNSEEN, stat::RING_FULL];

/// The programs' array.
pub(super) struct Stats(Mapped<u64>);

/// Tells that netlink sockets come and go, without looking at any.
#[derive(Clone)]
pub struct SocketChanges(Arc<Stats>);

impl SocketChanges {
    pub(super) fn new(stats: &Arc<Stats>) -> Self {
        Self(Arc::clone(stats))
    }

    /// How many came or went on this host since the probes are there.
    pub fn count(&self) -> u64 {
        self.0.get(stat::SOCKETS)
    }
}

impl Stats {
    /// That of a loaded object.
    pub(super) fn new(maps: &mut Maps) -> Result<Self, Error> {
        Ok(Self(Mapped::of(maps, "STATS")?))
    }

    /// One counter, all processors added up.
    pub(super) fn get(&self, index: u32) -> u64 {
        self.0.per_cpu(stat::STRIDE as usize, index as usize).sum()
    }

    /// Nanoseconds that the programs have taken, where they are metered, estimated from those runs
    /// that are timed.
    pub(super) fn programs_ns(&self) -> u64 {
        stat::metered_ns(self.get(stat::METERED_NS))
    }

    /// Samples that are missing, but for those that were left out as configured.
    pub(super) fn lost_samples(&self) -> u64 {
        LOSSES.into_iter().map(|index| self.get(index)).sum()
    }
}
