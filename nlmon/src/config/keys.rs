//! Which keys there are. They are read out of the structure of [`Config`], so that no list of them is
//! kept by hand: a new field is a key of the file and a variable of the environment at once.

use std::{cell::Cell, iter::once, sync::LazyLock};

use serde::{
    Deserialize as _,
    de::{
        self, Deserializer, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer},
    },
};

use super::Config;

/// What the name of each environment variable begins with.
pub const PREFIX: &str = "NLMON_";

/// Every key, as `section.key`, in the order of the structure.
pub fn all() -> &'static [String] {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut keys = Vec::new();
        collect(&mut Vec::new(), &mut keys);
        keys
    });
    &ALL
}

/// The environment variable of a key: `probe.sample_every` is `NLMON_PROBE_SAMPLE_EVERY`.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// Whether keys are below this one.
pub(super) fn is_section(name: &str) -> bool {
    all().iter().any(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The key or the section that has nearly this name.
pub(super) fn nearest(name: &str) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    // A slip of one letter.
    let is_slip = |key: &&String| strsim::damerau_levenshtein(name, key) == 1;
    if let Some(key) = all().iter().find(is_slip) {
        return Some(key.clone());
    }
    // A key in the wrong section.
    if let Some(key) = all().iter().find(|key| key.contains('.') && last(key) == last(name)) {
        return Some(key.clone());
    }
    let sections = all().iter().filter_map(|key| Some(key.split_once('.')?.0));
    let near = most_similar(name, all().iter().map(String::as_str).chain(sections));
    near.map(str::to_owned)
}

/// The variable that has nearly this name.
pub(super) fn nearest_variable(name: &str) -> Option<String> {
    let names: Vec<_> = all().iter().map(|key| variable(key)).collect();
    let rest = |name: &str| name.get(PREFIX.len()..).unwrap_or_default().to_uppercase();
    let rests: Vec<_> = names.iter().map(|name| rest(name)).collect();
    let near = most_similar(&rest(name), rests.iter().map(String::as_str))?;
    Some(format!("{PREFIX}{near}"))
}

/// None of them, where the nearest is far.
fn most_similar<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |other: &&str| strsim::damerau_levenshtein(name, other);
    names.min_by_key(distance).filter(|other| distance(other) <= (name.len() / 3).max(2))
}

fn collect(path: &mut Vec<&'static str>, keys: &mut Vec<String>) {
    let Some(fields) = fields(path) else {
        keys.push(path.join("."));
        return;
    };
    for field in fields {
        path.push(field);
        collect(path, keys);
        path.pop();
    }
}

/// The fields of the structure at a path; none if it is a value.
fn fields(path: &[&'static str]) -> Option<&'static [&'static str]> {
    let found = Cell::new(None);
    // It always fails: it is there to be asked for its fields.
    drop(Config::deserialize(Outline { path, found: &found }));
    found.get()
}

/// Follows a path, and notes which fields are wanted at its end.
#[derive(Clone, Copy)]
struct Outline<'a> {
    path: &'a [&'static str],
    found: &'a Cell<Option<&'static [&'static str]>>,
}

fn end() -> Error {
    de::Error::custom("the path ends here")
}

impl<'de> Deserializer<'de> for Outline<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Some((next, path)) = self.path.split_first() else {
            self.found.set(Some(fields));
            return Err(end());
        };
        visitor.visit_map(MapDeserializer::new(once((*next, Self { path, ..self }))))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(end())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl IntoDeserializer<'_> for Outline<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_key_has_a_variable_of_its_own() {
        let variables: BTreeSet<_> = all().iter().map(|key| variable(key)).collect();
        assert_eq!(variables.len(), all().len());
        assert!(variables.contains("NLMON_PROBE_SAMPLE_EVERY"), "{variables:?}");
        assert!(variables.contains("NLMON_CAPTURE_SECRETS"), "{variables:?}");
    }

    #[test]
    fn the_keys_are_those_of_the_default() {
        let table = toml::Table::try_from(Config::default()).unwrap();
        let mut expected = BTreeSet::new();
        for (section, value) in &table {
            match value {
                toml::Value::Table(keys) => {
                    expected.extend(keys.keys().map(|key| format!("{section}.{key}")));
                }
                _ => {
                    expected.insert(section.clone());
                }
            }
        }
        assert_eq!(all().iter().cloned().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn the_nearest_name_is_a_near_one() {
        assert_eq!(nearest("http.live_").as_deref(), Some("http.live"));
        assert_eq!(nearest("probe.listen").as_deref(), Some("http.listen"));
        assert_eq!(nearest("subscibe").as_deref(), Some("subscribe"));
        assert_eq!(nearest("x.completely_different"), None);
        assert_eq!(
            nearest_variable("NLMON_PROB_SAMPLE_EVRY").as_deref(),
            Some("NLMON_PROBE_SAMPLE_EVERY")
        );
    }
}
