//! `nlmon check`: what this kernel offers, the plan, and whether the configuration is valid.
//!
//! Changes nothing. Attaches the probes for a moment, because only that proves that they work; with
//! the rights of the installed service, because it is the service that will need them.

use std::path::PathBuf;

use super::health;
use crate::{
    commands::{Failure, rights},
    config::Source,
    probe::{self, Attached, Proof},
    self_test,
    service::probe_options,
    spec_files::{self, Found},
};

/// Arguments of `nlmon check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask the running daemon whether it does its work, and change or try nothing.
    #[arg(long)]
    live: bool,
    /// The daemon's socket [default: the configuration's `log.socket`]
    #[arg(long, value_name = "PATH", requires = "live")]
    socket: Option<PathBuf>,
}

/// Runs the check.
pub fn run(args: &Args) -> Result<(), Failure> {
    let source = Source::new(args.config.clone());
    let config = source.read().map_err(|e| Failure::Usage(e.into()))?;
    if args.live {
        return health::run(args.socket.as_ref().unwrap_or(&config.log.socket));
    }
    let found = spec_files::read(&config.log.specs).map_err(|e| Failure::Usage(e.into()))?;
    println!("configuration   valid");
    if !config.log.specs.is_empty() {
        say_found(&found);
    }
    println!("kernel          {}", kernel_release());
    println!("rights          {}", rights::take_those_of_the_unit());
    // What is pinned belongs to the daemon.
    let options = probe::Options { pin: false, ..probe_options(&config) };
    let probes = probe::load(&options).map_err(|e| Failure::System(e.into()))?;
    let shown = self_test::run(&probes).map_err(Failure::System)?;
    for (attached, (_, proof)) in probes.attached.iter().zip(&shown) {
        let probe = format!("probe {}", attached.probe.name());
        let Attached { symbol, hook, is_exact, .. } = attached;
        let exact = if *is_exact { "" } else { ", may miss calls: this kernel preempts programs" };
        println!("{probe:<15} {symbol} by {hook}, {}{exact}", words(*proof));
        for reason in &attached.refused {
            println!("{:<15} not by {reason}", "");
        }
    }
    for (probe, error) in &probes.missed {
        println!("{:<15} none: {error}", format!("probe {}", probe.name()));
    }
    Ok(())
}

/// What the specs describe, and what of it is not used.
fn say_found(found: &Found) {
    let Found { described, known, passed_over, .. } = found;
    println!("specs           {} described: {}", described.len(), list(described));
    if !known.is_empty() {
        println!("{:<15} {} with tables of their own, which win: {}", "", known.len(), list(known));
    }
    if *passed_over > 0 {
        println!("{:<15} {passed_over} of other protocols, passed over", "");
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn words(proof: Proof) -> &'static str {
    match proof {
        Proof::Fires => "fires",
        Proof::Silent => "does not fire",
        Proof::MissesReturns => "misses returns",
        Proof::Untested => "not tested",
    }
}

fn kernel_release() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease")
        .map_or_else(|_| "unknown".to_owned(), |release| release.trim_end().to_owned())
}
