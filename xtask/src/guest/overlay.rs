//! What is new in every guest: the command, nlmon and its service, the test module, and the files that
//! were asked for.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::cpio::Archive;
use crate::arch::Arch;
use crate::toolchain::Cross;
use crate::{cache, layout, process};

/// Where the agent looks for its command; it has the same path.
const AGENT_DIRECTORY: &str = "usr/lib/nlmon-guest";

/// Makes the daemon's user, which a package does when it is installed. The guest's own service for
/// that would look at all users of the system, at every boot.
const USER: &str = "\
[Unit]
Description=The user of nlmon
Before=nlmon.service
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/systemd-sysusers nlmon.conf
";

/// What to put into a guest besides its root.
#[derive(Debug)]
pub(crate) struct Overlay {
    /// The command and its arguments.
    pub(crate) command: Vec<OsString>,
    /// Files and directories for `/root`, each with its name there.
    pub(crate) copies: Vec<(PathBuf, OsString)>,
    /// The daemon's binary.
    pub(crate) nlmon: PathBuf,
    /// The directory of the test module and the module indices that know it, and the kernel's
    /// release.
    pub(crate) module: Option<(PathBuf, String)>,
    /// Whether the service is allowed to open perf events, as an operator allows it.
    pub(crate) may_open_perf_events: bool,
}

/// Compiles the agent, unless its sources were compiled before.
pub(crate) fn agent(arch: Arch) -> Result<PathBuf> {
    let sources = layout::root().join("xtask/agent");
    let read = |name: &str| {
        let path = sources.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let key = cache::key(&[&read("main.rs")?, &read("frame.rs")?]);
    let path = layout::guest(arch).join(format!("agent-{key}"));
    cache::ensure(&path, |partial| {
        let own = || Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let mut rustc = Cross::ensure(arch)?.as_ref().map_or_else(own, Cross::rustc);
        rustc.args([
            "--edition=2024",
            "-O",
            "-C",
            "target-feature=+crt-static",
            "-C",
            "strip=symbols",
        ]);
        rustc.args(["--target", arch.facts().triple, "-o"]).arg(partial);
        process::run(rustc.arg(sources.join("main.rs")), "guest agent").map(drop)
    })?;
    Ok(path)
}

impl Overlay {
    /// Writes the overlay's archive.
    pub(crate) fn write<W: Write>(&self, archive: &mut Archive<W>, agent: &Path) -> Result<()> {
        archive.directory(AGENT_DIRECTORY, 0o755)?;
        archive.tree(agent, &Path::new(AGENT_DIRECTORY).join("agent"))?;
        archive.file(&format!("{AGENT_DIRECTORY}/argv"), 0o644, &list(&self.command))?;
        archive.file(&format!("{AGENT_DIRECTORY}/env"), 0o644, &list(&environment()))?;
        for (path, name) in &self.copies {
            archive.tree(path, &Path::new("root").join(name))?;
        }
        install(archive, &self.nlmon)?;
        if self.may_open_perf_events {
            allow_perf_events(archive)?;
        }
        if let Some((directory, release)) = &self.module {
            let modules = Path::new("usr/lib/modules").join(release);
            archive.tree(directory, &modules)?;
        }
        Ok(())
    }
}

/// Lets the service open perf events, as `deploy/systemd/nlmon-kprobe.conf` says.
fn allow_perf_events<W: Write>(archive: &mut Archive<W>) -> Result<()> {
    let drop_ins = "etc/systemd/system/nlmon.service.d";
    archive.directory(drop_ins, 0o755)?;
    let name = "nlmon-kprobe.conf";
    let drop_in = layout::root().join("deploy/systemd").join(name);
    archive.tree(&drop_in, &Path::new(drop_ins).join(name))?;
    archive.directory("etc/sysctl.d", 0o755)?;
    archive.file(&format!("etc/sysctl.d/{name}"), 0o644, b"kernel.perf_event_paranoid = 2\n")
}

/// Installs the daemon as a package would.
fn install<W: Write>(archive: &mut Archive<W>, nlmon: &Path) -> Result<()> {
    archive.tree(nlmon, Path::new("usr/bin/nlmon"))?;
    archive.directory("etc/nlmon", 0o755)?;
    let units = layout::root().join("deploy/systemd");
    if units.join("nlmon.service").exists() {
        for unit in ["nlmon.service", "nlmon.socket"] {
            let path = Path::new("usr/lib/systemd/system").join(unit);
            archive.tree(&units.join(unit), &path)?;
        }
        archive.tree(&units.join("nlmon.sysusers"), Path::new("usr/lib/sysusers.d/nlmon.conf"))?;
        let catalog = Path::new("usr/lib/systemd/catalog/nlmon.catalog");
        archive.tree(&units.join("nlmon.catalog"), catalog)?;
        archive.directory("etc/systemd/system/nlmon.service.wants", 0o755)?;
        archive.file("etc/systemd/system/guest-user.service", 0o644, USER.as_bytes())?;
        let wanted = "etc/systemd/system/nlmon.service.wants/guest-user.service";
        archive.link(wanted, "/etc/systemd/system/guest-user.service")?;
        archive.directory("etc/systemd/system/multi-user.target.wants", 0o755)?;
        let wanted = "etc/systemd/system/multi-user.target.wants/nlmon.service";
        archive.link(wanted, "/usr/lib/systemd/system/nlmon.service")?;
    }
    Ok(())
}

/// The command's environment: the usual, and whatever steers nlmon, its tests and Rust.
fn environment() -> Vec<OsString> {
    let term = env::var("TERM").unwrap_or_else(|_| "dumb".to_owned());
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let mut variables: Vec<OsString> = vec![
        "HOME=/root".into(),
        "USER=root".into(),
        "LANG=C.UTF-8".into(),
        path.into(),
        format!("TERM={term}").into(),
    ];
    for (name, value) in env::vars_os() {
        let bytes = name.as_bytes();
        let counts_rustup = bytes == b"RUST_RECURSION_COUNT";
        let wanted = bytes.starts_with(b"NLMON_") || bytes.starts_with(b"RUST_");
        if wanted && !counts_rustup {
            let mut variable = name;
            variable.push("=");
            variable.push(value);
            variables.push(variable);
        }
    }
    variables
}

/// Strings, each ended by a zero byte, which no argument can hold.
fn list(items: &[OsString]) -> Vec<u8> {
    items.iter().flat_map(|item| item.as_bytes().iter().copied().chain([0])).collect()
}

/// Finds the files to copy, each with the name that it has in `/root`.
pub(crate) fn copies(paths: &[PathBuf]) -> Result<Vec<(PathBuf, OsString)>> {
    let find = |path: &PathBuf| {
        let path = fs::canonicalize(path)
            .with_context(|| format!("cannot copy {} to the guest", path.display()))?;
        let name = path.file_name().context("cannot copy / to the guest")?.to_owned();
        Ok((path, name))
    };
    paths.iter().map(find).collect()
}
