//! Reads `/run/netns`: who has which name, and since when.

use std::{
    collections::BTreeMap,
    fmt, io,
    time::{Duration, SystemTime},
};

use super::history::Given;
use crate::{
    clock::{Offsets, monotonic_ns},
    namespaces,
};

/// Two changes within this time may leave a directory with one time of change.
const CHANGE: Duration = Duration::from_millis(20);
/// How long a file may wait for the namespace that it is to name.
const NAMING: Duration = Duration::from_secs(1);

/// Where the names are.
pub(super) trait Directory: fmt::Debug + Send {
    /// The names that namespaces have now, by inode number.
    fn names(&mut self, offsets: &Offsets) -> io::Result<BTreeMap<u32, Given>>;
    /// Whether there may be other names than at the last look.
    fn has_changed(&mut self) -> bool;
}

/// `/run/netns`, by the time of its last change.
#[derive(Debug, Default)]
pub(super) struct RunNetns {
    changed: Option<SystemTime>,
}

impl Directory for RunNetns {
    fn names(&mut self, offsets: &Offsets) -> io::Result<BTreeMap<u32, Given>> {
        // Before the names are read: a change that comes meanwhile is seen the next time.
        let changed = namespaces::names_changed()?;
        let names = namespaces::names()?;
        // One that is about to be given changes the directory no more.
        self.changed = changed.filter(|_| !(names.has_others && is_within(changed, NAMING)));
        // After that: it is not before the time of day that any of them has.
        let now_ns = monotonic_ns();
        let given = |(inode, named): (u32, namespaces::Named)| {
            let since_ns = offsets.monotonic(named.given_ns, now_ns).unwrap_or(now_ns);
            (inode, Given { name: named.name.into(), at_ns: named.given_ns, since_ns })
        };
        Ok(names.by_inode.into_iter().map(given).collect())
    }

    fn has_changed(&mut self) -> bool {
        let Ok(changed) = namespaces::names_changed() else { return true };
        changed != self.changed || is_within(changed, CHANGE)
    }
}

/// Whether the directory has changed so short a time ago.
fn is_within(changed: Option<SystemTime>, time: Duration) -> bool {
    changed.and_then(|changed| changed.elapsed().ok()).is_some_and(|age| age < time)
}
