//! The guest's root file system: a small Debian with systemd, made once for each list of packages.
//!
//! It holds nothing of nlmon: what changes between runs is in the overlay.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::cpio;
use crate::{apt, cache, layout, process, progress};

/// The Debian release of the guest, whatever kernel it runs.
const SUITE: &str = "bookworm";

/// What every guest has.
const PACKAGES: &[&str] =
    &["systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "iproute2"];

/// What no guest needs: 60 MB that would be unpacked at every boot.
const EXCLUDED: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/usr/lib/udev/hwdb.d/*",
    "/usr/lib/x86_64-linux-gnu/perl/*/CORE/*",
];

/// Run in the finished root, whose path is `$1`.
const CLEAN: &str = r#"rm -rf "$1"/var/cache/debconf/* "$1"/usr/lib/udev/hwdb.bin \
    "$1"/var/log/* "$1"/etc/hostname && grep -q '^nlmon:' "$1"/etc/group || \
    echo 'nlmon:x:990:' >> "$1"/etc/group"#;

/// Slow or pointless in a guest that lives for seconds and has no disk, no terminal and no user.
const MASKED: &[&str] = &[
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty.service",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "getty-static.service",
    "ldconfig.service",
    "serial-getty@ttyS0.service",
    "systemd-hwdb-update.service",
    "systemd-journal-flush.service",
    "systemd-logind.service",
    "systemd-networkd-wait-online.service",
    "systemd-pcrphase.service",
    "systemd-pcrphase-sysinit.service",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-timesyncd.service",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
];

/// Reached when everything else is, so that the command runs in a system that has come up; also
/// when a service of it has failed.
const TARGET: &str = "\
[Unit]
Description=The guest is up and runs its command
Wants=multi-user.target guest-agent.service
After=multi-user.target
AllowIsolate=yes
";

const AGENT: &str = "\
[Unit]
Description=The command of cargo xtask vm
After=multi-user.target nlmon.service
FailureAction=poweroff-force

[Service]
ExecStart=/usr/lib/nlmon-guest/agent
StandardOutput=journal+console
StandardError=journal+console
TasksMax=infinity
LimitNOFILE=65536
";

/// Makes sure that there is a root with these packages besides the usual ones; returns its archive.
pub(crate) fn ensure(extra: &[String]) -> Result<PathBuf> {
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    packages.extend(extra.iter().map(String::as_str));
    packages.sort_unstable();
    packages.dedup();
    let list = packages.join(",");
    let recipe = [&list, CLEAN, TARGET, AGENT, &EXCLUDED.join(" "), &MASKED.join(" ")];
    let path = layout::guest().join(format!("root-{}.cpio", cache::key(&recipe)));
    cache::ensure(&path, |partial| {
        let what = format!("guest root with {}", packages.join(" "));
        progress::step(&what, || {
            let tar = path.with_extension("tar");
            cache::remove(&tar)?;
            bootstrap(&list, &tar)?;
            cpio::write_file(partial, |archive| {
                archive.tar(&tar)?;
                configure(archive)
            })?;
            cache::remove(&tar)
        })
    })?;
    Ok(path)
}

/// Installs the packages into a tar archive, with or without privileges.
fn bootstrap(packages: &str, tar: &Path) -> Result<()> {
    let sources = tar.with_extension("list");
    let network = tar.with_extension("apt.conf");
    let list = apt::sources(SUITE)? + &apt::sources(&format!("{SUITE}-security"))?;
    fs::write(&sources, list).context("cannot write the guest's package sources")?;
    fs::write(&network, apt::acquisition()?).context("cannot write the guest's apt settings")?;
    let mut command = Command::new("mmdebstrap");
    command.arg("--variant=essential").arg("--format=tar");
    command.arg(format!("--include={packages}"));
    command.args(EXCLUDED.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
    command.arg(format!("--aptopt={}", network.display()));
    command.arg(format!("--customize-hook={CLEAN}"));
    command.arg(SUITE).arg(tar).arg(&sources);
    process::run(&mut command, "guest root")?;
    cache::remove(&network)?;
    cache::remove(&sources)
}

/// Adds what makes a system out of the packages: units, and settings for a short life.
fn configure<W: std::io::Write>(archive: &mut cpio::Archive<W>) -> Result<()> {
    let units = "etc/systemd/system";
    for unit in MASKED {
        archive.link(&format!("{units}/{unit}"), "/dev/null")?;
    }
    archive.file(&format!("{units}/guest.target"), 0o644, TARGET.as_bytes())?;
    archive.file(&format!("{units}/guest-agent.service"), 0o644, AGENT.as_bytes())?;
    archive.link(&format!("{units}/default.target"), "guest.target")?;
    // The agent's port; built in from 6.12 on.
    archive.file("etc/modules-load.d/guest.conf", 0o644, b"virtio_pci\nvirtio_console\n")?;
    archive.file("etc/hostname", 0o644, b"guest\n")?;
    archive.file("etc/hosts", 0o644, b"127.0.0.1 localhost guest\n::1 localhost guest\n")?;
    // With an identity of its own the system does not take this for its first boot.
    archive.file("etc/machine-id", 0o444, b"6e6c6d6f6e2d67756573742d6d616368\n")
}
