//! Attaches the programs of a loaded object, by the first hook of the plan that works, and says why
//! the hooks before it did not.

use std::os::fd::OwnedFd;

use aya::{
    Ebpf,
    programs::{FEntry, FExit, KProbe, Program, ProgramError, RawTracePoint, links::FdLink},
};

use super::{
    Error,
    multi::{self, AttachPoint, Multi},
    plan::{Hook, PlannedProbe, Probe},
};

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
    /// Whether this hook sees every call on this kernel.
    pub is_exact: bool,
}

/// A program that is attached, as long as this lives.
pub(super) struct OwnLink {
    /// What is attached where: `unicast:entry:fentry:netlink_unicast`, or a tracepoint's name.
    pub(super) label: String,
    /// Name of the program.
    pub(super) program: &'static str,
    pub(super) held: Attachment,
}

/// What holds a program in place.
pub(super) enum Attachment {
    /// A link.
    Fd(FdLink),
    /// A link of a program that `aya` does not know of.
    Multi(multi::MultiLink),
    /// A perf event, which the object holds: before Linux 5.15 it has no link.
    PerfEvent,
}

/// Attaches the programs of one object.
pub(super) struct Attacher<'e> {
    ebpf: &'e mut Ebpf,
    kernel: aya::Btf,
    object: &'static [u8],
    /// All maps of the object, whoever has taken them.
    maps: Vec<(String, OwnedFd)>,
    /// Made when it is first wanted.
    multi: Option<Multi>,
    links: Vec<OwnLink>,
}

impl<'e> Attacher<'e> {
    /// For an object just loaded, and the descriptors of all its maps.
    pub(super) fn new(
        ebpf: &'e mut Ebpf,
        object: &'static [u8],
        maps: Vec<(String, OwnedFd)>,
    ) -> Result<Self, Error> {
        let kernel = aya::Btf::from_sys_fs().map_err(|error| Error::Load(error.into()))?;
        Ok(Self { ebpf, kernel, object, maps, multi: None, links: Vec::new() })
    }

    /// What holds the programs in place. Dropping it detaches them.
    pub(super) fn into_links(self) -> Vec<OwnLink> {
        self.links
    }

    /// Attaches one probe by the first hook that works.
    pub(super) fn attach(&mut self, step: &PlannedProbe) -> Result<Attached, Error> {
        let mut refused = Vec::new();
        for hook in step.hooks {
            match self.attach_by(step, *hook) {
                Ok(()) => {
                    let PlannedProbe { probe, symbol, .. } = *step;
                    let is_exact = !(step.preempts && *hook == Hook::Fentry);
                    return Ok(Attached { probe, symbol, hook: *hook, refused, is_exact });
                }
                Err(error) => {
                    refused.push(format!("{hook}: {}", with_advice(Some(*hook), &chain(&error))));
                }
            }
        }
        Err(Error::Attach { symbol: step.symbol.to_owned(), reasons: refused })
    }

    /// The return's program goes first: a call between the two attachments is then a return without
    /// entry, which skews nothing, and not an entry that waits for its return.
    fn attach_by(&mut self, step: &PlannedProbe, hook: Hook) -> Result<(), Refusal> {
        let Names { entry, exit } = names(step, hook);
        let exit =
            exit.map(|exit| self.attach_end(exit, step, hook, AttachPoint::Return)).transpose()?;
        let entry = self.attach_end(entry, step, hook, AttachPoint::Entry)?;
        self.links.extend(exit.into_iter().chain([entry]));
        Ok(())
    }

    fn attach_end(
        &mut self,
        program: &'static str,
        step: &PlannedProbe,
        hook: Hook,
        end: AttachPoint,
    ) -> Result<OwnLink, Refusal> {
        let held = match (hook, end) {
            (Hook::Kprobe, _) => self.attach_kprobe(program, step.symbol)?,
            (Hook::KprobeMulti, _) => {
                Attachment::Multi(self.attach_multi(program, step.symbol, end)?)
            }
            (Hook::Fentry, AttachPoint::Entry) => {
                let fentry: &mut FEntry = by_name(self.ebpf, program)?;
                fentry.load(step.symbol, &self.kernel)?;
                let id = fentry.attach()?;
                Attachment::Fd(fentry.take_link(id)?.into())
            }
            (Hook::Fentry, AttachPoint::Return) => {
                let fexit: &mut FExit = by_name(self.ebpf, program)?;
                fexit.load(step.symbol, &self.kernel)?;
                let id = fexit.attach()?;
                Attachment::Fd(fexit.take_link(id)?.into())
            }
        };
        let end = if end == AttachPoint::Entry { "entry" } else { "return" };
        let label = format!("{}:{end}:{hook}:{}", step.probe.name(), step.symbol);
        Ok(OwnLink { label, program, held })
    }

    fn attach_kprobe(&mut self, program: &str, symbol: &str) -> Result<Attachment, ProgramError> {
        let kprobe: &mut KProbe = by_name(self.ebpf, program)?;
        kprobe.load()?;
        let id = kprobe.attach(symbol, 0)?;
        if !aya::features().bpf_perf_link() {
            return Ok(Attachment::PerfEvent);
        }
        let link = FdLink::try_from(kprobe.take_link(id)?);
        link.map(Attachment::Fd).map_err(|_no_link| ProgramError::UnexpectedProgramType)
    }

    fn attach_multi(
        &mut self,
        program: &str,
        symbol: &str,
        end: AttachPoint,
    ) -> Result<multi::MultiLink, multi::Error> {
        let multi = match self.multi.take() {
            Some(multi) => multi,
            None => Multi::new(self.object, &self.maps)?,
        };
        let link = multi.attach(program, symbol, end);
        self.multi = Some(multi);
        link
    }
}

/// Why a hook does not work.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Multi(#[from] multi::Error),
}

/// Names of a probe's programs.
struct Names {
    entry: &'static str,
    /// `None` where the return does not matter.
    exit: Option<&'static str>,
}

fn names(step: &PlannedProbe, hook: Hook) -> Names {
    // fexit finds the return value behind the arguments, whose number differs by kernel.
    let (entry, exit) = match (step.probe, hook, step.arguments) {
        (Probe::Unicast, Hook::Kprobe | Hook::KprobeMulti, _) => {
            ("kprobe_unicast", Some("kret_unicast"))
        }
        (Probe::Unicast, Hook::Fentry, _) => ("fentry_unicast", Some("fexit_unicast")),
        (Probe::Broadcast, Hook::Kprobe | Hook::KprobeMulti, _) => {
            ("kprobe_bcast", Some("kret_bcast"))
        }
        (Probe::Broadcast, Hook::Fentry, 7) => ("fentry_bcast", Some("fexit_bcast7")),
        (Probe::Broadcast, Hook::Fentry, _) => ("fentry_bcast", Some("fexit_bcast5")),
        (Probe::Dump, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_dump", Some("kret_dump")),
        (Probe::Dump, Hook::Fentry, 1) => ("fentry_dump", Some("fexit_dump1")),
        (Probe::Dump, Hook::Fentry, _) => ("fentry_dump", Some("fexit_dump2")),
        (Probe::Delivery, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_deliver", None),
        (Probe::Delivery, Hook::Fentry, _) => ("fentry_deliver", None),
        (Probe::Overrun, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_overrun", None),
        (Probe::Overrun, Hook::Fentry, _) => ("fentry_overrun", None),
        (Probe::Bind, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_bind", None),
        (Probe::Bind, Hook::Fentry, _) => ("fentry_bind", None),
        (Probe::Release, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_release", None),
        (Probe::Release, Hook::Fentry, _) => ("fentry_release", None),
        (Probe::Flush4, Hook::Kprobe | Hook::KprobeMulti, _) => {
            ("kprobe_flush4", Some("kret_flush4"))
        }
        (Probe::Flush4, Hook::Fentry, _) => ("fentry_flush4", Some("fexit_flush4")),
        (Probe::Route4, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_route4", None),
        (Probe::Route4, Hook::Fentry, _) => ("fentry_route4", None),
        (Probe::Flush6, Hook::Kprobe | Hook::KprobeMulti, _) => {
            ("kprobe_flush6", Some("kret_flush6"))
        }
        (Probe::Flush6, Hook::Fentry, _) => ("fentry_flush6", Some("fexit_flush6")),
        (Probe::Route6, Hook::Kprobe | Hook::KprobeMulti, _) => ("kprobe_route6", None),
        (Probe::Route6, Hook::Fentry, _) => ("fentry_route6", None),
    };
    Names { entry, exit }
}

/// Attaches a program to a tracepoint.
pub(super) fn attach_tracepoint(
    ebpf: &mut Ebpf,
    program: &'static str,
    tracepoint: &str,
) -> Result<OwnLink, Error> {
    let mut attach = || {
        let raw: &mut RawTracePoint = by_name(ebpf, program)?;
        raw.load()?;
        let id = raw.attach(tracepoint)?;
        Ok(Attachment::Fd(raw.take_link(id)?.into()))
    };
    let held = attach().map_err(|error: ProgramError| Error::Attach {
        symbol: tracepoint.to_owned(),
        reasons: vec![with_advice(None, &chain(&error.into()))],
    })?;
    Ok(OwnLink { label: tracepoint.to_owned(), program, held })
}

/// A program of the object, as its type.
pub(super) fn by_name<'e, P>(ebpf: &'e mut Ebpf, name: &str) -> Result<&'e mut P, ProgramError>
where
    &'e mut P: TryFrom<&'e mut Program, Error = ProgramError>,
{
    ebpf.program_mut(name).ok_or(ProgramError::UnexpectedProgramType)?.try_into()
}

/// The reason, and what to do about it where that is known.
///
/// Debian's patch to `kernel/events/core.c` makes the sysctl's value 3 refuse all but
/// `CAP_SYS_ADMIN`; from 6.1 on it takes `CAP_PERFMON` too (seen on 5.10 and 6.1).
fn with_advice(hook: Option<Hook>, reason: &str) -> String {
    // ENOTSUPP is the kernel's own, and the C library has no words for it.
    let reason = reason.replace("Unknown error 524", "not supported by this kernel");
    let is_refused = reason.contains("perf_event_open") && reason.contains("Permission denied");
    // EPERM is the unit's filter.
    let is_filtered = reason.contains("perf_event_open") && reason.contains("not permitted");
    let advice = match hook {
        Some(Hook::Kprobe) if is_filtered => {
            "; let the unit open perf events: nlmon-kprobe.conf, and the sysctl that it names"
        }
        Some(Hook::Kprobe) if is_refused => {
            "; set the sysctl kernel.perf_event_paranoid to 2, or grant CAP_SYS_ADMIN"
        }
        // EINVAL where the kernel does not know the type, else EOPNOTSUPP.
        Some(Hook::KprobeMulti) => "; needs Linux 5.18 and CONFIG_FPROBE=y",
        _ => "",
    };
    format!("{reason}{advice}")
}

/// What the verifier's log ends with, behind the reason: figures.
const VERIFIER_FIGURES: [&str; 5] =
    ["processed ", "stack depth", "verification time", "subprog ", "max_states"];

/// Why a program is refused.
pub(super) fn reason(error: ProgramError) -> String {
    chain(&error.into())
}

/// An error and its causes on one line. The verifier's log has many: the last ones say why.
fn chain(error: &Refusal) -> String {
    if let Refusal::Program(ProgramError::LoadError { io_error, verifier_log })
    | Refusal::Multi(multi::Error::Load(ProgramError::LoadError { io_error, verifier_log })) =
        error
    {
        let log = verifier_log.to_string();
        let is_figure = |line: &&str| VERIFIER_FIGURES.iter().any(|start| line.starts_with(start));
        let reason: Vec<&str> = log.lines().rev().filter(|line| !is_figure(line)).take(3).collect();
        let reason = reason.into_iter().rev().collect::<Vec<_>>().join("; ");
        return if reason.is_empty() {
            io_error.to_string()
        } else {
            format!("{io_error} ({reason})")
        };
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
