//! Families of generic netlink that a YAML spec describes, as those of the kernel's
//! `Documentation/netlink/specs`: text in, the same tables out that `tables::generic` has in code.
//! `yaml` reads it, `schema` is what it says, `build` makes tables of it. Reads no files. The only owner of
//! `serde-saphyr`.
//!
//! Invariant: any text ends in tables or in an error, in bounded time and memory; and what a spec
//! does not explain is [`Kind::Secret`](super::tables::kind::Kind::Secret), because it cannot say
//! what is a key.

mod build;
mod error;
mod kinds;
mod names;
mod operations;
mod schema;
mod sets;
#[cfg(test)]
mod tests;
mod words;
mod yaml;

use std::collections::BTreeSet;

pub use error::{Error, Fault};

use super::tables::generic;
use super::tables::kind::{Generic, Words};

/// Most bytes of a spec: the largest of the kernel have a tenth of it.
pub const TEXT_MAX: usize = 1 << 20;

/// Most families that specs describe.
pub const FAMILIES_MAX: usize = 256;

/// One family as its spec describes it.
#[derive(Clone, Copy, Debug)]
pub struct Spec(&'static Described);

/// The tables of a family.
#[derive(Debug)]
struct Described {
    tables: Generic,
    /// What its multicasts are, where they have numbers of their own.
    events: Option<Words>,
}

impl Spec {
    /// Reads the text of a spec.
    ///
    /// # Errors
    /// [`Fault::OtherProtocol`] for a spec of another protocol than generic netlink, others for what
    /// is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > TEXT_MAX {
            return Err(Fault::TooLarge.at(0));
        }
        let family = yaml::parse(text)?;
        build::family(&family).map(|described| Self(keep(described)))
    }

    /// The family's name.
    pub fn name(self) -> &'static str {
        self.0.tables.name
    }

    /// Whether nlmon has tables of its own for it, which say what is a key.
    pub fn is_known(self) -> bool {
        generic::family(self.name()).is_some()
    }
}

/// What is known by specs. A copy costs nothing: the tables are there for all of the process's life.
#[derive(Clone, Copy, Debug, Default)]
pub struct Specs(&'static [Spec]);

impl Specs {
    /// All of these that nlmon has no tables of its own for, by name.
    pub fn new(specs: impl IntoIterator<Item = Spec>) -> Self {
        let mut specs: Vec<_> = specs.into_iter().filter(|spec| !spec.is_known()).collect();
        specs.sort_by_key(|spec| spec.name());
        specs.dedup_by_key(|spec| spec.name());
        Self(keep_all(specs))
    }

    /// The names of the families and of their commands, some more than once.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|Spec(family)| {
            let words = [family.tables.requests, family.tables.replies];
            let words = words.into_iter().chain(family.events);
            std::iter::once(family.tables.name).chain(words.flatten().map(|word| word.1))
        })
    }

    /// The tables of a family, and of its events where they have numbers of their own.
    pub(super) fn family(self, name: &str) -> Option<(&'static Generic, Option<Words>)> {
        let index = self.0.binary_search_by_key(&name, |spec| spec.name()).ok()?;
        self.0.get(index).map(|Spec(family)| (&family.tables, family.events))
    }
}

/// The same tables, which are compared by where they are.
impl PartialEq for Specs {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || (self.0.is_empty() && other.0.is_empty())
    }
}

impl Eq for Specs {}

/// Never freed, like the tables in code that it stands beside: specs are read once at start, and
/// what they say is used until the process ends. So a name in a record is a `&'static str` wherever
/// it comes from, and reading a message counts no references.
fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Several values of the same kind, never freed.
fn keep_all<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

/// The texts that are kept, each once: a spec repeats names.
#[derive(Debug, Default)]
struct Texts(BTreeSet<&'static str>);

impl Texts {
    fn keep(&mut self, text: &str) -> &'static str {
        if let Some(kept) = self.0.get(text) {
            return kept;
        }
        let kept: &'static str = text.to_owned().leak();
        self.0.insert(kept);
        kept
    }
}
