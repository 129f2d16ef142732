//! The enumerations of a spec, as tables of words and of bits. A number of which a table is not wide
//! enough to tell, or which has no bit, stays a number.

use std::collections::BTreeMap;

use super::schema::{Constant, Definition, DefinitionType, Family};
use super::{Error, Fault, Texts, keep, keep_all};
use crate::decode::names::Table;
use crate::decode::tables::kind::Bits;

/// One enumeration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enumeration {
    /// Its numbers are those of bits.
    pub(super) flags: bool,
    pub(super) words: &'static Table,
    pub(super) bits: &'static Bits,
}

/// The definitions of a spec by name.
pub(super) struct Definitions<'a>(BTreeMap<&'a str, &'a Definition>);

impl<'a> Definitions<'a> {
    pub(super) fn new(family: &'a Family) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        for definition in &family.definitions {
            let name = &definition.name;
            if let Some(other) = all.insert(name.text.as_str(), definition) {
                let other: &Definition = other;
                let (name, other) = (name.text.clone(), other.name.text.clone());
                return Err(Fault::Twice { what: "name", name, other }.at(definition.name.line));
            }
        }
        Ok(Self(all))
    }

    /// The structure of that name.
    pub(super) fn structure(&self, name: &str) -> Option<&'a Definition> {
        let found = self.0.get(name).copied();
        found.filter(|definition| definition.kind == DefinitionType::Struct)
    }

    /// A number, the constant of a name, or `name - 1`.
    pub(super) fn number(&self, constant: &Constant) -> Option<i64> {
        match constant {
            Constant::Number(number) => Some(*number),
            Constant::Text(text) => match text.strip_suffix(" - 1") {
                Some(name) => self.constant(name)?.checked_sub(1),
                None => self.constant(text),
            },
        }
    }

    fn constant(&self, name: &str) -> Option<i64> {
        match self.0.get(name)?.value {
            Some(Constant::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Every enumeration, by name.
    pub(super) fn enumerations(
        &self,
        texts: &mut Texts,
    ) -> Result<BTreeMap<&'a str, Enumeration>, Error> {
        let is_one = |kind| matches!(kind, DefinitionType::Enum | DefinitionType::Flags);
        let all = self.0.iter().filter(|(_, definition)| is_one(definition.kind));
        all.map(|(name, definition)| Ok((*name, self.enumeration(definition, texts)?))).collect()
    }

    fn enumeration(&self, of: &Definition, texts: &mut Texts) -> Result<Enumeration, Error> {
        let start = of.value_start.as_ref().map_or(Some(0), |start| self.number(start));
        let mut next =
            start.ok_or_else(|| Fault::wrong(&of.name, "has a value-start that is no number"))?;
        let mut entries = Vec::with_capacity(of.entries.len());
        for entry in &of.entries {
            let number = entry.value.unwrap_or(next);
            entries.push((number, texts.keep(&entry.name)));
            next = number.saturating_add(1);
        }
        // Of two names for a number the first is its own, the other one a synonym.
        entries.sort_by_key(|entry| entry.0);
        entries.dedup_by_key(|entry| entry.0);
        let word = |&(number, name)| Some((u32::try_from(number).ok()?, name));
        let bit = |&(number, name)| Some((1_u32.checked_shl(u32::try_from(number).ok()?)?, name));
        Ok(Enumeration {
            flags: of.kind == DefinitionType::Flags,
            words: keep(keep_all(entries.iter().filter_map(word).collect())),
            bits: keep(keep_all(entries.iter().filter_map(bit).collect())),
        })
    }
}
