//! The join: observations and deliveries in, records out. A broadcast is paired with the datagram
//! on the daemon's own socket, a request with its answers, the parts of a silent change with each
//! other. Pure: no I/O, and time is an argument,
//! `CLOCK_MONOTONIC` nanoseconds that never go back. Bounded in memory and in time.
//!
//! Invariant: every observation and every delivery is in exactly one record, and in exactly one
//! of the [`Counts`].

mod ack;
mod cause;
mod counts;
mod expiry;
mod memberships;
mod multicast;
mod orphans;
mod pending;
mod reorder;
mod request;
mod request_event;
mod silent;

pub use cause::cause;
pub use counts::{Counts, MulticastCounts, RequestCounts, SilentCounts};
use memberships::Group;
use multicast::Multicast;
use nlmon_common::limits::{PROTOCOLS, SNAP_MAX};
use reorder::ReorderBuffer;
use request::Requests;
pub use request_event::{RequestEvent, Requester, Verdict};
use silent::Silents;

use crate::record::{Delivery, Observation, Path, Record};

/// How the join compares, and what bounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSettings {
    /// Whether there are probes. Without, every delivery is unobserved at once.
    pub probes: bool,
    /// Protocols that are sampled, a bit for each by its number. A delivery of another is
    /// `not_sampled` at once.
    pub sampled: u32,
    /// Only a part of the sampled protocols' datagrams is sampled: one in so many, or no more than
    /// so many a second. A half without its other half may then have one: it is `not_sampled`.
    pub thinned: bool,
    /// Leading bytes to compare, by protocol: no more than a probe takes of any datagram of that
    /// protocol, or else the broadcasts that it takes less of are not joinable. 0 means that none
    /// of the protocol is.
    pub snap: [u16; PROTOCOLS],
    /// How long one half of a multicast, or an answer, waits for the other half.
    pub window_ns: u64,
    /// How much longer one half of a multicast waits if where the other half would be has not been
    /// read that far.
    pub patience_ns: u64,
    /// How long a request may take to be answered.
    pub answer_window_ns: u64,
    /// How long a record is held after its start, so that records come out in order.
    pub settle_ns: u64,
    /// Broadcasts, and deliveries, that wait at one time.
    pub pending_max: usize,
    /// Requests, and answers, that wait at one time.
    pub requests_max: usize,
    /// Records held after [`Joiner::advance`]. Beyond it they come out early.
    pub held_max: usize,
}

impl JoinSettings {
    /// Whether each message of the protocol is sampled, with at least that many of its bytes.
    pub fn samples_all(&self, protocol: u8, bytes: u16) -> bool {
        let snap = self.snap.get(usize::from(protocol)).copied().unwrap_or_default();
        self.probes && has(self.sampled, protocol) && !self.thinned && snap >= bytes
    }
}

impl Default for JoinSettings {
    fn default() -> Self {
        Self {
            probes: true,
            sampled: u32::MAX,
            thinned: false,
            snap: [u16::try_from(SNAP_MAX).unwrap_or(u16::MAX); PROTOCOLS],
            window_ns: 2_000_000_000,
            patience_ns: 30_000_000_000,
            answer_window_ns: 10_000_000_000,
            settle_ns: 100_000_000,
            pending_max: 16_384,
            requests_max: 16_384,
            held_max: 65_536,
        }
    }
}

/// Whether a protocol is among these.
fn has(protocols: u32, protocol: u8) -> bool {
    protocols.checked_shr(protocol.into()).is_some_and(|bits| bits & 1 == 1)
}

/// Makes records.
#[derive(Debug)]
pub struct Joiner {
    multicast: Multicast,
    requests: Requests,
    silents: Silents,
    reorder: ReorderBuffer,
    peer: u64,
    overruns: u64,
}

impl Joiner {
    /// An empty join.
    pub fn new(settings: &JoinSettings) -> Self {
        Self {
            multicast: Multicast::new(settings),
            requests: Requests::new(settings),
            silents: Silents::new(settings.window_ns),
            reorder: ReorderBuffer::new(settings.settle_ns, settings.held_max),
            peer: 0,
            overruns: 0,
        }
    }

    /// The daemon's socket `portid` is a member of a group since `now_ns`.
    pub fn subscribed(&mut self, netns: u32, protocol: u8, group: u32, portid: u32, now_ns: u64) {
        self.multicast.memberships().joined(
            Group { netns, protocol, number: group },
            portid,
            now_ns,
        );
    }

    /// The daemon's socket is about to leave a group at `now_ns`.
    pub fn unsubscribed(&mut self, netns: u32, protocol: u8, group: u32, now_ns: u64) {
        self.multicast.memberships().left(Group { netns, protocol, number: group }, now_ns);
    }

    /// The daemon's socket for a protocol was found empty by a read that began at `at_ns`: what had
    /// been sent by then has been handed to [`deliver`](Self::deliver), or is lost.
    pub fn socket_read(&mut self, netns: u32, protocol: u8, at_ns: u64) {
        self.multicast.memberships().read(netns, protocol, at_ns);
    }

    /// The ring was found empty by a read that began at `at_ns`: the sample of every call that had
    /// ended by then has been handed to [`observe`](Self::observe), or is lost.
    pub fn samples_read(&mut self, at_ns: u64) {
        self.multicast.samples_read(at_ns);
    }

    /// Since `at_ns`, something else is sampled, as these settings say. Calls that had begun by then may
    /// have met either.
    pub fn sampling(&mut self, settings: &JoinSettings, at_ns: u64) {
        self.samples_lost(at_ns);
        self.multicast.sampling(settings);
        self.requests.sampling(settings.thinned);
    }

    /// Samples of calls that ended by `at_ns`, and after the last time that this was asked, are
    /// lost: what misses its other half may have lost it so, and is `not_sampled`.
    pub fn samples_lost(&mut self, at_ns: u64) {
        self.multicast.samples_lost(at_ns);
        self.requests.samples_lost(at_ns);
    }

    /// The daemon's socket lost datagrams. Which ones shows by itself: their broadcasts are
    /// `lost` when their window is over.
    pub fn overrun(&mut self) {
        self.overruns += 1;
    }

    /// Takes in what a probe saw.
    pub fn observe(&mut self, observation: Observation, now_ns: u64) {
        let reorder = &mut self.reorder;
        match observation.path {
            Path::Multicast => self.multicast.observe(observation, now_ns, reorder),
            Path::Request => self.requests.request(observation, now_ns, reorder),
            Path::Reply | Path::Dump => self.requests.answer(observation, now_ns, reorder),
            Path::Peer => {
                self.peer += 1;
                reorder.push(Record::sent(observation));
            }
            Path::Silent => self.silents.part(observation, reorder),
        }
    }

    /// Takes in what the daemon's socket received.
    pub fn deliver(&mut self, delivery: Delivery, now_ns: u64) {
        self.multicast.deliver(delivery, now_ns, &mut self.reorder);
    }

    /// Appends to `out` every record that is finished and has settled, in order of their start.
    pub fn advance(&mut self, now_ns: u64, out: &mut Vec<Box<Record>>) {
        self.multicast.expire(now_ns, &mut self.reorder);
        self.requests.expire(now_ns);
        self.silents.expire(now_ns, &mut self.reorder);
        self.reorder.release(now_ns, out);
    }

    /// When [`advance`](Self::advance) has something to do next, if nothing else comes. `None` if
    /// nothing waits.
    pub fn next_ns(&self) -> Option<u64> {
        let joins = [self.multicast.next_ns(), self.requests.next_ns(), self.silents.next_ns()];
        joins.into_iter().chain([self.reorder.next_ns()]).flatten().min()
    }

    /// Ends the join: appends every record to `out`. Whatever still waits at `now_ns` is undecided.
    pub fn finish(&mut self, now_ns: u64, out: &mut Vec<Box<Record>>) {
        self.advance(now_ns, out);
        self.multicast.finish(&mut self.reorder);
        self.silents.finish(&mut self.reorder);
        self.requests.finish();
        self.reorder.release(u64::MAX, out);
    }

    /// What has become of requests since the last time. To be taken after each advance, and at the
    /// end.
    pub fn take_request_events(&mut self) -> Vec<RequestEvent> {
        self.requests.take_request_events()
    }

    /// What became of everything so far.
    pub fn counts(&self) -> Counts {
        Counts {
            multicast: self.multicast.counts(),
            request: self.requests.counts(),
            silent: self.silents.counts(),
            peer: self.peer,
            overruns: self.overruns,
        }
    }
}
