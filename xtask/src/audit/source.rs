//! The kernel's source: Debian's package of the newest test kernel, and of it what netlink is in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::apt::Suite;
use crate::arch::Arch;
use crate::kernel::{self, Kernel};
use crate::progress::step;
use crate::{cache, layout, process};

/// Which kernel: the newest that is tested.
pub(super) const KERNEL: &str = "7.3";

/// What is unpacked, below the directory of the archive.
const PARTS: &[&str] = &[
    "arch/x86/include/uapi",
    "crypto/*.c",
    "drivers/acpi/event.c",
    "drivers/block/nbd.c",
    "drivers/dpll",
    "drivers/infiniband/core",
    "drivers/net",
    "drivers/scsi/scsi_transport_iscsi.c",
    "drivers/target/target_core_user.c",
    "drivers/thermal",
    "drivers/vdpa/vdpa.c",
    "fs/lockd",
    "fs/nfsd",
    "fs/quota",
    "include",
    "kernel/*.c",
    "lib/nlattr.c",
    "net",
    "security/selinux",
];

/// Drivers that are tests of user space: what they let in is no rule.
const TEST_DRIVERS: &str = "drivers/net/wireless/virtual";

/// Unpacks the source, unless it is there; its directory.
pub(crate) fn ensure() -> Result<PathBuf> {
    let kernel = kernel::named(Arch::X86_64, KERNEL)?;
    let dir = layout::target().join("audit").join(format!("source-{KERNEL}"));
    cache::ensure(&dir, |dir| unpack(&kernel, dir))?;
    Ok(dir)
}

fn unpack(kernel: &Kernel, dir: &Path) -> Result<()> {
    let package = format!("linux-source-{}", kernel.name);
    let suite = Suite::open(kernel.suite)?;
    let megabytes = suite.size(&package)?.div_ceil(1_000_000);
    let unpacked = dir.with_extension("package");
    let what = format!("{package} ({megabytes} MB)");
    step(&what, || suite.unpack(&package, &unpacked))?;
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let archive = unpacked.join("usr/src").join(format!("{package}.tar.xz"));
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--strip-components=1", "--wildcards", "--no-wildcards-match-slash"]);
    tar.arg("--file").arg(&archive).arg("--directory").arg(dir);
    tar.args(PARTS.iter().map(|part| format!("{package}/{part}")));
    step("unpacking what has netlink in it", || process::run(&mut tar, "unpacking the source"))?;
    cache::remove(&unpacked)
}

/// The text of every file of C below a directory that mentions netlink's attributes.
pub(super) fn files(dir: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
            let path = entry.with_context(|| format!("cannot list {}", dir.display()))?.path();
            if path.ends_with(TEST_DRIVERS) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "c" || end == "h") {
                let bytes =
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if ["nla_", "NLA_", "_nl_put", "struct genl_family"]
                    .iter()
                    .any(|word| text.contains(word))
                {
                    found.push((path, text));
                }
            }
        }
    }
    Ok(found)
}
