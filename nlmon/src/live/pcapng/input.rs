//! The bytes of a capture, which may be compressed by gzip, as Wireshark and logrotate leave them.

use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// What a file of gzip begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A file, decompressed where it has to be. Takes the same memory whatever the file says.
pub(super) enum Input<R> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
}

impl<R: Read> Input<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut first = Vec::new();
        (&mut input).take(MAGIC.len() as u64).read_to_end(&mut first)?;
        let is_gzip = first == MAGIC;
        let whole = Cursor::new(first).chain(input);
        Ok(if is_gzip {
            Self::Gzip(Box::new(MultiGzDecoder::new(whole)))
        } else {
            Self::Plain(whole)
        })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(bytes),
            Self::Gzip(input) => input.read(bytes),
        }
    }
}
