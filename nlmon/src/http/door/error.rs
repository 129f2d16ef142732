//! What is wrong with a file that says who may come in: one line, which never repeats a secret.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use serde_saphyr::Location;

/// Longest value that an error repeats in whole, in characters.
const FOUND_MAX: usize = 60;

/// What is wrong, in which file, and where in it.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    /// Line and column, counted from 1.
    place: Option<(u64, u64)>,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Read(io::Error),
    Wrong(String),
}

impl Error {
    pub(super) fn read(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), place: None, fault: Fault::Read(error) }
    }

    /// `what` is wrong with the file as a whole.
    pub(super) fn whole(path: &Path, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), place: None, fault: Fault::Wrong(what.into()) }
    }

    /// `what` is wrong at a place in the file.
    pub(super) fn at(path: &Path, place: Location, what: impl Into<String>) -> Self {
        let place = (place != Location::UNKNOWN).then(|| (place.line(), place.column()));
        Self { path: path.to_owned(), place, fault: Fault::Wrong(what.into()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match (&self.fault, self.place) {
            (Fault::Read(error), _) => write!(f, "cannot read {path}: {error}"),
            (Fault::Wrong(what), Some((line, column))) => {
                write!(f, "{path}, line {line}, column {column}: {what}")
            }
            (Fault::Wrong(what), None) => write!(f, "{path}: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// A value and what it has to be, for a key that is no secret.
pub(super) fn found(key: &str, value: &str, expected: &str) -> String {
    let shown = match value.char_indices().nth(FOUND_MAX) {
        Some((end, _)) => format!("{}...", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    };
    format!("{key}: found {shown:?}, expected {expected}")
}
