//! What the guest's agent and the host say to each other over one virtio port.
//!
//! A frame is a kind, a length and that many bytes. One ordered stream carries everything, so
//! the exit status can never overtake the output that came before it.

use std::io::{self, Read, Write};

/// The agent is there and reads.
pub(crate) const READY: u8 = 0;
/// Bytes that the command wrote to its standard output.
pub(crate) const STDOUT: u8 = 1;
/// Bytes that the command wrote to its standard error.
pub(crate) const STDERR: u8 = 2;
/// The command's exit status as four bytes, little endian; the last frame.
pub(crate) const EXIT: u8 = 3;
/// Bytes for the command's standard input; an empty frame closes it.
pub(crate) const STDIN: u8 = 4;

/// The largest payload; a multiple of what the port takes in one write.
pub(crate) const PAYLOAD_BYTES: usize = 32 * 1024;

const HEADER_BYTES: usize = 5;

/// Sends one frame.
pub(crate) fn send(output: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.push(kind);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    output.write_all(&frame)?;
    output.flush()
}

/// Receives one frame; nothing at the end of the stream.
pub(crate) fn receive(input: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut header = [0; HEADER_BYTES];
    let mut filled = 0;
    while filled < HEADER_BYTES {
        match input.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let [kind, length @ ..] = header;
    let length = u32::from_le_bytes(length) as usize;
    if length > PAYLOAD_BYTES {
        return Err(io::Error::other(format!("a frame of {length} bytes")));
    }
    let mut payload = vec![0; length];
    input.read_exact(&mut payload)?;
    Ok(Some((kind, payload)))
}
