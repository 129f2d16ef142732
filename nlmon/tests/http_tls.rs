//! TLS of the HTTP server: whom each kind of door lets in, by which version, suite and certificate,
//! and that each handshake goes by what the files say then.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod certificates;
mod directory;
mod door;

use std::time::{Duration, Instant};

use certificates::{Authority, self_signed};
use door::{Client, Server, TLS, ask};
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

/// What a scrape may take, whatever goes on beside it.
const SCRAPE_TIME: Duration = Duration::from_secs(1);

fn with(rest: &str) -> Server {
    Server::start(Some(&[TLS, rest].concat()), None)
}

fn by(version: &'static rustls::SupportedProtocolVersion) -> Client<'static> {
    Client { version: Some(version), ..Client::default() }
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_is_told_to_be_https() {
    let server = with("");
    assert_eq!(server.status(Client::default()).await, Some(200));
    assert_eq!(server.status(by(&TLS12)).await, Some(200));
    assert_eq!(server.status(by(&TLS13)).await, Some(200));
    let mut plain = server.connect().await;
    plain.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    drop(plain.read_to_string(&mut answer).await);
    assert!(answer.contains("400 Bad Request"), "{answer}");
    assert!(!answer.contains("nlmon_"), "{answer}");
}

/// Which of four clients each word lets in.
#[tokio::test]
async fn each_word_asks_for_its_certificates() {
    let ca = "  client_ca_file: authority.crt\n";
    for (word, ca, expected) in [
        ("NoClientCert", "", [true, true, true, true]),
        ("RequestClientCert", "", [true, true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true, true]),
        ("RequireClientCert", ca, [false, true, true, true]),
        ("VerifyClientCertIfGiven", ca, [true, false, true, false]),
        // Without an authority nobody can vouch for one.
        ("VerifyClientCertIfGiven", "", [true, false, false, false]),
        ("RequireAndVerifyClientCert", ca, [false, false, true, false]),
    ] {
        let server = with(&format!("  client_auth_type: {word}\n{ca}"));
        let known = server.authority.sign("known", &["known.example"]);
        let stranger = Authority::new("authority").sign("stranger", &["known.example"]);
        let unknown = self_signed("unknown", false);
        let clients = [None, Some(&unknown), Some(&known), Some(&stranger)];
        for version in [&TLS12, &TLS13] {
            let mut let_in = Vec::new();
            for pair in clients {
                let client = Client { pair, ..by(version) };
                let_in.push(server.status(client).await == Some(200));
            }
            assert_eq!(let_in, expected, "{word} {ca} {version:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_in_the_list_of_authorities_is_trusted_as_it_is() {
    let rest = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: own.crt\n";
    for is_ca in [false, true] {
        let server = with("");
        let (own, other) = (self_signed("own", is_ca), self_signed("own", is_ca));
        own.write(&server.directory, "own");
        server.write("web.yml", &[TLS, rest].concat());
        let status = async |pair| server.status(Client { pair, ..Client::default() }).await;
        assert_eq!(status(Some(&own)).await, Some(200), "{is_ca}");
        assert_eq!(status(Some(&other)).await, None, "{is_ca}");
        assert_eq!(status(None).await, None);
    }
}

#[tokio::test]
async fn an_allowed_name_lets_in_and_no_other() {
    let rest = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: authority.crt\n  \
        client_allowed_sans: [a.example, 192.0.2.7, \"2001:db8::1\", me@b.example, \
        \"spiffe://c.example/x\"]\n";
    let server = with(rest);
    for (names, expected) in [
        (&["a.example"][..], Some(200)),
        (&["z.example", "a.example"], Some(200)),
        (&["192.0.2.7"], Some(200)),
        (&["2001:db8:0::1"], Some(200)),
        (&["me@b.example"], Some(200)),
        (&["spiffe://c.example/x"], Some(200)),
        (&["A.example"], None),
        (&["sub.a.example"], None),
        (&["192.0.2.8"], None),
        (&["spiffe://c.example/x/y"], None),
        // The common name counts for nothing.
        (&[], None),
    ] {
        let pair = server.authority.sign("a.example", names);
        let client = Client { pair: Some(&pair), ..Client::default() };
        assert_eq!(server.status(client).await, expected, "{names:?}");
    }
    // Nor is anybody let in without a certificate where one may be left out.
    server.write(
        "web.yml",
        &[TLS, "  client_auth_type: RequestClientCert\n  client_allowed_sans: [a.example]\n"]
            .concat(),
    );
    assert_eq!(server.status(Client::default()).await, None);
}

#[tokio::test]
async fn versions_suites_and_curves_are_those_of_the_file() {
    let server = with("  min_version: TLS13\n");
    assert_eq!(server.status(by(&TLS12)).await, None);
    assert_eq!(server.status(by(&TLS13)).await, Some(200));
    server.write("web.yml", &[TLS, "  max_version: TLS12\n"].concat());
    assert_eq!(server.status(by(&TLS12)).await, Some(200));
    assert_eq!(server.status(by(&TLS13)).await, None);
    let (small, large) = (
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    );
    let suites = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n";
    server.write("web.yml", &[TLS, suites].concat());
    let other = [cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256];
    let client = Client { suites: Some(&other), ..by(&TLS12) };
    assert_eq!(server.status(client).await, None);
    // All of TLS 1.3 are there whatever the file names.
    assert_eq!(server.status(by(&TLS13)).await, Some(200));
    for (order, chosen) in [("true", small), ("false", large)] {
        let rest = format!("{suites}  prefer_server_cipher_suites: {order}\n");
        server.write("web.yml", &[TLS, &rest].concat());
        let client = Client { suites: Some(&[large, small]), ..by(&TLS12) };
        let stream = server.tls(client).await.unwrap();
        assert_eq!(stream.get_ref().1.negotiated_cipher_suite(), Some(chosen), "{order}");
    }
    server.write("web.yml", &[TLS, "  curve_preferences: [CurveP384]\n"].concat());
    for (curve, expected) in [(kx_group::SECP384R1, Some(200)), (kx_group::X25519, None)] {
        let client = Client { curves: Some(&[curve]), ..Client::default() };
        assert_eq!(server.status(client).await, expected, "{curve:?}");
    }
}

#[tokio::test]
async fn each_handshake_goes_by_the_files_as_they_are_then() {
    let server = with("");
    let certificate = async || {
        let stream = server.tls(Client::default()).await.ok()?;
        Some(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
    };
    let first = certificate().await.unwrap();
    assert_eq!(certificate().await.unwrap(), first);
    server.authority.sign("server", &["localhost"]).write(&server.directory, "server");
    let second = certificate().await.unwrap();
    assert_ne!(second, first);
    let mut open = server.tls(Client::default()).await.unwrap();
    assert_eq!(ask(&mut open, "/healthz", "").await.unwrap().status(), 200);
    for nonsense in ["tls_server_config: nonsense\n", "\u{0}", "", "basic_auth_users:\n"] {
        server.write("web.yml", nonsense);
        assert_eq!(certificate().await, None, "{nonsense:?}");
    }
    server.write("web.yml", "tls_server_config: nonsense\n");
    let answer = ask(&mut open, "/healthz", "").await.unwrap();
    assert_eq!(answer.status(), 500);
    assert!(answer.0.ends_with("\r\n\r\nInternal Server Error\n"), "{answer:?}");
    server.write("web.yml", TLS);
    assert_eq!(ask(&mut open, "/healthz", "").await.unwrap().status(), 200);
    assert_eq!(certificate().await, Some(second));
    server.write("server.key", "nonsense");
    assert_eq!(certificate().await, None);
}

#[tokio::test]
async fn half_made_handshakes_keep_no_scrape_out_and_do_not_stay() {
    let server = with("");
    let start = Instant::now();
    let mut half_made = Vec::new();
    for number in 0..300 {
        let mut stream = server.connect().await;
        // The head of a record that holds a ClientHello, which does not come.
        let sent = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc];
        stream.write_all(&sent[..number % (sent.len() + 1)]).await.unwrap();
        half_made.push(stream);
    }
    let scrape = Instant::now();
    assert_eq!(server.status(Client::default()).await, Some(200));
    assert!(scrape.elapsed() < SCRAPE_TIME, "{:?}", scrape.elapsed());
    for mut stream in half_made {
        let closed = timeout(Duration::from_secs(10), stream.read(&mut [0; 64])).await;
        assert!(!matches!(closed.unwrap(), Ok(1..)));
    }
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_half_made_handshake_holds_up_no_end() {
    let server = with("");
    let mut half_made = server.connect().await;
    half_made.write_all(&[0x16, 3]).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    server.stop.send(true).unwrap();
    timeout(SCRAPE_TIME, server.task).await.unwrap().unwrap().unwrap();
}

/// The text of `/healthz` by HTTP/2.
async fn by_http2(
    send: &mut h2::client::SendRequest<axum::body::Bytes>,
    path: &str,
) -> Result<u16, h2::Error> {
    let request = axum::http::Request::get(format!("https://localhost{path}")).body(()).unwrap();
    let (answer, _) = send.send_request(request, true)?;
    let answer = answer.await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    while let Some(bytes) = body.data().await {
        body.flow_control().release_capacity(bytes?.len())?;
    }
    Ok(status)
}

#[tokio::test]
async fn http2_is_spoken_unless_the_file_says_no_and_ends_when_unused() {
    let server = with("http_server_config:\n  http2: false\n");
    let client = Client { http2: true, ..Client::default() };
    let stream = server.tls(client).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    server.write("web.yml", TLS);
    let stream = server.tls(client).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    assert_eq!(by_http2(&mut send, "/metrics").await.unwrap(), 200);
    assert_eq!(by_http2(&mut send, "/healthz").await.unwrap(), 200);
    server.write("web.yml", "nonsense");
    assert_eq!(by_http2(&mut send, "/healthz").await.unwrap(), 500);
    server.write("web.yml", TLS);
    let asked = axum::http::Request::get("https://localhost/live").body(()).unwrap();
    let (stream, _) = send.send_request(asked, true).unwrap();
    let mut stream = stream.await.unwrap().into_body();
    assert!(stream.data().await.unwrap().unwrap().starts_with(b"event: hello"));
    // The stream is used for as long as it is read.
    sleep(Duration::from_secs(8)).await;
    assert_eq!(by_http2(&mut send, "/healthz").await.unwrap(), 200);
    drop(stream);
    let ended = timeout(Duration::from_secs(10), connection).await;
    assert!(ended.is_ok(), "an unused connection stays");
}
