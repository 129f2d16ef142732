//! Debian packages by `dpkg-deb`: what `deploy/debian` says about a package, and its files.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{VERSION, tree, tree::Tree};
use crate::{cache, layout, process};

const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// Packs a tree as the package of this name.
pub(super) fn write(
    name: &str,
    architecture: &str,
    files: &Tree,
    epoch: u64,
    path: &Path,
) -> Result<()> {
    let source = |suffix: &str| layout::root().join(format!("deploy/debian/{name}.{suffix}"));
    let text = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let stage = path.with_extension("stage");
    cache::remove(&stage)?;
    files.unpack(&stage)?;
    let mut control = Tree::default();
    let mut about = text(&source("control"))?;
    let (first, rest) = about.split_once('\n').context("an empty control file")?;
    let size = files.kib();
    about = format!(
        "{first}\nVersion: {VERSION}\nArchitecture: {architecture}\nInstalled-Size: {size}\n{rest}"
    );
    control.add("control", 0o644, about.into_bytes());
    for script in SCRIPTS {
        let path = source(script);
        if path.exists() {
            let text = text(&path)?.replace("@VERSION@", VERSION);
            control.add(script, 0o755, text.into_bytes());
        }
    }
    let mut conffiles = String::new();
    for path in files.below("etc/") {
        writeln!(conffiles, "/{path}")?;
    }
    if !conffiles.is_empty() {
        control.add("conffiles", 0o644, conffiles.into_bytes());
    }
    control.add("md5sums", 0o644, sums(files, &stage)?);
    control.unpack(&stage.join("DEBIAN"))?;
    let mut build = Command::new("dpkg-deb");
    build.args(["--build", "--root-owner-group", "-Zxz"]).arg(&stage).arg(path);
    process::run(build.env("SOURCE_DATE_EPOCH", epoch.to_string()), name)?;
    cache::remove(&stage)
}

/// The sums that `dpkg --verify` compares with; it knows those of configuration files itself.
fn sums(files: &Tree, stage: &Path) -> Result<Vec<u8>> {
    let mut command = Command::new("md5sum");
    command.arg("--").args(files.below("usr/")).current_dir(stage);
    tree::filter(&mut command, &[])
}
