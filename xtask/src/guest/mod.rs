//! What a guest consists of: a root file system, the kernel's modules, and an overlay with the things
//! under test; each a cpio archive, concatenated into the guest's initial root.

pub(crate) mod cpio;
pub(crate) mod overlay;
pub(crate) mod rootfs;
mod system;
