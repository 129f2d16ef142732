//! Finds and reads the spec files that the configuration names, and refuses a second spec of the
//! same family. `decode::specs` parses what is in them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nlmon_core::decode::specs::{self, FAMILIES_MAX, Fault, Spec, Specs, TEXT_MAX};

/// Why specs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a directory cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A named directory holds no spec.
    #[error("{path} has no file *.yaml in it: name the directory that has the specs, or a file")]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A spec is wrong.
    #[error("{path}{}{error}", if error.line == 0 { ": " } else { ", " })]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        error: specs::Error,
    },
    /// Two specs describe the same family.
    #[error("{path} describes the family {family}, and so does {other}: name only one of them")]
    Twice {
        /// The later file.
        path: PathBuf,
        /// The earlier file.
        other: PathBuf,
        /// The family.
        family: &'static str,
    },
    /// More than [`FAMILIES_MAX`].
    #[error("{path} is one too many: at most {FAMILIES_MAX} families can be described by specs")]
    TooMany {
        /// The first that has no room.
        path: PathBuf,
    },
}

/// The specs that were found.
#[derive(Debug, Default)]
pub struct Found {
    /// The specs in use.
    pub specs: Specs,
    /// Names of the families they describe.
    pub described: Vec<&'static str>,
    /// Families with built-in tables. The tables win.
    pub known: Vec<&'static str>,
    /// Files in the directories that describe other protocols.
    pub passed_over: usize,
    /// The files, as they were before they were read.
    pub state: State,
}

/// Reads files, and each `*.yaml` of a directory. It does not descend into subdirectories.
///
/// # Errors
/// The first problem found.
pub fn read(paths: &[PathBuf]) -> Result<Found, Error> {
    let state = state(paths)?;
    let mut passed_over = 0;
    let mut all: BTreeMap<&'static str, (Spec, PathBuf)> = BTreeMap::new();
    for (path, named) in files(paths)? {
        let spec = match spec(&path) {
            Err(Error::Wrong { error, .. })
                if !named && matches!(error.fault, Fault::OtherProtocol(_)) =>
            {
                passed_over += 1;
                continue;
            }
            spec => spec?,
        };
        if let Some((spec, other)) = all.get(spec.name()) {
            return Err(Error::Twice { path, other: other.clone(), family: spec.name() });
        }
        if all.len() == FAMILIES_MAX {
            return Err(Error::TooMany { path });
        }
        all.insert(spec.name(), (spec, path));
    }
    let specs = all.into_values().map(|(spec, _)| spec);
    let (known, described): (Vec<_>, Vec<_>) = specs.partition(|spec| spec.is_known());
    Ok(Found {
        specs: Specs::new(described.iter().copied()),
        described: described.into_iter().map(Spec::name).collect(),
        known: known.into_iter().map(Spec::name).collect(),
        passed_over,
        state,
    })
}

/// What tells whether any of the files has changed since: which there are, and size and time of each.
///
/// # Errors
/// A directory cannot be read.
pub fn state(paths: &[PathBuf]) -> Result<State, Error> {
    let of_file = |(path, _): (PathBuf, bool)| {
        let metadata = fs::metadata(&path).ok();
        let bytes = metadata.as_ref().map(fs::Metadata::len);
        Seen { path, bytes, modified: metadata.and_then(|metadata| metadata.modified().ok()) }
    };
    Ok(State(files(paths)?.into_iter().map(of_file).collect()))
}

/// The state of the files at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(Vec<Seen>);

/// What tells a version of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    bytes: Option<u64>,
    modified: Option<SystemTime>,
}

/// Every file, and whether the configuration names it directly.
fn files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, bool)>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(in_directory(path)?.into_iter().map(|file| (file, false)));
        } else {
            files.push((path.clone(), true));
        }
    }
    Ok(files)
}

fn in_directory(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|extension| extension == "yaml") && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    files.sort();
    Ok(files)
}

fn spec(path: &Path) -> Result<Spec, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // Reading one byte more than the limit shows that the file is too long.
    let most = u64::try_from(TEXT_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let error = specs::Error { line: 0, fault: Fault::Form(error.utf8_error().to_string()) };
        Error::Wrong { path: path.to_owned(), error }
    })?;
    Spec::parse(&text).map_err(|error| Error::Wrong { path: path.to_owned(), error })
}
