//! Format and lints, of the whole workspace.

use std::process::Command;

use anyhow::Result;

use super::report::succeed;
use crate::arch::Arch;
use crate::{build, layout};

/// Whether every file is formatted.
pub(super) fn format() -> Result<()> {
    let mut command = Command::new(build::cargo_program());
    succeed(command.args(["fmt", "--all", "--check"]).current_dir(layout::root()))
}

/// The lints of everything that runs in user space.
pub(super) fn workspace() -> Result<()> {
    let mut command = build::cargo(Arch::X86_64, "clippy")?;
    command.args(["--workspace", "--exclude", "nlmon-ebpf", "--all-targets"]);
    succeed(command.args(["--", "-D", "warnings"]))?;
    // What only guests run is no such target, and is passed over beside them.
    let mut command = build::cargo(Arch::X86_64, "clippy")?;
    command.args(["--package", "nlmon", "--test", "vm", "--bench", "peer"]);
    succeed(command.args(["--", "-D", "warnings"]))
}

/// The lints of the BPF programs: on the host's target, for which their compiler has lints, and apart
/// from the daemon, whose features would bring in the standard library.
pub(super) fn bpf() -> Result<()> {
    let mut command = Command::new(build::cargo_program());
    command.args(["clippy", "--package", "nlmon-ebpf", "--profile", "bpf"]);
    succeed(command.args(["--", "-D", "warnings"]).current_dir(layout::root()))
}
