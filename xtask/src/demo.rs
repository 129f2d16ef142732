//! `cargo xtask demo`: the main job, shown in a guest by `demo/demo.sh`, from nothing.

use std::panic::resume_unwind;
use std::thread;

use anyhow::Result;

use crate::guest::rootfs;
use crate::vm::{self, Ending};
use crate::{build, host, layout, toolchain};

/// Sets everything up, boots the guest and runs the demonstration in it.
pub(crate) fn run() -> Result<Ending> {
    host::ensure()?;
    toolchain::Toolchain::ensure()?;
    // The two longest parts of a first run: one waits for packages, the other compiles.
    thread::scope(|scope| {
        let root = scope.spawn(|| rootfs::ensure(&[]));
        build::nlmon()?;
        root.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    let script = layout::root().join("xtask/demo/demo.sh");
    let options = vm::Options { command: vec!["/root/demo.sh".into()], ..vm::Options::default() };
    Ok(vm::boot(&options, vec![(script, "demo.sh".into())])?.ending)
}
