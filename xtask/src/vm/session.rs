//! One command in one guest: its streams, its time limit, and its end.

use std::io::{self, Read as _};
use std::process::{ChildStdin, ChildStdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::console::Console;
use super::qemu::{Machine, Process};
use crate::frame;
use crate::progress::{line, seconds};

/// The status of a command that was ended by SIGPIPE.
const BROKEN_PIPE: i32 = 128 + 13;

/// What a kernel writes that met a breakpoint of its own patching when that had long finished. Older
/// kernels write it without `Oops` in front.
const STALE_CODE: &str = "int3: 0000";

/// How a guest's command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this status; a signal is 128 and its number.
    Exited(i32),
    /// The guest stopped by the emulator's fault.
    EmulatorFailed,
    /// The guest stopped before the command did.
    Died,
    /// Neither had ended when the time was up.
    TimedOut,
}

impl Ending {
    /// The exit status that stands for it: as `timeout` and `docker run` answer.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Exited(status) => u8::try_from(status).unwrap_or(u8::MAX),
            Self::TimedOut => 124,
            Self::EmulatorFailed | Self::Died => 125,
        }
    }
}

/// A command that was run, or was to be.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) ending: Ending,
    /// Whether the guest came up and began the command.
    pub(crate) is_up: bool,
    /// What the command wrote to its standard output.
    pub(crate) output: Vec<u8>,
}

/// Carries a command's streams until it ends.
pub(crate) fn run(machine: Machine, limit: Duration) -> Result<Session> {
    let Machine { input, output, console, process } = machine;
    let late = Arc::new(AtomicBool::new(false));
    let (finished, watched) = mpsc::channel::<()>();
    let watchdog = {
        let (process, late) = (process.clone(), Arc::clone(&late));
        thread::spawn(move || {
            if watched.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                late.store(true, Ordering::Relaxed);
                process.kill();
            }
        })
    };
    let mut is_up = false;
    let mut seen = Vec::new();
    let status = relay(output, &mut seen, || {
        is_up = true;
        line("guest: running the command");
        // Not before: a guest that never comes up leaves the input to the next one.
        thread::spawn(move || feed(input));
    })?;
    drop(finished);
    watchdog.join().unwrap_or_default();
    let late = late.load(Ordering::Relaxed).then_some(limit);
    let ending = conclude(status, late, &console, &process);
    Ok(Session { ending, is_up, output: seen })
}

/// Copies the command's output until its exit status, or the guest's end; tells when it begins.
fn relay(
    mut output: ChildStdout,
    seen: &mut Vec<u8>,
    begins: impl FnOnce(),
) -> Result<Option<i32>> {
    let mut begins = Some(begins);
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr());
    // A guest that is killed may leave half a frame behind: that is an end like any other.
    while let Ok(Some((kind, payload))) = frame::receive(&mut output) {
        match kind {
            frame::READY => begins.take().into_iter().for_each(|begins| begins()),
            frame::STDOUT => seen.extend_from_slice(&payload),
            frame::EXIT => return Ok(payload.try_into().ok().map(i32::from_le_bytes)),
            _ => {}
        }
        let written = match kind {
            frame::STDOUT => write(&mut stdout, &payload),
            frame::STDERR => write(&mut stderr, &payload),
            _ => Ok(()),
        };
        match written {
            Ok(()) => {}
            // Nobody reads any more: the end of the command, as it would be without a guest.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(Some(BROKEN_PIPE));
            }
            Err(error) => return Err(error).context("cannot write the command's output"),
        }
    }
    Ok(None)
}

fn write(stream: &mut impl io::Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// Copies standard input to the command, and its end.
fn feed(mut input: ChildStdin) {
    let mut buffer = vec![0; frame::PAYLOAD_BYTES];
    let mut stdin = io::stdin().lock();
    loop {
        // An input that cannot be read is an empty one.
        let length = stdin.read(&mut buffer).unwrap_or(0);
        if frame::send(&mut input, frame::STDIN, &buffer[..length]).is_err() {
            return;
        }
        if length == 0 {
            // The emulator takes the end of its own input for the end of the connection.
            loop {
                thread::park();
            }
        }
    }
}

/// Ends the guest and says what the user has to know about it. `late` is the limit that it went over.
fn conclude(
    status: Option<i32>,
    late: Option<Duration>,
    console: &Console,
    process: &Process,
) -> Ending {
    process.kill();
    let log = console.path.display();
    let trouble = console.trouble();
    if !trouble.is_empty() {
        line(&format!("guest: the kernel reports trouble (see {log}):"));
        for report in &trouble {
            eprintln!("    {report}");
        }
    }
    let Some(status) = status else {
        let by_emulator = trouble.iter().any(|report| report.contains(STALE_CODE));
        let (what, ending) = match late {
            Some(limit) => (format!("gave up after {}", seconds(limit)), Ending::TimedOut),
            None if by_emulator => {
                ("stopped by the emulator's fault".to_owned(), Ending::EmulatorFailed)
            }
            None => ("stopped before the command had ended".to_owned(), Ending::Died),
        };
        line(&format!("guest: {what}; the end of its console (all of it is in {log}):"));
        eprintln!("{}", console.tail());
        return ending;
    };
    Ending::Exited(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_the_status_of_the_command() {
        assert_eq!(Ending::Exited(0).code(), 0);
        assert_eq!(Ending::Exited(128 + 15).code(), 143);
        assert_eq!(Ending::TimedOut.code(), 124);
    }

    #[test]
    fn frames_survive_the_way() {
        let mut stream = Vec::new();
        frame::send(&mut stream, frame::STDOUT, b"a\0b").expect("a vector takes everything");
        frame::send(&mut stream, frame::STDIN, b"").expect("a vector takes everything");
        let mut input = stream.as_slice();
        let mut next = || frame::receive(&mut input).expect("the frame is whole");
        assert_eq!(next(), Some((frame::STDOUT, b"a\0b".to_vec())));
        assert_eq!(next(), Some((frame::STDIN, Vec::new())));
        assert_eq!(next(), None);
        assert!(frame::receive(&mut &stream[..4]).is_err());
        assert!(frame::receive(&mut &stream[..6]).is_err());
    }
}
