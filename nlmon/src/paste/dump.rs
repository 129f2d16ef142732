//! Dumps with an offset on each line, as xxd, hexdump, od, tcpdump, Wireshark, strace and the
//! kernel's `print_hex_dump` print them. The offsets are checked, so that a line that is missing is
//! said. Letters behind the bytes are passed over.

use super::{Datagram, Error, Line, Sender, unhex};

/// Most bytes of a line where two spaces also stand in the middle of it.
const GROUP: usize = 8;

/// One line of a dump.
pub(super) struct Row {
    /// Its offset, by each base that it may be written in.
    offsets: Vec<(u32, usize)>,
    /// Digits of it.
    width: usize,
    bytes: Vec<u8>,
    /// `*`: the line before is repeated up to the next offset.
    repeats: bool,
    /// It stands between bars, as strace has it.
    framed: bool,
}

/// The lines so far.
pub(super) struct Dump {
    line: usize,
    /// What the first offset was: an address, where it is not 0.
    base: usize,
    /// In which base the offsets may be written, as far as they tell.
    radices: Vec<u32>,
    /// Digits of an offset.
    width: usize,
    bytes: Vec<u8>,
    /// The bytes of the last line, and whether they are repeated.
    last: Vec<u8>,
    repeats: bool,
    ended: bool,
    framed: bool,
}

impl Row {
    /// Reads a line, if it is one of a dump. Without a colon behind its offset it is one only at
    /// offset 0, or where a dump goes on.
    pub(super) fn read(line: Line<'_>, before: Option<&Dump>) -> Result<Option<Self>, Error> {
        let text = line.text.trim();
        if text == "*" && before.is_some() {
            return Ok(Some(Self::repeated()));
        }
        if let Some((offset, rest)) = with_colon(line.text) {
            let Ok(at) = usize::from_str_radix(offset, 16) else { return Ok(None) };
            let bytes = bytes(line, rest, false)?;
            let (offsets, width) = (vec![(16, at)], offset.len());
            return Ok(Some(Self { offsets, width, bytes, repeats: false, framed: false }));
        }
        let framed = text.strip_prefix('|').map(str::trim_start);
        let text = framed.unwrap_or(text);
        let (offset, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if !is_offset(offset, 4) {
            return Ok(None);
        }
        // od's offsets are octal, or decimal with -A d.
        let by = |radix| Some((radix, usize::from_str_radix(offset, radix).ok()?));
        let offsets: Vec<_> = [16, 8, 10].into_iter().filter_map(by).collect();
        let is_first = offsets.iter().all(|(_, at)| *at == 0) && !rest.is_empty();
        if !is_first && !before.is_some_and(|dump| dump.goes_on(&offsets, offset.len())) {
            return Ok(None);
        }
        let words = offset.len() == 7 && is_words(rest);
        let bytes = if words { swapped(line, rest)? } else { bytes(line, rest, true)? };
        let width = offset.len();
        Ok(Some(Self { offsets, width, bytes, repeats: false, framed: framed.is_some() }))
    }

    fn repeated() -> Self {
        let (offsets, bytes) = (Vec::new(), Vec::new());
        Self { offsets, width: 0, bytes, repeats: true, framed: false }
    }

    /// Whether it is the first line of a dump.
    pub(super) fn begins(&self, before: Option<&Dump>) -> bool {
        !self.repeats
            && before.is_none_or(|dump| {
                dump.ended || self.offsets.iter().any(|(_, at)| *at == dump.base)
            })
    }
}

impl Dump {
    pub(super) fn new(line: Line<'_>, row: &Row) -> Self {
        Self {
            line: line.number,
            base: row.offsets.first().map_or(0, |(_, at)| *at),
            radices: row.offsets.iter().map(|(radix, _)| *radix).collect(),
            width: row.width,
            bytes: Vec::new(),
            last: Vec::new(),
            repeats: false,
            ended: false,
            framed: row.framed,
        }
    }

    /// How many bytes there are so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether strace has printed it below a call.
    pub(super) fn is_of_strace(&self) -> bool {
        self.framed
    }

    /// Whether a line with one of these offsets is the next, or one behind a line that is missing.
    fn goes_on(&self, offsets: &[(u32, usize)], width: usize) -> bool {
        offsets.iter().any(|(_, at)| self.is_next(*at)) || (!self.ended && width == self.width)
    }

    fn is_next(&self, offset: usize) -> bool {
        let Some(at) = offset.checked_sub(self.base) else { return false };
        let has = self.bytes.len();
        // The end of words, which are filled up to whole ones.
        at == has || at + 1 == has || (self.repeats && at > has && at <= super::MESSAGE_MAX)
    }

    pub(super) fn add(&mut self, line: Line<'_>, row: Row) -> Result<(), Error> {
        if row.repeats {
            self.repeats = true;
            return Ok(());
        }
        let fits = |(radix, at): &&(u32, usize)| self.radices.contains(radix) && self.is_next(*at);
        let next: Vec<_> = row.offsets.iter().filter(fits).copied().collect();
        let Some(at) = next.first().and_then(|(_, at)| at.checked_sub(self.base)) else {
            let found = row.offsets.first().map_or(0, |(_, at)| *at);
            let expected = self.base.saturating_add(self.bytes.len());
            let problem = format!("offset {found:#x} follows where {expected:#x} is expected");
            return Err(line.error(line.text.trim_start(), problem + ": a line is missing"));
        };
        self.radices = next.iter().map(|(radix, _)| *radix).collect();
        while self.repeats && self.bytes.len() < at && !self.last.is_empty() {
            self.bytes.extend_from_slice(&self.last);
        }
        self.repeats = false;
        self.bytes.truncate(at);
        self.ended = row.bytes.is_empty();
        self.bytes.extend_from_slice(&row.bytes);
        self.last = row.bytes;
        Ok(())
    }

    /// All of it.
    pub(super) fn datagram(self) -> Datagram {
        let len = self.bytes.len();
        let sender = Sender::Unknown;
        Datagram { line: self.line, protocol: None, sender, bytes: self.bytes, len }
    }
}

fn is_offset(text: &str, least: usize) -> bool {
    (least..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Offset and bytes of a line that has `: ` between them, behind whatever the kernel's log puts
/// before that.
fn with_colon(text: &str) -> Option<(&str, &str)> {
    let candidates = text.match_indices(": ").filter_map(|(at, _)| {
        let (before, rest) = (&text[..at], &text[at + 1..]);
        let word = before.rsplit(char::is_whitespace).next()?;
        let offset = word.strip_prefix("0x").unwrap_or(word);
        let first = rest.split_whitespace().next()?;
        let is_bytes = first.len().is_multiple_of(2) && unhex(first).is_some();
        (is_offset(offset, 4) && is_bytes).then_some((offset, rest))
    });
    // The first: what follows the bytes may look like a dump again.
    candidates.into_iter().next()
}

/// The bytes of a line up to the letters behind them, which two spaces or a bar precede. With `halves`
/// two spaces also stand behind the eighth byte.
fn bytes(line: Line<'_>, text: &str, halves: bool) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        if word.is_empty() || word.starts_with('|') {
            return Ok(bytes);
        }
        let Some(found) = unhex(word) else {
            return Err(line.error(rest, format!("{word:?} is no byte in hexadecimal")));
        };
        bytes.extend(found);
        let behind = &rest[word.len()..];
        rest = behind.trim_start();
        let spaces = behind.len() - rest.len();
        let middle = halves && bytes.len() == GROUP && spaces == 2 && begins_with_byte(rest);
        if spaces > 1 && !middle {
            return Ok(bytes);
        }
    }
}

fn begins_with_byte(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.len() == 2 && unhex(word).is_some()
}

/// Whether these are words of 16 bits, as `hexdump` and `od -x` print them.
fn is_words(text: &str) -> bool {
    let is_word = |word: &str| word.len() == 4 && unhex(word).is_some();
    !text.trim().is_empty() && text.split_whitespace().all(is_word)
}

/// The bytes of such words, which are in the order of the machine.
fn swapped(line: Line<'_>, text: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        let Ok(word) = u16::from_str_radix(word, 16) else {
            return Err(line.error(word, format!("{word:?} is no hexadecimal word")));
        };
        bytes.extend(word.to_ne_bytes());
    }
    Ok(bytes)
}
