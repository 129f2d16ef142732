//! The Debian packages that this crate's commands need: finds what is missing, installs it as root,
//! and otherwise says exactly what to type.

use std::error::Error;
use std::fmt;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{process, progress};

/// Needed whatever is built or tested: the emulator, the guest's root, kernel modules, a C compiler
/// for them, a terminal.
const PACKAGES: &[&str] = &[
    "binutils",
    "gcc",
    "kmod",
    "libc6-dev",
    "make",
    "mmdebstrap",
    "qemu-system-x86",
    "tmux",
    "util-linux",
    "xz-utils",
];

/// What the tests on the host compare nlmon with.
pub(crate) const TEST_PACKAGES: &[&str] = &["tshark"];

/// What makes file systems without root's help.
const UNPRIVILEGED_PACKAGES: &[&str] = &["uidmap"];

/// Something has to be installed by somebody with more rights.
#[derive(Debug)]
pub(crate) struct Missing {
    packages: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "packages are missing, and only root can install them; please run")?;
        writeln!(f, "    apt-get update")?;
        write!(f, "    {} {}", INSTALL.join(" "), self.packages.join(" "))
    }
}

impl Error for Missing {}

const INSTALL: &[&str] = &["apt-get", "install", "--yes", "--no-install-recommends"];

/// Makes sure that the packages are there that every command needs.
pub(crate) fn ensure() -> Result<()> {
    let more = if is_root()? { &[] } else { UNPRIVILEGED_PACKAGES };
    install(&[PACKAGES, more].concat())
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
        return Err(Missing { packages }.into());
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
