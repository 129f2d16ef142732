//! Whether the kernel may preempt a task in the middle of an fentry program.
//!
//! It does not run that program for another task on the same processor then, until the first has
//! gone on (`__bpf_prog_enter_recur` in `kernel/bpf/trampoline.c`). kprobes run with preemption off.

use std::fs;

/// The scheduler's own word: `none voluntary (full) lazy`, from 5.12 on, for root.
const MODE_PATH: &str = "/sys/kernel/debug/sched/preempt";

/// The same, as the unit copies it before each start, since the daemon is not root there.
const COPIED_MODE_PATH: &str = "/run/nlmon/preempt";

/// What the kernel tells of itself.
#[derive(Default)]
struct Told {
    mode: Option<String>,
    /// `/proc/version`.
    version: String,
    cmdline: String,
    /// The configuration that it was built with, where the distribution keeps that.
    config: Option<String>,
}

/// Whether the running kernel preempts, or may do so for all that is known.
pub(super) fn is_on() -> bool {
    let text = |path: &str| fs::read_to_string(path).ok();
    let release = text("/proc/sys/kernel/osrelease").unwrap_or_default();
    is_told(&Told {
        mode: text(MODE_PATH).or_else(|| text(COPIED_MODE_PATH)),
        version: text("/proc/version").unwrap_or_default(),
        cmdline: text("/proc/cmdline").unwrap_or_default(),
        config: text(&format!("/boot/config-{}", release.trim_end())),
    })
}

fn is_told(told: &Told) -> bool {
    if let Some(mode) = &told.mode {
        return mode.contains("(full)") || mode.contains("(lazy)");
    }
    // `UTS_VERSION`, as init/Makefile makes it.
    let has = |word| told.version.split_whitespace().any(|found| found == word);
    if !has("PREEMPT_DYNAMIC") {
        return has("PREEMPT") || has("PREEMPT_RT") || has("PREEMPT_LAZY");
    }
    let mut asked =
        told.cmdline.split_whitespace().filter_map(|word| word.strip_prefix("preempt="));
    if let Some(asked) = asked.next_back() {
        return matches!(asked, "full" | "lazy");
    }
    let Some(config) = &told.config else { return true };
    let is_set = |line: &str| line == "CONFIG_PREEMPT=y" || line == "CONFIG_PREEMPT_LAZY=y";
    config.lines().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DYNAMIC: &str = "Linux version 6.1.0 (gcc) #1 SMP PREEMPT_DYNAMIC Debian 6.1";

    fn told(version: &str) -> Told {
        Told { version: version.to_owned(), ..Told::default() }
    }

    #[test]
    fn the_scheduler_is_believed_first() {
        let mode = |mode: &str| Told { mode: Some(mode.to_owned()), ..told(DYNAMIC) };
        assert!(is_told(&mode("full (lazy)\n")));
        assert!(is_told(&mode("none voluntary (full)\n")));
        assert!(!is_told(&mode("none (voluntary) full\n")));
    }

    #[test]
    fn a_fixed_model_is_in_the_version() {
        assert!(!is_told(&told("Linux version 5.10.0 #1 SMP Debian 5.10")));
        assert!(is_told(&told("Linux version 6.1.0 #1 SMP PREEMPT Thu")));
        assert!(is_told(&told("Linux version 6.1.0-rt #1 SMP PREEMPT_RT Debian")));
    }

    #[test]
    fn a_model_chosen_at_boot_is_that_of_the_command_line_or_of_the_build() {
        let boot = |cmdline: &str, config: Option<&str>| Told {
            cmdline: cmdline.to_owned(),
            config: config.map(str::to_owned),
            ..told(DYNAMIC)
        };
        let voluntary = Some("CONFIG_PREEMPT_VOLUNTARY=y\n# CONFIG_PREEMPT is not set\n");
        assert!(!is_told(&boot("ro quiet", voluntary)));
        assert!(is_told(&boot("ro quiet", Some("CONFIG_PREEMPT_LAZY=y\n"))));
        assert!(is_told(&boot("ro preempt=full quiet", voluntary)));
        assert!(!is_told(&boot("preempt=full preempt=none", Some("CONFIG_PREEMPT=y\n"))));
        // Nothing is known: the hook that is exact on every kernel.
        assert!(is_told(&boot("ro quiet", None)));
    }
}
