//! Proof that an attached probe fires: the programs count the daemon's own calls apart, so that
//! traffic of its own shows which hooks see it.

use super::Probe;

/// What the programs have counted of the daemon's own calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnCalls {
    /// Entries into unicasts.
    pub unicasts: u64,
    /// Entries into broadcasts.
    pub broadcasts: u64,
    /// Entries into dumps.
    pub dumps: u64,
    /// Returns of all three.
    pub returns: u64,
    /// Datagrams put into a receiver's queue.
    pub deliveries: u64,
}

impl OwnCalls {
    /// What was counted since `before`.
    fn since(&self, before: &Self) -> Self {
        Self {
            unicasts: self.unicasts - before.unicasts,
            broadcasts: self.broadcasts - before.broadcasts,
            dumps: self.dumps - before.dumps,
            returns: self.returns - before.returns,
            deliveries: self.deliveries - before.deliveries,
        }
    }
}

/// What a probe has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It saw the calls and their returns.
    Fires,
    /// It is attached, and saw nothing.
    Silent,
    /// It saw the calls, but not every return.
    MissesReturns,
    /// No call of the daemon's own passes it.
    Untested,
}

/// What `probe` has shown between two counts, when a unicast, a multicast and a dump were made.
pub fn proof(probe: Probe, before: &OwnCalls, after: &OwnCalls) -> Proof {
    let OwnCalls { unicasts, broadcasts, dumps, returns, deliveries } = after.since(before);
    let seen = match probe {
        Probe::Unicast => unicasts,
        Probe::Broadcast => broadcasts,
        Probe::Dump => dumps,
        Probe::Delivery => deliveries,
        Probe::Overrun
        | Probe::Bind
        | Probe::Release
        | Probe::Flush4
        | Probe::Route4
        | Probe::Flush6
        | Probe::Route6 => return Proof::Untested,
    };
    if seen == 0 {
        Proof::Silent
    } else if probe != Probe::Delivery && returns != unicasts + broadcasts + dumps {
        Proof::MissesReturns
    } else {
        Proof::Fires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: OwnCalls =
        OwnCalls { unicasts: 0, broadcasts: 0, dumps: 0, returns: 0, deliveries: 0 };
    const ALL: OwnCalls =
        OwnCalls { unicasts: 3, broadcasts: 1, dumps: 2, returns: 6, deliveries: 2 };

    #[test]
    fn a_probe_that_saw_its_calls_and_returns_fires() {
        for probe in [Probe::Unicast, Probe::Broadcast, Probe::Dump, Probe::Delivery] {
            assert_eq!(proof(probe, &NONE, &ALL), Proof::Fires, "{}", probe.name());
            assert_eq!(proof(probe, &ALL, &ALL), Proof::Silent, "{}", probe.name());
        }
        assert_eq!(proof(Probe::Overrun, &NONE, &ALL), Proof::Untested);
    }

    #[test]
    fn one_return_less_is_noticed() {
        let missed = OwnCalls { returns: 5, ..ALL };
        assert_eq!(proof(Probe::Unicast, &NONE, &missed), Proof::MissesReturns);
        assert_eq!(proof(Probe::Delivery, &NONE, &missed), Proof::Fires);
    }
}
