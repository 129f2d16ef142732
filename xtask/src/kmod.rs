//! `cargo xtask kmod`: builds the test module for a guest kernel, out of its tree, and the module
//! indices that know it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::kernel::{Kernel, headers};
use crate::{cache, layout, process};

const MODULE: &str = "netlink_test.ko";
/// What the module is made of; anything else in the directory is for people.
const SOURCES: &[&str] = &["c", "h"];

/// Builds the module where that is possible, and returns a directory to be laid over the kernel's
/// modules: the module, and new indices.
pub(crate) fn ensure(kernel: &Kernel) -> Result<Option<PathBuf>> {
    let sources = layout::root().join("kmod");
    let Some(headers) = headers::directory(kernel)?.filter(|_| sources.join("Kbuild").exists())
    else {
        return Ok(None);
    };
    let directory = layout::kmod(&kernel.build());
    let _lock = cache::lock(&directory)?;
    let build = directory.join("build");
    copy_sources(&sources, &build)?;
    make(kernel, &headers, &build)?;
    index(kernel, &build.join(MODULE), &directory.join("modules")).map(Some)
}

/// Copies what has changed, so that make builds what has changed.
fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let path = entry.with_context(|| format!("cannot list {}", from.display()))?.path();
        let extension = path.extension().unwrap_or_default();
        let name = path.file_name().unwrap_or_default();
        let generated = name.to_string_lossy().ends_with(".mod.c");
        let source = SOURCES.iter().any(|source| extension == *source) && !generated;
        if source || name == "Kbuild" {
            let copy = || -> std::io::Result<()> {
                let (content, target) = (fs::read(&path)?, to.join(name));
                if fs::read(&target).is_ok_and(|old| old == content) {
                    return Ok(());
                }
                fs::write(target, content)
            };
            copy().with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn make(kernel: &Kernel, headers: &Path, build: &Path) -> Result<()> {
    let what = format!("module for {}", kernel.name);
    let mut command = kernel.make()?;
    kernel.arch.set_up_make(&mut command);
    command.arg("-C").arg(headers).arg(format!("M={}", build.display()));
    // As the module's own Makefile: no BTF, which takes pahole.
    command.arg("CONFIG_DEBUG_INFO_BTF_MODULES=");
    // Warnings of the compiler are errors; those of the build itself are looked for below.
    command.args(["KCFLAGS=-Werror", "modules"]).env("LC_ALL", "C.UTF-8");
    let symbols = headers.join("Module.symvers").exists();
    if !symbols {
        // Which symbols the kernel has shows when it loads the module.
        command.arg("KBUILD_MODPOST_WARN=1");
    }
    let output = process::run(&mut command, &what)?;
    let unknown = |line: &&str| line.contains("modpost:") || line.contains("Module.symvers");
    let mut lines = output.lines().filter(|line| symbols || !unknown(line));
    if let Some(warning) = lines.find(|line| line.to_lowercase().contains("warning:")) {
        // What is up to date is not warned about again.
        cache::remove(build)?;
        bail!("{what}: {warning}");
    }
    Ok(())
}

/// Makes module indices for the kernel's modules and this one.
fn index(kernel: &Kernel, module: &Path, overlay: &Path) -> Result<PathBuf> {
    let content = fs::read(module).with_context(|| format!("no {}", module.display()))?;
    let extra = overlay.join("extra").join(MODULE);
    if fs::read(&extra).is_ok_and(|old| old == content) {
        return Ok(overlay.to_owned());
    }
    let (release, modules) = (kernel.release()?, kernel.modules()?);
    let tree = overlay.with_extension("tree");
    let staged = tree.join("lib/modules").join(&release);
    cache::remove(overlay)?;
    cache::remove(&tree)?;
    let stage = || -> std::io::Result<()> {
        fs::create_dir_all(staged.join("extra"))?;
        fs::write(staged.join("extra").join(MODULE), &content)?;
        for name in ["modules.order", "modules.builtin", "modules.builtin.modinfo"] {
            fs::copy(modules.join(name), staged.join(name))?;
        }
        std::os::unix::fs::symlink(modules.join("kernel"), staged.join("kernel"))
    };
    stage().with_context(|| format!("cannot stage {}", staged.display()))?;
    let mut depmod = Command::new("depmod");
    process::run(depmod.arg("-b").arg(&tree).arg(&release), "module index")?;
    let publish = || -> std::io::Result<()> {
        fs::remove_file(staged.join("kernel"))?;
        fs::rename(&staged, overlay)
    };
    publish().with_context(|| format!("cannot publish {}", overlay.display()))?;
    cache::remove(&tree)?;
    Ok(overlay.to_owned())
}
