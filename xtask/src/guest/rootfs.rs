//! The guest's root file system: a small Debian with systemd, made once for each list of packages.
//!
//! It holds nothing of nlmon: what changes between runs is in the overlay.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{cpio, system};
use crate::{apt, cache, layout, process, progress};

/// The Debian release of the guest, whatever kernel it runs.
const SUITE: &str = "bookworm";

/// What every guest has.
const PACKAGES: &[&str] =
    &["systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "iproute2"];

/// What no guest needs, and what would be unpacked at every boot.
const EXCLUDED: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/lib/udev/hwdb.d/*",
    "/usr/lib/x86_64-linux-gnu/gconv/*",
];

/// The bootstrapper's own way to a merged /usr; the package that would be chosen to merge it
/// afterwards brings 50 MB of Perl.
const MERGED_USR: &str = "/usr/share/mmdebstrap/hooks/merged-usr";

/// Run in the finished root, whose path is `$1`.
const CLEAN: &str = r#"rm -rf "$1"/var/cache/debconf/* "$1"/usr/lib/udev/hwdb.bin \
    "$1"/var/log/* "$1"/etc/hostname && grep -q '^nlmon:' "$1"/etc/group || \
    echo 'nlmon:x:990:' >> "$1"/etc/group"#;

/// Makes sure that there is a root with these packages besides the usual ones; returns its archive.
pub(crate) fn ensure(extra: &[String]) -> Result<PathBuf> {
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    packages.extend(extra.iter().map(String::as_str));
    packages.sort_unstable();
    packages.dedup();
    let list = packages.join(",");
    let recipe = [&list, CLEAN, &EXCLUDED.join(" "), &system::fingerprint()];
    let path = layout::guest().join(format!("root-{}.cpio", cache::key(&recipe)));
    cache::ensure(&path, |partial| {
        let what = format!("guest root with {}", packages.join(" "));
        progress::step(&what, || {
            let tar = path.with_extension("tar");
            cache::remove(&tar)?;
            bootstrap(&list, &tar)?;
            cpio::write_file(partial, |archive| {
                archive.tar(&tar)?;
                system::configure(archive)
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
    command.arg(format!("--hook-dir={MERGED_USR}"));
    command.arg(format!("--customize-hook={CLEAN}"));
    command.arg(SUITE).arg(tar).arg(&sources);
    process::run(&mut command, "guest root")?;
    cache::remove(&network)?;
    cache::remove(&sources)
}
