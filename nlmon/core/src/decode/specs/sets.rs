//! The attributes of a set with their numbers and names: those of a subset are those of the set that
//! it is of, with what it says of them otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::schema::{Attribute, AttributeSet, Family, Name};
use super::{Error, Fault, names};

/// Most attributes of a family, those of subsets included: nl80211 has 600.
const ATTRIBUTES_MAX: usize = 16_384;
/// Most sets of a family.
const SETS_MAX: usize = 512;
/// Subsets of subsets.
const CHAIN_MAX: usize = 16;
/// `NLA_TYPE_MASK`
const NUMBER_MAX: u16 = 0x3fff;

/// An attribute of a set.
#[derive(Clone, Debug)]
pub(super) struct Numbered {
    pub(super) number: u16,
    /// Its name in C.
    pub(super) c_name: String,
    pub(super) attribute: Attribute,
}

/// The sets of a spec by name.
pub(super) struct Sets<'a> {
    family: &'a Family,
    all: BTreeMap<&'a str, &'a AttributeSet>,
    /// Those that were asked for, and what they are subsets of.
    made: BTreeMap<&'a str, Rc<[Numbered]>>,
}

impl<'a> Sets<'a> {
    pub(super) fn new(family: &'a Family) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        for set in &family.attribute_sets {
            if all.insert(set.name.text.as_str(), set).is_some() {
                let (name, other) = (set.name.text.clone(), set.name.text.clone());
                return Err(Fault::Twice { what: "name", name, other }.at(set.name.line));
            }
        }
        let attributes: usize = all.values().map(|set| set.attributes.len()).sum();
        for (what, count, most) in
            [("attribute sets", all.len(), SETS_MAX), ("attributes", attributes, ATTRIBUTES_MAX)]
        {
            if count > most {
                return Err(Fault::TooMany { what, most }.at(0));
            }
        }
        Ok(Self { family, all, made: BTreeMap::new() })
    }

    /// The set of that name, as it is called.
    pub(super) fn find(&self, name: &Name) -> Result<&'a str, Error> {
        self.set(name).map(|set| set.name.text.as_str())
    }

    fn set(&self, name: &Name) -> Result<&'a AttributeSet, Error> {
        let found = self.all.get(name.text.as_str()).copied();
        found.ok_or_else(|| Fault::missing("attribute set", name))
    }

    /// The names of all.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.all.keys().copied()
    }

    /// The attributes of a set, sorted by number.
    pub(super) fn attributes(&mut self, name: &str) -> Result<Rc<[Numbered]>, Error> {
        let Some(set) = self.all.get(name).copied() else { return Ok(Rc::default()) };
        // What others are subsets of comes first, and is made once for all of them.
        let mut whole: Rc<[Numbered]> = Rc::default();
        for set in self.chain(set)?.into_iter().rev() {
            let made = match self.made.get(set.name.text.as_str()) {
                Some(made) => Rc::clone(made),
                None if set.subset_of.is_none() => counted(self.family, set)?.into(),
                None => subset_of(&whole, set)?.into(),
            };
            self.made.insert(&set.name.text, Rc::clone(&made));
            whole = made;
        }
        Ok(whole)
    }

    /// The set, what it is a subset of, what that is a subset of, and so on.
    fn chain(&self, set: &'a AttributeSet) -> Result<Vec<&'a AttributeSet>, Error> {
        let mut chain = vec![set];
        let mut set = set;
        while let Some(of) = &set.subset_of {
            set = self.set(of)?;
            if chain.iter().any(|other| std::ptr::eq(*other, set)) {
                let name = of.text.clone();
                return Err(Fault::Cycle { name, how: "subset-of" }.at(of.line));
            }
            chain.push(set);
            if chain.len() > CHAIN_MAX {
                return Err(
                    Fault::TooMany { what: "subsets of subsets", most: CHAIN_MAX }.at(of.line)
                );
            }
        }
        Ok(chain)
    }
}

/// Attributes count from 1, on from where one has a value.
fn counted(family: &Family, set: &AttributeSet) -> Result<Vec<Numbered>, Error> {
    let prefix = names::attribute_prefix(family, set);
    let mut known = BTreeMap::new();
    let mut seen = BTreeMap::new();
    let mut next = 1;
    let mut attributes = Vec::with_capacity(set.attributes.len());
    for attribute in &set.attributes {
        let name = &attribute.name;
        let twice = |what, other: &Name| {
            let (name, other) = (name.text.clone(), other.text.clone());
            Fault::Twice { what, name, other }.at(attribute.name.line)
        };
        let number = attribute.value.unwrap_or(next);
        if number > NUMBER_MAX {
            let name = name.text.clone();
            return Err(Fault::TooHigh { name, most: NUMBER_MAX }.at(attribute.name.line));
        }
        if let Some(other) = seen.insert(name.text.as_str(), name) {
            return Err(twice("name", other));
        }
        if let Some(other) = known.insert(number, name) {
            return Err(twice("number", other));
        }
        let prefix = attribute.name_prefix.as_deref().unwrap_or(&prefix);
        let c_name = names::upper(&format!("{prefix}{}", name.text));
        attributes.push(Numbered { number, c_name, attribute: attribute.clone() });
        next = number + 1;
    }
    attributes.sort_by_key(|numbered| numbered.number);
    Ok(attributes)
}

fn subset_of(all: &[Numbered], subset: &AttributeSet) -> Result<Vec<Numbered>, Error> {
    let wanted: BTreeMap<_, _> =
        subset.attributes.iter().map(|own| (own.name.text.as_str(), own)).collect();
    let mut chosen = Vec::with_capacity(wanted.len());
    for whole in all {
        if let Some(own) = wanted.get(whole.attribute.name.text.as_str()) {
            let attribute = merged(&whole.attribute, own);
            chosen.push(Numbered { attribute, ..whole.clone() });
        }
    }
    let found: BTreeSet<_> =
        chosen.iter().map(|numbered| numbered.attribute.name.text.as_str()).collect();
    match wanted.values().find(|own| !found.contains(own.name.text.as_str())) {
        None => Ok(chosen),
        Some(own) => {
            Err(Fault::missing("attribute of the set that this is a subset of, named", &own.name))
        }
    }
}

/// What a subset says of an attribute, and of what it does not say, what the whole set says.
fn merged(whole: &Attribute, own: &Attribute) -> Attribute {
    let own = own.clone();
    let whole = whole.clone();
    Attribute {
        name: own.name,
        name_prefix: whole.name_prefix,
        kind: own.kind.or(whole.kind),
        value: whole.value,
        type_value: if own.type_value.is_empty() { whole.type_value } else { own.type_value },
        byte_order: own.byte_order.or(whole.byte_order),
        nested_attributes: own.nested_attributes.or(whole.nested_attributes),
        words: own.words.or(whole.words),
        enum_as_flags: own.enum_as_flags.or(whole.enum_as_flags),
        sub_type: own.sub_type.or(whole.sub_type),
        display_hint: own.display_hint.or(whole.display_hint),
        structure: own.structure.or(whole.structure),
        sub_message: own.sub_message.or(whole.sub_message),
        selector: own.selector.or(whole.selector),
    }
}
