//! What programs processes have executed. An addition: without it, executables are those that `/proc`
//! still shows.

use nlmon_common::{exec::Exec, limits::EXECS_MAX};

use super::{Error, mapped::Mapped, maps::Maps};
use nlmon_core::message::c_string;

/// The programs that were executed lately.
pub struct Execs(Mapped<Exec>);

impl Execs {
    /// What the program writes that is attached to `sched_process_exec`.
    pub(super) fn of(maps: &mut Maps) -> Result<Self, Error> {
        Ok(Self(Mapped::of(maps, "EXECS")?))
    }

    /// The program that a process of this id and name executed last; of a script, its interpreter.
    ///
    /// The name tells a process from an older one of the same id: a process that only forks has the
    /// name of its parent.
    pub fn path(&self, pid: u32, comm: &str) -> Option<String> {
        let index = (pid % EXECS_MAX) as usize;
        let exec = self.0.get(index).filter(|exec| exec.tgid == pid && exec.len > 0)?;
        // Nobody else has got the place meanwhile.
        self.0.get(index).filter(|again| *again == exec)?;
        (c_string(&exec.comm) == comm).then(|| c_string(&exec.path))
    }
}
