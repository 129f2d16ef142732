//! `/live`: the records of the live log as Server-Sent Events, the same JSON as `nlmon tail
//! --output json` has, chosen by the same words. A reader has a place of its own, not one of the
//! clients of the log's socket, and one in the ring: one that is too slow loses records, and is
//! told how many in their place.

use std::{collections::VecDeque, convert::Infallible, io::Write as _, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Extension, Query, State},
    http::{HeaderValue, StatusCode, Version, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures_util::stream;
use tokio::{sync::watch, time::sleep};

use super::server::Connection;
use crate::connections::{ConnectionLimit, Permit};
use crate::live::{
    bus::{Batch, Bus, Cursor},
    entry::Entry,
    filter::Matcher,
    json::Detail,
    words::Words,
};
use crate::shutdown;
use crate::subscribe::monotonic_ns;

/// Where it is.
pub(super) const PATH: &str = "/live";

/// About the most bytes that are made at a time. Records that are not yet read stay in the ring.
const CHUNK_BYTES: usize = 64 * 1024;

/// How often something is written where there is nothing to say: only so is a reader missed.
const PULSE: Duration = Duration::from_secs(15);

#[derive(Clone)]
struct Log {
    bus: Arc<Bus>,
    /// Of those who read the stream.
    readers: Arc<ConnectionLimit>,
    shutdown: watch::Receiver<bool>,
}

pub(super) fn route(
    bus: Arc<Bus>,
    readers: Arc<ConnectionLimit>,
    shutdown: watch::Receiver<bool>,
) -> Router {
    Router::new().route(PATH, get(show)).with_state(Log { bus, readers, shutdown })
}

async fn show(
    State(log): State<Log>,
    Extension(connection): Extension<Connection>,
    version: Version,
    Query(words): Query<Vec<(String, String)>>,
) -> Response {
    let words = Words::parse(words.iter().map(|(name, value)| (&**name, &**value)));
    let compiled =
        words.and_then(|Words { filter, history }| Ok((filter.compile(log.bus.specs())?, history)));
    let (matcher, history) = match compiled {
        Ok(wanted) => wanted,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Some(permit) = log.readers.admit(connection.peer(), &connection.closing) else {
        let refusal =
            format!("{} readers have the stream already, the most allowed\n", log.readers.most());
        return (StatusCode::SERVICE_UNAVAILABLE, refusal).into_response();
    };
    permit.set_busy(true);
    // A connection of HTTP/2 goes on with other requests, and keeps its own place for them.
    let is_last = version != Version::HTTP_2;
    if is_last {
        connection.leave();
    }
    let matcher = Arc::new(matcher);
    let subscription = log.bus.subscribe().with(history, monotonic_ns(), matcher.wants());
    let subscription = match subscription.await {
        Ok(subscription) => subscription,
        Err(error) => {
            return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response();
        }
    };
    let reader = Reader {
        subscription,
        _permit: permit,
        matcher,
        shutdown: log.shutdown,
        said: hello(&log.bus).into_bytes(),
        waiting: VecDeque::new(),
    };
    let chunks = stream::unfold(reader, async |mut reader: Reader| {
        let chunk = reader.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), reader))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    let mut answer = (headers, Body::from_stream(chunks)).into_response();
    if is_last {
        // The connection has no place but the reader's, so it ends with the stream.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// What each stream begins with.
fn hello(bus: &Bus) -> String {
    let nlmon = env!("CARGO_PKG_VERSION");
    let probes = if bus.has_probes() { "" } else { ",\"probes\":false" };
    let every = match bus.sample_every() {
        1 => String::new(),
        every => format!(",\"sample_every\":{every}"),
    };
    format!("event: hello\ndata: {{\"nlmon\":\"{nlmon}\"{probes}{every}}}\n\n")
}

/// One reader of the stream. It is asked for more only when the last was taken.
struct Reader {
    subscription: Cursor,
    _permit: Permit,
    matcher: Arc<Matcher>,
    shutdown: watch::Receiver<bool>,
    /// What comes first of the next chunk.
    said: Vec<u8>,
    /// Taken from the ring, and not yet said.
    waiting: VecDeque<Arc<Entry>>,
}

impl Reader {
    /// The next chunk; none once the daemon ends.
    async fn next(&mut self) -> Option<Vec<u8>> {
        while self.said.is_empty() && self.waiting.is_empty() {
            tokio::select! {
                batch = self.subscription.read() => self.take(batch).await?,
                () = sleep(PULSE) => self.said.extend_from_slice(b": \n\n"),
                () = shutdown::requested(&mut self.shutdown) => return None,
            }
        }
        let mut chunk = std::mem::take(&mut self.said);
        while chunk.len() < CHUNK_BYTES
            && let Some(entry) = self.waiting.pop_front()
        {
            chunk.extend_from_slice(b"data: ");
            // It ends its line.
            entry.write_json(Detail::Attributes, &mut chunk);
            chunk.push(b'\n');
        }
        Some(chunk)
    }

    /// Takes a batch in; `None` if it cannot be decoded, which ends the stream.
    async fn take(&mut self, Batch { lost, entries }: Batch) -> Option<()> {
        if lost > 0 {
            // Writing to memory does not fail.
            let _ok = write!(self.said, "event: lost\ndata: {{\"lost\":{lost}}}\n\n");
        }
        let chosen = self.subscription.choose(entries, self.matcher.wants()).await;
        let chosen = chosen.inspect_err(|error| tracing::error!("/live: cannot go on: {error}"));
        self.waiting.extend(chosen.ok()?);
        Some(())
    }
}
