//! The HTTP server in this process, behind a door of the test's own, and clients of it.
#![allow(dead_code, reason = "not every test wants all of it")]
#![allow(clippy::allow_attributes, reason = "whether it is needed depends on the test")]

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nlmon::health::{Health, ProbeState};
use nlmon::http::{self, Address, Door, Listener};
use nlmon::live::bus::{Bus, Limits};
use nlmon::live::stats::StatsSource;
use nlmon::metrics::{LogTotals, Metrics};
use nlmon::supervisor::{Heartbeat, Tasks};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, crypto::ring};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{Authority, Pair};
use crate::directory::Directory;

const PATIENCE: Duration = Duration::from_secs(10);

/// Of Go's names the two files that every case has.
pub(crate) const TLS: &str =
    "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) directory: Directory,
    pub(crate) authority: Authority,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

/// A server without a door, at listeners of the test's own.
pub(crate) struct Listening {
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    pub(crate) fn start(listeners: Vec<Listener>, connections: usize) -> Self {
        let nowhere = std::path::Path::new("");
        let (stop, task) = serve(listeners, Door::new(nowhere, nowhere).unwrap(), connections);
        Self { stop, task }
    }

    pub(crate) async fn end(self) {
        self.stop.send(true).unwrap();
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

fn serve(
    listeners: Vec<Listener>,
    door: Door,
    connections: usize,
) -> (watch::Sender<bool>, JoinHandle<std::io::Result<()>>) {
    let metrics =
        Arc::new(Metrics::new(None, Vec::new(), Vec::new(), false, LogTotals::default).unwrap());
    let (stop, stopped) = watch::channel(false);
    let (_, connections) = watch::channel(connections);
    let log = Some((Bus::new(Limits::default()), StatsSource::new(|_| String::new())));
    let server = http::serve(listeners, door, metrics, health(), log, connections, stopped);
    (stop, tokio::spawn(server))
}

pub(crate) fn health() -> Arc<Health> {
    let (progress, subscriptions) = (Arc::default(), Arc::default());
    let (pipeline, tasks) = (Heartbeat::new(Duration::from_mins(1)), Tasks::default());
    let probes = ProbeState::default();
    Arc::new(Health { probes, pipeline, progress, ring: None, subscriptions, tasks })
}

impl Server {
    /// With `web.yml` and `token` of these texts, if there are any.
    pub(crate) fn start(web: Option<&str>, token: Option<&str>) -> Self {
        let directory = Directory::new();
        let authority = Authority::new("authority");
        authority.sign("server", &["localhost"]).write(&directory, "server");
        fs::write(directory.join("authority.crt"), &authority.cert).unwrap();
        let file = |name: &str, text: Option<&str>| match text {
            Some(text) => {
                fs::write(directory.join(name), text).unwrap();
                directory.join(name)
            }
            None => PathBuf::new(),
        };
        let door = Door::new(&file("web.yml", web), &file("token", token)).unwrap();
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let Address::Tcp(address) = *listener.address() else { panic!("{listener:?}") };
        let (stop, task) = serve(vec![listener], door, 16);
        Self { address, directory, authority, stop, task }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.join(name), text).unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Without TLS.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Answer {
        let mut stream = self.connect().await;
        ask(&mut stream, path, headers).await.unwrap()
    }

    /// A connection with TLS.
    pub(crate) async fn tls(&self, client: Client<'_>) -> std::io::Result<TlsStream<TcpStream>> {
        let config = Arc::new(client.config(&self.authority.cert));
        let name = ServerName::try_from("localhost").unwrap();
        let connect = TlsConnector::from(config).connect(name, self.connect().await);
        timeout(PATIENCE, connect).await.unwrap()
    }

    /// Status of a request with TLS; none if the handshake fails.
    pub(crate) async fn status(&self, client: Client<'_>) -> Option<u16> {
        let mut stream = self.tls(client).await.ok()?;
        Some(ask(&mut stream, "/healthz", "").await.ok()?.status())
    }
}

/// How a client speaks TLS; by default as it likes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Client<'a> {
    pub(crate) pair: Option<&'a Pair>,
    pub(crate) version: Option<&'static SupportedProtocolVersion>,
    pub(crate) suites: Option<&'a [rustls::SupportedCipherSuite]>,
    pub(crate) curves: Option<&'a [&'static dyn rustls::crypto::SupportedKxGroup]>,
    pub(crate) http2: bool,
}

impl Client<'_> {
    fn config(self, authority: &str) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let mut provider = ring::default_provider();
        if let Some(suites) = self.suites {
            provider.cipher_suites = suites.to_vec();
        }
        if let Some(curves) = self.curves {
            provider.kx_groups = curves.to_vec();
        }
        let versions = self.version.map_or(rustls::ALL_VERSIONS.to_vec(), |version| vec![version]);
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match self.pair {
            None => builder.with_no_client_auth(),
            Some(Pair { cert, key }) => {
                let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![cert], key).unwrap()
            }
        };
        if self.http2 {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        config
    }
}

/// Head and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Its values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let value = |line| str::strip_prefix(line, name)?.strip_prefix(": ");
        self.0.lines().filter_map(value).collect()
    }
}

/// Asks, and reads to the end of the answer; the connection stays.
pub(crate) async fn ask<S>(stream: &mut S, path: &str, headers: &str) -> std::io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send(stream, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")).await
}

/// The same, with the whole request.
pub(crate) async fn send<S>(stream: &mut S, request: &str) -> std::io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = String::new();
    loop {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap()?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
            return Ok(Answer(answer));
        }
    }
}

/// The header for a user.
pub(crate) fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
    format!("Authorization: Basic {text}\r\n")
}

/// `basic_auth_users` with these passwords.
pub(crate) fn users(users: &[(&str, &str)]) -> String {
    let line = |(user, password): &(&str, &str)| {
        format!("  {user}: {}\n", bcrypt::hash(password, 4).unwrap())
    };
    format!("basic_auth_users:\n{}", users.iter().map(line).collect::<String>())
}
