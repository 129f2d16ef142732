//! Lists a namespace's objects for the ledger: once its socket has joined the groups that tell of
//! them, and again whenever somebody wants it. Each kind is asked for on a socket of its own, as
//! `interfaces` does.
//!
//! Invariant: what no joined group tells of is not listed, so that nothing listed grows old unnoticed.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant as StdInstant},
};

use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};

use super::{
    Error, Socket,
    membership::Common,
    request::{datagrams, send},
};
use crate::clock::monotonic_ns;
use nlmon_core::ledger::{Cover, Dump, dumps};
use nlmon_core::message::{flag, kind};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Least time from one list to the next, and how much longer than a list took: a table of a million
/// routes must not be listed all the time.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_SHARE: u32 = 20;
/// How often a list is taken again that changed meanwhile, before it is tried later.
const ATTEMPTS: u32 = 3;
/// Namespaces of which a list may be wanted.
const ORDERS_MAX: usize = 4096;

/// What a lister says.
#[derive(Debug)]
pub enum Listing {
    /// The objects of a namespace.
    Objects {
        /// Inode number of the namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
        /// What is listed.
        covers: Vec<Cover>,
        /// When it began, `CLOCK_MONOTONIC` nanoseconds.
        began_ns: u64,
        /// When it was complete.
        complete_ns: u64,
        /// The kernel's answers.
        datagrams: Vec<Vec<u8>>,
    },
    /// The socket has missed something, since this time at the earliest. A list follows.
    Lost {
        /// Inode number of the namespace.
        netns: u32,
        /// When it was last known to have missed nothing.
        since_ns: u64,
    },
    /// The namespace is not listened in any more.
    Ended {
        /// Inode number of the namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
    },
}

/// How many lists of each namespace were wanted.
type Orders = BTreeMap<u32, u64>;

/// Who wants lists, and where they go. Clones are the same.
#[derive(Clone, Debug)]
pub struct Lists {
    orders: Arc<watch::Sender<Orders>>,
    out: mpsc::Sender<Listing>,
}

impl Lists {
    /// Lists go to `out`.
    pub fn new(out: mpsc::Sender<Listing>) -> Self {
        Self { orders: Arc::default(), out }
    }

    /// Wants another list of this namespace. Those that are wanted already are one.
    pub fn again(&self, netns: u32) {
        self.orders.send_modify(|orders| {
            if orders.len() < ORDERS_MAX || orders.contains_key(&netns) {
                *orders.entry(netns).or_default() += 1;
            }
        });
    }
}

/// Lists the objects that one socket's groups tell of.
#[derive(Debug)]
pub(super) struct ObjectLister {
    netns: u32,
    lists: Lists,
    lost: mpsc::Sender<u64>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ObjectLister {
    /// Starts one for a socket of these groups, which begins with a first list; `None` if nobody
    /// wants lists, or no object is told of. To be called in the namespace.
    pub(super) fn start(
        protocol: u8,
        groups: &[u32],
        common: &Common,
    ) -> Result<Option<Self>, Error> {
        let Some(lists) = common.lists.clone() else { return Ok(None) };
        let dumps = dumps(protocol, groups);
        if dumps.is_empty() {
            return Ok(None);
        }
        let (netns, socket) = (common.netns, Socket::open(protocol)?);
        let (stop, stopped) = watch::channel(false);
        let (lost, losses) = mpsc::channel(1);
        let orders = lists.orders.subscribe();
        let work = Work { netns, protocol, dumps, out: lists.out.clone() };
        let task = tokio::spawn(work.run(socket, orders, losses, stopped));
        Ok(Some(Self { netns, lists, lost, stop, task }))
    }

    /// The socket has missed something since this time. One loss that is not told yet is enough.
    pub(super) fn missed(&self, since_ns: u64) {
        if self.lost.try_send(since_ns).is_err() {
            tracing::debug!("a list of {} is wanted already", self.netns);
        }
        self.lists.again(self.netns);
    }

    /// Lets it end, and waits a moment until its socket is closed.
    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        if timeout(PAUSE, self.task).await.is_err() {
            tracing::debug!("the kernel is slow to list the objects of {}", self.netns);
        }
    }
}

/// What a lister's task has.
struct Work {
    netns: u32,
    protocol: u8,
    dumps: Vec<Dump>,
    out: mpsc::Sender<Listing>,
}

impl Work {
    /// Lists until it is told to stop.
    async fn run(
        self,
        mut socket: Socket,
        mut orders: watch::Receiver<Orders>,
        mut losses: mpsc::Receiver<u64>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let (netns, protocol) = (self.netns, self.protocol);
        let wanted = |orders: &Orders| orders.get(&netns).copied().unwrap_or_default();
        loop {
            let done = wanted(&orders.borrow_and_update());
            while let Ok(since_ns) = losses.try_recv() {
                if self.out.send(Listing::Lost { netns, since_ns }).await.is_err() {
                    return;
                }
            }
            let (dumps, began) = (self.dumps.clone(), StdInstant::now());
            let work = move || {
                let listed = list(&socket, &dumps);
                (socket, listed)
            };
            let Ok((returned, listed)) = spawn_blocking(work).await else { return };
            socket = returned;
            let is_listed = listed.is_ok();
            match listed {
                Ok((began_ns, complete_ns, datagrams)) => {
                    let covers = self.dumps.iter().map(|dump| dump.cover).collect();
                    let listing = Listing::Objects {
                        netns,
                        protocol,
                        covers,
                        began_ns,
                        complete_ns,
                        datagrams,
                    };
                    if self.out.send(listing).await.is_err() {
                        return;
                    }
                }
                Err(error) => tracing::debug!("cannot list the objects of {netns}: {error}"),
            }
            let pause = PAUSE.max(began.elapsed() * PAUSE_SHARE);
            let ended = tokio::select! {
                _stop = stopped.changed() => true,
                () = sleep(pause) => false,
            };
            if !ended && !is_listed {
                continue;
            }
            let again = async {
                if orders.wait_for(|orders| wanted(orders) != done).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let ended = ended
                || tokio::select! {
                    _stop = stopped.changed() => true,
                    () = again => false,
                };
            if ended {
                // Whoever waits for the end may be who makes room.
                drop(self.out.try_send(Listing::Ended { netns, protocol }));
                return;
            }
        }
    }
}

/// When it began and was complete, and the answers.
fn list(socket: &Socket, dumps: &[Dump]) -> Result<(u64, u64, Vec<Vec<u8>>), Error> {
    for _ in 0..ATTEMPTS {
        let began_ns = monotonic_ns();
        let mut all = Vec::new();
        let mut is_consistent = true;
        for dump in dumps {
            is_consistent &= answers(socket, dump, &mut all)?;
        }
        if is_consistent {
            return Ok((began_ns, monotonic_ns(), all));
        }
    }
    Err(Error::Interrupted)
}

/// Adds the answers to a request. Says whether nothing changed meanwhile. A kernel that does not have
/// such objects says so by an error.
fn answers(socket: &Socket, dump: &Dump, all: &mut Vec<Vec<u8>>) -> Result<bool, Error> {
    let seq = send(socket, dump.message_type, flag::REQUEST | flag::DUMP, &dump.payload)?;
    let mut is_consistent = true;
    let read = datagrams(socket, seq, PATIENCE, |datagram, messages| {
        all.push(datagram.to_vec());
        for header in messages {
            is_consistent &= header.flags & flag::DUMP_INTR == 0;
            if header.message_type == kind::DONE {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    match read {
        Ok(()) => Ok(is_consistent),
        Err(Error::Refused { errno, .. }) => {
            tracing::debug!("there is no list of {:?}: {errno}", dump.cover);
            Ok(is_consistent)
        }
        Err(error) => Err(error),
    }
}
