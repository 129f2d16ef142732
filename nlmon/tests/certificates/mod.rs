//! Certificates for tests: an authority, a server, and clients with and without it.
#![allow(dead_code, reason = "not every test wants all of them")]
#![allow(clippy::allow_attributes, reason = "whether it is needed depends on the test")]

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};

/// A certificate and its key, as files have them.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) cert: String,
    pub(crate) key: String,
}

/// An authority.
pub(crate) struct Authority {
    pub(crate) cert: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap().pem();
        Self { cert, issuer: Issuer::new(params, key) }
    }

    /// A certificate for these names: of hosts, addresses, mail or URIs.
    pub(crate) fn sign(&self, name: &str, names: &[&str]) -> Pair {
        let key = KeyPair::generate().unwrap();
        let cert = named(name, names).signed_by(&key, &self.issuer).unwrap().pem();
        Pair { cert, key: key.serialize_pem() }
    }
}

/// One that nobody vouches for. `is_ca` as `openssl req -x509` makes it.
pub(crate) fn self_signed(name: &str, is_ca: bool) -> Pair {
    let key = KeyPair::generate().unwrap();
    let mut params = named(name, &[name]);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    Pair { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

impl Pair {
    /// Writes `NAME.crt` and `NAME.key`.
    pub(crate) fn write(&self, directory: &Path, name: &str) {
        fs::write(directory.join(format!("{name}.crt")), &self.cert).unwrap();
        fs::write(directory.join(format!("{name}.key")), &self.key).unwrap();
    }
}

fn named(name: &str, names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names.iter().map(|name| san(name)).collect();
    params
}

fn san(name: &str) -> SanType {
    match name.parse() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) if name.contains("://") => SanType::URI(name.try_into().unwrap()),
        Err(_) if name.contains('@') => SanType::Rfc822Name(name.try_into().unwrap()),
        Err(_) => SanType::DnsName(name.try_into().unwrap()),
    }
}
