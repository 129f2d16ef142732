//! The probes as the daemon wants them. Says what the configuration means for them, which of them
//! work, and why others do not.

use std::collections::BTreeMap;

use crate::{
    commands::Failure,
    config::Config,
    events,
    health::ProbeState,
    origin::Origins,
    probe::{self, Attached, Execs, Holdings, Options, Pinned, Probes, Proof, Sampling},
    self_test,
    sockets::Scanner,
    thinning::{Share, Thinning},
};

/// What the configuration means for the probes.
pub fn probe_options(config: &Config) -> Options {
    Options {
        attach: config.probe.attach,
        deliveries: config.probe.deliveries,
        sampling: sampling(config),
        metered: budget(config).is_some(),
        snap_length: config.probe.snap_length,
        snap: config.snap(),
        capture_secrets: config.capture_secrets,
        count_netns: config.metrics.netns,
        ring_bytes: config.probe.ring_bytes,
        pin: config.probe.pin,
    }
}

/// What to sample.
pub(super) fn sampling(config: &Config) -> Sampling {
    Sampling {
        every: config.probe.sample_every,
        // Checked before; and if not, all is better than nothing.
        protocols: config.sample_protocols().unwrap_or(u32::MAX),
        rate: config.probe.sample_rate,
    }
}

/// How samples are thinned.
pub(super) fn thinning(config: &Config) -> Thinning {
    Thinning::new(sampling(config), budget(config))
}

/// What nlmon may take of a processor, which was checked before.
fn budget(config: &Config) -> Option<Share> {
    config.cpu_budget().unwrap_or_default()
}

/// The probes, or none if the kernel or the privileges do not allow them, and the state to report.
pub(super) fn load(config: &Config) -> Result<(Option<Probes>, ProbeState), Failure> {
    if !config.probe.pin {
        remove_pins();
    }
    let mut state = ProbeState::default();
    let probes = match probe::load(&probe_options(config)) {
        Ok(probes) => Some(attached(probes, &mut state)),
        Err(error) if config.probe.require => return Err(Failure::System(error.into())),
        Err(error) => {
            let error = anyhow::Error::from(error);
            let line = format!("running without probes, on the subscriptions alone: {error:#}");
            state.without.push(line);
            None
        }
    };
    state
        .without
        .iter()
        .for_each(|line| tracing::warn!(message_id = events::PROBE_MISSING, "{line}"));
    state
        .broken
        .iter()
        .for_each(|line| tracing::error!(message_id = events::PROBE_BROKEN, "{line}"));
    Ok((probes, state))
}

/// Says which probes there are, and finds out which of them work.
fn attached(mut probes: Probes, state: &mut ProbeState) -> Probes {
    say_attached(&probes.attached, state);
    say_pinned(probes.pinned.as_ref(), state);
    for (probe, error) in &probes.missed {
        let because = because(error);
        let line =
            format!("no probe {}, its counters stay at zero: {error}{because}", probe.name());
        state.without.push(line);
    }
    if !probes.wants_deliveries {
        tracing::info!(
            "probe.deliveries is off: nlmon_deliveries_total stays at zero, and the parts of dumps \
             are not counted"
        );
    }
    if let Err(error) = &probes.exits {
        state.without.push(format!("calls of threads that have ended may stay open: {error}"));
    }
    self_test(&mut probes, state);
    let name = |attached: &Attached| format!("{} by {}", attached.probe.name(), attached.hook);
    state.attached = probes.attached.iter().map(name).collect();
    probes
}

/// What is in place, what was wanted instead and why it was refused. Probes that have met the same
/// refusal share a line.
fn say_attached(attached: &[Attached], state: &mut ProbeState) {
    let mut refused: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Attached { probe, symbol, hook, refused: reasons, .. } in attached {
        tracing::info!("probe {}: {symbol} by {hook}", probe.name());
        for reason in reasons {
            refused.entry(reason).or_default().push(probe.name());
        }
    }
    for (reason, probes) in refused {
        state.without.push(format!("not as wanted ({}): {reason}", probes.join(", ")));
    }
    let inexact = attached.iter().filter(|attached| !attached.is_exact);
    let inexact: Vec<&str> = inexact.map(|attached| attached.probe.name()).collect();
    if !inexact.is_empty() {
        state.without.push(format!(
            "this kernel preempts programs, so that calls may be missed ({}); \
             nlmon_bpf_missed_runs_total is the upper bound",
            inexact.join(", ")
        ));
    }
}

/// Probes of an earlier daemon would go on counting beside this one's, for nobody.
fn remove_pins() {
    match probe::remove_pins() {
        Ok(true) => tracing::info!("removed the pinned probes of an earlier daemon"),
        Ok(false) => {}
        Err(error) => tracing::warn!("pinned probes may be left: {:#}", anyhow::Error::from(error)),
    }
}

fn say_pinned(pinned: Option<&Result<Pinned, probe::Error>>, state: &mut ProbeState) {
    match pinned {
        Some(Ok(Pinned::New)) => tracing::info!("probes are pinned in {}", probe::PIN_DIRECTORY),
        Some(Ok(Pinned::TakenOver)) => {
            tracing::info!("took over the probes pinned in {}", probe::PIN_DIRECTORY);
        }
        Some(Err(error)) => {
            state.without.push(format!("probes are not pinned: {error}{}", because(error)));
        }
        None => {}
    }
}

/// The cause of an error, behind it.
fn because(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(String::new, |cause| format!(": {cause}"))
}

/// Where senders belong, with what their processes were seen to execute if that is to be had.
pub(super) fn origins(execs: Result<Execs, probe::Error>) -> Origins {
    match execs {
        Ok(execs) => Origins::new(Box::new(move |pid, comm| execs.path(pid, comm))),
        Err(error) => {
            tracing::warn!("no executables of processes that end at once: {error}");
            Origins::default()
        }
    }
}

/// What scans the sockets, with their holders as the kernel tells them if that is to be had.
pub(super) fn scanner(holdings: Option<Result<Holdings, probe::Error>>) -> Scanner {
    let holdings = holdings.transpose().unwrap_or_else(|error| {
        tracing::warn!(
            message_id = events::OWNERS_FROM_PROC,
            "owners of sockets are read from /proc: {:#}",
            anyhow::Error::from(error)
        );
        None
    });
    Scanner::new(holdings)
}

/// Takes a probe off the list that is attached and does not fire: its counters say nothing.
fn self_test(probes: &mut Probes, state: &mut ProbeState) {
    let shown = match self_test::run(probes) {
        Ok(shown) => shown,
        Err(error) => {
            state.broken.push(format!("the probes' self-test did not work: {error:#}"));
            return;
        }
    };
    for (probe, proof) in shown {
        match proof {
            Proof::Fires | Proof::Untested => {}
            Proof::MissesReturns => {
                let line =
                    format!("probe {} misses returns: results are not complete", probe.name());
                state.without.push(line);
            }
            Proof::Silent => {
                state.broken.push(format!("probe {} is attached and does not fire", probe.name()));
                probes.attached.retain(|attached| attached.probe != probe);
            }
        }
    }
}
