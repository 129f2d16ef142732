//! Groups of generic netlink families. Their numbers are given at run time, and again when a
//! module is loaded again, so the controller is asked for them by name.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{Error, families};
use crate::throttle;
use nlmon_core::decode::Families;

/// The kernel answers at once; this is for one that does not.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer is good for, and how long if nothing has changed since.
const ASK: Duration = Duration::from_secs(5);
const ASK_QUIET: Duration = Duration::from_mins(1);

/// The groups of the daemon's own namespace, which stand for whether there is any news in the others:
/// families are registered for all namespaces at once.
#[derive(Debug, Default)]
pub(super) struct FamilyGroups {
    own: BTreeMap<String, u32>,
    edition: u64,
    wanted: bool,
    asked_at: Option<Instant>,
    /// What may tell of a change, as of now and when it was asked; `None`: nothing does.
    changes: Option<u64>,
    asked_changes: Option<u64>,
}

impl FamilyGroups {
    /// None yet; to be asked for if they are `wanted`.
    pub(super) fn new(wanted: bool) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Whether they are wanted from now on.
    pub(super) fn want(&mut self, wanted: bool) {
        self.wanted = wanted;
    }

    /// Takes note of how many changes there were that may concern families.
    pub(super) fn note(&mut self, changes: Option<u64>) {
        self.changes = changes;
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&self) -> bool {
        let is_quiet = self.changes.is_some() && self.changes == self.asked_changes;
        let good_for = if is_quiet { ASK_QUIET } else { ASK };
        self.wanted && self.asked_at.is_none_or(|at| at.elapsed() >= good_for)
    }

    /// Asks, if it is time. To be called in the daemon's own namespace.
    pub(super) fn ask(&mut self) {
        if !self.is_due() {
            return;
        }
        (self.asked_at, self.asked_changes) = (Some(Instant::now()), self.changes);
        match groups() {
            Ok(found) if found == self.own && self.edition > 0 => {}
            Ok(found) => {
                self.own = found;
                self.edition += 1;
            }
            Err(error) => throttle::SUBSCRIPTION.warn(format_args!(
                "the groups of generic netlink stay as they were: {:#}",
                anyhow::Error::from(error)
            )),
        }
    }

    /// The groups of the daemon's own namespace, by `family/group`.
    pub(super) fn own(&self) -> &BTreeMap<String, u32> {
        &self.own
    }

    /// Raised with each change; 0 until the first answer.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }
}

/// Numbers of the groups there are in the calling thread's namespace, by `family/group`.
pub(super) fn groups() -> Result<BTreeMap<String, u32>, Error> {
    Ok(Families::parse(&families(TIMEOUT)?).groups().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controller_has_its_own_group_in_every_kernel() {
        assert_eq!(groups().unwrap().get("nlctrl/notify"), Some(&16));
    }
}
