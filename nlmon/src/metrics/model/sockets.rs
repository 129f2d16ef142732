//! What the sockets of the host hold and lost, added up by protocol and process from scan to scan.
//!
//! Pure. Drops are those since the daemon began: a socket that is there at the first scan has a
//! history that is none of nlmon's, and one that comes later counts from 0. Its growth stays in
//! the total when it goes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    budget::{Admission, NOBODY, OTHER, ROOT, Shares},
    family::Family,
};
use crate::metrics::names;
use nlmon_core::{decode::names::protocol_name, findings::Look};

use crate::sockets::{Endpoint, Scan};

/// Pairs of protocol and process that get series of their own.
const SERIES_MAX: usize = 512;

/// Sockets of the kernel.
const KERNEL: &str = "kernel";
/// Sockets of a process that nlmon may not see, or that are on their way between two processes.
const UNKNOWN: &str = "unknown";

/// The sums over the sockets of one process and protocol.
#[derive(Debug, Default)]
struct QueueTotals {
    sockets: u64,
    queue_bytes: u64,
    /// `None`: no scan could see buffers.
    buffer_bytes: Option<u64>,
    queue_high_bytes: u64,
    drops: u64,
}

/// Namespace, protocol, port id and inode: both kinds of scan tell these of a socket.
type Key = (u64, u8, u32, u64);

/// All series, and the state of the last scan that the next scan needs.
#[derive(Debug)]
pub(crate) struct SocketMetrics {
    looked: bool,
    drops: HashMap<Key, u32>,
    hidden: HashSet<u64>,
    series: BTreeMap<(u8, String), QueueTotals>,
    known: Shares<(u8, String)>,
}

impl Default for SocketMetrics {
    fn default() -> Self {
        Self {
            looked: false,
            drops: HashMap::new(),
            hidden: HashSet::new(),
            series: BTreeMap::new(),
            known: Shares::new(SERIES_MAX),
        }
    }
}

impl SocketMetrics {
    /// Takes a scan in.
    pub(crate) fn add(&mut self, scan: &Scan) {
        for series in self.series.values_mut() {
            (series.sockets, series.queue_bytes) = (0, 0);
            series.buffer_bytes = series.buffer_bytes.map(|_| 0);
        }
        let mut drops = HashMap::new();
        for seen in &scan.seen {
            let netns = seen.namespace.inode;
            let is_history = !self.looked || self.hidden.contains(&netns);
            for socket in &seen.sockets {
                let key = (netns, socket.protocol, socket.portid, socket.inode);
                drops.insert(key, socket.drops);
                let grown = match self.drops.get(&key) {
                    Some(before) => growth(*before, socket.drops),
                    None if is_history => 0,
                    None => socket.drops,
                };
                self.count(socket, grown.into());
            }
        }
        for series in self.series.values_mut() {
            series.queue_high_bytes = series.queue_high_bytes.max(series.queue_bytes);
        }
        // A namespace that could not be read this time goes on where it was.
        let hidden: HashSet<u64> = scan.gaps.hidden.iter().copied().collect();
        self.drops.retain(|(netns, ..), _| hidden.contains(netns));
        self.drops.extend(drops);
        (self.looked, self.hidden) = (true, hidden);
    }

    fn count(&mut self, socket: &Endpoint, drops: u64) {
        let (process, user) = match socket.owner() {
            _ if socket.is_kernel() => (KERNEL, ROOT),
            Some(owner) => (&*owner.comm, owner.user),
            None => (UNKNOWN, NOBODY),
        };
        let mut pair = (socket.protocol, process.to_owned());
        match self.known.admit(&pair, user, drops.saturating_add(1)) {
            Admission::Own => {}
            Admission::Other => OTHER.clone_into(&mut pair.1),
            Admission::InsteadOf(folded) => self.fold(folded),
        }
        let series = self.series.entry(pair).or_default();
        series.sockets += 1;
        series.queue_bytes += u64::from(socket.queue_bytes);
        series.drops += drops;
        if let Some(bytes) = socket.buffer_bytes {
            *series.buffer_bytes.get_or_insert(0) += u64::from(bytes);
        }
    }

    /// Counts a series as of others from now on.
    fn fold(&mut self, (protocol, process): (u8, String)) {
        let Some(folded) = self.series.remove(&(protocol, process)) else { return };
        let other = self.series.entry((protocol, OTHER.to_owned())).or_default();
        other.sockets += folded.sockets;
        other.queue_bytes += folded.queue_bytes;
        other.queue_high_bytes = other.queue_high_bytes.max(folded.queue_high_bytes);
        other.drops += folded.drops;
        if let Some(bytes) = folded.buffer_bytes {
            *other.buffer_bytes.get_or_insert(0) += bytes;
        }
    }

    /// Lets time pass: what is quiet makes room.
    pub(crate) fn age(&mut self) {
        self.known.age();
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut Look) {
        let of_processes = self.series.iter().filter(|((_, process), _)| process != KERNEL);
        let sockets = of_processes.map(|((protocol, process), series)| {
            ((protocol_name(*protocol).into_owned(), process.clone()), series.sockets)
        });
        look.sockets = self.looked.then(|| sockets.collect());
    }

    /// All families; none before the first scan.
    pub(crate) fn families(&self) -> Vec<Family> {
        let mut sockets = Family::new(&names::SOCKETS);
        let mut queues = Family::new(&names::SOCKET_QUEUE);
        let mut highs = Family::new(&names::SOCKET_QUEUE_HIGH);
        let mut buffers = Family::new(&names::SOCKET_BUFFER);
        let mut drops = Family::new(&names::SOCKET_DROPS);
        for ((protocol, process), series) in &self.series {
            let protocol = protocol_name(*protocol);
            let labels = [&*protocol, process];
            sockets.add(&labels, series.sockets);
            queues.add(&labels, series.queue_bytes);
            highs.add(&labels, series.queue_high_bytes);
            drops.add(&labels, series.drops);
            if let Some(bytes) = series.buffer_bytes {
                buffers.add(&labels, bytes);
            }
        }
        let mut overflow = Family::new(&names::SERIES_OVERFLOW);
        if self.looked {
            overflow.add(&[names::SOCKETS.name], self.known.refused);
        }
        vec![sockets, queues, highs, buffers, drops, overflow]
    }
}

/// How much a counter of 32 bits that wraps has grown. One that went back is another socket's,
/// which got the same numbers.
fn growth(before: u32, now: u32) -> u32 {
    let grown = now.wrapping_sub(before);
    if grown > u32::MAX / 2 { now } else { grown }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sockets::{Gaps, Namespace, Owner, Seen};

    fn socket(portid: u32, process: &str, drops: u32) -> Endpoint {
        let owner = Owner { pid: 7, comm: process.to_owned(), ..Owner::default() };
        Endpoint {
            protocol: 17,
            portid,
            inode: u64::from(portid) + 100,
            queue_bytes: 10,
            buffer_bytes: Some(64),
            drops,
            owners: vec![Arc::new(owner)],
            ..Endpoint::default()
        }
    }

    fn scan(sockets: Vec<Endpoint>) -> Scan {
        let namespace = Namespace::fake(1, "self");
        let seen = Seen { namespace, sockets };
        Scan { seen: vec![seen], gaps: Gaps::default() }
    }

    fn of(sockets: &SocketMetrics, process: &str) -> (u64, u64, u64, u64, u64) {
        let series = &sockets.series[&(17, process.to_owned())];
        let buffer = series.buffer_bytes.unwrap();
        (series.sockets, series.queue_bytes, series.queue_high_bytes, buffer, series.drops)
    }

    #[test]
    fn counts_what_grew_since_the_first_look() {
        let mut sockets = SocketMetrics::default();
        sockets.add(&scan(vec![socket(1, "a", 5), socket(2, "a", 0)]));
        assert_eq!(of(&sockets, "a"), (2, 20, 20, 128, 0));
        sockets.add(&scan(vec![socket(1, "a", 8), socket(3, "a", 4)]));
        assert_eq!(of(&sockets, "a"), (2, 20, 20, 128, 3 + 4));
    }

    #[test]
    fn what_has_gone_leaves_its_drops_and_its_high_water() {
        let mut sockets = SocketMetrics::default();
        sockets.add(&scan(vec![]));
        sockets.add(&scan(vec![socket(1, "a", 5)]));
        sockets.add(&scan(vec![]));
        assert_eq!(of(&sockets, "a"), (0, 0, 10, 0, 5));
        // The same numbers, but another socket.
        sockets.add(&scan(vec![socket(1, "a", 2)]));
        assert_eq!(of(&sockets, "a"), (1, 10, 10, 64, 7));
    }

    #[test]
    fn a_counter_that_wraps_goes_on() {
        assert_eq!(growth(u32::MAX, 2), 3);
        assert_eq!(growth(7, 7), 0);
        assert_eq!(growth(7, 2), 2);
    }

    #[test]
    fn a_namespace_out_of_sight_counts_neither_twice_nor_its_past() {
        let mut sockets = SocketMetrics::default();
        let blind = || {
            let mut scan = scan(vec![]);
            scan.seen.clear();
            scan.gaps.hidden = vec![1];
            scan
        };
        sockets.add(&blind());
        sockets.add(&scan(vec![socket(1, "a", 5)]));
        assert_eq!(of(&sockets, "a").4, 0);
        sockets.add(&blind());
        sockets.add(&scan(vec![socket(1, "a", 6)]));
        assert_eq!(of(&sockets, "a").4, 1);
    }

    #[test]
    fn the_kernels_own_and_those_of_nobody_are_told_apart() {
        let mut sockets = SocketMetrics::default();
        let nobodys = Endpoint { owners: vec![], ..socket(9, "", 0) };
        let kernels = Endpoint { owners: vec![], ..socket(0, "", 0) };
        sockets.add(&scan(vec![nobodys, kernels]));
        assert_eq!(of(&sockets, KERNEL).0, 1);
        assert_eq!(of(&sockets, UNKNOWN).0, 1);
    }

    #[test]
    fn a_user_with_many_sockets_takes_no_series_from_root() {
        let mut sockets = SocketMetrics::default();
        let held = |n: u32, process: &str, user| {
            let owner = Owner { pid: n, comm: process.to_owned(), user, ..Owner::default() };
            Endpoint { owners: vec![Arc::new(owner)], ..socket(n, process, 1) }
        };
        let all = || {
            let made_up = (1..=600).map(|n| held(n, &format!("x{n}"), 1000));
            made_up.chain([held(700, "networkd", 0)]).collect()
        };
        sockets.add(&scan(vec![]));
        sockets.add(&scan(all()));
        sockets.add(&scan(all()));
        assert_eq!(of(&sockets, "networkd").0, 1);
        assert_eq!(sockets.series.values().map(|series| series.sockets).sum::<u64>(), 601);
        assert_eq!(sockets.series.values().map(|series| series.drops).sum::<u64>(), 601);
        assert!(sockets.series.len() <= SERIES_MAX + 1);
    }

    #[test]
    fn pairs_beyond_the_budget_are_counted_as_other_and_said() {
        let mut sockets = SocketMetrics::default();
        let many = || (1..=515).map(|n| socket(n, &format!("p{n}"), 0)).collect();
        sockets.add(&scan(many()));
        sockets.add(&scan(many()));
        assert_eq!(sockets.known.refused, 3);
        assert_eq!(of(&sockets, OTHER).0, 3);
    }
}
