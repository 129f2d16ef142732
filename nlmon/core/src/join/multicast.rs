//! The multicast join: a broadcast that a probe saw, and the same datagram on the daemon's own
//! socket. Either may come first; identical ones are paired in order. A broadcast is called lost
//! only if a socket of the daemon was a member for its whole duration, and a delivery unobserved
//! only if every datagram of its protocol is sampled.

use super::{
    JoinSettings,
    counts::MulticastCounts,
    has,
    memberships::{Group, Memberships},
    pending::{Id, Pending},
    reorder::ReorderBuffer,
};
use crate::record::{Delivery, Observation, Outcome, Record};

/// What both sides know of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key<'a> {
    group: Group,
    len: u32,
    prefix: &'a [u8],
}

impl<'a> Key<'a> {
    /// `None` if `data` is shorter than what is compared of the protocol's datagrams, `snap` bytes.
    fn new(group: Group, len: u32, data: &'a [u8], snap: usize) -> Option<Self> {
        let prefix = data.get(..snap.min(usize::try_from(len).ok()?))?;
        (!prefix.is_empty()).then_some(Self { group, len, prefix })
    }

    fn of_sent(observation: &'a Observation, snap: usize) -> Option<Self> {
        Self::new(group_of(observation), observation.len, &observation.data, snap)
    }

    fn of_received(delivery: &'a Delivery, snap: usize) -> Option<Self> {
        let Delivery { netns, protocol, group: number, len, data, .. } = delivery;
        let group = Group { netns: *netns, protocol: *protocol, number: *number };
        Self::new(group, *len, data, snap)
    }
}

/// What a broadcast returns that has no listener, `include/uapi/asm-generic/errno-base.h`.
const ESRCH: i32 = 3;

/// How often, in a window, something that waits for longer than that is looked at again.
const PATIENT_CHECKS: u64 = 8;

#[derive(Debug)]
struct Waiting {
    observation: Observation,
    // When the whole window is over.
    final_ns: u64,
}

#[derive(Debug)]
pub(super) struct Multicast {
    observations: Pending<Waiting>,
    deliveries: Pending<Delivery>,
    memberships: Memberships,
    /// Up to when the samples are known to have been read.
    samples_read_ns: u64,
    /// When samples were last lost; 0 if none ever was.
    samples_lost_ns: u64,
    /// Protocols that were ever sampled: an observation of them may still wait.
    ever_sampled: u32,
    settings: JoinSettings,
    counts: MulticastCounts,
}

impl Multicast {
    pub(super) fn new(settings: &JoinSettings) -> Self {
        Self {
            observations: Pending::new(settings.pending_max),
            deliveries: Pending::new(settings.pending_max),
            // A record may wait in the ring, then for its window and for the reader.
            memberships: Memberships::new(
                settings.window_ns.saturating_mul(4).saturating_add(settings.patience_ns),
            ),
            samples_read_ns: 0,
            samples_lost_ns: 0,
            ever_sampled: settings.sampled,
            settings: settings.clone(),
            counts: MulticastCounts::default(),
        }
    }

    pub(super) fn counts(&self) -> MulticastCounts {
        MulticastCounts {
            observations_pending: self.observations.len(),
            deliveries_pending: self.deliveries.len(),
            ..self.counts
        }
    }

    pub(super) fn memberships(&mut self) -> &mut Memberships {
        &mut self.memberships
    }

    /// The ring was found empty: of what ended by `at_ns`, every sample has been read, or is lost.
    pub(super) fn samples_read(&mut self, at_ns: u64) {
        self.samples_read_ns = at_ns.max(self.samples_read_ns);
    }

    /// Samples of calls that ended by `at_ns` are lost.
    pub(super) fn samples_lost(&mut self, at_ns: u64) {
        self.samples_lost_ns = at_ns.max(self.samples_lost_ns);
    }

    /// From now on something else is sampled.
    pub(super) fn sampling(&mut self, settings: &JoinSettings) {
        self.ever_sampled |= settings.sampled;
        self.settings.sampled = settings.sampled;
        self.settings.thinned = settings.thinned;
    }

    pub(super) fn observe(
        &mut self,
        observation: Observation,
        now_ns: u64,
        reorder: &mut ReorderBuffer,
    ) {
        self.counts.observations += 1;
        let covered = self.covered(&observation);
        let nobody_got_it = observation.result == Some(-ESRCH);
        let snap = self.snap(observation.protocol);
        let key = Key::of_sent(&observation, snap).filter(|_| !nobody_got_it);
        let Some(key) = key else {
            return self.give_up(observation, covered && nobody_got_it, reorder);
        };
        let start_ns = observation.start_ns;
        // Read from one socket, they are in order of their time.
        let fits = |delivery: &Delivery| {
            delivery.received_ns >= start_ns && Key::of_received(delivery, snap) == Some(key)
        };
        if let Some(id) = self.deliveries.find_sorted(self.deliveries.hash(key), fits)
            && let Some(delivery) = self.deliveries.remove(id)
        {
            return self.pair(observation, delivery, reorder);
        }
        // One that no membership is known for soon goes without; but news of a membership takes
        // another way than observations, and may be late.
        // Half the settle time, so that it still comes out in order.
        let window_ns = if covered { self.settings.window_ns } else { self.settings.settle_ns / 2 };
        let hash = self.observations.hash(key);
        let waiting =
            Waiting { observation, final_ns: now_ns.saturating_add(self.settings.window_ns) };
        if let Some(evicted) =
            self.observations.insert(hash, waiting, now_ns.saturating_add(window_ns))
        {
            self.counts.observations_evicted += 1;
            push_sent(evicted.observation, Some(Outcome::Undecided), reorder);
        }
    }

    pub(super) fn deliver(&mut self, delivery: Delivery, now_ns: u64, reorder: &mut ReorderBuffer) {
        self.counts.deliveries += 1;
        if !self.settings.probes || !has(self.ever_sampled, delivery.protocol) {
            return self.without_sample(delivery, reorder);
        }
        let snap = self.snap(delivery.protocol);
        let Some(key) = Key::of_received(&delivery, snap) else {
            return self.undecided(delivery, reorder);
        };
        let received_ns = delivery.received_ns;
        let fits = |waiting: &Waiting| {
            waiting.observation.start_ns <= received_ns
                && Key::of_sent(&waiting.observation, snap) == Some(key)
        };
        if let Some(id) = self.observations.find(self.observations.hash(key), fits)
            && let Some(waiting) = self.observations.remove(id)
        {
            return self.pair(waiting.observation, delivery, reorder);
        }
        let expires_ns = now_ns.saturating_add(self.settings.window_ns);
        let hash = self.deliveries.hash(key);
        if let Some(evicted) = self.deliveries.insert(hash, delivery, expires_ns) {
            self.counts.deliveries_evicted += 1;
            reorder.push(Record::Received { delivery: evicted, outcome: Outcome::Undecided });
        }
    }

    /// Decides everything whose time is up.
    pub(super) fn expire(&mut self, now_ns: u64, reorder: &mut ReorderBuffer) {
        while let Some(id) = self.observations.expired(now_ns) {
            self.expire_observation(id, now_ns, reorder);
        }
        while let Some(id) = self.deliveries.expired(now_ns) {
            self.expire_delivery(id, now_ns, reorder);
        }
    }

    /// When the next thing's time is up.
    pub(super) fn next_ns(&self) -> Option<u64> {
        let next = [self.observations.next_expiry_ns(), self.deliveries.next_expiry_ns()];
        next.into_iter().flatten().min()
    }

    /// Gives up everything that waits. A broadcast that no membership is known for has nothing to
    /// be joined with, and is not in doubt.
    pub(super) fn finish(&mut self, reorder: &mut ReorderBuffer) {
        for Waiting { observation, .. } in self.observations.drain() {
            if self.covered(&observation) {
                self.counts.observations_undecided += 1;
                push_sent(observation, Some(Outcome::Undecided), reorder);
            } else {
                self.give_up(observation, false, reorder);
            }
        }
        for delivery in self.deliveries.drain() {
            self.undecided(delivery, reorder);
        }
    }

    /// A broadcast is lost only when the socket has been read past it: a daemon that was not let
    /// run for longer than the window finds it waiting there.
    fn expire_observation(&mut self, id: Id, now_ns: u64, reorder: &mut ReorderBuffer) {
        let Some(waiting) = self.observations.get(id) else { return };
        let (observation, final_ns) = (&waiting.observation, waiting.final_ns);
        let covered = self.covered(observation);
        let end_ns = observation.start_ns.saturating_add(observation.duration_ns);
        let is_read = self.memberships.is_read(group_of(observation), end_ns);
        if covered && now_ns < final_ns {
            return self.observations.postpone(id, final_ns);
        }
        if covered
            && !is_read
            && let Some(next_ns) = self.be_patient(final_ns, now_ns)
        {
            return self.observations.postpone(id, next_ns);
        }
        if let Some(waiting) = self.observations.remove(id) {
            self.give_up(waiting.observation, covered, reorder);
        }
    }

    /// The same the other way round: its sample may wait in the ring.
    fn expire_delivery(&mut self, id: Id, now_ns: u64, reorder: &mut ReorderBuffer) {
        let Some(delivery) = self.deliveries.get(id) else { return };
        let received_ns = delivery.received_ns;
        let final_ns = received_ns.saturating_add(self.settings.window_ns);
        if self.samples_read_ns <= received_ns
            && let Some(next_ns) = self.be_patient(final_ns, now_ns)
        {
            return self.deliveries.postpone(id, next_ns);
        }
        if let Some(delivery) = self.deliveries.remove(id) {
            self.without_sample(delivery, reorder);
        }
    }

    /// When to check again something with a window that ended at `final_ns`. `None` if it has
    /// waited long enough.
    fn be_patient(&self, final_ns: u64, now_ns: u64) -> Option<u64> {
        let end_ns = final_ns.saturating_add(self.settings.patience_ns);
        let next_ns = now_ns
            .saturating_add(self.settings.window_ns / PATIENT_CHECKS)
            .max(now_ns.saturating_add(1));
        (now_ns < end_ns).then_some(next_ns.min(end_ns))
    }

    fn pair(&mut self, observation: Observation, delivery: Delivery, reorder: &mut ReorderBuffer) {
        self.counts.matched += 1;
        let (delivery, outcome) = (Some(delivery), Some(Outcome::Delivered));
        reorder.push(Record::Sent { observation, delivery, outcome, answer: None });
    }

    fn give_up(&mut self, observation: Observation, lost: bool, reorder: &mut ReorderBuffer) {
        let outcome = if lost {
            self.counts.lost += 1;
            Some(Outcome::Lost)
        } else {
            self.counts.not_joinable += 1;
            None
        };
        push_sent(observation, outcome, reorder);
    }

    /// No sample of it came, or can come. Without probes none was ever to be had.
    fn without_sample(&mut self, delivery: Delivery, reorder: &mut ReorderBuffer) {
        let all = has(self.settings.sampled, delivery.protocol)
            && !self.settings.thinned
            && !self.may_be_lost(&delivery);
        let outcome = if all || !self.settings.probes {
            self.counts.unobserved += 1;
            Outcome::Unobserved
        } else {
            self.counts.not_sampled += 1;
            Outcome::NotSampled
        };
        reorder.push(Record::Received { delivery, outcome });
    }

    /// Whether the sample of a delivery may be one of those that were lost. It was due before the
    /// delivery was read, and no longer before than the join has patience.
    fn may_be_lost(&self, delivery: &Delivery) -> bool {
        let due_ns = delivery.received_ns.saturating_sub(self.settings.patience_ns);
        self.samples_lost_ns > due_ns
    }

    fn undecided(&mut self, delivery: Delivery, reorder: &mut ReorderBuffer) {
        self.counts.deliveries_undecided += 1;
        reorder.push(Record::Received { delivery, outcome: Outcome::Undecided });
    }

    fn covered(&self, observation: &Observation) -> bool {
        let end_ns = observation.start_ns.saturating_add(observation.duration_ns);
        let group = group_of(observation);
        self.memberships.covered(group, observation.start_ns, end_ns, observation.portid)
    }

    /// How many leading bytes are compared.
    fn snap(&self, protocol: u8) -> usize {
        self.settings.snap.get(usize::from(protocol)).copied().unwrap_or(0).into()
    }
}

fn push_sent(observation: Observation, outcome: Option<Outcome>, reorder: &mut ReorderBuffer) {
    reorder.push(Record::Sent { observation, delivery: None, outcome, answer: None });
}

fn group_of(observation: &Observation) -> Group {
    Group { netns: observation.netns, protocol: observation.protocol, number: observation.group }
}
