//! What the programs and the daemon in charge of them share while they run: one element of a map that
//! the daemon has in its memory. Probes may outlive the daemon that loaded them, so that a read-only
//! global would not do.

use crate::settings::Settings;

/// The element.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// The process of the daemon in charge, left out of every count; 0 means none.
    pub own_tgid: u64,
    /// Samples that daemons have taken out of the ring.
    pub read: u64,
    /// 1 when everything is in place that a later daemon needs to take charge.
    pub complete: u64,
    /// 1 while the daemon sleeps until the next sample wakes it; whoever wakes it writes 0.
    pub asleep: u64,
    /// Sample one outermost call in this many, with all inside it; 0 means none, 1 means all.
    pub sample_every: u64,
    /// Protocols to sample, a bit for each by its number.
    pub sample_protocols: u64,
    /// Samples per second and processor; 0 means no cap.
    pub sample_rate: u64,
    /// What a later daemon has to want for that.
    pub identity: Identity,
}

/// What makes probes the same as those that a daemon would load.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// [`crate::ABI`] of the programs.
    pub abi: u32,
    /// Which hooks are allowed, by the daemon's own numbers.
    pub attach: u32,
    /// Size of the sample ring.
    pub ring_bytes: u32,
    /// The configuration that the programs were loaded with.
    pub settings: Settings,
}

const _: () = assert!(size_of::<Identity>() == 12 + size_of::<Settings>());
const _: () = assert!(size_of::<Control>() == 56 + size_of::<Identity>(), "name the padding");

#[cfg(feature = "user")]
mod user {
    use super::Control;

    // SAFETY: repr(C), fixed-width integers only, no padding: every bit pattern is a value.
    unsafe impl aya::Pod for Control {}
}
