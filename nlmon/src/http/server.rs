//! The connections of the HTTP server: who is let in, how long a request may take to come, and how
//! the server ends. What is answered is the router's.
//!
//! Invariant: a connection holds one permit of the [`ConnectionLimit`]. One that says nothing, or does
//! not finish its TLS handshake, ends within [`HEADER_TIME`], and at once if its permit is needed.

use std::{future::poll_fn, io, net::IpAddr, sync::Arc, task::Poll, time::Duration};

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{
    Door,
    guard::Guard,
    listen::{Acceptor, Client, Listener, Stream},
    talk::{self, Talk},
};
use crate::{
    connections::{Closing, ConnectionLimit, HTTP, Peer, Permit},
    shutdown,
};

/// How long the header of a request may take, from the connection or the answer before it; and a TLS
/// handshake.
pub(super) const HEADER_TIME: Duration = Duration::from_secs(5);

/// How long requests that are under way may take at the end.
const END_TIME: Duration = Duration::from_secs(2);

/// A connection, as the handler of a request needs to know it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    client: Client,
    listen: Option<IpAddr>,
    is_encrypted: bool,
    pub(super) closing: Closing,
    pub(super) permit: Arc<Permit>,
}

impl Connection {
    /// Who is at the other end.
    pub(super) fn peer(&self) -> Peer {
        self.client.peer(true)
    }

    /// By which names a browser may reach it.
    pub(super) fn guard(&self) -> Guard {
        Guard { listen: self.listen, is_encrypted: self.is_encrypted }
    }

    /// Gives up its permit among the connections, for one elsewhere.
    pub(super) fn leave(&self) {
        self.permit.leave();
    }
}

/// Serves until `shutdown`, with at most `connections` at a time.
pub(super) async fn run(
    listeners: Vec<Listener>,
    door: Door,
    router: Router,
    connections: watch::Receiver<usize>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(Listener::start).collect::<io::Result<Vec<_>>>()?;
    let mut next = 0;
    let door = Arc::new(door);
    let limit = ConnectionLimit::new(move || *connections.borrow(), &HTTP);
    let ending = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    loop {
        // One that has lost its permit is there until its task has run. Readers have their own.
        let is_room = tasks.len() < 3 * limit.most();
        tokio::select! {
            () = shutdown::requested(&mut shutdown) => break,
            accepted = accept(&listeners, &mut next), if is_room => match accepted {
                Ok((stream, client, listen)) => {
                    let Some((permit, closing)) = admit(&limit, client) else { continue };
                    let is_encrypted = door.is_tls();
                    let connection = Connection { client, listen, is_encrypted, closing, permit };
                    let (router, door) = (router.clone(), Arc::clone(&door));
                    let (watcher, shutdown) = (ending.watcher(), shutdown.clone());
                    let talk = Talk { connection, router, door, watcher, shutdown };
                    tasks.spawn(serve(stream, talk));
                }
                Err(error) => HTTP.accept_failed(&error).await,
            },
            Some(_ended) = tasks.join_next() => {}
        }
    }
    drop(listeners);
    if timeout(END_TIME, ending.shutdown()).await.is_err() {
        tracing::debug!("some HTTP connections did not end in time");
    }
    Ok(())
}

/// The next connection of any of the listeners, which take turns.
async fn accept(
    listeners: &[Acceptor],
    next: &mut usize,
) -> io::Result<(Box<dyn Stream>, Client, Option<IpAddr>)> {
    poll_fn(|context| {
        let (before, from) = listeners.split_at(*next % listeners.len().max(1));
        for (number, listener) in from.iter().chain(before).enumerate() {
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                *next = (*next + number + 1) % listeners.len();
                return Poll::Ready(accepted.map(|(s, client)| (s, client, listener.ip())));
            }
        }
        Poll::Pending
    })
    .await
}

fn admit(limit: &Arc<ConnectionLimit>, client: Client) -> Option<(Arc<Permit>, Closing)> {
    // The kernel is asked for a user only where that matters: a scrape should send nothing.
    let peer = client.peer(limit.is_crowded());
    let closing = Closing::default();
    let permit = Arc::new(limit.admit(peer, &closing)?);
    Some((permit, closing))
}

/// Serves one connection, until either side ends it or its permit is lost.
async fn serve(stream: Box<dyn Stream>, talk: Talk) {
    let closing = talk.connection.closing.clone();
    tokio::select! {
        () = closing.requested() => {}
        talked = talk::talk(stream, talk) => {
            if let Err(error) = talked {
                tracing::debug!("an HTTP connection ended: {error}");
            }
        }
    }
}
