//! Lists a namespace's interfaces for the pipeline. It does so when the rtnetlink socket has joined
//! the group of links, and whenever that socket has missed something. A list takes a socket of its
//! own, because a subscribed socket receives notifications in between.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout, timeout_at},
};

use super::{Error, Event, Socket, dump, membership::Common};
use crate::clock::monotonic_ns;

const ROUTE: u8 = 0;
/// `RTNLGRP_LINK`
const LINKS: u32 = 1;
const RTM_GETLINK: u16 = 18;
const IFLA_EXT_MASK: u16 = 29;
/// `RTEXT_FILTER_SKIP_STATS`: names are all that is wanted, and statistics are most of an answer.
const SKIP_STATS: u32 = 8;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Least time from one list to the next: a socket that runs over does so often.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks a lister for lists.
#[derive(Debug)]
pub(super) struct Lister {
    ask: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Lister {
    /// Starts one for a socket of these groups, and asks for a first list; `None` if that socket
    /// does not tell how interfaces change. To be called in the namespace.
    pub(super) fn start(
        protocol: u8,
        groups: impl IntoIterator<Item = u32>,
        common: &Common,
    ) -> Result<Option<Self>, Error> {
        if protocol != ROUTE || !groups.into_iter().any(|group| group == LINKS) {
            return Ok(None);
        }
        let socket = Socket::open(ROUTE)?;
        let (ask, asked) = mpsc::channel(1);
        let task = tokio::spawn(run(socket, common.netns, common.events.clone(), asked));
        let lister = Self { ask, task };
        lister.again();
        Ok(Some(lister))
    }

    /// Wants another list. One that is wanted already is enough.
    pub(super) fn again(&self) {
        if self.ask.try_send(()).is_err() {
            tracing::debug!("a list of interfaces is wanted already");
        }
    }

    /// Lets it end, and waits a moment until its socket is closed.
    pub(super) async fn end(self) {
        drop(self.ask);
        if timeout(PAUSE, self.task).await.is_err() {
            tracing::debug!("the kernel is slow to list interfaces");
        }
    }
}

/// Lists until nobody can ask any more.
async fn run(
    mut socket: Socket,
    netns: u32,
    events: mpsc::Sender<Event>,
    mut asked: mpsc::Receiver<()>,
) {
    let mut wanted = asked.recv().await.is_some();
    while wanted {
        let Ok((returned, listed)) = spawn_blocking(move || list(socket, netns)).await else {
            return;
        };
        socket = returned;
        // What failed is tried again.
        let mut again = listed.is_err();
        match listed {
            // Never waits for room: whoever empties the channel may wait for the socket to close.
            Ok(event) => again = events.try_send(event).is_err(),
            Err(error) => tracing::debug!("cannot list the interfaces of {netns}: {error}"),
        }
        let pause = Instant::now() + PAUSE;
        wanted = loop {
            match timeout_at(pause, asked.recv()).await {
                Ok(None) => break false,
                Ok(Some(())) => again = true,
                Err(_over) if again => break true,
                Err(_over) => break asked.recv().await.is_some(),
            }
        };
    }
}

fn list(socket: Socket, netns: u32) -> (Socket, Result<Event, Error>) {
    // A bare `struct ifinfomsg`, and an attribute of 8 bytes.
    let head = [8_u16.to_ne_bytes(), IFLA_EXT_MASK.to_ne_bytes()].concat();
    let request = [&[0; 16][..], &head, &SKIP_STATS.to_ne_bytes()].concat();
    let began_ns = monotonic_ns();
    let links = dump(&socket, RTM_GETLINK, &request, PATIENCE);
    let complete_ns = monotonic_ns();
    (socket, links.map(|links| Event::Interfaces { netns, began_ns, complete_ns, links }))
}
