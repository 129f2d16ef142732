//! The steps of a test run, how long each took, and how it ended.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};

use crate::process;
use crate::progress::{line, seconds};

/// The steps so far. After a failure, further ones are not run.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<(String, Duration, &'static str)>,
    failure: Option<Error>,
}

impl Report {
    /// Runs a step, unless one before it has failed.
    pub(super) fn step(&mut self, name: &str, again: &str, work: impl FnOnce() -> Result<()>) {
        if self.failure.is_some() {
            self.rows.push((name.to_owned(), Duration::ZERO, "not run"));
            return;
        }
        line(name);
        let begun = Instant::now();
        let result = work();
        self.add(name, again, begun.elapsed(), result);
    }

    /// Adds a step that was run. Of several failures the first is returned at the end.
    pub(super) fn add(&mut self, name: &str, again: &str, took: Duration, result: Result<()>) {
        let outcome = if result.is_ok() { "passed" } else { "FAILED" };
        self.rows.push((name.to_owned(), took, outcome));
        line(&format!("{name}: {outcome} in {}", seconds(took)));
        let again = || format!("{name} failed; to run this step alone: {again}");
        let failure = result.with_context(again).err();
        self.failure = self.failure.take().or(failure);
    }

    /// Prints the table of all steps, and returns the failure if there was one.
    pub(super) fn finish(self) -> Result<()> {
        let width = self.rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        println!("\n{:width$}  {:>9}  result", "step", "duration");
        for (name, duration, outcome) in &self.rows {
            println!("{name:width$}  {:>9}  {outcome}", seconds(*duration));
        }
        self.failure.map_or(Ok(()), Err)
    }
}

/// Runs a command whose output the user wants to see.
pub(super) fn succeed(command: &mut Command) -> Result<()> {
    let program = process::describe(command);
    let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
    if !status.success() {
        bail!("`{program}` {}", process::outcome(status));
    }
    Ok(())
}
