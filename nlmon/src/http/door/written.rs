//! A web configuration as it is written: keys and values by their types, and where they stand. What
//! they mean is `settings`'.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Deserialize;
use serde_saphyr::{Options, Spanned, UserMessageFormatter};

use super::error::Error;

/// Most parts of a file, those that aliases repeat included.
const PARTS_MAX: usize = 20_000;
/// Mappings and sequences inside of each other; a file has three.
const DEPTH_MAX: usize = 16;

/// A text and where it stands.
pub(super) type Text = Option<Spanned<String>>;

/// A text that is never shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    pub(super) tls_server_config: Option<Tls>,
    pub(super) http_server_config: Option<Http>,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) basic_auth_users: Option<BTreeMap<String, Spanned<Option<Secret>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    pub(super) cert: Text,
    pub(super) key: Option<Spanned<Secret>>,
    pub(super) client_ca: Text,
    pub(super) cert_file: Text,
    pub(super) key_file: Text,
    pub(super) client_ca_file: Text,
    pub(super) client_auth_type: Text,
    pub(super) client_allowed_sans: Option<Spanned<Vec<String>>>,
    pub(super) min_version: Text,
    pub(super) max_version: Text,
    pub(super) cipher_suites: Option<Vec<Spanned<String>>>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
    pub(super) curve_preferences: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Http {
    pub(super) http2: Option<bool>,
    pub(super) headers: Option<BTreeMap<String, Spanned<Option<String>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimit {
    pub(super) interval: Text,
    pub(super) burst: Option<Spanned<i64>>,
}

impl Tls {
    /// Whether no key has a value: empty texts are as if they were not there.
    pub(super) fn is_empty(&self) -> bool {
        let Self { cert, key, client_ca, cert_file, key_file, client_ca_file, .. } = self;
        let Self { client_auth_type, client_allowed_sans, min_version, max_version, .. } = self;
        let Self { cipher_suites, prefer_server_cipher_suites, curve_preferences, .. } = self;
        let texts = [cert, client_ca, cert_file, key_file, client_ca_file, client_auth_type];
        let is_empty = |text: &Text| text.as_ref().is_none_or(|text| text.value.is_empty());
        texts.into_iter().all(is_empty)
            && key.as_ref().is_none_or(|key| key.value.0.is_empty())
            && min_version.is_none()
            && max_version.is_none()
            && client_allowed_sans.is_none()
            && cipher_suites.is_none()
            && prefer_server_cipher_suites.is_none()
            && curve_preferences.is_none()
    }
}

/// Reads the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Written, Error> {
    let written = serde_saphyr::from_str_with_options::<Option<Written>>(text, options());
    written.map(Option::unwrap_or_default).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
        Error::at(path, place, told(error))
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: PARTS_MAX,
            max_nodes: PARTS_MAX,
            max_depth: DEPTH_MAX,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: PARTS_MAX },
        with_snippet: false,
    }
}

/// What the library says, without what it has found: that may be a password in the wrong place.
fn told(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error as Yaml;
    match error {
        Yaml::SerdeUnknownField { field, expected, .. } => unknown_key(field, expected),
        Yaml::SerdeInvalidType { expected, .. } | Yaml::SerdeInvalidValue { expected, .. } => {
            format!("expected {}", kind(expected))
        }
        Yaml::Unexpected { expected, .. } => format!("expected {}", kind(expected)),
        error => {
            let text = error.render_with_formatter(&UserMessageFormatter);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            match text.split(" at line ").next().unwrap_or_default() {
                "invalid boolean" => "expected true or false".to_owned(),
                "invalid i64" => "expected a whole number".to_owned(),
                other => other.to_owned(),
            }
        }
    }
}

fn unknown_key(name: &str, keys: &[&str]) -> String {
    let distance = |key: &&&str| strsim::damerau_levenshtein(name, key);
    let near = keys.iter().min_by_key(distance).filter(|key| distance(key) <= name.len() / 3);
    match near {
        Some(near) => format!("unknown key {name}, the nearest is {near}"),
        None => format!("unknown key {name}, expected {}", keys.join(", ")),
    }
}

/// The words of a type, as a person says it.
fn kind(expected: &str) -> &str {
    match expected {
        "a map" | "mapping start" => "keys with values",
        "a sequence" | "sequence start" => "a list",
        "string scalar" => "a text",
        text if text.starts_with("struct ") => "keys with values",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the wrong place may be a password: none of these lines repeats it.
    #[test]
    fn what_is_no_web_configuration_is_told_in_one_line() {
        for (text, expected) in [
            ("a\nb\n", "line 1, column 1: expected keys with values"),
            (
                "tls_server_config:\n  cert_filse: x\n",
                "line 2, column 3: unknown key cert_filse, the nearest is cert_file",
            ),
            (
                "geheim: x\n",
                "line 1, column 1: unknown key geheim, expected tls_server_config, \
                 http_server_config, rate_limit, basic_auth_users",
            ),
            ("tls_server_config: geheim\n", "line 1, column 20: expected keys with values"),
            ("tls_server_config:\n  key: [geheim]\n", "line 2, column 8: expected a text"),
            ("tls_server_config:\n  cipher_suites: x\n", "line 2, column 18: expected a list"),
            ("basic_auth_users: geheim\n", "line 1, column 19: expected keys with values"),
            ("basic_auth_users: [geheim]\n", "line 1, column 19: expected keys with values"),
            ("basic_auth_users:\n  a: {b: geheim}\n", "line 2, column 6: expected a text"),
            (
                "basic_auth_users:\n  a: b\n  a: geheim\n",
                "line 3, column 3: duplicate mapping key `a` is not allowed here",
            ),
            ("http_server_config:\n  http2: geheim\n", "line 2, column 10: expected true or false"),
            ("rate_limit:\n  burst: 1.5\n", "line 2, column 10: expected a whole number"),
        ] {
            let told = parse(Path::new("w.yml"), text).unwrap_err().to_string();
            assert_eq!(told, format!("w.yml, {expected}"), "{text}");
        }
    }

    #[test]
    fn nothing_is_a_file_of_defaults_and_a_number_is_a_text() {
        for text in ["", "---\n", "# nothing\n", "basic_auth_users:\ntls_server_config:\n"] {
            let written = parse(Path::new("w.yml"), text).unwrap();
            assert!(written.tls_server_config.is_none() && written.basic_auth_users.is_none());
        }
        let text = "http_server_config:\n  http2: yes\n  headers:\n    X-XSS-Protection: 1\n";
        let http = parse(Path::new("w.yml"), text).unwrap().http_server_config.unwrap();
        assert_eq!(http.http2, Some(true));
        assert_eq!(http.headers.unwrap()["X-XSS-Protection"].value.as_deref(), Some("1"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let text = "tls_server_config:\n  key: geheim\nbasic_auth_users:\n  a: geheim\n";
        let written = format!("{:?}", parse(Path::new("w.yml"), text).unwrap());
        assert!(written.contains("Secret") && !written.contains("geheim"), "{written}");
    }
}
