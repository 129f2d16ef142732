//! What a web configuration means. It is that of the Prometheus exporters (exporter-toolkit), whose
//! documentation describes it: the same file means the same here, and what cannot be done here is an
//! error.

use std::{collections::BTreeMap, fmt, path::Path, str::FromStr as _};

use axum::http::{HeaderName, HeaderValue};
use bcrypt::HashParts;
use serde_saphyr::Spanned;

use super::{
    error::{Error, found},
    rate::{Rate, duration},
    read::read_text,
    tls::Tls,
    written::{self, Secret, Written},
};

/// Costs that a bcrypt hash may have.
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// Headers that an answer may be given, and the values that they may have; none for any.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// A hash of a password, and its cost.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hash {
    pub(super) text: String,
    pub(super) cost: u32,
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash").field("cost", &self.cost).finish_non_exhaustive()
    }
}

/// Users and the hashes of their passwords.
pub(super) type Users = BTreeMap<String, Hash>;

/// A whole web configuration. The files that it names are not read yet.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) tls: Option<Tls>,
    pub(super) http2: bool,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) rate: Option<Rate>,
    pub(super) users: Users,
}

impl Settings {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        Self::of(path, &read_text(path)?)
    }

    fn of(path: &Path, text: &str) -> Result<Self, Error> {
        let written = written::parse(path, text)?;
        let Written { tls_server_config, http_server_config, rate_limit, basic_auth_users } =
            written;
        let http = http_server_config.unwrap_or_default();
        let http2 = http.http2.unwrap_or(true);
        let tls = match tls_server_config {
            Some(tls) => Tls::new(path, tls, http2)?,
            None => None,
        };
        let headers = http.headers.unwrap_or_default();
        let users = basic_auth_users.unwrap_or_default();
        Ok(Self {
            tls,
            http2,
            headers: headers
                .iter()
                .filter_map(|(name, value)| header(path, name, value).transpose())
                .collect::<Result<_, _>>()?,
            rate: rate_limit.map(|limit| rate(path, &limit)).transpose()?.flatten(),
            users: users
                .into_iter()
                .map(|(name, secret)| user(path, name, secret))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// A header; none where its value is empty.
fn header(
    path: &Path,
    name: &str,
    value: &Spanned<Option<String>>,
) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
    let place = value.referenced;
    let key = format!("http_server_config.headers.{name}");
    let Some((known, values)) = HEADERS.iter().find(|(known, _)| *known == name) else {
        let names = HEADERS.map(|(name, _)| name).join(", ");
        let what = format!("http_server_config.headers: found {name:?}, expected one of {names}");
        return Err(Error::at(path, place, what));
    };
    let value = value.value.as_deref().unwrap_or_default();
    if !values.is_empty() && !values.contains(&value) {
        return Err(Error::at(path, place, found(&key, value, &values.join(" or "))));
    }
    let parsed = HeaderValue::from_str(value).map_err(|_invalid| {
        Error::at(path, place, found(&key, value, "one line of printable characters"))
    })?;
    let name = HeaderName::from_str(known)
        .map_err(|error| Error::at(path, place, format!("{key}: {error}")))?;
    Ok((!value.is_empty()).then_some((name, parsed)))
}

/// The limit; none with an interval of 0.
fn rate(path: &Path, limit: &written::RateLimit) -> Result<Option<Rate>, Error> {
    let interval = match &limit.interval {
        None => return Ok(None),
        Some(text) => duration(&text.value).ok_or_else(|| {
            let expected = "a duration with its unit, as in 500ms, 1s or 1m30s, or 0 for no limit";
            Error::at(path, text.referenced, found("rate_limit.interval", &text.value, expected))
        })?,
    };
    let burst = match &limit.burst {
        None => 0,
        Some(burst) => u32::try_from(burst.value).map_err(|_outside| {
            let expected = format!("a number from 0 to {}", u32::MAX);
            let what = format!("rate_limit.burst: found {}, expected {expected}", burst.value);
            Error::at(path, burst.referenced, what)
        })?,
    };
    Ok((!interval.is_zero()).then_some(Rate { interval, burst }))
}

fn user(
    path: &Path,
    name: String,
    secret: Spanned<Option<Secret>>,
) -> Result<(String, Hash), Error> {
    let Spanned { value, referenced, .. } = secret;
    let Secret(text) = value.unwrap_or_default();
    let cost = HashParts::from_str(&text).ok().map(|parts| parts.get_cost());
    match cost.filter(|cost| COSTS.contains(cost)) {
        Some(cost) => Ok((name, Hash { text, cost })),
        // Somebody may have written the password itself.
        None => Err(Error::at(
            path,
            referenced,
            format!(
                "basic_auth_users.{name}: found what is no bcrypt hash (and is not shown), \
                 expected one as htpasswd -B makes it, $2y$10$..."
            ),
        )),
    }
}
