//! Builds with cargo for the guest: static, optimised enough for an emulated processor, and with the
//! BPF object inside.
//!
//! Builds and tests share target, profile and flags, so that nothing is compiled twice.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{ebpf, layout, process};

/// Cargo, set up for the guest's target and profile.
pub(crate) fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(cargo_program());
    command.args([subcommand, "--profile", "guest", "--target", layout::GUEST_TRIPLE]);
    command.env("RUSTFLAGS", "-Ctarget-feature=+crt-static").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.env("NLMON_BPF_OBJECT", layout::bpf_object()).current_dir(layout::root());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds the daemon with the BPF object in it, as far as they are not up to date.
pub(crate) fn nlmon() -> Result<PathBuf> {
    ebpf::build()?;
    process::run(cargo("build").args(["--package", "nlmon"]), "nlmon")?;
    Ok(layout::guest_binaries().join("nlmon"))
}
