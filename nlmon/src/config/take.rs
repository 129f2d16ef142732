//! What differs between two configurations, key by key.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Config, keys, setting::insert};

impl Config {
    /// Takes from `other` the keys that `may_change`. Returns the rest of those that differ.
    pub fn take(&mut self, other: &Self, may_change: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let (mut own, others) = (self.to_table(), other.to_table());
        let mut fixed = Vec::new();
        for key in keys::all() {
            let Some(value) = get(&others, key).filter(|value| get(&own, key) != Some(value))
            else {
                continue;
            };
            if may_change(key) {
                insert(&mut own, key, value.clone());
            } else {
                fixed.push(key.as_str());
            }
        }
        *self = Self::deserialize(own).expect("invariant: a configuration can be read back");
        fixed
    }

    fn to_table(&self) -> Table {
        Table::try_from(self).expect("invariant: what came from TOML can be written as TOML")
    }
}

fn get<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}
