//! The program that a task runs, from `/proc/PID/exe`. A task may be gone, or may have another name
//! than in its sample because it runs another program by now. Then it is the program that a probe
//! saw the process execute.

use std::{fs, io, sync::Arc};

use super::{Table, is_fresh, keep};
use crate::{namespaces::is_gone, throttle};
use nlmon_core::record::{Comm, Task};

#[derive(Debug)]
struct CachedExecutable {
    pid: u32,
    comm: Comm,
    executable: Option<Arc<str>>,
    looked_ns: u64,
}

impl CachedExecutable {
    fn is_of(&self, task: &Task) -> bool {
        self.pid == task.pid && self.comm == task.comm
    }
}

/// Programs by thread, the name of which may differ from its process'.
#[derive(Default)]
pub(super) struct Executables {
    by_tid: Table<u32, CachedExecutable>,
    executed: Option<Box<Executed>>,
}

/// What the process with this id and name was seen to execute.
pub type Executed = dyn Fn(u32, &str) -> Option<String> + Send;

impl Executables {
    pub(super) fn new(executed: Box<Executed>) -> Self {
        Self { executed: Some(executed), ..Self::default() }
    }

    pub(super) fn note(&mut self, task: &Task, now_ns: u64) {
        let known = self.by_tid.get(&task.tid).filter(|known| known.is_of(task));
        if known.is_some_and(|known| is_fresh(known.looked_ns, now_ns)) {
            return;
        }
        let (looked, looked_ns) = match look(task) {
            Ok(looked) => (looked, now_ns),
            Err(error) => {
                // Not gone: it is looked at again the next time.
                throttle::UNREADABLE.warn(format_args!("cannot look what processes run: {error}"));
                (None, 0)
            }
        };
        // A process that has ended since the last look still ran what it ran.
        let executable =
            looked.or_else(|| known?.executable.clone()).or_else(|| self.executed(task));
        let (pid, comm) = (task.pid, task.comm);
        let known = CachedExecutable { pid, comm, executable, looked_ns };
        keep(&mut self.by_tid, task.tid, known);
    }

    fn executed(&self, task: &Task) -> Option<Arc<str>> {
        self.executed
            .as_ref()
            .and_then(|executed| executed(task.pid, &task.comm.text()))
            .map(Arc::from)
    }

    pub(super) fn get(&self, task: &Task) -> Option<Arc<str>> {
        self.by_tid.get(&task.tid).filter(|known| known.is_of(task))?.executable.clone()
    }
}

/// `None` of a task that is gone, or that runs another program.
fn look(task: &Task) -> io::Result<Option<Arc<str>>> {
    let (pid, tid) = (task.pid, task.tid);
    let link = fs::read_link(format!("/proc/{pid}/exe"));
    // After the link: a name that is still the same then was the same before, too.
    let read = link.and_then(|path| Ok((path, fs::read(format!("/proc/{pid}/task/{tid}/comm"))?)));
    let (path, comm) = match read {
        Err(error) if is_gone(&error) => return Ok(None),
        read => read?,
    };
    let same = Comm::new(comm.strip_suffix(b"\n").unwrap_or(&comm)) == task.comm;
    Ok(same.then(|| path.to_string_lossy().into()))
}

#[cfg(test)]
mod tests {
    use super::{super::FRESH_NS, *};

    fn own() -> Task {
        let comm = fs::read_to_string("/proc/thread-self/comm").unwrap();
        let tid = nix::unistd::gettid().as_raw().cast_unsigned();
        let comm = comm.trim_end_matches('\n').into();
        Task { pid: std::process::id(), tid, comm, ..Task::default() }
    }

    fn of(task: &Task) -> Option<Arc<str>> {
        let mut executables = Executables::default();
        executables.note(task, 1);
        executables.get(task)
    }

    #[test]
    fn names_the_program_of_a_running_task() {
        let expected = std::env::current_exe().unwrap();
        assert_eq!(of(&own()).as_deref(), expected.to_str());
    }

    #[test]
    fn says_nothing_of_a_task_that_runs_another_program_now() {
        assert_eq!(of(&Task { comm: "(ip)".into(), ..own() }), None);
        assert_eq!(of(&Task { pid: u32::MAX, ..own() }), None);
    }

    #[test]
    fn keeps_what_an_ended_process_ran() {
        let mut executables = Executables::default();
        let ended = Task { pid: u32::MAX, tid: 5, comm: "ip".into(), ..Task::default() };
        let known = CachedExecutable {
            pid: u32::MAX,
            comm: "ip".into(),
            executable: Some("/sbin/ip".into()),
            looked_ns: 0,
        };
        executables.by_tid.insert(5, known);
        executables.note(&ended, 2 * FRESH_NS);
        assert_eq!(executables.get(&ended).as_deref(), Some("/sbin/ip"));
        executables.note(&Task { comm: "tc".into(), ..ended.clone() }, 2 * FRESH_NS);
        assert_eq!(executables.get(&ended), None);
    }

    #[test]
    fn believes_what_was_executed_where_proc_tells_nothing() {
        let executed = |pid, comm: &str| (pid == u32::MAX).then(|| format!("/sbin/{comm}"));
        let mut executables = Executables::new(Box::new(executed));
        let ended = Task { pid: u32::MAX, tid: 5, comm: "ip".into(), ..Task::default() };
        executables.note(&ended, 1);
        assert_eq!(executables.get(&ended).as_deref(), Some("/sbin/ip"));
        let own = own();
        executables.note(&own, 1);
        let expected = std::env::current_exe().unwrap();
        assert_eq!(executables.get(&own).as_deref(), expected.to_str());
    }

    /// The child of the next test.
    #[test]
    #[ignore = "run by another test, with few descriptors"]
    fn has_no_descriptor_left() {
        let own = own();
        let open: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        let looked = look(&own).map_err(|error| error.raw_os_error());
        let pids = crate::namespaces::pids().map_err(|error| error.raw_os_error());
        let names = crate::namespaces::Namespaces::find().map_err(|error| error.raw_os_error());
        let mut executables = Executables::default();
        executables.note(&own, 2 * FRESH_NS);
        drop(open);
        assert_eq!(looked, Err(Some(libc::EMFILE)));
        assert_eq!(pids, Err(Some(libc::EMFILE)));
        assert_eq!(names.err(), Some(Some(libc::EMFILE)));
        // What could not be seen is looked at again at once.
        executables.note(&own, 2 * FRESH_NS + 1);
        assert!(executables.get(&own).is_some());
    }

    #[test]
    fn what_cannot_be_opened_is_not_gone() {
        let child = "origin::executables::tests::has_no_descriptor_left";
        let program = std::env::current_exe().unwrap();
        let script = format!("ulimit -n 64; exec \"$0\" --exact --ignored {child}");
        let output = std::process::Command::new("sh").arg("-c").arg(script).arg(program).output();
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
