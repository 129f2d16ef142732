//! A Debian release to build in, for kernels whose headers need a newer compiler and C library than
//! the machine has. Made once for each release; works without privileges in a user namespace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::{apt, cache, layout, process, progress};

/// What building a module takes, and preparing a kernel's source for it.
const PACKAGES: &str = "bc,bison,flex,gcc,libelf-dev,libssl-dev,make,pahole,python3,zlib1g-dev";

/// Enters the root `$1` with the directory `$2` at the same place in it, and runs the rest. The target
/// directory is all that a build reads and writes.
const ENTER: &str = r#"
root=$1 shared=$2; shift 2
mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" &&
mount --bind "$shared" "$root$shared" && exec chroot "$root" "$@""#;

/// Makes sure that there is a root of this release that builds for a processor, and returns where it is.
pub(crate) fn ensure(suite: &str, arch: Arch) -> Result<PathBuf> {
    let packages = packages(arch);
    let root = layout::buildroot(suite, &cache::key(&[&packages]));
    cache::ensure(&root, |partial| {
        progress::step(&format!("build root of {suite}"), || {
            fs::create_dir_all(partial)
                .with_context(|| format!("cannot create {}", partial.display()))?;
            let tar = partial.with_extension("tar");
            let own = Arch::of_build_machine().unwrap_or_default();
            apt::bootstrap(own, suite, &packages, &tar, &[])?;
            unpack(&tar, partial)?;
            let shared = partial.join(layout::target().strip_prefix("/")?);
            fs::create_dir_all(&shared)
                .with_context(|| format!("cannot create {}", shared.display()))?;
            cache::remove(&tar)
        })
    })?;
    Ok(root)
}

/// What is installed: for another processor its compiler too.
fn packages(arch: Arch) -> String {
    let more: &[&str] = if arch.is_foreign() { arch.facts().cross_packages } else { &[] };
    [PACKAGES].iter().chain(more).copied().collect::<Vec<_>>().join(",")
}

/// A command that runs a program in the root; nothing outside it is changed.
pub(crate) fn command(root: &Path, program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ENTER, "sh"]);
    command.arg(root).arg(layout::target()).arg(program);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Unpacks everything but device nodes, as files of whoever runs this.
fn unpack(tar: &Path, root: &Path) -> Result<()> {
    let mut command = Command::new("tar");
    command.args(["--extract", "--no-same-owner", "--exclude=./dev/*", "--file"]).arg(tar);
    process::run(command.arg("--directory").arg(root), "build root").map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_processors_modules_need_another_compiler() {
        let own = Arch::of_build_machine().expect("tests run on one of them");
        assert_eq!(packages(own), PACKAGES);
        let other = if own == Arch::X86_64 { Arch::Arm64 } else { Arch::X86_64 };
        assert!(packages(other).contains(other.facts().cross_packages[0]));
    }
}
