//! `cargo xtask ebpf`: builds the BPF object that the daemon embeds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::toolchain::Toolchain;
use crate::{layout, process};

const TARGET: &str = "bpfel-unknown-none";

/// Builds the object for a processor's kernels, as far as it is not up to date, and returns where it is.
pub(crate) fn build(arch: Arch) -> Result<PathBuf> {
    let toolchain = Toolchain::ensure()?;
    let build = arch.directory().join("bpf-build");
    let mut command = toolchain.cargo()?;
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(arch));
    command.args(["build", "--package", "nlmon-ebpf", "--profile", "bpf", "--target", TARGET]);
    command.args(["-Z", "build-std=core", "--target-dir"]).arg(&build).current_dir(layout::root());
    process::run(&mut command, "BPF object")?;
    let object = layout::bpf_object(arch);
    publish(&build.join(TARGET).join("bpf/nlmon-ebpf"), &object)?;
    Ok(object)
}

/// The compiler's flags, as cargo takes them.
fn flags(arch: Arch) -> String {
    // The programs read registers of the traced kernel's architecture; BTF comes from debug info.
    // Instruction set v3 has 32-bit registers and needs 5.1; what it has of atomics that need 5.12
    // the programs leave alone.
    let arch = format!(r#"--cfg=bpf_target_arch="{}""#, arch.facts().rust);
    [&arch, "-Ctarget-cpu=v3", "-Cdebuginfo=2", "-Clink-arg=--btf"].join("\x1f")
}

/// Puts the object where the daemon's build looks for it; one that has not changed keeps its time, so
/// that nothing is built again because of it.
fn publish(built: &Path, object: &Path) -> Result<()> {
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    if fs::read(object).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let write = || {
        fs::create_dir_all(object.parent().unwrap_or(object))?;
        let partial = object.with_extension(format!("partial-{}", std::process::id()));
        fs::write(&partial, &bytes)?;
        fs::rename(&partial, object)
    };
    write().with_context(|| format!("cannot write {}", object.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_told_whose_registers_they_read() {
        for (arch, cfg) in [
            (Arch::X86_64, r#"--cfg=bpf_target_arch="x86_64""#),
            (Arch::Arm64, r#"--cfg=bpf_target_arch="aarch64""#),
        ] {
            assert_eq!(flags(arch).split('\x1f').next(), Some(cfg));
        }
        assert_ne!(layout::bpf_object(Arch::X86_64), layout::bpf_object(Arch::Arm64));
    }
}
