//! What the programs take, by their own clock, where a budget asks for it. One run in
//! [`METER_EVERY`] is timed, so that the clock costs little; what interrupts it is timed with it.

use aya_ebpf::helpers::generated;
use nlmon_common::{counter::stat, limits::METER_EVERY};

use crate::maps::{add, bump, global};

/// The run of a program, from its start until this is dropped.
pub(crate) struct Meter {
    /// 0 if this run is not timed.
    began_ns: u64,
}

impl Meter {
    /// A run begins.
    #[inline(always)] // a constant to the verifier, which drops it where nothing is metered
    pub(crate) fn start() -> Self {
        let is_timed = global!(SETTINGS.metered) != 0
            && (bump(stat::METERED_RUNS) as u32).is_multiple_of(METER_EVERY);
        Self { began_ns: if is_timed { now_ns() } else { 0 } }
    }
}

impl Drop for Meter {
    #[inline(always)] // as above
    fn drop(&mut self) {
        if self.began_ns != 0 {
            add(stat::METERED_NS, now_ns().wrapping_sub(self.began_ns));
        }
    }
}

#[inline(always)]
fn now_ns() -> u64 {
    // SAFETY: no argument, no precondition.
    unsafe { generated::bpf_ktime_get_ns() }
}
