//! The connections of the HTTP server: who is let in, how long a request may take to come, and how
//! the server ends. What is answered is the router's.
//!
//! Invariant: a connection holds one permit of the [`ConnectionLimit`]. One that says nothing ends
//! within [`HEADER_TIME`], and at once if its permit is needed.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service as _};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use crate::{
    connections::{Closing, ConnectionLimit, HTTP, Peer, Permit},
    shutdown,
};

/// How long the header of a request may take, from the connection or the answer before it.
const HEADER_TIME: Duration = Duration::from_secs(5);

/// How long requests that are under way may take at the end.
const END_TIME: Duration = Duration::from_secs(2);

/// A connection, as the handler of a request needs to know it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    client: SocketAddr,
    server: SocketAddr,
    pub(super) closing: Closing,
    permit: Arc<Permit>,
}

impl Connection {
    /// Who is at the other end.
    pub(super) fn peer(&self) -> Peer {
        Peer::of_connection(self.client, self.server)
    }

    /// Gives up its permit among the connections, for one elsewhere.
    pub(super) fn leave(&self) {
        self.permit.leave();
    }
}

/// Serves until `shutdown`, with at most `connections` at a time.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    connections: watch::Receiver<usize>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let limit = ConnectionLimit::new(move || *connections.borrow(), &HTTP);
    let ending = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    loop {
        // One that has lost its permit is there until its task has run. Readers have their own.
        let is_room = tasks.len() < 3 * limit.most();
        tokio::select! {
            () = shutdown::requested(&mut shutdown) => break,
            accepted = listener.accept(), if is_room => match accepted {
                Ok((stream, client)) => {
                    let Some(connection) = admit(&limit, client, address) else { continue };
                    tasks.spawn(serve(stream, router.clone(), connection, ending.watcher()));
                }
                Err(error) => HTTP.accept_failed(&error).await,
            },
            Some(_ended) = tasks.join_next() => {}
        }
    }
    drop(listener);
    if timeout(END_TIME, ending.shutdown()).await.is_err() {
        log::debug!("some HTTP connections did not end in time");
    }
    Ok(())
}

fn admit(
    limit: &Arc<ConnectionLimit>,
    client: SocketAddr,
    server: SocketAddr,
) -> Option<Connection> {
    // The kernel is asked for a user only where that matters: a scrape should send nothing.
    let peer = if limit.is_crowded() {
        Peer::of_connection(client, server)
    } else {
        Peer::of_address(client.ip())
    };
    let closing = Closing::default();
    let permit = Arc::new(limit.admit(peer, &closing)?);
    Some(Connection { client, server, closing, permit })
}

/// Serves one connection, until either side ends it or its permit is lost.
async fn serve(stream: TcpStream, router: Router, connection: Connection, ending: Watcher) {
    let Connection { closing, permit, .. } = connection.clone();
    let router = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let (permit, answer) = (Arc::clone(&permit), router.call(request));
        async move {
            permit.set_busy(true);
            let answer = answer.await;
            permit.set_busy(false);
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    let served = ending.watch(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        () = closing.requested() => {}
        served = served => {
            if let Err(error) = served {
                log::debug!("an HTTP connection ended: {error}");
            }
        }
    }
}
