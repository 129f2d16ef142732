//! `cargo xtask bench`: what nlmon costs, in instructions: a message its sender, with nlmon in each of
//! its ways to watch and beside other tools; the daemon at rest and for each record; and how that grows
//! with what there is on a host. The guest's clock counts instructions, so the figures are the same
//! from run to run on any machine.

use anyhow::Result;

use crate::arch::Arch;
use crate::vm::{self, Ending};
use crate::{build, dist, ebpf, host, kernel, layout};

/// What to measure on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Kernel of the guest
    #[arg(long, value_name = "V", default_value = kernel::DEFAULT)]
    kernel: String,
    /// Which tables; both by default
    #[arg(long, value_enum)]
    only: Option<Tables>,
}

/// Tables that come from one boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Tables {
    /// What nlmon costs.
    Costs,
    /// How that grows.
    Growth,
}

impl Tables {
    const ALL: [Self; 2] = [Self::Costs, Self::Growth];

    fn script(self) -> &'static str {
        match self {
            Self::Costs => "bench.sh",
            Self::Growth => "growth.sh",
        }
    }
}

/// What the scripts have in common.
const OBSERVER: &str = "observer.sh";

/// Counting instructions slows the emulator down.
const TIMEOUT_SECONDS: u64 = 2400;

/// Builds the benchmark and runs it in a guest by the scripts of `bench`.
pub(crate) fn run(options: &Options) -> Result<Ending> {
    // The figures of docs/overhead.md are of this processor.
    let arch = Arch::default();
    host::ensure(arch)?;
    ebpf::build(arch)?;
    let program = build::program(arch, "bench", "peer")?;
    let daemon = dist::release(&layout::target())?;
    let daemon = build::stripped_to(arch, &daemon, &layout::guest(arch).join("nlmon-shipped"))?;
    let tables = options.only.map_or_else(|| Tables::ALL.to_vec(), |tables| vec![tables]);
    let scripts: Vec<&str> = tables.into_iter().map(Tables::script).collect();
    let script = |name: &str| (layout::root().join("xtask/bench").join(name), name.into());
    let all = scripts.iter().map(|name| format!("/root/{name}")).collect::<Vec<_>>().join(" && ");
    let guest = vm::Options {
        kernel: options.kernel.clone(),
        icount: true,
        packages: ["tcpdump", "bpftrace", "strace"].map(str::to_owned).to_vec(),
        timeout: TIMEOUT_SECONDS,
        command: ["sh", "-c", &all].map(Into::into).to_vec(),
        ..vm::Options::default()
    };
    let mut copies = vec![(program, "peer".into()), (daemon, "nlmon".into())];
    copies.extend(scripts.into_iter().chain([OBSERVER]).map(script));
    Ok(vm::boot(&guest, copies)?.ending)
}
