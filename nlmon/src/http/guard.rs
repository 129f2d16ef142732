//! Who may ask for the page. A browser may be made to ask by a site that its user happens to be on:
//! directly, which it says itself (`Sec-Fetch-Site`), or by a name of that site's which resolves to
//! this host (DNS rebinding), which the `Host` header shows. Programs send what they want: this
//! protects the user of a browser, not the log from other users of the host.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Extension, Request},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::server::Connection;

const FOREIGN: &str = "asked for by another site\n";

/// What is taken for this server's own name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    /// The address that it listens on, if it has one.
    pub(super) listen: Option<IpAddr>,
    /// The browser has compared the name with the server's certificate: a name of another site's has
    /// none that it takes.
    pub(super) is_encrypted: bool,
}

/// Lets a request pass, or says why not.
pub(super) async fn check(
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let guard = connection.guard();
    let headers = request.headers();
    if !guard.is_encrypted && !guard.knows(headers) {
        let own =
            guard.listen.map_or_else(String::new, |own| format!(" or at http.listen, {own},"));
        let refusal = format!("the page is at a loopback address{own} and under no other name\n");
        return (StatusCode::FORBIDDEN, refusal).into_response();
    }
    if is_foreign(headers) {
        return (StatusCode::FORBIDDEN, FOREIGN).into_response();
    }
    next.run(request).await
}

impl Guard {
    /// Whether the `Host` header names this server. Any port will do: it may be reached through a
    /// tunnel.
    fn knows(self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        host.to_str().is_ok_and(|host| self.is_own(without_port(host)))
    }

    fn is_own(self, host: &str) -> bool {
        let address: Option<IpAddr> = match host.strip_prefix('[') {
            Some(inside) => inside
                .strip_suffix(']')
                .and_then(|address| address.parse::<Ipv6Addr>().ok())
                .map(IpAddr::V6),
            None => host.parse().ok(),
        };
        match address.map(|address| address.to_canonical()) {
            // Nobody can rebind an address; what listens on all has no one of its own.
            Some(address) => {
                let is_own = |own: IpAddr| address == own.to_canonical() || own.is_unspecified();
                address.is_loopback() || self.listen.is_some_and(is_own)
            }
            None => host.eq_ignore_ascii_case("localhost"),
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A bare IPv6 address has colons too, and no place in this header.
            name
        }
        _ => host,
    }
}

/// Only a browser sends this; what a person types or a bookmark opens is `none`.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(listen: &str, host: &str) -> bool {
        let guard = Guard { listen: listen.parse().ok(), is_encrypted: false };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        guard.knows(&headers)
    }

    #[test]
    fn loopback_and_the_own_address_are_known() {
        for host in [
            "localhost",
            "LOCALHOST:9776",
            "127.0.0.1:9776",
            "127.8.8.8",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
            "192.0.2.1:9776",
        ] {
            assert!(knows("192.0.2.1", host), "{host}");
        }
        assert!(knows("0.0.0.0", "198.51.100.7:9776") && knows("::", "[2001:db8::1]"));
    }

    #[test]
    fn no_other_name_is() {
        for host in [
            "example.org",
            "127.0.0.1.example.org:9776",
            "localhost.example.org",
            "192.0.2.2",
            "[::2]",
            "[::1",
            "",
            ":9776",
        ] {
            assert!(!knows("192.0.2.1", host), "{host}");
        }
        assert!(!knows("0.0.0.0", "example.org"));
        let guard = Guard { listen: Some([127, 0, 0, 1].into()), is_encrypted: false };
        assert!(!guard.knows(&HeaderMap::new()));
        // A Unix socket has no address; a proxy before it says localhost.
        assert!(!knows("none", "192.0.2.1") && knows("none", "localhost"));
    }

    #[test]
    fn another_site_is_foreign_and_no_site_is_not() {
        let site = |site: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", site.parse().unwrap());
            is_foreign(&headers)
        };
        assert!(site("cross-site") && site("same-site"));
        assert!(!site("same-origin") && !site("none") && !is_foreign(&HeaderMap::new()));
    }
}
