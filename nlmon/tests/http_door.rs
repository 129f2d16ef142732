//! Who may use the HTTP server, and how often: passwords, the token, the limit and the headers of a
//! web configuration, each as the files say at the moment of a request.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod certificates;
mod directory;
mod door;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use door::{Client, Server, TLS, ask, basic, users};
use nlmon::http::Door;

const BEARER: &str = "Authorization: Bearer geheim\r\n";

/// Every path, there or not, is behind the same door.
const PATHS: [&str; 6] = ["/metrics", "/healthz", "/readyz", "/", "/live", "/nowhere"];

async fn status(server: &Server, headers: &str) -> u16 {
    server.get("/healthz", headers).await.status()
}

#[tokio::test]
async fn without_files_everybody_is_let_in() {
    let server = Server::start(None, None);
    assert_eq!(status(&server, "").await, 200);
    assert_eq!(status(&server, &basic("anybody", "anything")).await, 200);
    let empty = Server::start(Some(""), None);
    assert_eq!(status(&empty, "").await, 200);
}

#[tokio::test]
async fn a_password_lets_its_user_in() {
    let server = Server::start(Some(&users(&[("alice", "one"), ("bob", "t:wo")])), None);
    for path in PATHS {
        let refused = server.get(path, "").await;
        assert_eq!(refused.status(), 401, "{path}");
        assert_eq!(refused.header("www-authenticate"), ["Basic realm=\"nlmon\""]);
        assert!(refused.0.ends_with("\r\n\r\nUnauthorized\n"), "{refused:?}");
    }
    // Twice, as the second answer is by what is remembered of the first.
    for _ in 0..2 {
        assert_eq!(status(&server, &basic("alice", "one")).await, 200);
        assert_eq!(status(&server, &basic("bob", "t:wo")).await, 200);
        for (user, password) in [("alice", "t:wo"), ("alice", ""), ("bob", "one"), ("eve", "one")] {
            assert_eq!(status(&server, &basic(user, password)).await, 401, "{user} {password}");
        }
    }
    for header in ["Basic", "Basic !", "Basic YWxpY2U=", "Bearer one", "Digest x", "basic  "] {
        let header = format!("Authorization: {header}\r\n");
        assert_eq!(status(&server, &header).await, 401, "{header}");
    }
    // The name of the scheme has no case.
    assert_eq!(status(&server, &basic("alice", "one").replace("Basic", "bAsIc")).await, 200);
}

#[tokio::test]
async fn a_changed_file_counts_at_once() {
    let server = Server::start(Some(&users(&[("alice", "one")])), None);
    assert_eq!(status(&server, &basic("alice", "one")).await, 200);
    server.write("web.yml", &users(&[("alice", "two")]));
    assert_eq!(status(&server, &basic("alice", "one")).await, 401);
    assert_eq!(status(&server, &basic("alice", "two")).await, 200);
    server.write("web.yml", &users(&[("bob", "two")]));
    assert_eq!(status(&server, &basic("alice", "two")).await, 401);
    for nonsense in ["nonsense\n", "basic_auth_users:\n  alice: two\n", "basic_auth_users: [\n"] {
        server.write("web.yml", nonsense);
        for headers in ["", &basic("alice", "two"), &basic("bob", "two")] {
            assert_eq!(status(&server, headers).await, 500, "{nonsense}");
        }
    }
    std::fs::remove_file(server.directory.join("web.yml")).unwrap();
    assert_eq!(status(&server, &basic("bob", "two")).await, 500);
    server.write("web.yml", "");
    assert_eq!(status(&server, "").await, 200);
}

/// Measured: an unknown user costs what the most expensive known one does.
#[tokio::test]
async fn a_name_that_is_no_users_takes_as_long() {
    let hash = bcrypt::hash("right", 8).unwrap();
    let server = Server::start(Some(&format!("basic_auth_users:\n  alice: {hash}\n")), None);
    let time = async |user: &str, password: &str| {
        let start = Instant::now();
        assert_eq!(status(&server, &basic(user, password)).await, 401);
        start.elapsed()
    };
    let known = time("alice", "wrong").await;
    let unknown = time("eve", "wrong").await;
    assert!(unknown > known / 3 && known > unknown / 3, "{known:?} {unknown:?}");
    let remembered = time("eve", "wrong").await;
    assert!(remembered < unknown / 3, "{unknown:?} {remembered:?}");
}

#[tokio::test]
async fn the_token_lets_in_besides_a_password() {
    let server = Server::start(Some(&users(&[("alice", "one")])), Some("geheim\n"));
    assert_eq!(status(&server, BEARER).await, 200);
    assert_eq!(status(&server, &basic("alice", "one")).await, 200);
    assert_eq!(status(&server, "Authorization: bearer geheim\r\n").await, 200);
    for header in ["Bearer geheim2", "Bearer gehei", "Bearer", "Basic geheim", "geheim"] {
        let header = format!("Authorization: {header}\r\n");
        assert_eq!(status(&server, &header).await, 401, "{header}");
    }
    let refused = server.get("/metrics", "").await;
    let ways = ["Basic realm=\"nlmon\"", "Bearer realm=\"nlmon\""];
    assert_eq!(refused.header("www-authenticate"), ways);
    server.write("token", "other");
    assert_eq!(status(&server, BEARER).await, 401);
    assert_eq!(status(&server, "Authorization: Bearer other\r\n").await, 200);
    server.write("token", "\n");
    assert_eq!(status(&server, "Authorization: Bearer \r\n").await, 500);
    assert_eq!(status(&server, &basic("alice", "one")).await, 500);
}

#[tokio::test]
async fn the_token_alone_is_asked_for() {
    let server = Server::start(None, Some("geheim"));
    for path in PATHS {
        let refused = server.get(path, "").await;
        assert_eq!(refused.status(), 401, "{path}");
        assert_eq!(refused.header("www-authenticate"), ["Bearer realm=\"nlmon\""]);
    }
    assert_eq!(status(&server, &basic("alice", "geheim")).await, 401);
    assert_eq!(status(&server, BEARER).await, 200);
}

#[tokio::test]
async fn too_many_are_told_so_before_they_are_asked_who_they_are() {
    let web = [&users(&[("alice", "one")]), "rate_limit:\n  interval: 1h\n  burst: 3\n"].concat();
    let server = Server::start(Some(&web), None);
    assert_eq!(status(&server, "").await, 401);
    assert_eq!(status(&server, &basic("alice", "one")).await, 200);
    assert_eq!(status(&server, &basic("alice", "one")).await, 200);
    for headers in ["", &basic("alice", "one")] {
        let refused = server.get("/metrics", headers).await;
        assert_eq!(refused.status(), 429);
        assert!(refused.0.ends_with("\r\n\r\nToo Many Requests\n"), "{refused:?}");
    }
}

#[tokio::test]
async fn answers_have_the_headers_of_the_file_but_the_page_keeps_its_own() {
    let web = "http_server_config:\n  headers:\n    Content-Security-Policy: default-src 'self'\n    \
        X-Frame-Options: deny\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection:\n";
    let server = Server::start(Some(&[web, &users(&[("alice", "one")])].concat()), None);
    let known = basic("alice", "one");
    for (path, headers, status) in
        [("/metrics", &*known, 200), ("/healthz", &*known, 200), ("/", "", 401)]
    {
        let answer = server.get(path, headers).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.header("content-security-policy"), ["default-src 'self'"], "{path}");
        assert_eq!(answer.header("x-frame-options"), ["deny"], "{path}");
        assert_eq!(answer.header("x-xss-protection"), [""; 0], "{path}");
    }
    let page = server.get("/", &known).await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.header("x-frame-options"), ["deny"]);
    assert_eq!(page.header("x-content-type-options"), ["nosniff"]);
    let [policy] = page.header("content-security-policy")[..] else { panic!("{page:?}") };
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
}

/// By its certificate a browser knows whom it talks to; without one the name has to be known.
#[tokio::test]
async fn with_tls_the_page_is_there_by_any_name() {
    let server = Server::start(Some(TLS), None);
    let mut stream = server.tls(Client::default()).await.unwrap();
    let host = "X-Ignored: x\r\n";
    assert_eq!(ask(&mut stream, "/", host).await.unwrap().status(), 200);
    let named = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut stream = server.tls(Client::default()).await.unwrap();
    assert_eq!(door::send(&mut stream, &named("nlmon.example:9776")).await.unwrap().status(), 200);
    let plain = Server::start(None, None);
    let mut stream = plain.connect().await;
    assert_eq!(door::send(&mut stream, &named("nlmon.example:9776")).await.unwrap().status(), 403);
    let foreign = "Sec-Fetch-Site: cross-site\r\n";
    let mut stream = server.tls(Client::default()).await.unwrap();
    assert_eq!(ask(&mut stream, "/", foreign).await.unwrap().status(), 403);
}

#[test]
fn a_door_shows_no_secret() {
    let directory = directory::Directory::new();
    let (web, token) = (directory.join("web.yml"), directory.join("token"));
    std::fs::write(&web, users(&[("alice", "one")])).unwrap();
    std::fs::write(&token, "geheim").unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o640)).unwrap();
    let shown = format!("{:?}", Door::new(&web, &token).unwrap());
    assert!(shown.contains("web.yml") && !shown.contains("geheim") && !shown.contains("$2"));
}

/// One is tried at a time: others who know the password, and those who need none, do not wait.
#[tokio::test]
async fn who_guesses_passwords_keeps_out_nobody_who_is_known() {
    let hash = bcrypt::hash("right", 8).unwrap();
    let server = Server::start(Some(&format!("basic_auth_users:\n  alice: {hash}\n")), None);
    let known = basic("alice", "right");
    assert_eq!(status(&server, &known).await, 200);
    let mut guesses = Vec::new();
    for number in 0..6 {
        let mut stream = server.connect().await;
        let header = basic("alice", &format!("guess {number}"));
        guesses.push(tokio::spawn(async move { ask(&mut stream, "/metrics", &header).await }));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    assert_eq!(status(&server, &known).await, 200);
    let took = start.elapsed();
    let mut last = Duration::ZERO;
    for guess in guesses {
        assert_eq!(guess.await.unwrap().unwrap().status(), 401);
        last = start.elapsed();
    }
    assert!(took < last / 3, "{took:?} of {last:?}");
}

/// The counts are of the whole process, and other tests of it run beside.
#[tokio::test]
async fn what_is_refused_is_counted_by_reason() {
    let count = |reason: &str| {
        let mut counts = nlmon::connections::refused();
        counts.find_map(|(name, count)| (name == reason).then_some(count)).unwrap()
    };
    let reasons = ["unauthorized", "rate", "configuration", "handshake"];
    let before = reasons.map(count);
    let limit = "rate_limit:\n  interval: 1h\n  burst: 1\n";
    let server = Server::start(Some(&[TLS, limit].concat()), Some("geheim"));
    let mut stream = server.tls(Client::default()).await.unwrap();
    for (web, status) in [(TLS, 401), (TLS, 429), ("nonsense", 500)] {
        server.write("web.yml", web);
        assert_eq!(ask(&mut stream, "/", "").await.unwrap().status(), status);
    }
    server.write("web.yml", TLS);
    drop(server.get("/", "").await);
    let shown = reasons.map(count);
    assert!(shown.iter().zip(before).all(|(now, then)| *now > then), "{before:?} {shown:?}");
}
