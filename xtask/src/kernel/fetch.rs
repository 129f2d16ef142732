//! Fetches a guest kernel: downloads its packages, unpacks them, and lays out its image, its modules
//! and its headers. What is unpacked is never installed.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Kernel, headers, source};
use crate::apt::Suite;
use crate::arch::Arch;
use crate::guest::cpio;
use crate::progress::step;
use crate::{cache, process};

/// Package names that belong to a kernel's image; from 6.19 on it is spread over three packages.
const IMAGE_PARTS: &[&str] = &["linux-binary-", "linux-modules-", "linux-base-"];
/// Package names that belong to a kernel's headers.
const HEADER_PARTS: &[&str] = &["linux-headers-", TOOLS_PART];
/// Those of them that are programs.
const TOOLS_PART: &str = "linux-kbuild-";

/// Modules for hardware and file systems that no guest has: most of all, unpacked at every boot.
const USELESS: &[&str] = &[
    "drivers/accel",
    "drivers/ata",
    "drivers/bluetooth",
    "drivers/cdrom",
    "drivers/comedi",
    "drivers/gpu",
    "drivers/hid",
    "drivers/hwmon",
    "drivers/iio",
    "drivers/infiniband/hw",
    "drivers/input",
    "drivers/md",
    "drivers/media",
    "drivers/mmc",
    "drivers/mtd",
    "drivers/net/ethernet",
    "drivers/net/phy",
    "drivers/net/usb",
    "drivers/net/wireless/admtek",
    "drivers/net/wireless/ath",
    "drivers/net/wireless/atmel",
    "drivers/net/wireless/broadcom",
    "drivers/net/wireless/cisco",
    "drivers/net/wireless/intel",
    "drivers/net/wireless/intersil",
    "drivers/net/wireless/marvell",
    "drivers/net/wireless/mediatek",
    "drivers/net/wireless/ralink",
    "drivers/net/wireless/realtek",
    "drivers/net/wireless/rsi",
    "drivers/net/wireless/zydas",
    "drivers/nvdimm",
    "drivers/nvme",
    "drivers/platform",
    "drivers/scsi",
    "drivers/staging",
    "drivers/target",
    "drivers/thermal",
    "drivers/usb",
    "drivers/video",
    "drivers/xen",
    "fs/bcachefs",
    "fs/btrfs",
    "fs/cachefiles",
    "fs/ceph",
    "fs/ext4",
    "fs/f2fs",
    "fs/jbd2",
    "fs/nfs",
    "fs/nfsd",
    "fs/nls",
    "fs/ntfs3",
    "fs/ocfs2",
    "fs/orangefs",
    "fs/smb",
    "fs/udf",
    "fs/xfs",
    "lib/test_bpf.ko",
    "sound",
];

/// Makes sure that a kernel is there.
pub(crate) fn ensure(kernel: &Kernel) -> Result<()> {
    let what = format!("kernel {}", kernel.name);
    cache::ensure(&kernel.directory(), |dir| {
        let suite = Suite::open_for(kernel.arch, kernel.suite)?;
        let image = newest_image(kernel, &suite)?;
        let release = image.trim_start_matches("linux-image-").to_owned();
        let packages = packages(kernel.arch, &suite, &image, &release)?;
        let root = dir.join("root");
        for package in &packages {
            let megabytes = suite.size(package)?.div_ceil(1_000_000);
            step(&format!("{what}: {package} ({megabytes} MB)"), || suite.unpack(package, &root))?;
        }
        if let (None, Some(tools)) = (headers::unpacked(&root, &release), kernel.buildroot) {
            source::prepare(kernel, tools, &release, &root)?;
        }
        step(&format!("{what}: modules of {release}"), || {
            lay_out(kernel.arch, dir, &root, &release)
        })
    })
}

/// The newest image package of a kernel's series.
fn newest_image(kernel: &Kernel, suite: &Suite) -> Result<String> {
    let prefix = format!("linux-image-{}.", kernel.name);
    let names = suite.names(&prefix)?;
    let flavour = kernel.arch.facts().flavour;
    let images = names.into_iter().filter(|name| is_wanted(name, flavour));
    images
        .max_by(|a, b| compare_versions(a, b))
        .with_context(|| format!("{} has no package {prefix}*{flavour}", kernel.suite))
}

/// Whether a package is of the build that is wanted, and not of another whose name ends alike.
fn is_wanted(name: &str, flavour: &str) -> bool {
    let version = name.strip_suffix(flavour);
    version.is_some_and(|version| version.ends_with(|last: char| last.is_ascii_digit()))
}

/// Everything to unpack for an image and its headers, where the suite has those.
fn packages(arch: Arch, suite: &Suite, image: &str, release: &str) -> Result<BTreeSet<String>> {
    let mut packages = closure(suite, image, IMAGE_PARTS)?;
    let headers = format!("linux-headers-{release}");
    if suite.has(&headers) {
        packages.extend(closure(suite, &headers, HEADER_PARTS)?);
    }
    Ok(packages.into_iter().map(|package| of_its_processor(package, arch)).collect())
}

/// A package by the name that apt knows it by. Those that run while a module is built are the build
/// machine's, and the others are the guest's.
fn of_its_processor(package: String, arch: Arch) -> String {
    match Arch::of_build_machine() {
        Some(own) if own != arch && package.starts_with(TOOLS_PART) => {
            format!("{package}:{}", own.facts().debian)
        }
        _ => package,
    }
}

/// A package and those of its dependencies whose names begin with one of the parts.
fn closure(suite: &Suite, package: &str, parts: &[&str]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::from([package.to_owned()]);
    let mut open = vec![package.to_owned()];
    while let Some(package) = open.pop() {
        for dependency in suite.depends(&package)? {
            let wanted = parts.iter().any(|part| dependency.starts_with(part));
            if wanted && suite.has(&dependency) && found.insert(dependency.clone()) {
                open.push(dependency);
            }
        }
    }
    Ok(found)
}

/// Makes the kernel's directory out of its unpacked packages.
fn lay_out(arch: Arch, dir: &Path, root: &Path, release: &str) -> Result<()> {
    let write = |name: &str, text: &str| {
        fs::write(dir.join(name), text).with_context(|| format!("cannot write {name}"))
    };
    let boot = root.join("boot").join(format!("vmlinuz-{release}"));
    let modules = ["lib/modules", "usr/lib/modules"].map(|path| root.join(path).join(release));
    let Some(modules) = modules.into_iter().find(|path| path.join("kernel").is_dir()) else {
        bail!("the packages of {release} hold no modules");
    };
    let image = if boot.exists() { boot } else { modules.join("vmlinuz") };
    fs::copy(&image, dir.join("vmlinuz"))
        .with_context(|| format!("cannot copy the image {}", image.display()))?;
    let tree = dir.join("modules");
    let target = tree.join("lib/modules").join(release);
    move_modules(arch, &modules, &target)?;
    process::run(Command::new("depmod").arg("-b").arg(&tree).arg(release), "module index")?;
    cpio::write_file(&dir.join("modules.cpio"), |archive| {
        archive.directory("usr/lib/modules", 0o755)?;
        archive.tree(&target, &Path::new("usr/lib/modules").join(release))
    })?;
    headers::relocate(root, release)?;
    write("release", release)
}

/// Moves a kernel's modules and their order files, uncompressing on the host what the guest would
/// have to uncompress many times more slowly.
fn move_modules(arch: Arch, from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for name in ["kernel", "modules.order", "modules.builtin", "modules.builtin.modinfo"] {
        fs::rename(from.join(name), to.join(name))
            .with_context(|| format!("cannot move {name} of {}", from.display()))?;
    }
    for name in USELESS.iter().chain(arch.facts().useless_modules) {
        cache::remove(&to.join("kernel").join(name))?;
    }
    let mut compressed = Vec::new();
    find_compressed(&to.join("kernel"), &mut compressed)?;
    for batch in compressed.chunks(500) {
        process::run(Command::new("xz").arg("--decompress").args(batch), "uncompressing modules")?;
    }
    Ok(())
}

fn find_compressed(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry.with_context(|| format!("cannot list {}", dir.display()))?.path();
        if path.is_dir() {
            find_compressed(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "xz") {
            found.push(path);
        }
    }
    Ok(())
}

/// Orders names by the numbers in them, so that 6.12.95 comes before 6.12.117.
fn compare_versions(a: &str, b: &str) -> Ordering {
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

fn numbers(name: &str) -> Vec<u64> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|run| run.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_builds_apart() {
        let [usual, arm64] = [Arch::X86_64, Arch::Arm64].map(|arch| arch.facts().flavour);
        assert!(is_wanted("linux-image-6.1.0-56-amd64", usual));
        assert!(is_wanted("linux-image-6.18.15+deb13-amd64", usual));
        assert!(!is_wanted("linux-image-6.1.0-56-cloud-amd64", usual));
        assert!(!is_wanted("linux-image-6.1.0-56-amd64", arm64));
        assert!(is_wanted("linux-image-6.12.117+deb12-arm64", arm64));
        for other in ["-arm64-16k", "-rt-arm64", "-cloud-arm64", "-arm64-unsigned"] {
            assert!(!is_wanted(&format!("linux-image-6.12.117+deb12{other}"), arm64), "{other}");
        }
    }

    #[test]
    fn what_runs_while_a_module_is_built_is_of_the_build_machine() {
        let own = Arch::of_build_machine().expect("tests run on one of them");
        let other = if own == Arch::X86_64 { Arch::Arm64 } else { Arch::X86_64 };
        let named = |package: &str, arch| of_its_processor(package.to_owned(), arch);
        let tools = format!("linux-kbuild-6.1:{}", own.facts().debian);
        assert_eq!(named("linux-kbuild-6.1", other), tools);
        assert_eq!(named("linux-kbuild-6.1", own), "linux-kbuild-6.1");
        assert_eq!(named("linux-headers-6.1", other), "linux-headers-6.1");
    }

    #[test]
    fn orders_packages_by_their_numbers() {
        let newer = "linux-image-6.12.117+deb12-cloud-amd64";
        let older = "linux-image-6.12.95+deb12-cloud-amd64";
        assert_eq!(compare_versions(newer, older), Ordering::Greater);
        let newer = "linux-image-6.1.0-56-cloud-amd64";
        assert_eq!(compare_versions(newer, "linux-image-6.1.0-9-cloud-amd64"), Ordering::Greater);
    }
}
