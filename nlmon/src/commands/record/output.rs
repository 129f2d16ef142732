//! One capture that is being written. Its file holds whole blocks at any time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::super::Failure;
use crate::live::json::LogRecord;
use crate::live::pcapng::Capture;

/// What may wait to be written while more comes.
const PENDING_MAX: usize = 64 * 1024;

/// A capture that is being written.
pub(super) struct Output {
    pub(super) path: PathBuf,
    file: File,
    /// Whole blocks that are not in the file yet.
    capture: Capture<Vec<u8>>,
    /// Bytes in the file.
    len: u64,
    pub(super) records: u64,
}

impl Output {
    /// Makes the file.
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, Failure> {
        let file = create(path, force)?;
        let begin = |file| -> io::Result<Self> {
            let capture = Capture::new(Vec::new())?;
            let mut output = Self { path: path.to_owned(), file, capture, len: 0, records: 0 };
            output.write_pending().map(|()| output)
        };
        begin(file).map_err(|error| failed(path, error))
    }

    /// Records are missing before the next one.
    pub(super) fn lost(&mut self, records: u64) {
        self.capture.lost(records);
    }

    pub(super) fn write(&mut self, record: &LogRecord) -> Result<(), Failure> {
        self.add(record)?;
        if self.capture.get_mut().len() >= PENDING_MAX { self.flush() } else { Ok(()) }
    }

    /// Writes the record if the file is no longer than `most` with it, or empty before. Returns
    /// whether it was; if not, nothing can follow in this file.
    pub(super) fn write_within(&mut self, record: &LogRecord, most: u64) -> Result<bool, Failure> {
        let before = self.capture.get_mut().len();
        self.add(record)?;
        let len = self.len + self.capture.get_mut().len() as u64;
        if len > most && self.records > 1 {
            self.capture.get_mut().truncate(before);
            self.records -= 1;
            return Ok(false);
        }
        if self.capture.get_mut().len() >= PENDING_MAX {
            self.flush()?;
        }
        Ok(true)
    }

    fn add(&mut self, record: &LogRecord) -> Result<(), Failure> {
        self.capture.write(record).map_err(|error| failed(&self.path, error))?;
        self.records += 1;
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.write_pending().map_err(|error| failed(&self.path, error))
    }

    /// The same, to the disk itself.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let written = self.write_pending().and_then(|()| self.file.sync_all());
        written.map_err(|error| failed(&self.path, error))
    }

    /// Of blocks that do not fit the disk, no part stays.
    fn write_pending(&mut self) -> io::Result<()> {
        let pending = self.capture.get_mut();
        if let Err(error) = self.file.write_all(pending) {
            self.file.set_len(self.len)?;
            return Err(error);
        }
        self.len += pending.len() as u64;
        pending.clear();
        Ok(())
    }
}

pub(super) fn in_the_way(file: &Path) -> Failure {
    let file = file.display();
    Failure::Usage(anyhow!("{file} exists: name another file, or replace it with --force"))
}

pub(super) fn failed(file: &Path, error: io::Error) -> Failure {
    Failure::Runtime(anyhow!(error).context(format!("cannot write {}", file.display())))
}

/// A new file, never one that is there or that a link leads to: a capture may be made as root in a
/// directory of others.
fn create(path: &Path, force: bool) -> Result<File, Failure> {
    if force {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() || found.is_symlink() => {
                fs::remove_file(path).map_err(|error| failed(path, error))?;
            }
            Ok(_) => {
                let problem = anyhow!("{} is no file: name another one", path.display());
                return Err(Failure::Usage(problem));
            }
            Err(_absent) => {}
        }
    }
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => in_the_way(path),
        _ => failed(path, error),
    })
}
