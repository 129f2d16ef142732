//! `cargo xtask ebpf`: builds the BPF object that the daemon embeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::toolchain::Toolchain;
use crate::{layout, process};

const TARGET: &str = "bpfel-unknown-none";

/// Builds the object, as far as it is not up to date, and returns where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let toolchain = Toolchain::ensure()?;
    let build = layout::target().join("bpf-build");
    let mut command = toolchain.cargo()?;
    configure(&mut command);
    command.args(["build", "--package", "nlmon-ebpf", "--profile", "bpf", "--target", TARGET]);
    command.args(["-Z", "build-std=core", "--target-dir"]).arg(&build).current_dir(layout::root());
    process::run(&mut command, "BPF object")?;
    let object = layout::bpf_object();
    publish(&build.join(TARGET).join("bpf/nlmon-ebpf"), &object)?;
    Ok(object)
}

fn configure(command: &mut Command) {
    // The programs read registers of the traced kernel's architecture; BTF comes from debug info.
    // Instruction set v3 has 32-bit registers and needs 5.1; what it has of atomics that need 5.12
    // the programs leave alone.
    let arch = r#"--cfg=bpf_target_arch="x86_64""#;
    let flags = [arch, "-Ctarget-cpu=v3", "-Cdebuginfo=2", "-Clink-arg=--btf"];
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
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
