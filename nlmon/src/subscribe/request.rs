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
use crate::message::{HEADER_BYTES, Header, Message, flag, kind, messages};

/// How often a dump is taken again when what it lists changed meanwhile.
const DUMP_ATTEMPTS: u32 = 5;

/// `NLMSGERR_ATTR_MSG`: the text of an extended acknowledgement.
const ATTRIBUTE_TEXT: u16 = 1;

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

fn send(socket: &Socket, message_type: u16, flags: u16, payload: &[u8]) -> Result<u32, Error> {
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
        let malformed = Error::Malformed { protocol: socket.protocol() };
        let len = usize::try_from(datagram.len).unwrap_or(usize::MAX);
        if len > datagram.data.len() || messages(datagram.data, len).next().is_none() {
            return Err(malformed);
        }
        for message in messages(datagram.data, len).filter(|message| message.header.seq == seq) {
            if let Some(errno) = message.errno().filter(|errno| *errno != 0) {
                return Err(Error::Refused { errno: Errno::from_raw(errno), text: text(&message) });
            }
            if let ControlFlow::Break(value) = each(message) {
                return Ok(value);
            }
        }
    }
}

/// The text of an extended acknowledgement, or nothing.
fn text(message: &Message<'_>) -> String {
    let found = || {
        if message.header.flags & flag::ACK_TLVS == 0 {
            return None;
        }
        let mut rest = message.payload.get(4..)?;
        if message.header.message_type == kind::ERROR {
            rest = rest.get(quoted_bytes(message)?..)?;
        }
        attribute(rest, ATTRIBUTE_TEXT)
    };
    let bytes = found().unwrap_or_default();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// How much of the request an error quotes behind its errno.
fn quoted_bytes(message: &Message<'_>) -> Option<usize> {
    if message.header.flags & flag::CAPPED != 0 {
        return Some(HEADER_BYTES);
    }
    let quoted = Header::parse(message.payload.get(4..)?)?;
    usize::try_from(quoted.len).ok()?.checked_next_multiple_of(4)
}

/// The payload of the first attribute of this type.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let size = usize::from(u16::from_ne_bytes(bytes.get(0..2)?.try_into().ok()?));
        let number = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?);
        let payload = bytes.get(4..size)?;
        if number == wanted {
            return Some(payload);
        }
        bytes = bytes.get(size.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(flags: u16, quoted: &[u8], attributes: &[u8]) -> Vec<u8> {
        let mut payload = (-22_i32).to_ne_bytes().to_vec();
        payload.extend(quoted);
        payload.extend(attributes);
        let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
        let header = Header { len, message_type: kind::ERROR, flags, seq: 1, portid: 1 };
        [&header.to_bytes()[..], &payload].concat()
    }

    fn text_of(bytes: &[u8]) -> String {
        text(&messages(bytes, bytes.len()).next().unwrap())
    }

    fn attributes() -> Vec<u8> {
        let mut bytes = vec![];
        for (number, payload) in [(2_u16, &[0, 0, 0, 0][..]), (1, b"too long\0")] {
            bytes.extend(u16::try_from(4 + payload.len()).unwrap().to_ne_bytes());
            bytes.extend(number.to_ne_bytes());
            bytes.extend(payload);
        }
        bytes
    }

    #[test]
    fn reads_the_text_behind_a_capped_and_a_whole_request() {
        let quoted = Header { len: 18, message_type: 16, flags: 1, seq: 1, portid: 1 }.to_bytes();
        let capped = error(flag::CAPPED | flag::ACK_TLVS, &quoted, &attributes());
        assert_eq!(text_of(&capped), "too long");
        let whole = [&quoted[..], &[9, 9, 0, 0]].concat();
        assert_eq!(text_of(&error(flag::ACK_TLVS, &whole, &attributes())), "too long");
    }

    #[test]
    fn has_no_text_where_there_is_none() {
        let quoted = Header { len: 0, message_type: 16, flags: 1, seq: 1, portid: 1 }.to_bytes();
        assert_eq!(text_of(&error(0, &quoted, &attributes())), "");
        assert_eq!(text_of(&error(flag::CAPPED | flag::ACK_TLVS, &quoted, &[])), "");
        assert_eq!(text_of(&error(flag::CAPPED | flag::ACK_TLVS, &quoted, &[0, 0, 1, 0])), "");
        assert_eq!(text_of(&error(flag::CAPPED | flag::ACK_TLVS, &[], &[])), "");
    }
}
