//! The state of every task: its name, its rule, its last heartbeat, and the number of its restarts.
//! `/readyz` and the metrics read it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::heartbeat::Heartbeat;

/// What the end of a task means, while the daemon is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The daemon cannot do its work: it exits, and systemd starts it again.
    Fatal,
    /// The task starts again, after a pause. That is counted.
    Restart,
}

/// One task, or several of one kind.
#[derive(Debug)]
pub struct Task {
    name: &'static str,
    rule: Rule,
    heartbeat: Option<Heartbeat>,
    restarts: AtomicU64,
    /// Why it does not run at the moment.
    down: Mutex<Option<String>>,
}

impl Task {
    /// Its name, in logs and metrics.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What its end means.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// One of its kind was started again.
    pub fn restarted(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// It has failed, and will be started again.
    pub fn failed(&self, why: &str) {
        self.restarted();
        *self.down() = Some(why.to_owned());
    }

    /// It runs again.
    pub fn runs(&self) {
        *self.down() = None;
    }

    /// What is wrong with it at `now_ns`, in a line.
    pub fn problem(&self, now_ns: u64) -> Option<String> {
        let name = self.name;
        if let Some(why) = &*self.down() {
            return Some(format!("the task {name} {why}, and is about to start again"));
        }
        let stale = self.heartbeat.as_ref().filter(|heartbeat| !heartbeat.is_fresh(now_ns))?;
        let age = stale.age(now_ns).as_secs_f64();
        Some(format!("the task {name} has stood still for {age:.1} s"))
    }

    fn down(&self) -> MutexGuard<'_, Option<String>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All tasks of the daemon. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Mutex<Vec<Arc<Task>>>>);

impl Tasks {
    /// Adds a task; without a heartbeat its end alone tells that it is dead.
    pub fn add(&self, name: &'static str, rule: Rule, heartbeat: Option<Heartbeat>) -> Arc<Task> {
        let restarts = AtomicU64::new(0);
        let task = Arc::new(Task { name, rule, heartbeat, restarts, down: Mutex::default() });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&task));
        task
    }

    /// All of them, in the order in which they were started.
    pub fn list(&self) -> Vec<Arc<Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with any of them, a line for each.
    pub fn problems(&self, now_ns: u64) -> Vec<String> {
        self.list().iter().filter_map(|task| task.problem(now_ns)).collect()
    }
}

/// The longest that a task without a tick of its own may not have run.
pub(super) const MAX_AGE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_down_and_what_stands_still() {
        let tasks = Tasks::default();
        let heartbeat = Heartbeat::new(Duration::from_secs(1));
        heartbeat.beat(1_000_000_000);
        tasks.add("one", Rule::Fatal, Some(heartbeat));
        let two = tasks.add("two", Rule::Restart, None);
        assert_eq!(tasks.problems(2_000_000_000), [""; 0]);
        two.failed("panicked: boom");
        let expected = [
            "the task one has stood still for 2.5 s",
            "the task two panicked: boom, and is about to start again",
        ];
        assert_eq!(tasks.problems(3_500_000_000), expected);
        two.runs();
        assert_eq!((two.restarts(), tasks.problems(3_500_000_000).len()), (1, 1));
    }
}
