//! The section `file`: records to a file.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Config, Error};
use crate::live::{
    file::{Format, Settings},
    filter::Filter,
};

/// Least and most bytes of a file of records.
const FILE_BYTES_MIN: u64 = 4096;
const FILE_BYTES_MAX: u64 = 1 << 40;

/// Most old files of records.
const FILES_MAX: u32 = 1000;

/// Records to a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordsFile {
    /// Where; empty for none.
    pub path: PathBuf,
    /// Most bytes of one file.
    pub max_bytes: u64,
    /// How many older files are kept.
    pub keep: u32,
    /// Permissions, in octal.
    pub mode: String,
    /// JSON or a capture.
    pub format: Format,
    /// Which records, in the words of `nlmon tail`.
    pub filter: String,
    /// Most records a second; 0 for no limit.
    pub rate: u32,
}

impl Default for RecordsFile {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            max_bytes: 64 << 20,
            keep: 4,
            mode: "0600".to_owned(),
            format: Format::Json,
            filter: String::new(),
            rate: 0,
        }
    }
}

impl Config {
    /// What is to be written to a file, if anything. Types of specs in the filter are not known here.
    ///
    /// # Errors
    /// The first value that is none.
    pub fn file(&self) -> Result<Option<Settings>, Error> {
        let RecordsFile { path, max_bytes, keep, mode, format, filter, rate } = &self.file;
        let wrong =
            |key, found: &dyn fmt::Display, expected: &str| Error::value(key, found, expected);
        if !(FILE_BYTES_MIN..=FILE_BYTES_MAX).contains(max_bytes) {
            let expected = format!("a number from {FILE_BYTES_MIN} to {FILE_BYTES_MAX}");
            return Err(wrong("file.max_bytes", max_bytes, &expected));
        }
        if *keep > FILES_MAX {
            return Err(wrong("file.keep", keep, &format!("a number from 0 to {FILES_MAX}")));
        }
        let permissions = u32::from_str_radix(mode, 8).ok();
        let Some(permissions) =
            permissions.filter(|mode| mode & 0o600 == 0o600 && mode & !0o666 == 0)
        else {
            let expected = "permissions in octal from \"0600\" to \"0666\"";
            return Err(wrong("file.mode", &format!("{mode:?}"), expected));
        };
        let words = Filter::of_line(filter).and_then(|words| words.check().map(|()| words));
        let words = words.map_err(|error| {
            let expected = format!("words of nlmon tail, as in process=bird errors ({error})");
            wrong("file.filter", &format!("{filter:?}"), &expected)
        })?;
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        if !path.is_absolute() || path.file_name().is_none() {
            let found = format!("{:?}", path.display().to_string());
            return Err(wrong("file.path", &found, "the absolute path of a file, or \"\""));
        }
        Ok(Some(Settings {
            path: path.clone(),
            max_bytes: *max_bytes,
            keep: *keep,
            mode: permissions,
            format: *format,
            filter: words,
            rate: *rate,
        }))
    }
}
