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

use crate::arch::Arch;
use crate::layout;

/// A kernel that guests can run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    /// The processor that it is for.
    pub(crate) arch: Arch,
    /// How it is called on the command line.
    pub(crate) name: &'static str,
    /// The Debian suite that has it.
    pub(crate) suite: &'static str,
    /// The Debian release to build its modules in, where the machine's own tools are too old.
    pub(crate) buildroot: Option<&'static str>,
    /// The processors on which it has neither fentry nor kprobe.multi, so that all probes are kprobes
    /// by perf event.
    only_perf_events: &'static [Arch],
}

/// Every guest kernel, oldest first. Debian has each for every processor.
const KERNELS: &[Kernel] = &[
    without_direct_calls_on_arm64(row("5.10", "bullseye-security", None)),
    without_direct_calls_on_arm64(row("6.1", "bookworm-security", None)),
    row("6.12", "bookworm-security", None),
    row("6.18", "trixie-backports", Some("trixie")),
    row("7.3", "trixie-backports", Some("trixie")),
];

/// The kernel that a guest runs unless told otherwise.
pub(crate) const DEFAULT: &str = "6.1";

/// The kernels that a test run uses unless told otherwise.
pub(crate) const TESTED: &str = "6.1,7.3";

const fn row(name: &'static str, suite: &'static str, buildroot: Option<&'static str>) -> Kernel {
    Kernel { arch: Arch::X86_64, name, suite, buildroot, only_perf_events: &[] }
}

/// One whose ftrace calls nothing directly on arm64.
const fn without_direct_calls_on_arm64(kernel: Kernel) -> Kernel {
    Kernel { only_perf_events: &[Arch::Arm64], ..kernel }
}

/// Finds a kernel by its name.
pub(crate) fn named(arch: Arch, name: &str) -> Result<Kernel> {
    if let Some(kernel) = KERNELS.iter().find(|kernel| kernel.name == name) {
        return Ok(Kernel { arch, ..*kernel });
    }
    let known: Vec<_> = KERNELS.iter().map(|kernel| kernel.name).collect();
    bail!("no kernel is called {name}; there are {}", known.join(", "))
}

/// Finds kernels by a list of names separated by commas, or `all`.
pub(crate) fn listed(arch: Arch, names: &str) -> Result<Vec<Kernel>> {
    if names == "all" {
        return Ok(KERNELS.iter().map(|kernel| Kernel { arch, ..*kernel }).collect());
    }
    names.split(',').map(|name| named(arch, name.trim())).collect()
}

impl Kernel {
    /// Whether the service has probes only if it may open perf events.
    pub(crate) fn has_only_perf_events(&self) -> bool {
        self.only_perf_events.contains(&self.arch)
    }

    /// What it is called on disk: another build is another kernel.
    pub(crate) fn build(&self) -> String {
        format!("{}{}", self.name, self.arch.facts().flavour)
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
            Some(suite) => Ok(buildroot::command(&buildroot::ensure(suite, self.arch)?, "make")),
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
            Ok(listed(Arch::Arm64, list)?.iter().map(|kernel| kernel.name).collect())
        };
        assert_eq!(names("6.1, 6.12").expect("both are known"), ["6.1", "6.12"]);
        assert_eq!(names("all").expect("all are known").len(), KERNELS.len());
        assert!(names("6.1,4.4").is_err());
    }

    #[test]
    fn a_kernel_for_another_processor_lies_elsewhere() {
        let build = |arch| named(arch, "6.1").expect("it is known").build();
        assert_eq!([build(Arch::X86_64), build(Arch::Arm64)], ["6.1-amd64", "6.1-arm64"]);
    }
}
