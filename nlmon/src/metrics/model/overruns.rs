//! Datagrams that receiving sockets had no room for, by the process that holds the socket and by
//! the type that did not fit.
//!
//! The kernel counts by port id. Whose it is, is looked up when a socket first loses something,
//! and kept: a count must not move from one name to another when its process is gone.

use std::{borrow::Cow, collections::BTreeMap};

use nlmon_common::counter::OverrunKey;

use super::{
    family::Family,
    ledger::{Budget, OTHER, PROCESSES_MAX},
};
use crate::metrics::names;
use nlmon_core::decode::{Context, Families, names::protocol_name};

use crate::{probe::Snapshot, sockets::Scan};

/// A socket that nobody held any more, or that could not be seen.
const UNKNOWN: &str = "unknown";

/// Network namespace, protocol and port id: a socket, as the kernel's counter tells it.
type Receiver = (u32, u8, u32);

/// The names of the sockets that have lost something.
#[derive(Debug, Default)]
pub(crate) struct Overruns {
    names: BTreeMap<Receiver, String>,
    /// The names of the types that did not fit, as they were at the first of each.
    types: BTreeMap<(u8, u32), Cow<'static, str>>,
    budget: Budget<String>,
}

impl Overruns {
    /// Finds out who holds the sockets that have lost something for the first time.
    pub(crate) fn resolve(&mut self, snapshot: &Snapshot, families: &Families) {
        for key in snapshot.overruns.keys() {
            let of_type = (key.protocol, key.message_type);
            self.types.entry(of_type).or_insert_with(|| type_name(of_type, families));
        }
        let known = |key: &OverrunKey| self.names.contains_key(&receiver(key));
        if snapshot.overruns.keys().all(known) {
            return;
        }
        let holders = holders();
        for key in snapshot.overruns.keys() {
            self.names.entry(receiver(key)).or_insert_with(|| {
                let name = holders.get(&receiver(key)).map_or(UNKNOWN, String::as_str);
                let admitted = self.budget.admits(name.to_owned(), PROCESSES_MAX);
                if admitted { name } else { OTHER }.to_owned()
            });
        }
    }

    /// Both families. [`resolve`](Self::resolve) has to have seen the snapshot.
    pub(crate) fn families(&self, snapshot: &Snapshot) -> [Family; 2] {
        let mut by_process: BTreeMap<(u8, &str), u64> = BTreeMap::new();
        // By name: a generic family that came twice has had two numbers.
        let mut by_type: BTreeMap<(u8, &str), u64> = BTreeMap::new();
        for (key, count) in &snapshot.overruns {
            let name = self.names.get(&receiver(key)).map_or(UNKNOWN, String::as_str);
            *by_process.entry((key.protocol, name)).or_default() += count;
            let of_type = self.types.get(&(key.protocol, key.message_type));
            *by_type.entry((key.protocol, of_type.map_or(OTHER, |name| name))).or_default() +=
                count;
        }
        let mut processes = Family::new(&names::OVERRUNS);
        for ((protocol, process), count) in by_process {
            processes.add(&[&protocol_name(protocol), process], count);
        }
        let mut types = Family::new(&names::OVERRUN_TYPES);
        for ((protocol, message_type), count) in by_type {
            types.add(&[&protocol_name(protocol), message_type], count);
        }
        [processes, types]
    }
}

fn receiver(key: &OverrunKey) -> Receiver {
    (key.netns, key.protocol, key.portid)
}

fn type_name((protocol, message_type): (u8, u32), families: &Families) -> Cow<'static, str> {
    let context = Context::new(families);
    u16::try_from(message_type)
        .map_or(Cow::Borrowed("raw"), |message_type| context.type_name(protocol, message_type))
}

/// Who holds which socket now; nobody where they cannot be seen.
fn holders() -> BTreeMap<Receiver, String> {
    let scan = match Scan::take() {
        Ok(scan) => scan,
        Err(error) => {
            log::warn!("cannot find out who lost datagrams: {error}");
            return BTreeMap::new();
        }
    };
    let sockets = scan.seen.iter().flat_map(|seen| {
        let netns = u32::try_from(seen.namespace.inode).unwrap_or_default();
        seen.sockets.iter().map(move |socket| (netns, socket))
    });
    let name = |(netns, socket): (u32, &crate::sockets::Endpoint)| {
        Some(((netns, socket.protocol, socket.portid), socket.owner()?.comm.clone()))
    };
    sockets.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_that_came_twice_is_one_series() {
        let mut overruns = Overruns::default();
        let mut snapshot = Snapshot::default();
        for (number, count) in [(35, 2), (40, 3)] {
            overruns.types.insert((16, number), "nl80211".into());
            let key = OverrunKey {
                netns: 1,
                portid: number,
                message_type: number,
                protocol: 16,
                pad: [0; 3],
            };
            snapshot.overruns.insert(key, count);
        }
        let families = overruns.families(&snapshot).into_iter().filter_map(Family::finish);
        let families: Vec<_> = families.collect();
        let text = prometheus::TextEncoder::new().encode_to_string(&families).unwrap();
        let by_type = text.lines().filter(|line| line.starts_with("nlmon_overrun_types_total"));
        let by_type: Vec<_> = by_type.collect();
        assert_eq!(by_type, [r#"nlmon_overrun_types_total{protocol="generic",type="nl80211"} 5"#]);
    }
}
