//! Reads a small file, again and again, while others may write to it.

use std::{
    fs::OpenOptions,
    io::Read as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::error::Error;

/// Most bytes of one file: a chain of certificates has a few thousand.
const BYTES_MAX: u64 = 1 << 20;

/// What a file says, and who may read it.
pub(super) struct Contents {
    pub(super) bytes: Vec<u8>,
    /// Others than its owner and its group may.
    pub(super) is_open_to_others: bool,
}

/// The whole of a file. A pipe in its place would be waited for, so only a regular file will do.
pub(super) fn read(path: &Path) -> Result<Contents, Error> {
    let failed = |error| Error::read(path, error);
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Error::whole(path, "expected a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Error::whole(path, format!("expected at most {BYTES_MAX} bytes")));
    }
    Ok(Contents { bytes, is_open_to_others: metadata.mode() & 0o004 != 0 })
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = read(path)?.bytes;
    String::from_utf8(bytes).map_err(|_error| Error::whole(path, "expected text in UTF-8"))
}
