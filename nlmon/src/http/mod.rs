//! The HTTP server: `/metrics`, `/healthz` and `/readyz` (all is well, or why not) and, where
//! it is wanted, the page at `/` with its `/live` stream of records. The only user of `axum`.
//!
//! It reads; nothing can be changed through it.

mod guard;
mod health;
mod live;
mod page;
mod scrapes;
mod server;

use std::{io, sync::Arc};

use axum::{Router, routing::get};
use tokio::{net::TcpListener, sync::watch};

use crate::{health::Health, live::bus::Bus, metrics::Metrics};
use scrapes::Scrapes;

/// Serves until `shutdown` is true or its sender is gone, at most `connections` at a time, which may
/// change; the page, if there is a log for it.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    log: Option<Arc<Bus>>,
    connections: watch::Receiver<usize>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let page = match log {
        Some(bus) => {
            let connections = connections.clone();
            page::routes(bus, listener.local_addr()?.ip(), connections, shutdown.clone())
        }
        None => page::none(),
    };
    let router = Router::new()
        .route("/metrics", get(scrapes::show))
        .with_state(Arc::new(Scrapes::new(metrics)))
        .merge(health::routes(health))
        .merge(page);
    server::run(listener, router, connections, shutdown).await
}
