//! Names that `ip netns` has given to network namespaces, by inode number.

use std::{collections::HashMap, sync::Arc};

use super::{ENTRIES_MAX, FRESH_NS};
use crate::namespaces;

/// How long a new namespace passes for one without a name: `ip netns add` makes it first, which the
/// kernel tells of, and then names it.
const NAMELESS_NS: u64 = 10_000_000;
/// How long it is new. Most have no name for good, the first one among them.
const NEW_NS: u64 = 1_000_000_000;

/// The names, and which namespaces are known to have none. A name outlives its namespace here, so
/// that what happens while it goes is shown with it.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_inode: HashMap<u32, Known>,
}

#[derive(Debug)]
struct Known {
    name: Option<Arc<str>>,
    first_ns: u64,
    looked_ns: u64,
}

impl Known {
    fn is_fresh(&self, now_ns: u64) -> bool {
        let is_new = now_ns.saturating_sub(self.first_ns) < NEW_NS;
        let good_ns = if is_new && self.name.is_none() { NAMELESS_NS } else { FRESH_NS };
        now_ns.saturating_sub(self.looked_ns) < good_ns
    }
}

impl Names {
    pub(super) fn note(&mut self, netns: u32, now_ns: u64) {
        if self.by_inode.get(&netns).is_some_and(|known| known.is_fresh(now_ns)) {
            return;
        }
        if self.by_inode.len() >= ENTRIES_MAX {
            self.by_inode.clear();
        }
        self.by_inode.entry(netns).and_modify(|known| known.looked_ns = now_ns).or_insert(Known {
            name: None,
            first_ns: now_ns,
            looked_ns: now_ns,
        });
        for (inode, name) in namespaces::names() {
            let known = Known { name: Some(name.into()), first_ns: now_ns, looked_ns: now_ns };
            self.by_inode.insert(inode, known);
        }
    }

    pub(super) fn get(&self, netns: u32) -> Option<Arc<str>> {
        self.by_inode.get(&netns)?.name.clone()
    }
}
