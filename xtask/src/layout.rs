//! Where things are: the sources, and every directory under `target/` that this crate fills.
//!
//! Nothing outside the target directory is ever written, so deleting it is a complete clean-up.

use std::env;
use std::path::{Path, PathBuf};

use crate::arch::Arch;

/// The workspace's root, also when it was moved after this crate was compiled.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Cargo's target directory.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Developer tools that this crate installs for itself.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The BPF object that the daemon embeds: it reads registers, so each processor has its own.
pub(crate) fn bpf_object(arch: Arch) -> PathBuf {
    arch.directory().join("bpf").join("nlmon.bpf.o")
}

/// Private apt state, one directory per suite.
pub(crate) fn apt(suite: &str) -> PathBuf {
    target().join("apt").join(suite)
}

/// A guest kernel: its image, modules and headers.
pub(crate) fn kernel(name: &str) -> PathBuf {
    target().join("kernels").join(name)
}

/// A Debian release to build modules in, with a name for what is installed in it.
pub(crate) fn buildroot(suite: &str, contents: &str) -> PathBuf {
    target().join("buildroots").join(format!("{suite}-{contents}"))
}

/// The test module built for a guest kernel.
pub(crate) fn kmod(kernel: &str) -> PathBuf {
    target().join("kmod").join(kernel)
}

/// Root file systems, console logs and the other pieces of guests; `guest` is the cargo profile's.
pub(crate) fn guest(arch: Arch) -> PathBuf {
    arch.directory().join("vm")
}

/// What the tests of the page saw on a kernel, as pictures.
pub(crate) fn screenshots(arch: Arch, kernel: &str) -> PathBuf {
    arch.directory().join("screenshots").join(kernel)
}

/// Whatever is built for the guest by cargo.
pub(crate) fn guest_binaries(arch: Arch) -> PathBuf {
    arch.cargo_target().join(arch.facts().triple).join("guest")
}
