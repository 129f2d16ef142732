//! The bpf(2) commands that `aya` does not make for us: on `kprobe.multi` links, and on descriptors
//! of objects that it does not own. Unsafe code about descriptors is here alone.

use std::{
    ffi::CString,
    io,
    os::{
        fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use aya_obj::generated::{bpf_attr, bpf_cmd};

/// Gives an object a name in the BPF file system, which keeps it from then on.
pub(super) fn pin(object: impl AsFd, path: &Path) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let mut attr = zeroed();
    // SAFETY: all zeros are a value of every variant.
    let pin = unsafe { &mut attr.__bindgen_anon_4 };
    pin.bpf_fd = object.as_fd().as_raw_fd().cast_unsigned();
    pin.pathname = name.as_ptr() as u64;
    // SAFETY: the name outlives the call.
    unsafe { command(bpf_cmd::BPF_OBJ_PIN, &mut attr) }.map(drop)
}

/// Opens what has that name in the BPF file system.
pub(super) fn open_pinned(path: &Path) -> io::Result<OwnedFd> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let mut attr = zeroed();
    // SAFETY: all zeros are a value of every variant.
    unsafe { &mut attr.__bindgen_anon_4 }.pathname = name.as_ptr() as u64;
    // SAFETY: the name outlives the call.
    unsafe { descriptor(bpf_cmd::BPF_OBJ_GET, &mut attr) }
}

pub(super) fn zeroed() -> bpf_attr {
    // SAFETY: a union of integers and arrays of them, for which zeros are a value.
    unsafe { std::mem::zeroed() }
}

/// The commands that make a descriptor.
///
/// # Safety
///
/// What `attr` points to has to be valid for as long as the call takes.
pub(super) unsafe fn descriptor(name: bpf_cmd, attr: &mut bpf_attr) -> io::Result<OwnedFd> {
    // SAFETY: the caller's promise.
    let fd = unsafe { command(name, attr) }?;
    // SAFETY: the kernel has just made it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// # Safety
///
/// As above.
unsafe fn command(name: bpf_cmd, attr: &mut bpf_attr) -> io::Result<RawFd> {
    // SAFETY: the caller's promise; the size is that of the attributes.
    let result = unsafe {
        libc::syscall(libc::SYS_bpf, name as u32, std::ptr::from_mut(attr), size_of::<bpf_attr>())
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    RawFd::try_from(result).map_err(|_too_large| io::ErrorKind::InvalidData.into())
}
