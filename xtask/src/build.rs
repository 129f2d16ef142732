//! Builds with cargo for the guest: static, optimised enough for an emulated processor, and with the
//! BPF object inside.
//!
//! Builds and tests share target, profile and flags, so that nothing is compiled twice.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::toolchain::Cross;
use crate::{cache, ebpf, layout, process};

/// Cargo, set up for the guest's target and profile.
pub(crate) fn cargo(arch: Arch, subcommand: &str) -> Result<Command> {
    let cross = Cross::ensure(arch)?;
    let mut command = cross.as_ref().map_or_else(|| Command::new(cargo_program()), Cross::cargo);
    command.args([subcommand, "--profile", "guest", "--target", arch.facts().triple]);
    // Tests ask for faults. What is shipped is built without.
    command.args(["--features", "nlmon/test-hooks"]);
    match &cross {
        // A path may hold spaces, which end a flag in the other variable.
        Some(cross) => command.env("CARGO_ENCODED_RUSTFLAGS", [STATIC, &cross.flag()].join("\x1f")),
        None => command.env("RUSTFLAGS", STATIC).env_remove("CARGO_ENCODED_RUSTFLAGS"),
    };
    command.env("NLMON_BPF_OBJECT", layout::bpf_object(arch)).current_dir(layout::root());
    Ok(command)
}

/// Nothing that the guest would have to have.
const STATIC: &str = "-Ctarget-feature=+crt-static";

/// The cargo that runs this.
pub(crate) fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds the daemon with the BPF object in it, as far as they are not up to date; without its debug
/// information, which would be three quarters of what a guest has to unpack.
pub(crate) fn nlmon(arch: Arch) -> Result<PathBuf> {
    ebpf::build(arch)?;
    process::run(cargo(arch, "build")?.args(["--package", "nlmon"]), "nlmon")?;
    stripped(arch, &layout::guest_binaries(arch).join("nlmon"))
}

/// Builds a test or a benchmark of nlmon's, `kind`, for the guest; its program, stripped.
pub(crate) fn program(arch: Arch, kind: &str, name: &str) -> Result<PathBuf> {
    let mut command = cargo(arch, kind)?;
    command.args(["--package", "nlmon", &format!("--{kind}"), name, "--no-run"]);
    command.arg("--message-format=json-render-diagnostics");
    let messages = process::run(&mut command, &format!("{name} for the guest"))?;
    let path = messages.lines().find_map(|message| executable(message, kind));
    let path = path.with_context(|| format!("cargo names no executable of {name}"))?;
    stripped(arch, Path::new(path))
}

/// The program's path, if this is cargo's message about one of that kind, and not about the daemon,
/// which is built along with it.
fn executable<'a>(message: &'a str, kind: &str) -> Option<&'a str> {
    let path = message.strip_prefix('{')?.split_once(r#""executable":""#)?.1.split('"').next()?;
    message.contains(&format!(r#""kind":["{kind}"]"#)).then_some(path)
}

/// A program without its debug information; the names of its functions stay.
pub(crate) fn stripped(arch: Arch, program: &Path) -> Result<PathBuf> {
    let name = program.file_name().context("a program without a name")?;
    stripped_to(arch, program, &layout::guest(arch).join(name).with_extension("stripped"))
}

/// The same, at a path of the caller's.
pub(crate) fn stripped_to(arch: Arch, program: &Path, small: &Path) -> Result<PathBuf> {
    let _lock = cache::lock(small)?;
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if modified(small) < modified(program) {
        let partial = small.with_extension("partial");
        let mut strip = Command::new(arch.tool("strip"));
        strip.args(["--strip-debug", "-o"]).arg(&partial).arg(program);
        process::run(&mut strip, "stripping")?;
        fs::rename(&partial, small)
            .with_context(|| format!("cannot move {} into place", partial.display()))?;
    }
    Ok(small.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executable_in_cargos_messages() {
        let test =
            r#"{"target":{"kind":["test"],"name":"vm"},"executable":"/t/vm-1","fresh":true}"#;
        assert_eq!(executable(test, "test"), Some("/t/vm-1"));
        assert_eq!(executable(test, "bench"), None);
        let daemon = r#"{"target":{"kind":["bin"],"name":"nlmon"},"executable":"/t/nlmon"}"#;
        assert_eq!(executable(daemon, "test"), None);
        let none = r#"{"target":{"kind":["test"]},"executable":null}"#;
        assert_eq!(executable(none, "test"), None);
        assert_eq!(executable("   Compiling nlmon", "test"), None);
    }
}
