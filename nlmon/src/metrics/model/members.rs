//! How many sockets listen to each multicast group: the fan-out of what is sent there.

use std::collections::{BTreeMap, BTreeSet};

use super::{family::Family, ledger::series_name};
use crate::metrics::names;
use nlmon_core::decode::names::protocol_name;

use crate::sockets::Scan;

/// Groups that are counted. Sockets can be in any of thousands.
const GROUPS_MAX: usize = 4096;

/// The processes with a socket in a group of a protocol, and their users. They rely on what they
/// receive, so they have counters before anything is lost or refused.
pub(crate) fn listeners(scan: &Scan) -> BTreeSet<(u8, &str, u32)> {
    let sockets = scan.seen.iter().flat_map(|seen| &seen.sockets);
    let members = sockets.filter(|socket| !socket.groups.is_empty());
    members
        .filter_map(|socket| {
            let owner = socket.owner()?;
            Some((socket.protocol, series_name(&owner.comm), owner.user))
        })
        .collect()
}

/// Members by protocol and group, of the last scan.
#[derive(Debug, Default)]
pub(crate) struct Members {
    counts: BTreeMap<(u8, u32), u64>,
}

impl Members {
    /// Takes a scan in. A group that nobody is in any more stays, with 0.
    pub(crate) fn add(&mut self, scan: &Scan) {
        self.counts.values_mut().for_each(|count| *count = 0);
        for socket in scan.seen.iter().flat_map(|seen| &seen.sockets) {
            for group in &socket.groups {
                let key = (socket.protocol, *group);
                if self.counts.len() < GROUPS_MAX || self.counts.contains_key(&key) {
                    *self.counts.entry(key).or_default() += 1;
                }
            }
        }
    }

    /// The family, with the groups by the labels that `label` gives.
    pub(crate) fn family(&self, mut label: impl FnMut(u8, u32) -> String) -> Family {
        let mut by_label: BTreeMap<(u8, String), u64> = BTreeMap::new();
        for ((protocol, group), count) in &self.counts {
            *by_label.entry((*protocol, label(*protocol, *group))).or_default() += count;
        }
        let mut family = Family::new(&names::GROUP_MEMBERS);
        for ((protocol, group), count) in by_label {
            family.add(&[&protocol_name(protocol), &group], count);
        }
        family
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::{Endpoint, Gaps, Namespace, Seen};

    fn scan(groups: &[&[u32]]) -> Scan {
        let socket = |groups: &&[u32]| Endpoint {
            protocol: 17,
            portid: 5,
            groups: groups.to_vec(),
            ..Endpoint::default()
        };
        let namespace = Namespace::fake(1, "self");
        let sockets = groups.iter().map(socket).collect();
        Scan { seen: vec![Seen { namespace, sockets }], gaps: Gaps::default() }
    }

    #[test]
    fn counts_the_sockets_in_a_group_as_they_come_and_go() {
        let mut members = Members::default();
        members.add(&scan(&[&[1, 2], &[1], &[]]));
        assert_eq!(members.counts, BTreeMap::from([((17, 1), 2), ((17, 2), 1)]));
        members.add(&scan(&[&[1]]));
        assert_eq!(members.counts, BTreeMap::from([((17, 1), 1), ((17, 2), 0)]));
        let family = members.family(|_, _| "other".to_owned()).finish().unwrap();
        assert_eq!(family.get_metric().len(), 1);
    }
}
