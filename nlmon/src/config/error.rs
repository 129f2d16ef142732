//! What is wrong with a configuration, in one line: where, which key, what was found and what was
//! expected. The words for what was expected are made of what the types say.

use std::{fmt, path::PathBuf};

/// Longest value that an error repeats in whole, in characters.
const FOUND_MAX: usize = 60;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file.
    File {
        /// Its path.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag, with its hyphens.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(f, "{}, line {line}, column {column}", path.display())
            }
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// Where it ceases to be.
        place: Place,
        /// What is wrong there.
        message: String,
    },
    /// There is no such key.
    #[error("{place}: unknown key {name}{}", hint(nearest.as_ref()))]
    UnknownKey {
        /// Where it is.
        place: Place,
        /// As it was written, with its section.
        name: String,
        /// The key that may have been meant.
        nearest: Option<String>,
    },
    /// There is no such variable.
    #[error("{name}: unknown environment variable{}", hint(nearest.as_ref()))]
    UnknownVariable {
        /// Its name.
        name: String,
        /// The variable that may have been meant.
        nearest: Option<String>,
    },
    /// A value is of the wrong kind, or out of its range.
    #[error("{}{key}: found {found}, expected {expected}", before(place.as_ref()))]
    Value {
        /// Where it comes from, if that is known.
        place: Option<Place>,
        /// The key, with its section.
        key: String,
        /// The value.
        found: String,
        /// What it has to be.
        expected: String,
    },
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(", the nearest is {name}"))
}

fn before(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!("{place}: "))
}

impl Error {
    /// A value that is not what it has to be, wherever it comes from.
    pub(super) fn value(key: &str, found: impl fmt::Display, expected: impl Into<String>) -> Self {
        let (found, expected) = (shortened(&found.to_string()), expected.into());
        Self::Value { place: None, key: key.to_owned(), found, expected }
    }

    /// The same, which says where the value comes from.
    #[must_use]
    pub(super) fn at(self, place: impl FnOnce(&str) -> Option<Place>) -> Self {
        match self {
            Self::Value { place: None, key, found, expected } => {
                Self::Value { place: place(&key), key, found, expected }
            }
            other => other,
        }
    }
}

/// One line, and not a long one.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(FOUND_MAX) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// What a type expects, of its message.
pub(super) fn expected(message: &str) -> String {
    let Some((_, expected)) = message.rsplit_once("expected ") else {
        return message.replace('\n', " ");
    };
    let text = match expected {
        "a boolean" => "true or false",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "a string" | "path string" => "a string",
        "a sequence" => "a list",
        "a map" => "PROTOCOL:GROUP,GROUP",
        text if text.starts_with("struct ") => "a table",
        text => return alternatives(text),
    };
    text.to_owned()
}

/// "one of `a`, `b`, `c`" and "`a` or `b`" as a person says it.
fn alternatives(text: &str) -> String {
    let names = text.strip_prefix("one of ").unwrap_or(text).replace('`', "");
    match names.rsplit_once(", ") {
        Some((first, last)) if text.starts_with("one of ") => format!("{first} or {last}"),
        _ => names,
    }
}
