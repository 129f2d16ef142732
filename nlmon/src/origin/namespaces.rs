//! Names that `ip netns` has given to network namespaces, by inode number.

use std::{collections::HashMap, sync::Arc};

use super::{ENTRIES_MAX, is_fresh};
use crate::namespaces;

/// The names, and which namespaces are known to have none. A name outlives its namespace here, so
/// that what happens while it goes is shown with it.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_inode: HashMap<u32, Known>,
}

#[derive(Debug)]
struct Known {
    name: Option<Arc<str>>,
    looked_ns: u64,
}

impl Names {
    pub(super) fn note(&mut self, netns: u32, now_ns: u64) {
        let known = self.by_inode.get(&netns);
        if known.is_some_and(|known| is_fresh(known.looked_ns, now_ns)) {
            return;
        }
        if self.by_inode.len() >= ENTRIES_MAX {
            self.by_inode.clear();
        }
        self.by_inode
            .entry(netns)
            .and_modify(|known| known.looked_ns = now_ns)
            .or_insert(Known { name: None, looked_ns: now_ns });
        for (inode, name) in namespaces::names() {
            self.by_inode.insert(inode, Known { name: Some(name.into()), looked_ns: now_ns });
        }
    }

    pub(super) fn get(&self, netns: u32) -> Option<Arc<str>> {
        self.by_inode.get(&netns)?.name.clone()
    }
}
