//! Types of notification that come far more often than before.

use std::collections::BTreeMap;

use super::{Pair, Thresholds, windows::Windows};

/// How long a rate has to last.
pub(super) const OVER_NS: u64 = 60_000_000_000;

/// How slowly the past follows: what was so for half an hour is two thirds of it.
const PAST_NS: f64 = 1.8e12;

/// What has been so for an hour is how things are.
const USUAL_NS: u64 = 3_600_000_000_000;

/// What is known of the rate of one type.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    /// Messages a second, as they mostly were.
    past: f64,
    /// Since when it storms.
    since_ns: Option<u64>,
}

/// A type that storms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storm {
    pub(super) what: Pair,
    /// Messages a second.
    pub(super) rate: u64,
    /// As many as there mostly are.
    pub(super) past: u64,
}

/// The rates of all types.
#[derive(Clone, Debug)]
pub(super) struct Storms {
    minute: Windows<Pair>,
    rates: BTreeMap<Pair, Rate>,
    last_ns: Option<u64>,
}

impl Storms {
    pub(super) fn new() -> Self {
        Self { minute: Windows::new(OVER_NS), rates: BTreeMap::new(), last_ns: None }
    }

    /// Takes totals in; which types storm now.
    pub(super) fn look(
        &mut self,
        at_ns: u64,
        totals: &BTreeMap<Pair, u64>,
        thresholds: &Thresholds,
    ) -> Vec<Storm> {
        self.minute.add(at_ns, totals.iter().map(|(what, total)| (what, *total)));
        let passed_ns = self.last_ns.map_or(0, |last_ns| at_ns.saturating_sub(last_ns));
        self.last_ns = Some(at_ns);
        self.rates.retain(|what, _| totals.contains_key(what));
        let mut storms = Vec::new();
        for what in totals.keys() {
            let rate = self.minute.of(what) / (OVER_NS / 1_000_000_000);
            let known = self.rates.entry(what.clone()).or_default();
            if known.look(at_ns, passed_ns, rate, thresholds) {
                storms.push(Storm { what: what.clone(), rate, past: whole(known.past) });
            }
        }
        storms
    }
}

impl Rate {
    /// Whether it storms.
    fn look(&mut self, at_ns: u64, passed_ns: u64, rate: u64, thresholds: &Thresholds) -> bool {
        let far = whole(self.past).saturating_mul(thresholds.storm_factor);
        let threshold = far.max(thresholds.storm_rate);
        // One that has begun lasts until it has lost half of what made it one.
        let needed = if self.since_ns.is_some() { threshold / 2 } else { threshold };
        let is_usual = self.since_ns.is_some_and(|since| at_ns.saturating_sub(since) > USUAL_NS);
        if rate >= needed.max(1) && !is_usual {
            self.since_ns.get_or_insert(at_ns);
            return true;
        }
        if is_usual {
            self.past = real(rate);
        }
        self.since_ns = None;
        let weight = 1.0 - (-real(passed_ns) / PAST_NS).exp();
        self.past += (real(rate) - self.past) * weight;
        false
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates and times are far below 2^53")]
fn real(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of numbers that are not negative; the cast saturates"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn what() -> Pair {
        ("route".to_owned(), "RTM_NEWNEIGH".to_owned())
    }

    /// Looks every five seconds at so many messages a second; how many looks saw a storm.
    fn run(storms: &mut Storms, from: u64, seconds: u64, rate: u64, total: &mut u64) -> u64 {
        let mut seen = 0;
        for at in (from..from + seconds).step_by(5) {
            *total += 5 * rate;
            let totals = [(what(), *total)].into();
            let found = storms.look(at * SECOND, &totals, &Thresholds::default());
            seen += found.len() as u64;
        }
        seen
    }

    #[test]
    fn a_burst_far_above_the_past_is_one_and_ends() {
        let (mut storms, mut total) = (Storms::new(), 0);
        assert_eq!(run(&mut storms, 0, 3600, 3, &mut total), 0);
        assert!(run(&mut storms, 3600, 120, 2000, &mut total) > 15);
        run(&mut storms, 3720, 60, 3, &mut total);
        assert_eq!(run(&mut storms, 3780, 600, 3, &mut total), 0);
    }

    #[test]
    fn what_is_usual_is_none() {
        let (mut storms, mut total) = (Storms::new(), 0);
        // It comes with a rate that a new daemon knows nothing of.
        run(&mut storms, 0, 3700, 800, &mut total);
        assert_eq!(run(&mut storms, 3700, 3600, 800, &mut total), 0);
        assert_eq!(run(&mut storms, 7300, 120, 4000, &mut total), 0);
        assert!(run(&mut storms, 7420, 300, 20_000, &mut total) > 0);
    }

    #[test]
    fn a_short_burst_is_none() {
        let (mut storms, mut total) = (Storms::new(), 0);
        run(&mut storms, 0, 600, 3, &mut total);
        assert_eq!(run(&mut storms, 600, 5, 5000, &mut total), 0);
        assert_eq!(run(&mut storms, 605, 120, 3, &mut total), 0);
    }
}
