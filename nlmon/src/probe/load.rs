//! Loads the object with this kernel's offsets and the configuration's choices, and has its programs
//! attached as the plan says.

use std::{fs, sync::Arc};

use aya::{Ebpf, EbpfLoader};
use nlmon_common::{
    ABI,
    control::Identity,
    counter::{SLOTS, stat},
    limits::{PROTOCOLS, message_keys},
    settings::{CallOffsets, Offsets, RouteOffsets, Settings},
    socket::SocketOffsets,
};

use super::{
    Error,
    attach::{Attached, Attacher, OwnLink, attach_tracepoint},
    btf::{self, Btf},
    control::{Control, Sampling},
    counters::Counters,
    execs::Execs,
    holdings::{Holdings, socket_offsets},
    is_in_pid_namespace, is_locked_down,
    kept::Kept,
    maps::{self, Maps},
    offsets::{call_offsets, offsets, route_offsets},
    pins::{self, Pins},
    plan::{Attach, Probe, plan},
    preemption, read_btf,
    reader::Samples,
    runs::Programs,
    stats::{SocketChanges, Stats},
    warnings::Warnings,
};

/// The symbol that only an object of this layout has.
pub(super) const ABI_MARK: &str = "NLMON_ABI_10";

/// The BPF object; empty when the daemon was built without one.
pub(super) static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/nlmon.bpf.o"));

/// What the configuration chooses.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// Which hooks are allowed.
    pub attach: Attach,
    /// Look at what is put into receiving sockets' queues. Dumps are counted there, too.
    pub deliveries: bool,
    /// What to sample at first.
    pub sampling: Sampling,
    /// Have the programs measure the time that they take.
    pub metered: bool,
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
    /// Let the probes outlive the daemon, and take over those of an earlier one.
    pub pin: bool,
}

/// The loaded and attached programs. Dropping it detaches them.
pub struct Probes {
    /// What is in place.
    pub attached: Vec<Attached>,
    /// What is not, and why.
    pub missed: Vec<(Probe, Error)>,
    /// Whether what is put into receiving sockets' queues is looked at.
    pub wants_deliveries: bool,
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
    /// Tells that netlink sockets come and go.
    pub sockets: SocketChanges,
    /// Whether the probes outlive the daemon: what became of that, if it was asked for.
    pub pinned: Option<Result<Pinned, Error>>,
    /// Own the programs and their links.
    _ebpf: Ebpf,
    _links: Vec<OwnLink>,
}

impl Probes {
    /// Whether what is attached can be read with the rights that this thread has now.
    pub fn are_readable(&self) -> bool {
        let of = |holdings: &Result<Holdings, Error>| {
            holdings.as_ref().is_ok_and(|held| held.read().is_ok() && held.processes().is_ok())
        };
        self.holdings.as_ref().is_none_or(of)
            && self.counters.as_ref().is_none_or(Counters::are_readable)
    }
}

/// How probes are pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// They are new.
    New,
    /// They are those of an earlier daemon.
    TakenOver,
}

/// Loads and attaches the probes. One that is not required may be missing; the reason is kept.
pub fn load(options: &Options) -> Result<Probes, Error> {
    check_system()?;
    let blob = read_btf()?;
    let btf = Btf::parse(&blob)?;
    let needs = Needs::new(options, &btf)?;
    if !options.pin {
        return attach_all(options, &btf, &needs, None);
    }
    let pinned = Pins::open(&needs.identity).and_then(|pins| {
        if pins.is_taken_over {
            take_over(options, &needs, &pins)
        } else {
            attach_all(options, &btf, &needs, Some(&pins))
        }
    });
    let Err(error @ Error::Pin { .. }) = pinned else { return pinned };
    // What has a name already would go on counting beside these.
    pins::remove()?;
    let mut probes = attach_all(options, &btf, &needs, None)?;
    probes.pinned = Some(Err(error));
    Ok(probes)
}

/// Loads new programs and attaches them.
fn attach_all(
    options: &Options,
    btf: &Btf<'_>,
    needs: &Needs,
    pins: Option<&Pins>,
) -> Result<Probes, Error> {
    let (mut steps, mut missing) =
        plan(btf, options.attach, options.deliveries, preemption::is_on());
    if let Err(error) = &needs.route_offsets {
        let of_routes = steps.extract_if(.., |step| step.probe.reads_routes());
        missing.extend(of_routes.map(|step| (step.probe, error.clone())));
    }
    let mut ebpf = load_object(needs, pins)?;
    let descriptors = maps::descriptors(&ebpf);
    // It takes its map by itself.
    let warnings = Warnings::new(&mut ebpf);
    let mut maps = Maps::of(&mut ebpf);
    let control = Control::of(&mut maps)?;
    control.begin(needs.identity, options.sampling);
    let mut hooks = Attacher::new(&mut ebpf, OBJECT, descriptors)?;
    let stats = Arc::new(Stats::new(&mut maps)?);
    let samples = Samples::new(&mut maps, control.clone(), Arc::clone(&stats))?;
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
    let mut links = hooks.into_links();
    let holdings = Some(Holdings::begin(&mut ebpf));
    let exits = attach_tracepoint(&mut ebpf, "raw_free", EXIT).map(|link| links.push(link));
    let interpreter = btf.offset("linux_binprm", "interp").map_err(Error::from);
    let execs = interpreter.and_then(|_offset| {
        links.push(attach_tracepoint(&mut ebpf, "raw_exec", EXEC)?);
        Execs::of(&mut maps)
    });
    let programs = Programs::of(&ebpf, &links);
    let sockets = SocketChanges::new(&stats);
    let kept = pins.map(|pins| Kept::open(&pins.map(KEPT))).transpose()?;
    let counters = Counters::new(&mut maps, stats, programs, kept, 0)?;
    let mut pinned = None;
    if let Some(pins) = pins {
        pins.keep(&mut ebpf, std::mem::take(&mut links))?;
        control.complete();
        pinned = Some(Ok(Pinned::New));
    }
    Ok(Probes {
        attached,
        missed,
        wants_deliveries: options.deliveries,
        counters: Some(counters),
        samples: Some(samples),
        warnings,
        exits,
        execs: Some(execs),
        holdings,
        sockets,
        pinned,
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

/// Takes charge of the probes that an earlier daemon has left; loads nothing but the maps' names.
fn take_over(options: &Options, needs: &Needs, pins: &Pins) -> Result<Probes, Error> {
    let mut ebpf = load_object(needs, Some(pins))?;
    let warnings = Warnings::new(&mut ebpf);
    let holdings = Some(Holdings::begin(&mut ebpf));
    let mut maps = Maps::of(&mut ebpf);
    let control = Control::of(&mut maps)?;
    control.take_charge();
    control.set_sampling(options.sampling);
    let read_earlier = control.read();
    let attached = pins.attached(preemption::is_on())?;
    let is_missed = |probe: &Probe| !attached.iter().any(|attached| attached.probe == *probe);
    let missed = Probe::wanted(options.deliveries)
        .filter(is_missed)
        .map(|probe| (probe, not_left(probe.name())));
    let missed = missed.collect();
    let has =
        |tracepoint| pins.has_link(tracepoint).then_some(()).ok_or_else(|| not_left(tracepoint));
    let execs = has(EXEC).and_then(|()| Execs::of(&mut maps));
    let kept = Kept::open(&pins.map(KEPT))?;
    let programs = Programs::opened(pins.programs()?);
    let stats = Arc::new(Stats::new(&mut maps)?);
    let samples = Samples::new(&mut maps, control, Arc::clone(&stats))?;
    let sockets = SocketChanges::new(&stats);
    Ok(Probes {
        attached,
        missed,
        wants_deliveries: options.deliveries,
        counters: Some(Counters::new(&mut maps, stats, programs, Some(kept), read_earlier)?),
        samples: Some(samples),
        warnings,
        exits: has(EXIT),
        execs: Some(execs),
        holdings,
        sockets,
        pinned: Some(Ok(Pinned::TakenOver)),
        _ebpf: ebpf,
        _links: Vec::new(),
    })
}

/// Why a probe is missing that an earlier daemon did not have.
fn not_left(symbol: &str) -> Error {
    let reasons = vec!["the daemon whose probes these are did not attach it".to_owned()];
    Error::Attach { symbol: symbol.to_owned(), reasons }
}

/// Tracepoints.
const EXIT: &str = "sched_process_free";
const EXEC: &str = "sched_process_exec";

/// Name of the map of what ended processes have counted.
const KEPT: &str = "KEPT";

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

/// The maps of the object, but for those of its sections, which belong to programs just loaded.
fn map_names() -> Result<Vec<String>, Error> {
    let object = aya_obj::Object::parse(OBJECT).map_err(|error| Error::Load(error.into()))?;
    Ok(object.maps.into_keys().filter(|name| !name.starts_with('.')).collect())
}

/// Helpers that give the current task and its saved registers with their types, of 5.11 and 5.15.
const TYPED_TASK: &str = "bpf_get_current_task_btf";
const TYPED_REGS: &str = "bpf_task_pt_regs";

/// What this kernel and the configuration mean for the object.
struct Needs {
    cpus: u32,
    offsets: Offsets,
    socket_offsets: SocketOffsets,
    call_offsets: CallOffsets,
    /// Or why removed routes cannot be told.
    route_offsets: Result<RouteOffsets, btf::Error>,
    identity: Identity,
}

impl Needs {
    fn new(options: &Options, btf: &Btf<'_>) -> Result<Self, Error> {
        let cpus = processors(&fs::read_to_string(CPUS_PATH).map_err(Error::Cpus)?);
        let settings = Settings {
            count_netns: u32::from(options.count_netns),
            metered: u32::from(options.metered),
            capture_secrets: u32::from(options.capture_secrets),
            snap_length: u32::from(options.snap_length),
            typed_task: u32::from(btf.arguments(TYPED_TASK).is_ok()),
            typed_regs: u32::from(btf.arguments(TYPED_REGS).is_ok()),
            message_keys: message_keys(cpus),
            snap: options.snap,
        };
        let without_deliveries = u32::from(!options.deliveries) << 8;
        let attach = options.attach as u32 | without_deliveries;
        let ring_bytes = options.ring_bytes;
        let identity = Identity { abi: ABI, attach, ring_bytes, settings };
        let socket_offsets = socket_offsets(btf)?;
        Ok(Self {
            cpus,
            offsets: offsets(btf)?,
            socket_offsets,
            call_offsets: call_offsets(btf),
            route_offsets: route_offsets(btf),
            identity,
        })
    }
}

fn load_object(needs: &Needs, pins: Option<&Pins>) -> Result<Ebpf, Error> {
    let Needs { cpus, offsets, socket_offsets, call_offsets, identity, .. } = needs;
    let Identity { settings, ring_bytes, .. } = identity;
    // Without, those probes are not attached.
    let route_offsets = needs.route_offsets.clone().unwrap_or_default();
    let message_keys = settings.message_keys;
    let mut loader = EbpfLoader::new();
    loader
        .override_global("OFFSETS", offsets, true)
        .override_global("SOCKET_OFFSETS", socket_offsets, true)
        .override_global("CALL_OFFSETS", call_offsets, true)
        .override_global("ROUTE_OFFSETS", &route_offsets, true)
        .override_global("SETTINGS", settings, true)
        // Its own value: what matters is that an object of another layout has no such symbol.
        .override_global(ABI_MARK, &ABI, true)
        .override_global(aya_log::LEVEL, &(aya_log::Level::Warn as u8), false)
        .map_max_entries("SAMPLES", *ring_bytes)
        .map_max_entries("MESSAGES", message_keys);
    // The arrays that have elements for each processor, and how many.
    let arrays = [("DATAGRAMS", SLOTS), ("MESSAGE_COUNTS", message_keys), ("STATS", stat::STRIDE)];
    for (name, per_cpu) in arrays {
        loader.map_max_entries(name, per_cpu * cpus);
    }
    let names = map_names()?;
    for (pins, name) in pins.iter().flat_map(|pins| names.iter().map(move |name| (pins, name))) {
        loader.map_pin_path(name, pins.map(name));
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
