//! Listeners that do not read: what waits in their queue is much, and does not become less.

use std::collections::BTreeMap;

use super::{Condition, Kind, Severity, Thresholds};

/// Percent of its buffer that has to wait in it.
const FULL_PERCENT: u64 = 50;

/// A queue that something waits in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Netlink protocol by name.
    pub protocol: String,
    /// The process that uses the socket.
    pub process: String,
    /// Its process id.
    pub pid: u32,
    /// What waits, as the kernel counts it against the buffer.
    pub bytes: u64,
    /// Size of the buffer.
    pub buffer_bytes: u64,
    /// Datagrams that the socket lost since it was opened.
    pub drops: u32,
}

/// Namespace, protocol, port id and inode of a socket.
pub type SocketKey = (u32, u8, u32, u64);

/// The queues that are not empty, at one scan of all sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// When the scan was.
    pub at_ns: u64,
    /// Each that something waits in.
    pub queues: BTreeMap<SocketKey, Queue>,
}

/// Since when queues do not become less.
#[derive(Clone, Debug, Default)]
pub(super) struct Stalls {
    at_ns: u64,
    since: BTreeMap<SocketKey, (u64, Queue)>,
}

impl Stalls {
    /// Takes the last scan in, if it is another than before. Which queues are stuck.
    pub(super) fn look(
        &mut self,
        queues: Option<&Queues>,
        thresholds: &Thresholds,
    ) -> Vec<Condition> {
        if let Some(queues) = queues.filter(|queues| queues.at_ns > self.at_ns) {
            self.scan(queues);
        }
        let is_long = |since_ns: u64| self.at_ns - since_ns >= thresholds.stall_ns;
        let stuck = self.since.values().filter(|(since_ns, _)| is_long(*since_ns));
        stuck.map(|(since_ns, queue)| condition(queue, self.at_ns - since_ns)).collect()
    }

    fn scan(&mut self, queues: &Queues) {
        let before = std::mem::take(&mut self.since);
        self.at_ns = queues.at_ns;
        let is_full = |queue: &Queue| queue.bytes * 100 >= queue.buffer_bytes * FULL_PERCENT;
        for (key, queue) in queues.queues.iter().filter(|(_, queue)| is_full(queue)) {
            let known = before.get(key).filter(|(_, last)| queue.bytes >= last.bytes);
            let since_ns = known.map_or(queues.at_ns, |(since_ns, _)| *since_ns);
            self.since.insert(*key, (since_ns, queue.clone()));
        }
    }
}

fn condition(queue: &Queue, for_ns: u64) -> Condition {
    let Queue { protocol, process, pid, bytes, buffer_bytes, drops } = queue;
    let lost = match drops {
        0 => Vec::new(),
        drops => vec![format!("The socket has lost {drops} datagrams.")],
    };
    Condition {
        kind: Kind::Stall,
        subject: format!("{process}[{pid}] {protocol}"),
        severity: Severity::Warning,
        text: format!(
            "{process}[{pid}] has read nothing of {protocol} for {} s: {bytes} bytes wait in its \
             buffer of {buffer_bytes}.",
            for_ns / 1_000_000_000
        ),
        evidence: lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(at_s: u64, bytes: u64) -> Queues {
        let (process, protocol) = ("bird".to_owned(), "route".to_owned());
        let queue = Queue { protocol, process, pid: 7, bytes, buffer_bytes: 1000, drops: 5 };
        Queues { at_ns: at_s * 1_000_000_000, queues: [((1, 0, 7, 9), queue)].into() }
    }

    fn run(scans: &[(u64, u64)]) -> usize {
        let mut stalls = Stalls::default();
        let looks = scans.iter().map(|(at, bytes)| {
            let scan = scan(*at, *bytes);
            stalls.look(Some(&scan), &Thresholds::default()).len()
        });
        looks.sum()
    }

    #[test]
    fn a_full_queue_that_nobody_reads_is_a_stall_until_it_is_read() {
        let mut stalls = Stalls::default();
        let mut look = |at, bytes| stalls.look(Some(&scan(at, bytes)), &Thresholds::default());
        assert_eq!(look(10, 600), []);
        assert_eq!(look(30, 900), []);
        let found = look(40, 900);
        assert_eq!(found[0].subject, "bird[7] route");
        assert_eq!(
            found[0].text,
            "bird[7] has read nothing of route for 30 s: 900 bytes wait in its buffer of 1000."
        );
        assert_eq!(found[0].evidence, ["The socket has lost 5 datagrams."]);
        // The same scan again says no more and no less.
        assert_eq!(look(40, 900).len(), 1);
        assert_eq!(look(50, 100), []);
        assert_eq!(look(60, 900), []);
    }

    #[test]
    fn who_reads_and_who_has_little_waiting_does_not_stall() {
        assert_eq!(run(&[(0, 900), (10, 800), (20, 900), (30, 700), (40, 800), (50, 700)]), 0);
        assert_eq!(run(&[(0, 400), (10, 400), (20, 400), (30, 400), (40, 400), (50, 400)]), 0);
    }
}
