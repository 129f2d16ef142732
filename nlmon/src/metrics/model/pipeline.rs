//! What the daemon counts of the records that pass it.

use std::collections::BTreeMap;

use super::{
    family::Family,
    latency::Histograms,
    ledger::{Budget, OTHER},
    tallies::{Broadcast, Tallies},
};
use crate::metrics::names;
use nlmon_core::{
    decode::names::{group_name, protocol_name, words::route_table},
    join::Counts,
};

/// Label pairs of one metric that get series of their own.
pub(crate) const SERIES_MAX: usize = 512;

/// Routing tables that get series of their own.
pub(crate) const TABLES_MAX: usize = 64;

/// Counters and histograms of the records.
pub(crate) struct JoinMetrics {
    deliveries: Histograms,
    outcomes: BTreeMap<(String, String, &'static str), u64>,
    overruns: BTreeMap<u8, u64>,
    unicasts: BTreeMap<u8, u64>,
    /// Routes by the table that they were silently removed from.
    silent: BTreeMap<String, u64>,
    tables: Budget<u32>,
    join: Counts,
    groups: Budget<(u8, u32)>,
    group_names: BTreeMap<(u8, u32), String>,
}

impl JoinMetrics {
    pub(crate) fn new() -> Self {
        Self {
            deliveries: Histograms::new(&names::MULTICAST_DELIVERY),
            outcomes: BTreeMap::new(),
            overruns: BTreeMap::new(),
            unicasts: BTreeMap::new(),
            silent: BTreeMap::new(),
            tables: Budget::default(),
            join: Counts::default(),
            groups: Budget::default(),
            group_names: BTreeMap::new(),
        }
    }

    /// Takes in what was counted of records.
    pub(crate) fn add(&mut self, tallies: &mut Tallies) {
        self.join = tallies.join;
        for (table, routes) in tallies.take_silent() {
            let is_own = self.tables.admits(table, TABLES_MAX);
            let label = if is_own { route_table(table) } else { OTHER.into() };
            *self.silent.entry(label.into_owned()).or_default() += routes;
        }
        for (Broadcast { protocol, group, outcome }, tally) in tallies.take_multicasts() {
            let group = self.group_label(protocol, group);
            let protocol = protocol_name(protocol);
            self.deliveries.add([&*protocol, &group], tally.delivered);
            let key = (protocol.into_owned(), group, outcome.name());
            *self.outcomes.entry(key).or_default() += tally.count;
        }
    }

    pub(crate) fn overrun(&mut self, protocol: u8, lost: u64) {
        *self.overruns.entry(protocol).or_default() += lost;
    }

    /// Adds what findings are made of.
    pub(crate) fn tell(&self, look: &mut nlmon_core::findings::Look) {
        look.own.deliveries_lost = self.overruns.values().sum();
    }

    pub(crate) fn unicast(&mut self, protocol: u8) {
        *self.unicasts.entry(protocol).or_default() += 1;
    }

    pub(crate) fn name_group(&mut self, protocol: u8, group: u32, name: &str) {
        self.group_names.insert((protocol, group), name.to_owned());
    }

    pub(crate) fn group_label(&mut self, protocol: u8, group: u32) -> String {
        if !self.groups.admits((protocol, group), SERIES_MAX) {
            return OTHER.to_owned();
        }
        let given = self.group_names.get(&(protocol, group));
        given.cloned().unwrap_or_else(|| group_name(protocol, group).into_owned())
    }

    /// Adds the families that the registry does not hold.
    pub(crate) fn families(&self, families: &mut Vec<Family>) {
        let mut outcomes = Family::new(&names::MULTICAST_DELIVERIES);
        for ((protocol, group, outcome), count) in &self.outcomes {
            outcomes.add(&[protocol, group, outcome], *count);
        }
        let mut overruns = Family::new(&names::OWN_OVERRUNS);
        for (protocol, count) in &self.overruns {
            overruns.add(&[&protocol_name(*protocol)], *count);
        }
        let mut unicasts = Family::new(&names::OWN_UNICASTS);
        for (protocol, count) in &self.unicasts {
            unicasts.add(&[&protocol_name(*protocol)], *count);
        }
        let mut join = Family::new(&names::JOIN);
        for (kind, outcome, count) in self.join.rows() {
            join.add(&[kind, outcome], count);
        }
        let mut pending = Family::new(&names::JOIN_PENDING);
        for (kind, count) in self.join.pending() {
            pending.add(&[kind], count);
        }
        let mut silent = Family::new(&names::SILENT_CHANGES);
        for (table, routes) in &self.silent {
            silent.add(&[table], *routes);
        }
        let mut parts = Family::new(&names::SILENT_SAMPLES);
        for (outcome, count) in self.join.silent.rows() {
            parts.add(&[outcome], count);
        }
        let mut overflow = Family::new(&names::SERIES_OVERFLOW);
        overflow.add(&[names::MULTICAST_DELIVERIES.name], self.groups.refused);
        overflow.add(&[names::SILENT_CHANGES.name], self.tables.refused);
        families.push(self.deliveries.family());
        families.extend([outcomes, overruns, unicasts, join, pending, silent, parts, overflow]);
    }
}
