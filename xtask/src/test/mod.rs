//! `cargo xtask test`: everything that has to hold before a change is finished, in the order in which
//! it is quickest to fail. The first failure ends the run.

mod beside;
mod guest;
mod lint;
mod report;

use anyhow::Result;
use clap::ValueEnum;

use crate::arch::Arch;
use crate::guest::rootfs;
use crate::kernel::{self, Kernel};
use crate::toolchain::{self, Toolchain};
use crate::{build, dist, ebpf, host};

use report::Report;

/// What to test.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Processor of the guests
    #[arg(long, value_enum, value_name = "ARCH", default_value_t)]
    arch: Arch,
    /// Kernels for the tests in guests: names separated by commas, or `all`
    #[arg(long, value_name = "LIST", default_value = kernel::TESTED)]
    kernels: String,
    /// Only tests whose names contain this; in the guest, one of several words
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Number of processors of a guest
    #[arg(long, value_name = "N")]
    cpus: Option<u32>,
    /// Leave out the tests in guests
    #[arg(long)]
    no_guest: bool,
    /// Only this step
    #[arg(long, value_enum, value_name = "STEP")]
    step: Option<Step>,
}

/// The steps of a test run, each of which can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Packages, toolchains, kernels and the guest's root
    Setup,
    /// The BPF object
    Ebpf,
    /// Format and lints
    Lint,
    /// Unit and integration tests
    Host,
    /// Tests in a guest of each kernel
    Guest,
    /// Packages, built twice; only when asked for, as that takes many minutes
    Dist,
}

/// Runs the steps up to the first failure, which is returned.
pub(crate) fn run(options: &Options) -> Result<()> {
    let kernels = kernel::listed(options.arch, &options.kernels)?;
    let filter = options.filter.as_deref();
    let mut report = Report::default();
    let wanted = |step| options.step.is_none_or(|only| only == step);
    // Every step needs what set-up installs; there is little to do when it is there.
    report.step("set-up", "cargo xtask setup", || set_up(options.arch, &kernels));
    if wanted(Step::Ebpf) {
        let again = "cargo xtask ebpf";
        report.step("BPF object", again, || ebpf::build(options.arch).map(drop));
    }
    if wanted(Step::Lint) {
        let again = "cargo xtask test --step lint";
        report.step("format", again, lint::format);
        report.step("lints", again, lint::workspace);
        report.step("lints of the BPF programs", again, lint::bpf);
    }
    if wanted(Step::Host) {
        let again = "cargo xtask test --step host";
        report.step("unit and integration tests", again, || on_host(filter));
    }
    if wanted(Step::Guest) && !options.no_guest {
        in_guests(&kernels, options, &mut report);
    }
    if options.step == Some(Step::Dist) {
        report.step("packages", "cargo xtask test --step dist", dist::check);
    }
    report.finish()
}

/// Runs the tests in guests: of several kernels side by side, as many as the machine has processors.
fn in_guests(kernels: &[Kernel], options: &Options, report: &mut Report) {
    let name = |kernel: &Kernel| format!("guest tests on {}", kernel.name);
    let arch = options.arch.option().unwrap_or_default();
    let again =
        |kernel: &Kernel| format!("cargo xtask test --step guest --kernels {}{arch}", kernel.name);
    let at_once = beside::at_once().min(kernels.len());
    if at_once < 2 {
        for kernel in kernels {
            report.step(&name(kernel), &again(kernel), || guest::run(kernel, options));
        }
        return;
    }
    let mut outcomes = Vec::new();
    let all = format!("cargo xtask test --step guest{arch}");
    report.step("guests, side by side", &all, || {
        guest::build(options.arch)?;
        outcomes = beside::run(kernels, options, at_once)?;
        Ok(())
    });
    for beside::Outcome { kernel, took, result, last_lines } in outcomes {
        if result.is_err() {
            println!("\nthe last lines of the {}:", name(&kernel));
            println!("{}", last_lines.into_iter().collect::<Vec<_>>().join("\n"));
            println!();
        }
        report.add(&name(&kernel), &again(&kernel), took, result);
    }
}

/// `cargo xtask setup`: installs and fetches whatever the other commands need.
pub(crate) fn set_up(arch: Arch, kernels: &[Kernel]) -> Result<()> {
    host::ensure(arch)?;
    host::install(host::TEST_PACKAGES)?;
    toolchain::ensure_components()?;
    Toolchain::ensure()?;
    for kernel in kernels {
        kernel::fetch::ensure(kernel)?;
    }
    // Another processor's root takes minutes: of those only the one that most tests take.
    let is_own = !arch.is_foreign();
    if is_own {
        rootfs::ensure(arch, &[])?;
    }
    rootfs::ensure(arch, &guest::packages()?)?;
    if is_own {
        rootfs::ensure(arch, &guest::page_packages()?)?;
    }
    dist::ensure_prometheus()
}

fn on_host(filter: Option<&str>) -> Result<()> {
    // Tests on the host run on it, whatever the guests have.
    let own = Arch::of_build_machine().unwrap_or_default();
    ebpf::build(own)?;
    let mut command = build::cargo(own, "test")?;
    // Of a run that takes minutes all that fails is told at once.
    command.args(["--workspace", "--exclude", "nlmon-ebpf", "--no-fail-fast"]).args(filter);
    report::succeed(&mut command)
}
