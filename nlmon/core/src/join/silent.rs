//! Puts the parts of a silent removal together: a sample has room for a few routes only.
//!
//! Invariant: a removal whose end does not come, because that sample was lost, comes out all the same
//! when it has waited long enough, without its sum.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nlmon_common::silent::{HEAD_LEN, NAMED_MAX, ROUTE_LEN};

use super::{counts::SilentCounts, reorder::ReorderBuffer};
use crate::record::{Observation, Record, RemovedRoute, Silent};

/// `AF_INET` in `include/linux/socket.h`.
const AF_INET: u8 = 2;

/// Removals that may be open at one time. Each holds the routing tables' lock, so that there are few.
const OPEN_MAX: usize = 256;

/// What the parts of a removal have in common: when it began, in which thread, of which table.
type Key = (u64, u32, u32);

/// A removal, and how many parts it has.
#[derive(Debug)]
struct Open {
    silent: Silent,
    parts: u64,
}

/// The removals whose end is still to come.
#[derive(Debug)]
pub(super) struct Silents {
    open: BTreeMap<Key, Open>,
    window_ns: u64,
    counts: SilentCounts,
}

impl Silents {
    /// None yet. The end of a removal is waited for as long as `window_ns` after its beginning.
    pub(super) fn new(window_ns: u64) -> Self {
        Self { open: BTreeMap::new(), window_ns, counts: SilentCounts::default() }
    }

    /// Takes in a part.
    pub(super) fn part(&mut self, mut observation: Observation, reorder: &mut ReorderBuffer) {
        let data = std::mem::take(&mut observation.data);
        let Some(part) = Part::of(&data) else {
            self.counts.malformed += 1;
            return;
        };
        let key = (observation.start_ns, observation.task.tid, part.table);
        let Part { table, family, removed, routes } = part;
        let open = self.open.entry(key).or_insert_with(|| Open {
            silent: Silent { observation, routes: Vec::new(), removed: None, table, family },
            parts: 0,
        });
        open.parts += 1;
        open.silent.removed = removed;
        let room = (NAMED_MAX as usize).saturating_sub(open.silent.routes.len());
        open.silent.routes.extend(routes.into_iter().take(room));
        if removed.is_some()
            && let Some(open) = self.open.remove(&key)
        {
            self.counts.complete += open.parts;
            reorder.push(Record::Silent(Box::new(open.silent)));
        } else if self.open.len() > OPEN_MAX {
            self.give_up_first(reorder);
        }
    }

    /// Gives up removals whose end does not come.
    pub(super) fn expire(&mut self, now_ns: u64, reorder: &mut ReorderBuffer) {
        while self.next_ns().is_some_and(|due_ns| due_ns <= now_ns) {
            self.give_up_first(reorder);
        }
    }

    /// When the next is given up.
    pub(super) fn next_ns(&self) -> Option<u64> {
        let ((start_ns, ..), _) = self.open.first_key_value()?;
        Some(start_ns.saturating_add(self.window_ns))
    }

    /// Gives up all.
    pub(super) fn finish(&mut self, reorder: &mut ReorderBuffer) {
        while !self.open.is_empty() {
            self.give_up_first(reorder);
        }
    }

    /// What has become of the parts.
    pub(super) fn counts(&self) -> SilentCounts {
        SilentCounts { pending: self.open.values().map(|open| open.parts).sum(), ..self.counts }
    }

    fn give_up_first(&mut self, reorder: &mut ReorderBuffer) {
        let Some((_, open)) = self.open.pop_first() else { return };
        self.counts.unfinished += open.parts;
        reorder.push(Record::Silent(Box::new(open.silent)));
    }
}

/// What one sample says.
struct Part {
    table: u32,
    family: u8,
    removed: Option<u32>,
    routes: Vec<RemovedRoute>,
}

impl Part {
    /// Reads a payload; `None` if it is cut.
    fn of(data: &[u8]) -> Option<Self> {
        let (head, rest) = data.split_at_checked(HEAD_LEN)?;
        let routes = usize::try_from(word(head, 8)?).ok()?;
        let (family, is_last) = (*head.get(12)?, *head.get(13)? != 0);
        let parsed: Vec<_> = rest
            .chunks_exact(ROUTE_LEN)
            .take(routes)
            .filter_map(|bytes| route(bytes, family))
            .collect();
        (parsed.len() == routes).then_some(Self {
            table: word(head, 0)?,
            family,
            removed: if is_last { Some(word(head, 4)?) } else { None },
            routes: parsed,
        })
    }
}

fn route(bytes: &[u8], family: u8) -> Option<RemovedRoute> {
    let address: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
    let [a, b, c, d, ..] = address;
    let address = if family == AF_INET { [a, b, c, d].into() } else { IpAddr::from(address) };
    Some(RemovedRoute {
        address,
        interface: word(bytes, 16)?,
        priority: word(bytes, 20)?,
        prefix_len: *bytes.get(24)?,
        kind: *bytes.get(25)?,
        tos: *bytes.get(26)?,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Contents, Path, Task};

    /// A sample's payload, as `struct Head` and `struct Route` lie in memory.
    fn payload(table: u32, removed: Option<u32>, last_octets: &[u8]) -> Vec<u8> {
        let routes = u32::try_from(last_octets.len()).unwrap();
        let mut bytes = [table, removed.unwrap_or_default(), routes].map(u32::to_ne_bytes).concat();
        bytes.extend([2, u8::from(removed.is_some()), 0, 0]);
        for octet in last_octets {
            bytes.extend([10, 50, *octet, 0].into_iter().chain([0; 12]));
            bytes.extend([7_u32, 100].map(u32::to_ne_bytes).concat());
            bytes.extend([24, 1, 0, 0]);
        }
        bytes
    }

    fn sample(start_ns: u64, data: Vec<u8>) -> Observation {
        Observation {
            start_ns,
            duration_ns: 0,
            protocol: 0,
            path: Path::Silent,
            netns: 1,
            task: Task { tid: 5, ..Task::default() },
            portid: 0,
            src_portid: 0,
            group: 0,
            len: 0,
            result: None,
            parent: None,
            redacted: false,
            contents: Contents::default(),
            data,
        }
    }

    fn out(reorder: &mut ReorderBuffer) -> Vec<Silent> {
        let mut records = Vec::new();
        reorder.release(u64::MAX, &mut records);
        records.iter().filter_map(|record| record.silent().cloned()).collect()
    }

    #[test]
    fn parts_of_one_removal_make_one_record() {
        let (mut silents, mut reorder) = (Silents::new(100), ReorderBuffer::new(0, 16));
        silents.part(sample(1, payload(254, None, &[1, 2])), &mut reorder);
        silents.part(sample(1, payload(77, Some(1), &[9])), &mut reorder);
        silents.part(sample(1, payload(254, Some(5), &[3])), &mut reorder);
        let found = out(&mut reorder);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].table, found[0].count()), (77, 1));
        let main = &found[1];
        assert_eq!((main.count(), main.unnamed(), main.family), (5, 2, 2));
        let names: Vec<_> = main.routes.iter().map(|route| route.address.to_string()).collect();
        assert_eq!(names, ["10.50.1.0", "10.50.2.0", "10.50.3.0"]);
        let route = &main.routes[0];
        assert_eq!((route.prefix_len, route.kind, route.tos), (24, 1, 0));
        assert_eq!((route.interface, route.priority), (7, 100));
        assert_eq!(silents.counts(), SilentCounts { complete: 3, ..SilentCounts::default() });
    }

    #[test]
    fn one_whose_end_is_lost_comes_out_without_a_sum() {
        let (mut silents, mut reorder) = (Silents::new(100), ReorderBuffer::new(0, 16));
        silents.part(sample(1, payload(254, None, &[1, 2])), &mut reorder);
        silents.expire(100, &mut reorder);
        assert_eq!((silents.next_ns(), out(&mut reorder).len()), (Some(101), 0));
        assert_eq!(silents.counts().pending, 1);
        silents.expire(101, &mut reorder);
        let found = out(&mut reorder);
        assert_eq!((found[0].removed, found[0].count(), found[0].unnamed()), (None, 2, 0));
        assert_eq!(silents.counts(), SilentCounts { unfinished: 1, ..SilentCounts::default() });
    }

    #[test]
    fn what_is_cut_is_counted_and_shown_as_nothing() {
        let (mut silents, mut reorder) = (Silents::new(100), ReorderBuffer::new(0, 16));
        let whole = payload(254, Some(2), &[1, 2]);
        for len in 0..whole.len() {
            silents.part(sample(1, whole[..len].to_vec()), &mut reorder);
        }
        assert!(out(&mut reorder).is_empty());
        assert_eq!(silents.counts().malformed, u64::try_from(whole.len()).unwrap());
    }

    #[test]
    fn no_more_than_so_many_wait() {
        let (mut silents, mut reorder) = (Silents::new(u64::MAX), ReorderBuffer::new(0, 1024));
        for start_ns in 0..(OPEN_MAX as u64 + 3) {
            silents.part(sample(start_ns, payload(254, None, &[1])), &mut reorder);
        }
        assert_eq!((silents.open.len(), out(&mut reorder).len()), (OPEN_MAX, 3));
        silents.finish(&mut reorder);
        assert_eq!(out(&mut reorder).len(), OPEN_MAX);
    }
}
