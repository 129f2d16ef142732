//! The self-test at start: a probe may attach and never fire, because the kernel's callers take
//! another way. So the daemon sends through each and looks whether its programs saw it.

use crate::{
    probe::{Probe, Probes, Proof, proof},
    subscribe::exercise,
};

/// What each attached probe has shown.
pub fn run(probes: &Probes) -> anyhow::Result<Vec<(Probe, Proof)>> {
    let Some(counters) = &probes.counters else { return Ok(Vec::new()) };
    let before = counters.own_calls();
    exercise()?;
    let after = counters.own_calls();
    let shown = |probe| (probe, proof(probe, &before, &after));
    Ok(probes.attached.iter().map(|attached| shown(attached.probe)).collect())
}
