//! `nlmon check`: what this kernel offers, the plan, and whether the configuration is valid.
//!
//! Changes nothing. Attaches the probes for a moment, because only that proves that they work; with
//! the rights of the installed service, because it is the service that will need them.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use super::{health, output::print};
use crate::{
    commands::{Failure, rights},
    config::{Config, Source},
    http::Door,
    probe::{self, Attached, Proof},
    self_test,
    service::{confine, probe_options},
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
    /// Print what is found as one object of JSON.
    #[arg(long, conflicts_with = "live")]
    json: bool,
    /// The daemon's socket [default: the configuration's `log.socket`]
    #[arg(long, value_name = "PATH", requires = "live")]
    socket: Option<PathBuf>,
}

/// What a check found, as far as it came.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Whether the configuration is valid.
    configuration_valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    specs: Option<Specs>,
    kernel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<String>,
    /// What the service keeps of them once its probes are attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    rights_left: Option<String>,
    probes: Vec<Probe>,
    /// Why the check failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The exit code of the command.
    exit_code: u8,
}

/// What the specs describe, and what of it is not used.
#[derive(Debug, Serialize)]
struct Specs {
    described: Vec<&'static str>,
    known: Vec<&'static str>,
    passed_over: usize,
}

/// A probe, in place or not.
#[derive(Debug, Serialize)]
struct Probe {
    name: &'static str,
    #[serde(flatten)]
    state: State,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum State {
    Attached {
        function: String,
        hook: String,
        proof: &'static str,
        exact: bool,
        refused: Vec<String>,
    },
    Missed {
        error: String,
    },
}

/// Runs the check.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report { kernel: kernel_release(), ..Report::default() };
    let source = Source::new(args.config.clone());
    let result = read(&source).and_then(|config| {
        report.configuration_valid = true;
        if args.live {
            return health::run(args.socket.as_ref().unwrap_or(&config.log.socket));
        }
        report.look(&config, &source)
    });
    if let Err(failure) = &result {
        (report.error, report.exit_code) = (Some(failure.to_string()), failure.exit_code());
    }
    if args.json {
        print(format!("{}\n", serde_json::json!(report)))?;
    } else if !args.live {
        print(report.to_string())?;
    }
    result
}

fn read(source: &Source) -> Result<Config, Failure> {
    source.read().map_err(|error| Failure::Usage(error.into()))
}

impl Report {
    /// Reads the specs, and attaches the probes for a moment.
    fn look(&mut self, config: &Config, source: &Source) -> Result<(), Failure> {
        let (door, found) =
            Self::read_files(config).inspect_err(|_| self.configuration_valid = false)?;
        if !config.log.specs.is_empty() {
            let Found { described, known, passed_over, .. } = found;
            self.specs = Some(Specs { described, known, passed_over });
        }
        self.rights = Some(rights::take_those_of_the_unit().to_string());
        // What is pinned belongs to the daemon.
        let options = probe::Options { pin: false, ..probe_options(config) };
        let probes = probe::load(&options).map_err(|e| Failure::System(e.into()))?;
        let shown = self_test::run(&probes).map_err(Failure::System)?;
        let attached = probes.attached.iter().zip(&shown);
        self.probes =
            attached.map(|(attached, (_, proof))| Probe::attached(attached, *proof)).collect();
        self.probes.extend(probes.missed.iter().map(|(probe, error)| Probe {
            name: probe.name(),
            state: State::Missed { error: whole(error) },
        }));
        // Last: what is read after this may be out of reach.
        self.rights_left = Some(confine(config, source, &door, Some(&probes)).to_string());
        Ok(())
    }

    /// Files that the configuration names.
    fn read_files(config: &Config) -> Result<(Door, Found), Failure> {
        let door = Door::new(&config.http.web_config, &config.http.bearer_token_file)
            .map_err(|error| Failure::Usage(error.into()))?;
        let found = spec_files::read(&config.log.specs);
        Ok((door, found.map_err(|error| Failure::Usage(error.into()))?))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.configuration_valid {
            return Ok(());
        }
        writeln!(f, "configuration   valid")?;
        if let Some(specs) = &self.specs {
            write!(f, "{specs}")?;
        }
        writeln!(f, "kernel          {}", self.kernel)?;
        if let Some(rights) = &self.rights {
            writeln!(f, "rights          {rights}")?;
        }
        self.probes.iter().try_for_each(|probe| write!(f, "{probe}"))?;
        match &self.rights_left {
            Some(left) => writeln!(f, "rights left     {left}"),
            None => Ok(()),
        }
    }
}

impl Probe {
    fn attached(attached: &Attached, proof: Proof) -> Self {
        let Attached { probe, symbol, hook, is_exact, refused, .. } = attached;
        let state = State::Attached {
            function: symbol.to_string(),
            hook: hook.to_string(),
            proof: words(proof),
            exact: *is_exact,
            refused: refused.iter().map(ToString::to_string).collect(),
        };
        Self { name: probe.name(), state }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let probe = format!("probe {}", self.name);
        match &self.state {
            State::Attached { function, hook, proof, exact, refused } => {
                let may_miss =
                    if *exact { "" } else { ", may miss calls: this kernel preempts programs" };
                writeln!(f, "{probe:<15} {function} by {hook}, {proof}{may_miss}")?;
                refused.iter().try_for_each(|reason| writeln!(f, "{:<15} not by {reason}", ""))
            }
            State::Missed { error } => writeln!(f, "{probe:<15} none: {error}"),
        }
    }
}

impl fmt::Display for Specs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { described, known, passed_over } = self;
        writeln!(f, "specs           {} described: {}", described.len(), list(described))?;
        if !known.is_empty() {
            let (count, known) = (known.len(), list(known));
            writeln!(f, "{:<15} {count} with tables of their own, which win: {known}", "")?;
        }
        if *passed_over > 0 {
            writeln!(f, "{:<15} {passed_over} of other protocols, passed over", "")?;
        }
        Ok(())
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
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
