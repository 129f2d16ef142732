//! The daemon's clocks. Observations, deliveries and heartbeats carry `CLOCK_MONOTONIC`
//! nanoseconds. The time of day is made from them when something is shown. It uses the offset that
//! the two clocks had when it happened, because somebody may set the time of day at any moment.

use std::{collections::VecDeque, time::Duration};

use nix::time::{ClockId, clock_gettime};

/// The clock that observations carry too, `CLOCK_MONOTONIC` in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// Processor time of this process, all threads, in nanoseconds.
pub(crate) fn process_ns() -> u64 {
    let used = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from);
    used.map_or(0, |used| u64::try_from(used.as_nanos()).unwrap_or(u64::MAX))
}

/// What to add to [`monotonic_ns`] for the time of day, in nanoseconds.
pub fn realtime_offset_ns() -> i64 {
    let mut best = read_offset();
    for _ in 1..READINGS_MAX {
        if best.0 < READING_NS {
            break;
        }
        best = best.min(read_offset());
    }
    best.1
}

/// Reads what the clocks are apart, and how long that took: the thread may have been put aside.
fn read_offset() -> (u64, i64) {
    let before_ns = monotonic_ns();
    let now = clock_gettime(ClockId::CLOCK_REALTIME).map(Duration::from);
    let real_ns = now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
    let after_ns = monotonic_ns();
    let offset_ns = real_ns.saturating_sub_unsigned(before_ns.midpoint(after_ns));
    (after_ns.saturating_sub(before_ns), offset_ns)
}

/// A reading that took no longer is good.
const READING_NS: u64 = 20_000;
const READINGS_MAX: usize = 4;

/// Smallest difference between two readings that is kept. Reading takes less; a clock that is
/// slewed gains it in a fifth of a second at the most.
const STEP_NS: u64 = 100_000;

/// A time of day may fall between two readings of a clock that is slewed.
const GAP_NS: u64 = 1_000_000;

/// Readings that are kept: of a clock that is slewed as fast as can be, 100 s.
const STEPS_MAX: usize = 512;

/// What the time of day was apart from the monotonic clock, and since when.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    steps: VecDeque<(u64, i64)>,
}

impl Offsets {
    /// Takes in a reading. `now_ns` never goes back.
    pub(crate) fn note(&mut self, now_ns: u64, offset_ns: i64) {
        let is_near = |&(_, last): &(u64, i64)| last.abs_diff(offset_ns) < STEP_NS;
        if self.steps.back().is_some_and(is_near) {
            return;
        }
        if self.steps.len() >= STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back((now_ns, offset_ns));
    }

    /// What to add to a time of the monotonic clock: the reading before it, or else the first.
    pub(crate) fn at(&self, time_ns: u64) -> i64 {
        let later = self.steps.partition_point(|(since_ns, _)| *since_ns <= time_ns);
        self.steps.get(later.saturating_sub(1)).map_or(0, |(_, offset_ns)| *offset_ns)
    }

    /// When, by the monotonic clock, the time of day was `real_ns`: the last time up to `now_ns`.
    /// `None` if it never was, as far as is known.
    pub(crate) fn monotonic(&self, real_ns: i64, now_ns: u64) -> Option<u64> {
        let mut until_ns = now_ns;
        for (index, (since_ns, offset_ns)) in self.steps.iter().enumerate().rev() {
            let time_ns = u64::try_from(real_ns.saturating_sub(*offset_ns)).unwrap_or(0);
            // Nothing is known of the time before the first reading.
            let begins_ns = if index == 0 { 0 } else { since_ns.saturating_sub(GAP_NS) };
            if (begins_ns..=until_ns.saturating_add(GAP_NS)).contains(&time_ns) {
                return Some(time_ns.min(now_ns));
            }
            until_ns = *since_ns;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_that_of_its_moment_though_the_clock_is_set_later() {
        let mut offsets = Offsets::default();
        offsets.note(1_000, 50);
        offsets.note(2_000, 60);
        // Set back by an hour.
        let hour = 3_600_000_000_000;
        offsets.note(3_000, 60 - hour);
        let at: Vec<_> = [500, 1_000, 2_999, 3_000, 9_000].map(|time| offsets.at(time)).into();
        assert_eq!(at, [50, 50, 50, 60 - hour, 60 - hour]);
    }

    #[test]
    fn a_time_of_day_that_came_twice_is_the_later_one() {
        let mut offsets = Offsets::default();
        let second = 1_000_000_000;
        assert_eq!(offsets.monotonic(9, second), None);
        offsets.note(10 * second, 0);
        // Set back by 3 s at 20 s, and forward by an hour at 30 s.
        offsets.note(20 * second, -3 * second.cast_signed());
        offsets.note(30 * second, 3600 * second.cast_signed());
        let at = |real: u64| offsets.monotonic((real * second).cast_signed(), 40 * second);
        let at = |real| at(real).map(|ns| ns / second);
        assert_eq!(
            [5, 12, 18, 26, 3635].map(at),
            [Some(5), Some(12), Some(21), Some(29), Some(35)]
        );
        // Never was, and is yet to come.
        assert_eq!([100, 3645].map(at), [None, None]);
    }

    #[test]
    fn keeps_a_bounded_number_of_readings() {
        let mut offsets = Offsets::default();
        for step in 0..10_000 {
            offsets.note(step, i64::try_from(step * STEP_NS).unwrap());
        }
        assert_eq!(offsets.steps.len(), STEPS_MAX);
        assert_eq!(offsets.at(9_999), i64::try_from(9_999 * STEP_NS).unwrap());
        assert_eq!(Offsets::default().at(7), 0);
    }

    #[test]
    fn a_reading_is_the_difference_of_the_clocks() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let shown = i128::from(monotonic_ns()) + i128::from(realtime_offset_ns());
        assert!(shown.abs_diff(now.as_nanos().cast_signed()) < 1_000_000_000);
    }
}
