//! The daemon's memberships: one socket for each protocol, opened when the protocol is there, and
//! closed so that the module behind it can be removed. Does not read the sockets: `reader` does.
//!
//! A socket pins the module of its protocol, and there is no membership without a socket: with an
//! observer's socket open, `rmmod` answers "in use". A socket of a protocol that may come from a
//! module is therefore held only while another process listens as well ([`Hold::Shared`]), which
//! pins the module anyway: the observer never is the reason. Then nobody misses a delivery either,
//! and the probes see the broadcasts all the same. Letting go only when asked was rejected as the
//! rule, because nobody who runs `rmmod` knows to ask; it is there for [`Hold::Always`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval},
};

use super::{
    Error, Lists, Status,
    spaces::{Changed, Changes, Spaces},
};
use crate::shutdown;
use nlmon_core::decode::names::protocol;
use nlmon_core::record::Delivery;

/// What happens on the daemon's sockets. Times are `CLOCK_MONOTONIC` nanoseconds.
#[derive(Debug)]
pub enum Event {
    /// A datagram came.
    Delivery(Delivery),
    /// The socket is a member of the group: every broadcast that begins from now on is for it.
    Joined {
        /// Inode number of the socket's network namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
        /// Group number.
        group: u32,
        /// Its name, `family/group`, if the number was given out at run time.
        name: Option<String>,
        /// The socket's own port id.
        portid: u32,
        /// When joining had returned.
        at_ns: u64,
    },
    /// The socket is about to close: every broadcast that has ended by now was for it. Its last
    /// deliveries come before this.
    Left {
        /// Inode number of the socket's network namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
        /// Group number.
        group: u32,
        /// When it began to close.
        at_ns: u64,
    },
    /// The socket was found empty: everything that had been sent to it has been passed on, or has
    /// been lost and told.
    Empty {
        /// Inode number of the socket's network namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
        /// When the read that found nothing began.
        at_ns: u64,
    },
    /// A process sent a datagram to the socket's own port id. It was dropped: it came by no group.
    Unicast {
        /// Netlink protocol number.
        protocol: u8,
    },
    /// The receive buffer ran over: one for each `ENOBUFS`, and one when more was lost after it.
    Overrun {
        /// Inode number of the socket's network namespace.
        netns: u32,
        /// Netlink protocol number.
        protocol: u8,
        /// Datagrams that were lost since the last of these events.
        lost: u32,
        /// When it was noticed.
        at_ns: u64,
    },
    /// All interfaces of a namespace. The daemon is subscribed to their changes.
    Interfaces {
        /// Inode number of the namespace.
        netns: u32,
        /// When the list began.
        began_ns: u64,
        /// When it was complete.
        complete_ns: u64,
        /// The payload of a `RTM_NEWLINK` for each.
        links: Vec<Vec<u8>>,
    },
    /// A subscription does not work, or only in part: a group that is refused does not keep the
    /// others from being joined. One that does not work at all is tried again every second; an
    /// unchanged cause is reported once.
    Failed {
        /// Netlink protocol number.
        protocol: u8,
        /// Why.
        error: Error,
    },
}

/// When a socket is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// As long as the protocol is there. If a module has it, the module cannot be removed.
    Always,
    /// As long as the protocol is there and another process listens to one of the groups.
    Shared,
}

impl Hold {
    /// `Always` for protocols that no common kernel has in a module.
    pub fn for_protocol(protocol: u8) -> Self {
        match protocol {
            protocol::ROUTE
            | protocol::USERSOCK
            | protocol::SOCK_DIAG
            | protocol::SELINUX
            | protocol::AUDIT
            | protocol::FIB_LOOKUP
            | protocol::KOBJECT_UEVENT
            | protocol::GENERIC => Self::Always,
            _ => Self::Shared,
        }
    }
}

/// Which groups of one protocol to join, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Group numbers.
    pub groups: BTreeSet<u32>,
    /// Groups of generic netlink, as `family/group`. One that is not there is joined when it comes.
    pub named: BTreeSet<String>,
    /// When to be a member of them.
    pub hold: Hold,
}

impl Subscription {
    /// Whether it is for no group.
    pub(super) fn is_none(&self) -> bool {
        self.groups.is_empty() && self.named.is_empty()
    }

    /// The same for no group.
    pub(super) fn none(&self) -> Self {
        Self { groups: BTreeSet::new(), named: BTreeSet::new(), hold: self.hold }
    }
}

/// Where to subscribe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// In the own network namespace.
    #[default]
    Own,
    /// In every namespace that a process is in or `ip netns` has named.
    All,
    /// In those that `ip netns` has given these names; `self` is the own one.
    Named(BTreeSet<String>),
}

/// What to subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeSettings {
    /// Where.
    pub reach: Reach,
    /// By netlink protocol number.
    pub subscriptions: BTreeMap<u8, Subscription>,
    /// Receive buffer of each socket in bytes, before the kernel doubles it.
    pub receive_buffer_bytes: usize,
    /// How often to look which protocols are there. Costs one read of `/proc/net/netlink`, and
    /// nothing once every subscription is held for good.
    pub look_interval: Duration,
}

/// The running subscriptions. Dropping it closes the sockets.
#[derive(Debug)]
pub struct Subscriptions {
    commands: mpsc::Sender<Command>,
    status: Arc<Status>,
}

/// What keeps them: the task that opens and closes sockets.
#[derive(Debug)]
pub struct Keeper {
    spaces: Spaces,
    look_interval: Duration,
    commands: mpsc::Receiver<Command>,
}

#[derive(Debug)]
enum Command {
    Release(u8, oneshot::Sender<bool>),
    Resume(u8, oneshot::Sender<bool>),
    Change(SubscribeSettings, oneshot::Sender<bool>),
}

impl Subscriptions {
    /// Those of the calling thread's namespace, and of others as `settings` say. They begin when
    /// the keeper runs, on a tokio runtime whose threads have to be in the same namespace.
    pub fn new(
        settings: SubscribeSettings,
        events: mpsc::Sender<Event>,
    ) -> Result<(Self, Keeper), Error> {
        let look_interval = settings.look_interval;
        let spaces = Spaces::new(settings, events)?;
        let (commands, received) = mpsc::channel(1);
        let status = spaces.status();
        Ok((Self { commands, status }, Keeper { spaces, look_interval, commands: received }))
    }

    /// What becomes of them.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Closes the socket of `protocol`, and leaves it closed until the protocol is gone and back,
    /// or until [`resume`](Self::resume). When this returns, the module can be removed.
    ///
    /// Says whether there is such a subscription.
    pub async fn release(&self, protocol: u8) -> bool {
        self.command(|reply| Command::Release(protocol, reply)).await
    }

    /// Takes back a [`release`](Self::release). Says whether there is such a subscription.
    pub async fn resume(&self, protocol: u8) -> bool {
        self.command(|reply| Command::Resume(protocol, reply)).await
    }

    /// From now on these. What stays the same stays as it is; for the rest sockets are closed and
    /// opened. How often to look stays.
    ///
    /// Says whether the keeper is there to do it.
    pub async fn change(&self, settings: SubscribeSettings) -> bool {
        self.command(|reply| Command::Change(settings, reply)).await
    }

    async fn command(&self, command: impl FnOnce(oneshot::Sender<bool>) -> Command) -> bool {
        let (reply, replied) = oneshot::channel();
        self.commands.send(command(reply)).await.is_ok() && replied.await.unwrap_or(false)
    }
}

impl Keeper {
    /// The same, which looks less often while `changes` stays the same.
    #[must_use]
    pub fn with_changes(mut self, changes: impl Fn() -> Changed + Send + 'static) -> Self {
        self.spaces.changes = Changes(Some(Box::new(changes)));
        self
    }

    /// The same, whose sockets' namespaces are listed for whoever wants that.
    #[must_use]
    pub fn with_lists(mut self, lists: Lists) -> Self {
        self.spaces.lists = Some(lists);
        self
    }

    /// Opens and closes sockets, until `shutdown` or until the [`Subscriptions`] are dropped. Then
    /// it lets go of all of them; their readers pass on what they have.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> anyhow::Result<()> {
        let Self { mut spaces, look_interval, mut commands } = self;
        let mut looks = interval(look_interval.max(Duration::from_millis(1)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown::requested(&mut shutdown) => return Ok(()),
                _ = looks.tick() => spaces.look().await?,
                command = commands.recv() => match command {
                    Some(command) => obey(&mut spaces, command).await?,
                    None => return Ok(()),
                },
            }
        }
    }
}

async fn obey(spaces: &mut Spaces, command: Command) -> Result<(), Error> {
    let (known, reply) = match command {
        Command::Release(protocol, reply) => (spaces.release(protocol).await?, reply),
        Command::Resume(protocol, reply) => (spaces.resume(protocol), reply),
        Command::Change(settings, reply) => {
            spaces.change(settings);
            (true, reply)
        }
    };
    spaces.look().await?;
    if reply.send(known).is_err() {
        tracing::debug!("nobody waits for the end of what the subscriptions were told to do");
    }
    Ok(())
}
