//! Tables of what a spec says. Sets of attributes are inside of each other in any way, so each has a
//! place before anything refers to it, and the places are filled one after the other.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::schema::{Family, Name, SubMessage};
use super::sets::Sets;
use super::words::{Definitions, Enumeration};
use super::{Described, Error, Fault, Texts, keep, keep_all, operations};
use crate::decode::tables::kind::{Fields, Kind, Options, Set};

/// Where the attributes of a set will be.
pub(super) type Place = &'static OnceLock<Set>;

/// A family that is being made.
pub(super) struct Builder<'a> {
    pub(super) family: &'a Family,
    pub(super) texts: Texts,
    pub(super) definitions: Definitions<'a>,
    pub(super) enumerations: BTreeMap<&'a str, Enumeration>,
    /// Structures that are made.
    pub(super) structures: BTreeMap<&'a str, &'static Fields>,
    /// What sub-messages can be, as far as it is made.
    pub(super) options: BTreeMap<&'a str, &'static Options>,
    sets: Sets<'a>,
    places: BTreeMap<&'a str, Place>,
    sub_messages: BTreeMap<&'a str, &'a SubMessage>,
}

/// The tables of a family.
pub(super) fn family(family: &Family) -> Result<Described, Error> {
    let mut builder = Builder::new(family)?;
    builder.fill()?;
    operations::described(&mut builder)
}

impl<'a> Builder<'a> {
    fn new(family: &'a Family) -> Result<Self, Error> {
        let mut texts = Texts::default();
        let definitions = Definitions::new(family)?;
        let enumerations = definitions.enumerations(&mut texts)?;
        let sets = Sets::new(family)?;
        let place = |name| (name, keep(OnceLock::new()));
        let places = sets.names().map(place).collect();
        let sub_messages = family.sub_messages.iter().map(|sub| (&*sub.name.text, sub)).collect();
        let (structures, options) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self {
            family,
            texts,
            definitions,
            enumerations,
            structures,
            options,
            sets,
            places,
            sub_messages,
        })
    }

    fn fill(&mut self) -> Result<(), Error> {
        for (name, place) in self.places.clone() {
            let attributes = self.sets.attributes(name)?;
            let mut set = Vec::with_capacity(attributes.len());
            for numbered in attributes.iter() {
                let kind = self.attribute(&numbered.attribute, &attributes)?;
                set.push((numbered.number, self.texts.keep(&numbered.c_name), kind));
            }
            place.get_or_init(|| keep_all(set));
        }
        Ok(())
    }

    /// What a nest of that set is.
    pub(super) fn nest(&self, set: &Name) -> Result<Kind, Error> {
        let name = self.sets.find(set)?;
        Ok(self.places.get(name).map_or(Kind::Secret, |place| Kind::Described(place)))
    }

    /// The attributes of that set, once they are there.
    pub(super) fn set(&self, set: &Name) -> Result<Set, Error> {
        let place = self.places.get(self.sets.find(set)?);
        Ok(place.and_then(|place| place.get()).copied().unwrap_or_default())
    }

    /// The enumeration of that name.
    pub(super) fn enumeration(&self, name: &Name) -> Result<Enumeration, Error> {
        let found = self.enumerations.get(name.text.as_str()).copied();
        found.ok_or_else(|| Fault::missing("enum or flags", name))
    }

    /// The message inside of an attribute of that name.
    pub(super) fn sub_message(&self, name: &Name) -> Result<&'a SubMessage, Error> {
        let found = self.sub_messages.get(name.text.as_str()).copied();
        found.ok_or_else(|| Fault::missing("sub-message", name))
    }
}
