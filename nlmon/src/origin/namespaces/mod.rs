//! Names that `ip netns` has given to network namespaces, by inode number. The kernel gives the
//! number of a namespace that is gone to the next one that is made. Owns when the directory is read;
//! which name a number had at which time is `history`'s to say.
//!
//! Invariant: a name is shown with what began while the namespace had it. Where that cannot be told,
//! what a process sent goes without a name, and what the kernel sent as the namespace went keeps it
//! until a process, or a new namespace, is seen under its number.

mod directory;
mod history;

use std::{io, sync::Arc};

use self::{
    directory::{Directory, RunNetns},
    history::{Given, History},
};
use super::{ENTRIES_MAX, FRESH_NS, Table};
use crate::{clock::Offsets, throttle};

/// How long a new namespace passes for one without a name: `ip netns add` makes it first, which the
/// kernel tells of, and then names it.
const NAMELESS_NS: u64 = 10_000_000;
/// How long it is new. Most have no name for good, the first one among them.
const NEW_NS: u64 = 1_000_000_000;

/// The names, and which namespaces are known to have none.
#[derive(Debug)]
pub(super) struct Names {
    directory: Box<dyn Directory>,
    by_inode: Table<u32, Known>,
    /// Up to when the names are known.
    looked_ns: u64,
    /// When they were last to be read.
    tried_ns: u64,
}

/// A number.
#[derive(Debug)]
struct Known {
    history: History,
    /// When it was first met, or found without the name that it had.
    first_ns: u64,
    looked_ns: u64,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(Box::new(RunNetns::default()))
    }
}

impl Known {
    fn new(now_ns: u64) -> Self {
        Self { history: History::default(), first_ns: now_ns, looked_ns: now_ns }
    }

    fn is_fresh(&self, now_ns: u64) -> bool {
        let is_new = now_ns.saturating_sub(self.first_ns) < NEW_NS;
        let good_ns = if is_new && !self.history.is_named() { NAMELESS_NS } else { FRESH_NS };
        now_ns.saturating_sub(self.looked_ns) < good_ns
    }

    /// Takes in what a look found, the one before which was at `seen_ns`.
    fn set(&mut self, given: Option<Given>, seen_ns: u64, now_ns: u64) {
        let was_named = self.history.is_named();
        self.history.set(given, seen_ns, now_ns);
        if was_named && !self.history.is_named() {
            self.first_ns = now_ns;
        }
    }
}

impl Names {
    fn new(directory: Box<dyn Directory>) -> Self {
        Self { directory, by_inode: Table::default(), looked_ns: 0, tried_ns: 0 }
    }

    /// Looks for the name of a namespace that something was sent in. `offsets` tell the time of day.
    pub(super) fn note(&mut self, netns: u32, now_ns: u64, offsets: &Offsets) {
        let is_known = self.by_inode.get(&netns).is_some_and(|known| known.is_fresh(now_ns));
        // What is read at one time is looked at once.
        if is_known && now_ns == self.tried_ns {
            return;
        }
        if is_known && !self.directory.has_changed() {
            (self.looked_ns, self.tried_ns) = (now_ns, now_ns);
            return;
        }
        if self.by_inode.len() >= ENTRIES_MAX {
            self.by_inode.clear();
        }
        self.by_inode.entry(netns).or_insert_with(|| Known::new(now_ns)).looked_ns = now_ns;
        self.tried_ns = now_ns;
        if let Err(error) = self.look(now_ns, offsets) {
            throttle::UNREADABLE.warn(format_args!("cannot read the names of namespaces: {error}"));
        }
    }

    /// A process sent something in the namespace at `start_ns`: it cannot be in one that is gone.
    pub(super) fn note_process(&mut self, netns: u32, start_ns: u64) {
        if let Some(known) = self.by_inode.get_mut(&netns) {
            known.history.note_process(start_ns);
        }
    }

    /// The kernel made a namespace with this number at `start_ns`.
    pub(super) fn note_new(&mut self, netns: u32, start_ns: u64, now_ns: u64) {
        if let Some(known) = self.by_inode.get_mut(&netns) {
            known.history.note_new(start_ns);
            known.first_ns = now_ns;
        }
    }

    /// An error changes nothing: what could not be read is not gone.
    fn look(&mut self, now_ns: u64, offsets: &Offsets) -> io::Result<()> {
        let mut names = self.directory.names(offsets)?;
        let seen_ns = std::mem::replace(&mut self.looked_ns, now_ns);
        for (inode, known) in &mut self.by_inode {
            known.set(names.remove(inode), seen_ns, now_ns);
        }
        for (inode, given) in names {
            let mut known = Known::new(now_ns);
            known.set(Some(given), seen_ns, now_ns);
            self.by_inode.insert(inode, known);
        }
        Ok(())
    }

    /// The name that a namespace had at `time_ns`.
    pub(super) fn get(&self, netns: u32, time_ns: u64) -> Option<Arc<str>> {
        self.by_inode.get(&netns)?.history.name_at(time_ns, self.looked_ns)
    }
}
#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{Mutex, PoisonError},
    };

    use super::*;

    const MS: u64 = 1_000_000;
    const T0: u64 = 10_000 * MS;

    /// A directory whose names a test sets, each with the time since when it is there.
    #[derive(Clone, Debug, Default)]
    struct Fake(Arc<Mutex<State>>);

    #[derive(Debug, Default)]
    struct State {
        names: BTreeMap<u32, Given>,
        has_changed: bool,
        is_unreadable: bool,
    }

    impl Fake {
        fn set(&self, names: &[(u32, &str, u64)]) {
            let given = |(inode, name, since_ms): &(u32, &str, u64)| {
                let since_ns = T0 + since_ms * MS;
                let at_ns = since_ns.cast_signed();
                (*inode, Given { name: (*name).into(), at_ns, since_ns })
            };
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (state.names, state.has_changed) = (names.iter().map(given).collect(), true);
        }

        fn set_unreadable(&self, is_unreadable: bool) {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (state.is_unreadable, state.has_changed) = (is_unreadable, true);
        }
    }

    impl Directory for Fake {
        fn names(&mut self, _offsets: &Offsets) -> io::Result<BTreeMap<u32, Given>> {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.is_unreadable {
                return Err(io::Error::from_raw_os_error(libc::EMFILE));
            }
            state.has_changed = false;
            Ok(state.names.clone())
        }

        fn has_changed(&mut self) -> bool {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).has_changed
        }
    }

    fn names() -> (Names, Fake) {
        let fake = Fake::default();
        (Names::new(Box::new(fake.clone())), fake)
    }

    fn note(names: &mut Names, netns: u32, now_ms: u64) {
        names.note(netns, T0 + now_ms * MS, &Offsets::default());
    }

    /// Something is sent at a time and read 5 ms later, by a process or not.
    fn sent(names: &mut Names, netns: u32, at_ms: u64, by_process: bool) {
        note(names, netns, at_ms + 5);
        if by_process {
            names.note_process(netns, T0 + at_ms * MS);
        }
    }

    /// The name that is shown at each time, `-` if there is none.
    fn at<const N: usize>(names: &Names, times_ms: [u64; N]) -> [String; N] {
        let name = |at_ms| names.get(7, T0 + at_ms * MS);
        times_ms.map(|at_ms| name(at_ms).as_deref().unwrap_or("-").to_owned())
    }

    #[test]
    fn a_name_goes_with_its_namespace_though_the_number_is_used_again_at_once() {
        let (mut names, fake) = names();
        sent(&mut names, 7, 0, true);
        fake.set(&[(7, "blue", 15)]);
        sent(&mut names, 7, 20, true);
        fake.set(&[]);
        // The kernel clears it away, and then a process has made another one.
        sent(&mut names, 7, 30, false);
        sent(&mut names, 7, 40, true);
        sent(&mut names, 7, 50, false);
        assert_eq!(at(&names, [0, 20, 30, 40, 50]), ["-", "blue", "blue", "-", "-"]);
    }

    #[test]
    fn a_number_that_goes_from_one_name_to_another_has_each_in_its_time() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue", 0)]);
        sent(&mut names, 7, 0, true);
        fake.set(&[(7, "red", 25)]);
        sent(&mut names, 7, 20, false);
        sent(&mut names, 7, 30, true);
        assert_eq!(at(&names, [0, 20, 30]), ["blue", "blue", "red"]);
    }

    #[test]
    fn a_nameless_namespace_does_not_have_the_name_that_its_number_has_next() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue", 0)]);
        sent(&mut names, 7, 0, true);
        fake.set(&[]);
        sent(&mut names, 7, 20, true);
        note(&mut names, 7, 40);
        fake.set(&[(7, "blue", 70)]);
        sent(&mut names, 7, 60, true);
        sent(&mut names, 7, 80, true);
        assert_eq!(at(&names, [0, 20, 60, 80]), ["blue", "-", "-", "blue"]);
        fake.set(&[]);
        sent(&mut names, 7, 100, true);
        assert_eq!(at(&names, [0, 20, 60, 80, 100]), ["blue", "-", "-", "blue", "-"]);
    }

    #[test]
    fn what_was_sent_before_the_number_was_met_is_not_of_the_next_namespace() {
        let (mut names, fake) = names();
        // Both are read in one batch, in which the number is new, after it was given away again.
        fake.set(&[(7, "blue", 500)]);
        note(&mut names, 7, 600);
        names.note_process(7, T0);
        names.note_process(7, T0 + 550 * MS);
        assert_eq!(at(&names, [0, 550]), ["-", "blue"]);
    }

    #[test]
    fn a_new_namespace_is_looked_at_again_though_its_number_is_well_known() {
        let (mut names, fake) = names();
        note(&mut names, 7, 0);
        note(&mut names, 7, 1_500);
        // The file is there before the namespace is made: it does not change any more.
        names.note_new(7, T0 + 1_500 * MS, T0 + 1_500 * MS);
        fake.set(&[(7, "blue", 1_510)]);
        fake.0.lock().unwrap().has_changed = false;
        note(&mut names, 7, 1_520);
        assert_eq!(at(&names, [1_499, 1_500, 1_520]), ["-", "blue", "blue"]);
    }

    #[test]
    fn names_that_cannot_be_read_are_not_gone() {
        let (mut names, fake) = names();
        fake.set(&[(7, "blue", 0)]);
        sent(&mut names, 7, 0, true);
        fake.set_unreadable(true);
        sent(&mut names, 7, 20, true);
        // Nor are they known to be there.
        assert_eq!(at(&names, [0, 20]), ["blue", "-"]);
        fake.set_unreadable(false);
        sent(&mut names, 7, 30, true);
        assert_eq!(at(&names, [0, 20, 30]), ["blue"; 3]);
    }
}
