//! How many samples the probes take: as many as the configuration says, or fewer where nlmon would
//! take more of a processor than its budget. Pure: what it has taken and when are arguments.
//!
//! Counts stay exact whatever is thinned, and each datagram that is left out is counted.

use std::time::Duration;

use crate::probe::Sampling;

/// Least time between two looks at what nlmon takes. A storm goes on for that long unthinned.
const LOOK: Duration = Duration::from_millis(500);

/// Thinned no further than to one call in this many: more saves nothing that could be measured.
const EVERY_MAX: u32 = 1 << 16;

/// How much fewer samples there may be after one look: what was measured may have been a burst.
const STEP_MAX: u64 = 16;

/// So many looks in a row have to find that there is room before there are more samples again.
const CALM_LOOKS: u32 = 4;

/// What is aimed at when there are more samples again, in hundredths of the budget. Below 100, so that
/// the next look does not take them back.
const AIM_PERCENT: u64 = 80;

/// A part of one processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// In millionths.
    pub ppm: u32,
}

impl Share {
    /// The least and the most that make sense: below a thousandth the daemon at rest is not far off.
    const PPM_MIN: u32 = 1_000;
    const PPM_MAX: u32 = 1_000_000;

    /// What a share may look like.
    pub const EXPECTED: &str = "\"off\", or a part of one processor from \"0.1%\" to \"100%\"";

    /// Reads one: `2%`, `0.5%`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let (whole, tenths) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || tenths.len() > 4 || !is_number(whole) || !is_number(tenths) {
            return None;
        }
        let ppm = format!("{whole}{tenths:0<4}").parse().ok()?;
        (Self::PPM_MIN..=Self::PPM_MAX).contains(&ppm).then_some(Self { ppm })
    }
}

/// What nlmon has taken since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When this was read, on `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    /// Processor time of the daemon.
    pub daemon_ns: u64,
    /// Time in the programs, in whatever process they ran.
    pub programs_ns: u64,
}

/// Holds a budget.
#[derive(Debug)]
struct Budget {
    share: Share,
    /// Sample one in so many.
    every: u32,
    last: Option<Usage>,
    calm: u32,
}

impl Budget {
    fn look(&mut self, usage: Usage) {
        let Some(last) = self.last.replace(usage) else { return };
        let taken_ns = usage.daemon_ns.saturating_sub(last.daemon_ns)
            + usage.programs_ns.saturating_sub(last.programs_ns);
        let time_ns = usage.at_ns.saturating_sub(last.at_ns).max(1);
        let taken_ppm = (taken_ns.saturating_mul(1_000_000) / time_ns).max(1);
        let budget_ppm = u64::from(self.share.ppm);
        let every = u64::from(self.every);
        if taken_ppm > budget_ppm {
            self.calm = 0;
            // Half as many more at the least: where counting takes most of it, the excess is a small
            // part of the whole and a large one of what samples take.
            let wanted = (every * taken_ppm).div_ceil(budget_ppm);
            self.set(wanted.clamp(every + every.div_ceil(2), every * STEP_MAX));
            return;
        }
        // As if all that it takes were for samples. It is less, so this does not overshoot.
        let wanted = every * taken_ppm * 100 / (budget_ppm * AIM_PERCENT);
        self.calm = if wanted < every { self.calm + 1 } else { 0 };
        if self.calm >= CALM_LOOKS {
            self.calm = 0;
            self.set(wanted.max(every / 2));
        }
    }

    fn set(&mut self, every: u64) {
        self.every = u32::try_from(every).unwrap_or(EVERY_MAX).clamp(1, EVERY_MAX);
    }
}

/// What is sampled, and why no more.
#[derive(Debug)]
pub struct Thinning {
    configured: Sampling,
    budget: Option<Budget>,
}

impl Thinning {
    /// As the configuration says.
    pub fn new(configured: Sampling, budget: Option<Share>) -> Self {
        let budget = budget.map(|share| Budget { share, every: 1, last: None, calm: 0 });
        Self { configured, budget }
    }

    /// The configuration has changed.
    pub fn configure(&mut self, configured: Sampling) {
        self.configured = configured;
    }

    /// Whether it is time to look at what nlmon takes.
    pub fn is_due(&self, now_ns: u64) -> bool {
        self.budget.as_ref().is_some_and(|budget| {
            let look_ns = u64::try_from(LOOK.as_nanos()).unwrap_or(u64::MAX);
            budget.last.is_none_or(|last| now_ns.saturating_sub(last.at_ns) >= look_ns)
        })
    }

    /// Takes note of what nlmon has taken.
    pub fn look(&mut self, usage: Usage) {
        if let Some(budget) = &mut self.budget {
            budget.look(usage);
        }
    }

    /// What is to be sampled now.
    pub fn sampling(&self) -> Sampling {
        let thinned = self.budget.as_ref().map_or(1, |budget| budget.every);
        let every = match self.configured.every {
            0 => 0,
            every => every.max(thinned),
        };
        Sampling { every, ..self.configured }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Sampling = Sampling { every: 1, protocols: u32::MAX, rate: 0 };

    /// What a message takes to count and to sample, and what the daemon takes at rest, a second.
    const COUNT_NS: u64 = 400;
    const SAMPLE_NS: u64 = 3_000;
    const REST_NS: u64 = 300_000;

    /// A daemon with a budget, on a host that sends so many messages a second.
    struct Host {
        thinning: Thinning,
        usage: Usage,
    }

    impl Host {
        fn new(budget: &str) -> Self {
            let budget = Some(Share::parse(budget).unwrap());
            Self { thinning: Thinning::new(ALL, budget), usage: Usage::default() }
        }

        /// Lets time pass; the parts of a processor that were taken in each second, in millionths.
        fn run(&mut self, seconds: u64, messages_a_second: u64) -> Vec<u64> {
            (0..seconds)
                .map(|_second| {
                    let before = self.usage;
                    for _look in 0..2 {
                        let every = u64::from(self.thinning.sampling().every);
                        self.usage.at_ns += 500_000_000;
                        self.usage.daemon_ns +=
                            REST_NS / 2 + messages_a_second / 2 / every * SAMPLE_NS;
                        self.usage.programs_ns += messages_a_second / 2 * COUNT_NS;
                        assert!(self.thinning.is_due(self.usage.at_ns));
                        self.thinning.look(self.usage);
                    }
                    let taken = |usage: Usage| usage.daemon_ns + usage.programs_ns;
                    (taken(self.usage) - taken(before)) / 1_000
                })
                .collect()
        }

        fn every(&self) -> u32 {
            self.thinning.sampling().every
        }
    }

    #[test]
    fn a_share_is_a_percentage() {
        let ppm = |text| Share::parse(text).map(|share| share.ppm);
        assert_eq!(ppm("2%"), Some(20_000));
        assert_eq!(ppm("0.5%"), Some(5_000));
        assert_eq!(ppm("0.1%"), Some(1_000));
        assert_eq!(ppm("100%"), Some(1_000_000));
        for text in ["", "%", "2", "2 %", "-1%", "0%", "0.05%", "101%", "2.00001%", ".5%", "1e1%"] {
            assert_eq!(ppm(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_quiet_host_is_sampled_whole() {
        let mut host = Host::new("2%");
        host.run(60, 1_000);
        assert_eq!(host.every(), 1);
    }

    #[test]
    fn a_storm_is_held_to_the_budget() {
        for messages in [10_000, 30_000, 45_000] {
            let mut host = Host::new("2%");
            let taken = host.run(120, messages);
            let late = &taken[4..];
            let most = late.iter().max().unwrap();
            assert!(*most <= 21_000, "{messages} messages: {taken:?}");
            // It does not give up more than it has to.
            let least = late.iter().skip(30).min().unwrap();
            let all = (REST_NS + messages * (COUNT_NS + SAMPLE_NS)) / 1_000;
            assert!(*least >= 10_000.min(all / 2), "{messages} messages: {taken:?}");
        }
    }

    #[test]
    fn where_counting_alone_takes_more_there_are_next_to_no_samples() {
        let mut host = Host::new("2%");
        host.run(20, 200_000);
        assert_eq!(host.every(), EVERY_MAX);
    }

    #[test]
    fn after_a_storm_everything_is_sampled_again() {
        let mut host = Host::new("2%");
        host.run(20, 200_000);
        host.run(40, 100);
        assert_eq!(host.every(), 1);
    }

    #[test]
    fn what_is_configured_is_not_exceeded() {
        let mut thinning = Thinning::new(Sampling { every: 7, ..ALL }, Share::parse("1%"));
        assert_eq!(thinning.sampling().every, 7);
        thinning.configure(Sampling { every: 0, ..ALL });
        thinning.look(Usage::default());
        thinning.look(Usage { at_ns: 1_000, daemon_ns: 1_000, programs_ns: 0 });
        assert_eq!(thinning.sampling().every, 0);
        thinning.configure(ALL);
        assert!(thinning.sampling().every > 1);
        assert!(!Thinning::new(ALL, None).is_due(u64::MAX));
    }
}
