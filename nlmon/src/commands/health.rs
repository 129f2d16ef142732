//! `nlmon check --live`: whether the running daemon does its work, as `/readyz` says, but by the log's
//! socket, which there is in every namespace and without HTTP.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, anyhow};

use super::{Failure, feed, output::print};
use crate::{health::Report, live::protocol::Request};

/// How long a daemon may take to answer that does not do its work.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks, and prints the answer.
///
/// # Errors
/// `System` where the socket may not be used, `Runtime` where no daemon answers, or not well.
pub(super) fn run(socket: &Path) -> Result<(), Failure> {
    let report = ask(socket)?;
    print(report.to_string())?;
    if report.is_ready() {
        return Ok(());
    }
    Err(Failure::Runtime(anyhow!("the daemon is not ready")))
}

fn ask(socket: &Path) -> Result<Report, Failure> {
    let request = Request { health: true, ..Request::new() };
    let line = feed::answer(socket, &request, TIMEOUT)?;
    let report =
        serde_json::from_str(&line).context("the daemon does not tell whether all is well");
    report.map_err(Failure::Runtime)
}
