//! When the daemon's own sockets were members of which group. The join judges by this whether a
//! broadcast was lost. A socket is a member from the return of its join to just before it leaves.

use hashbrown::HashMap;

/// A group in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) netns: u32,
    pub(super) protocol: u8,
    pub(super) number: u32,
}

impl Group {
    /// What names the daemon's own socket for it.
    fn socket(self) -> (u32, u8) {
        (self.netns, self.protocol)
    }
}

#[derive(Clone, Copy, Debug)]
struct Stay {
    portid: u32,
    from_ns: u64,
    // Exclusive; `u64::MAX` while it lasts.
    until_ns: u64,
}

/// Ended stays that are remembered for each group. A broadcast older than the join's window is
/// never asked about, so a group that is left and joined more often than this in that time gets
/// fewer broadcasts called lost, never more.
const ENDED_MAX: usize = 8;

/// Every stay that a broadcast may still be judged by.
#[derive(Debug)]
pub(super) struct Memberships {
    stays: HashMap<Group, Vec<Stay>>,
    /// Up to when the socket of a namespace and protocol is known to have been read.
    read_ns: HashMap<(u32, u8), u64>,
    memory_ns: u64,
}

impl Memberships {
    /// Remembers a stay for at least `memory_ns` after its end.
    pub(super) fn new(memory_ns: u64) -> Self {
        Self { stays: HashMap::new(), read_ns: HashMap::new(), memory_ns }
    }

    pub(super) fn joined(&mut self, group: Group, portid: u32, from_ns: u64) {
        // Namespaces come and go for as long as the daemon runs; their groups must not pile up.
        let oldest_ns = from_ns.saturating_sub(self.memory_ns);
        self.stays.retain(|_, stays| stays.iter().any(|stay| stay.until_ns >= oldest_ns));
        let stays = &self.stays;
        self.read_ns.retain(|socket, _| stays.keys().any(|group| group.socket() == *socket));
        let stays = self.stays.entry(group).or_default();
        if stays.len() > ENDED_MAX {
            stays.remove(0);
        }
        stays.push(Stay { portid, from_ns, until_ns: u64::MAX });
    }

    pub(super) fn left(&mut self, group: Group, until_ns: u64) {
        // It is read to its end before it is closed.
        self.read(group.netns, group.protocol, until_ns);
        for stay in self.stays.get_mut(&group).into_iter().flatten() {
            stay.until_ns = stay.until_ns.min(until_ns);
        }
    }

    /// The socket was found empty: what had been sent to it by `at_ns` has been read, or is lost.
    pub(super) fn read(&mut self, netns: u32, protocol: u8, at_ns: u64) {
        let read_ns = self.read_ns.entry((netns, protocol)).or_default();
        *read_ns = at_ns.max(*read_ns);
    }

    /// Whether what was sent to the group by `end_ns` would have been read by now.
    pub(super) fn is_read(&self, group: Group, end_ns: u64) -> bool {
        self.read_ns.get(&group.socket()).is_some_and(|read_ns| *read_ns > end_ns)
    }

    /// Whether a broadcast that ran from `start_ns` to `end_ns` and spared the socket `excluded`
    /// had to reach a socket of the daemon.
    pub(super) fn covered(&self, group: Group, start_ns: u64, end_ns: u64, excluded: u32) -> bool {
        self.stays.get(&group).into_iter().flatten().any(|stay| {
            stay.from_ns <= start_ns && end_ns < stay.until_ns && stay.portid != excluded
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: Group = Group { netns: 1, protocol: 17, number: 1 };

    #[test]
    fn covers_what_begins_and_ends_within_a_stay() {
        let mut memberships = Memberships::new(500);
        memberships.joined(GROUP, 5, 100);
        memberships.left(GROUP, 200);
        assert!(memberships.covered(GROUP, 100, 199, 0));
        assert!(!memberships.covered(GROUP, 99, 150, 0));
        assert!(!memberships.covered(GROUP, 150, 200, 0));
        assert!(!memberships.covered(Group { number: 2, ..GROUP }, 150, 160, 0));
    }

    #[test]
    fn does_not_cover_what_spares_its_socket() {
        let mut memberships = Memberships::new(500);
        memberships.joined(GROUP, 5, 100);
        assert!(!memberships.covered(GROUP, 150, 160, 5));
        memberships.joined(GROUP, 6, 100);
        assert!(memberships.covered(GROUP, 150, 160, 5));
    }

    #[test]
    fn knows_how_far_a_socket_was_read() {
        let mut memberships = Memberships::new(500);
        memberships.joined(GROUP, 5, 100);
        assert!(!memberships.is_read(GROUP, 0));
        memberships.read(1, 17, 200);
        memberships.read(1, 17, 150);
        assert!(memberships.is_read(GROUP, 199) && !memberships.is_read(GROUP, 200));
        assert!(!memberships.is_read(Group { protocol: 0, ..GROUP }, 100));
        memberships.left(GROUP, 300);
        assert!(memberships.is_read(GROUP, 250));
        memberships.joined(Group { netns: 2, ..GROUP }, 5, 1000);
        assert!(memberships.read_ns.is_empty());
    }

    #[test]
    fn remembers_a_bounded_number_of_stays() {
        let mut memberships = Memberships::new(500);
        for at in 0..100 {
            memberships.joined(GROUP, 5, at * 10);
            memberships.left(GROUP, at * 10 + 5);
        }
        assert_eq!(memberships.stays[&GROUP].len(), ENDED_MAX + 1);
        assert!(memberships.covered(GROUP, 990, 994, 0));
    }

    #[test]
    fn forgets_the_groups_of_a_namespace_that_is_gone() {
        let mut memberships = Memberships::new(500);
        memberships.joined(GROUP, 5, 100);
        memberships.left(GROUP, 200);
        memberships.joined(Group { netns: 2, ..GROUP }, 5, 700);
        assert_eq!(memberships.stays.len(), 2);
        memberships.joined(Group { netns: 3, ..GROUP }, 5, 701);
        assert!(!memberships.stays.contains_key(&GROUP));
    }
}
