//! What the kernel tells of each program: how often it ran, for how long, and how often it was not
//! run because it was running already on that processor.

use std::{
    fs,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use aya::Ebpf;

use super::attach::{Attachment, OwnLink};

/// The programs that are loaded.
pub(super) struct Programs(Vec<(String, OwnedFd)>);

/// What one program has done. A field is `None` where the kernel does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Name of the program.
    pub program: String,
    /// Runs, counted while `kernel.bpf_stats_enabled` is on.
    pub count: Option<u64>,
    /// Time of those runs in nanoseconds.
    pub time_ns: Option<u64>,
    /// Calls that were not seen, because the program was running on the processor: an interrupt came
    /// in between, or on a preemptible kernel another task. Needs 5.12, and 6.7 for kprobes.
    pub missed: Option<u64>,
}

impl Programs {
    /// The programs of an object that are loaded by now, and those that other links hold.
    pub(super) fn of(ebpf: &Ebpf, links: &[OwnLink]) -> Self {
        let loaded = ebpf.programs().filter_map(|(name, program)| {
            let fd = program.fd().ok()?.as_fd().try_clone_to_owned().ok()?;
            Some((name.to_owned(), fd))
        });
        let linked = links.iter().filter_map(|OwnLink { program, held, .. }| {
            let Attachment::Multi(link) = held else { return None };
            Some(((*program).to_owned(), link.program.try_clone().ok()?))
        });
        Self(loaded.chain(linked).collect())
    }

    /// Programs that an earlier daemon has loaded.
    pub(super) fn opened(programs: Vec<(String, OwnedFd)>) -> Self {
        Self(programs)
    }

    /// What they have done so far.
    pub(super) fn runs(&self) -> Vec<Runs> {
        let read = |(name, fd): &(String, OwnedFd)| {
            // `bpf_prog_show_fdinfo` in kernel/bpf/syscall.c.
            let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
            parse(name, &fs::read_to_string(path).unwrap_or_default())
        };
        self.0.iter().map(read).collect()
    }
}

fn parse(program: &str, fdinfo: &str) -> Runs {
    let field = |name: &str| {
        let lines = fdinfo.lines().filter_map(|line| line.split_once(':'));
        let value = lines.filter(|(found, _)| *found == name).map(|(_, value)| value).next();
        value.and_then(|value| value.trim().parse().ok())
    };
    Runs {
        program: program.to_owned(),
        count: field("run_cnt"),
        time_ns: field("run_time_ns"),
        missed: field("recursion_misses"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_the_kernel_lacks_are_not_zero() {
        let text = "pos:\t0\nprog_tag:\tabc\nrun_time_ns:\t17\nrun_cnt:\t3\n";
        let runs = parse("kprobe_unicast", text);
        assert_eq!((runs.count, runs.time_ns, runs.missed), (Some(3), Some(17), None));
        assert_eq!(parse("x", "recursion_misses:\t5\n").missed, Some(5));
        assert_eq!(parse("x", "run_cnt:\tmany\n"), Runs { program: "x".into(), ..Runs::default() });
    }
}
