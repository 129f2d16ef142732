//! Names that `ip netns` has given to network namespaces, by inode number. The kernel gives the
//! number of a namespace that is gone to the next one that is made.
//!
//! Invariant: a name is shown with what began while the namespace had it. Where that cannot be told,
//! what a process sent goes without a name, and what the kernel sent as the namespace went keeps it
//! until a process is seen under its number.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
    time::SystemTime,
};

use super::{ENTRIES_MAX, FRESH_NS};
use crate::namespaces;

/// How long a new namespace passes for one without a name: `ip netns add` makes it first, which the
/// kernel tells of, and then names it.
const NAMELESS_NS: u64 = 10_000_000;
/// How long it is new. Most have no name for good, the first one among them.
const NEW_NS: u64 = 1_000_000_000;
/// How long the kernel may take to clear a namespace away that has lost its name.
const GOING_NS: u64 = 1_000_000_000;
/// Two changes within this time may leave a directory with one time of change.
const CHANGE_NS: u128 = 20_000_000;

/// Where the names are.
pub(super) trait Directory: fmt::Debug + Send {
    /// The names that namespaces have now, by inode number.
    fn names(&mut self) -> BTreeMap<u32, String>;
    /// Whether there may be other names than at the last look.
    fn has_changed(&mut self) -> bool;
}

/// `/run/netns`, by the time of its last change.
#[derive(Debug, Default)]
struct RunNetns {
    changed: Option<SystemTime>,
}

impl Directory for RunNetns {
    fn names(&mut self) -> BTreeMap<u32, String> {
        // Before the names are read: a change that comes meanwhile is seen the next time.
        self.changed = namespaces::names_changed();
        namespaces::names()
    }

    fn has_changed(&mut self) -> bool {
        let changed = namespaces::names_changed();
        let age = changed.and_then(|changed| changed.elapsed().ok());
        changed != self.changed || age.is_some_and(|age| age.as_nanos() < CHANGE_NS)
    }
}

/// The names, and which namespaces are known to have none.
#[derive(Debug)]
pub(super) struct Names {
    directory: Box<dyn Directory>,
    by_inode: HashMap<u32, Known>,
    looked_ns: u64,
}

/// A namespace, and the one that had its number before.
#[derive(Debug)]
struct Known {
    name: Option<Arc<str>>,
    /// What began earlier does not have the name: the number had another namespace then.
    from_ns: u64,
    first_ns: u64,
    looked_ns: u64,
    before: Option<Before>,
}

/// A name that is no longer there.
#[derive(Debug)]
struct Before {
    name: Arc<str>,
    /// What began earlier did not have it.
    from_ns: u64,
    /// When it was last known to be there.
    seen_ns: u64,
    /// When it was found missing.
    gone_ns: u64,
    /// What began at this time or later is of another namespace, or of none that has a name.
    until_ns: Option<u64>,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(Box::new(RunNetns::default()))
    }
}

impl Known {
    fn new(now_ns: u64) -> Self {
        Self { name: None, from_ns: 0, first_ns: now_ns, looked_ns: now_ns, before: None }
    }

    fn is_fresh(&self, now_ns: u64) -> bool {
        let is_new = now_ns.saturating_sub(self.first_ns) < NEW_NS;
        let good_ns = if is_new && self.name.is_none() { NAMELESS_NS } else { FRESH_NS };
        now_ns.saturating_sub(self.looked_ns) < good_ns
    }

    /// Takes in its name at a look, the one before which was at `seen_ns`.
    fn set_name(&mut self, name: Option<Arc<str>>, seen_ns: u64, now_ns: u64) {
        if self.name == name {
            return;
        }
        if let Some(gone) = std::mem::replace(&mut self.name, name) {
            let (from_ns, gone_ns) = (self.from_ns, now_ns);
            self.before = Some(Before { name: gone, from_ns, seen_ns, gone_ns, until_ns: None });
            self.first_ns = now_ns;
        } else if self.before.is_some() {
            // Without one before, a nameless namespace is the one that is being named. With one,
            // a namespace without a name may have had the number until this moment.
            self.from_ns = now_ns;
        }
    }
}

impl Names {
    pub(super) fn new(directory: Box<dyn Directory>) -> Self {
        Self { directory, by_inode: HashMap::new(), looked_ns: 0 }
    }

    /// Looks for the name of a namespace that something was sent in.
    pub(super) fn note(&mut self, netns: u32, now_ns: u64) {
        let is_known = self.by_inode.get(&netns).is_some_and(|known| known.is_fresh(now_ns));
        // What is read at one time is looked at once.
        if is_known && (now_ns == self.looked_ns || !self.directory.has_changed()) {
            self.looked_ns = now_ns;
            return;
        }
        if self.by_inode.len() >= ENTRIES_MAX {
            self.by_inode.clear();
        }
        self.by_inode.entry(netns).or_insert_with(|| Known::new(now_ns)).looked_ns = now_ns;
        self.look(now_ns);
    }

    /// A process sent something in the namespace at `start_ns`: it cannot be in one that is gone.
    pub(super) fn note_process(&mut self, netns: u32, start_ns: u64) {
        let before = self.by_inode.get_mut(&netns).and_then(|known| known.before.as_mut());
        if let Some(before) = before.filter(|before| start_ns > before.seen_ns) {
            let until_ns = before.until_ns.map_or(start_ns, |until_ns| until_ns.min(start_ns));
            before.until_ns = Some(until_ns);
        }
    }

    fn look(&mut self, now_ns: u64) {
        let seen_ns = std::mem::replace(&mut self.looked_ns, now_ns);
        let mut names = self.directory.names();
        for (inode, known) in &mut self.by_inode {
            known.set_name(names.remove(inode).map(Into::into), seen_ns, now_ns);
        }
        for (inode, name) in names {
            let known = Known { name: Some(name.into()), ..Known::new(now_ns) };
            self.by_inode.insert(inode, known);
        }
    }

    /// The name that a namespace had at `time_ns`.
    pub(super) fn get(&self, netns: u32, time_ns: u64) -> Option<Arc<str>> {
        let known = self.by_inode.get(&netns)?;
        match &known.before {
            Some(before) if before.had_at(time_ns) => Some(Arc::clone(&before.name)),
            _ => known.name.clone().filter(|_| known.from_ns <= time_ns),
        }
    }
}

impl Before {
    fn had_at(&self, time_ns: u64) -> bool {
        let until_ns = self.until_ns.unwrap_or_else(|| self.gone_ns.saturating_add(GOING_NS));
        (self.from_ns..until_ns).contains(&time_ns)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    const MS: u64 = 1_000_000;
    const T0: u64 = 10_000 * MS;

    /// A directory whose names a test sets.
    #[derive(Clone, Debug, Default)]
    struct Fake(Arc<Mutex<(BTreeMap<u32, String>, bool)>>);

    impl Fake {
        fn set(&self, names: &[(u32, &str)]) {
            let names = names.iter().map(|(inode, name)| (*inode, (*name).to_owned())).collect();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (names, true);
        }
    }

    impl Directory for Fake {
        fn names(&mut self) -> BTreeMap<u32, String> {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            inner.1 = false;
            inner.0.clone()
        }

        fn has_changed(&mut self) -> bool {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).1
        }
    }

    fn names() -> (Names, Fake) {
        let fake = Fake::default();
        (Names::new(Box::new(fake.clone())), fake)
    }

    /// Something is sent at a time and read 5 ms later, by a process or not.
    fn sent(names: &mut Names, netns: u32, at_ms: u64, by_process: bool) {
        let start_ns = T0 + at_ms * MS;
        names.note(netns, start_ns + 5 * MS);
        if by_process {
            names.note_process(netns, start_ns);
        }
    }

    /// The name that is shown, `-` if there is none.
    fn at(names: &Names, netns: u32, at_ms: u64) -> String {
        names.get(netns, T0 + at_ms * MS).as_deref().unwrap_or("-").to_owned()
    }

    #[test]
    fn a_name_goes_with_its_namespace_though_the_number_is_used_again_at_once() {
        let (mut names, fake) = names();
        sent(&mut names, 7, 0, true);
        fake.set(&[(7, "blue")]);
        sent(&mut names, 7, 20, true);
        fake.set(&[]);
        // The kernel clears it away, and then a process has made another one.
        sent(&mut names, 7, 30, false);
        sent(&mut names, 7, 40, true);
        sent(&mut names, 7, 50, false);
        let shown: Vec<_> = [0, 20, 30, 40, 50].iter().map(|at_ms| at(&names, 7, *at_ms)).collect();
        assert_eq!(shown, ["blue", "blue", "blue", "-", "-"]);
    }

    #[test]
    fn a_number_that_goes_from_one_name_to_another_has_each_in_its_time() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue")]);
        sent(&mut names, 7, 0, true);
        fake.set(&[(7, "red")]);
        sent(&mut names, 7, 20, false);
        sent(&mut names, 7, 30, true);
        let shown: Vec<_> = [0, 20, 30].iter().map(|at_ms| at(&names, 7, *at_ms)).collect();
        assert_eq!(shown, ["blue", "blue", "red"]);
    }

    #[test]
    fn a_nameless_namespace_does_not_have_the_name_that_its_number_has_next() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue")]);
        sent(&mut names, 7, 0, true);
        fake.set(&[]);
        sent(&mut names, 7, 20, true);
        names.note(7, T0 + 40 * MS);
        fake.set(&[(7, "blue")]);
        // Until the name is seen, the number may be the nameless one's.
        sent(&mut names, 7, 60, true);
        sent(&mut names, 7, 80, true);
        let shown = |names: &Names| [0, 20, 60, 80].map(|at_ms| at(names, 7, at_ms));
        assert_eq!(shown(&names)[1..], ["-", "-", "blue"]);
        // It is no longer in the time before it was seen, when it has gone again.
        fake.set(&[]);
        sent(&mut names, 7, 100, true);
        assert_eq!(shown(&names)[1..], ["-", "-", "blue"]);
        assert_eq!(at(&names, 7, 100), "-");
    }

    #[test]
    fn the_kernel_has_a_second_to_clear_a_namespace_away() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue")]);
        sent(&mut names, 7, 0, true);
        fake.set(&[]);
        sent(&mut names, 7, 10, false);
        assert_eq!(at(&names, 7, 900), "blue");
        assert_eq!(at(&names, 7, 1_100), "-");
    }

    #[test]
    fn a_new_namespace_has_its_name_a_moment_later() {
        let (mut names, fake) = names();
        sent(&mut names, 7, 0, true);
        assert_eq!(at(&names, 7, 0), "-");
        fake.set(&[(7, "blue")]);
        names.note(7, T0 + 100 * MS);
        assert_eq!(at(&names, 7, 0), "blue");
    }

    #[test]
    fn what_began_before_the_last_look_at_a_name_is_of_its_namespace() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue")]);
        sent(&mut names, 7, 0, true);
        sent(&mut names, 7, 20, true);
        fake.set(&[]);
        // Sent before the name was last seen, read after it was found missing.
        names.note(7, T0 + 60 * MS);
        names.note_process(7, T0 + 24 * MS);
        assert_eq!(at(&names, 7, 24), "blue");
        names.note_process(7, T0 + 30 * MS);
        assert_eq!(at(&names, 7, 30), "-");
    }
}
