//! The guest's root file system: a small Debian with systemd, made once for each list of packages.
//!
//! It holds nothing of nlmon: what changes between runs is in the overlay.

use std::path::PathBuf;

use anyhow::Result;

use super::{cpio, system};
use crate::arch::Arch;
use crate::{apt, cache, layout, progress};

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
];

/// Run in the finished root, whose path is `$1`.
const CLEAN: &str = r#"rm -rf "$1"/var/cache/debconf/* "$1"/usr/lib/udev/hwdb.bin \
    "$1"/var/log/* "$1"/etc/hostname && grep -q '^nlmon:' "$1"/etc/group || \
    echo 'nlmon:x:990:' >> "$1"/etc/group"#;

/// Makes sure that there is a root with these packages besides the usual ones; returns its archive.
pub(crate) fn ensure(arch: Arch, extra: &[String]) -> Result<PathBuf> {
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    packages.extend(extra.iter().map(String::as_str));
    packages.sort_unstable();
    packages.dedup();
    let list = packages.join(",");
    let conversions = format!("/usr/lib/{}/gconv/*", arch.facts().tuple);
    let excluded: Vec<&str> = EXCLUDED.iter().copied().chain([conversions.as_str()]).collect();
    let recipe = [&list, CLEAN, &excluded.join(" "), &system::fingerprint()];
    let path = layout::guest(arch).join(format!("root-{}.cpio", cache::key(&recipe)));
    cache::ensure(&path, |partial| {
        let what = format!("guest root with {}", packages.join(" "));
        progress::step(&what, || {
            let tar = path.with_extension("tar");
            cache::remove(&tar)?;
            let hook = format!("--customize-hook={CLEAN}");
            let excluded = excluded.iter().map(|path| format!("--dpkgopt=path-exclude={path}"));
            let options: Vec<String> = excluded.chain([hook]).collect();
            apt::bootstrap(arch, SUITE, &list, &tar, &options)?;
            cpio::write_file(partial, |archive| {
                archive.tar(&tar)?;
                system::configure(archive)
            })?;
            cache::remove(&tar)
        })
    })?;
    Ok(path)
}
