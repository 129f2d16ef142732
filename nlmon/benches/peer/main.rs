//! What nlmon costs those whom it watches, with whatever observer runs. Meant for a guest whose clock
//! counts instructions (`cargo xtask bench`): one nanosecond each, the same from run to run. Prints a
//! number of nanoseconds.
//!
//! Without an argument it is that of a message between two sockets, of the least disturbed round.
//! With a number, that of so many messages in all, whatever observers did meanwhile on the same
//! processor included. `multicast N`: a message to a group with so many listeners, the sender's part.
//! `routes`: a route that is added and acknowledged. `spawn`: a process, from its start to its end.
//! `names N`: none; so many processes with a name of their own send something and end. `size N`: a
//! message of so many bytes. `types N`: one of as many types, in turn. `hold N`: none; so many sockets,
//! until standard input ends.

mod exchange;

use std::{os::fd::AsRawFd as _, process::Command, time::Instant};

use nix::sys::{
    prctl,
    socket::{MsgFlags, NetlinkAddr, sendto},
};
use nlmon::subscribe::{Error, Received, Socket};

use exchange::{Exchange, PROTOCOL, least};

/// The group of `multicast`.
const GROUP: u32 = 1;
const ROUNDS: u32 = 101;
/// Types of messages that each process of `names` sends.
const TYPES: u8 = 5;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |at: usize| arguments.get(at).and_then(|number| number.parse::<u32>().ok());
    let nanoseconds = match arguments.first().map(String::as_str) {
        None => Exchange::new()?.least(),
        Some("multicast") => multicast(number(1).unwrap_or_default())?,
        Some("routes") => routes()?,
        Some("spawn") => spawn(&["true"]),
        Some("names") => names(number(1).unwrap_or_default()),
        Some("name") => return name(&arguments[1]),
        Some("size") => Exchange::of(number(1).unwrap_or_default() as usize)?.least(),
        Some("types") => types(number(1).unwrap_or_default())?,
        Some("hold") => return hold(number(1).unwrap_or_default()),
        Some(_) => {
            let exchange = Exchange::new()?;
            let start = Instant::now();
            exchange.run(number(0).unwrap_or_default());
            start.elapsed().as_nanos()
        }
    };
    println!("{nanoseconds}");
    Ok(())
}

/// A message to a group, its sender's part.
fn multicast(listeners: u32) -> Result<u128, Error> {
    const MESSAGES: u32 = 31;
    let sender = Socket::open(PROTOCOL)?;
    let listener = |_| {
        let socket = Socket::open(PROTOCOL)?;
        socket.join(GROUP)?;
        Ok(socket)
    };
    let listeners: Vec<Socket> = (0..listeners).map(listener).collect::<Result<_, Error>>()?;
    let (address, message) = (NetlinkAddr::new(0, 1 << (GROUP - 1)), [64_u8; 64]);
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        best = best.min(least(1, MESSAGES, || {
            for _ in 0..MESSAGES {
                // Without a listener the kernel says that there is none.
                let _sent = sendto(sender.as_raw_fd(), &message, &address, MsgFlags::empty());
            }
        }));
        let mut buffer = [0; 256];
        for listener in &listeners {
            for _ in 0..MESSAGES {
                assert!(matches!(listener.receive(&mut buffer), Ok(Received::Datagram(_))));
            }
        }
    }
    Ok(best)
}

/// A route of the loopback device: request, acknowledgement and notification.
fn routes() -> Result<u128, Error> {
    const ROUTES: u8 = 31;
    /// `RTM_NEWROUTE` and `RTM_DELROUTE`, with their `NLM_F_*` beside `NLM_F_REQUEST | NLM_F_ACK`: a
    /// new one is created, and there must be none.
    const NEW: [u8; 4] = [24, 0, 5, 6];
    const DELETE: [u8; 4] = [25, 0, 5, 0];
    let socket = Socket::open(0)?;
    let mut buffer = [0; 256];
    let mut change = |kind: [u8; 4]| {
        for number in 0..ROUTES {
            let mut message = vec![44, 0, 0, 0];
            message.extend(kind);
            message.extend([1, 0, 0, 0, 0, 0, 0, 0]);
            // struct rtmsg: AF_INET, /32, in the main table, by an administrator, on the link, unicast.
            message.extend([2, 32, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0]);
            // RTA_DST, and RTA_OIF of the loopback device.
            message.extend([8, 0, 1, 0, 10, 99, 0, number]);
            message.extend([8, 0, 4, 0, 1, 0, 0, 0]);
            assert!(socket.send(&message).is_ok());
            let Ok(Received::Datagram(answer)) = socket.receive(&mut buffer) else {
                panic!("no acknowledgement")
            };
            assert_eq!(answer.data.get(16..20), Some(&[0; 4][..]), "the route is refused");
        }
    };
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        best = best.min(least(1, ROUTES.into(), || change(NEW)));
        change(DELETE);
    }
    Ok(best)
}

/// A process, from its start to its end.
fn spawn(command: &[&str]) -> u128 {
    least(ROUNDS, 1, || {
        let status = Command::new(command[0]).args(&command[1..]).status();
        assert!(status.is_ok_and(|status| status.success()), "{command:?}");
    })
}

/// Processes of different names, one after the other.
fn names(count: u32) -> u128 {
    let own = std::env::current_exe().unwrap_or_default();
    let start = Instant::now();
    for number in 0..count {
        let status = Command::new(&own).args(["name", &format!("n{number}")]).status();
        assert!(status.is_ok_and(|status| status.success()), "{number}");
    }
    start.elapsed().as_nanos()
}

/// A message of one of so many types.
fn types(count: u32) -> Result<u128, Error> {
    let mut exchange = Exchange::new()?;
    let types = u16::try_from(count).unwrap_or(u16::MAX);
    let mut round = || {
        for message_type in 0..types {
            exchange.set_type(0x10 + message_type);
            exchange.run(1);
        }
    };
    round();
    Ok(least(ROUNDS, count, round))
}

/// Holds so many sockets.
fn hold(count: u32) -> Result<(), Error> {
    let sockets: Vec<Socket> =
        (0..count).map(|_| Socket::open(PROTOCOL)).collect::<Result<_, Error>>()?;
    println!("{}", sockets.len());
    // Until somebody closes it, or writes.
    let _ended = std::io::stdin().read_line(&mut String::new());
    Ok(())
}

/// One of them.
fn name(name: &str) -> Result<(), Error> {
    let name = std::ffi::CString::new(name).unwrap_or_default();
    assert_eq!(prctl::set_name(&name), Ok(()));
    let (sender, receiver) = (Socket::open(PROTOCOL)?, Socket::open(PROTOCOL)?);
    let address = NetlinkAddr::new(receiver.portid(), 0);
    for message_type in 0..TYPES {
        let mut message = [0_u8; 16];
        (message[0], message[4]) = (16, 0x10 + message_type);
        let sent = sendto(sender.as_raw_fd(), &message, &address, MsgFlags::empty());
        assert_eq!(sent, Ok(16));
    }
    Ok(())
}
