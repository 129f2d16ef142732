//! The settings of a file, each with the place where it stands.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize as _, de::IntoDeserializer as _};
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    error::{Error, Place},
    keys,
    setting::Setting,
};

/// A text, and the file that it is of.
pub(super) struct File<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl File<'_> {
    /// What the file sets.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn settings(&self) -> Result<Vec<Setting>, Error> {
        let table = DeTable::parse(self.text).map_err(|error| self.syntax(&error))?;
        let mut settings = Vec::new();
        self.collect("", table.get_ref(), &mut settings)?;
        Ok(settings)
    }

    fn collect(
        &self,
        section: &str,
        table: &DeTable<'_>,
        settings: &mut Vec<Setting>,
    ) -> Result<(), Error> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, found) in entries {
            let separator = if section.is_empty() { "" } else { "." };
            let key = [section, separator, name.get_ref()].concat();
            let place = self.place(found.span().start);
            match (keys::all().contains(&key), found.get_ref()) {
                (true, DeValue::Table(table)) if Setting::is_table(&key) => {
                    settings.push(self.table(&key, place, table)?);
                }
                (true, DeValue::Table(table)) if !table.is_empty() => {
                    self.collect(&key, table, settings)?;
                }
                (true, _) => settings.push(Setting::of_value(&key, place, self.value(found)?)?),
                (false, DeValue::Table(table)) if keys::is_section(&key) => {
                    self.collect(&key, table, settings)?;
                }
                (false, _) if keys::is_section(&key) => {
                    let found = self.value(found)?;
                    return Err(Error::value(&key, found, "a table").at(|_| Some(place)));
                }
                (false, _) => return Err(self.unknown(key, name.span().start)),
            }
        }
        Ok(())
    }

    /// A key whose value is a table. Each entry is tried by itself, to know where a wrong one is.
    fn table(&self, key: &str, place: Place, table: &DeTable<'_>) -> Result<Setting, Error> {
        let mut whole = Table::new();
        let mut entries = BTreeMap::new();
        for (name, entry) in table {
            let (name, value) = (name.get_ref().to_string(), self.value(entry)?);
            let at = self.place(entry.span().start);
            Setting::of_entry(key, &name, at.clone(), value.clone())?;
            entries.insert(format!("{key}.{name}"), at);
            whole.insert(name, value);
        }
        let whole = Setting::of_value(key, place, Value::Table(whole))?;
        Ok(Setting { entries, ..whole })
    }

    fn value(&self, found: &Spanned<DeValue<'_>>) -> Result<Value, Error> {
        Value::deserialize(found.clone().into_deserializer()).map_err(|error| self.syntax(&error))
    }

    fn unknown(&self, name: String, offset: usize) -> Error {
        Error::UnknownKey { place: self.place(offset), nearest: keys::nearest(&name), name }
    }

    fn syntax(&self, error: &toml::de::Error) -> Error {
        let place = self.place(error.span().map_or(0, |span| span.start));
        Error::Syntax { place, message: error.message().replace('\n', ", ") }
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place::File { path: self.path.to_owned(), line, column }
    }
}
