//! What the kernel's verifier goes through when the daemon starts. A restart is blind that long, and
//! on a slow machine it is most of the start.

use std::{fmt::Write as _, fs};

use crate::support::{Daemon, has_fentry, kernel, say};

/// Instructions for all programs of a daemon together: kernel, with direct calls, with kprobes. Kept
/// as they were measured; `docs/overhead.md` has them too.
const FIGURES: [((u32, u32), u64, u64); 2] =
    [((6, 1), 218_114, 272_402), ((7, 3), 185_809, 205_269)];

/// The kernel tells since this version, in `/proc/PID/fdinfo` (`bpf_prog_show_fdinfo` in
/// `kernel/bpf/syscall.c`).
const TELLS: (u32, u32) = (5, 16);

/// What the verifier went through for each program that the process holds.
fn verified(pid: u32) -> Vec<u64> {
    let files = fs::read_dir(format!("/proc/{pid}/fdinfo")).unwrap();
    let texts = files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok());
    let count = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("verified_insns:"))?;
        line.trim().parse().ok()
    };
    texts.filter_map(count).collect()
}

#[test]
fn it_goes_through_no_more_than_it_did() {
    if kernel() < TELLS {
        return;
    }
    let figures = FIGURES.iter().find(|(of, ..)| *of == kernel());
    let most = FIGURES.iter().map(|(.., kprobe)| *kprobe).max().unwrap();
    let (_, fentry, kprobe) = figures.copied().unwrap_or((kernel(), most, most));
    let mut grown = String::new();
    let hooks = [("fentry", fentry), ("kprobe", kprobe)];
    for (hook, figure) in hooks.into_iter().filter(|(hook, _)| *hook != "fentry" || has_fentry()) {
        let daemon = Daemon::start(&["--require-probes", "--attach", hook]);
        let verified = verified(daemon.pid());
        assert!(verified.len() > 20, "{verified:?}");
        let sum: u64 = verified.iter().sum();
        say(&format!("{hook}: {sum}"));
        if sum > figure + figure / 20 {
            writeln!(grown, "{hook}: {sum}, and it was {figure}").unwrap();
        }
    }
    assert!(grown.is_empty(), "{grown}");
}
