//! What each socket lost, from look to look: how much, and between which two looks.
//!
//! Bounded: of a socket without losses a few numbers are kept, of one with losses the last bursts.
//! What a closed socket lost stays until there are too many of those.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Bursts that are kept of a socket.
const BURSTS_MAX: usize = 16;

/// Closed sockets whose losses are kept.
const CLOSED_MAX: usize = 64;

/// A socket at one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Socket {
    /// Inode number of its network namespace.
    pub netns: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Port id.
    pub portid: u32,
    /// Number of its inode.
    pub inode: u64,
    /// Multicast groups that it is in.
    pub groups: Vec<u32>,
    /// What waits in it, as the kernel counts that against the buffer.
    pub queue_bytes: u32,
    /// Its buffer, if the kernel tells.
    pub buffer_bytes: Option<u32>,
    /// What it lost since it was opened; wraps.
    pub drops: u32,
    /// It hears the groups of all namespaces.
    pub hears_all: bool,
    /// Who uses it: process id and name.
    pub process: Option<(u32, String)>,
}

/// Losses with nothing read to the end in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// The last look before it at which the queue was empty, or at which there was no such socket.
    pub from_ns: u64,
    /// The look that saw the last of it.
    pub to_ns: u64,
    /// How many datagrams found no room.
    pub lost: u64,
    /// What waited in the queue then.
    pub queue_bytes: u32,
    /// The queue was never seen empty before.
    pub began_full: bool,
}

/// A socket that lost something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// As it was when it was last seen.
    pub socket: Socket,
    /// It is there.
    pub is_open: bool,
    /// What it lost since the first look.
    pub lost: u64,
    /// What it had lost before.
    pub lost_before: u32,
    /// When, the last times.
    pub bursts: VecDeque<Burst>,
    /// What it lost in bursts that are not kept any more.
    pub forgotten: u64,
}

/// Namespace, protocol, port id and inode.
type Key = (u32, u8, u32, u64);

/// What the next look needs of a socket.
#[derive(Clone, Debug)]
struct Seen {
    drops: u32,
    /// The last look at which nothing waited in it.
    empty_ns: u64,
    /// It was never seen so.
    never_empty: bool,
    /// It has lost something, and was not seen empty since.
    goes_on: bool,
    losses: Option<Box<Listener>>,
}

/// The sockets of all looks.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    last_ns: Option<u64>,
    seen: BTreeMap<Key, Seen>,
    hidden: BTreeSet<u32>,
    closed: VecDeque<Listener>,
}

impl Listeners {
    /// Takes in all sockets that are there, as they were at some moment of a look that began and ended
    /// at these times. Of the namespaces in `hidden` none could be seen.
    pub fn look(
        &mut self,
        (began_ns, ended_ns): (u64, u64),
        sockets: impl IntoIterator<Item = Socket>,
        hidden: BTreeSet<u32>,
    ) {
        let mut now = BTreeMap::new();
        for socket in sockets {
            let key = (socket.netns, socket.protocol, socket.portid, socket.inode);
            let before = self.seen.remove(&key);
            // What was there before the first look has a history of unknown times.
            let is_history = self.last_ns.is_none() || self.hidden.contains(&socket.netns);
            let mut seen = before.unwrap_or_else(|| Seen {
                drops: if is_history { socket.drops } else { 0 },
                empty_ns: self.last_ns.filter(|_| !is_history).unwrap_or(began_ns),
                never_empty: is_history && socket.queue_bytes > 0,
                goes_on: false,
                losses: None,
            });
            seen.look((began_ns, ended_ns), socket, is_history);
            now.insert(key, seen);
        }
        let gone = std::mem::replace(&mut self.seen, now);
        for (key, seen) in gone {
            if hidden.contains(&key.0) {
                self.seen.insert(key, seen);
            } else if let Some(losses) = seen.losses {
                self.close(*losses);
            }
        }
        (self.last_ns, self.hidden) = (Some(began_ns), hidden);
    }

    fn close(&mut self, listener: Listener) {
        self.closed.push_back(Listener { is_open: false, ..listener });
        if self.closed.len() > CLOSED_MAX {
            self.closed.pop_front();
        }
    }

    /// Those that lost something.
    pub fn iter(&self) -> impl Iterator<Item = &Listener> {
        let open = self.seen.values().filter_map(|seen| seen.losses.as_deref());
        open.chain(&self.closed)
    }
}

impl Seen {
    fn look(&mut self, (began_ns, ended_ns): (u64, u64), socket: Socket, is_first: bool) {
        let grown = growth(self.drops, socket.drops);
        let lost_before = if is_first && self.losses.is_none() { socket.drops } else { 0 };
        self.drops = socket.drops;
        if grown > 0 || lost_before > 0 {
            let goes_on = std::mem::replace(&mut self.goes_on, grown > 0);
            let burst = Burst {
                from_ns: self.empty_ns,
                to_ns: ended_ns,
                lost: grown.into(),
                queue_bytes: socket.queue_bytes,
                began_full: self.never_empty,
            };
            let losses = self.losses.get_or_insert_with(|| {
                Box::new(Listener {
                    socket: Socket::default(),
                    is_open: true,
                    lost: 0,
                    lost_before,
                    bursts: VecDeque::new(),
                    forgotten: 0,
                })
            });
            losses.add(burst, goes_on);
        }
        if socket.queue_bytes == 0 {
            (self.empty_ns, self.never_empty, self.goes_on) = (began_ns, false, false);
        }
        if let Some(losses) = &mut self.losses {
            losses.socket = socket;
        }
    }
}

impl Listener {
    fn add(&mut self, burst: Burst, goes_on: bool) {
        if burst.lost == 0 {
            return;
        }
        self.lost += burst.lost;
        match self.bursts.back_mut() {
            Some(last) if goes_on => {
                last.lost += burst.lost;
                (last.to_ns, last.queue_bytes) = (burst.to_ns, burst.queue_bytes);
            }
            _ => self.bursts.push_back(burst),
        }
        if self.bursts.len() > BURSTS_MAX {
            self.forgotten += self.bursts.pop_front().map_or(0, |burst| burst.lost);
        }
    }
}

/// How much a counter of 32 bits that wraps has grown. One that went back is another socket's.
fn growth(before: u32, now: u32) -> u32 {
    let grown = now.wrapping_sub(before);
    if grown > u32::MAX / 2 { now } else { grown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(inode: u64, queue_bytes: u32, drops: u32) -> Socket {
        Socket { netns: 1, inode, queue_bytes, drops, ..Socket::default() }
    }

    fn look(listeners: &mut Listeners, at_ns: u64, sockets: &[Socket]) {
        listeners.look((at_ns, at_ns), sockets.to_vec(), BTreeSet::new());
    }

    fn bursts(listeners: &Listeners, inode: u64) -> Vec<(u64, u64, u64)> {
        let found = listeners.iter().find(|listener| listener.socket.inode == inode).unwrap();
        found.bursts.iter().map(|burst| (burst.from_ns, burst.to_ns, burst.lost)).collect()
    }

    #[test]
    fn a_burst_goes_from_the_last_empty_queue_to_the_look_that_saw_the_last_of_it() {
        let mut listeners = Listeners::default();
        look(&mut listeners, 10, &[socket(1, 0, 0)]);
        look(&mut listeners, 20, &[socket(1, 0, 0)]);
        assert_eq!(listeners.iter().count(), 0);
        // It fills, is full, and stays so: one burst.
        look(&mut listeners, 30, &[socket(1, 900, 0)]);
        look(&mut listeners, 40, &[socket(1, 2304, 5)]);
        look(&mut listeners, 50, &[socket(1, 2304, 5)]);
        look(&mut listeners, 60, &[socket(1, 2304, 12)]);
        assert_eq!(bursts(&listeners, 1), [(20, 60, 12)]);
        // It was read to its end, and lost again.
        look(&mut listeners, 70, &[socket(1, 0, 12)]);
        look(&mut listeners, 80, &[socket(1, 0, 14)]);
        assert_eq!(bursts(&listeners, 1), [(20, 60, 12), (70, 80, 2)]);
        assert_eq!(listeners.iter().next().unwrap().lost, 14);
    }

    #[test]
    fn what_was_lost_before_the_first_look_is_at_no_time() {
        let mut listeners = Listeners::default();
        look(&mut listeners, 10, &[socket(1, 300, 7)]);
        look(&mut listeners, 20, &[socket(1, 900, 8), socket(2, 0, 3)]);
        let first = listeners.iter().find(|listener| listener.socket.inode == 1).unwrap();
        assert_eq!((first.lost_before, first.lost), (7, 1));
        assert!(first.bursts[0].began_full);
        // One that has come since has lost all that it lost.
        assert_eq!(bursts(&listeners, 2), [(10, 20, 3)]);
    }

    #[test]
    fn what_a_closed_socket_lost_stays_and_a_namespace_out_of_sight_is_not_closed() {
        let mut listeners = Listeners::default();
        look(&mut listeners, 10, &[]);
        look(&mut listeners, 20, &[socket(1, 0, 3)]);
        listeners.look((30, 30), Vec::new(), [1].into());
        assert!(listeners.iter().next().unwrap().is_open);
        listeners.look((40, 40), vec![socket(1, 0, 4)], BTreeSet::new());
        assert_eq!(bursts(&listeners, 1), [(10, 20, 3), (20, 40, 1)]);
        look(&mut listeners, 50, &[]);
        let closed = listeners.iter().next().unwrap();
        assert_eq!((closed.is_open, closed.lost), (false, 4));
        for inode in 100..300 {
            look(&mut listeners, inode, &[socket(inode, 0, 1)]);
        }
        assert!(listeners.iter().count() <= CLOSED_MAX + 1);
    }

    #[test]
    fn many_bursts_are_forgotten_but_counted() {
        let mut listeners = Listeners::default();
        look(&mut listeners, 1, &[socket(1, 0, 0)]);
        for n in 1..=40 {
            look(&mut listeners, 10 * u64::from(n), &[socket(1, 0, n)]);
        }
        let all = listeners.iter().next().unwrap();
        assert_eq!((all.lost, all.forgotten, all.bursts.len()), (40, 24, BURSTS_MAX));
    }
}
