//! The guest's end of `cargo xtask vm`: runs one command, carries its standard streams over a virtio
//! port, and reports how it ended.
//!
//! Only the standard library is used: it is compiled by itself for every fresh machine.

mod frame;

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

type Outcome<T> = Result<T, Box<dyn Error>>;
type Port = Arc<Mutex<File>>;

const PORT: &str = "/dev/vport0p1";
const DIRECTORY: &str = "/usr/lib/nlmon-guest";
const PORT_WAIT: Duration = Duration::from_secs(20);
/// How long output may pause, once the command is gone, before its background processes are taken
/// to keep the streams open for good.
const LINGER: Duration = Duration::from_secs(1);
/// What shells answer for a command that cannot be run, and for one that is not there.
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

static RECEIVED: AtomicU64 = AtomicU64::new(0);

fn main() -> Outcome<()> {
    let file = open_port()?;
    let port: Port = Arc::new(Mutex::new(file.try_clone()?));
    // The first write waits until the host is connected; a read before that would see an end.
    send(&port, frame::READY, &[])?;
    let status = match start() {
        Ok(child) => attend(child, file, &port)?,
        Err((status, message)) => {
            send(&port, frame::STDERR, message.as_bytes())?;
            status
        }
    };
    send(&port, frame::EXIT, &status.to_le_bytes())
}

/// Opens the port, which appears when its driver has found the device.
fn open_port() -> Outcome<File> {
    let pause = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while !Path::new(PORT).exists() && waited < PORT_WAIT {
        thread::sleep(pause);
        waited += pause;
    }
    Ok(OpenOptions::new().read(true).write(true).open(PORT).map_err(|e| format!("{PORT}: {e}"))?)
}

/// Starts the command with exactly the arguments and the environment that the host left.
fn start() -> Result<Child, (i32, String)> {
    let words = read_list("argv").map_err(|error| (CANNOT_RUN, format!("{error}\n")))?;
    let variables = read_list("env").map_err(|error| (CANNOT_RUN, format!("{error}\n")))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err((CANNOT_RUN, "there is no command\n".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/root").env_clear();
    for variable in variables {
        let bytes = variable.into_vec();
        let split = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
        let (name, value) = bytes.split_at(split);
        let value = value.get(1..).unwrap_or_default().to_vec();
        command.env(OsString::from_vec(name.to_vec()), OsString::from_vec(value));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let status = if missing { NOT_FOUND } else { CANNOT_RUN };
        (status, format!("{}: {error}\n", program.display()))
    })
}

/// Carries the command's streams until it has ended and its output is sent.
fn attend(mut child: Child, input: File, port: &Port) -> Outcome<i32> {
    if let Some(stdin) = child.stdin.take() {
        thread::spawn(move || feed(input, stdin));
    }
    let mut pumps = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        pumps.push(pump(stdout, frame::STDOUT, port));
    }
    if let Some(stderr) = child.stderr.take() {
        pumps.push(pump(stderr, frame::STDERR, port));
    }
    let status = child.wait()?;
    drain(&pumps);
    Ok(code(status))
}

/// Copies what the host sends to the command's standard input.
fn feed(mut input: File, stdin: ChildStdin) {
    let mut stdin = Some(stdin);
    while let Ok(Some((kind, payload))) = frame::receive(&mut input) {
        if kind != frame::STDIN {
            continue;
        }
        // A command that stopped reading gets no more, but the host may go on sending.
        let accepted = stdin.as_mut().is_some_and(|stdin| stdin.write_all(&payload).is_ok());
        if payload.is_empty() || !accepted {
            stdin = None;
        }
    }
}

/// Copies one of the command's output streams to the host.
fn pump(mut stream: impl Read + Send + 'static, kind: u8, port: &Port) -> JoinHandle<()> {
    let port = Arc::clone(port);
    thread::spawn(move || {
        let mut buffer = vec![0; frame::PAYLOAD_BYTES];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            RECEIVED.fetch_add(1, Ordering::Relaxed);
            if send(&port, kind, &buffer[..length]).is_err() {
                return;
            }
        }
    })
}

/// Waits for the streams' ends, or for silence when background processes hold them open.
fn drain(pumps: &[JoinHandle<()>]) {
    let pause = Duration::from_millis(5);
    let (mut seen, mut silent) = (RECEIVED.load(Ordering::Relaxed), Duration::ZERO);
    while silent < LINGER && !pumps.iter().all(JoinHandle::is_finished) {
        thread::sleep(pause);
        let latest = RECEIVED.load(Ordering::Relaxed);
        silent = if latest == seen { silent + pause } else { Duration::ZERO };
        seen = latest;
    }
}

/// The exit status as a shell reports it.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn send(port: &Port, kind: u8, payload: &[u8]) -> Outcome<()> {
    let mut port = port.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(frame::send(&mut *port, kind, payload)?)
}

/// Reads a list of strings, each ended by a zero byte.
fn read_list(name: &str) -> Outcome<Vec<OsString>> {
    let path = Path::new(DIRECTORY).join(name);
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let items = bytes.strip_suffix(&[0]).map(|bytes| bytes.split(|byte| *byte == 0));
    Ok(items.into_iter().flatten().map(|item| OsString::from_vec(item.to_vec())).collect())
}
