//! `cargo xtask dist`: the daemon as packages, in `target/dist`: a Debian package, one of the test
//! module for DKMS, a plain archive and an image for containers.
//!
//! Each is a list of files (`tree`) in another wrapping. All times are that of the changelog's newest
//! entry, so that the same sources give the same bytes.

mod check;
mod deb;
mod deploy;
mod oci;
mod tree;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::arch::{Arch, Facts};
use crate::{build, cache, ebpf, layout, process, progress};
use tree::Tree;

pub(crate) use check::check;

/// The processor that the packages are for.
const ARCH: Arch = Arch::X86_64;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What was made.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The daemon's Debian package.
    pub(crate) nlmon: PathBuf,
    /// The test module's.
    pub(crate) module: PathBuf,
    pub(crate) archive: PathBuf,
    /// A directory in the layout of the Open Container Initiative.
    pub(crate) image: PathBuf,
}

/// Unpacks the Prometheus that tests use.
pub(crate) fn ensure_prometheus() -> Result<()> {
    deploy::prometheus().map(drop)
}

/// Builds the daemon for release and packs it.
pub(crate) fn run() -> Result<()> {
    let directory = layout::target().join("dist");
    let binary = progress::step("nlmon for release", || release(&layout::target()))?;
    let packages = progress::step("packages", || pack(ARCH, &binary, &directory))?;
    let all = [&packages.nlmon, &packages.module, &packages.archive, &packages.image];
    for path in all {
        println!("{}", path.display());
    }
    Ok(())
}

/// The daemon as it is shipped: static, for release, stripped. Names of this machine's directories are
/// left out, which makes builds in different places equal.
pub(crate) fn release(target: &Path) -> Result<PathBuf> {
    ebpf::build(ARCH)?;
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let home = home.context("neither CARGO_HOME nor HOME is set")?;
    let mut flags = OsString::from("-Ctarget-feature=+crt-static");
    for (path, name) in [(layout::root(), "nlmon"), (home, "cargo")] {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(path);
        flags.push("=");
        flags.push(name);
    }
    let mut command = Command::new(build::cargo_program());
    command.args([
        "build",
        "--release",
        "--target",
        ARCH.facts().triple,
        "--package",
        "nlmon",
        "--bin",
        "nlmon",
    ]);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags).env_remove("RUSTFLAGS");
    command.env("CARGO_TARGET_DIR", target).env("NLMON_BPF_OBJECT", layout::bpf_object(ARCH));
    process::run(command.current_dir(layout::root()), "nlmon for release")?;
    Ok(target.join(ARCH.facts().triple).join("release/nlmon"))
}

/// Packs a daemon that was built for release or for a test.
pub(crate) fn pack(arch: Arch, binary: &Path, directory: &Path) -> Result<Packages> {
    cache::remove(directory)?;
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let manual = directory.join("manual");
    manuals(&manual)?;
    let epoch = epoch()?;
    let daemon = daemon(&stripped(arch, binary, directory)?, &manual)?;
    let name = |suffix: &str| directory.join(format!("nlmon_{VERSION}_{suffix}"));
    let Facts { debian, triple, .. } = arch.facts();
    let packages = Packages {
        nlmon: name(&format!("{debian}.deb")),
        module: directory.join(format!("nlmon-netlink-test-dkms_{VERSION}_all.deb")),
        archive: directory.join(format!("nlmon-{VERSION}-{triple}.tar.gz")),
        image: directory.join(format!("nlmon-{VERSION}.oci")),
    };
    deb::write("nlmon", debian, &daemon, epoch, &packages.nlmon)?;
    deb::write("nlmon-netlink-test-dkms", "all", &module()?, epoch, &packages.module)?;
    oci::write(&image(&daemon)?, debian, epoch, &packages.image)?;
    let prefix = format!("nlmon-{VERSION}/");
    let plain = with_manifests(daemon)?.tar(&prefix, epoch)?;
    fs::write(&packages.archive, tree::compress(&plain)?)
        .with_context(|| format!("cannot write {}", packages.archive.display()))?;
    for scratch in [manual, directory.join("nlmon")] {
        cache::remove(&scratch)?;
    }
    Ok(packages)
}

/// The manual pages and completions, which come from the real command line.
fn manuals(directory: &Path) -> Result<()> {
    let mut command = Command::new(build::cargo_program());
    command.args(["run", "--quiet", "--package", "nlmon", "--example", "manual", "--"]);
    command.arg(directory).current_dir(layout::root()).env_remove("RUSTFLAGS");
    process::run(&mut command, "manual pages").map(drop)
}

fn stripped(arch: Arch, binary: &Path, directory: &Path) -> Result<PathBuf> {
    let path = directory.join("nlmon");
    let mut strip = Command::new(arch.tool("strip"));
    strip.args(["--strip-all", "--remove-section=.comment", "-o"]).arg(&path).arg(binary);
    process::run(&mut strip, "stripping")?;
    Ok(path)
}

/// What the daemon's package holds.
fn daemon(binary: &Path, manual: &Path) -> Result<Tree> {
    let root = layout::root();
    let mut tree = Tree::default();
    tree.copy("usr/bin/nlmon", 0o755, binary)?;
    for (path, source) in [
        ("etc/default/nlmon", "deploy/debian/nlmon.default"),
        ("etc/nlmon/nlmon.toml", "deploy/nlmon.toml"),
        ("usr/lib/systemd/system/nlmon.service", "deploy/systemd/nlmon.service"),
        ("usr/lib/systemd/system/nlmon.socket", "deploy/systemd/nlmon.socket"),
        ("usr/lib/systemd/catalog/nlmon.catalog", "deploy/systemd/nlmon.catalog"),
        ("usr/share/nlmon/grafana/nlmon.json", "deploy/grafana/nlmon.json"),
        ("usr/share/nlmon/prometheus/nlmon.rules.yml", "deploy/prometheus/nlmon.rules.yml"),
        (
            "usr/share/nlmon/prometheus/nlmon.fleet.rules.yml",
            "deploy/prometheus/nlmon.fleet.rules.yml",
        ),
        ("usr/share/doc/nlmon/runbook.md", "docs/runbook.md"),
        ("usr/share/doc/nlmon/examples/nlmon-kprobe.conf", "deploy/systemd/nlmon-kprobe.conf"),
        (
            "usr/share/doc/nlmon/examples/nlmon-notify-reload.conf",
            "deploy/systemd/nlmon-notify-reload.conf",
        ),
        ("usr/share/doc/nlmon/shipping.md", "docs/shipping.md"),
        ("usr/share/doc/nlmon/fleet.md", "docs/fleet.md"),
        ("usr/share/doc/nlmon/examples/nlmon.rsyslog.conf", "deploy/shipping/nlmon.rsyslog.conf"),
        ("usr/share/doc/nlmon/examples/vector.yaml", "deploy/shipping/vector.yaml"),
        ("usr/share/doc/nlmon/examples/fluent-bit.yaml", "deploy/shipping/fluent-bit.yaml"),
        ("usr/lib/sysusers.d/nlmon.conf", "deploy/systemd/nlmon.sysusers"),
        ("usr/share/doc/nlmon/copyright", "deploy/debian/copyright"),
        ("usr/share/lintian/overrides/nlmon", "deploy/debian/nlmon.lintian"),
    ] {
        tree.copy(path, 0o644, &root.join(source))?;
    }
    tree.compressed("usr/share/doc/nlmon/changelog.gz", &root.join("deploy/debian/changelog"))?;
    tree.compressed("usr/share/doc/nlmon/CHANGELOG.md.gz", &root.join("CHANGELOG.md"))?;
    for page in tree::list(&manual.join("man"))? {
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        let section = page.extension().unwrap_or_default().to_string_lossy();
        tree.compressed(&format!("usr/share/man/man{section}/{name}.gz"), &page)?;
    }
    for (path, source) in [
        ("usr/share/bash-completion/completions/nlmon", "bash/nlmon"),
        ("usr/share/zsh/vendor-completions/_nlmon", "zsh/_nlmon"),
        ("usr/share/fish/vendor_completions.d/nlmon.fish", "fish/nlmon.fish"),
    ] {
        tree.copy(path, 0o644, &manual.join("completions").join(source))?;
    }
    Ok(tree)
}

/// What the test module's package holds.
fn module() -> Result<Tree> {
    let root = layout::root();
    let mut tree = Tree::default();
    for name in ["Kbuild", "Makefile", "dkms.conf", "netlink_test.c", "netlink_test.h"] {
        let path = format!("usr/src/netlink_test-{VERSION}/{name}");
        tree.copy(&path, 0o644, &root.join("kmod").join(name))?;
    }
    let doc = "usr/share/doc/nlmon-netlink-test-dkms";
    tree.copy(&format!("{doc}/copyright"), 0o644, &root.join("deploy/debian/copyright"))?;
    tree.copy(&format!("{doc}/README.md"), 0o644, &root.join("kmod/README.md"))?;
    tree.compressed(&format!("{doc}/changelog.gz"), &root.join("deploy/debian/changelog"))?;
    Ok(tree)
}

/// What the plain archive holds: the manifests for a cluster besides, which no node needs.
fn with_manifests(mut tree: Tree) -> Result<Tree> {
    let root = layout::root();
    for name in [
        "kustomization.yaml",
        "namespace.yaml",
        "daemonset.yaml",
        "nlmon.toml",
        "podmonitor/kustomization.yaml",
        "podmonitor/podmonitor.yaml",
    ] {
        let path = format!("usr/share/nlmon/kubernetes/{name}");
        tree.copy(&path, 0o644, &root.join("deploy/kubernetes").join(name))?;
    }
    tree.copy("usr/share/doc/nlmon/kubernetes.md", 0o644, &root.join("docs/kubernetes.md"))?;
    Ok(tree)
}

/// What an image for containers holds: no shell and no library.
fn image(daemon: &Tree) -> Result<Tree> {
    let mut tree = Tree::default();
    for path in ["usr/bin/nlmon", "etc/nlmon/nlmon.toml", "usr/share/doc/nlmon/copyright"] {
        tree.take(daemon, path)?;
    }
    tree.add("etc/passwd", 0o644, b"root:x:0:0:root:/:/sbin/nologin\n".to_vec());
    tree.add("etc/group", 0o644, b"root:x:0:\nnlmon:x:990:\n".to_vec());
    Ok(tree)
}

/// The time of the changelog's newest entry, in seconds since 1970; its version has to be this one.
fn epoch() -> Result<u64> {
    let path = layout::root().join("deploy/debian/changelog");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (version, date) =
        newest(&text).with_context(|| format!("no entry in {}", path.display()))?;
    if version != VERSION {
        bail!("{} is about {version}, and this is {VERSION}: add an entry", path.display());
    }
    let mut command = Command::new("date");
    command.args(["--utc", "+%s", "--date", date]);
    Ok(process::capture(&mut command)?.parse()?)
}

/// Version and date of a Debian changelog's first entry.
fn newest(changelog: &str) -> Option<(&str, &str)> {
    let version = changelog.split_once('(')?.1.split_once(')')?.0;
    let author = changelog.lines().find_map(|line| line.strip_prefix(" -- "))?;
    Some((version, author.split_once(">  ")?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changelogs_first_entry_has_version_and_date() {
        let text = "nlmon (1.2.3) unstable; urgency=low\n\n  * x\n\n -- A <a@b.c>  Fri, 1 Jan\n";
        assert_eq!(newest(text), Some(("1.2.3", "Fri, 1 Jan")));
        assert_eq!(newest("nothing"), None);
    }

    #[test]
    fn all_parts_have_one_version() {
        assert!(epoch().is_ok_and(|epoch| epoch > 1_700_000_000));
        let dkms = fs::read_to_string(layout::root().join("kmod/dkms.conf")).unwrap_or_default();
        assert!(dkms.contains(&format!("PACKAGE_VERSION=\"{VERSION}\"")), "{dkms}");
    }
}
