//! What users and processes have taken of the programs' tables. The programs add to it; whoever removes
//! a key gives back what it took.

use std::sync::{Arc, atomic::Ordering};

use super::{Error, mapped::Mapped, maps::Maps};

/// The counts, for each owner of a table.
#[derive(Clone)]
pub(super) struct Shares(Arc<Mapped<u64>>);

impl Shares {
    /// Those of a loaded object.
    pub(super) fn new(maps: &mut Maps) -> Result<Self, Error> {
        Ok(Self(Arc::new(Mapped::of(maps, "SHARES")?)))
    }

    /// Gives back one key of each of these elements.
    pub(super) fn give_back(&self, elements: &[u32]) {
        for index in elements {
            let word = self.0.words(*index as usize).into_iter().flatten().next();
            let less = |taken: u64| taken.checked_sub(1);
            // One that is at 0 stays there.
            word.map(|word| word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok());
        }
    }
}
