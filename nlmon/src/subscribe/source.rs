//! One subscription: whether its socket should be open, and opening and closing it. Does not wait
//! for anything but a socket to close, because one that is slow must not hold up the others.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

use super::{
    Error, Event, Hold, Socket, Subscription, monotonic_ns,
    presence::Presence,
    reader::{self, Member, Stop},
};

/// How long a failed attempt is not repeated.
const RETRY: Duration = Duration::from_secs(1);

/// A subscription, and how far it is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) protocol: u8,
    groups: Vec<u32>,
    hold: Hold,
    state: State,
    /// The registration of the protocol that was released on demand.
    released: Option<u64>,
    /// When a failure may be tried again.
    retry_at: Option<Instant>,
    reported: Option<String>,
}

#[derive(Debug)]
enum State {
    Closed,
    Open {
        portid: u32,
        stop: oneshot::Sender<Stop>,
        reader: JoinHandle<()>,
    },
    /// The socket is closed; its last events are still on their way.
    Ending(JoinHandle<()>),
}

impl Source {
    pub(super) fn new(protocol: u8, subscription: Subscription) -> Self {
        Self {
            protocol,
            groups: subscription.groups.into_iter().collect(),
            hold: subscription.hold,
            state: State::Closed,
            released: None,
            retry_at: None,
            reported: None,
        }
    }

    /// Whether nothing that happens elsewhere can change its state.
    pub(super) fn is_settled(&self) -> bool {
        self.hold == Hold::Always && matches!(self.state, State::Open { .. })
    }

    /// Opens or closes the socket, as `presence` demands.
    pub(super) async fn follow(
        &mut self,
        presence: &Presence,
        netns: u32,
        receive_buffer_bytes: usize,
        events: &mpsc::Sender<Event>,
    ) {
        let wanted = self.wants(presence);
        match self.state {
            State::Closed if wanted => self.open(netns, receive_buffer_bytes, events),
            State::Open { .. } if !wanted => self.close().await,
            _ => {}
        }
    }

    /// Closes the socket, and leaves it closed as long as the protocol is registered as it is.
    pub(super) async fn release(&mut self, presence: &Presence) {
        self.released = presence.registration(self.protocol);
        self.close().await;
    }

    pub(super) fn resume(&mut self) {
        self.released = None;
    }

    /// Takes note that a reader has ended. Only then may its protocol be opened again, so that
    /// the end of one membership is not told after the start of the next.
    pub(super) fn settle(&mut self) {
        match &self.state {
            State::Ending(reader) if reader.is_finished() => self.state = State::Closed,
            State::Open { reader, .. } if reader.is_finished() => {
                self.state = State::Closed;
                self.retry_at = Some(Instant::now() + RETRY);
            }
            _ => {}
        }
    }

    fn wants(&mut self, presence: &Presence) -> bool {
        let Some(registration) = presence.registration(self.protocol) else { return false };
        self.released = self.released.filter(|released| *released == registration);
        if self.released.is_some() {
            return false;
        }
        let own_portid = match self.state {
            State::Open { portid, .. } => portid,
            State::Closed | State::Ending(_) => 0,
        };
        self.hold == Hold::Always || presence.has_listener(self.protocol, &self.groups, own_portid)
    }

    fn open(&mut self, netns: u32, receive_buffer_bytes: usize, events: &mpsc::Sender<Event>) {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        match self.try_open(netns, receive_buffer_bytes, events) {
            Ok(Some(state)) => self.state = state,
            Ok(None) => self.retry_at = Some(Instant::now() + RETRY),
            Err(error) => {
                self.retry_at = Some(Instant::now() + RETRY);
                self.report(error, events);
            }
        }
    }

    /// `None` if no group could be joined, which is reported: such a socket is of no use.
    fn try_open(
        &mut self,
        netns: u32,
        receive_buffer_bytes: usize,
        events: &mpsc::Sender<Event>,
    ) -> Result<Option<State>, Error> {
        let socket = Socket::open(self.protocol)?;
        socket.set_receive_buffer(receive_buffer_bytes)?;
        let groups = self.join(&socket, events);
        if groups.is_empty() {
            return Ok(None);
        }
        let portid = socket.portid();
        let member = Member { netns, protocol: self.protocol, portid, groups };
        let (stop, stopped) = oneshot::channel();
        let reader = reader::spawn(socket, member, events.clone(), stopped)?;
        Ok(Some(State::Open { portid, stop, reader }))
    }

    /// Joins what can be joined: one group that is refused is no reason to miss the others.
    fn join(&mut self, socket: &Socket, events: &mpsc::Sender<Event>) -> Vec<(u32, u64)> {
        let mut joined = Vec::new();
        let mut failed = None;
        for group in &self.groups {
            match socket.join(*group) {
                Ok(()) => joined.push((*group, monotonic_ns())),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            Some(error) => self.report(error, events),
            None => self.reported = None,
        }
        joined
    }

    /// Closes the socket. Returns once it is closed.
    async fn close(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Closed) {
            State::Open { stop, reader, .. } => {
                let (closed, is_closed) = oneshot::channel();
                // A reader that has ended by itself has closed its socket, too.
                if stop.send(closed).is_ok() {
                    drop(is_closed.await);
                }
                State::Ending(reader)
            }
            other => other,
        };
    }

    /// Never waits for room: whoever empties the channel may be waiting for a release.
    pub(super) fn report(&mut self, error: Error, events: &mpsc::Sender<Event>) {
        let text = format!("{error:?}");
        if self.reported.as_ref() == Some(&text) {
            return;
        }
        if events.try_send(Event::Failed { protocol: self.protocol, error }).is_ok() {
            self.reported = Some(text);
        }
    }
}
