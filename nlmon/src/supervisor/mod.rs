//! Runs every task of the daemon. Each has a name, a rule for its end, and a sign of life. What a
//! task does is not this module's business.
//!
//! Invariant: while the daemon is to run, no task ends unnoticed. A fatal one ends the daemon; any
//! other starts again, after a pause that grows, and that is counted.

mod backoff;
mod heartbeat;
pub mod panics;
mod pulse;
mod tasks;

use std::{
    collections::HashMap,
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
    time::Duration,
};

use tokio::{
    sync::{oneshot, watch},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep, timeout},
};

use crate::{events, shutdown};
use heartbeat::beating;
use tasks::MAX_AGE;

pub use backoff::Backoff;
pub use heartbeat::Heartbeat;
pub use pulse::Pulse;
pub use tasks::{Rule, Task, Tasks};

/// What a task says at its end. Without an error it ended because it was told to, or by mistake.
type Outcome = anyhow::Result<()>;

/// A task whose end is the daemon's.
#[derive(Debug, thiserror::Error)]
#[error("the task {name} {why}")]
pub struct FatalEnd {
    name: &'static str,
    why: String,
}

impl FatalEnd {
    /// Which task.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// All tasks, and who decides what their end means.
#[derive(Debug)]
pub struct Supervisor {
    running: JoinSet<Outcome>,
    names: HashMap<Id, &'static str>,
    tasks: Tasks,
    shutdown: watch::Receiver<bool>,
}

impl Supervisor {
    /// One without tasks. When `shutdown` is true, ends are expected.
    pub fn new(shutdown: watch::Receiver<bool>) -> Self {
        Self { running: JoinSet::new(), names: HashMap::new(), tasks: Tasks::default(), shutdown }
    }

    /// What is known of the tasks.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// The daemon's way of telling a task to end.
    pub fn shutdown(&self) -> watch::Receiver<bool> {
        self.shutdown.clone()
    }

    /// Starts a task that the daemon cannot do without.
    pub fn fatal(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let heartbeat = Heartbeat::new(MAX_AGE);
        self.tasks.add(name, Rule::Fatal, Some(heartbeat.clone()));
        self.spawn(name, beating(task, heartbeat));
    }

    /// The same, of a task that beats by itself, on a thread of its own: others cannot keep it from
    /// running, and should it block, others can tell.
    pub fn fatal_thread<T: Future<Output = Outcome>>(
        &mut self,
        name: &'static str,
        heartbeat: Heartbeat,
        make: impl FnOnce() -> T + Send + 'static,
    ) {
        self.tasks.add(name, Rule::Fatal, Some(heartbeat));
        let (tell, told) = oneshot::channel();
        let body = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| block_on(make)));
            // Nobody is told who has gone away.
            drop(tell.send(outcome));
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
        self.spawn(name, async move {
            thread?;
            told.await?.unwrap_or_else(|payload| resume_unwind(payload))
        });
    }

    /// Starts a task that `make` makes, and makes it again when it fails.
    pub fn restarting<T>(&mut self, name: &'static str, make: impl FnMut() -> T + Send + 'static)
    where
        T: Future<Output = Outcome> + Send + 'static,
    {
        let heartbeat = Heartbeat::new(MAX_AGE);
        let task = self.tasks.add(name, Rule::Restart, Some(heartbeat.clone()));
        let shutdown = self.shutdown.clone();
        self.spawn(name, async move {
            restart(&task, heartbeat, shutdown, make).await;
            Ok(())
        });
    }

    fn spawn(&mut self, name: &'static str, task: impl Future<Output = Outcome> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Returns when a task ends that must not. Safe to cancel.
    pub async fn failure(&mut self) -> FatalEnd {
        match self.running.join_next_with_id().await {
            Some(ended) => self.name(ended),
            None => pending().await,
        }
    }

    fn name(&mut self, ended: Result<(Id, Outcome), JoinError>) -> FatalEnd {
        let (id, ended) = match ended {
            Ok((id, outcome)) => (id, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        let name = self.names.remove(&id).unwrap_or("unknown");
        FatalEnd { name, why: why(ended) }
    }

    /// Waits until all tasks have ended, which have been told to.
    pub async fn stop(mut self, time: Duration) {
        let end = async {
            while let Some(ended) = self.running.join_next_with_id().await {
                let failed = !matches!(ended, Ok((_, Ok(()))));
                let end = self.name(ended);
                if failed {
                    tracing::error!(nlmon_task = end.name(), "at the end, {end}");
                }
            }
        };
        if timeout(time, end).await.is_err() {
            let mut late: Vec<_> = self.names.into_values().collect();
            late.sort_unstable();
            tracing::warn!(
                message_id = events::LATE_END,
                "tasks that did not end in time: {}",
                late.join(", ")
            );
        }
    }
}

/// Runs a task on this thread alone. `make` is called in its runtime.
fn block_on<T: Future<Output = Outcome>>(make: impl FnOnce() -> T) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { make().await })
}

/// Runs a task again and again, until the daemon is to end.
async fn restart<T: Future<Output = Outcome> + Send + 'static>(
    task: &Task,
    heartbeat: Heartbeat,
    mut shutdown: watch::Receiver<bool>,
    mut make: impl FnMut() -> T,
) {
    let mut backoff = Backoff::default();
    loop {
        let began = Instant::now();
        task.runs();
        // A set, because it takes the task with it when it is dropped.
        let mut running = JoinSet::new();
        running.spawn(beating(make(), heartbeat.clone()));
        let Some(ended) = running.join_next().await else { return };
        if *shutdown.borrow() {
            return;
        }
        let (why, pause) = (why(ended), backoff.after(began.elapsed()));
        task.failed(&why);
        tracing::error!(
            message_id = events::TASK_RESTARTED,
            nlmon_task = task.name(),
            "the task {} {why}; it starts again in {:.1} s",
            task.name(),
            pause.as_secs_f64()
        );
        tokio::select! {
            () = sleep(pause) => {}
            () = shutdown::requested(&mut shutdown) => return,
        }
        heartbeat.beat(crate::clock::monotonic_ns());
    }
}

fn why(ended: Result<Outcome, JoinError>) -> String {
    match ended {
        Ok(Ok(())) => "ended".to_owned(),
        Ok(Err(error)) => format!("failed: {error:#}"),
        Err(error) => match error.try_into_panic() {
            Ok(payload) => format!("panicked: {}", panics::message(payload.as_ref())),
            Err(_cancelled) => "was cancelled".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    async fn end_of(task: impl Future<Output = Outcome> + Send + 'static) -> String {
        let (_stop, shutdown) = watch::channel(false);
        let mut supervisor = Supervisor::new(shutdown);
        supervisor.fatal("waits", pending());
        supervisor.fatal("ends", task);
        supervisor.failure().await.to_string()
    }

    #[tokio::test]
    async fn a_fatal_end_says_which_task_and_why() {
        assert_eq!(end_of(async { Ok(()) }).await, "the task ends ended");
        let failed = async { Err(anyhow::anyhow!("inner").context("outer")) };
        assert_eq!(end_of(failed).await, "the task ends failed: outer: inner");
        let panicked = async { panic!("number {}", 7) };
        assert_eq!(end_of(panicked).await, "the task ends panicked: number 7");
    }

    #[tokio::test]
    async fn a_thread_that_panics_or_ends_is_a_task_that_does() {
        async fn end_of(body: impl FnOnce() -> Outcome + Send + 'static) -> String {
            let (_stop, shutdown) = watch::channel(false);
            let mut supervisor = Supervisor::new(shutdown);
            let heartbeat = Heartbeat::new(MAX_AGE);
            supervisor.fatal_thread("alone", heartbeat, || async { body() });
            supervisor.failure().await.to_string()
        }
        assert_eq!(end_of(|| Ok(())).await, "the task alone ended");
        assert_eq!(end_of(|| panic!("number {}", 7)).await, "the task alone panicked: number 7");
    }

    #[tokio::test]
    async fn another_task_starts_again_and_is_counted() {
        let (stop, shutdown) = watch::channel(false);
        let mut supervisor = Supervisor::new(shutdown.clone());
        let starts = Arc::new(AtomicU32::new(0));
        let started = Arc::clone(&starts);
        supervisor.restarting("again", move || {
            let (start, mut shutdown) = (started.fetch_add(1, Ordering::Relaxed), shutdown.clone());
            async move {
                match start {
                    0 => panic!("the first"),
                    1 => Err(anyhow::anyhow!("the second")),
                    _ => {
                        shutdown::requested(&mut shutdown).await;
                        Ok(())
                    }
                }
            }
        });
        let tasks = supervisor.tasks();
        // Pauses of 0.5 and 1 s.
        while starts.load(Ordering::Relaxed) < 3 {
            assert!(timeout(Duration::from_millis(50), supervisor.failure()).await.is_err());
        }
        let task = &tasks.list()[0];
        assert_eq!((task.name(), task.restarts(), task.rule()), ("again", 2, Rule::Restart));
        stop.send_replace(true);
        supervisor.stop(Duration::from_secs(1)).await;
    }
}
