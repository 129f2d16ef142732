//! Requests and their answers, one at a time and blocking, for the commands. The daemon makes no
//! requests on its subscribed sockets.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use nix::errno::Errno;

use super::{
    Error, Socket,
    socket::{BUFFER_BYTES, Received},
};
use nlmon_core::message::{HEADER_BYTES, Header, Message, flag, kind, messages};

/// How often a dump is taken again when what it lists changed meanwhile.
const DUMP_ATTEMPTS: u32 = 5;

/// Sends a request that asks for an acknowledgement, and waits for it.
pub fn acknowledge(
    socket: &Socket,
    message_type: u16,
    payload: &[u8],
    timeout: Duration,
) -> Result<(), Error> {
    let seq = send(socket, message_type, flag::REQUEST | flag::ACK, payload)?;
    receive(socket, seq, timeout, |message| match message.errno() {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    })
}

/// Sends a request, and waits for the payload of the first reply.
pub fn answer(
    socket: &Socket,
    message_type: u16,
    payload: &[u8],
    timeout: Duration,
) -> Result<Vec<u8>, Error> {
    let seq = send(socket, message_type, flag::REQUEST, payload)?;
    receive(socket, seq, timeout, |message| match message.errno() {
        Some(_) => ControlFlow::Continue(()),
        None => ControlFlow::Break(message.payload.to_vec()),
    })
}

/// Sends a request for everything, and collects the payloads. Taken again if it is inconsistent.
pub fn dump(
    socket: &Socket,
    message_type: u16,
    payload: &[u8],
    timeout: Duration,
) -> Result<Vec<Vec<u8>>, Error> {
    for _ in 0..DUMP_ATTEMPTS {
        let seq = send(socket, message_type, flag::REQUEST | flag::DUMP, payload)?;
        let mut payloads = Vec::new();
        let mut consistent = true;
        receive(socket, seq, timeout, |message| {
            consistent &= message.header.flags & flag::DUMP_INTR == 0;
            if message.header.message_type == kind::DONE {
                return ControlFlow::Break(());
            }
            payloads.push(message.payload.to_vec());
            ControlFlow::Continue(())
        })?;
        if consistent {
            return Ok(payloads);
        }
    }
    Err(Error::Interrupted)
}

pub(super) fn send(
    socket: &Socket,
    message_type: u16,
    flags: u16,
    payload: &[u8],
) -> Result<u32, Error> {
    let seq = socket.next_sequence();
    let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap_or(u32::MAX);
    let header = Header { len, message_type, flags, seq, portid: socket.portid() };
    socket.send(&[&header.to_bytes(), payload].concat())?;
    Ok(seq)
}

/// Hands every message that answers `seq` to `each` until it has enough. An error ends it.
fn receive<T>(
    socket: &Socket,
    seq: u32,
    timeout: Duration,
    mut each: impl FnMut(Message<'_>) -> ControlFlow<T>,
) -> Result<T, Error> {
    receive_datagrams(socket, timeout, |datagram| {
        for message in answers(datagram, seq) {
            refusal(&message)?;
            if let ControlFlow::Break(value) = each(message) {
                return Ok(ControlFlow::Break(value));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Hands every datagram with messages that answer `seq` to `each`, with their headers, until it has
/// enough. An error ends it.
pub(super) fn datagrams<T>(
    socket: &Socket,
    seq: u32,
    timeout: Duration,
    mut each: impl FnMut(&[u8], &[Header]) -> ControlFlow<T>,
) -> Result<T, Error> {
    receive_datagrams(socket, timeout, |datagram| {
        let mut headers = Vec::new();
        for message in answers(datagram, seq) {
            refusal(&message)?;
            headers.push(message.header);
        }
        Ok(if headers.is_empty() { ControlFlow::Continue(()) } else { each(datagram, &headers) })
    })
}

fn answers(datagram: &[u8], seq: u32) -> impl Iterator<Item = Message<'_>> {
    messages(datagram, datagram.len()).filter(move |message| message.header.seq == seq)
}

/// What the kernel has against the request.
fn refusal(message: &Message<'_>) -> Result<(), Error> {
    match message.errno().filter(|errno| *errno != 0) {
        Some(errno) => Err(Error::Refused {
            errno: Errno::from_raw(errno),
            text: message.extended_text().unwrap_or_default(),
        }),
        None => Ok(()),
    }
}

/// Hands every datagram of the kernel to `each` until it has enough.
fn receive_datagrams<T>(
    socket: &Socket,
    timeout: Duration,
    mut each: impl FnMut(&[u8]) -> Result<ControlFlow<T>, Error>,
) -> Result<T, Error> {
    let deadline = Instant::now() + timeout;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Timeout { timeout });
        }
        socket.set_timeout(left.max(Duration::from_micros(1)))?;
        let datagram = match socket.receive(&mut buffer)? {
            // Not from the kernel: anybody may send to a port id.
            Received::Datagram(datagram) if datagram.src_portid != 0 => continue,
            Received::Datagram(datagram) => datagram,
            Received::Overrun => return Err(Error::Overrun),
            Received::Empty => continue,
        };
        let len = usize::try_from(datagram.len).unwrap_or(usize::MAX);
        if len > datagram.data.len() || messages(datagram.data, len).next().is_none() {
            return Err(Error::Malformed { protocol: socket.protocol() });
        }
        if let ControlFlow::Break(value) = each(datagram.data)? {
            return Ok(value);
        }
    }
}
