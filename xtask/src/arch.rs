//! The processors that guests have: one table, and a build machine's part in it.
//!
//! Whatever differs between processors is a column here. A kernel's, package's or program's path names
//! its processor, so that builds for several of them lie side by side.

use std::env::consts;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;

use crate::layout;

/// A processor that guests have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arch {
    #[default]
    #[value(name = "x86_64")]
    X86_64,
    Arm64,
}

/// What is known of it.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What the command line calls it.
    pub(crate) name: &'static str,
    /// What Rust calls it, and the programs for BPF.
    pub(crate) rust: &'static str,
    /// The Rust target of everything that runs in the guest.
    pub(crate) triple: &'static str,
    /// What Debian calls it.
    pub(crate) debian: &'static str,
    /// Which of Debian's kernels, by the end of its packages' names: that for any machine. The one
    /// for virtual machines is smaller, but has no Wi-Fi, which tests need.
    pub(crate) flavour: &'static str,
    /// What the kernel's makefiles call it.
    pub(crate) kernel: &'static str,
    /// What a compiler for it is called on other machines, up to its own name, and the directory of
    /// its libraries.
    pub(crate) tuple: &'static str,
    /// The packages of such a compiler.
    pub(crate) cross_packages: &'static [&'static str],
    /// The emulator's program and its package.
    pub(crate) emulator: &'static str,
    pub(crate) emulator_package: &'static str,
    /// The emulator's machine, where the usual one is not meant.
    pub(crate) machine: &'static [&'static str],
    /// The emulated processor.
    pub(crate) processor: &'static str,
    /// The same where instructions are counted: figures are compared across years.
    pub(crate) counting_processor: &'static str,
    /// The words of the kernel's command line that only this processor has.
    pub(crate) command_line: &'static str,
    /// What lets this build machine's kernel run programs for it: a line of
    /// `/usr/lib/binfmt.d`, by its file's name.
    pub(crate) interpreter: &'static str,
    /// Modules of no use in a guest that only this processor's kernels have.
    pub(crate) useless_modules: &'static [&'static str],
}

static X86_64: Facts = Facts {
    name: "x86_64",
    rust: "x86_64",
    triple: "x86_64-unknown-linux-gnu",
    debian: "amd64",
    flavour: "-amd64",
    kernel: "x86_64",
    tuple: "x86_64-linux-gnu",
    cross_packages: &["gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross"],
    emulator: "qemu-system-x86_64",
    emulator_package: "qemu-system-x86",
    machine: &[],
    // Everything that the emulator can do, but for what is slow in it: copies of single bytes, which a
    // processor would do in blocks, and a fifth level of page tables.
    processor: "max,erms=off,fsrm=off,la57=off",
    counting_processor: "max",
    command_line: "console=ttyS0 edd=off",
    interpreter: "qemu-x86_64",
    useless_modules: &["arch/x86/events", "arch/x86/kvm"],
};

static ARM64: Facts = Facts {
    name: "arm64",
    rust: "aarch64",
    triple: "aarch64-unknown-linux-gnu",
    debian: "arm64",
    flavour: "-arm64",
    kernel: "arm64",
    tuple: "aarch64-linux-gnu",
    cross_packages: &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
    emulator: "qemu-system-aarch64",
    emulator_package: "qemu-system-arm",
    machine: &["-machine", "virt"],
    // The signatures of pointers as the emulator likes them: those of the architecture make every call
    // of the kernel many times slower.
    processor: "max,pauth-impdef=on",
    counting_processor: "max,pauth-impdef=on",
    command_line: "console=ttyAMA0",
    interpreter: "qemu-aarch64",
    useless_modules: &[],
};

impl Arch {
    pub(crate) fn facts(self) -> &'static Facts {
        match self {
            Self::X86_64 => &X86_64,
            Self::Arm64 => &ARM64,
        }
    }

    /// The processor of the machine that builds, if it is one of these.
    pub(crate) fn of_build_machine() -> Option<Self> {
        Self::value_variants().iter().copied().find(|arch| arch.facts().rust == consts::ARCH)
    }

    /// Whether programs for it are of another processor than the machine that builds them.
    pub(crate) fn is_foreign(self) -> bool {
        Self::of_build_machine() != Some(self)
    }

    /// One of GNU's tools for its programs: `gcc`, `strip`.
    pub(crate) fn tool(self, name: &str) -> String {
        if self.is_foreign() { format!("{}-{name}", self.facts().tuple) } else { name.to_owned() }
    }

    /// Tells a kernel's makefiles that they build for it.
    pub(crate) fn set_up_make(self, command: &mut Command) {
        if self.is_foreign() {
            command.arg(format!("ARCH={}", self.facts().kernel));
            command.arg(format!("CROSS_COMPILE={}-", self.facts().tuple));
        }
        command.arg(format!("CC={}", self.tool("gcc")));
    }

    /// Where cargo builds for it. Another processor's programs come from another compiler.
    pub(crate) fn cargo_target(self) -> PathBuf {
        if self.is_foreign() { self.directory().join("cargo") } else { layout::target() }
    }

    /// What is made for this processor alone, below the target directory. The usual one's things have
    /// no directory of their own.
    pub(crate) fn directory(self) -> PathBuf {
        match self {
            Self::X86_64 => layout::target(),
            Self::Arm64 => layout::target().join(self.facts().name),
        }
    }

    /// The option that another run of this program needs to mean the same processor.
    pub(crate) fn option(self) -> Option<String> {
        (self != Self::default()).then(|| format!(" --arch {}", self.facts().name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_command_line_knows_each_by_its_name() {
        for arch in Arch::value_variants() {
            assert_eq!(Arch::from_str(arch.facts().name, false), Ok(*arch));
        }
        assert!(Arch::from_str("riscv64", false).is_err());
        assert_eq!(Arch::default(), Arch::X86_64);
    }

    #[test]
    fn nothing_of_one_is_anothers() {
        let all = Arch::value_variants();
        let columns: [fn(&Facts) -> &str; 9] = [
            |facts| facts.name,
            |facts| facts.rust,
            |facts| facts.triple,
            |facts| facts.debian,
            |facts| facts.flavour,
            |facts| facts.kernel,
            |facts| facts.tuple,
            |facts| facts.emulator,
            |facts| facts.interpreter,
        ];
        for column in columns {
            let values: BTreeSet<_> = all.iter().map(|arch| column(arch.facts())).collect();
            assert_eq!(values.len(), all.len(), "{values:?}");
        }
        let directories: BTreeSet<_> = all.iter().map(|arch| arch.directory()).collect();
        assert_eq!(directories.len(), all.len());
    }

    #[test]
    fn a_machine_needs_no_prefix_for_its_own_programs() {
        let own = Arch::of_build_machine().expect("tests run on one of them");
        assert_eq!(own.tool("gcc"), "gcc");
        assert_eq!(own.cargo_target(), layout::target());
        let other = if own == Arch::X86_64 { Arch::Arm64 } else { Arch::X86_64 };
        assert_eq!(other.tool("strip"), format!("{}-strip", other.facts().tuple));
        assert_ne!(other.cargo_target(), layout::target());
    }

    #[test]
    fn a_kernels_makefiles_hear_of_another_processor() {
        let words = |arch: Arch| {
            let mut make = Command::new("make");
            arch.set_up_make(&mut make);
            make.get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let own = Arch::of_build_machine().expect("tests run on one of them");
        assert_eq!(words(own), ["CC=gcc"]);
        if own == Arch::X86_64 {
            let cross =
                ["ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", "CC=aarch64-linux-gnu-gcc"];
            assert_eq!(words(Arch::Arm64), cross);
        }
    }
}
