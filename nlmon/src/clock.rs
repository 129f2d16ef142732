//! The daemon's clocks. Observations, deliveries and heartbeats carry `CLOCK_MONOTONIC`
//! nanoseconds; the time of day is made from them when something is shown.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// The clock that observations carry too, `CLOCK_MONOTONIC` in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// What to add to [`monotonic_ns`] for the time of day, in nanoseconds.
pub fn realtime_offset_ns() -> i64 {
    let now = clock_gettime(ClockId::CLOCK_REALTIME).map(Duration::from);
    let real_ns = now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
    real_ns.saturating_sub_unsigned(monotonic_ns())
}
