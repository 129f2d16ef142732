//! The door of the HTTP server: TLS, who may come in, how often, and which headers each answer has.
//! What it holds to stands in two files, which are read again at each handshake and each request: a
//! file that has become wrong lets nobody in, and an earlier right counts no more. The only user of
//! `rustls`, `tokio_rustls`, `bcrypt`, `ring` and `x509_cert`.
//!
//! Invariant: no secret is in an error, a line of the log or what `Debug` shows.

mod clients;
mod error;
mod passwords;
mod rate;
mod read;
mod settings;
mod tls;
mod token;
mod written;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::ServerConfig;
use tokio::task::spawn_blocking;

pub use error::Error;

use crate::{connections::Refusal, throttle::DOOR};
use passwords::Passwords;
use rate::Bucket;
use settings::{Settings, Users};
use tls::Tls;

/// What `Debug` may show of it is where it stands.
pub struct Door {
    web: Option<Web>,
    token: Option<PathBuf>,
    passwords: Passwords,
}

/// A web configuration, and what of it stays as it was at the start.
struct Web {
    path: PathBuf,
    is_tls: bool,
    bucket: Option<Bucket>,
    /// Those that it named then.
    files: Vec<PathBuf>,
}

/// What the files say at one request.
#[derive(Default)]
struct Rules {
    headers: Vec<(HeaderName, HeaderValue)>,
    users: Users,
    token: Option<Vec<u8>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let web = self.web.as_ref().map(|web| &web.path);
        f.debug_struct("Door")
            .field("web", &web)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl Door {
    /// By a web configuration and a file with a token; an empty path is none.
    ///
    /// # Errors
    /// What is wrong with either, or with a file that the configuration names.
    pub fn new(web_config: &Path, bearer_token: &Path) -> Result<Self, Error> {
        let some = |path: &Path| (!path.as_os_str().is_empty()).then(|| path.to_owned());
        let web = some(web_config).map(Web::new).transpose()?;
        let token = some(bearer_token);
        if let Some(path) = &token {
            token::token(path)?;
            token::warn_of_readers(path)?;
        }
        Ok(Self { web, token, passwords: Passwords::new() })
    }

    /// Whether connections are encrypted.
    pub fn is_tls(&self) -> bool {
        self.web.as_ref().is_some_and(|web| web.is_tls)
    }

    /// The files that it reads again and again, as they were named at the start.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let web = self.web.iter().flat_map(|web| web.files.iter().chain([&web.path]));
        web.chain(&self.token).map(PathBuf::as_path)
    }

    /// How to talk to one client, as the files say now. Why not is said in the log.
    pub(super) async fn tls(&self) -> io::Result<Arc<ServerConfig>> {
        let Some(web) = &self.web else { return Err(io::ErrorKind::Unsupported.into()) };
        let path = web.path.clone();
        match spawn_blocking(move || server_config(&path)).await? {
            Ok(config) => Ok(Arc::new(config)),
            Err(error) => {
                DOOR.error(format_args!("http: no TLS: {error}"));
                Refusal::Configuration.count();
                Err(io::Error::other(error))
            }
        }
    }

    /// Lets a request in, with the headers that its answer has to have; or has an answer that says
    /// why not.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Response> {
        if self.web.is_none() && self.token.is_none() {
            return Ok(Vec::new());
        }
        let rules = self.rules().await.map_err(|error| {
            DOOR.error(format_args!("http: nobody is let in: {error}"));
            Refusal::Configuration.count();
            refusal(StatusCode::INTERNAL_SERVER_ERROR)
        })?;
        let bucket = self.web.as_ref().and_then(|web| web.bucket.as_ref());
        if bucket.is_some_and(|bucket| !bucket.take(Instant::now())) {
            Refusal::Rate.count();
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS));
        }
        if self.is_known(&rules, headers).await {
            return Ok(rules.headers);
        }
        Refusal::Unauthorized.count();
        let mut refusal = refusal(StatusCode::UNAUTHORIZED);
        let ways = [
            (!rules.users.is_empty(), "Basic realm=\"nlmon\""),
            (rules.token.is_some(), "Bearer realm=\"nlmon\""),
        ];
        for (_, way) in ways.into_iter().filter(|(is_one, _)| *is_one) {
            refusal.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(way));
        }
        give(&mut refusal, &rules.headers);
        Err(refusal)
    }

    /// Reads the files off the async threads.
    async fn rules(&self) -> Result<Rules, Box<dyn std::error::Error + Send + Sync>> {
        let web = self.web.as_ref().map(|web| (web.path.clone(), web.is_tls));
        let token = self.token.clone();
        let read = move || {
            let mut rules = Rules::default();
            if let Some((path, was_tls)) = web {
                let settings = Settings::read(&path)?;
                if settings.tls.is_some() && !was_tls {
                    DOOR.warn(format_args!(
                        "http: not encrypted yet: tls_server_config of {} takes a restart",
                        path.display()
                    ));
                }
                (rules.headers, rules.users) = (settings.headers, settings.users);
            }
            rules.token = token.as_deref().map(token::token).transpose()?;
            Ok::<_, Error>(rules)
        };
        Ok(spawn_blocking(read).await??)
    }

    /// By a password or the token; and everybody is, if there are neither users nor a token.
    async fn is_known(&self, rules: &Rules, headers: &HeaderMap) -> bool {
        if rules.users.is_empty() && rules.token.is_none() {
            return true;
        }
        let Some((scheme, rest)) = authorization(headers) else { return false };
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return rules.token.as_ref().is_some_and(|token| token::is_same(token, rest));
        }
        if !scheme.eq_ignore_ascii_case(b"basic") || rules.users.is_empty() {
            return false;
        }
        let Some((user, password)) = credentials(rest) else { return false };
        self.passwords.is_right(&rules.users, &user, &password).await
    }
}

impl Web {
    fn new(path: PathBuf) -> Result<Self, Error> {
        let settings = Settings::read(&path)?;
        if let Some(tls) = &settings.tls {
            tls.server_config(&path, settings.http2)?;
        }
        let bucket = settings.rate.map(|rate| Bucket::new(rate, Instant::now()));
        let files = settings.tls.as_ref().map(Tls::files).unwrap_or_default();
        Ok(Self { path, is_tls: settings.tls.is_some(), bucket, files })
    }
}

fn server_config(path: &Path) -> Result<ServerConfig, Error> {
    let settings = Settings::read(path)?;
    let missing = || Error::whole(path, "found no tls_server_config, expected one as at the start");
    settings.tls.as_ref().ok_or_else(missing)?.server_config(path, settings.http2)
}

/// Scheme and rest of the header, if there is one.
fn authorization(headers: &HeaderMap) -> Option<(&[u8], &[u8])> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let end = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at(end);
    Some((scheme, rest.trim_ascii()))
}

/// User and password of basic authentication.
fn credentials(encoded: &[u8]) -> Option<(String, Vec<u8>)> {
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (user, password) = decoded.split_at(colon);
    // One that is no text is nobody's name; it costs the same to say so.
    Some((String::from_utf8_lossy(user).into_owned(), password.get(1..)?.to_vec()))
}

fn refusal(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    (status, format!("{reason}\n")).into_response()
}

/// Gives an answer the headers, but for those that it has itself: the page's are stricter.
pub(super) fn give(answer: &mut Response, headers: &[(HeaderName, HeaderValue)]) {
    for (name, value) in headers {
        answer.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
}
