//! How interfaces are called, for whoever decodes: the pipeline writes what the daemon's sockets and
//! the probes tell, and a record that is made later looks up the names of its own time.
//!
//! Invariant: the lock is held for one message or one look-up, never while anything is decoded.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use nlmon_core::{
    decode::{InterfaceNames, names::protocol},
    interfaces::{Interfaces, tells_of_interfaces},
    join::JoinSettings,
    record::{Observation, Record},
};

use crate::{subscribe::Event, throttle};

/// `RTNLGRP_LINK`
const LINKS: u32 = 1;

/// Bytes of a `RTM_NEWLINK` up to its name, and with it.
const NAME_END: u16 = 64;

/// The names that the daemon knows.
#[derive(Clone, Debug)]
pub struct KnownInterfaces(Arc<RwLock<Interfaces>>);

impl KnownInterfaces {
    /// Nothing is known yet. `settings` say what the probes sample.
    pub fn new(settings: &JoinSettings) -> Self {
        let probes = settings.samples_all(protocol::ROUTE, NAME_END);
        Self(Arc::new(RwLock::new(Interfaces::new(probes))))
    }

    /// `settings` say what the probes sample from now on.
    pub fn sampling(&self, settings: &JoinSettings) {
        let probes = settings.samples_all(protocol::ROUTE, NAME_END);
        self.write(|known| known.set_probes(probes));
    }

    /// Learns from what happens on the daemon's sockets.
    pub fn event(&self, event: &Event) {
        match event {
            Event::Delivery(delivery) if tells_of_interfaces(delivery.protocol, &delivery.data) => {
                self.write(|known| known.deliver(delivery));
            }
            Event::Interfaces { netns, began_ns, complete_ns, links } => {
                self.write(|known| known.dumped(*netns, *began_ns, *complete_ns, links));
            }
            Event::Overrun { netns, protocol: protocol::ROUTE, at_ns, .. }
            | Event::Left { netns, protocol: protocol::ROUTE, group: LINKS, at_ns } => {
                self.write(|known| known.lost_track(*netns, *at_ns));
            }
            _ => {}
        }
    }

    /// Learns from what a probe saw.
    pub fn observe(&self, observation: &Observation) {
        if tells_of_interfaces(observation.protocol, &observation.data) {
            self.write(|known| known.observe(observation));
        }
    }

    /// Learns from a record that no probe saw.
    pub fn record(&self, record: &Record) {
        if let Record::Received { delivery, .. } = record
            && tells_of_interfaces(delivery.protocol, &delivery.data)
        {
            self.write(|known| known.unobserved(delivery));
        }
    }

    /// A panic elsewhere leaves names that are still names of their time.
    fn write(&self, learn: impl FnOnce(&mut Interfaces)) {
        let refused = {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            learn(&mut known);
            known.take_refused()
        };
        if refused > 0 {
            throttle::INTERFACES.warn(format_args!(
                "there are more interfaces than nlmon remembers: some are shown as numbers"
            ));
        }
    }
}

impl InterfaceNames for KnownInterfaces {
    fn name(&self, netns: u32, index: u32, at_ns: u64) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).name(netns, index, at_ns)
    }
}

/// Two views are the same if they look at the same names.
impl PartialEq for KnownInterfaces {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for KnownInterfaces {}

/// The names of one record, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamesByIndex(pub BTreeMap<u32, Arc<str>>);

impl InterfaceNames for NamesByIndex {
    fn name(&self, _netns: u32, index: u32, _at_ns: u64) -> Option<Arc<str>> {
        self.0.get(&index).cloned()
    }
}
