//! The section `[findings]`: from when on something is a finding.

use nlmon_core::findings::Thresholds;
use serde::{Deserialize, Serialize};

use super::{Error, within};

const SECOND_NS: u64 = 1_000_000_000;

/// Most seconds of the window: each counter that grows has a number for each ten of them.
const WINDOW_SECONDS_MAX: u32 = 3600;

/// Most minutes of a fight.
const FIGHT_MINUTES_MAX: u32 = 1440;

/// Most minutes of a leak.
const LEAK_MINUTES_MAX: u32 = 1440;

/// From when on something is a finding.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Findings {
    /// How far back losses and refusals count.
    pub window_seconds: u32,
    /// Refused requests of a process in the window, at least.
    pub refused: u32,
    /// Percent of a process's requests that are refused, at least.
    pub refused_percent: u32,
    /// Sockets of one process and protocol that come and do not go, at least.
    pub leaked_sockets: u32,
    /// How long they have to do so.
    pub leak_minutes: u32,
    /// Messages of a type a second, over a minute, at least.
    pub storm_per_second: u32,
    /// As many times the type's own past, at least.
    pub storm_factor: u32,
    /// Turns that two take on one object, at least.
    pub fight_turns: u32,
    /// How far back turns count.
    pub fight_minutes: u32,
    /// Routes that went without a message and did not come back, at least.
    pub silent_routes: u32,
    /// How long a listener does not read.
    pub stall_seconds: u32,
}

impl Findings {
    /// Checks what the types do not.
    pub(super) fn check(&self) -> Result<(), Error> {
        let number = |key, value: u32, least, most: u32| {
            let value = usize::try_from(value).unwrap_or(usize::MAX);
            within(key, value, least, usize::try_from(most).unwrap_or(usize::MAX))
        };
        number("findings.window_seconds", self.window_seconds, 10, WINDOW_SECONDS_MAX)?;
        number("findings.refused", self.refused, 1, u32::MAX)?;
        number("findings.refused_percent", self.refused_percent, 1, 100)?;
        number("findings.leaked_sockets", self.leaked_sockets, 1, u32::MAX)?;
        number("findings.leak_minutes", self.leak_minutes, 1, LEAK_MINUTES_MAX)?;
        number("findings.storm_per_second", self.storm_per_second, 1, u32::MAX)?;
        number("findings.storm_factor", self.storm_factor, 2, u32::MAX)?;
        number("findings.fight_turns", self.fight_turns, 2, 64)?;
        number("findings.fight_minutes", self.fight_minutes, 1, FIGHT_MINUTES_MAX)?;
        number("findings.silent_routes", self.silent_routes, 1, u32::MAX)?;
        number("findings.stall_seconds", self.stall_seconds, 1, u32::MAX)
    }

    /// The same as the core has it.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            window_ns: u64::from(self.window_seconds) * SECOND_NS,
            refused: self.refused.into(),
            refused_percent: self.refused_percent.into(),
            leaked: self.leaked_sockets.into(),
            leak_ns: u64::from(self.leak_minutes) * 60 * SECOND_NS,
            storm_rate: self.storm_per_second.into(),
            storm_factor: self.storm_factor.into(),
            fight_turns: self.fight_turns.into(),
            fight_ns: u64::from(self.fight_minutes) * 60 * SECOND_NS,
            silent_routes: self.silent_routes.into(),
            stall_ns: u64::from(self.stall_seconds) * SECOND_NS,
        }
    }
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            window_seconds: 300,
            refused: 20,
            refused_percent: 50,
            leaked_sockets: 50,
            leak_minutes: 30,
            storm_per_second: 500,
            storm_factor: 10,
            fight_turns: 4,
            fight_minutes: 10,
            silent_routes: 1,
            stall_seconds: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_core() {
        assert_eq!(Findings::default().thresholds(), Thresholds::default());
    }
}
