//! Headers for a kernel whose suite keeps its image but not its headers: prepared from the upstream
//! part of its source package, with the configuration that came with the image. Debian's patches, which
//! the archive keeps less long, do not change what modules see.
//!
//! The list of symbols would take a complete build. It is not missed: kernels this new check no
//! versions of symbols, and find out about unknown ones when they load a module.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Kernel, buildroot};
use crate::apt::Suite;
use crate::{cache, process, progress};

/// What is left of the source: what modules are built with.
const KEPT: &[&str] = &["Makefile", "Kconfig", "arch", "include", "scripts", "tools"];

/// What is not unpacked: 80,000 files that headers do not need.
const LEFT_OUT: &[&str] = &[
    "*/Documentation/*.rst",
    "*/Documentation/*.yaml",
    "*/drivers/*.[ch]",
    "*/fs/*.c",
    "*/net/*.c",
    "*/samples/*.c",
    "*/sound/*.c",
    "*/tools/perf/*",
    "*/tools/testing/*",
];

/// Makes the directory of a release's headers.
pub(super) fn prepare(kernel: &Kernel, tools: &str, release: &str, root: &Path) -> Result<()> {
    let what = format!("headers of {release} from its source");
    progress::step(&what, || {
        let headers = root.join("usr/src").join(format!("linux-headers-{release}"));
        let work = root.with_extension("source");
        fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
        // Release 6.18.15+deb13-amd64 was built from a source package of version 6.18.15-1.
        let version = release.split('+').next().unwrap_or(release);
        let archive = Suite::open_sources(kernel.suite)?.source("linux", version, &work)?;
        let tree = work.join("linux");
        fs::create_dir(&tree).with_context(|| format!("cannot create {}", tree.display()))?;
        let mut unpack = Command::new("tar");
        unpack.args(["--extract", "--strip-components=1", "--wildcards"]);
        unpack.args(LEFT_OUT.iter().map(|pattern| format!("--exclude={pattern}")));
        unpack.arg("--file").arg(&archive);
        process::run(unpack.arg("--directory").arg(&tree), &what)?;
        let buildroot = buildroot::ensure(tools, kernel.arch)?;
        let config = root.join("boot").join(format!("config-{release}"));
        fs::copy(&config, tree.join(".config"))
            .with_context(|| format!("cannot copy {}", config.display()))?;
        let mut make = buildroot::command(&buildroot, "make");
        kernel.arch.set_up_make(&mut make);
        make.arg("-C").arg(&tree).arg(format!("KERNELRELEASE={release}"));
        process::run(make.args(["olddefconfig", "modules_prepare"]), &what)?;
        publish(&tree, &headers)?;
        cache::remove(&work)
    })
}

/// Moves what is needed of a prepared source into place.
fn publish(tree: &Path, headers: &Path) -> Result<()> {
    fs::create_dir_all(headers).with_context(|| format!("cannot create {}", headers.display()))?;
    for name in KEPT.iter().copied().chain([".config"]) {
        let (from, to) = (tree.join(name), headers.join(name));
        if from.exists() {
            fs::rename(&from, &to).with_context(|| format!("cannot move {}", from.display()))?;
        }
    }
    Ok(())
}
