//! The kernel side's keeper: plans the hooks, loads and attaches the programs, reads samples and
//! counters. The only user of `aya`, `aya-obj` and `memmap2`. Does not know what becomes of what it reads.

mod attach;
mod btf;
mod control;
mod counters;
mod execs;
mod fill;
mod holdings;
mod kept;
mod load;
mod mapped;
mod maps;
mod messages;
mod multi;
mod offsets;
mod overruns;
mod pins;
mod plan;
mod preemption;
mod proof;
mod reader;
mod ring;
mod runs;
mod shares;
mod stats;
mod syscall;
mod warnings;

use std::io;

pub use attach::Attached;
pub use control::Sampling;
pub use counters::{CounterSnapshot, Counters};
pub use execs::Execs;
pub use fill::RingFill;
pub use holdings::Holdings;
pub use load::{Options, Pinned, Probes, load};
pub use messages::MessageTotal;
pub use nlmon_common::socket::{Holding, Process};
pub use overruns::OverrunTotal;
pub use pins::{DIRECTORY as PIN_DIRECTORY, remove as remove_pins};
pub use plan::{Attach, Hook, PlannedProbe, Probe, plan};
pub use proof::{OwnCalls, Proof, proof};
pub use reader::{BATCH, Samples, WaitingSamples};
pub use runs::Runs;
pub use stats::SocketChanges;
pub use warnings::Warnings;

/// Why there are no probes. The daemon can run without them, so each says what is missing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Built without `cargo xtask ebpf`.
    #[error("this nlmon was built without its BPF object (build it with `cargo xtask ebpf`)")]
    NoObject,
    /// No program may read the kernel's memory. The hooks' own errors would not say why.
    #[error(
        "this kernel is locked down for confidentiality, which refuses probes (see {LOCKDOWN_PATH})"
    )]
    LockedDown,
    /// No type information to find fields by.
    #[error("cannot read {BTF_PATH} (the kernel needs CONFIG_DEBUG_INFO_BTF=y)")]
    NoBtf(#[source] io::Error),
    /// The kernel lacks a field or a function that the programs need.
    #[error("this kernel does not fit")]
    Unfit(#[from] btf::Error),
    /// The object was refused.
    #[error("cannot load the BPF object (needs root, or CAP_BPF and CAP_PERFMON)")]
    Load(#[source] aya::EbpfError),
    /// The object does not hold what this daemon expects.
    #[error("the BPF object lacks {0}: it belongs to another version of nlmon")]
    Object(&'static str),
    /// A map has another layout than this daemon expects.
    #[error("cannot use map {name}")]
    Map {
        /// Name of the map.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        source: aya::maps::MapError,
    },
    /// It is not known how many processors there are.
    #[error("cannot read the list of processors")]
    Cpus(#[source] io::Error),
    /// Process ids of the kernel are not those that the daemon sees.
    #[error(
        "this is not the host's PID namespace, so that no process could be told (of a container: \
         run it with the host's, as `--pid=host`)"
    )]
    PidNamespace,
    /// No program can iterate over open files.
    #[error("cannot iterate over open files: {0}")]
    Iteration(String),
    /// The iteration ended early.
    #[error("cannot read the iteration over open files")]
    Holdings(#[source] io::Error),
    /// The counters cannot be read.
    #[error("cannot map the counters into memory")]
    Memory(#[source] io::Error),
    /// The probes cannot be kept beyond the daemon's end.
    #[error(
        "cannot keep the probes in {path} (needs a BPF file system there that may be written to)"
    )]
    Pin {
        /// Directory or name.
        path: std::path::PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another daemon is at work.
    #[error("process {0} is in charge of the pinned probes")]
    InCharge(u64),
    /// No hook works for a function.
    #[error("cannot attach to {symbol}: {}", reasons.join("; "))]
    Attach {
        /// Kernel function.
        symbol: String,
        /// Why each hook failed.
        reasons: Vec<String>,
    },
}

/// The namespace of process ids that the kernel starts with: `PROC_PID_INIT_INO` in
/// `include/linux/proc_ns.h`.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Whether the daemon sees other process ids than the kernel. One that cannot be asked gets the
/// benefit of the doubt.
fn is_in_pid_namespace() -> bool {
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    namespace.is_ok_and(|namespace| namespace.as_os_str() != FIRST_PID_NAMESPACE)
}

/// Where the kernel says how far it is locked down: `none integrity [confidentiality]`.
const LOCKDOWN_PATH: &str = "/sys/kernel/security/lockdown";

/// Whether the kernel hides its memory even from root. One that cannot be asked gets the benefit of
/// the doubt.
fn is_locked_down() -> bool {
    std::fs::read_to_string(LOCKDOWN_PATH).is_ok_and(|state| state.contains("[confidentiality]"))
}

/// Where the kernel keeps its type information.
const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// Reads the running kernel's type information.
pub fn read_btf() -> Result<Vec<u8>, Error> {
    std::fs::read(BTF_PATH).map_err(Error::NoBtf)
}
