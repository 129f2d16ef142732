//! The connections of the HTTP server: who is let in, how long a request may take to come, and how
//! the server ends. What is answered is the router's.
//!
//! Invariant: a connection holds one permit of the [`ConnectionLimit`]. One that says nothing, or does
//! not finish its TLS handshake, ends within [`HEADER_TIME`], and at once if its permit is needed.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use super::{
    Door,
    guard::Guard,
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
    client: SocketAddr,
    server: SocketAddr,
    is_encrypted: bool,
    pub(super) closing: Closing,
    pub(super) permit: Arc<Permit>,
}

impl Connection {
    /// Who is at the other end.
    pub(super) fn peer(&self) -> Peer {
        Peer::of_connection(self.client, self.server)
    }

    /// By which names a browser may reach it.
    pub(super) fn guard(&self) -> Guard {
        Guard { listen: self.server.ip(), is_encrypted: self.is_encrypted }
    }

    /// Gives up its permit among the connections, for one elsewhere.
    pub(super) fn leave(&self) {
        self.permit.leave();
    }
}

/// Serves until `shutdown`, with at most `connections` at a time.
pub(super) async fn run(
    listener: TcpListener,
    door: Door,
    router: Router,
    connections: watch::Receiver<usize>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let door = Arc::new(door);
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
                    let Some(connection) = admit(&limit, client, address, door.is_tls()) else {
                        continue;
                    };
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
    is_encrypted: bool,
) -> Option<Connection> {
    // The kernel is asked for a user only where that matters: a scrape should send nothing.
    let peer = if limit.is_crowded() {
        Peer::of_connection(client, server)
    } else {
        Peer::of_address(client.ip())
    };
    let closing = Closing::default();
    let permit = Arc::new(limit.admit(peer, &closing)?);
    Some(Connection { client, server, is_encrypted, closing, permit })
}

/// Serves one connection, until either side ends it or its permit is lost.
async fn serve(stream: TcpStream, talk: Talk) {
    let closing = talk.connection.closing.clone();
    tokio::select! {
        () = closing.requested() => {}
        talked = talk::talk(stream, talk) => {
            if let Err(error) = talked {
                log::debug!("an HTTP connection ended: {error}");
            }
        }
    }
}
