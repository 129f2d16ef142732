//! The HTTP server: `/metrics`, `/healthz` (the process answers), `/readyz` (it is set up) and, where
//! it is wanted, the page at `/` with its `/live` stream of records. The only user of `axum`.
//!
//! It reads; nothing can be changed through it. Scrapes run one at a time, off the async threads,
//! because one makes hundreds of system calls.

mod guard;
mod live;
mod page;

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

use crate::{
    live::bus::Bus,
    metrics::{CONTENT_TYPE, Metrics},
    shutdown,
};

/// Scrapes that may wait for the one under way; more are told to come back.
const SCRAPES_MAX: usize = 8;

/// What the handlers of the metrics share.
struct Shared {
    metrics: Arc<Metrics>,
    /// Only one scrape at a time.
    scrape: Semaphore,
    /// Scrapes under way or waiting.
    admitted: Semaphore,
}

/// Serves until `shutdown` is true or its sender is gone; the page, if there is a log for it.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    log: Option<Arc<Bus>>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let page = match log {
        Some(bus) => page::routes(bus, listener.local_addr()?.ip(), shutdown.clone()),
        None => page::none(),
    };
    let shared = Arc::new(Shared {
        metrics,
        scrape: Semaphore::new(1),
        admitted: Semaphore::new(SCRAPES_MAX),
    });
    let router = Router::new()
        .route("/metrics", get(show_metrics))
        .route("/healthz", get(async || "ok\n"))
        // The listener is bound after everything else is set up, so to be reached is to be ready.
        .route("/readyz", get(async || "ok\n"))
        .with_state(shared)
        .merge(page);
    let stopped = async move { shutdown::requested(&mut shutdown).await };
    axum::serve(listener, router).with_graceful_shutdown(stopped).await
}

async fn show_metrics(State(shared): State<Arc<Shared>>) -> Response {
    let Ok(_admitted) = shared.admitted.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at a time\n").into_response();
    };
    let Ok(_turn) = shared.scrape.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let metrics = Arc::clone(&shared.metrics);
    match tokio::task::spawn_blocking(move || metrics.encode()).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> Response {
    log::error!("cannot serve /metrics: {error}");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}
