//! Bytes of netlink datagrams, out of text that people paste: plain hexadecimal (`plain`), dumps with
//! an offset on each line (`dump`), lines of strace (`strace`), and the message dumps of libnl
//! (`libnl`). Says what the bytes are, not what they mean: it decodes nothing.
//!
//! Invariant: nothing is skipped in silence. Text that is not understood is an error with its line
//! and column; what is passed over on purpose is a remark.

mod dump;
mod libnl;
mod plain;
mod strace;
mod structure;

use nlmon_core::message::{HEADER_BYTES, Header};

/// The most bytes of text that are read.
pub const TEXT_MAX: usize = 64 << 20;
/// A longer message than this is none: its length is read from bytes that are no header.
const MESSAGE_MAX: usize = 16 << 20;

/// Who sent a datagram, as far as the text says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The text does not say it.
    Unknown,
    /// The process: strace shows it sending.
    Process,
    /// The kernel or another process: strace shows it being received.
    Other,
}

/// One datagram of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// Its protocol, where the text names one.
    pub protocol: Option<u8>,
    /// Who sent it.
    pub sender: Sender,
    /// What the text has of it.
    pub bytes: Vec<u8>,
    /// Its whole length: more than `bytes` where the text was cut.
    pub len: usize,
}

/// What the text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Paste {
    /// In the order of the text.
    pub datagrams: Vec<Datagram>,
    /// What was passed over, and what is odd.
    pub remarks: Vec<String>,
}

/// Why the text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct Error {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

/// A line of the text.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    /// An error at a part of this line.
    fn error(&self, at: &str, problem: impl Into<String>) -> Error {
        let before = (at.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let before = self.text.get(..before).unwrap_or_default();
        Error { line: self.number, column: before.chars().count() + 1, problem: problem.into() }
    }

    /// What is behind the time that the kernel's log puts before a line: `[   12.345678] `.
    fn without_time(&self) -> &'a str {
        let text = self.text.trim_start();
        let behind = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let is_time = |text: &str| {
            text.contains('.') && text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        behind.filter(|(time, _)| is_time(time)).map_or(text, |(_, rest)| rest.trim_start())
    }
}

/// Reads all datagrams of a text.
///
/// # Errors
/// The first place that is none of the known forms.
pub fn read(text: &str) -> Result<Paste, Error> {
    let mut reader = Reader::default();
    for (index, text) in text.lines().enumerate() {
        reader.line(Line { number: index + 1, text })?;
    }
    reader.end()?;
    let mut paste = reader.paste;
    let said = |datagram: &Datagram| Some(format!("line {}: {}", datagram.line, odd(datagram)?));
    paste.remarks.extend(paste.datagrams.iter().filter_map(said));
    paste.remarks.append(&mut reader.strace.remarks());
    if let Some(lines @ 1..) = reader.programs_own {
        paste.remarks.push(format!("{lines} lines between the messages of libnl are passed over"));
    }
    Ok(paste)
}

/// What the lines so far amount to.
#[derive(Default)]
struct Reader {
    paste: Paste,
    libnl: Option<libnl::Message>,
    dump: Option<dump::Dump>,
    plain: plain::Block,
    strace: strace::Trace,
    /// Bytes of all datagrams.
    bytes: usize,
    /// Lines between messages of libnl that are none of it, once there is such a message.
    programs_own: Option<usize>,
}

impl Reader {
    fn line(&mut self, line: Line<'_>) -> Result<(), Error> {
        let trimmed = line.text.trim();
        if let Some(message) = &mut self.libnl {
            if let Some(datagram) = message.line(line)? {
                self.libnl = None;
                self.add(datagram);
            }
            return Ok(());
        }
        if libnl::is_begin(trimmed) {
            self.end()?;
            self.programs_own.get_or_insert(0);
            self.libnl = Some(libnl::Message::new(line));
            return Ok(());
        }
        if let Some(row) = dump::Row::read(line, self.dump.as_ref())? {
            return self.row(line, row);
        }
        if trimmed.is_empty() || is_comment(trimmed) {
            return self.end();
        }
        self.end_dump();
        if libnl::is_note(trimmed) {
            self.programs_own = Some(0);
            return Ok(());
        }
        if let Some(datagrams) = self.strace.line(line)? {
            self.end()?;
            for datagram in datagrams {
                self.add(datagram);
            }
            return Ok(());
        }
        match (self.plain.line(line), &mut self.programs_own) {
            // Between messages of libnl stands what the program itself prints.
            (Err(_no_bytes), Some(lines)) => {
                *lines += 1;
                Ok(())
            }
            (result, _) => result,
        }
    }

    fn row(&mut self, line: Line<'_>, row: dump::Row) -> Result<(), Error> {
        if row.begins(self.dump.as_ref()) {
            self.end()?;
            self.dump = Some(dump::Dump::new(line, &row));
        }
        let Some(dump) = &mut self.dump else { return Ok(()) };
        dump.add(line, row)?;
        // A line that stands for many makes a short text long.
        if self.bytes + dump.len() > TEXT_MAX {
            return Err(line.error(line.text, "the dumps are together longer than 64 MiB"));
        }
        Ok(())
    }

    /// What was begun is complete.
    fn end(&mut self) -> Result<(), Error> {
        if let Some(message) = self.libnl.take() {
            return Err(message.unfinished());
        }
        self.end_dump();
        let block = std::mem::take(&mut self.plain);
        for datagram in block.datagrams() {
            self.add(datagram);
        }
        Ok(())
    }

    fn end_dump(&mut self) {
        let Some(dump) = self.dump.take() else { return };
        if !dump.is_of_strace() {
            return self.add(dump.datagram());
        }
        match self.strace.below(dump.datagram()) {
            strace::Below::Nothing => {}
            strace::Below::Datagram(datagram, instead_of) => {
                let kept = self.paste.datagrams.len().saturating_sub(instead_of);
                self.paste.datagrams.truncate(kept);
                self.add(datagram);
            }
            strace::Below::More(bytes) => {
                if let Some(last) = self.paste.datagrams.last_mut() {
                    last.bytes.extend_from_slice(&bytes);
                    last.len = last.len.max(last.bytes.len());
                }
            }
        }
    }

    fn add(&mut self, datagram: Datagram) {
        if datagram.bytes.is_empty() {
            return;
        }
        self.bytes += datagram.bytes.len();
        self.paste.datagrams.push(unwrapped(datagram));
    }
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("//")
}

/// Packets of Wireshark and tcpdump begin with the header of a netlink device, which names the
/// protocol. No message begins like this: it would be hundreds of megabytes long.
fn unwrapped(mut datagram: Datagram) -> Datagram {
    const HEAD: usize = 16;
    if let [0, direction, 3, 0x38, .., 0, protocol] = datagram.bytes.get(..HEAD).unwrap_or_default()
    {
        datagram.sender = if *direction == 7 { Sender::Process } else { datagram.sender };
        datagram.protocol = datagram.protocol.or(Some(*protocol));
        datagram.bytes.drain(..HEAD);
        datagram.len -= HEAD;
    }
    complete(datagram)
}

/// Where the last message says that it is longer than what is there, the text was cut.
fn complete(mut datagram: Datagram) -> Datagram {
    let mut at = 0;
    while let Some(size) = datagram.bytes.get(at..).and_then(message_len) {
        if at + size > datagram.len {
            datagram.len = at + size;
            break;
        }
        at += size.next_multiple_of(4);
    }
    datagram
}

/// The length that the header at the start of these bytes claims, if that may be one.
fn message_len(bytes: &[u8]) -> Option<usize> {
    let len = usize::try_from(Header::parse(bytes)?.len).ok()?;
    (HEADER_BYTES..=MESSAGE_MAX).contains(&len).then_some(len)
}

/// What a reader should know before he believes what is shown.
fn odd(datagram: &Datagram) -> Option<String> {
    let Datagram { bytes, len, .. } = datagram;
    if bytes.len() < *len {
        return Some(format!("cut: {len} bytes are announced, and {} are there", bytes.len()));
    }
    let claimed = Header::parse(bytes)?.len;
    let swapped = usize::try_from(claimed.swap_bytes()).ok()?;
    let is_other = message_len(bytes).is_none() && (HEADER_BYTES..=bytes.len()).contains(&swapped);
    is_other.then(|| {
        "the length is in the byte order of another kind of machine, which nlmon cannot decode here"
            .to_owned()
    })
}

/// The digits of whole bytes.
fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}
