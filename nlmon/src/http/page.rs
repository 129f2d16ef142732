//! The page at `/`: its files, which are in the binary, and the headers that confine what a browser
//! does with them. Off, it is a line that says how to turn it on.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{sync::watch, task::spawn_blocking};

use super::{guard, live};
use crate::{
    connections::{ConnectionLimit, HTTP},
    live::{bus::Bus, stats::StatsSource},
};

const OFF: &str = "there is no page: it is off unless the configuration has live = true in [http], \
    or nlmon run has --http-live\n";

/// Nothing but what this server sends, nothing inside a page, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// On every answer: what other sites may do with it is nothing.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // A daemon of another release has other files.
    (header::CACHE_CONTROL, "no-cache"),
];

/// Where it is said how things are.
const SITUATION: &str = "/situation";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, type, contents.
const FILES: [(&str, &str, &str); 11] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page/page.css", CSS, include_str!("page/page.css")),
    ("/page/main.js", JAVASCRIPT, include_str!("page/main.js")),
    ("/page/metrics.js", JAVASCRIPT, include_str!("page/metrics.js")),
    ("/page/stream.js", JAVASCRIPT, include_str!("page/stream.js")),
    ("/page/records.js", JAVASCRIPT, include_str!("page/records.js")),
    ("/page/rates.js", JAVASCRIPT, include_str!("page/rates.js")),
    ("/page/sockets.js", JAVASCRIPT, include_str!("page/sockets.js")),
    ("/page/situation.js", JAVASCRIPT, include_str!("page/situation.js")),
    ("/page/runbook.md", TEXT, include_str!("../../../docs/runbook.md")),
    ("/page/icon.svg", SVG, include_str!("page/icon.svg")),
];

/// The page and its stream of what `bus` has, for who reaches the server by a name that is its own.
///
/// Half as many read the stream as there are `connections`, so that the other half stays for the rest.
pub(super) fn routes(
    (bus, source): (Arc<Bus>, StatsSource),
    connections: watch::Receiver<usize>,
    shutdown: watch::Receiver<bool>,
) -> Router {
    let readers = ConnectionLimit::new(move || (*connections.borrow() / 2).max(1), &HTTP);
    let situation = Router::new().route(SITUATION, get(situation)).with_state(source);
    let mut router = Router::new().merge(live::route(bus, readers, shutdown)).merge(situation);
    for (path, kind, contents) in FILES {
        router = router.route(path, get(async move || ([(header::CONTENT_TYPE, kind)], contents)));
    }
    router.layer(middleware::from_fn(guard::check)).layer(middleware::map_response(confine))
}

/// What is there instead where the page is off.
pub(super) fn none() -> Router {
    let off = async || (StatusCode::NOT_FOUND, OFF);
    Router::new().route("/", get(off)).route(live::PATH, get(off)).route(SITUATION, get(off))
}

/// What is wrong, what has changed last, who talks most.
async fn situation(State(source): State<StatsSource>) -> Response {
    match spawn_blocking(move || source.situation()).await {
        Ok(json) => ([(header::CONTENT_TYPE, JSON)], json).into_response(),
        Err(_panicked) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn confine(response: Response) -> impl IntoResponse {
    let headers = HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (axum::response::AppendHeaders(headers), response)
}
