//! Scrapes: one at a time, off the async threads, because one makes hundreds of system calls.
//!
//! Invariant: the permit to make the text travels with the work. A client that leaves takes its place
//! in the queue with it, and never the permit of a scrape that goes on without it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::sleep_until,
};

use crate::metrics::{CONTENT_TYPE, Metrics};

/// Scrapes that may wait for the one under way; more are told to come back.
const WAITING_MAX: usize = 64;

/// Least time between the ends of two scrapes: who asks more often waits for the next one, and shares
/// it with all others who wait.
const PAUSE: Duration = Duration::from_millis(200);

/// The text of `/metrics`, and when it was made.
#[derive(Clone)]
struct Made {
    text: Bytes,
    /// It shows everything that had happened by then.
    began: Instant,
    ended: Instant,
}

/// Who may make the text, and the last one.
pub(super) struct Scrapes {
    metrics: Arc<Metrics>,
    waiting: Semaphore,
    last: Arc<Mutex<Option<Made>>>,
}

impl Scrapes {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, waiting: Semaphore::new(WAITING_MAX), last: Arc::default() }
    }

    /// A text that is not older than the call.
    async fn text(&self) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
        let asked = Instant::now();
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some(made) = &*last {
            if made.began >= asked {
                return Ok(made.text.clone());
            }
            sleep_until((made.ended + PAUSE).into()).await;
        }
        let metrics = Arc::clone(&self.metrics);
        let make = move || {
            let began = Instant::now();
            let text = Bytes::from(metrics.encode()?);
            *last = Some(Made { text: text.clone(), began, ended: Instant::now() });
            Ok(text)
        };
        tokio::task::spawn_blocking(make).await?
    }
}

/// Answers a request for the metrics.
pub(super) async fn show(State(scrapes): State<Arc<Scrapes>>) -> Response {
    let Ok(_waiting) = scrapes.waiting.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at a time\n").into_response();
    };
    match scrapes.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!("cannot serve /metrics: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
        }
    }
}
