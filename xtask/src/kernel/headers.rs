//! Makes unpacked kernel headers usable where they lie: their makefiles name each other by absolute
//! paths, which become relative ones, so that building a module needs no installation, no privileges
//! and no mount.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Kernel;

const INSTALLED: &str = "/usr/src/";

/// Rewrites the paths in the headers of a release, if it has any.
pub(super) fn relocate(root: &Path, release: &str) -> Result<()> {
    let Some(makefile) = unpacked(root, release).map(|headers| headers.join("Makefile")) else {
        return Ok(());
    };
    let rewrite = || {
        let text = fs::read_to_string(&makefile)?;
        fs::write(&makefile, text.replace(INSTALLED, "../"))
    };
    rewrite().with_context(|| format!("cannot rewrite {}", makefile.display()))
}

/// The directory to build a kernel's modules against; nothing if there are no headers.
pub(crate) fn directory(kernel: &Kernel) -> Result<Option<PathBuf>> {
    Ok(unpacked(&kernel.root(), &kernel.release()?))
}

/// The headers of a release, if they are there.
pub(super) fn unpacked(root: &Path, release: &str) -> Option<PathBuf> {
    let directory = root.join("usr/src").join(format!("linux-headers-{release}"));
    directory.is_dir().then_some(directory)
}
