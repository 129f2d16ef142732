//! `cargo xtask`: everything that nlmon's developers run, with all of its set-up.
//!
//! Exit status: 0 for success, 1 for a failure, 2 for bad usage or a set-up that needs root;
//! `vm` exits as its command did.

mod apt;
mod arch;
mod audit;
mod bench;
mod build;
mod cache;
mod demo;
mod dist;
mod ebpf;
#[path = "../agent/frame.rs"]
mod frame;
mod guest;
mod host;
mod kernel;
mod kmod;
mod layout;
mod numbers;
mod process;
mod progress;
mod test;
mod toolchain;
mod vm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::arch::Arch;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, runs and tests nlmon, with all of the set-up"
)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install and fetch whatever the other commands need
    Setup,
    /// Build the BPF object
    Ebpf {
        /// Processor whose registers it reads
        #[arg(long, value_enum, value_name = "ARCH", default_value_t)]
        arch: Arch,
    },
    /// Build the test module
    Kmod {
        /// Processor of the kernels
        #[arg(long, value_enum, value_name = "ARCH", default_value_t)]
        arch: Arch,
        /// Kernel to build it for (repeatable)
        #[arg(long, value_name = "V", default_value = kernel::DEFAULT)]
        kernel: Vec<String>,
    },
    /// Run a command in a guest that has nlmon installed
    Vm(vm::Options),
    /// Show the main job in a guest
    Demo(demo::Options),
    /// Measure what nlmon costs a sender, in instructions
    Bench(bench::Options),
    /// Write down the numbers of the kernel's headers, for the test of nlmon's names
    Numbers,
    /// Compare nlmon's tables with the kernel's source
    Audit(audit::Options),
    /// Build the packages: for Debian, for DKMS, an archive, an image for containers
    Dist,
    /// Run all tests
    Test(test::Options),
}

fn main() -> ExitCode {
    progress::start();
    match run(Cli::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<host::Missing>() { 2 } else { 1 })
        }
    }
}

fn run(task: Task) -> Result<u8> {
    match task {
        Task::Setup => {
            let arch = Arch::default();
            test::set_up(arch, &kernel::listed(arch, kernel::TESTED)?).map(|()| 0)
        }
        Task::Ebpf { arch } => progress::step("BPF object", || ebpf::build(arch)).map(|_| 0),
        Task::Kmod { arch, kernel } => {
            host::ensure(arch)?;
            for name in kernel {
                let kernel = kernel::named(arch, &name)?;
                kernel::fetch::ensure(&kernel)?;
                progress::step(&format!("module for {name}"), || kmod::ensure(&kernel))?;
            }
            Ok(0)
        }
        Task::Vm(options) => Ok(vm::run(&options)?.code()),
        Task::Demo(options) => Ok(demo::run(&options)?.code()),
        Task::Bench(options) => Ok(bench::run(&options)?.code()),
        Task::Numbers => numbers::write().map(|()| 0),
        Task::Audit(options) => audit::run(&options).map(|()| 0),
        Task::Dist => dist::run().map(|()| 0),
        Task::Test(options) => test::run(&options).map(|()| 0),
    }
}
