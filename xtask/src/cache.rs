//! Artefacts under `target/` that are made once: locked while they are made, renamed into place when
//! they are complete. A half-made one therefore never counts, and concurrent runs share one build.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::progress;

/// Makes `path` by calling `build` with a temporary name beside it, unless it is there already.
pub(crate) fn ensure(path: &Path, build: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let _lock = lock(path)?;
    if path.exists() {
        return Ok(());
    }
    let partial = with_suffix(path, ".partial");
    remove(&partial)?;
    build(&partial)?;
    fs::rename(&partial, path)
        .with_context(|| format!("cannot move {} into place", partial.display()))
}

/// Holds everybody else off an artefact until the returned file is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let name = with_suffix(path, ".lock");
    if let Some(parent) = name.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let file = File::create(&name).with_context(|| format!("cannot create {}", name.display()))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            progress::line(&format!("waiting for another run that makes {}", path.display()));
        }
        Err(TryLockError::Error(_)) => {}
    }
    file.lock().with_context(|| format!("cannot lock {}", name.display()))?;
    Ok(file)
}

/// Removes a file or a directory; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

/// A short name for anything that an artefact depends on.
pub(crate) fn key(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
