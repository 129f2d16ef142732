//! The emulator's process: its command line, and its life, which ends with this process at the latest.
//!
//! KVM is not used: what is measured and tested has to be the same on every machine.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};

use super::Options;
use super::console::Console;
use crate::arch::Facts;
use crate::kernel::Kernel;

/// A guest that was started.
#[derive(Debug)]
pub(crate) struct Machine {
    /// What the agent reads.
    pub(crate) input: ChildStdin,
    /// What the agent writes.
    pub(crate) output: ChildStdout,
    pub(crate) console: Console,
    pub(crate) process: Process,
}

/// The emulator; killed when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Process(Arc<Mutex<Guard>>);

#[derive(Debug)]
struct Guard(Child);

impl Machine {
    /// Starts the emulator.
    pub(crate) fn start(kernel: &Kernel, options: &Options, initrd: &File) -> Result<Self> {
        let arch = kernel.arch.facts();
        let console = Console::create(kernel.arch)?;
        // The kernel kills the emulator when this process dies, by whatever cause.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", arch.emulator]).args(arch.machine).args(FIXED);
        command.args(processors(options)).args(["-m", &options.memory.to_string()]);
        command.arg("-kernel").arg(kernel.image_file());
        // The archive has no name any more, but it is open here.
        let initrd = format!("/proc/{}/fd/{}", std::process::id(), initrd.as_raw_fd());
        command.args(["-initrd", &initrd, "-append", &command_line(options)]);
        command.arg("-chardev").arg(console.chardev("console"));
        if let Some(path) = &options.files {
            command.arg("-chardev").arg(format!("file,id=files,path={}", path.display()));
            command.args(["-device", "virtserialport,chardev=files,nr=2,name=nlmon.files"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(console.writer()?);
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}", arch.emulator))?;
        let input = child.stdin.take().context("the emulator has no standard input")?;
        let output = child.stdout.take().context("the emulator has no standard output")?;
        Ok(Self { input, output, console, process: Process(Arc::new(Mutex::new(Guard(child)))) })
    }
}

impl Process {
    /// Ends the guest at once.
    pub(crate) fn kill(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).end();
    }
}

impl Guard {
    fn end(&mut self) {
        // An emulator that has ended by itself is what is wanted.
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end();
    }
}

/// No devices but a console and the agent's port, which is the emulator's standard input and output.
const FIXED: &[&str] = &[
    "-nodefaults",
    "-display",
    "none",
    "-no-reboot",
    "-serial",
    "chardev:console",
    "-chardev",
    "stdio,id=agent,signal=off",
    "-device",
    "virtio-serial-pci",
    "-device",
    "virtserialport,chardev=agent,nr=1,name=nlmon.agent",
];

fn processors(options: &Options) -> Vec<String> {
    let count = options.cpus.to_string();
    let Facts { processor, counting_processor, .. } = *options.arch.facts();
    let words: &[&str] = if options.icount {
        &["-cpu", counting_processor, "-smp", "1", "-icount", "shift=0,sleep=off"]
    } else if options.turns {
        &["-cpu", processor, "-smp", &count, "-accel", "tcg,thread=single"]
    } else if options.cpus > 1 {
        &["-cpu", processor, "-smp", &count, "-accel", "tcg,thread=multi"]
    } else {
        &["-cpu", processor, "-smp", &count, "-accel", "tcg"]
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Warnings have to reach the console, where they are looked for, and a broken kernel has to stop.
const COMMAND_LINE: &str = "loglevel=5 panic=-1 oops=panic rdinit=/usr/lib/systemd/systemd \
    systemd.show_status=error random.trust_cpu=on";

fn command_line(options: &Options) -> String {
    let fixed = [options.arch.facts().command_line, COMMAND_LINE];
    let words = fixed.into_iter().chain(options.append.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;

    fn options(arch: Arch) -> Options {
        Options { arch, append: vec!["quiet".to_owned()], ..Options::default() }
    }

    #[test]
    fn each_processor_has_its_console_and_nothing_of_the_others() {
        let line = command_line(&options(Arch::X86_64));
        assert!(line.starts_with("console=ttyS0 edd=off loglevel=5 "), "{line}");
        let line = command_line(&options(Arch::Arm64));
        assert!(line.starts_with("console=ttyAMA0 loglevel=5 "), "{line}");
        assert!(line.ends_with(" random.trust_cpu=on quiet"), "{line}");
        assert!(!line.contains("ttyS0") && !line.contains("edd"), "{line}");
    }

    #[test]
    fn pointers_are_signed_the_quick_way() {
        let usual = processors(&options(Arch::Arm64));
        let expected = "-cpu max,pauth-impdef=on -smp 2 -accel tcg,thread=multi";
        assert_eq!(usual.join(" "), expected);
        let counting = Options { icount: true, ..options(Arch::Arm64) };
        let expected = "-cpu max,pauth-impdef=on -smp 1 -icount shift=0,sleep=off";
        assert_eq!(processors(&counting).join(" "), expected);
    }

    #[test]
    fn the_usual_processor_is_without_what_is_slow() {
        let usual = processors(&Options { cpus: 1, ..options(Arch::X86_64) });
        assert_eq!(usual.join(" "), "-cpu max,erms=off,fsrm=off,la57=off -smp 1 -accel tcg");
        let turns = processors(&Options { turns: true, ..options(Arch::X86_64) });
        assert_eq!(turns.last().map(String::as_str), Some("tcg,thread=single"));
    }
}
