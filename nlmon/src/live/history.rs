//! How far back a reader begins: the flags of `nlmon tail` and the request on the socket. Where in
//! the ring that is, the bus finds. Pure: the time of now is an argument.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How much history to send (default: none). If both limits are set, the smaller wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// Begin with the last lines that the daemon still has, at most this many
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// Begin with what the daemon still has of that span of time: 90s, 5m, 1h30m
    #[arg(long = "since", value_name = "SPAN", value_parser = nanoseconds)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ns: Option<u64>,
}

/// A span of time in nanoseconds.
fn nanoseconds(text: &str) -> Result<u64, String> {
    let span = text.parse::<SignedDuration>().ok().map(|span| span.as_nanos());
    span.and_then(|span| u64::try_from(span).ok())
        .ok_or_else(|| "a span of time is like 90s, 5m or 1h30m".to_owned())
}

impl History {
    /// Whether anything is.
    pub fn is_wanted(&self) -> bool {
        self.last.is_some() || self.since_ns.is_some()
    }

    /// The earliest time of a record to send, if the client set one.
    pub(super) fn oldest_ns(&self, now_ns: u64) -> Option<u64> {
        self.since_ns.map(|span| now_ns.saturating_sub(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_has_units_and_is_not_negative() {
        assert_eq!(nanoseconds("5m"), Ok(300_000_000_000));
        assert_eq!(nanoseconds("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(nanoseconds("1.5s"), Ok(1_500_000_000));
        for wrong in ["", "5", "-5m", "five", "5m ago", "99999999999999h"] {
            assert!(nanoseconds(wrong).unwrap_err().contains("like 90s"), "{wrong}");
        }
    }
}
