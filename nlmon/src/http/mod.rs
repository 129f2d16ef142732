//! The HTTP server: `/metrics`, `/healthz` and `/readyz` (all is well, or why not) and, where
//! it is wanted, the page at `/` with its `/live` stream of records. The only user of `axum`.
//!
//! It reads; nothing can be changed through it.

mod door;
mod guard;
mod health;
mod listen;
mod live;
mod page;
mod scrapes;
mod server;
mod talk;

use std::{io, sync::Arc};

use axum::{Router, routing::get};
use tokio::sync::watch;

use crate::{
    health::Health,
    live::{bus::Bus, stats::StatsSource},
    metrics::Metrics,
};
use scrapes::Scrapes;

pub use door::{Door, Error as DoorError};
pub use listen::{ADDRESS, Address, Listener};

/// Serves until `shutdown` is true or its sender is gone, at most `connections` at a time, which may
/// change, to whom the `door` lets in; the page, if there is a log for it.
pub async fn serve(
    listeners: Vec<Listener>,
    door: Door,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    log: Option<(Arc<Bus>, StatsSource)>,
    connections: watch::Receiver<usize>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let page = match log {
        Some(log) => {
            let connections = connections.clone();
            page::routes(log, connections, shutdown.clone())
        }
        None => page::none(),
    };
    let router = Router::new()
        .route("/metrics", get(scrapes::show))
        .with_state(Arc::new(Scrapes::new(metrics)))
        .merge(health::routes(health))
        .merge(page);
    server::run(listeners, door, router, connections, shutdown).await
}
