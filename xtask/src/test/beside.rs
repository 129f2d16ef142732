//! Runs the tests of several kernels side by side. A guest waits most of the time, for a scrape, a
//! timeout or its only busy processor, so that two of them take little longer than one.
//!
//! Each kernel's tests are a process of this program, whose lines begin with the kernel's name.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};

use super::Options;
use crate::kernel::Kernel;
use crate::process;

/// Guests at a time, however many processors there are: each takes up to 4 GiB of memory.
const AT_ONCE_MAX: usize = 4;

/// Lines of a failed kernel that are repeated at the end, where the other kernels' lines would
/// otherwise hide them.
const LAST_LINES: usize = 60;

/// How the tests of a kernel ended.
pub(super) struct Outcome {
    pub(super) kernel: Kernel,
    pub(super) took: Duration,
    pub(super) result: Result<()>,
    /// The last lines of its output.
    pub(super) last_lines: VecDeque<String>,
}

/// Guests that this machine runs at a time: one for each processor.
pub(super) fn at_once() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE_MAX)
}

/// Runs the tests of all kernels, in this order, so many at a time.
pub(super) fn run(kernels: &[Kernel], options: &Options, at_once: usize) -> Result<Vec<Outcome>> {
    let waiting: Mutex<VecDeque<_>> = Mutex::new(kernels.iter().copied().collect());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let worker = || {
        std::iter::from_fn(next)
            .map(|kernel| {
                let begun = Instant::now();
                let last_lines = Mutex::default();
                let result = one(&kernel, options, &last_lines);
                let last_lines = last_lines.into_inner().unwrap_or_else(PoisonError::into_inner);
                Outcome { kernel, took: begun.elapsed(), result, last_lines }
            })
            .collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(worker)).collect();
        let ended = workers.into_iter().map(|worker| {
            worker.join().map_err(|_panic| Error::msg("a thread that runs a guest panicked"))
        });
        Ok(ended.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    })
}

/// Runs the tests of one kernel in a process of this program.
fn one(kernel: &Kernel, options: &Options, last: &Mutex<VecDeque<String>>) -> Result<()> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(["test", "--step", "guest", "--kernels", kernel.name]);
    command.args(["--arch", kernel.arch.facts().name]);
    if let Some(filter) = &options.filter {
        command.args(["--filter", filter]);
    }
    if let Some(cpus) = options.cpus {
        command.args(["--cpus", &cpus.to_string()]);
    }
    let program = process::describe(&command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start `{program}`"))?;
    let output = child.stdout.take().context("the tests have no standard output")?;
    let errors = child.stderr.take().context("the tests have no standard error")?;
    thread::scope(|scope| {
        scope.spawn(|| pass_on(errors, |line| eprintln!("{line}"), kernel, last));
        pass_on(output, |line| println!("{line}"), kernel, last);
    });
    let status = child.wait().with_context(|| format!("cannot wait for `{program}`"))?;
    if !status.success() {
        bail!("`{program}` {}", process::outcome(status));
    }
    Ok(())
}

/// Passes on each line, behind the kernel's name, and keeps the last ones.
fn pass_on(from: impl Read, to: impl Fn(&str), kernel: &Kernel, last: &Mutex<VecDeque<String>>) {
    let mut from = BufReader::new(from);
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
        let line = format!("{:>4} | {}", kernel.name, String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
        to(&line);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
}
