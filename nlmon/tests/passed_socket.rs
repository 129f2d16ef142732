//! The daemon at listeners that it was started with, as systemd starts a service that has a socket
//! unit: `sd_listen_fds(3)`. Without probes, in a user namespace.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};

use directory::Directory;

/// One listener comes as standard input and another as standard output; they become descriptors 3 and
/// 4. `exec` keeps the process's id.
const PASS: &str =
    "LISTEN_PID=$$ exec unshare --user --map-root-user \"$@\" 3<&0 4>&1 </dev/null >&2";

/// Nobody may listen there without a right, which shows that the daemon does not try.
const FORBIDDEN: &str = "127.0.0.1:1";

/// A daemon with so many sockets, and what it says until it is ready.
fn start(
    directory: &Directory,
    sockets: &str,
    first: OwnedFd,
    second: Stdio,
) -> (Child, Vec<String>) {
    let mut child = Command::new("sh")
        .args(["-c", PASS, "sh", env!("CARGO_BIN_EXE_nlmon"), "run", "--listen", FORBIDDEN])
        .arg("--socket")
        .arg(directory.join("log"))
        .env("LISTEN_FDS", sockets)
        .stdin(first)
        .stdout(second)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = Vec::new();
    for line in lines {
        said.push(line);
        if said.last().is_some_and(|line| line.contains("ready:")) {
            break;
        }
    }
    (child, said)
}

fn assert_served(mut stream: impl Read + Write) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn a_passed_listener_takes_the_place_of_an_own_one() {
    let directory = Directory::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (mut child, said) = start(&directory, "1", listener.into(), Stdio::null());
    let ready = format!("ready: http://{address}/metrics");
    assert!(said.last().is_some_and(|line| line.contains(&ready)), "{said:?}");
    assert!(said.iter().any(|line| line.contains("as systemd says")), "{said:?}");
    assert_served(TcpStream::connect(address).unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn there_may_be_several_of_several_kinds() {
    let directory = Directory::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let path = directory.join("http");
    let unix = OwnedFd::from(UnixListener::bind(&path).unwrap());
    let (mut child, said) = start(&directory, "2", tcp.into(), unix.into());
    let ready = format!("ready: http://{address}/metrics, unix:{}", path.display());
    assert!(said.last().is_some_and(|line| line.contains(&ready)), "{said:?}");
    assert_served(TcpStream::connect(address).unwrap());
    assert_served(UnixStream::connect(&path).unwrap());
    // Its file is systemd's, and stays.
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(path.exists());
}
