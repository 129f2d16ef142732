//! The system call by which a task came into the kernel: what its saved registers say. Plain values;
//! their names are `calls`.

/// Which numbers system calls have: those of the machine that the program was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    X86_64,
    /// A 32-bit program on x86-64, or a 64-bit one that makes a call as those do.
    I386,
    /// 64-bit Arm.
    Arm64,
    /// A 32-bit program on it.
    Arm,
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemCall {
    /// Whose number it is.
    pub machine: Machine,
    /// Its number.
    pub number: u32,
    /// The low half of the argument that tells most: the request of `ioctl`, the flags of `clone`
    /// and `unshare`; of others the first one.
    pub argument: u32,
    /// What the call is about, where that could be read: the file of `write` and `finit_module` with
    /// the directory that it is in, the module of `delete_module`. Not escaped.
    pub subject: Option<Box<str>>,
    /// The task was about to end, by itself or by a signal: what it still does, it does because of
    /// that, and not by this call.
    pub exiting: bool,
}
