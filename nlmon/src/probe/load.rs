//! Loads the object with this kernel's offsets and the configuration's choices, and attaches its
//! programs as the plan says.

use std::fs;

use aya::{
    Ebpf, EbpfLoader,
    programs::{FEntry, FExit, KProbe, Program, ProgramError, RawTracePoint},
};
use nlmon_common::{
    ABI,
    counter::{SLOTS, stat},
    limits::{MESSAGE_KEYS_MAX, PROTOCOLS},
    settings::Settings,
};

use super::{
    Error,
    btf::Btf,
    counters::Counters,
    execs::Execs,
    is_in_pid_namespace, is_locked_down,
    offsets::offsets,
    plan::{Attach, Hook, Probe, Step, plan},
    preemption, read_btf,
    reader::Samples,
    warnings::Warnings,
};

/// The symbol that only an object of this layout has.
const ABI_MARK: &str = "NLMON_ABI_4";

/// The BPF object; empty when the daemon was built without one.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/nlmon.bpf.o"));

/// What the configuration chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which hooks are allowed.
    pub attach: Attach,
    /// Sample one datagram in this many; 0 for none.
    pub sample_every: u32,
    /// Protocols to sample, a bit for each by its number.
    pub sample_protocols: u32,
    /// Samples per second and processor; 0 for no cap.
    pub sample_rate: u32,
    /// Payload bytes of a sample.
    pub snap_length: u16,
    /// The same by protocol, where keys call for less.
    pub snap: [u16; PROTOCOLS],
    /// Take payloads whole that may carry keys.
    pub capture_secrets: bool,
    /// Count network namespaces apart.
    pub count_netns: bool,
    /// Size of the sample ring, a power of two.
    pub ring_bytes: u32,
}

/// A probe that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What is probed.
    pub probe: Probe,
    /// The kernel function.
    pub symbol: &'static str,
    /// The hook that works.
    pub hook: Hook,
    /// Why the hooks before it did not.
    pub refused: Vec<String>,
}

/// The loaded and attached programs. Dropping it detaches them.
pub struct Probes {
    /// What is in place.
    pub attached: Vec<Attached>,
    /// What is not, and why.
    pub missed: Vec<(Probe, Error)>,
    /// Exact counters; `None` once taken.
    pub counters: Option<Counters>,
    /// Samples; `None` once taken.
    pub samples: Option<Samples>,
    /// Warnings of the programs; `None` once taken.
    pub warnings: Option<Warnings>,
    /// Whether threads are seen to end, so that none leaves calls open for ever, or why not.
    pub exits: Result<(), Error>,
    /// Programs that processes execute, or why they are not known; `None` once taken.
    pub execs: Option<Result<Execs, Error>>,
    /// Owns the programs and their links.
    _ebpf: Ebpf,
}

/// Loads and attaches the probes. One that is not required may be missing; the reason is kept.
pub fn load(options: &Options) -> Result<Probes, Error> {
    if OBJECT.is_empty() {
        return Err(Error::NoObject);
    }
    if is_locked_down() {
        return Err(Error::LockedDown);
    }
    if is_in_pid_namespace() {
        return Err(Error::PidNamespace);
    }
    let blob = read_btf()?;
    let btf = Btf::parse(&blob)?;
    let (steps, missing) = plan(&btf, options.attach, preemption::is_on());
    let mut ebpf = load_object(options, &offsets(&btf)?)?;
    let samples = Samples::new(&mut ebpf)?;
    let warnings = Warnings::new(&mut ebpf);
    let kernel = aya::Btf::from_sys_fs().map_err(|error| Error::Load(error.into()))?;
    let (mut attached, mut missed) = (Vec::new(), Vec::new());
    for (probe, error) in missing {
        give_up(probe, error.into(), &mut missed)?;
    }
    for step in &steps {
        match attach(&mut ebpf, &kernel, step) {
            Ok(done) => attached.push(done),
            Err(error) => give_up(step.probe, error, &mut missed)?,
        }
    }
    let exits = attach_tracepoint(&mut ebpf, "raw_exit", "sched_process_exit");
    let interpreter = btf.offset("linux_binprm", "interp").map_err(Error::from);
    let execs = Some(interpreter.and_then(|_offset| Execs::attach(&mut ebpf)));
    let (counters, samples) = (Some(Counters::new(&mut ebpf)?), Some(samples));
    Ok(Probes { attached, missed, counters, samples, warnings, exits, execs, _ebpf: ebpf })
}

/// Notes a probe that is not to be had; an error if there is no use without it.
fn give_up(probe: Probe, error: Error, missed: &mut Vec<(Probe, Error)>) -> Result<(), Error> {
    if probe.is_required() {
        return Err(error);
    }
    missed.push((probe, error));
    Ok(())
}

/// The processors that there may ever be: `0-3,8-11`.
const CPUS_PATH: &str = "/sys/devices/system/cpu/possible";

/// One more than the highest number in such a list, which may have holes.
fn processors(list: &str) -> u32 {
    let numbers = list.trim_end().split([',', '-']).filter_map(|number| number.parse::<u32>().ok());
    numbers.max().unwrap_or_default() + 1
}

/// The arrays that have elements for each processor, and how many.
const PER_CPU: [(&str, u32); 3] =
    [("DATAGRAMS", SLOTS), ("MESSAGE_COUNTS", MESSAGE_KEYS_MAX), ("STATS", stat::STRIDE)];

fn load_object(
    options: &Options,
    offsets: &nlmon_common::settings::Offsets,
) -> Result<Ebpf, Error> {
    let settings = Settings {
        own_tgid: std::process::id(),
        sample_every: options.sample_every,
        sample_protocols: options.sample_protocols,
        sample_rate: options.sample_rate,
        count_netns: u32::from(options.count_netns),
        capture_secrets: u32::from(options.capture_secrets),
        snap_length: u32::from(options.snap_length),
        snap: options.snap,
    };
    let cpus = fs::read_to_string(CPUS_PATH).map_err(Error::Cpus)?;
    let cpus = processors(&cpus);
    let mut loader = EbpfLoader::new();
    loader
        .override_global("OFFSETS", offsets, true)
        .override_global("SETTINGS", &settings, true)
        // Its own value: what matters is that an object of another layout has no such symbol.
        .override_global(ABI_MARK, &ABI, true)
        .override_global(aya_log::LEVEL, &(aya_log::Level::Warn as u8), false)
        .map_max_entries("SAMPLES", options.ring_bytes);
    for (name, per_cpu) in PER_CPU {
        loader.map_max_entries(name, per_cpu * cpus);
    }
    loader.load(OBJECT).map_err(Error::Load)
}

/// Attaches one probe by the first hook that works.
fn attach(ebpf: &mut Ebpf, kernel: &aya::Btf, step: &Step) -> Result<Attached, Error> {
    let mut refused = Vec::new();
    for hook in step.hooks {
        match attach_by(ebpf, kernel, step, *hook) {
            Ok(()) => {
                let Step { probe, symbol, .. } = *step;
                return Ok(Attached { probe, symbol, hook: *hook, refused });
            }
            Err(error) => refused.push(format!("{hook}: {}", with_advice(chain(&error)))),
        }
    }
    Err(Error::Attach { symbol: step.symbol.to_owned(), reasons: refused })
}

/// The return's program goes first: a call between the two attachments is then a return without
/// entry, which skews nothing, and not an entry that waits for its return.
fn attach_by(
    ebpf: &mut Ebpf,
    kernel: &aya::Btf,
    step: &Step,
    hook: Hook,
) -> Result<(), ProgramError> {
    let Names { entry, exit } = names(step, hook);
    match hook {
        Hook::Kprobe => {
            for name in exit.into_iter().chain([entry]) {
                let kprobe: &mut KProbe = program(ebpf, name)?;
                kprobe.load()?;
                kprobe.attach(step.symbol, 0)?;
            }
        }
        Hook::Fentry => {
            if let Some(exit) = exit {
                let fexit: &mut FExit = program(ebpf, exit)?;
                fexit.load(step.symbol, kernel)?;
                fexit.attach()?;
            }
            let fentry: &mut FEntry = program(ebpf, entry)?;
            fentry.load(step.symbol, kernel)?;
            fentry.attach()?;
        }
    }
    Ok(())
}

/// Names of a probe's programs.
struct Names {
    entry: &'static str,
    /// `None` where the return does not matter.
    exit: Option<&'static str>,
}

fn names(step: &Step, hook: Hook) -> Names {
    // fexit finds the return value behind the arguments, whose number differs by kernel.
    let (entry, exit) = match (step.probe, hook, step.arguments) {
        (Probe::Unicast, Hook::Kprobe, _) => ("kprobe_unicast", Some("kret_unicast")),
        (Probe::Unicast, Hook::Fentry, _) => ("fentry_unicast", Some("fexit_unicast")),
        (Probe::Broadcast, Hook::Kprobe, _) => ("kprobe_bcast", Some("kret_bcast")),
        (Probe::Broadcast, Hook::Fentry, 7) => ("fentry_bcast", Some("fexit_bcast7")),
        (Probe::Broadcast, Hook::Fentry, _) => ("fentry_bcast", Some("fexit_bcast5")),
        (Probe::Dump, Hook::Kprobe, _) => ("kprobe_dump", Some("kret_dump")),
        (Probe::Dump, Hook::Fentry, 1) => ("fentry_dump", Some("fexit_dump1")),
        (Probe::Dump, Hook::Fentry, _) => ("fentry_dump", Some("fexit_dump2")),
        (Probe::Delivery, Hook::Kprobe, _) => ("kprobe_deliver", None),
        (Probe::Delivery, Hook::Fentry, _) => ("fentry_deliver", None),
        (Probe::Overrun, Hook::Kprobe, _) => ("kprobe_overrun", None),
        (Probe::Overrun, Hook::Fentry, _) => ("fentry_overrun", None),
    };
    Names { entry, exit }
}

/// Attaches a program to a tracepoint.
pub(super) fn attach_tracepoint(
    ebpf: &mut Ebpf,
    name: &str,
    tracepoint: &str,
) -> Result<(), Error> {
    let failed = |error: ProgramError| Error::Attach {
        symbol: tracepoint.to_owned(),
        reasons: vec![with_advice(chain(&error))],
    };
    let program: &mut RawTracePoint = program(ebpf, name).map_err(failed)?;
    program.load().map_err(failed)?;
    program.attach(tracepoint).map_err(failed)?;
    Ok(())
}

fn program<'e, P>(ebpf: &'e mut Ebpf, name: &str) -> Result<&'e mut P, ProgramError>
where
    &'e mut P: TryFrom<&'e mut Program, Error = ProgramError>,
{
    ebpf.program_mut(name).ok_or(ProgramError::UnexpectedProgramType)?.try_into()
}

/// The reason, and what to do about it where that is known.
///
/// Debian's patch to `kernel/events/core.c` makes the sysctl's value 3 refuse all but
/// `CAP_SYS_ADMIN`; from 6.1 on it takes `CAP_PERFMON` too (seen on 5.10 and 6.1).
fn with_advice(mut reason: String) -> String {
    if reason.contains("perf_event_open") && reason.contains("Permission denied") {
        reason.push_str("; set the sysctl kernel.perf_event_paranoid to 2, or grant CAP_SYS_ADMIN");
    }
    reason
}

/// What the verifier's log ends with, behind the reason: figures.
const VERIFIER_FIGURES: [&str; 5] =
    ["processed ", "stack depth", "verification time", "subprog ", "max_states"];

/// An error and its causes on one line. The verifier's log has many: the last ones say why.
fn chain(error: &ProgramError) -> String {
    if let ProgramError::LoadError { io_error, verifier_log } = error {
        let log = verifier_log.to_string();
        let is_figure = |line: &&str| VERIFIER_FIGURES.iter().any(|start| line.starts_with(start));
        let reason: Vec<&str> = log.lines().rev().filter(|line| !is_figure(line)).take(3).collect();
        return format!("{io_error} ({})", reason.into_iter().rev().collect::<Vec<_>>().join("; "));
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted_to_the_highest_that_there_may_be() {
        assert_eq!(processors("0\n"), 1);
        assert_eq!(processors("0-127\n"), 128);
        assert_eq!(processors("0-1,4-5,9\n"), 10);
    }
}
