//! Child processes: quiet while they work, a sign of life when they take long, everything they said
//! when they fail.

use std::io::{BufRead as _, BufReader, PipeReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::progress;

/// How long a step may be silent before its latest line of output is shown.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How much of a failed command's output is worth repeating.
const TAIL_LINES: usize = 60;

/// Runs a command to its end and returns what it wrote, on both streams, in order.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<String> {
    let program = describe(command);
    let (reader, writer) = std::io::pipe().context("cannot create a pipe")?;
    let errors = writer.try_clone().context("cannot duplicate a pipe")?;
    command.stdin(Stdio::null()).stdout(writer).stderr(errors);
    let mut child = command.spawn().with_context(|| format!("cannot start `{program}`"))?;
    // The command keeps the pipe's writing ends; the end of the output is seen when they are closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let output = collect(reader, what);
    let status = child.wait().with_context(|| format!("cannot wait for `{program}`"))?;
    if !status.success() {
        bail!("{what} failed: `{program}` {}:\n{}", outcome(status), tail(&output, TAIL_LINES));
    }
    Ok(output)
}

/// Runs a short command and returns its standard output, trimmed.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let program = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{program}` {}: {}", outcome(output.status), errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// How a process ended, as a phrase.
pub(crate) fn outcome(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// A command as it would be typed, for messages.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Reads a command's output to its end while a second thread shows how far it is.
fn collect(reader: PipeReader, what: &str) -> String {
    let latest = Arc::new(Mutex::new(None::<String>));
    let shown = Arc::clone(&latest);
    let what = what.to_owned();
    let (done, finished) = std::sync::mpsc::channel::<()>();
    let heartbeat = thread::spawn(move || {
        while finished.recv_timeout(HEARTBEAT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            if let Some(text) = lock(&shown).take() {
                progress::line(&format!("{what}: {text}"));
            }
        }
    });
    let mut output = String::new();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line);
        // Carriage returns redraw a progress bar: only its last state is of interest.
        let text = text.trim_end().rsplit('\r').next().unwrap_or_default();
        if !text.trim().is_empty() {
            // What cargo writes for programs is not for people.
            if !text.starts_with('{') {
                *lock(&latest) = Some(text.trim().to_owned());
            }
            output.push_str(text);
            output.push('\n');
        }
        line.clear();
    }
    drop(done);
    // A panic of the display thread costs a progress line, nothing else.
    heartbeat.join().unwrap_or_default();
    output
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
