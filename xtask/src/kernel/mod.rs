//! The guest kernels: one table, and what is known of a kernel that was fetched.
//!
//! A kernel is a row here and nowhere else; whatever differs between kernels is a column.

mod buildroot;
pub(crate) mod fetch;
pub(crate) mod headers;
mod source;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::layout;

/// A kernel that guests can run.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// How it is called on the command line.
    pub(crate) name: &'static str,
    /// The Debian suite that has it.
    pub(crate) suite: &'static str,
    /// The Debian release to build its modules in, where the machine's own tools are too old.
    pub(crate) buildroot: Option<&'static str>,
}

/// Which of Debian's builds, by the end of its packages' names: that for any machine. The one for
/// virtual machines is smaller, but has no Wi-Fi, which tests need.
const FLAVOUR: &str = "-amd64";

/// Every guest kernel, oldest first.
pub(crate) const KERNELS: &[Kernel] = &[
    Kernel { name: "5.10", suite: "bullseye-security", buildroot: None },
    Kernel { name: "6.1", suite: "bookworm-security", buildroot: None },
    Kernel { name: "6.12", suite: "bookworm-security", buildroot: None },
    Kernel { name: "6.18", suite: "trixie-backports", buildroot: Some("trixie") },
    Kernel { name: "7.3", suite: "trixie-backports", buildroot: Some("trixie") },
];

/// The kernel that a guest runs unless told otherwise.
pub(crate) const DEFAULT: &str = "6.1";

/// The kernels that a test run uses unless told otherwise.
pub(crate) const TESTED: &str = "6.1,7.3";

/// Finds a kernel by its name.
pub(crate) fn named(name: &str) -> Result<&'static Kernel> {
    if let Some(kernel) = KERNELS.iter().find(|kernel| kernel.name == name) {
        return Ok(kernel);
    }
    let known: Vec<_> = KERNELS.iter().map(|kernel| kernel.name).collect();
    bail!("no kernel is called {name}; there are {}", known.join(", "))
}

/// Finds kernels by a list of names separated by commas, or `all`.
pub(crate) fn listed(names: &str) -> Result<Vec<&'static Kernel>> {
    if names == "all" {
        return Ok(KERNELS.iter().collect());
    }
    names.split(',').map(|name| named(name.trim())).collect()
}

impl Kernel {
    /// What it is called on disk: another build is another kernel.
    pub(crate) fn build(&self) -> String {
        format!("{}{FLAVOUR}", self.name)
    }

    /// Where all of it is.
    pub(crate) fn directory(&self) -> PathBuf {
        layout::kernel(&self.build())
    }

    /// Where its packages were unpacked.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory().join("root")
    }

    /// What `uname -r` says in it.
    pub(crate) fn release(&self) -> Result<String> {
        let path = self.directory().join("release");
        let release = fs::read_to_string(&path).with_context(|| {
            format!("kernel {} is not fetched: no {}", self.name, path.display())
        })?;
        Ok(release.trim().to_owned())
    }

    /// `make`, where this kernel's modules can be built.
    pub(crate) fn make(&self) -> Result<Command> {
        match self.buildroot {
            Some(suite) => Ok(buildroot::command(&buildroot::ensure(suite)?, "make")),
            None => Ok(Command::new("make")),
        }
    }

    /// The bootable image.
    pub(crate) fn image_file(&self) -> PathBuf {
        self.directory().join("vmlinuz")
    }

    /// The archive of its modules, to be appended to a guest's root.
    pub(crate) fn modules_archive(&self) -> PathBuf {
        self.directory().join("modules.cpio")
    }

    /// Its modules on the host, uncompressed, with their indices.
    pub(crate) fn modules(&self) -> Result<PathBuf> {
        Ok(self.directory().join("modules/lib/modules").join(self.release()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_kernels_by_name() {
        let names = |list| -> Result<Vec<_>> {
            Ok(listed(list)?.iter().map(|kernel: &&Kernel| kernel.name).collect())
        };
        assert_eq!(names("6.1, 6.12").expect("both are known"), ["6.1", "6.12"]);
        assert_eq!(names("all").expect("all are known").len(), KERNELS.len());
        assert!(names("6.1,4.4").is_err());
    }
}
