//! What one message costs its sender and receiver, with whatever observer runs: a send to another
//! socket of the same process, and its receipt. One `netlink_unicast` each.
//!
//! Meant for a guest whose clock counts instructions (`cargo xtask bench`): one nanosecond each,
//! the same from run to run. Prints a number, nanoseconds a message: of the least disturbed round.
//! With an argument, a number of messages, it sends these and prints how long they took in all, with
//! whatever observers did meanwhile on the same processor.

use std::{os::fd::AsRawFd as _, time::Instant};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};
use nlmon::subscribe::{Received, Socket};

/// `NETLINK_USERSOCK`.
const PROTOCOL: u8 = 2;
/// Messages of a round: fewer than fit between two looks of the daemon at its ring.
const MESSAGES: u32 = 101;
const ROUNDS: u32 = 401;
const BYTES: usize = 64;

fn main() {
    let (sender, receiver) = (open(), open());
    let address = NetlinkAddr::new(receiver.portid(), 0);
    let mut message = [0_u8; BYTES];
    message[0] = 64;
    message[4] = 0x10;
    let mut buffer = [0; 256];
    let mut exchange = |count: u32| {
        for _ in 0..count {
            let sent = sendto(sender.as_raw_fd(), &message, &address, MsgFlags::empty());
            assert_eq!(sent, Ok(BYTES));
            assert!(matches!(receiver.receive(&mut buffer), Ok(Received::Datagram(_))));
        }
    };
    // The first ones fill caches, and make counters that later ones only add to.
    exchange(1009);
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok());
    if let Some(count) = count {
        let start = Instant::now();
        exchange(count);
        println!("{}", start.elapsed().as_nanos());
        return;
    }
    let mut round = || {
        let start = Instant::now();
        exchange(MESSAGES);
        start.elapsed().as_nanos() / u128::from(MESSAGES)
    };
    // The least disturbed round: on one processor, whatever else runs is in the figure.
    let least = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
    println!("{least}");
}

#[expect(clippy::expect_used, reason = "a benchmark that cannot run has to say so")]
fn open() -> Socket {
    Socket::open(PROTOCOL).expect("a socket of NETLINK_USERSOCK")
}
