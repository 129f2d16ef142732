//! What is said of the daemon's health, to people and between processes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The daemon's health at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Why it is not ready; without any it is.
    pub reasons: Vec<String>,
    /// What it does without, by its environment: no fault of its own.
    pub degraded: Vec<String>,
    /// Names and values.
    pub facts: Vec<(String, String)>,
}

impl Report {
    /// Whether it does its work.
    pub fn is_ready(&self) -> bool {
        self.reasons.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.is_ready() { "ready" } else { "not ready" })?;
        self.reasons.iter().try_for_each(|reason| writeln!(f, "{reason}"))?;
        self.degraded.iter().try_for_each(|line| writeln!(f, "degraded: {line}"))?;
        self.facts.iter().try_for_each(|(name, value)| writeln!(f, "{name:<15} {value}"))
    }
}
