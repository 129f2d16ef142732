//! `cargo xtask test --step dist`: whether the packages are what distributions and tools accept, and
//! whether two builds give the same bytes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{ARCH, Packages, deploy, pack, release, tree};
use crate::{cache, host, layout, process, progress};

/// Who judges them.
const PACKAGES: &[&str] = &["lintian", "man-db", "skopeo"];

/// Builds and packs twice, compares, and lets the judges look.
pub(crate) fn check() -> Result<()> {
    host::install(PACKAGES)?;
    let directory = layout::target().join("dist");
    let again = layout::target().join("dist-again");
    let first = pack(ARCH, &release(&layout::target())?, &directory)?;
    progress::line("the same once more, from nothing");
    // Kept out of the other target directory, so that nothing of it is used.
    let build = again.join("build");
    let second = release(&build).and_then(|binary| pack(ARCH, &binary, &again.join("packages")));
    let equal = second.and_then(|second| same(&first, &second));
    cache::remove(&again)?;
    equal?;
    judge(&first)?;
    deploy::check()
}

fn same(first: &Packages, second: &Packages) -> Result<()> {
    let pairs = [
        (&first.nlmon, &second.nlmon),
        (&first.module, &second.module),
        (&first.archive, &second.archive),
    ];
    let index = |packages: &Packages| packages.image.join("index.json");
    let differs = |a: &Path, b: &Path| -> Result<bool> { Ok(tree::read(a)? != tree::read(b)?) };
    for (a, b) in pairs {
        if differs(a, b)? {
            bail!("two builds of {} differ", a.display());
        }
    }
    // The index has the sum of the manifest, which has the sums of all.
    if differs(&index(first), &index(second))? {
        bail!("two builds of {} differ", first.image.display());
    }
    Ok(())
}

fn judge(packages: &Packages) -> Result<()> {
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    lintian.arg(&packages.nlmon).arg(&packages.module);
    process::run(&mut lintian, "lintian")?;
    let mut skopeo = Command::new("skopeo");
    skopeo.arg("inspect").arg(format!("oci:{}", packages.image.display()));
    let seen = process::capture(&mut skopeo)?;
    if !seen.contains(r#""Os": "linux""#) {
        bail!("skopeo does not see the image: {seen}");
    }
    unpacked(packages)
}

/// What `man`, `bash` and the program itself say of the package's files.
fn unpacked(packages: &Packages) -> Result<()> {
    let directory = packages.nlmon.with_extension("unpacked");
    cache::remove(&directory)?;
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--extract").arg(&packages.nlmon).arg(&directory);
    process::run(&mut unpack, "unpacking")?;
    let mut pages = 0;
    for section in tree::list(&directory.join("usr/share/man"))? {
        for page in tree::list(&section)? {
            let mut man = Command::new("man");
            man.args(["--warnings", "--encoding=utf8", "--local-file"]).arg(&page);
            let output = man.env("MANWIDTH", "80").output().context("cannot run man")?;
            if !output.status.success() || !output.stderr.is_empty() {
                bail!("{}: {}", page.display(), String::from_utf8_lossy(&output.stderr));
            }
            pages += 1;
        }
    }
    let completion = directory.join("usr/share/bash-completion/completions/nlmon");
    process::capture(Command::new("bash").arg("-n").arg(completion))?;
    let mut nlmon = Command::new(directory.join("usr/bin/nlmon"));
    process::capture(nlmon.arg("--version"))?;
    fs::remove_dir_all(&directory).context("cannot remove what was unpacked")?;
    progress::line(&format!("{pages} manual pages, completions, packages and image are in order"));
    Ok(())
}
