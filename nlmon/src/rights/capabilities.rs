//! Capabilities: see capabilities(7).

use std::{collections::BTreeSet, fmt, fs};

use caps::{CapSet, Capability, CapsHashSet, errors::CapsError};

/// What the daemon may need as long as it runs, if it has it at all. The installed service has the
/// first only; the others are root's, or come by a drop-in (docs/security.md).
const FOR_GOOD: [Capability; 6] = [
    // Groups that admit only the privileged, and large receive buffers.
    Capability::CAP_NET_ADMIN,
    // The group `readlog` of `audit`.
    Capability::CAP_AUDIT_READ,
    // Entering other network namespaces.
    Capability::CAP_SYS_ADMIN,
    // Looking for namespaces and programs in other users' processes.
    Capability::CAP_SYS_PTRACE,
    Capability::CAP_DAC_READ_SEARCH,
    // Files of records, and its own sockets, in directories of other users.
    Capability::CAP_DAC_OVERRIDE,
];

/// Reading and writing maps of loaded programs took it until 5.19, if the sysctl says so
/// (`__sys_bpf` in kernel/bpf/syscall.c).
const FOR_MAPS: Capability = Capability::CAP_BPF;
const MAPS_SYSCTL: &str = "/proc/sys/kernel/unprivileged_bpf_disabled";

/// The capabilities that are left, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What the thread may still do.
    pub kept: BTreeSet<String>,
    /// What it could do before.
    pub given_up: BTreeSet<String>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| match names.len() {
            0 => "none".to_owned(),
            _ => names.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        };
        write!(f, "{}, given up: {}", list(&self.kept), list(&self.given_up))
    }
}

/// What this thread may make use of.
///
/// # Errors
/// The kernel does not tell.
pub fn permitted() -> Result<CapsHashSet, CapsError> {
    caps::read(None, CapSet::Permitted)
}

/// Whether it may look into other users' processes.
pub fn looks_into_others() -> bool {
    permitted().is_ok_and(|permitted| permitted.contains(&Capability::CAP_SYS_PTRACE))
}

/// The capabilities of these names. One that is newer than this program's list is passed over.
pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> CapsHashSet {
    names.filter_map(|name| name.to_uppercase().parse::<Capability>().ok()).collect()
}

/// Gives up every capability but these, for this thread and those that it starts later.
///
/// # Errors
/// The kernel refuses, or one of these is not there to be kept.
pub fn keep_only(capabilities: &CapsHashSet) -> Result<(), CapsError> {
    // What is effective has to be permitted at every moment.
    for set in [CapSet::Effective, CapSet::Permitted] {
        caps::set(None, set, capabilities)?;
    }
    Ok(())
}

/// Gives up what the daemon needs no more once its probes are attached. `works` tries, without
/// `CAP_BPF`, whether what was attached can still be read.
///
/// # Errors
/// The kernel refuses; then some may be given up already.
pub fn give_up_capabilities(works: impl FnOnce() -> bool) -> Result<Held, CapsError> {
    let before = permitted()?;
    let mut kept: CapsHashSet =
        FOR_GOOD.into_iter().filter(|capability| before.contains(capability)).collect();
    bound(&before, &kept)?;
    caps::set(None, CapSet::Effective, &kept)?;
    if before.contains(&FOR_MAPS) && !(is_decided() && works()) {
        kept.insert(FOR_MAPS);
    }
    keep_only(&kept)?;
    // Nothing is executed, and this takes the ambient ones away too.
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new())?;
    let names = |set: &mut dyn Iterator<Item = &Capability>| set.map(ToString::to_string).collect();
    Ok(Held { kept: names(&mut kept.iter()), given_up: names(&mut before.difference(&kept)) })
}

/// Whether it was tried under the rule that may come to hold. Where everybody may use maps, a
/// trial says nothing about the time after the sysctl is set.
fn is_decided() -> bool {
    fs::read_to_string(MAPS_SYSCTL).is_ok_and(|value| value.trim_end() != "0")
}

/// Takes the others out of what a program may gain when it is executed. That takes a capability of
/// its own; the installed service lacks it, and may gain none by its unit.
fn bound(before: &CapsHashSet, kept: &CapsHashSet) -> Result<(), CapsError> {
    if !before.contains(&Capability::CAP_SETPCAP) {
        return Ok(());
    }
    let others = caps::read(None, CapSet::Bounding)?;
    others
        .difference(kept)
        .try_for_each(|capability| caps::drop(None, CapSet::Bounding, *capability))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// A line of `/proc/thread-self/status`.
    fn line(name: &str) -> u64 {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        u64::from_str_radix(value.trim(), 16).unwrap()
    }

    #[test]
    fn a_thread_that_gave_up_has_what_it_says() {
        // Capabilities are a thread's own: the tests beside it keep theirs.
        thread::spawn(|| {
            let before = line("CapPrm:");
            let held = give_up_capabilities(|| true).unwrap();
            let kept = named(held.kept.iter().map(String::as_str));
            let expected = kept.iter().fold(0, |mask, capability| mask | capability.bitmask());
            assert_eq!(
                (line("CapPrm:"), line("CapEff:"), line("CapInh:")),
                (expected, expected, 0)
            );
            let given_up = named(held.given_up.iter().map(String::as_str));
            let gone = given_up.iter().fold(0, |mask, capability| mask | capability.bitmask());
            assert_eq!((before & !expected, before & expected), (gone, expected));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn what_is_read_by_a_right_keeps_it() {
        thread::spawn(|| {
            let had = permitted().unwrap().contains(&FOR_MAPS);
            let held = give_up_capabilities(|| false).unwrap();
            assert_eq!(held.kept.contains("CAP_BPF"), had);
        })
        .join()
        .unwrap();
    }
}
