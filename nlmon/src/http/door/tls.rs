//! The TLS of the server: versions, suites, curves and certificate of a web configuration, as rustls
//! takes them. What rustls does not have is refused.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, SupportedKxGroup, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::NoServerSessionStorage,
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use serde_saphyr::{Location, Spanned};

use super::{
    clients::{Ask, Clients},
    error::{Error, found},
    read::read,
    written::{self, Secret, Text},
};

/// Suites by the names that Go has for them.
const SUITES: [(&str, SupportedCipherSuite); 9] = {
    use ring::cipher_suite as suite;
    [
        ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
        ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
        ("TLS_CHACHA20_POLY1305_SHA256", suite::TLS13_CHACHA20_POLY1305_SHA256),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
        (
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
    ]
};

/// Curves by the names that Go has for them.
const CURVES: [(&str, &dyn SupportedKxGroup); 3] = [
    ("CurveP256", ring::kx_group::SECP256R1),
    ("CurveP384", ring::kx_group::SECP384R1),
    ("X25519", ring::kx_group::X25519),
];

const VERSIONS: &str = "TLS12 or TLS13: nlmon has no older version";

/// Certificates or a key: a file, or what stands in the configuration itself.
#[derive(Clone, Debug)]
enum Pem {
    File(PathBuf),
    Inline { path: PathBuf, place: Location, text: Secret },
}

/// `tls_server_config`, every word of it checked.
#[derive(Debug)]
pub(super) struct Tls {
    cert: Pem,
    key: Pem,
    client_ca: Option<Pem>,
    ask: Ask,
    sans: Option<Vec<String>>,
    versions: Vec<&'static SupportedProtocolVersion>,
    suites: Vec<SupportedCipherSuite>,
    curves: Vec<&'static dyn SupportedKxGroup>,
    prefers_own_order: bool,
}

impl Tls {
    /// The files that it names.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let all = [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()];
        let file = |pem: &Pem| match pem {
            Pem::File(path) => Some(path.clone()),
            Pem::Inline { .. } => None,
        };
        all.into_iter().flatten().filter_map(file).collect()
    }

    /// What the section of the file at `path` means; none if nothing is in it.
    pub(super) fn new(
        path: &Path,
        written: written::Tls,
        http2: bool,
    ) -> Result<Option<Self>, Error> {
        let is_empty = written.is_empty();
        let written::Tls {
            cert,
            key,
            client_ca,
            cert_file,
            key_file,
            client_ca_file,
            client_auth_type,
            client_allowed_sans,
            min_version,
            max_version,
            cipher_suites,
            prefer_server_cipher_suites,
            curve_preferences,
        } = written;
        if is_empty {
            return Ok(None);
        }
        let ask = ask(path, client_auth_type.as_ref())?;
        let min = version(path, "min_version", min_version.as_ref(), &TLS12)?;
        let max = version(path, "max_version", max_version.as_ref(), &TLS13)?;
        let names = cipher_suites.unwrap_or_default();
        let suites = suites(path, &names)?;
        if http2
            && let Some(first) = names.first()
            && min.version != TLS13.version
        {
            check_http2(path, first.referenced, &suites)?;
        }
        let curves = curves(path, curve_preferences.as_deref().unwrap_or_default())?;
        let secret = |text: Spanned<String>| Spanned {
            value: Secret(text.value),
            referenced: text.referenced,
            defined: text.defined,
        };
        let cert = pem(path, ["cert", "cert_file"], cert.map(secret), cert_file)?;
        let key = pem(path, ["key", "key_file"], key, key_file)?;
        let client_ca =
            pem(path, ["client_ca", "client_ca_file"], client_ca.map(secret), client_ca_file)?;
        let missing = |names: &str| {
            Error::whole(path, format!("tls_server_config: expected one of {names}, found neither"))
        };
        let cert = cert.ok_or_else(|| missing("cert and cert_file"))?;
        let key = key.ok_or_else(|| missing("key and key_file"))?;
        check_clients(path, ask, client_ca.is_some(), client_allowed_sans.as_ref())?;
        let versions = versions(path, min, max, &suites)?;
        Ok(Some(Self {
            cert,
            key,
            client_ca,
            ask,
            sans: client_allowed_sans.map(|sans| sans.value),
            versions,
            suites,
            curves,
            prefers_own_order: prefer_server_cipher_suites.unwrap_or(true),
        }))
    }

    /// Reads certificate, key and authorities. Nothing of an earlier handshake is taken up again:
    /// that would be by earlier rights.
    pub(super) fn server_config(&self, path: &Path, http2: bool) -> Result<ServerConfig, Error> {
        let failed = |error: rustls::Error| {
            Error::whole(path, format!("tls_server_config cannot be used: {error}"))
        };
        let provider = Arc::new(CryptoProvider {
            cipher_suites: self.suites.clone(),
            kx_groups: self.curves.clone(),
            ..ring::default_provider()
        });
        let chain = self.cert.certificates()?;
        let key =
            CertifiedKey::from_der(chain, self.key.private_key()?, &provider).map_err(|error| {
                self.key.error(&format!("expected the key of the certificate: {error}"))
            })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions)
            .map_err(failed)?;
        let builder = if self.ask == Ask::Nothing {
            builder.with_no_client_auth()
        } else {
            let authorities = self.client_ca.as_ref().map(Pem::certificates).transpose()?;
            let clients = Clients::new(self.ask, authorities, self.sans.clone(), &provider);
            let place = self.client_ca.as_ref().unwrap_or(&self.cert);
            builder.with_client_cert_verifier(Arc::new(clients.map_err(|what| place.error(&what))?))
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        config.ignore_client_order = self.prefers_own_order;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        if http2 {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(config)
    }
}

impl Pem {
    fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::File(path) => Ok(read(path)?.bytes),
            Self::Inline { text, .. } => Ok(text.0.clone().into_bytes()),
        }
    }

    fn error(&self, what: &str) -> Error {
        match self {
            Self::File(path) => Error::whole(path, what),
            Self::Inline { path, place, .. } => Error::at(path, *place, what),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        const EXPECTED: &str = "expected certificates in PEM";
        let bytes = self.bytes()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => {
                Err(self.error(&format!("{EXPECTED}, found none")))
            }
            Ok(certificates) => Ok(certificates),
            // The library's words may repeat what stands there.
            Err(_error) => Err(self.error(&format!("{EXPECTED}, found something broken"))),
        }
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(&self.bytes()?)
            .map_err(|_error| self.error("expected a private key in PEM, without a passphrase"))
    }
}

/// Of a text and the name of a file the one that is there.
fn pem(
    path: &Path,
    [inline, file]: [&str; 2],
    text: Option<Spanned<Secret>>,
    name: Text,
) -> Result<Option<Pem>, Error> {
    let text = text.filter(|text| !text.value.0.is_empty());
    let name = name.filter(|name| !name.value.is_empty());
    match (text, name) {
        (None, None) => Ok(None),
        (Some(text), None) => Ok(Some(Pem::Inline {
            path: path.to_owned(),
            place: text.referenced,
            text: text.value,
        })),
        (None, Some(name)) => {
            let directory = path.parent().unwrap_or(Path::new(""));
            Ok(Some(Pem::File(directory.join(name.value))))
        }
        (Some(_), Some(name)) => {
            let what =
                format!("tls_server_config: found {inline} and {file}, expected one of them");
            Err(Error::at(path, name.referenced, what))
        }
    }
}

fn ask(path: &Path, word: Option<&Spanned<String>>) -> Result<Ask, Error> {
    let Some(word) = word else { return Ok(Ask::Nothing) };
    Ask::of_word(&word.value).ok_or_else(|| {
        let key = "tls_server_config.client_auth_type";
        let expected = "NoClientCert, RequestClientCert, RequireAnyClientCert, \
            VerifyClientCertIfGiven or RequireAndVerifyClientCert";
        Error::at(path, word.referenced, found(key, &word.value, expected))
    })
}

/// Whether what is asked of clients and what it takes go together.
fn check_clients(
    path: &Path,
    ask: Ask,
    has_authorities: bool,
    sans: Option<&Spanned<Vec<String>>>,
) -> Result<(), Error> {
    if has_authorities && ask == Ask::Nothing {
        let what = "tls_server_config: found client_ca or client_ca_file, expected a \
            client_auth_type too: without one no certificate of a client is asked for";
        return Err(Error::whole(path, what));
    }
    if !has_authorities && ask == Ask::Verified {
        let what = "tls_server_config: found client_auth_type RequireAndVerifyClientCert, expected \
            client_ca or client_ca_file too: nlmon trusts no authority of the system";
        return Err(Error::whole(path, what));
    }
    match sans {
        Some(sans) if ask == Ask::Nothing => {
            let what = "tls_server_config: found client_allowed_sans, expected a client_auth_type \
                too: without one no certificate of a client is asked for";
            Err(Error::at(path, sans.referenced, what))
        }
        _ => Ok(()),
    }
}

fn version(
    path: &Path,
    name: &str,
    word: Option<&Spanned<String>>,
    default: &'static SupportedProtocolVersion,
) -> Result<&'static SupportedProtocolVersion, Error> {
    let Some(word) = word else { return Ok(default) };
    match &*word.value {
        "TLS12" => Ok(&TLS12),
        "TLS13" => Ok(&TLS13),
        other => {
            let key = format!("tls_server_config.{name}");
            Err(Error::at(path, word.referenced, found(&key, other, VERSIONS)))
        }
    }
}

/// The versions between the two for which there are suites.
fn versions(
    path: &Path,
    min: &SupportedProtocolVersion,
    max: &SupportedProtocolVersion,
    suites: &[SupportedCipherSuite],
) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
    let is_within = |version: &&'static SupportedProtocolVersion| {
        let number = u16::from(version.version);
        (u16::from(min.version)..=u16::from(max.version)).contains(&number)
    };
    let has_suite = |version: &&'static SupportedProtocolVersion| {
        suites.iter().any(|suite| suite.version().version == version.version)
    };
    let within: Vec<_> = [&TLS12, &TLS13].into_iter().filter(is_within).collect();
    if within.is_empty() {
        let what =
            "tls_server_config: found a min_version above max_version, expected them in order";
        return Err(Error::whole(path, what));
    }
    let usable: Vec<_> = within.into_iter().filter(has_suite).collect();
    if usable.is_empty() {
        let what = "tls_server_config.cipher_suites: found none of TLS 1.2, expected one, as \
            max_version is TLS12";
        return Err(Error::whole(path, what));
    }
    Ok(usable)
}

/// The suites of TLS 1.2 that are named, in that order, or all; and always all of TLS 1.3, as Go has
/// it: those cannot be chosen.
fn suites(path: &Path, names: &[Spanned<String>]) -> Result<Vec<SupportedCipherSuite>, Error> {
    let is_new = |suite: &SupportedCipherSuite| suite.version().version == TLS13.version;
    let all = ring::ALL_CIPHER_SUITES.iter().copied();
    if names.is_empty() {
        return Ok(all.collect());
    }
    let mut chosen: Vec<_> = all.filter(is_new).collect();
    for name in names {
        let Some((_, suite)) = SUITES.iter().find(|(known, _)| *known == name.value) else {
            let known = SUITES.map(|(name, _)| name).join(", ");
            let key = "tls_server_config.cipher_suites";
            return Err(Error::at(path, name.referenced, found(key, &name.value, &only(&known))));
        };
        if !chosen.contains(suite) {
            chosen.push(*suite);
        }
    }
    Ok(chosen)
}

fn only(names: &str) -> String {
    format!("one of those that nlmon has: {names}")
}

/// HTTP/2 over TLS 1.2 has suites that each side must have (RFC 9113, section 9.2.2).
fn check_http2(path: &Path, place: Location, suites: &[SupportedCipherSuite]) -> Result<(), Error> {
    let required =
        ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
    let is_required = |suite: &SupportedCipherSuite| {
        SUITES.iter().any(|(name, known)| known == suite && required.contains(name))
    };
    if suites.iter().any(is_required) {
        return Ok(());
    }
    let [rsa, ecdsa] = required;
    let what = format!(
        "tls_server_config.cipher_suites: found none that HTTP/2 takes, expected {rsa} or {ecdsa} \
         among them, or http2: false in http_server_config"
    );
    Err(Error::at(path, place, what))
}

/// The curves that are named, in that order, or all.
fn curves(
    path: &Path,
    names: &[Spanned<String>],
) -> Result<Vec<&'static dyn SupportedKxGroup>, Error> {
    if names.is_empty() {
        return Ok(ring::ALL_KX_GROUPS.to_vec());
    }
    let curve = |name: &Spanned<String>| {
        let known = CURVES.iter().find(|(known, _)| *known == name.value);
        known.map(|(_, curve)| *curve).ok_or_else(|| {
            let names = CURVES.map(|(name, _)| name).join(", ");
            let key = "tls_server_config.curve_preferences";
            Error::at(path, name.referenced, found(key, &name.value, &only(&names)))
        })
    };
    names.iter().map(curve).collect()
}
