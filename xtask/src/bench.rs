//! `cargo xtask bench`: what a message costs its sender, in instructions, without nlmon and with it in
//! each of its ways to watch. The guest's clock counts instructions, so the figures are the same
//! from run to run on any machine.

use anyhow::Result;

use crate::vm::{self, Ending};
use crate::{build, ebpf, host, kernel, layout};

/// What to measure on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Kernel of the guest
    #[arg(long, value_name = "V", default_value = kernel::DEFAULT)]
    kernel: String,
}

/// Builds the benchmark and runs it in a guest by `bench/bench.sh`.
pub(crate) fn run(options: &Options) -> Result<Ending> {
    host::ensure()?;
    ebpf::build()?;
    let program = build::program("bench", "peer")?;
    let script = layout::root().join("xtask/bench/bench.sh");
    let guest = vm::Options {
        kernel: options.kernel.clone(),
        icount: true,
        command: vec!["/root/bench.sh".into()],
        ..vm::Options::default()
    };
    let copies = vec![(program, "peer".into()), (script, "bench.sh".into())];
    Ok(vm::boot(&guest, copies)?.ending)
}
