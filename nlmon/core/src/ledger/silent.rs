//! Routes that the kernel removes and tells nobody of, as probes see them go: exactly those leave
//! the ledger. Those that have no name leave a doubt, which the next list resolves.

use super::change::Learnt;
use super::kind::Kind;
use super::listing::Why;
use super::store::Key;
use super::{Ledger, Notice};
use crate::decode::names::words::{route_table, route_type};
use crate::record::{RemovedRoute, Silent};

/// `AF_INET`
const AF_INET: u8 = 2;

impl Ledger {
    /// Takes in what was removed without a word. `notice` says where, when and by whom.
    pub fn silent(&mut self, notice: &Notice<'_>, silent: &Silent) {
        let family = if silent.family == AF_INET { "inet" } else { "inet6" };
        let space = self.spaces.get(&notice.netns);
        let listed = space.and_then(|space| space.listed_ns(Kind::Route, family));
        if listed.is_none_or(|listed_ns| notice.time_ns < listed_ns) {
            return;
        }
        let table = route_table(silent.table);
        for route in &silent.routes {
            if let Some(key) = self.named(notice.netns, family, &table, route) {
                self.delete(notice, &key, Learnt::Silent, None);
            }
        }
        if silent.unnamed() > 0 || silent.removed.is_none() {
            let number = silent.unnamed();
            let what = format!("{number} routes of table {table} went without a name");
            if let Some(space) = self.spaces.get_mut(&notice.netns) {
                space.suspects.get_or_insert_with(|| Why::Silent(what.clone()));
            }
            self.wanted.entry(notice.netns).or_insert(Why::Silent(what));
        }
    }

    /// The route that was removed: of several to one destination the first over that interface.
    fn named(&self, netns: u32, family: &str, table: &str, route: &RemovedRoute) -> Option<Key> {
        let host = if family == "inet" { 32 } else { 128 };
        let dst = match route.prefix_len {
            0 => "default".to_owned(),
            len if len == host => route.address.to_string(),
            len => format!("{}/{len}", route.address),
        };
        let optional = |name: &str, value: u32| {
            if value == 0 { String::new() } else { format!(" {name} {value}") }
        };
        let base = format!(
            "{family} {table} {dst}{}{}",
            optional("tos", route.tos.into()),
            optional("metric", route.priority)
        );
        let kind = route_type(route.kind);
        let device = format!(" dev {} ", route.interface);
        // By a nexthop object the interface is not in the route.
        let is_over = |rest: &str| {
            route.interface == 0 || rest.contains("nhid ") || format!("{rest} ").contains(&device)
        };
        let alternatives = self.store.alternatives(netns, Kind::Route, &base);
        let found = alternatives.filter(|(key, object)| {
            let of = object.facts.get("type").unwrap_or("unicast");
            object.is_live && of == kind && is_over(key.rest())
        });
        found.min_by_key(|(_, object)| object.order).map(|(key, _)| key.clone())
    }
}
