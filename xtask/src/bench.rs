//! `cargo xtask bench`: what nlmon costs, in instructions: a message its sender, with nlmon in each of
//! its ways to watch and beside tcpdump; and the daemon at rest and for each record. The guest's clock
//! counts instructions, so the figures are the same from run to run on any machine.

use anyhow::Result;

use crate::vm::{self, Ending};
use crate::{build, dist, ebpf, host, kernel, layout};

/// What to measure on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Kernel of the guest
    #[arg(long, value_name = "V", default_value = kernel::DEFAULT)]
    kernel: String,
}

/// Counting instructions slows the emulator down.
const TIMEOUT_SECONDS: u64 = 1200;

/// Builds the benchmark and runs it in a guest by `bench/bench.sh`.
pub(crate) fn run(options: &Options) -> Result<Ending> {
    host::ensure()?;
    ebpf::build()?;
    let program = build::program("bench", "peer")?;
    let daemon = dist::release(&layout::target())?;
    let daemon = build::stripped_to(&daemon, &layout::guest().join("nlmon-shipped"))?;
    let script = layout::root().join("xtask/bench/bench.sh");
    let guest = vm::Options {
        kernel: options.kernel.clone(),
        icount: true,
        packages: vec!["tcpdump".to_owned()],
        timeout: TIMEOUT_SECONDS,
        command: vec!["/root/bench.sh".into()],
        ..vm::Options::default()
    };
    let copies =
        vec![(program, "peer".into()), (daemon, "nlmon".into()), (script, "bench.sh".into())];
    Ok(vm::boot(&guest, copies)?.ending)
}
