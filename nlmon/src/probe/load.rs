//! Loads the object with this kernel's offsets and the configuration's choices, and has its programs
//! attached as the plan says.

use std::fs;

use aya::{Ebpf, EbpfLoader};
use nlmon_common::{
    ABI,
    counter::{SLOTS, stat},
    limits::{PROTOCOLS, message_keys},
    settings::Settings,
};

use super::{
    Error,
    attach::{Attached, Attacher, OwnLink, attach_tracepoint},
    btf::Btf,
    counters::Counters,
    execs::Execs,
    holdings::{Holdings, socket_offsets},
    is_in_pid_namespace, is_locked_down,
    maps::{self, Maps},
    offsets::offsets,
    plan::{Attach, Probe, plan},
    preemption, read_btf,
    reader::Samples,
    runs::Programs,
    warnings::Warnings,
};

/// The symbol that only an object of this layout has.
pub(super) const ABI_MARK: &str = "NLMON_ABI_5";

/// The BPF object; empty when the daemon was built without one.
pub(super) static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/nlmon.bpf.o"));

/// What the configuration chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which hooks are allowed.
    pub attach: Attach,
    /// Sample one outermost call in this many, with all inside it; 0 for none.
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
    /// Which process holds which socket, or why that is not known; `None` once taken.
    pub holdings: Option<Result<Holdings, Error>>,
    /// Own the programs and their links.
    _ebpf: Ebpf,
    _links: Vec<OwnLink>,
}

/// Loads and attaches the probes. One that is not required may be missing; the reason is kept.
pub fn load(options: &Options) -> Result<Probes, Error> {
    check_system()?;
    let blob = read_btf()?;
    let btf = Btf::parse(&blob)?;
    let (steps, missing) = plan(&btf, options.attach, preemption::is_on());
    let mut ebpf = load_object(options, &btf)?;
    let descriptors = maps::descriptors(&ebpf);
    // It takes its map by itself.
    let warnings = Warnings::new(&mut ebpf);
    let mut maps = Maps::of(&mut ebpf);
    let mut hooks = Attacher::new(&mut ebpf, OBJECT, descriptors)?;
    let samples = Samples::new(&mut maps)?;
    let (mut attached, mut missed) = (Vec::new(), Vec::new());
    for (probe, error) in missing {
        give_up(probe, error.into(), &mut missed)?;
    }
    for step in &steps {
        match hooks.attach(step) {
            Ok(done) => attached.push(done),
            Err(error) => give_up(step.probe, error, &mut missed)?,
        }
    }
    let links = hooks.into_links();
    let holdings = Some(Holdings::begin(&mut ebpf));
    let exits = attach_tracepoint(&mut ebpf, "raw_free", "sched_process_free");
    let interpreter = btf.offset("linux_binprm", "interp").map_err(Error::from);
    let execs = Some(interpreter.and_then(|_offset| Execs::attach(&mut ebpf, &mut maps)));
    let (counters, samples) =
        (Some(Counters::new(&mut maps, Programs::of(&ebpf, &links))?), Some(samples));
    Ok(Probes {
        attached,
        missed,
        counters,
        samples,
        warnings,
        exits,
        execs,
        holdings,
        _ebpf: ebpf,
        _links: links,
    })
}

/// Whether programs are to be had at all, and what they tell makes sense.
pub(super) fn check_system() -> Result<(), Error> {
    if OBJECT.is_empty() {
        return Err(Error::NoObject);
    }
    if is_locked_down() {
        return Err(Error::LockedDown);
    }
    if is_in_pid_namespace() {
        return Err(Error::PidNamespace);
    }
    Ok(())
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

/// Helpers that give the current task and its saved registers with their types, of 5.11 and 5.15.
const TYPED_TASK: &str = "bpf_get_current_task_btf";
const TYPED_REGS: &str = "bpf_task_pt_regs";

fn load_object(options: &Options, btf: &Btf<'_>) -> Result<Ebpf, Error> {
    let cpus = processors(&fs::read_to_string(CPUS_PATH).map_err(Error::Cpus)?);
    let message_keys = message_keys(cpus);
    let settings = Settings {
        own_tgid: std::process::id(),
        sample_every: options.sample_every,
        sample_protocols: options.sample_protocols,
        sample_rate: options.sample_rate,
        count_netns: u32::from(options.count_netns),
        capture_secrets: u32::from(options.capture_secrets),
        snap_length: u32::from(options.snap_length),
        typed_task: u32::from(btf.arguments(TYPED_TASK).is_ok()),
        typed_regs: u32::from(btf.arguments(TYPED_REGS).is_ok()),
        message_keys,
        snap: options.snap,
    };
    let (offsets, socket_offsets) = (offsets(btf)?, socket_offsets(btf)?);
    let mut loader = EbpfLoader::new();
    loader
        .override_global("OFFSETS", &offsets, true)
        .override_global("SOCKET_OFFSETS", &socket_offsets, true)
        .override_global("SETTINGS", &settings, true)
        // Its own value: what matters is that an object of another layout has no such symbol.
        .override_global(ABI_MARK, &ABI, true)
        .override_global(aya_log::LEVEL, &(aya_log::Level::Warn as u8), false)
        .map_max_entries("SAMPLES", options.ring_bytes)
        .map_max_entries("MESSAGES", message_keys);
    // The arrays that have elements for each processor, and how many.
    let arrays = [("DATAGRAMS", SLOTS), ("MESSAGE_COUNTS", message_keys), ("STATS", stat::STRIDE)];
    for (name, per_cpu) in arrays {
        loader.map_max_entries(name, per_cpu * cpus);
    }
    loader.load(OBJECT).map_err(Error::Load)
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
