//! What programs processes have executed: most that configure a network have ended before anybody can
//! look at `/proc`.

use crate::limits::EXEC_PATH_MAX;

/// One execution.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exec {
    /// Process; 0 while this is written.
    pub tgid: u32,
    /// Bytes of `path` with the zero at its end; 0 for one that does not fit.
    pub len: u32,
    /// Name that the thread has since then.
    pub comm: [u8; 16],
    /// What was executed, or the interpreter of that, as `execve(2)` was given it.
    pub path: [u8; EXEC_PATH_MAX],
}

const _: () = assert!(size_of::<Exec>() == 256);

#[cfg(feature = "user")]
mod user {
    // SAFETY: repr(C), integers only, no padding: every bit pattern is a value.
    unsafe impl aya::Pod for super::Exec {}
}
