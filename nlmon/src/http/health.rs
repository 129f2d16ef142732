//! `/healthz`: the process and its pipeline live. `/readyz`: the daemon does its work, or why not.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::health::Health;

/// The two routes.
pub(super) fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(show_life))
        .route("/readyz", get(show_readiness))
        .with_state(health)
}

async fn show_life(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    if health.is_live() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the pipeline stands still\n".to_owned())
}

async fn show_readiness(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    let report = health.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report.to_string())
}
