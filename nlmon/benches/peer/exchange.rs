//! Exchanges of messages between two sockets of one process, for the benchmark and for the test that
//! guards its figures. Each is a send to another socket and its receipt: one `netlink_unicast`.

use std::{os::fd::AsRawFd as _, time::Instant};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};
use nlmon::subscribe::{Error, Received, Socket};

/// `NETLINK_USERSOCK`.
pub(crate) const PROTOCOL: u8 = 2;
/// Messages of a round: fewer than fit between two looks of the daemon at its ring.
const MESSAGES: u32 = 101;
const ROUNDS: u32 = 401;
/// Bytes of a message, and the most.
const BYTES: usize = 64;
const BYTES_MAX: usize = 8192;

/// The two sockets.
pub(crate) struct Exchange {
    sender: Socket,
    receiver: Socket,
    address: NetlinkAddr,
    message: Vec<u8>,
}

impl Exchange {
    /// With its first messages sent. They fill caches, and make counters that later ones only add to.
    pub(crate) fn new() -> Result<Self, Error> {
        Self::of(BYTES)
    }

    /// The same with messages of so many bytes, a header at the least.
    pub(crate) fn of(bytes: usize) -> Result<Self, Error> {
        let (sender, receiver) = (Socket::open(PROTOCOL)?, Socket::open(PROTOCOL)?);
        let address = NetlinkAddr::new(receiver.portid(), 0);
        let mut message = vec![0; bytes.clamp(16, BYTES_MAX)];
        let length = u32::try_from(message.len()).unwrap_or_default();
        message[..4].copy_from_slice(&length.to_ne_bytes());
        let mut exchange = Self { sender, receiver, address, message };
        exchange.set_type(0x10);
        exchange.run(1009);
        Ok(exchange)
    }

    /// Has the messages to come be of this type.
    pub(crate) fn set_type(&mut self, message_type: u16) {
        self.message[4..6].copy_from_slice(&message_type.to_ne_bytes());
    }

    /// Exchanges so many messages.
    pub(crate) fn run(&self, count: u32) {
        let mut buffer = [0; BYTES_MAX];
        for _ in 0..count {
            let fd = self.sender.as_raw_fd();
            let sent = sendto(fd, &self.message, &self.address, MsgFlags::empty());
            assert_eq!(sent, Ok(self.message.len()));
            assert!(matches!(self.receiver.receive(&mut buffer), Ok(Received::Datagram(_))));
        }
    }

    /// Nanoseconds a message of the least disturbed round: on one processor, whatever else runs is in
    /// the figure.
    pub(crate) fn least(&self) -> u128 {
        least(ROUNDS, MESSAGES, || self.run(MESSAGES))
    }
}

/// Nanoseconds of one of the `count` things that a round does, of the least disturbed of `rounds`.
pub(crate) fn least(rounds: u32, count: u32, mut round: impl FnMut()) -> u128 {
    let mut one = || {
        let start = Instant::now();
        round();
        start.elapsed().as_nanos() / u128::from(count)
    };
    (0..rounds).map(|_| one()).min().unwrap_or_default()
}
