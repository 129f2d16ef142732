//! How full the ring of samples is, from the positions that the kernel shows beside it: no system
//! call, and no lock.

use std::{
    os::fd::AsRawFd,
    sync::{Arc, atomic::Ordering},
};

use memmap2::{MmapOptions, MmapRaw};

use super::ring::{page_bytes, word};

/// The ring's positions, mapped to be read. Clones are the same mapping.
#[derive(Clone, Debug)]
pub struct RingFill {
    memory: Arc<MmapRaw>,
    page_bytes: usize,
    ring_bytes: usize,
}

impl RingFill {
    /// Of the ring of `ring_bytes` behind this descriptor.
    pub(super) fn of(ring: &impl AsRawFd, ring_bytes: usize) -> std::io::Result<Self> {
        let page_bytes = page_bytes()?;
        // The consumer's position begins the first page, the producer's the second.
        let memory = MmapOptions::new().len(2 * page_bytes).map_raw_read_only(ring.as_raw_fd())?;
        Ok(Self { memory: Arc::new(memory), page_bytes, ring_bytes })
    }

    /// Bytes of the ring that hold samples which nobody has read, at the moment.
    pub fn used_bytes(&self) -> usize {
        let position = |at| word(&self.memory, at).load(Ordering::Acquire);
        let consumed = position(0);
        // Read last, so that it is not behind the other one.
        position(self.page_bytes).wrapping_sub(consumed).min(self.ring_bytes)
    }

    /// Bytes that it can hold.
    pub fn ring_bytes(&self) -> usize {
        self.ring_bytes
    }
}
