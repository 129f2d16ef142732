//! `cargo xtask vm`: builds what is under test, assembles a guest around it, boots it, and runs one
//! command in it.
//!
//! Standard output carries the command's output and nothing else.

mod console;
mod qemu;
mod session;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::guest::overlay::{self, Overlay};
use crate::guest::{cpio, rootfs};
use crate::kernel::{self, Kernel};
use crate::progress::line;
use crate::{build, host, kmod, layout};

pub(crate) use session::{Ending, Session};

/// What to boot and what to run in it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Processor of the guest
    #[arg(long, value_enum, value_name = "ARCH", default_value_t)]
    pub(crate) arch: Arch,
    /// Kernel of the guest
    #[arg(long, value_name = "V", default_value = kernel::DEFAULT)]
    pub(crate) kernel: String,
    /// Debian package to have in the guest (repeatable)
    #[arg(long = "package", value_name = "PKG")]
    pub(crate) packages: Vec<String>,
    /// File or directory to have in the guest's /root (repeatable)
    #[arg(long = "copy", value_name = "PATH")]
    pub(crate) copies: Vec<PathBuf>,
    /// Number of processors
    #[arg(long, value_name = "N", default_value_t = CPUS)]
    pub(crate) cpus: u32,
    /// Memory in MiB
    #[arg(long, value_name = "MIB", default_value_t = MEMORY_MIB)]
    pub(crate) memory: u32,
    /// Let the guest's clock count instructions: one nanosecond each, on one processor
    #[arg(long)]
    pub(crate) icount: bool,
    /// Let the processors take turns instead of running side by side: slower, but what one writes to
    /// code that another one runs is then seen at once, as on hardware
    #[arg(long)]
    pub(crate) turns: bool,
    /// More words for the kernel's command line (repeatable)
    #[arg(long, value_name = "CMDLINE", allow_hyphen_values = true)]
    pub(crate) append: Vec<String>,
    /// Seconds until the guest is given up
    #[arg(long, value_name = "SECONDS", default_value_t = LIMIT_SECONDS)]
    pub(crate) timeout: u64,
    /// File that takes what the guest writes to its second port
    #[arg(skip)]
    pub(crate) files: Option<PathBuf>,
    /// Command to run in the guest, as root, with its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

const CPUS: u32 = 2;
const MEMORY_MIB: u32 = 2048;
const LIMIT_SECONDS: u64 = 600;

impl Default for Options {
    fn default() -> Self {
        Self {
            arch: Arch::default(),
            kernel: kernel::DEFAULT.to_owned(),
            packages: Vec::new(),
            copies: Vec::new(),
            cpus: CPUS,
            memory: MEMORY_MIB,
            icount: false,
            turns: false,
            append: Vec::new(),
            timeout: LIMIT_SECONDS,
            files: None,
            command: Vec::new(),
        }
    }
}

/// Builds, boots, runs, and says how the command ended.
pub(crate) fn run(options: &Options) -> Result<Ending> {
    Ok(boot(options, overlay::copies(&options.copies)?)?.ending)
}

/// The same, with files that have other names in the guest.
pub(crate) fn boot(options: &Options, copies: Vec<(PathBuf, OsString)>) -> Result<Session> {
    let kernel = kernel::named(options.arch, &options.kernel)?;
    host::ensure(kernel.arch)?;
    let Parts { nlmon, root, modules, module } = prepare(&kernel, &options.packages)?;
    let agent = overlay::agent(kernel.arch)?;
    let release = kernel.release()?;
    let module = module.map(|directory| (directory, release.clone()));
    let may_open_perf_events = kernel.has_only_perf_events();
    let command = options.command.clone();
    let overlay = Overlay { command, copies, nlmon, module, may_open_perf_events };
    let initrd = assemble(kernel.arch, &[&root, &modules], &overlay, &agent)?;
    let start = || {
        line(&format!("guest: booting {release}"));
        let machine = qemu::Machine::start(&kernel, options, &initrd)?;
        session::run(machine, Duration::from_secs(options.timeout))
    };
    let mut session = start()?;
    for _ in 1..BOOTS {
        if session.is_up || session.ending != Ending::EmulatorFailed {
            break;
        }
        session = start()?;
    }
    Ok(session)
}

/// Boots until one comes up. 7.3 sometimes panics: a processor takes an `int3` of the kernel's
/// patching of itself when another one has long finished that. The emulator lets processors run old
/// code for a while. Any other panic is one boot's and final.
const BOOTS: u32 = 3;

/// What a guest is put together from.
struct Parts {
    /// The daemon's binary.
    nlmon: PathBuf,
    /// The archive of the root file system.
    root: PathBuf,
    /// The archive of the kernel's modules.
    modules: PathBuf,
    /// The test module and its indices.
    module: Option<PathBuf>,
}

/// Makes the parts: what is compiled beside what is downloaded, so that neither waits for the other.
fn prepare(kernel: &Kernel, packages: &[String]) -> Result<Parts> {
    thread::scope(|scope| {
        let system = scope.spawn(|| {
            kernel::fetch::ensure(kernel)?;
            Ok((kmod::ensure(kernel)?, rootfs::ensure(kernel.arch, packages)?))
        });
        let nlmon = build::nlmon(kernel.arch);
        let system: Result<_> = system.join().unwrap_or_else(|panic| resume_unwind(panic));
        let (module, root) = system?;
        Ok(Parts { nlmon: nlmon?, root, modules: kernel.modules_archive(), module })
    })
}

/// Concatenates the archives into a file without a name, which vanishes with this process.
fn assemble(arch: Arch, archives: &[&Path], overlay: &Overlay, agent: &Path) -> Result<File> {
    let path = layout::guest(arch).join(format!("initrd-{}", std::process::id()));
    let mut initrd = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    for archive in archives {
        let mut source =
            File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
        io::copy(&mut source, &mut initrd).context("cannot assemble the guest's root")?;
    }
    let mut archive = cpio::Archive::new(io::BufWriter::with_capacity(1 << 20, &initrd));
    overlay.write(&mut archive, agent)?;
    archive.finish().context("cannot assemble the guest's root")?;
    Ok(initrd)
}
