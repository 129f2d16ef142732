//! The compiler and the linker for BPF objects: rustup's nightly with its sources where it is there,
//! otherwise Debian's compiler, which brings its sources as a package. And Debian's compiler for
//! programs of another processor, which it has a standard library for.
//!
//! The standard library has no build for the BPF target, so its sources are always needed.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::apt::{self, Suite};
use crate::arch::Arch;
use crate::{build, cache, host, layout, process, progress};

/// The linker's version, which goes with the pinned aya.
const LINKER_VERSION: &str = "0.13.0";
/// The compiler with its sources, from the security suite, where it is kept for building browsers.
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];
/// Its standard library, which has to have its version.
const DEBIAN_STANDARD_LIBRARY: &str = "libstd-rust-web-dev";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A way to build for the BPF target.
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// `rustup run nightly`, and a linker in the search path.
    Nightly,
    /// The compiler in /usr/bin, and the linker that was built for it.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// Finds a toolchain, or makes one.
    pub(crate) fn ensure() -> Result<Self> {
        if nightly_is_complete() {
            return Ok(Self::Nightly);
        }
        host::install(DEBIAN_PACKAGES)?;
        let llvm = llvm_version()?;
        host::install(&[format!("llvm-{llvm}-dev"), "g++".into(), "zlib1g-dev".into()])?;
        let linker = layout::tools().join(format!("bpf-linker-{LINKER_VERSION}-llvm-{llvm}"));
        cache::ensure(&linker, |partial| build_linker(&llvm, partial))?;
        Ok(Self::Debian { linker: linker.join("bin") })
    }

    /// Cargo, set up for the BPF target, up to its subcommand.
    pub(crate) fn cargo(&self) -> Result<Command> {
        let mut command = match self {
            Self::Nightly => nightly("cargo"),
            Self::Debian { linker } => {
                let mut command = Command::new("/usr/bin/cargo");
                command.env("RUSTC", DEBIAN_RUSTC).env("PATH", search_path(linker)?);
                command
            }
        };
        // For -Z build-std on a stable compiler, and for aya-ebpf's assembly feature.
        command.env("RUSTC_BOOTSTRAP", "1");
        for inherited in ["RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTUP_TOOLCHAIN"]
        {
            command.env_remove(inherited);
        }
        Ok(command)
    }
}

/// Debian's compiler, building programs for another processor.
#[derive(Debug)]
pub(crate) struct Cross {
    arch: Arch,
    /// The standard libraries of both processors.
    sysroot: PathBuf,
}

impl Cross {
    /// Makes sure that the compiler is there, if programs for this processor need one.
    pub(crate) fn ensure(arch: Arch) -> Result<Option<Self>> {
        let Some(own) = Arch::of_build_machine().filter(|own| *own != arch) else {
            return Ok(None);
        };
        host::install(DEBIAN_PACKAGES)?;
        host::install(arch.facts().cross_packages)?;
        let mut query = Command::new("dpkg-query");
        query.args(["--show", "--showformat=${Version}", DEBIAN_PACKAGES[0]]);
        let version = process::capture(&mut query)?;
        let sysroot = arch.directory().join(format!("rust-{version}"));
        cache::ensure(&sysroot, |partial| standard_library(arch, own, &version, partial))?;
        Ok(Some(Self { arch, sysroot }))
    }

    /// Cargo, up to its subcommand.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new("/usr/bin/cargo");
        // Without rustup's stand-ins, which a build script may call.
        command.env("RUSTC", DEBIAN_RUSTC).env("PATH", "/usr/bin:/bin");
        command.env(self.linker_variable(), self.arch.tool("gcc"));
        command.env("CARGO_TARGET_DIR", self.arch.cargo_target());
        for inherited in ["CARGO", "CARGO_BUILD_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(inherited);
        }
        command
    }

    /// The compiler alone.
    pub(crate) fn rustc(&self) -> Command {
        let mut command = Command::new(DEBIAN_RUSTC);
        command.arg(self.flag()).arg("-C").arg(format!("linker={}", self.arch.tool("gcc")));
        command
    }

    /// The flag by which it finds the standard library.
    pub(crate) fn flag(&self) -> String {
        format!("--sysroot={}", self.sysroot.display())
    }

    fn linker_variable(&self) -> String {
        let triple = self.arch.facts().triple.replace('-', "_").to_uppercase();
        format!("CARGO_TARGET_{triple}_LINKER")
    }
}

/// Unpacks the standard library for a processor beside that of the build machine's.
fn standard_library(arch: Arch, own: Arch, version: &str, sysroot: &Path) -> Result<()> {
    let what = format!("standard library for {}", arch.facts().name);
    progress::step(&what, || {
        let suite = Suite::open_for(arch, &format!("{}-security", apt::codename()?))?;
        suite.unpack(&format!("{DEBIAN_STANDARD_LIBRARY}={version}"), &sysroot.join("packages"))?;
        let libraries = sysroot.join("lib/rustlib");
        let link = || -> std::io::Result<()> {
            fs::create_dir_all(&libraries)?;
            let (foreign, own) = (arch.facts().triple, own.facts().triple);
            let unpacked = Path::new("../../packages/usr/lib/rustlib").join(foreign);
            symlink(unpacked, libraries.join(foreign))?;
            symlink(Path::new("/usr/lib/rustlib").join(own), libraries.join(own))
        };
        link().with_context(|| format!("cannot fill {}", libraries.display()))
    })
}

/// Makes sure that the toolchain in use can format and lint, which rustup's smallest profile cannot.
pub(crate) fn ensure_components() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut query = Command::new(build::cargo_program());
        if process::capture(query.args([subcommand, "--version"])).is_err() {
            let mut add = Command::new("rustup");
            process::run(add.args(["component", "add", component]), component)?;
        }
    }
    Ok(())
}

/// Whether rustup has a nightly with the sources, and the search path a linker for it.
fn nightly_is_complete() -> bool {
    let Ok(sysroot) = process::capture(nightly("rustc").args(["--print", "sysroot"])) else {
        return false;
    };
    let sources = Path::new(&sysroot).join("lib/rustlib/src/rust/library/core");
    sources.is_dir() && linker_reads_nightly().unwrap_or(false)
}

fn nightly(tool: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", tool]).env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Whether the linker's LLVM is as new as the compiler's: it does not name its version, so it is given
/// something to read.
fn linker_reads_nightly() -> Result<bool> {
    let directory = layout::tools();
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let path = |suffix| directory.join(format!("probe-{}.{suffix}", std::process::id()));
    let (source, bitcode, object) = (path("rs"), path("bc"), path("o"));
    fs::write(&source, "#![no_std]").context("cannot write the linker's probe")?;
    let mut compile = nightly("rustc");
    compile.args(["--crate-type=lib", "--crate-name=probe", "--emit=llvm-bc", "-o"]);
    let mut link = Command::new("bpf-linker");
    link.args(["--target", "bpfel-unknown-none", "-o"]).arg(&object).arg(&bitcode);
    let read = process::capture(compile.arg(&bitcode).arg(&source)).is_ok()
        && process::capture(&mut link).is_ok();
    for file in [source, bitcode, object] {
        cache::remove(&file)?;
    }
    Ok(read)
}

/// The major version of the LLVM that Debian's compiler uses; the linker has to read its output.
fn llvm_version() -> Result<String> {
    let text = process::capture(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = version.and_then(|version| version.split('.').next());
    major.map(str::to_owned).with_context(|| format!("{DEBIAN_RUSTC} names no LLVM version"))
}

fn build_linker(llvm: &str, root: &Path) -> Result<()> {
    let what = format!("bpf-linker {LINKER_VERSION} for LLVM {llvm}");
    progress::step(&what, || {
        let mut command = Command::new(build::cargo_program());
        command.args(["install", "bpf-linker", "--version", LINKER_VERSION, "--locked"]);
        // Its work is done by LLVM, which is compiled already: optimising the rest takes twice as
        // long and makes no object faster.
        command.arg("--debug").env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.args(["--no-default-features", "--features", &format!("llvm-{llvm}"), "--root"]);
        command.arg(root).env("LLVM_PREFIX", format!("/usr/lib/llvm-{llvm}"));
        command.env("CARGO_TARGET_DIR", root.join("build")).env_remove("RUSTFLAGS");
        process::run(&mut command, &what)?;
        cache::remove(&root.join("build"))?;
        if !root.join("bin/bpf-linker").is_file() {
            bail!("cargo install left no bpf-linker in {}", root.display());
        }
        Ok(())
    })
}

/// The search path with the linker first and without rustup's stand-ins for cargo and rustc.
fn search_path(linker: &Path) -> Result<std::ffi::OsString> {
    env::join_paths([linker, Path::new("/usr/bin"), Path::new("/bin")])
        .context("the target directory's name does not fit into PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_processors_programs_have_its_linker_and_library() {
        let cross = Cross { arch: Arch::Arm64, sysroot: "/somewhere".into() };
        assert_eq!(cross.linker_variable(), "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER");
        assert_eq!(cross.flag(), "--sysroot=/somewhere");
    }
}
