//! The attributes of a set with their numbers and names: those of a subset are those of the set that
//! it is of, with what it says of them otherwise.

use std::collections::BTreeMap;

use super::schema::{Attribute, AttributeSet, Family, Name};
use super::{Error, Fault, names};

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
        if all.len() > SETS_MAX {
            return Err(Fault::TooMany { what: "attribute sets", most: SETS_MAX }.at(0));
        }
        Ok(Self { family, all })
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
    pub(super) fn attributes(&self, name: &str) -> Result<Vec<Numbered>, Error> {
        let Some(set) = self.all.get(name) else { return Ok(Vec::new()) };
        let mut chain = self.chain(set)?;
        let Some(root) = chain.pop() else { return Ok(Vec::new()) };
        let mut attributes = counted(self.family, root)?;
        while let Some(subset) = chain.pop() {
            attributes = subset_of(&attributes, subset)?;
        }
        attributes.sort_by_key(|numbered| numbered.number);
        Ok(attributes)
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
    Ok(attributes)
}

fn subset_of(all: &[Numbered], subset: &AttributeSet) -> Result<Vec<Numbered>, Error> {
    let by_name: BTreeMap<_, _> =
        all.iter().map(|numbered| (numbered.attribute.name.text.as_str(), numbered)).collect();
    let mut chosen = BTreeMap::new();
    for own in &subset.attributes {
        let name = &own.name;
        let found = by_name.get(name.text.as_str());
        let whole = *found.ok_or_else(|| {
            Fault::missing("attribute of the set that this is a subset of, named", name)
        })?;
        let attribute = merged(&whole.attribute, own);
        chosen.insert(whole.number, Numbered { attribute, ..whole.clone() });
    }
    Ok(chosen.into_values().collect())
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
