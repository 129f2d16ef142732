//! One connection of the HTTP server: its TLS handshake, and its requests by HTTP/1.1 or HTTP/2, each
//! of which the door lets in or not.

use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::{
    Request,
    body::{Frame, Incoming, SizeHint},
    server::conn::{http1, http2},
    service::Service as _,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::Watcher,
    service::TowerToHyperService,
};
use rustls::{InvalidMessage, server::Acceptor};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::watch,
    time::{interval, timeout},
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::{
    Door, door,
    server::{Connection, HEADER_TIME},
};
use crate::{
    connections::{Permit, Refusal},
    shutdown,
};

/// Requests of one HTTP/2 connection at a time: the page has a dozen files.
const STREAMS_MAX: u32 = 32;

/// Most bytes of the headers of a request, and of an answer that waits for its reader, by HTTP/2.
const HEADERS_MAX: u32 = 16 * 1024;
const SEND_MAX: usize = 64 * 1024;

/// How often an HTTP/2 connection is looked at for whether it is used.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What a client gets that speaks HTTP where TLS is spoken.
const NO_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n\
    this is HTTP, and the server speaks HTTPS\n";

/// What a connection is served with.
pub(super) struct Talk {
    pub(super) connection: Connection,
    pub(super) router: Router,
    pub(super) door: Arc<Door>,
    pub(super) watcher: Watcher,
    pub(super) shutdown: watch::Receiver<bool>,
}

/// Serves one connection until either side ends it.
pub(super) async fn talk<S>(stream: S, mut talk: Talk) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if !talk.door.is_tls() {
        return talk.by_http1(stream).await;
    }
    let handshake = timeout(HEADER_TIME, handshake(stream, &talk.door));
    let stream = tokio::select! {
        stream = handshake => stream
            .unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
            .inspect_err(|_error| Refusal::Handshake.count())?,
        () = shutdown::requested(&mut talk.shutdown) => return Ok(()),
    };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => talk.by_http2(stream).await,
        _ => talk.by_http1(stream).await,
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// As the files say at this moment.
async fn handshake<S>(stream: S, door: &Door) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut acceptor = pin!(LazyConfigAcceptor::new(Acceptor::default(), stream));
    let start = match acceptor.as_mut().await {
        Ok(start) => start,
        Err(error) => {
            if is_no_tls(&error)
                && let Some(mut stream) = acceptor.take_io()
            {
                stream.write_all(NO_TLS).await?;
                stream.shutdown().await?;
            }
            return Err(error);
        }
    };
    start.into_stream(door.tls().await?).await
}

fn is_no_tls(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let invalid = InvalidMessage::InvalidContentType;
    inner.is_some_and(|inner| *inner == rustls::Error::InvalidMessage(invalid))
}

impl Talk {
    async fn by_http1<S>(self, stream: S) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { connection, router, door, watcher, .. } = self;
        let requests = Requests::new(Arc::clone(&connection.permit));
        let service = hyper::service::service_fn(move |request| {
            answer(request, connection.clone(), router.clone(), Arc::clone(&door), requests.begin())
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
        watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await?;
        Ok(())
    }

    /// Ends it when no request has come for as long as one of HTTP/1.1 may wait for its next one.
    async fn by_http2<S>(self, stream: S) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { connection, router, door, watcher, .. } = self;
        let requests = Requests::new(Arc::clone(&connection.permit));
        let all = Arc::clone(&requests);
        let service = hyper::service::service_fn(move |request| {
            answer(request, connection.clone(), router.clone(), Arc::clone(&door), requests.begin())
        });
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEADERS_MAX)
            .max_send_buf_size(SEND_MAX);
        let served = watcher.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            served = served => served?,
            () = all.unused_for(HEADER_TIME) => {}
        }
        Ok(())
    }
}

/// Asks the door, and then the router.
async fn answer(
    mut request: Request<Incoming>,
    connection: Connection,
    router: Router,
    door: Arc<Door>,
    underway: Underway,
) -> Result<Response, Infallible> {
    let mut answer = match door.admit(request.headers()).await {
        Ok(headers) => {
            request.extensions_mut().insert(connection);
            let mut answer = TowerToHyperService::new(router).call(request).await?;
            door::give(&mut answer, &headers);
            answer
        }
        Err(refusal) => refusal,
    };
    let body = std::mem::take(answer.body_mut());
    *answer.body_mut() = Body::new(UsedBody { body, _underway: underway });
    Ok(answer)
}

/// The requests of a connection: whether any is under way.
struct Requests {
    permit: Arc<Permit>,
    running: AtomicUsize,
    begun: AtomicU64,
}

impl Requests {
    fn new(permit: Arc<Permit>) -> Arc<Self> {
        Arc::new(Self { permit, running: AtomicUsize::new(0), begun: AtomicU64::new(0) })
    }

    fn begin(self: &Arc<Self>) -> Underway {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        self.permit.set_busy(true);
        Underway(Arc::clone(self))
    }

    async fn unused_for(&self, time: Duration) {
        let mut looks = interval(LOOK_INTERVAL);
        let (mut unused, mut begun) = (Duration::ZERO, 0);
        while unused < time {
            looks.tick().await;
            let now = self.begun.load(Ordering::Relaxed);
            let is_used = self.running.load(Ordering::Relaxed) > 0 || now != begun;
            unused = if is_used { Duration::ZERO } else { unused + LOOK_INTERVAL };
            begun = now;
        }
    }
}

/// A request that is under way, until the last of its answer is taken.
struct Underway(Arc<Requests>);

impl Drop for Underway {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.permit.set_busy(false);
        }
    }
}

/// A body that says when it is done with.
struct UsedBody {
    body: Body,
    _underway: Underway,
}

impl HttpBody for UsedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
