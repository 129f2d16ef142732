//! One value of one key, from wherever it comes. It is tried by itself, so that an error can say
//! where the wrong one comes from; and then all of them make a configuration.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{
    Config,
    error::{Error, Place, expected},
    source::Text,
};

/// A value of a key, of the right type.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Value,
    /// Where the entries of a table are, by `key.entry`.
    pub(super) entries: BTreeMap<String, Place>,
}

impl Setting {
    /// Whether the values of a key are tables.
    pub(super) fn is_table(key: &str) -> bool {
        try_value(key, &Value::Table(Table::new())).is_ok()
    }

    /// A value as a file has it.
    pub(super) fn of_value(key: &str, place: Place, value: Value) -> Result<Self, Error> {
        match try_value(key, &value) {
            Ok(()) => Ok(Self { key: key.to_owned(), place, value, entries: BTreeMap::default() }),
            Err(message) => Err(Error::value(key, value, expected(&message)).at(|_| Some(place))),
        }
    }

    /// Whether a table may have this entry.
    pub(super) fn of_entry(key: &str, name: &str, place: Place, value: Value) -> Result<(), Error> {
        let alone = Value::Table(Table::from_iter([(name.to_owned(), value.clone())]));
        try_value(key, &alone).map_err(|message| {
            let key = format!("{key}.{name}");
            Error::value(&key, value, expected(&message)).at(|_| Some(place))
        })
    }

    /// A text, as the environment or a flag has it: the first value it can stand for that the key
    /// takes.
    pub(super) fn of_text(key: &str, place: Place, text: &Text) -> Result<Self, Error> {
        let mut wrong = None;
        for value in readings(text) {
            match try_value(key, &value) {
                Ok(()) => return Self::of_value(key, place, value),
                Err(message) => wrong = wrong.or(Some(message)),
            }
        }
        let found = match text {
            Text::Whole(text) => format!("{text:?}"),
            Text::Parts(parts) => format!("{:?}", parts.join(" ")),
        };
        let expected = expected(&wrong.unwrap_or_default());
        Err(Error::value(key, found, expected).at(|_| Some(place)))
    }
}

/// What a text can stand for: itself before all else, as its error is the best one.
fn readings(text: &Text) -> impl Iterator<Item = Value> {
    let (whole, list, entries): (_, Vec<&str>, Vec<&str>) = match text {
        Text::Whole(text) => (
            Some(text),
            text.split(',').filter(|item| !item.is_empty()).collect(),
            text.split_whitespace().collect(),
        ),
        Text::Parts(parts) => {
            let parts: Vec<_> = parts.iter().map(String::as_str).collect();
            (None, parts.clone(), parts)
        }
    };
    let one = whole.into_iter().flat_map(|text| {
        let boolean = text.parse().map(Value::Boolean).ok();
        let integer = text.parse().map(Value::Integer).ok();
        [Some(Value::String(text.clone())), boolean, integer].into_iter().flatten()
    });
    let list = Value::Array(list.into_iter().map(Value::from).collect());
    one.chain([list]).chain(table(&entries))
}

/// `PROTOCOL:GROUP,GROUP` for each entry, where a group may be a number.
fn table(entries: &[&str]) -> Option<Value> {
    let item = |item: &str| item.parse().map_or_else(|_| Value::from(item), Value::Integer);
    let entry = |entry: &&str| {
        let (name, items) = entry.split_once(':')?;
        let items = items.split(',').filter(|item| !item.is_empty()).map(item);
        Some((name.to_owned(), Value::Array(items.collect())))
    };
    entries.iter().map(entry).collect::<Option<Table>>().map(Value::Table)
}

/// Makes a configuration of nothing but this; why not, in the words of the type.
fn try_value(key: &str, value: &Value) -> Result<(), String> {
    let mut table = Table::new();
    insert(&mut table, key, value.clone());
    Config::deserialize(table).map(drop).map_err(|error| error.message().to_owned())
}

/// Puts a value where its key says.
pub(super) fn insert(table: &mut Table, key: &str, value: Value) {
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let below = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(below) = below {
        insert(below, rest, value);
    }
}

/// The configuration of these settings, the later of which win.
pub(super) fn merge(settings: Vec<Setting>) -> Result<Config, Error> {
    let (mut table, mut places) = (Table::new(), BTreeMap::new());
    for Setting { key, place, value, entries } in settings {
        insert(&mut table, &key, value);
        // Entries of a table that this one replaces.
        let below = format!("{key}.");
        places.retain(|other: &String, _| !other.starts_with(&below));
        places.insert(key, place);
        places.extend(entries);
    }
    // Each of them was tried.
    let config = Config::deserialize(table)
        .map_err(|error| Error::value("all", "values that do not go together", error.message()))?;
    config.check().map_err(|error| error.at(|key| place(&places, key)))?;
    Ok(config)
}

/// Where a key comes from, or an entry of it.
fn place(places: &BTreeMap<String, Place>, key: &str) -> Option<Place> {
    let parent = key.rsplit_once('.').map(|(parent, _)| parent);
    places.get(key).or_else(|| places.get(parent?)).cloned()
}
