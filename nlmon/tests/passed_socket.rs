//! The daemon at a listener that it was started with, as systemd starts a service that has a socket
//! unit: `sd_listen_fds(3)`. Without probes, in a user namespace.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use directory::Directory;

/// The listener comes as standard input and becomes descriptor 3. `exec` keeps the process's id.
const PASS: &str =
    "LISTEN_PID=$$ LISTEN_FDS=1 exec unshare --user --map-root-user \"$@\" 3<&0 </dev/null";

/// Nobody may listen there without a right, which shows that the daemon does not try.
const FORBIDDEN: &str = "127.0.0.1:1";

#[test]
fn a_passed_listener_takes_the_place_of_an_own_one() {
    let directory = Directory::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", PASS, "sh", env!("CARGO_BIN_EXE_nlmon"), "run", "--listen", FORBIDDEN])
        .arg("--socket")
        .arg(directory.join("log"))
        .stdin(OwnedFd::from(listener))
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
    let ready = format!("ready: http://{address}/metrics");
    assert!(said.last().is_some_and(|line| line.contains(&ready)), "{said:?}");
    assert!(said.iter().any(|line| line.contains("as systemd says")), "{said:?}");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
}
