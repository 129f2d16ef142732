//! The section `[http]`.

use std::{fmt, net::SocketAddr, path::PathBuf};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Unexpected, Visitor},
};

use crate::http::{ADDRESS, Address};

/// Connections of the HTTP server: Prometheus and a few pages take a handful.
const CONNECTIONS: usize = 64;

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where `/metrics` and the health checks are.
    pub listen: Listen,
    /// Connections at one time.
    pub connections: usize,
    /// Serve the live log as a page, to whoever reaches that address.
    pub live: bool,
    /// Web configuration of the Prometheus exporters: TLS, passwords, headers, rate; none if empty.
    pub web_config: PathBuf,
    /// File with the token that lets in who sends it; none if empty.
    pub bearer_token_file: PathBuf,
}

impl Default for Http {
    fn default() -> Self {
        let listen = Listen(vec![Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 9776)))]);
        let (web_config, bearer_token_file) = Default::default();
        Self { listen, connections: CONNECTIONS, live: false, web_config, bearer_token_file }
    }
}

/// Addresses to listen at: one, or a list of some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen(pub Vec<Address>);

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => serializer.collect_str(one),
            more => serializer.collect_seq(more.iter().map(Address::to_string)),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Addresses)
    }
}

struct Addresses;

impl<'de> Visitor<'de> for Addresses {
    type Value = Listen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ADDRESS}, or a list of different ones")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Listen, E> {
        let address = text.parse();
        let invalid = |_none| E::invalid_value(Unexpected::Str(text), &self);
        Ok(Listen(vec![address.map_err(invalid)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Listen, A::Error> {
        let mut addresses = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            let address = text.parse::<Address>().ok();
            match address.filter(|address| !addresses.contains(address)) {
                Some(address) => addresses.push(address),
                None => return Err(A::Error::invalid_value(Unexpected::Str(&text), &self)),
            }
        }
        if addresses.is_empty() {
            return Err(A::Error::invalid_length(0, &self));
        }
        Ok(Listen(addresses))
    }
}
