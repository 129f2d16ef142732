//! One network namespace with its subscriptions: when it is visited, and what is done there.

use std::{collections::BTreeMap, io, time::Duration};

use tokio::time::Instant;

use super::{
    Subscription,
    family_groups::FamilyGroups,
    membership::{Common, Membership},
    presence::Presence,
};
use crate::{namespaces::Namespace, throttle};

/// The longest time between two visits of a namespace in which nothing changes: with hundreds of them,
/// more would be a load of its own. The own one is visited as seldom while no socket comes or goes; one
/// that is there may still join a group.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// A namespace with its subscriptions.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) common: Common,
    /// How it is reached; `None` for the own one.
    pub(super) namespace: Option<Namespace>,
    /// It is gone, but for the sockets.
    pub(super) leaving: bool,
    memberships: Vec<Membership>,
    /// Those that are open and should not be.
    unwanted: Vec<bool>,
    visit_at: Instant,
    pause: Duration,
    /// How many sockets had come or gone on the host, as of the last look; `None`: not known.
    changes: Option<u64>,
    /// The way to it has ended: another one has to be found.
    lost: bool,
    /// Why it cannot be entered has been said.
    refused: bool,
}

impl Space {
    pub(super) fn new(
        common: Common,
        namespace: Option<Namespace>,
        subscriptions: &BTreeMap<u8, Subscription>,
    ) -> Self {
        let membership =
            |(protocol, wanted): (&u8, &Subscription)| Membership::new(*protocol, wanted.clone());
        let memberships: Vec<Membership> = subscriptions.iter().map(membership).collect();
        Self {
            unwanted: vec![false; memberships.len()],
            common,
            namespace,
            leaving: false,
            memberships,
            visit_at: Instant::now(),
            pause: Duration::ZERO,
            changes: None,
            lost: false,
            refused: false,
        }
    }

    /// From now on these subscriptions. Sockets whose groups differ are opened anew, and all of them
    /// if the buffer does.
    pub(super) fn change(
        &mut self,
        subscriptions: &BTreeMap<u8, Subscription>,
        receive_buffer_bytes: usize,
    ) {
        let all = self.common.receive_buffer_bytes != receive_buffer_bytes;
        self.common.receive_buffer_bytes = receive_buffer_bytes;
        for membership in &mut self.memberships {
            let none = membership.wanted().none();
            let wanted = subscriptions.get(&membership.protocol).unwrap_or(&none);
            if all || wanted != membership.wanted() {
                membership.change(wanted.clone());
            }
        }
        for (protocol, wanted) in subscriptions {
            if !self.memberships.iter().any(|membership| membership.protocol == *protocol) {
                self.memberships.push(Membership::new(*protocol, wanted.clone()));
                self.unwanted.push(false);
            }
        }
        self.visit_soon();
    }

    /// Forgets what is for no group any more, and closed.
    pub(super) fn forget(&mut self) {
        let is_over = |m: &Membership| m.wanted().is_none() && m.is_closed();
        if self.memberships.iter().any(is_over) {
            self.memberships.retain(|membership| !is_over(membership));
            // None is unwanted after a close.
            self.unwanted = vec![false; self.memberships.len()];
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.leaving && self.memberships.iter().all(Membership::is_closed)
    }

    /// Whether another way to it has to be found.
    pub(super) fn is_lost(&self) -> bool {
        self.lost && !self.leaving
    }

    /// A way to it, which is as good as the last or better.
    pub(super) fn found(&mut self, namespace: Option<Namespace>) {
        if self.namespace != namespace {
            self.namespace = namespace;
            self.visit_soon();
        }
        self.lost = false;
    }

    pub(super) fn visit_soon(&mut self) {
        self.visit_at = Instant::now();
    }

    /// Takes note of how many netlink sockets have come or gone on the host. Whose they are is not
    /// known, so that only the own namespace is visited for it.
    pub(super) fn sockets_changed(&mut self, changes: Option<u64>) {
        if self.namespace.is_none() && self.changes != changes {
            self.visit_soon();
            self.pause = Duration::ZERO;
        }
        self.changes = changes;
    }

    /// Takes note of readers that have ended.
    pub(super) fn settle(&mut self) {
        let mut ended = false;
        for membership in &mut self.memberships {
            ended |= membership.settle(&self.common);
        }
        if ended {
            self.visit_soon();
        }
    }

    /// Whether there may be something to do in it.
    pub(super) fn is_due(&self, groups: &FamilyGroups) -> bool {
        let is_settled = |membership: &Membership| membership.is_settled(groups);
        let is_new = |membership: &Membership| membership.lacks(groups);
        !self.leaving
            && !self.lost
            && (self.memberships.iter().any(is_new)
                || (Instant::now() >= self.visit_at && !self.memberships.iter().all(is_settled)))
    }

    /// Enters it, and opens what has to be; then the next visit is in `pause`, or later if nothing
    /// has changed in another namespace. For a thread of its own.
    pub(super) fn visit(&mut self, groups: &FamilyGroups, pause: Duration) {
        let entered = self.namespace.as_ref().map_or(Ok(()), Namespace::enter);
        let changed = match entered {
            Ok(()) => {
                self.refused = false;
                self.update(groups)
            }
            Err(error) => {
                self.refuse(&error);
                false
            }
        };
        let longer = (2 * self.pause).min(PAUSE_MAX);
        let rests = (self.namespace.is_some() || self.changes.is_some()) && !changed;
        self.pause = if rests { longer.max(pause) } else { pause };
        self.visit_at = Instant::now() + self.pause;
    }

    fn update(&mut self, groups: &FamilyGroups) -> bool {
        let presence = match Presence::read() {
            Ok(presence) => presence,
            Err(error) => {
                if let Some(membership) = self.memberships.first_mut() {
                    membership.report(error, &self.common.events);
                }
                return false;
            }
        };
        let mut changed = false;
        for (membership, unwanted) in self.memberships.iter_mut().zip(&mut self.unwanted) {
            let was_closed = membership.is_closed();
            *unwanted = membership.update(&presence, groups, &self.common);
            changed |= *unwanted || was_closed != membership.is_closed();
        }
        changed
    }

    /// Closes what the last visit found unwanted; all, if it is leaving.
    pub(super) async fn close(&mut self) {
        for (membership, unwanted) in self.memberships.iter_mut().zip(&mut self.unwanted) {
            if std::mem::take(unwanted) || self.leaving {
                membership.close(&self.common).await;
            }
        }
    }

    /// Closes the socket of `protocol`, whose registration is in `presence`.
    pub(super) async fn release(&mut self, protocol: u8, presence: &Presence) {
        for membership in
            self.memberships.iter_mut().filter(|membership| membership.protocol == protocol)
        {
            membership.release(presence, &self.common).await;
        }
    }

    pub(super) fn resume(&mut self, protocol: u8) {
        self.memberships.iter_mut().filter(|s| s.protocol == protocol).for_each(Membership::resume);
        self.visit_soon();
    }

    /// What is there in it; nothing if it cannot be entered. For a thread of its own.
    pub(super) fn presence(&self) -> Presence {
        let entered = self.namespace.as_ref().map_or(Ok(()), Namespace::enter);
        entered.ok().and_then(|()| Presence::read().ok()).unwrap_or_default()
    }

    /// Says once that the namespace cannot be entered. If the way to it has ended, there may be
    /// another.
    fn refuse(&mut self, error: &io::Error) {
        let Some(namespace) = self.namespace.as_ref() else { return };
        if !namespace.exists() {
            self.lost = true;
        } else if !std::mem::replace(&mut self.refused, true) {
            throttle::SUBSCRIPTION.warn(format_args!(
                "no subscription in the network namespace {}: {error} (needs CAP_SYS_ADMIN)",
                namespace.name
            ));
        }
    }
}
