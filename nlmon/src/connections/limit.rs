//! The limit on a server's connections. Peers share its permits fairly.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{Peer, Turned};

/// Tells a connection that it has lost its permit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closing(Arc<Notify>);

impl Closing {
    /// Returns once the permit is lost.
    pub(crate) async fn requested(&self) {
        self.0.notified().await;
    }
}

/// The bound on one kind of connection.
pub(crate) struct ConnectionLimit {
    most: Box<dyn Fn() -> usize + Send + Sync>,
    turned: &'static Turned,
    held: Mutex<Connections>,
}

#[derive(Debug, Default)]
struct Connections {
    next: u64,
    /// Oldest first.
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    peer: Peer,
    is_busy: bool,
    closing: Closing,
}

impl fmt::Debug for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { turned, held, .. } = self;
        f.debug_struct("ConnectionLimit")
            .field("most", &self.most())
            .field("turned", turned)
            .field("held", held)
            .finish()
    }
}

/// Admits one connection. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Permit {
    limit: Arc<ConnectionLimit>,
    number: u64,
}

impl ConnectionLimit {
    /// At most `most` permits, which is asked each time: fewer take none away. `turned` counts who
    /// loses one.
    pub(crate) fn new(
        most: impl Fn() -> usize + Send + Sync + 'static,
        turned: &'static Turned,
    ) -> Arc<Self> {
        Arc::new(Self { most: Box::new(most), turned, held: Mutex::default() })
    }

    /// How many there are.
    pub(crate) fn most(&self) -> usize {
        (self.most)()
    }

    /// Whether half of the permits are taken. From then on each peer's share matters.
    pub(crate) fn is_crowded(&self) -> bool {
        self.held().taken.len() * 2 >= self.most()
    }

    /// A permit for a connection of `peer`. `closing` tells the connection when it loses the
    /// permit. `None` if all are taken, and none by a connection with less right to it.
    pub(crate) fn admit(self: &Arc<Self>, peer: Peer, closing: &Closing) -> Option<Permit> {
        let mut held = self.held();
        if held.taken.len() >= self.most() {
            let Some(victim) = held.victim(peer) else {
                self.turned.refuse();
                return None;
            };
            if let Some(taken) = held.taken.remove(&victim) {
                // Kept until it is waited for.
                taken.closing.0.notify_one();
                self.turned.evict();
            }
        }
        let number = held.next;
        held.next += 1;
        let taken = Taken { peer, is_busy: false, closing: closing.clone() };
        held.taken.insert(number, taken);
        Some(Permit { limit: Arc::clone(self), number })
    }

    /// No update leaves it half done, so a panic elsewhere leaves it usable.
    fn held(&self) -> MutexGuard<'_, Connections> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Who has to go for a connection of `newcomer`: an idle one of the peer that has the most, the
    /// oldest; if none is idle, the oldest busy one, but only for a peer that has clearly fewer.
    fn victim(&self, newcomer: Peer) -> Option<u64> {
        let mut counts: BTreeMap<Peer, usize> = BTreeMap::from([(newcomer, 1)]);
        for taken in self.taken.values() {
            *counts.entry(taken.peer).or_default() += 1;
        }
        let own = counts.get(&newcomer).copied().unwrap_or_default();
        let most = counts.values().copied().max().unwrap_or_default();
        let of_heaviest = || self.taken.iter().filter(|(_, taken)| counts[&taken.peer] == most);
        let idle = of_heaviest().find(|(_, taken)| !taken.is_busy);
        let busy = || of_heaviest().find(|(_, taken)| taken.peer != newcomer && most > own);
        idle.or_else(busy).map(|(number, _)| *number)
    }
}

impl Permit {
    /// Says whether a request is under way: who only has a connection open goes first.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        if let Some(taken) = self.limit.held().taken.get_mut(&self.number) {
            taken.is_busy = is_busy;
        }
    }

    /// Gives it up, before the connection ends.
    pub(crate) fn leave(&self) {
        self.limit.held().taken.remove(&self.number);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures_util::FutureExt as _;

    use super::*;
    use crate::connections::HTTP;

    fn peer(number: u8) -> Peer {
        Peer::of_address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)))
    }

    fn is_closing(closing: &Closing) -> bool {
        closing.requested().now_or_never().is_some()
    }

    #[test]
    fn a_peer_with_many_makes_room_for_one_with_few() {
        let limit = ConnectionLimit::new(|| 4, &HTTP);
        let greedy: Vec<_> = (0..4).map(|_| Closing::default()).collect();
        let held: Vec<_> = greedy.iter().map(|c| limit.admit(peer(1), c).unwrap()).collect();
        for permit in &held {
            permit.set_busy(true);
        }
        // None of its own is idle: it gets no more.
        assert!(limit.admit(peer(1), &Closing::default()).is_none());
        let modest = Closing::default();
        let permit = limit.admit(peer(2), &modest).unwrap();
        let closed: Vec<_> = greedy.iter().map(is_closing).collect();
        assert_eq!(closed, [true, false, false, false]);
        drop(held);
        drop(permit);
        assert!(limit.held().taken.is_empty());
    }

    #[test]
    fn the_oldest_idle_connection_goes_first() {
        let limit = ConnectionLimit::new(|| 3, &HTTP);
        let closings: Vec<_> = (0..5).map(|_| Closing::default()).collect();
        let mut held = Vec::new();
        for (number, closing) in closings.iter().enumerate() {
            held.push(limit.admit(peer(1), closing).unwrap());
            held[number].set_busy(number == 0);
        }
        let closed: Vec<_> = closings.iter().map(is_closing).collect();
        assert_eq!(closed, [false, true, true, false, false]);
    }

    #[test]
    fn a_peer_with_few_keeps_what_it_has() {
        let limit = ConnectionLimit::new(|| 4, &HTTP);
        let modest = Closing::default();
        let _permit = limit.admit(peer(2), &modest).unwrap();
        let _held: Vec<_> =
            (0..100).map(|_| limit.admit(peer(1), &Closing::default()).unwrap()).collect();
        assert!(!is_closing(&modest));
    }

    #[test]
    fn who_leaves_early_makes_room() {
        let limit = ConnectionLimit::new(|| 1, &HTTP);
        let closing = Closing::default();
        let permit = limit.admit(peer(1), &closing).unwrap();
        permit.leave();
        let _other = limit.admit(peer(1), &Closing::default()).unwrap();
        drop(permit);
        assert!(!is_closing(&closing));
        assert_eq!(limit.held().taken.len(), 1);
    }
}
