//! The section `[ledger]`.

use serde::{Deserialize, Serialize};

use super::{Config, Error, within};
use nlmon_core::ledger::Limits;

/// Most objects: a full table of the internet, and as much again.
const OBJECTS_MAX: usize = 1 << 22;
/// Most changes of one object.
const EVENTS_MAX: usize = 1024;
/// Least and most memory.
const BYTES_MIN: usize = 1 << 20;
const BYTES_MAX: usize = 1 << 34;

/// The state of what is configured, and who changed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// Whether it is kept.
    pub enabled: bool,
    /// Objects that are remembered, those included that are gone.
    pub objects: usize,
    /// Changes that are remembered of each.
    pub events: usize,
    /// Most memory of all, in bytes.
    pub bytes: usize,
}

impl Default for Ledger {
    fn default() -> Self {
        let Limits { objects, events, bytes } = Limits::default();
        Self { enabled: true, objects, events, bytes }
    }
}

impl Config {
    /// How large the ledger may be; `None` for none.
    ///
    /// # Errors
    /// The first value that is none.
    pub fn ledger(&self) -> Result<Option<Limits>, Error> {
        let Ledger { enabled, objects, events, bytes } = self.ledger;
        within("ledger.objects", objects, 1, OBJECTS_MAX)?;
        within("ledger.events", events, 1, EVENTS_MAX)?;
        within("ledger.bytes", bytes, BYTES_MIN, BYTES_MAX)?;
        Ok(enabled.then_some(Limits { objects, events, bytes }))
    }
}
