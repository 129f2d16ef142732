//! `cargo xtask demo`: the main job, shown in a guest by `demo/demo.sh`, from nothing.

use std::panic::resume_unwind;
use std::thread;

use anyhow::Result;

use crate::arch::Arch;
use crate::guest::rootfs;
use crate::vm::{self, Ending};
use crate::{build, host, layout, toolchain};

/// What to show it on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Processor of the guest
    #[arg(long, value_enum, value_name = "ARCH", default_value_t)]
    arch: Arch,
}

/// Sets everything up, boots the guest and runs the demonstration in it.
pub(crate) fn run(&Options { arch }: &Options) -> Result<Ending> {
    host::ensure(arch)?;
    toolchain::Toolchain::ensure()?;
    // The two longest parts of a first run: one waits for packages, the other compiles.
    thread::scope(|scope| {
        let root = scope.spawn(|| rootfs::ensure(arch, &[]));
        build::nlmon(arch)?;
        root.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    let script = layout::root().join("xtask/demo/demo.sh");
    let command = vec!["/root/demo.sh".into()];
    let options = vm::Options { arch, command, ..vm::Options::default() };
    Ok(vm::boot(&options, vec![(script, "demo.sh".into())])?.ending)
}
