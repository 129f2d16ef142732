//! The Debian packages that this crate's commands need, and the kernel's way to run another
//! processor's programs: finds what is missing, sets it up as root, and otherwise says exactly what to
//! type.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::{process, progress};

/// Needed whatever is built or tested, besides the emulator: the guest's root, kernel modules, a C
/// compiler for them, a terminal.
const PACKAGES: &[&str] = &[
    "binutils",
    "gcc",
    "kmod",
    "libc6-dev",
    "make",
    "mmdebstrap",
    "tmux",
    "util-linux",
    "xz-utils",
];

/// What runs programs of another processor while its root is made.
const FOREIGN_PACKAGES: &[&str] = &["arch-test", "qemu-user-static"];

/// What the tests on the host compare nlmon with.
pub(crate) const TEST_PACKAGES: &[&str] = &["tshark"];

/// What makes file systems without root's help.
const UNPRIVILEGED_PACKAGES: &[&str] = &["uidmap"];

/// Something has to be set up by somebody with more rights.
#[derive(Debug)]
pub(crate) struct Missing {
    what: &'static str,
    commands: Vec<String>,
}

impl Missing {
    fn packages(names: &[String]) -> Self {
        let install = format!("{} {}", INSTALL.join(" "), names.join(" "));
        Self {
            what: "packages are missing, and only root can install them",
            commands: vec!["apt-get update".to_owned(), install],
        }
    }

    fn interpreter(interpreter: &Interpreter) -> Self {
        Self {
            what: "this machine's kernel runs no programs of that processor yet, and only root can \
                   change that",
            commands: interpreter.commands(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; please run", self.what)?;
        self.commands.iter().try_for_each(|command| write!(f, "\n    {command}"))
    }
}

impl Error for Missing {}

const INSTALL: &[&str] = &["apt-get", "install", "--yes", "--no-install-recommends"];

/// Makes sure that everything is there that every command needs for guests with this processor.
pub(crate) fn ensure(arch: Arch) -> Result<()> {
    let more = if is_root()? { &[] } else { UNPRIVILEGED_PACKAGES };
    install(&[&packages(arch), more].concat())?;
    if arch.is_foreign() {
        Interpreter::of(arch).ensure()?;
    }
    Ok(())
}

/// What guests with this processor take on this machine.
fn packages(arch: Arch) -> Vec<&'static str> {
    let mut packages = PACKAGES.to_vec();
    packages.push(arch.facts().emulator_package);
    if arch.is_foreign() {
        packages.extend(FOREIGN_PACKAGES.iter().chain(arch.facts().cross_packages));
    }
    packages
}

/// Where the kernel's table of interpreters is.
const TABLE: &str = "/proc/sys/fs/binfmt_misc";

/// What the kernel runs another processor's programs with: a line in its table.
#[derive(Debug)]
struct Interpreter {
    /// Its entry in the table.
    entry: PathBuf,
    /// The file with the line, which its package brings.
    line: PathBuf,
}

impl Interpreter {
    fn of(arch: Arch) -> Self {
        let name = arch.facts().interpreter;
        Self {
            entry: Path::new(TABLE).join(name),
            line: Path::new("/usr/lib/binfmt.d").join(format!("{name}.conf")),
        }
    }

    /// Makes sure that the kernel has it. It stays until the machine's next start.
    fn ensure(&self) -> Result<()> {
        if self.entry.exists() {
            return Ok(());
        }
        if !is_root()? {
            return Err(Missing::interpreter(self).into());
        }
        if !has_table() {
            let mut mount = Command::new("mount");
            process::run(mount.args(["-t", "binfmt_misc", "binfmt_misc", TABLE]), "mounting")?;
        }
        // A machine that has it registered shows it only now.
        if self.entry.exists() {
            return Ok(());
        }
        let line =
            fs::read(&self.line).with_context(|| format!("cannot read {}", self.line.display()))?;
        let register = Path::new(TABLE).join("register");
        fs::write(&register, line)
            .with_context(|| format!("cannot register {}", self.line.display()))
    }

    /// What root would type.
    fn commands(&self) -> Vec<String> {
        let mount = (!has_table()).then(|| format!("mount -t binfmt_misc binfmt_misc {TABLE}"));
        let register = format!("cat {} > {TABLE}/register", self.line.display());
        mount.into_iter().chain([register]).collect()
    }
}

fn has_table() -> bool {
    Path::new(TABLE).join("register").exists()
}

fn is_root() -> Result<bool> {
    Ok(process::capture(Command::new("id").arg("-u"))? == "0")
}

/// Makes sure that these packages are installed.
pub(crate) fn install<S: AsRef<str>>(packages: &[S]) -> Result<()> {
    let packages = missing(packages)?;
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root()? {
        return Err(Missing::packages(&packages).into());
    }
    let what = format!("installing {}", packages.join(" "));
    progress::step(&what, || {
        process::run(Command::new("apt-get").arg("update"), "package lists")?;
        let mut command = Command::new(INSTALL[0]);
        command.args(&INSTALL[1..]).args(&packages).env("DEBIAN_FRONTEND", "noninteractive");
        process::run(&mut command, "installing").map(drop)
    })
}

/// Those of the packages that are not installed.
fn missing<S: AsRef<str>>(packages: &[S]) -> Result<Vec<String>> {
    let format = "--showformat=${Package} ${db:Status-Status}\n";
    let mut query = Command::new("dpkg-query");
    query.args(["--show", format]).args(packages.iter().map(AsRef::as_ref));
    // Its status only says that some are unknown, which is what is asked.
    let output = query.output().context("cannot run dpkg-query: a Debian system is needed")?;
    let states = String::from_utf8_lossy(&output.stdout);
    let installed = |name: &str| {
        let state = format!("{name} installed");
        states.lines().any(|line| line == state)
    };
    let names = packages.iter().map(AsRef::as_ref);
    Ok(names.filter(|name| !installed(name)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_take_their_processors_emulator() {
        let own = Arch::of_build_machine().expect("tests run on one of them");
        let other = if own == Arch::X86_64 { Arch::Arm64 } else { Arch::X86_64 };
        let (native, foreign) = (packages(own), packages(other));
        assert!(native.contains(&own.facts().emulator_package));
        assert_eq!(native.len(), PACKAGES.len() + 1);
        assert!(foreign.contains(&other.facts().emulator_package));
        assert!(foreign.contains(&other.facts().cross_packages[0]));
        assert!(foreign.contains(&"qemu-user-static") && !native.contains(&"qemu-user-static"));
    }

    #[test]
    fn whoever_is_not_root_is_told_what_to_type() {
        let packages = Missing::packages(&["a".to_owned(), "b".to_owned()]).to_string();
        let expected = "packages are missing, and only root can install them; please run\n    \
            apt-get update\n    apt-get install --yes --no-install-recommends a b";
        assert_eq!(packages, expected);
        let interpreter = Missing::interpreter(&Interpreter::of(Arch::Arm64)).to_string();
        let last = interpreter.lines().last().expect("there are lines");
        let register =
            "cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register";
        assert_eq!(last.trim_start(), register);
        assert!(has_table() || interpreter.contains("mount -t binfmt_misc"), "{interpreter}");
    }
}
