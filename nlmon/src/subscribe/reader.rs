//! Reads one socket into the channel of events until it is told to stop. When the channel is full
//! the reader waits, the kernel's receive buffer takes the burst, and what that cannot hold is
//! reported as an overrun: memory is bounded, and every loss is told.

use std::collections::VecDeque;

use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    Error, Socket, monotonic_ns,
    socket::{BUFFER_BYTES, Datagram, Received},
    subscriptions::Event,
};
use crate::record::Delivery;

/// Asks a reader to stop; it answers when its socket is closed.
pub(super) type Stop = oneshot::Sender<()>;

/// What a socket is a member of.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) netns: u32,
    pub(super) protocol: u8,
    pub(super) portid: u32,
    /// Each group, and when joining it had returned.
    pub(super) groups: Vec<(u32, u64)>,
}

struct Reader {
    socket: AsyncFd<Socket>,
    member: Member,
    events: mpsc::Sender<Event>,
    /// Read, and not yet in the channel.
    backlog: VecDeque<Event>,
    buffer: Vec<u8>,
    drops: u32,
}

/// Why a reader ends by itself.
enum End {
    /// Nobody takes events any more.
    Unheard,
    /// The socket does not work.
    Broken(Error),
}

/// Starts a reader on the current tokio runtime.
pub(super) fn spawn(
    socket: Socket,
    member: Member,
    events: mpsc::Sender<Event>,
    stop: oneshot::Receiver<Stop>,
) -> Result<JoinHandle<()>, Error> {
    socket.set_nonblocking()?;
    // SAFETY: the socket owns its descriptor, which stays open and the same until it is dropped,
    // and it is dropped only with, or taken out of, this AsyncFd.
    let registered = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) };
    let socket = registered.map_err(|error| Error::Receive {
        protocol: member.protocol,
        source: error.into_parts().1,
    })?;
    let buffer = vec![0; BUFFER_BYTES];
    let backlog = member.joined().collect();
    let reader = Reader { socket, member, events, backlog, buffer, drops: 0 };
    Ok(tokio::spawn(reader.run(stop)))
}

impl Reader {
    async fn run(mut self, mut stop: oneshot::Receiver<Stop>) {
        let closed = loop {
            tokio::select! {
                biased;
                asked = &mut stop => break asked.ok(),
                advanced = self.advance() => match advanced {
                    Ok(()) => {}
                    Err(End::Unheard) => return,
                    Err(End::Broken(error)) => {
                        let protocol = self.member.protocol;
                        self.backlog.push_back(Event::Failed { protocol, error });
                        break None;
                    }
                },
            }
        };
        self.finish(closed).await;
    }

    /// Passes on one event, or else reads one datagram. Loses nothing when it is cancelled.
    async fn advance(&mut self) -> Result<(), End> {
        if !self.backlog.is_empty() {
            let Ok(permit) = self.events.reserve().await else { return Err(End::Unheard) };
            if let Some(event) = self.backlog.pop_front() {
                permit.send(event);
            }
            return Ok(());
        }
        let mut guard = self.socket.readable().await.map_err(|source| {
            End::Broken(Error::Receive { protocol: self.member.protocol, source })
        })?;
        match guard.get_inner().receive(&mut self.buffer).map_err(End::Broken)? {
            Received::Datagram(datagram) => {
                self.backlog.push_back(self.member.delivery(&datagram));
            }
            Received::Overrun => self.note_overrun(true),
            Received::Empty => {
                guard.clear_ready();
                self.note_overrun(false);
            }
        }
        Ok(())
    }

    /// Reports what was lost. The kernel goes on dropping after it has said so, until the queue
    /// is empty; therefore this is called then as well.
    fn note_overrun(&mut self, told: bool) {
        let drops = self.socket.get_ref().drops().unwrap_or(self.drops);
        let lost = drops.wrapping_sub(self.drops);
        self.drops = drops;
        if told || lost > 0 {
            let Member { netns, protocol, .. } = self.member;
            self.backlog.push_back(Event::Overrun { netns, protocol, lost, at_ns: monotonic_ns() });
        }
    }

    /// Empties the queue, closes the socket, and only then waits for room in the channel: whoever
    /// empties it may be the one who waits for the socket to be closed.
    async fn finish(mut self, closed: Option<Stop>) {
        let at_ns = monotonic_ns();
        // The queue holds no more than the receive buffer, but a storm may fill it for ever.
        while let Ok(Received::Datagram(datagram)) = self.socket.get_ref().receive(&mut self.buffer)
        {
            let received_ns = monotonic_ns();
            self.backlog.push_back(self.member.delivery(&datagram));
            if received_ns > at_ns + 1_000_000_000 {
                break;
            }
        }
        self.note_overrun(false);
        self.backlog.extend(self.member.left(at_ns));
        let Self { socket, member, events, backlog, .. } = self;
        drop(socket);
        if closed.is_some_and(|closed| closed.send(()).is_err()) {
            log::debug!("nobody waits for the socket of protocol {} to close", member.protocol);
        }
        for event in backlog {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

impl Member {
    fn joined(&self) -> impl Iterator<Item = Event> + use<> {
        let Self { netns, protocol, portid, .. } = *self;
        let groups = self.groups.clone().into_iter();
        groups.map(move |(group, at_ns)| Event::Joined { netns, protocol, group, portid, at_ns })
    }

    fn left(&self, at_ns: u64) -> impl Iterator<Item = Event> + use<> {
        let Self { netns, protocol, .. } = *self;
        let groups = self.groups.clone().into_iter();
        groups.map(move |(group, _)| Event::Left { netns, protocol, group, at_ns })
    }

    fn delivery(&self, datagram: &Datagram<'_>) -> Event {
        Event::Delivery(Delivery {
            received_ns: monotonic_ns(),
            protocol: self.protocol,
            netns: self.netns,
            group: datagram.group,
            src_portid: datagram.src_portid,
            len: datagram.len,
            data: datagram.data.to_vec(),
        })
    }
}
