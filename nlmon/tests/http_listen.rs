//! The HTTP server at several addresses: TCP, a Unix socket and vsock, side by side. The limit on
//! connections and the shares of peers are the same for all.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod certificates;
mod directory;
mod door;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use directory::Directory;
use door::{Listening, ask};
use nlmon::http::{Address, Listener};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_vsock::{VMADDR_CID_LOCAL, VsockAddr, VsockStream};

/// Places of the server.
const CONNECTIONS: usize = 16;

fn unix(directory: &Directory, name: &str) -> (PathBuf, Address) {
    let path = directory.join(name);
    (path.clone(), format!("unix:{}", path.display()).parse().unwrap())
}

fn bind(address: &Address) -> Listener {
    Listener::bind(address).unwrap()
}

#[tokio::test]
async fn each_address_is_served_and_each_file_goes_at_the_end() {
    let directory = Directory::new();
    let (path, socket) = unix(&directory, "below/http");
    let mut listeners = vec![bind(&socket)];
    for text in ["127.0.0.1:0", "[::1]:0"] {
        listeners.push(bind(&text.parse().unwrap()));
    }
    let addresses: Vec<_> = listeners.iter().map(|l| l.address().clone()).collect();
    let server = Listening::start(listeners, CONNECTIONS);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    for _ in 0..3 {
        for address in &addresses {
            let answer = match address {
                Address::Tcp(address) => {
                    ask(&mut TcpStream::connect(address).await.unwrap(), "/metrics", "").await
                }
                _ => ask(&mut UnixStream::connect(&path).await.unwrap(), "/metrics", "").await,
            };
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 200, "{address}");
            assert!(answer.0.contains("nlmon_build_info"), "{address}");
        }
    }
    server.end().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_or_a_file_is_not() {
    let directory = Directory::new();
    let (path, address) = unix(&directory, "http");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = Listening::start(vec![bind(&address)], CONNECTIONS);
    let again = Listener::bind(&address).unwrap_err().to_string();
    assert!(again.contains("another nlmon serves"), "{again}");
    let mut stream = UnixStream::connect(&path).await.unwrap();
    assert_eq!(ask(&mut stream, "/healthz", "").await.unwrap().status(), 200);
    drop(stream);
    server.end().await;
    fs::write(&path, "precious").unwrap();
    let file = Listener::bind(&address).unwrap_err().to_string();
    assert!(file.contains("is no socket"), "{file}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

/// All of them are of one user, so its oldest idle one makes room, by whichever socket it came.
#[tokio::test]
async fn connections_of_all_addresses_share_the_places() {
    let directory = Directory::new();
    let (path, socket) = unix(&directory, "http");
    let listeners = vec![bind(&socket), bind(&"127.0.0.1:0".parse().unwrap())];
    let Address::Tcp(tcp) = *listeners[1].address() else { panic!("{listeners:?}") };
    let server = Listening::start(listeners, CONNECTIONS);
    let mut idle = Vec::new();
    for _ in 0..5 * CONNECTIONS {
        idle.push(UnixStream::connect(&path).await.unwrap());
    }
    for _ in 0..3 {
        let mut stream = TcpStream::connect(tcp).await.unwrap();
        assert_eq!(ask(&mut stream, "/healthz", "").await.unwrap().status(), 200);
    }
    // Those that had to go have gone at once, and not by their own time.
    for stream in &mut idle[..3 * CONNECTIONS] {
        let read = timeout(Duration::from_secs(1), stream.read(&mut [0; 8])).await;
        assert!(!matches!(read.unwrap(), Ok(1..)));
    }
    drop(idle);
    server.end().await;
}

/// Listens everywhere. To connect takes the kernel's module `vsock_loopback`, which not every kernel
/// has: without it this shows only that the socket is made, and says so.
#[tokio::test]
async fn vsock_is_served_where_the_kernel_has_it() {
    let listener = bind(&"vsock://:9776016".parse().unwrap());
    let server = Listening::start(vec![listener], CONNECTIONS);
    if std::path::Path::new("/sys/module/vsock_loopback").exists() {
        let connect = || VsockStream::connect(VsockAddr::new(VMADDR_CID_LOCAL, 9_776_016));
        let mut stream = connect().await.unwrap();
        assert_eq!(ask(&mut stream, "/healthz", "").await.unwrap().status(), 200);
        let mut named = connect().await.unwrap();
        let page = "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n";
        assert_eq!(door::send(&mut named, page).await.unwrap().status(), 403);
    } else {
        eprintln!("no vsock_loopback: nobody has connected");
    }
    server.end().await;
}
