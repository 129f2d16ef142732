//! How often one may come in: a bucket of tokens, which fills by one in each interval.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A limit, as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) interval: Duration,
    /// As many may come at once.
    pub(super) burst: u32,
}

/// What is left of a limit.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, left: Mutex::new(Left { tokens: f64::from(rate.burst), at: now }) }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(left.at);
        let more = passed.as_secs_f64() / self.rate.interval.as_secs_f64();
        left.tokens = (left.tokens + more).min(f64::from(self.rate.burst));
        left.at = left.at.max(now);
        let is_there = left.tokens >= 1.0;
        if is_there {
            left.tokens -= 1.0;
        }
        is_there
    }
}

/// A duration as Go writes it: numbers with units, as in `1m30s` or `0.5s`. None if it is not one, or
/// a negative one.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 8] = [
        // The longer ones first: `ms` is no `m`.
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
    ];
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, factor) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = after.get(unit.len()..)?;
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_comes_in_and_then_one_in_each_interval() {
        let start = Instant::now();
        let rate = Rate { interval: Duration::from_secs(1), burst: 3 };
        let bucket = Bucket::new(rate, start);
        let at = |ms| bucket.take(start + Duration::from_millis(ms));
        let taken = [0, 0, 0, 0, 999, 1000, 1001, 2500, 2600, 60_000, 60_000, 60_000, 60_000];
        let expected =
            [true, true, true, false, false, true, false, true, false, true, true, true, false];
        assert_eq!(taken.map(at), expected);
    }

    #[test]
    fn a_burst_of_none_lets_nobody_in() {
        let rate = Rate { interval: Duration::from_secs(1), burst: 0 };
        let bucket = Bucket::new(rate, Instant::now());
        assert!(!bucket.take(Instant::now() + Duration::from_mins(1)));
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, ms) in [
            ("0", 0),
            ("1s", 1000),
            ("0.5s", 500),
            (".5s", 500),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("250ms", 250),
            ("2000us", 2),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "1", "s", "-1s", "1 s", "1d", "1s2", "1.2.3s", "99999999999999999999h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
