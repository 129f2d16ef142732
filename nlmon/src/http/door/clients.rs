//! Which certificates of clients are taken: those that the words of `client_auth_type` say, and of
//! these the ones with an allowed name.

use std::{net::IpAddr, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms},
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// What is asked of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Nothing.
    Nothing,
    /// Any certificate, if it has one.
    Any,
    /// Any certificate.
    AnyAlways,
    /// One of a trusted authority, if it has one.
    VerifiedIfGiven,
    /// One of a trusted authority.
    Verified,
}

impl Ask {
    /// By the word for it.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "" | "NoClientCert" => Self::Nothing,
            "RequestClientCert" => Self::Any,
            "RequireAnyClientCert" | "RequireClientCert" => Self::AnyAlways,
            "VerifyClientCertIfGiven" => Self::VerifiedIfGiven,
            "RequireAndVerifyClientCert" => Self::Verified,
            _ => return None,
        })
    }

    fn verifies(self) -> bool {
        matches!(self, Self::VerifiedIfGiven | Self::Verified)
    }
}

/// The judge of clients' certificates.
#[derive(Debug)]
pub(super) struct Clients {
    ask: Ask,
    /// Who judges a certificate by its authority; without authorities nobody does, and then none that
    /// has to be verified is taken.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
    /// Certificates that are trusted as they are.
    trusted: Vec<CertificateDer<'static>>,
    sans: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Clients {
    /// With these authorities and allowed names, if there are any; else what is wrong with them.
    pub(super) fn new(
        ask: Ask,
        authorities: Option<Vec<CertificateDer<'static>>>,
        sans: Option<Vec<String>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let trusted = authorities.unwrap_or_default();
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots
                .add(certificate.clone())
                .map_err(|error| format!("expected certificates of authorities: {error}"))?;
        }
        let authorities = if roots.is_empty() {
            None
        } else {
            let provider = Arc::clone(provider);
            let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            Some(builder.build().map_err(|error| error.to_string())?)
        };
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { ask, authorities, trusted, sans, algorithms })
    }

    /// Whether an authority vouches for it. One that is in the list itself needs no other: it may
    /// call itself an authority, as `openssl req -x509` makes it.
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.trusted.iter().any(|trusted| trusted == end_entity) {
            return check_time(&parse(end_entity)?, now);
        }
        let Some(authorities) = &self.authorities else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        authorities.verify_client_cert(end_entity, intermediates, now).map(drop)
    }
}

impl ClientCertVerifier for Clients {
    /// Without a certificate there is no name that could be allowed.
    fn client_auth_mandatory(&self) -> bool {
        matches!(self.ask, Ask::AnyAlways | Ask::Verified) || self.sans.is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.authorities.as_ref().map_or(&[], |verifier| verifier.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.ask.verifies() {
            self.verify(end_entity, intermediates, now)?;
        }
        if let Some(allowed) = &self.sans {
            let names = names(&parse(end_entity)?)?;
            if !names.iter().any(|name| allowed.contains(name)) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn parse(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_error| CertificateError::BadEncoding.into())
}

fn check_time(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = certificate.tbs_certificate().validity();
    let now = now.as_secs();
    if now < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// What a certificate says that its subject is called: names of hosts, addresses, mail, URIs.
fn names(certificate: &Certificate) -> Result<Vec<String>, Error> {
    let found = certificate.tbs_certificate().get_extension::<SubjectAltName>();
    let Some((_, SubjectAltName(names))) =
        found.map_err(|_error| Error::from(CertificateError::BadEncoding))?
    else {
        return Ok(Vec::new());
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(name)
        | GeneralName::Rfc822Name(name)
        | GeneralName::UniformResourceIdentifier(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()).map(|ip| ip.to_string()),
        _ => None,
    };
    Ok(names.iter().filter_map(name).collect())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::from(bytes).to_canonical()),
        _ => None,
    }
}
